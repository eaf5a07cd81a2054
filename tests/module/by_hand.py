"""Subclasses of which each does something of its own: {words: function}."""

import abc
import io
import os
import socket
import sys
import tempfile
import threading

from tests.module.serving import (
    PATIENCE, REQUESTS, application, exchange, run_simple, serve_http,
    serve_wsgi)

import http.server
import socketserver
import wsgiref.handlers
import wsgiref.headers
import wsgiref.simple_server
import wsgiref.util
from wsgiref.simple_server import (
    ServerHandler, WSGIRequestHandler, WSGIServer, make_server)

CASES = {}


def case(function):
    CASES[function.__doc__] = function
    return function


def with_handler(one, body, base=WSGIRequestHandler):
    serve_wsgi(one, handler_class=type('Handler', (base,), body))


def with_server(one, body, *mix_ins):
    serve_wsgi(one, type('Server', (*mix_ins, WSGIServer), body))


# ----- Servers -----

class Enough(Exception):
    pass


@case
def forever(one):
    """serve_forever, service_actions and _handle_request_noblock"""
    class Server(WSGIServer):
        turns = 0

        def service_actions(self):
            super().service_actions()
            self.turns += 1
            if self.turns == 2:
                raise Enough('of it')

    with Server(('127.0.0.1', 0), WSGIRequestHandler) as server:
        server.set_app(application)
        one.port = server.server_port
        clients = [socket.create_connection(server.server_address, PATIENCE)
                   for _ in range(2)]
        for client in clients:
            client.sendall(REQUESTS['/plain?q=1'])
        try:
            server.serve_forever(0.01)
        except Enough as error:
            one.recorder.note('ends', error)
        for client in clients:
            one.sent('answer', client.makefile('rb').read())
            client.close()


