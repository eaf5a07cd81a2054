"""The handler of test_wsgi_request_handler.c in Python, from wsgiref, and what
both make of a request."""

import gc
import io
import random
import re
import sys
import types
import weakref
from wsgiref import simple_server

from doubles import (
    Broken, InMemory, Reset, captured_log, client_address, contexts, masked,
    streams)
from request_lines import lines
from rows import Rows

base_environ = {
    'SERVER_NAME': 'name', 'GATEWAY_INTERFACE': 'CGI/1.1',
    'SERVER_PORT': '80', 'REMOTE_HOST': '', 'CONTENT_LENGTH': '',
    'SCRIPT_NAME': '',
}
# What the application has been called with, but for what is not comparable.
seen = None
# The files of the last request, of either handler.
request = None


class Reference(InMemory, simple_server.WSGIRequestHandler):
    pass


class Named(Reference):
    def address_string(self):
        return 'name.example'


class Reference11(Reference):
    protocol_version = 'HTTP/1.1'


class Replacing(Reference):
    """The application reads what parse_request leaves it."""

    def parse_request(self):
        parsed = super().parse_request()
        self.rfile = io.BytesIO(b'another body')
        return parsed

    def get_environ(self):
        environ = super().get_environ()
        self.rfile = io.BytesIO(b'too late')
        return environ


# In the order of `classes` in the C test.
classes = [
    (Reference, ''),
    (Named, ', from a client with a name'),
    (Reference11, ', over HTTP/1.1'),
    (Replacing, ', with another rfile'),
]


def app(environ, start_response):
    """Says what it was called with."""
    global seen
    own = 'wsgi.input', 'wsgi.errors', 'wsgi.file_wrapper'
    seen = [item for item in environ.items() if item[0] not in own]
    assert environ['wsgi.errors'] is sys.stderr
    size = environ['CONTENT_LENGTH']
    read = environ['wsgi.input'].read
    body = read(int(size)) if size.isdigit() else b''
    if environ['REQUEST_METHOD'] == 'FAIL':
        raise ValueError(body)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [body, b'done']


server = types.SimpleNamespace(base_environ=base_environ, get_app=lambda: app)


# ---- Requests: (words, data, number of the class, kinds of rfile and wfile)

def outcome(wfile, error):
    """All that can be seen of a run; of a traceback its last line."""
    log = re.sub(r'(?s)Traceback.*(?=\nValueError)', '', captured_log())
    return {'answer': masked(wfile.getvalue()), 'log': log, 'environ': seen,
            'raised': [repr(e) for e in contexts(error)]}


def start(data, rfile_class=io.BytesIO, wfile_class=io.BytesIO):
    """The files of the request; sys.stderr is in memory."""
    global request, seen
    seen = None
    sys.stderr = io.StringIO()
    request = rfile_class(data), wfile_class()
    return request


def start_get(wfile_class=io.BytesIO):
    return start(b'GET / HTTP/1.1\r\n\r\n', wfile_class=wfile_class)


def expected(data, number, *kinds):
    error = None
    try:
        classes[number][0](start(data, *kinds), client_address, server)
    except BaseException as e:
        error = e
    return outcome(request[1], error)


bodies = [
    ('%s with a body that is %s' % (method, words),
     b'%s / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s' % (
         method.encode(), size, body))
    for method in ('POST', 'FAIL', 'GET')
    for words, size, body in [
        ('as long as it says', 5, b'hello'),
        ('longer than it says', 5, b'more than that'),
        ('shorter than it says', 9, b'less')]]
some = [
    ('no bytes at all', b''),
    ('cut off in the request line', b'GET'),
    ('cut off in a header', b'GET / HTTP/1.1\r\nHost'),
    ('a request without headers', b'GET / HTTP/1.1\r\n\r\n'),
    ('a version that is none', b'GET / JUNK\r\n\r\n'),
    ('the application raises', b'FAIL / HTTP/1.1\r\n\r\n'),
    ('HTTP/0.9', b'GET /\r\n\r\n'),
    ('a request line too long', b'GET /' + b'a' * 70000),
    ('too many headers', b'GET / HTTP/1.1\r\n' + b'X: v\r\n' * 101),
    ('a body', b'POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx'),
]
cases = [(words + more, line, number, io.BytesIO, io.BytesIO)
         for words, line in lines + bodies
         for number, (_, more) in enumerate(classes)]
