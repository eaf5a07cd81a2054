"""More operations, for calls.py alone: they have many allocations."""

import contextlib
import io
import os
import socket
import sys
import threading

import refusing

import _cwsgiref
from cwsgiref import handlers, headers, simple_server, socketserver
from cwsgiref.http import server as http_server

from tests.faults.operations import (
    PATIENCE, REQUESTS, Failing, Methods, application, call, environ, full,
    handle_request, masked, operation, run_simple, run_validated, serve,
    with_headers)

WSGI = simple_server.WSGIRequestHandler


class Name(str):
    """No str itself."""


# ---- Headers

with_headers('iterate', list)
with_headers('by number', lambda made: made.__getitem__(0))
with_headers('delete none', lambda made: made.__delitem__('none'))
with_headers('replace', lambda made: made.__setitem__(Name('a'), Name('b')))
for use in (repr, str, bytes, len, lambda made: made.__delitem__('a'),
            lambda made: made.get_all('a'), lambda made: made.keys()):
    call(f'Headers without __init__: {use}',
         lambda use=use: use(headers.Headers.__new__(headers.Headers)))
call('is_hop_by_hop: another str',
     lambda: _cwsgiref.is_hop_by_hop(Name('\u212aeep-alive')))
call('ask_release', _cwsgiref._ask_release)


# ---- Responses of other types

class OddStatus(Name):
    pass


def odd(environ, start_response):
    start_response(OddStatus('200 OK'), [(Name('X-\u00e4'), Name('b'))])
    return [b'odd']


def kept_alive(environ, start_response):
    start_response('204 No', [('Server', 'a'), ('Date', 'b')])
    return iter([])


def failing_close(environ, start_response):
    class Result(list):
        def close(self):
            raise KeyError('close')
    start_response('200 OK', [])
    return Result([b'one', b'', b'two'])


def no_bytes(environ, start_response):
    start_response('200 OK', [('X-\u20ac', 'b')])
    return [b'a']