@case
def shutdown(one):
    """shutdown() from another thread, and both overridden"""
    class Server(WSGIServer):
        def serve_forever(self, poll_interval=0.01):
            one.recorder.note('serve_forever', poll_interval)
            super().serve_forever(poll_interval)
            one.recorder.note('ended')

        def shutdown(self):
            one.recorder.note('shutdown')
            super().shutdown()

    with Server(('127.0.0.1', 0), WSGIRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with socket.create_connection(server.server_address, PATIENCE) as it:
            it.sendall(REQUESTS['/plain?q=1'])
            one.sent('answer', it.makefile('rb').read())
        server.shutdown()
        thread.join()


@case
def too_late(one):
    """handle_timeout, with timeout on the class, the instance and a property
    """
    class Server(socketserver.TCPServer):
        timeout = 0.001

        def handle_timeout(self):
            one.recorder.note('handle_timeout', self.timeout)

    class Computed(Server):
        wait = 0.004

        @property
        def timeout(self):
            return self.wait

    for cls in Server, Computed:
        with cls(('127.0.0.1', 0), None) as server:
            server.handle_request()
            if cls is Server:
                server.timeout = 0.002
            else:
                server.wait = 0.002
            server.handle_request()
            Server.timeout = 0.003
            server.handle_request()
            if cls is Server:
                del server.timeout
            server.handle_request()


@case
def refused(one):
    """verify_request refuses some"""
    def verify_request(self, request, client_address):
        one.recorder.note('verify', request, client_address)
        self.count = getattr(self, 'count', 0) + 1
        return self.count % 2
    with_server(one, {'verify_request': verify_request})


@case
def own_socket(one):
    """get_request gives an object that wraps the socket"""
    class Wrapped:
        def __init__(self, sock):
            self._sock = sock

        def __getattr__(self, name):
            one.recorder.note('socket', name)
            return getattr(self._sock, name)

    def get_request(self):
        sock, address = self.socket.accept()
        return Wrapped(sock), ('client', 1)
    with_server(one, {'get_request': get_request})


@case
def no_request(one):
    """get_request raises OSError, then another exception"""
    def get_request(self):
        super(WSGIServer, self).get_request()[0].close()
        self.count = getattr(self, 'count', 0) + 1
        raise OSError('gone') if self.count % 2 else KeyError('odd')
    with_server(one, {'get_request': get_request})


@case
def errors_of_one_own(one):
    """handle_error, which writes, and one that raises"""
    def handle_error(self, request, client_address):
        one.recorder.note('handle_error', request, client_address)
        if self.strict:
            raise

    def finish_request(self, request, client_address):
        raise ValueError('not finished')
    for strict in False, True:
        with_server(one, {'handle_error': handle_error, 'strict': strict,
                          'finish_request': finish_request})


@case
def bound_elsewhere(one):
    """server_bind sets the socket's options first, server_activate listens"""
    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        super(WSGIServer, self).server_bind()
        self.setup_environ()
        one.recorder.note(self.server_address, self.server_name,
                          sorted(self.base_environ))

    def server_activate(self):
        self.socket.listen(7)
    with_server(one, {'server_bind': server_bind,
                      'server_activate': server_activate})


@case
def later(one):
    """bind_and_activate=False, then by hand"""
    server = WSGIServer(('127.0.0.1', 0), WSGIRequestHandler, False)
    server.allow_reuse_address = False
    server.request_queue_size = 2
    server.server_bind()
    one.recorder.note(server.socket.getsockopt(socket.SOL_SOCKET,
                                               socket.SO_REUSEADDR))
    server.server_activate()
    server.set_app(application)
    exchange(one, server)
    server.server_close()


@case
def version_6(one):
    """address_family: IPv6"""
    class Server(http.server.HTTPServer):
        address_family = socket.AF_INET6

    with Server(('::1', 0), http.server.BaseHTTPRequestHandler) as server:
        exchange(one, server, ['/plain?q=1'])


@case
def datagrams(one):
    """UDPServer: max_packet_size, and a DatagramRequestHandler"""
    class Server(socketserver.UDPServer):
        max_packet_size = 5

        def get_request(self):
            (data, sock), address = super().get_request()
            one.recorder.note('get_request', data, sock, address)
            return (data, sock), address

    class Upper(socketserver.DatagramRequestHandler):
        def handle(self):
            one.recorder.note('packet', self.packet, self.socket)
            self.wfile.write(self.rfile.read().upper())

    with Server(('127.0.0.1', 0), Upper) as server:
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            client.sendto(b'some words', server.server_address)
            server.handle_request()
            one.sent('answer', client.recv(99))


@case
def unix(one):
    """UnixStreamServer"""
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            one.recorder.note(self.client_address, self.server.server_address)
            self.wfile.write(self.rfile.readline())

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with socketserver.UnixStreamServer('s', Handler) as server:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect('s')
                client.sendall(b'line\n')
                server.handle_request()
                one.sent('answer', client.recv(99))
        os.chdir('/')


@case
def threads(one):
    """ThreadingMixIn, whose methods are overridden"""
    def process_request_thread(self, request, client_address):
        one.recorder.note('in a thread', request, client_address)
        super(Mixed, self).process_request_thread(request, client_address)

    def server_close(self):
        super(Mixed, self).server_close()
        one.recorder.note('closed')

    class Mixed(socketserver.ThreadingMixIn, WSGIServer):
        pass
    Mixed.process_request_thread = process_request_thread
    Mixed.server_close = server_close
    for value in True, False:
        Mixed.daemon_threads = value
        with make_server('127.0.0.1', 0, application, Mixed) as server:
            exchange(one, server, ['/plain?q=1'])


@case
def not_a_type(one):
    """RequestHandlerClass is a function, and set later"""
    def make(request, client_address, server):
        one.recorder.note('make', request, client_address, server)
        return WSGIRequestHandler(request, client_address, server)
    with make_server('127.0.0.1', 0, application) as server:
        server.RequestHandlerClass = make
        exchange(one, server, ['/plain?q=1'])
        del server.RequestHandlerClass
        exchange(one, server, ['/plain?q=1'])


@case
def applications(one):
    """get_app makes one for each request; set_app wraps it"""
    def get_app(self):
        inner = self.application
        return lambda environ, start: [b'<', *inner(environ, start), b'>']

    def set_app(self, application):
        one.recorder.note('set_app', application)
        self.application = application
    with_server(one, {'get_app': get_app, 'set_app': set_app})


@case
def abstract(one):
    """A mix-in with a metaclass and slots"""
    class Mixed(abc.ABC):
        __slots__ = ()

        @abc.abstractmethod
        def get_app(self):
            """The application."""
    try:
        with_server(one, {}, Mixed)
    except TypeError as error:
        one.recorder.note(error)
    with_server(one, {'get_app': lambda self: application,
                      '__slots__': ('mine',)}, Mixed)


# ----- Request handlers -----

@case
def own_streams(one):
    """setup() gives other files: BytesIO and a list"""
    class List:
        def __init__(self):
            self.parts = []

        def write(self, data):
            self.parts.append(bytes(data))
            return len(data)

        def flush(self):
            self.parts.append(b'|')

    def setup(self):
        super(WSGIRequestHandler, self).setup()
        self.rfile = io.BytesIO(self.rfile.read())
        self.wfile = List()

    def finish(self):
        one.sent('parts', b''.join(self.wfile.parts))
    with_handler(one, {'setup': setup, 'finish': finish})


@case
def environs(one):
    """get_environ adds to it, changes the headers, and gives another dict"""
    def get_environ(self):
        self.headers['X-More'] = 'm'
        del self.headers['X-Twice']
        environ = dict(WSGIRequestHandler.get_environ(self))
        environ['HTTP_X_OWN'] = 'o'
        environ['REMOTE_ADDR'] = 'hidden'
        return environ
    with_handler(one, {'get_environ': get_environ})


@case
def errors_stream(one):
    """get_stderr gives another stream"""
    class Stream(io.StringIO):
        def write(self, text):
            one.recorder.note('stderr', text.splitlines()[:1])
            return len(text)
    with_handler(one, {'get_stderr': lambda self: Stream()})


@case
def silent(one):
    """log_message does nothing; log_request numbers"""
    numbers = iter(range(1000))

    def log_request(self, code='-', size='-'):
        self.log_message('%d: "%s" %s %s', next(numbers), self.requestline,
                         str(int(code) if code != '-' else code), size)
    with_handler(one, {'log_request': log_request})
    with_handler(one, {'log_message': lambda self, *args: None})


@case
def names(one):
    """address_string, version_string, dates"""
    with_handler(one, {
        'address_string': lambda self: 'somebody',
        'version_string': lambda self: 'me',
        'log_date_time_string': lambda self: 'now',
        'date_time_string': lambda self, timestamp=None: 'then'})
    serve_http(one, None, type('Handler', (
        http.server.BaseHTTPRequestHandler,), {
            'address_string': lambda self: 'sömebody',
            'version_string': lambda self: 'mé',
            'log_date_time_string': lambda self: 7,
            'date_time_string': lambda self, timestamp=None: 'thén'}))


@case
def results_of_wrong_types(one):
    """Overrides that give what is no text, no truth, nothing"""
    for name in ('address_string', 'log_date_time_string', 'get_stderr',
                 'get_environ', 'parse_request'):
        for value in (None, 5, b'x', [], {}):
            with_handler(one, {name: lambda self, value=value: value})


@case
def parsed_otherwise(one):
    """parse_request changes what it has read"""
    def parse_request(self):
        if not super(WSGIRequestHandler, self).parse_request():
            return False
        self.path = self.path.replace('/plain', '/write')
        self.command = self.command.lower()
        self.request_version = 'HTTP/9.9'
        return True
    with_handler(one, {'parse_request': parse_request})


@case
def error_pages(one):
    """send_error with a page of one's own, and with less"""
    class Handler(WSGIRequestHandler):
        error_content_type = 'text/plain'
        error_message_format = '%(code)d %(message)s (%(explain)s)'

        def send_error(self, code, message=None, explain=None):
            one.recorder.note('send_error', int(code), message, explain)
            super().send_error(code, 'My words', 'and <more>')
    serve_wsgi(one, handler_class=Handler)


@case
def many_methods(one):
    """do_ methods: on the instance, by __getattr__, on a mix-in"""
    class Handler(http.server.BaseHTTPRequestHandler):
        def setup(self):
            super().setup()
            self.do_HEAD = self.answer

        def __getattr__(self, name):
            if name in ('do_GET', 'do_BREW'):
                return self.answer
            raise AttributeError(name)

        def answer(self):
            self.send_response_only(299, 'Odd')
            self.send_header('X-A', self.command)
            self.end_headers()
            self.log_error('%s', 'an error')

    with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
        exchange(one, server)


@case
def kept_alive(one):
    """HTTP/1.1, closed by close_connection, and handle_one_request"""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            self.send_response(204)
            self.end_headers()
            self.close_connection = self.path == '/other'

        def handle_one_request(self):
            one.recorder.note('one', self.close_connection)
            super().handle_one_request()

        def handle_expect_100(self):
            self.send_response_only(100)
            self.end_headers()
            return True

    with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
        exchange(one, server)


@case
def messages(one):
    """MessageClass, and what one does with self.headers"""
    import email.message

    class Message(email.message.Message):
        def mine(self):
            return len(self)

    class Handler(http.server.BaseHTTPRequestHandler):
        MessageClass = Message

        def do_GET(self):
            headers = self.headers
            one.recorder.note(
                headers.items(), headers['x-twice'], headers.get('no', 1),
                headers.get_all('X-Twice'), 'host' in headers,
                headers.get_content_type(), str(headers), headers.mine())
            self.send_error(404)

    with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
        exchange(one, server, ['/plain?q=1'])


@case
def computed(one):
    """Class attributes that properties compute"""
    class Handler(WSGIRequestHandler):
        wbufsize = property(lambda self: 0 if self.client_address else 4)
        timeout = property(lambda self: self.server.patience)
        server_version = property(lambda self: 'Computed/%d' % 2)
        protocol_version = property(lambda self: 'HTTP/1.0')

        def setup(self):
            super().setup()
            one.recorder.note(self.connection.gettimeout())

    with_server(one, {'patience': 7})
    serve_wsgi(one, type('Server', (WSGIServer,), {'patience': 7}), Handler)


@case
def without_a_socket(one):
    """A request handler over an object that has only makefile() and sendall()
    """
    class Request:
        def __init__(self, data):
            self.data, self.out = data, b''

        def makefile(self, mode, bufsize=-1):
            return io.BytesIO(self.data)

        def sendall(self, data):
            self.out += bytes(data)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'done')

    for words, data in REQUESTS.items():
        request = Request(data)
        Handler(request, ('127.0.0.1', 1), None)
        one.sent(words, request.out)