cases += [(words + streams[rfile] + streams[wfile], line, 0, rfile, wfile)
          for words, line in some
          for rfile in (io.BytesIO, Reset)
          for wfile in (io.BytesIO, Broken)]

rows = Rows()
wanted = None


def begin_case(words, *case):
    """Python's handler handles it. The files for ours."""
    global wanted
    wanted = expected(*case)
    data, _, *kinds = case
    return start(data, *kinds)


def end_case(case, error):
    rows.compare(case[0], outcome(request[1], error), wanted)


# ---- Paths at random, always the same ones, for get_environ()

alphabet = '%%%%%%%%0123456789abcdefABCDEFgG/?;&+=#. \0\x7f\x80\xe9\xff'
chosen = random.Random(20111)
paths = [('a path at random',
          ''.join(chosen.choices(alphabet, k=chosen.randrange(1, 16))))
         for _ in range(3000)]
paths += [
    ('a character beyond Latin-1 before a quoted one', '\u20ac%e9'),
    ('Arabic digits are not hexadecimal', '%\u0664\u0661'),
    ('wide digits are not hexadecimal', '%\uff14\uff11'),
    ('a surrogate before a quoted one', '\ud800%41'),
]


def start_idle():
    global request
    request = io.BytesIO(), io.BytesIO()
    return request


def compare_environ(words, path, environ):
    self = Reference.__new__(Reference)
    self.server = server
    self.client_address = client_address
    self.request_version = 'HTTP/1.1'
    self.command = 'GET'
    self.path = path
    self.headers = Reference.MessageClass()
    rows.compare('%s: %a' % (words, path), list(environ.items()),
                 list(self.get_environ().items()))


# ---- Applications that keep something

kept = None
own = None
probe = None


def with_own_environ(environ, start_response):
    global own
    own = environ['OWN'], environ['wsgi.errors']
    raise BrokenPipeError


def check_own(errors):
    global own
    assert own == ('x', errors), own
    own = None


def keeps_its_streams(environ, start_response):
    global kept
    kept = environ, environ['wsgi.input'], start_response
    start_response('200 OK', [])
    return [b'x']


def check_streams(rfile):
    """The application's are those of the request."""
    global kept
    assert kept[1] is rfile
    assert kept[0]['wsgi.errors'] is sys.stderr
    assert kept[1].read() == b'body'
    assert request[1].getvalue().endswith(b'\r\n\r\nx')
    kept = None
    sys.stderr = sys.__stderr__


def answers():
    def app(environ, start_response):
        start_response('200 OK', [])
        return [b'x']
    return app


def fails():
    def app(environ, start_response):
        raise ValueError
    return app


def keeps_start_response_in_its_environ():
    def app(environ, start_response):
        environ['keep'] = start_response
        environ['more'] = start_response('200 OK', [])
        return [b'x']
    return app


def loses_its_client():
    def app(environ, start_response):
        raise BrokenPipeError
    return app


def without_the_collector():
    gc.collect()
    gc.disable()


class Probe:
    pass


def keeps_a_probe(environ, start_response):
    """In a cycle, which close() would break if the client were there."""
    global probe
    environ['probe'] = Probe()
    probe = weakref.ref(environ['probe'])
    environ['keep'] = start_response
    start_response('200 OK', [])
    return [b'x']


def check_that_the_probe_is_collected():
    assert sys.stderr.getvalue() == '', sys.stderr.getvalue()
    sys.stderr = sys.__stderr__
    assert probe() is not None
    gc.enable()
    gc.collect()
    assert probe() is None


def class_attributes():
    cls = simple_server.WSGIRequestHandler
    return (cls.server_version, cls.error_message_format,
            cls.error_content_type, cls.default_request_version,
            cls.protocol_version, cls.rbufsize)
