"""Python's demo_app and server beside ours, and CPython's IntegrationTests."""

import builtins
import http.client
import io
import os
import platform
import re
import signal
import socket
import sys
import tempfile
import threading
from wsgiref.simple_server import demo_app, make_server, server_version

from rows import Rows

rows = Rows()
calls = []


def start_response(*args):
    calls.append(args)


def failing(*args):
    calls.append(args)
    raise KeyError('start_response')


# ---- demo_app

class NoRepr:
    def __repr__(self):
        raise ValueError('no repr')


class NoItems:
    def items(self):
        raise ValueError('no items')


environs = [
    ('an empty environ', {}),
    ('values of several kinds, sorted by name',
     {'B': 'b', 'A': 1, 'a': None, '_': (1, 0)}),
    ('beyond ASCII, and what repr() escapes',
     {'caf\xe9': 'caf\u20ac', '\U0001f600': '\n\'"\\'}),
    ('a surrogate as a value, which repr() escapes', {'X': '\ud800'}),
    ('a surrogate as a name, which UTF-8 has not', {'\ud800': 'X'}),
    ('names that cannot be sorted', {1: 2, 'a': 3}),
    ('names that are numbers', {2: 'b', 1: b'a'}),
    ('a value without a repr()', {'X': NoRepr()}),
    ('per cent signs that format nothing', {'%s': '%d'}),
    ('an environ without items', NoItems()),
    ('many names', dict(vars(builtins))),
    ('streams', {'wsgi.errors': sys.stderr, 'wsgi.input': sys.stdin}),
]


def outcome(app, *args):
    calls.clear()
    try:
        result = app(*args)
    except Exception as e:
        result = type(e).__name__, str(e)
    return {'result': result, 'calls': list(calls)}


def compare_demo_app(app):
    for words, environ in environs:
        for more, start in [('', start_response),
                            (', start_response() raises', failing)]:
            rows.compare(words + more, outcome(app, environ, start),
                         outcome(demo_app, environ, start))


class Odd:
    def __init__(self, *items):
        self.list = items

    def items(self):
        return self.list


odd_environs = [
    ('an item that is no pair', Odd(1)),
    ('an item of one', Odd((1,))),
    ('an item of three', Odd((1, 2, 3))),
    ('an item that is an empty str', Odd('')),
    ('a number', 1),
]
wrong_arguments = [
    ('no argument', ()),
    ('one argument', ({},)),
    ('three arguments', ({}, start_response, 1)),
]


def raised(kind, f, *args):
    try:
        f(*args)
    except kind:
        return True
    return False


def compare_what_is_no_environ(app):
    for words, odd in odd_environs:
        rows.compare(words, raised(Exception, app, odd, start_response),
                     True)
    for words, args in wrong_arguments:
        rows.compare(words, raised(TypeError, app, *args), True)
    rows.compare('the name', app.__name__, 'demo_app')


# ---- The whole chain, once: a client's request and what comes back

def connect(port):
    client = socket.create_connection(('127.0.0.1', port))
    client.settimeout(60)
    client.sendall(b'GET /a%20b?c HTTP/1.1\r\nHost: h\r\n\r\n')
    return client


def receive(client):
    """All, without what is another thing in each run."""
    with client, client.makefile('rb') as file:
        data = file.read()
    for name in rb'Date: [^\r]*', rb'<[^>]*>':
        data = re.sub(name, b'...', data)
    data = re.sub(rb'Content-Length: \d+', b'n', data)
    return re.sub(rb'SERVER_PORT = .*', b'port', data)


def check_answer(client):
    got, log = receive(client), sys.stderr.getvalue()
    with make_server('127.0.0.1', 0, demo_app) as server:
        client = connect(server.server_port)
        server.handle_request()
        wanted = receive(client)
    assert got == wanted, (got, wanted)
    assert re.fullmatch(
        r'127\.0\.0\.1 - - \[.{20}\] '
        r'"GET /a%20b\?c HTTP/1\.1" 200 \d+\n', log), log


# ---- Files: sendfile(2) is for some of them

def pipe():
    read, write = os.pipe()
    os.write(write, b'of a pipe')
    os.close(write)
    return open(read, 'rb')


def file(mode='rb', at=0, **more):
    made = tempfile.NamedTemporaryFile()
    made.write(b'0123456789' * 2000)
    made.flush()
    opened = open(made.name, mode, **more)
    opened.seek(at)
    made.close()
    return opened


def closed():
    made = file()
    made.close()
    return made


def detached():
    made = file()
    made.detach()
    return made


class Odd(io.FileIO):
    """A file of another class, which sendfile(2) would not ask."""

    def read(self, size=-1):
        return super().read(size).replace(b'0', b'x')


class NoName:
    def __getattr__(self, name):
        raise ZeroDivisionError(name)