@case
def raising(one):
    """Each step of a request raises"""
    def step(name):
        def override(self, *args):
            raise KeyError(name)
        return override
    for name in ('setup', 'handle', 'finish', 'parse_request', 'get_environ',
                 'get_stderr', 'log_request', 'address_string',
                 'log_date_time_string', 'log_message'):
        with_handler(one, {name: step(name)})


# ----- Handlers -----

@case
def http_1_1(one):
    """ServerHandler.http_version, set on the class itself"""
    one.set_on(ServerHandler, 'http_version', '1.1')
    one.set_on(wsgiref.handlers.BaseHandler, 'server_software', 'Set/1')
    one.set_on(ServerHandler, 'close', lambda self: (
        one.recorder.note('close', self.status, self.bytes_sent),
        wsgiref.handlers.SimpleHandler.close(self)))
    serve_wsgi(one)


@case
def headers_patched(one):
    """Headers.__bytes__, set on the class itself"""
    one.set_on(wsgiref.headers.Headers, '__bytes__',
               lambda self: b'X-All: mine\r\n\r\n')
    serve_wsgi(one)


@case
def own_wrapper(one):
    """wsgi_file_wrapper and sendfile"""
    class Wrapper(wsgiref.util.FileWrapper):
        pass

    class Handler(wsgiref.handlers.SimpleHandler):
        wsgi_file_wrapper = Wrapper

        def sendfile(self):
            one.recorder.note('sendfile', self.result)
            data = self.result.filelike.read()
            self.send_headers()
            self._write(data)
            return True
    run_simple(one, Handler)


