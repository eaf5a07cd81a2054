"""The Python of test_validate_in_server.c: applications, and Python's own
validator in Python's own request handler."""

import gc
import io
import platform
import re
import sys
import types
import warnings
import wsgiref.validate
from wsgiref import simple_server

from ours import c_handler
from support import unequal

PLAIN = [('Content-Type', 'text/plain; charset=utf-8')]
BASE_ENVIRON = {
    'SERVER_NAME': 'name', 'GATEWAY_INTERFACE': 'CGI/1.1',
    'SERVER_PORT': '80', 'REMOTE_HOST': '', 'CONTENT_LENGTH': '',
    'SCRIPT_NAME': '',
}


class Reference(simple_server.WSGIRequestHandler):
    def setup(self):
        self.rfile, self.wfile = self.request

    def finish(self):
        pass


def python_handler(app, request, validated):
    app = wsgiref.validate.validator(app) if validated else app
    server = types.SimpleNamespace(base_environ=BASE_ENVIRON,
                                   get_app=lambda: app)
    Reference(request, ('127.0.0.1', 4711), server)


def mask(text):
    """No addresses, times, files and lines; and our names are Python's."""
    text = re.sub(r'0x[0-9a-f]+', '0x', text)
    text = re.sub(r'\[../.../.... ..:..:..\]', '[now]', text)
    text = re.sub(r'.*(?:validate|checks)\.[cp].*(WSGIWarning.*\n)(?:  .*\n)?', r'\1',
                  text)
    text = re.sub(r'(ignored .*<)[^>]*(__del__)[^>]*', r'\1\2', text)
    text = re.sub(r'  File ".*", line \d+, in (.*)\n(    .*\n)*',
                  r'  in \1\n', text)
    return text.replace('cwsgiref.validate.', '')


def run(handler, app, data, validated):
    """What the client gets, the log, and what came out."""
    rfile, wfile, error = io.BytesIO(data), io.BytesIO(), None
    sys.stderr = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter('default')
        try:
            handler(app, (rfile, wfile), validated)
        except BaseException as e:
            error = repr(e), repr(e.__context__)
    gc.collect()
    log, sys.stderr = mask(sys.stderr.getvalue()), sys.__stderr__
    out = re.sub(rb'Date: ..., .. .*? GMT', b'Date: now', wfile.getvalue())
    return {'out': out, 'log': log, 'error': error}


out = log = None  # of the last request, and of the original as well


def differences(app, data, validated):
    """How a request for the application differs from the original's."""
    global out, log
    wanted = run(python_handler, app, data, validated)
    got = run(c_handler, app, data, validated)
    out, log = got['out'], got['log']
    return unequal(got, wanted, ('C', 'original'))


def is_server_error():
    return out.endswith(b'A server error occurred.  Please contact the '
                        b'administrator.')


def last_line():
    """The last line of the traceback, before that of the request."""
    return log.splitlines()[-2]


# The applications of CPython's IntegrationTests.

def says_hello(environ, start_response):
    start_response('200 OK', [
        ('Content-Type', 'text/plain'),
        ('Date', 'Mon, 05 Jun 2006 18:49:54 GMT')])
    return [b'Hello, world!']


def has_a_tuple_for_headers(environ, start_response):
    start_response('200 OK', ('Content-Type', 'text/plain'))
    return ['Hello, world!']


def has_status(status):
    def app(environ, start_response):
        start_response(status, PLAIN)
        return [b'Hello, world!']
    return app


def reads_all(environ, start_response):
    environ['wsgi.input'].read()
    start_response('200 OK', PLAIN)
    return [b'data']


def says_data(environ, start_response):
    start_response('200 OK', PLAIN + [
        ('Date', 'Wed, 24 Dec 2008 13:29:32 GMT')])
    return [b'data']


def says_its_path(environ, start_response):
    start_response('200 OK', PLAIN)
    return [environ['PATH_INFO'].encode('latin1')]


def out_of_any_python():
    """`out` without the version of Python."""
    python = platform.python_implementation() + '/' + sys.version.split()[0]
    return out.replace(b'Server/0.2', b'Server').replace(
        python.encode(), b'Python')


def frames_in_log():
    return [line.strip() for line in log.splitlines()
            if line.startswith('  in ')]


def log_of_any_python():
    """The lines of the log without frames and hints: 3.13 has other words."""
    return [re.sub('while calling deallocator (.*):', r'in: \1',
                   line).partition('. Did')[0]
            for line in log.splitlines() if not line.startswith('  in')]


# An application for each kind of request, by its path.

class Body:
    def __init__(self, *blocks):
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)

    def close(self):
        print('APP close()', file=sys.stderr)
        raise RuntimeError('close failed')


def routes(environ, start_response):
    path = environ['PATH_INFO']
    stream = environ['wsgi.input']
    body = b'ok\n'
    if path == '/read-all':
        stream.read()
    if path == '/read':
        body = stream.read(5)
    if path == '/lines':
        body = b'|'.join(list(stream))
    if path == '/readlines':
        body = b'|'.join(stream.readlines())
    if path == '/none':
        return None
    if path == '/five':
        return 5
    if path == '/not-started':
        return [b'body']
    if path == '/log':
        print('to the log', file=environ['wsgi.errors'], flush=True)
    if path == '/raise':
        raise ValueError('raised')
    if path == '/headers-empty':
        start_response('200 OK', [])
        return [b'x']
    if path == '/status-204':
        start_response('204 No Content', PLAIN)
        return []
    if path == '/204':
        start_response('204 No Content', [])
        return []
    write = start_response('200 OK', PLAIN)
    if path == '/start-again':
        start_response('200 OK', PLAIN)
    if path == '/return-str':
        return 'text'
    if path == '/return-body-close-raises':
        return Body(b'one\n')
    if path == '/file-wrapper':
        return environ['wsgi.file_wrapper'](io.BytesIO(b'0123\n'))
    if path == '/write':
        write(b'w1\n')
        write(b'w2\n')
        return [b'iter\n']
    if path == '/write-text':
        write('text')
    if path == '/text':
        return [b'one', 'text']
    if path == '/text-first':
        return ['text', b'one']
    if path == '/length':
        return [str(len(environ)).encode()]
    return [body]