def wrapped(make, *size, lacks=None):
    """An application whose answer is a FileWrapper for what `make` makes."""
    def app(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        wrapper = environ['wsgi.file_wrapper'](make(), *size)
        if lacks:
            delattr(wrapper, lacks)
        return wrapper
    return app


files = [
    ('a file', wrapped(file)),
    ('a file from a place in it', wrapped(lambda: file(at=15000))),
    ('a file at its end', wrapped(lambda: file(at=20000))),
    ('a file after its end', wrapped(lambda: file(at=30000))),
    ('a file without a buffer', wrapped(lambda: file(buffering=0))),
    ('a file to read and write', wrapped(lambda: file('r+b'))),
    ('a file to write', wrapped(lambda: file('ab'))),
    ('a text', wrapped(lambda: file('r'))),
    ('a file of another class', wrapped(lambda: Odd(os.dup(
        file().fileno())))),
    ('another class below a buffer', wrapped(
        lambda: io.BufferedReader(Odd(os.dup(file().fileno()))))),
    ('memory', wrapped(lambda: io.BytesIO(b'of memory'))),
    ('a pipe', wrapped(pipe)),
    ('nothing of a pipe', wrapped(lambda: open(os.devnull, 'rb'))),
    ('a closed file', wrapped(closed)),
    ('a detached buffer', wrapped(detached)),
    ('small blocks', wrapped(file, 7000)),
    ('blocks of nothing', wrapped(file, 0)),
    ('one block', wrapped(file, -1)),
    ('blocks of a float', wrapped(file, 1.5)),
    ('no blksize', wrapped(file, lacks='blksize')),
    ('no filelike', wrapped(file, lacks='filelike')),
    ('no close', wrapped(file, lacks='close')),
]


def start_file(port):
    """sys.stderr is in memory now."""
    sys.stderr = io.StringIO()
    return connect(port)


def end_file(client):
    """The answer and the log, without the frames and the dates."""
    answer, log = receive(client), sys.stderr.getvalue()
    sys.stderr = sys.__stderr__
    log = log.replace('cwsgiref.util.', '')
    lines = [re.sub(r'\[.*?\]', '[]', line) for line in log.splitlines()
             if not line.startswith(' ')]
    return answer, lines


def check_file(words, app, got):
    with make_server('127.0.0.1', 0, app) as server:
        client = start_file(server.server_port)
        server.handle_request()
        rows.compare(words, got, end_file(client))


# ---- CPython's IntegrationTests, by their names

headers = [('Content-Type', 'text/plain'),
           ('Date', 'Mon, 05 Jun 2006 18:49:54 GMT')]
software = '%s %s/%s' % (
    server_version, platform.python_implementation(), sys.version.split()[0])


def hello_app(environ, start_response):
    start_response('200 OK', headers[:])
    return [b'Hello, world!']


def header_app(environ, start_response):
    start_response('200 OK', headers[:])
    return [';'.join([environ['HTTP_X_TEST_HEADER'],
                      environ['QUERY_STRING'],
                      environ['PATH_INFO']]).encode('iso-8859-1')]


def path_app(environ, start_response):
    start_response('200 OK', headers[:])
    return [environ['PATH_INFO'].encode('latin-1')]


def check_plain_hello(out, err):
    expected = (
        'HTTP/1.0 200 OK\r\n'
        'Server: ' + software + '\r\n'
        'Content-Type: text/plain\r\n'
        'Date: Mon, 05 Jun 2006 18:49:54 GMT\r\n'
        'Content-Length: 13\r\n\r\n'
        'Hello, world!').encode()
    assert out == expected, out
    assert err.endswith('"GET / HTTP/1.0" 200 13\n'), err


def check_request_length(out):
    reason = http.client.responses[414]
    if sys.version_info < (3, 13):
        assert reason == 'Request-URI Too Long'
    line = out.splitlines()[0]
    assert line == b'HTTP/1.0 414 ' + reason.encode(), line


def without_server(out):
    return [line for line in out.splitlines()
            if not line.startswith(b'Server: ')]


SIZE = 16 * 1024 * 1024 + 1


def large_app(environ, start_response):
    start_response('200 OK', [])
    return [b'\0' * SIZE]


class Interrupter:
    """A client that sends signals to the server, between two reads."""

    def __init__(self, port):
        self.port, self.received = port, []
        self.interrupted = threading.Event()
        self.original = signal.signal(
            signal.SIGUSR1, lambda *args: self.interrupted.set())
        self.main_thread = threading.get_ident()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        http_client = http.client.HTTPConnection('127.0.0.1', self.port)
        http_client.request('GET', '/')
        with http_client.getresponse() as response:
            self.received.append(len(response.read(100)))
            # The first one finds a send that has sent a part, those after it
            # one that has sent nothing. Each again, for it may come between
            # two sends.
            for i in range(3):
                self.interrupted.clear()
                for again in range(20):
                    signal.pthread_kill(self.main_thread, signal.SIGUSR1)
                    if self.interrupted.wait(timeout=1.0):
                        break
                self.received.append(self.interrupted.is_set())
            self.received.append(len(response.read()))
        http_client.close()

    def check(self):
        self.thread.join()
        signal.signal(signal.SIGUSR1, self.original)
        assert self.received == [100, True, True, True, SIZE - 100], (
            self.received)