def a_file(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return environ['wsgi.file_wrapper'](open(__file__, 'rb'), 5000)


def a_pipe(environ, start_response):
    """It has no place for sendfile(2)."""
    read, write = os.pipe()
    os.write(write, b'of a pipe')
    os.close(write)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return environ['wsgi.file_wrapper'](open(read, 'rb'))


def bytes_of(environ, start_response):
    start_response('200 OK', [])
    return environ['wsgi.file_wrapper'](io.BytesIO(b'x' * 40), 16)


for app in (odd, kept_alive, failing_close, no_bytes, a_file, a_pipe,
            bytes_of):
    serve(app.__name__, simple_server.WSGIServer, WSGI, REQUESTS['closed'],
          app=app)


class ShortWrites(io.RawIOBase):
    def writable(self):
        return True

    def write(self, data):
        return min(len(data), 3)


@operation
def a_stream_that_writes_less(undo):
    handler = handlers.SimpleHandler(io.BytesIO(), ShortWrites(),
                                     io.StringIO(), environ(PATH_INFO='/x'))
    return lambda: handler.run(application)


@operation
def old_clients(undo):
    made = environ(PATH_INFO='/plain', SERVER_PROTOCOL='HTTP/0.9')
    out = io.BytesIO()
    handler = handlers.SimpleHandler(io.BytesIO(), out, None, made)
    handler.origin_server = True
    def do():
        handler.run(application)
        return out.getvalue()
    return do


run_simple('/plain', handlers.SimpleHandler, origin_server=True,
           server_software=Name('Mine \u00e4'), http_version=Name('1.1'))


# ---- Requests

MORE = {
    'two slashes': b'GET //a/b?c HTTP/1.1\r\nHost: h\r\n\r\n',
    'multipart': b'POST /input HTTP/1.1\r\nContent-Length: 2\r\n'
                 b'Content-Type: multipart/mixed; boundary="b\\"c"; d*=e\r\n'
                 b'\r\n--',
    'new names': b'GET / HTTP/1.1\r\n' + b''.join(
        b'X-New-%d: a\r\n' % number for number in range(20)) + b'\r\n',
    'a long name': b'GET / HTTP/1.1\r\n' + b'X-' + b'y' * 300 + b': a\r\n\r\n',
    'continued': b'GET / HTTP/1.1\r\nA: b\r\n\tc\r\nA : d\r\n e\r\n\r\n',
    'control': b'GET /\x01\x7f\xff HTTP/1.1\r\n\r\n',
    'large version': b'GET / HTTP/1.99999999999999999999\r\n\r\n',
    'none at all': b'\r\n',
    'a lone return': b'GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n',
}
for name, request in MORE.items():
    handle_request(name, request, WSGI)
    handle_request(name, request, Methods)


class Reading(WSGI):
    """Python reads and changes what there is."""

    def parse_request(self):
        parsed = super().parse_request()
        if parsed:
            self.headers['X-Added'] = '\u00e4'
            del self.headers['Host']
        self.connection = self.request
        self.request = self.request
        self.rfile = self.rfile
        return parsed


class NoPath(WSGI):
    def parse_request(self):
        super().parse_request()
        self.path = None
        return True


class NewHeaders(WSGI):
    def parse_request(self):
        parsed = super().parse_request()
        del self.headers
        self.headers = {'A': 'b'}
        return parsed


class Dated(WSGI):
    """Its calls with all arguments."""

    def date_time_string(self, timestamp=None):
        return super().date_time_string(timestamp)

    def handle(self):
        super().handle()
        self.log_error('%s and %s', 1, 2)
        self.log_message('%s\0', 'a')
        self.log_request()
        self.log_request(5, 6)
        self.date_time_string(5)
        self.send_response_only(299, 'Message')
        self.send_error(404, 'message', 'explained <>&')
        self.end_headers()


class OtherMonths(WSGI):
    monthname = (None, *'ABCDEFGHIJKL')
    weekdayname = tuple('ABCDEFG')
    responses = {200: ('Fine', 'All'), 404: ('No', 'None')}
    server_version = sys_version = 'other'
    error_message_format = '%(code)d %(message)s %(explain)s'

    def handle(self):
        super().handle()
        self.send_error(404)
        self.send_error(405)


class Unbuffered(WSGI):
    rbufsize = 0


for cls in (Reading, NoPath, NewHeaders, Dated, OtherMonths, Unbuffered):
    for name in ('get', 'POST'):
        handle_request(name, REQUESTS[name], cls)


class Own(headers.Headers):
    def setdefault(self, name, value):
        return super().setdefault(name, value)

    def __setitem__(self, name, value):
        super().__setitem__(name, value)


@operation
def own_headers_that_have_a_length(undo):
    class Handler(handlers.SimpleHandler):
        headers_class = Own
        origin_server = True
    out = io.BytesIO()
    handler = Handler(io.BytesIO(), out, None, environ(PATH_INFO='/empty'))
    def do():
        handler.run(application)
        return masked(out.getvalue())
    return do


# ---- The log in colours

class Theme:
    path, size, reset = '<path>', '<size>', '<reset>'
    timestamp, error = '<timestamp>', '<error>'

    def __getattr__(self, name):
        if not name.startswith('status_'):
            raise AttributeError(name)
        return f'<{name}>'


class Colorize:
    def get_theme(self, tty_file=None):
        self.http_server = Theme()
        return self


def in_colours(name):
    @operation
    def log_in_colours(undo):
        there = sys.modules.get('_colorize')
        def leave():
            del sys.modules['_colorize']
            if there is not None:
                sys.modules['_colorize'] = there
        undo.callback(leave)
        sys.modules['_colorize'] = Colorize()
        undo.callback(refusing.colour_log, refusing.colour_log(True))
        handler = WSGI.__new__(WSGI)
        handler.client_address = ('127.0.0.1', 5)
        handler.requestline = name
        def do():
            handler.log_request(200, 5)
            handler.log_request('x')
            handler.log_error('%s', 'an error')
            handler.log_message('%s', 'a message')
        return do


in_colours('GET / HTTP/1.0')
in_colours('GET /')


# ---- Servers

class Threading(socketserver.ThreadingMixIn, socketserver.TCPServer):
    def server_close(self):
        super().server_close()


class Daemons(Threading):
    daemon_threads = True


class NotBlocking(Threading):
    block_on_close = False


class Quiet(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(10)


def serve_and_close(cls, handler_class=Quiet, times=2):
    @operation
    def closing(undo):
        server = cls(('127.0.0.1', 0), handler_class)
        undo.callback(server.socket.close)
        for _ in range(times):
            client = undo.enter_context(
                socket.create_connection(server.server_address, PATIENCE))
            client.sendall(b'x')
            client.shutdown(socket.SHUT_WR)
        def do():
            before = set(threading.enumerate())
            try:
                for _ in range(times):
                    server.handle_request()
            finally:
                server.server_close()
                for each in set(threading.enumerate()) - before:
                    each.join(PATIENCE)
        return do


for cls in (Threading, Daemons, NotBlocking):
    serve_and_close(cls)
    serve_and_close(cls, Failing)


class Forking(socketserver.ForkingMixIn, socketserver.TCPServer):
    timeout = 0.001
    max_children = 1


serve_and_close(Forking)


@operation
def children_that_are_gone(undo):
    server = undo.enter_context(Forking(('127.0.0.1', 0), Quiet))
    server.active_children = {2 ** 22 - 1, 2 ** 22 - 2}
    def do():
        server.collect_children()
        return server.active_children
    return do


@operation
def children_and_a_timeout(undo):
    server = undo.enter_context(Forking(('127.0.0.1', 0), Quiet))
    server.active_children = {2 ** 22 - 1}
    def do():
        server.handle_timeout()
        server.service_actions()
        return server.active_children
    return do


class AnyListener:
    """No socket itself."""

    def __init__(self, sock):
        self.sock = sock

    def accept(self):
        return self.sock.accept()

    def fileno(self):
        return self.sock.fileno()

    def gettimeout(self):
        return 5.0

    def close(self):
        pass


@operation
def any_listener(undo):
    server = undo.enter_context(socketserver.TCPServer(('127.0.0.1', 0),
                                                       Quiet))
    listener = undo.enter_context(server.socket)
    server.socket = AnyListener(listener)
    client = undo.enter_context(
        socket.create_connection(server.server_address, PATIENCE))
    client.sendall(b'x')
    def do():
        server.handle_request()
        return server.fileno() > 0
    return do


@operation
def closed_sockets(undo):
    def do():
        server = simple_server.WSGIServer(('127.0.0.1', 0), None)
        server.server_close()
        return repr(server.socket), server.fileno()
    return do


@operation
def sockets_in_python(undo):
    server = undo.enter_context(simple_server.WSGIServer(('127.0.0.1', 0),
                                                         None))
    def do():
        sock = server.socket
        sock.settimeout(5)
        server.socket = sock
        return sock.gettimeout(), repr(server.socket)[:5]
    return do


@operation
def new_instances(undo):
    def do():
        made = []
        for cls in (simple_server.WSGIServer, WSGI, handlers.SimpleHandler,
                    handlers.BaseHandler, headers.Headers):
            with contextlib.suppress(TypeError):
                made.append(cls.__new__(cls))
        for each in made:
            each.__dict__ = {'mine': 5}
        return len(made)
    return do


@operation
def deleted_fields(undo):
    def do():
        handler = http_server.BaseHTTPRequestHandler.__new__(
            http_server.BaseHTTPRequestHandler)
        said = []
        for name in ('command', 'path', 'headers', 'request', 'rfile',
                     'connection', 'server', 'close_connection'):
            for use in (lambda: setattr(handler, name, None),
                        lambda: getattr(handler, name),
                        lambda: delattr(handler, name)):
                try:
                    use()
                except (AttributeError, TypeError) as error:
                    said.append(str(error))
        return said
    return do


@operation
def odd_names(undo):
    made = full()
    def do():
        setattr(made, Name('mine'), 5)
        return vars(made)
    return do


@operation
def made_by_hand(undo):
    def do():
        return [repr(each).split(' at ')[0] for each in (
            WSGI.handle, WSGI.__new__(WSGI).handle, headers.Headers.keys)]
    return do


# ---- What only odd objects do

for use in (lambda made: made['b'], lambda made: made.get_all('b'),
            lambda made: (made.__delitem__('b'), made.keys())):
    call('Headers: lists', lambda use=use: use(
        headers.Headers([['A', '1'], ['B', '2']])))


class Changing(handlers.SimpleHandler):
    origin_server = True
    asked = 0

    def client_is_modern(self):
        self.asked += 1
        return self.asked == 1


class NoServer(headers.Headers):
    def __contains__(self, name):
        if name == 'Server':
            raise KeyError(name)
        return super().__contains__(name)


class Asking(handlers.SimpleHandler):
    origin_server = True
    server_software = 'Asking'
    headers_class = NoServer


for cls in (Changing, Asking):
    run_simple('/plain', cls)


class NoLength(bytes):
    def __len__(self):
        raise KeyError('no length')


@operation
def data_without_a_length(undo):
    handler = handlers.SimpleHandler(None, ShortWrites(), None, {})
    return lambda: handler._write(NoLength(b'abc'))


@operation
def odd_versions(undo):
    handler = WSGI.__new__(WSGI)
    handler.request_version = None
    handler.wfile = io.BytesIO()
    def do():
        handler.send_response_only(200, 'Fine')
        handler.send_header('A', 'b')
        handler.end_headers()
        return handler.wfile.getvalue()
    return do


class Older(WSGI):
    default_request_version = 'HTTP/0.8'


class OddHeaders(WSGI):
    def parse_request(self):
        parsed = super().parse_request()
        class Items(dict):
            def items(self):
                return [5]
        self.headers = Items()
        return parsed


for cls in (Older, OddHeaders):
    handle_request('get', REQUESTS['get'], cls)
    handle_request('old', REQUESTS['old'], cls)


class OddFile(io.FileIO):
    def tell(self):
        return 2 ** 70


def an_odd_file(environ, start_response):
    start_response('200 OK', [])
    return environ['wsgi.file_wrapper'](OddFile(__file__))


serve('an odd file', simple_server.WSGIServer, WSGI, REQUESTS['closed'],
      app=an_odd_file)
serve('a stream', socketserver.UDPServer, socketserver.StreamRequestHandler,
      b'x')


@operation
def an_odd_status(undo):
    request_handler = WSGI.__new__(WSGI)
    request_handler.client_address = ('127.0.0.1', 5)
    request_handler.requestline = 'GET /'
    handler = simple_server.ServerHandler(None, None, None, {})
    handler.request_handler = request_handler
    handler.status = Name('200 OK')
    return handler.close


def with_keywords(environ, start_response):
    start_response('200 OK', [], **{5: 6})


run_validated('keywords', with_keywords)


@operation
def shutdown(undo):
    server = undo.enter_context(socketserver.TCPServer(('127.0.0.1', 0),
                                                       Quiet))
    begun = threading.Event()
    server.service_actions = begun.set
    thread = threading.Thread(target=server.serve_forever, args=(0.001,))
    thread.start()
    begun.wait(PATIENCE)
    def do():
        try:
            server.shutdown()
        finally:
            thread.join(PATIENCE)
        return thread.is_alive()
    return do


@operation
def detached_streams(undo):
    ours, theirs = socket.socketpair()
    undo.callback(ours.close)
    undo.callback(theirs.close)
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            raw = self.rfile.detach()
            self.rfile.close()
            raw.close()
    return lambda: Handler(ours, ('127.0.0.1', 5), None)