@case
def no_iteration(one):
    """finish_response in another order, with cleanup_headers"""
    class Handler(wsgiref.handlers.SimpleHandler):
        def cleanup_headers(self):
            self.headers['X-Cleaned'] = 'c'
            del self.headers['X-Mine']
            super().cleanup_headers()

        def finish_response(self):
            try:
                for data in self.result:
                    self.write(b'[' + data + b']')
                self.finish_content()
            finally:
                self.close()
    run_simple(one, Handler)


@case
def error_application(one):
    """error_output of one's own; log_exception counts"""
    class Handler(wsgiref.handlers.SimpleHandler):
        origin_server = True
        error_status = '503 Later'

        def error_output(self, environ, start_response):
            start_response(self.error_status, [('X-Error', 'e')],
                           sys.exc_info())
            return [b'sorry, ', b'later']

        def log_exception(self, exc_info):
            one.recorder.note('log_exception', exc_info)
    run_simple(one, Handler)


@case
def started_otherwise(one):
    """start_response and write, overridden"""
    class Handler(wsgiref.handlers.SimpleHandler):
        def start_response(self, status, headers, exc_info=None):
            one.recorder.note('start', status, headers, exc_info)
            headers = headers + [('X-Added', 'a')]
            super().start_response('299 Other', headers, exc_info)
            return self.shout

        def shout(self, data):
            self.write(data.upper())
    run_simple(one, Handler)


@case
def short_writes(one):
    """stdout.write() takes one byte at a time"""
    class Slow(io.BytesIO):
        def write(self, data):
            return super().write(bytes(data)[:1])

    class Handler(wsgiref.handlers.SimpleHandler):
        def __init__(self, stdin, stdout, *more):
            self.slow = Slow()
            super().__init__(stdin, self.slow, *more)

        def close(self):
            one.sent('slow', self.slow.getvalue())
            super().close()
    run_simple(one, Handler)


@case
def schemes(one):
    """get_scheme, client_is_modern, set_content_length"""
    class Handler(wsgiref.handlers.SimpleHandler):
        origin_server = True

        def get_scheme(self):
            return 'https'

        def client_is_modern(self):
            return 0

        def set_content_length(self):
            one.recorder.note('set_content_length', self.headers.items())
    run_simple(one, Handler)


@case
def headers_of_one_own(one):
    """headers_class that counts, and keeps names in lower case"""
    class Headers(wsgiref.headers.Headers):
        def __init__(self, headers=None):
            one.recorder.note('made', headers)
            super().__init__(headers)
            self.count = 0

        def __setitem__(self, name, value):
            self.count += 1
            super().__setitem__(name.lower(), value)

        def __contains__(self, name):
            one.recorder.note('asked', name)
            return super().__contains__(name)

        def __bytes__(self):
            self['X-Count'] = str(self.count)
            return super().__bytes__()

    class Handler(wsgiref.handlers.SimpleHandler):
        headers_class = Headers
        origin_server = True
    run_simple(one, Handler)


@case
def again(one):
    """One handler runs twice; attributes are read between"""
    handler = wsgiref.handlers.SimpleHandler(
        io.BytesIO(), io.BytesIO(), io.StringIO(), {'PATH_INFO': '/plain'})
    for _ in range(2):
        handler.run(application)
        one.recorder.note(handler.status, handler.headers, handler.result,
                          handler.environ, handler.headers_sent,
                          handler.bytes_sent)
    one.sent('out', handler.stdout.getvalue())


# ----- What is not there, and what is no socket -----

def tried(one, words, function, *arguments):
    try:
        one.recorder.note(words, function(*arguments))
    except Exception as error:
        one.recorder.note(words, type(error).__name__)


@case
def without_init(one):
    """A request handler that was made without __init__"""
    handler = WSGIRequestHandler.__new__(WSGIRequestHandler)
    for name in ('parse_request', 'setup', 'get_environ', 'handle', 'finish'):
        tried(one, name, getattr(handler, name))
    handler.request = object()
    tried(one, 'setup', handler.setup)
    handler.client_address = ('1.2.3.4', 5)
    for arguments in (('%s and %s', 1, 2), ('one', 2), ('%d', 'x'), (5, 6),
                      (5,), (None,), (b'bytes',), ('\0%s', 'b')):
        tried(one, 'log_message', handler.log_message, *arguments)
    for seconds in (0, 1.5, 'x'):
        tried(one, 'date', handler.date_time_string, seconds)
    tried(one, 'no headers', delattr, handler, 'headers')
    handler.headers = {'A': 'b'}
    one.recorder.note(handler.headers)
    del handler.headers
    tried(one, 'no headers', getattr, handler, 'headers')
    for code in ('x', None):
        tried(one, 'send_error', handler.send_error, code)


@case
def no_path(one):
    """parse_request() leaves no path, and says that there is one"""
    class Handler(WSGIRequestHandler):
        def parse_request(self):
            super().parse_request()
            self.path = None
            return True
        def handle(self):
            tried(one, 'type', self.handle_and_tell)
        def handle_and_tell(self):
            try:
                super().handle()
            except TypeError:
                one.recorder.note('TypeError')
    serve_wsgi(one, handler_class=Handler)


@case
def no_hop(one):
    """is_hop_by_hop of what is no str"""
    tried(one, 'hop', wsgiref.util.is_hop_by_hop, 5)


@case
def told(one):
    """A method as text; a __dict__ that is replaced"""
    run = wsgiref.handlers.SimpleHandler.run
    one.recorder.note(repr(run).split(' at ')[0])
    handler = wsgiref.handlers.SimpleHandler(None, None, None, {})
    handler.__dict__ = {'mine': 5}
    one.recorder.note(handler.mine)
    tried(one, 'dict', setattr, handler, '__dict__', 5)
    tried(one, 'self', run)


@case
def run_of_a_server_handler(one):
    """run() of the ServerHandler that handle() makes"""
    class Handler(ServerHandler):
        def run(self, app):
            one.recorder.note('run', app)
            super().run(app)
    one.set_on(wsgiref.simple_server, 'ServerHandler', Handler)
    serve_wsgi(one)


class Wrapped:
    """A socket that is none for C."""

    def __init__(self, real):
        self.real = real

    def accept(self):
        connection, address = self.real.accept()
        return Wrapped(connection), address

    def __getattr__(self, name):
        return getattr(self.real, name)


@case
def wrapped_socket(one):
    """A server, and its connections, over what is no socket.socket"""
    class Server(WSGIServer):
        timeout = 5

    for wrong in (False, True):
        with Server(('127.0.0.1', 0), WSGIRequestHandler, False) as server:
            server.socket.close()
            server.socket = Wrapped(socket.socket())
            server.server_bind()
            server.server_activate()
            server.set_app(application)
            if wrong:
                server.socket.accept = lambda: 5
            exchange(one, server, ['/plain?q=1', 'bad line', 'POST'])


@case
def a_client_with_a_name(one):
    """Unix sockets without a file"""
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            one.recorder.note(self.client_address[-7:], self.rfile.readline())

    name = f'\0cwsgiref-{os.getpid()}'
    with socketserver.UnixStreamServer(name, Handler) as server:
        one.recorder.note(type(server.server_address).__name__)
        for own in (None, name + '-client'):
            with socket.socket(socket.AF_UNIX) as client:
                if own:
                    client.bind(own)
                client.connect(name)
                client.sendall(b'hello\n')
                server.handle_request()


@case
def polls(one):
    """serve_forever(None), and descriptors that are none"""
    class Server(WSGIServer):
        def service_actions(self):
            raise Enough('of it')

    with Server(('127.0.0.1', 0), WSGIRequestHandler) as server:
        server.set_app(application)
        with socket.create_connection(server.server_address) as client:
            client.sendall(REQUESTS['HEAD'])
            for interval in (None, 'x'):
                tried(one, 'serves', server.serve_forever, interval)

    class Bad(WSGIServer):
        def fileno(self):
            return -1

    with Bad(('127.0.0.1', 0), WSGIRequestHandler) as server:
        tried(one, 'handles', server.handle_request)


@case
def requests_of_another_kind(one):
    """get_request() that gives no pair"""
    for wrong in (5, (1, 2, 3), (1,)):
        class Server(WSGIServer):
            def get_request(self):
                super().get_request()[0].close()
                return wrong

        with Server(('127.0.0.1', 0), WSGIRequestHandler) as server:
            with socket.create_connection(server.server_address):
                tried(one, 'handles', server.handle_request)


@case
def headers_in_all_ways(one):
    """setdefault and _convert_string_type, called by hand and by a handler"""
    class Headers(wsgiref.headers.Headers):
        def setdefault(self, name, value):
            one.recorder.note('setdefault', name, value)
            return super().setdefault(name, value)

        def _convert_string_type(self, value):
            one.recorder.note('convert', value)
            return super()._convert_string_type(value)

    class Handler(wsgiref.handlers.SimpleHandler):
        headers_class = Headers
        origin_server = True
    run_simple(one, Handler)
    for value in ('x', 5, None, b'x'):
        tried(one, 'handler', wsgiref.handlers.BaseHandler.
              _convert_string_type, Handler(None, None, None, {}), value,
              'title')
