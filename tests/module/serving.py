"""What subclasses.py does with a class: one application, one list of requests,
and what is written down of each.
"""

import contextlib
import io
import socket
import sys
import types

if sys.argv[1:2] == ['cwsgiref']:
    import cwsgiref
    cwsgiref.install()

import http.server
import socketserver
import wsgiref.handlers
import wsgiref.headers
import wsgiref.simple_server
import wsgiref.util

from tests.module import rest
from tests.module.recording import Recorder, masked

PATIENCE = 20
MISSING = object()


# ----- The application -----

def generated(environ):
    yield b'one'
    yield b'two'


def late(environ):
    yield b'begun'
    raise KeyError('late')


def application(environ, start_response):
    path = environ['PATH_INFO']
    headers = [('Content-Type', 'text/plain'), ('X-Mine', 'a')]
    if path == '/raise':
        raise ValueError('no answer')
    write = start_response('200 OK', headers)
    if path == '/write':
        write(b'written,')
    if path == '/again':
        try:
            raise KeyError('again')
        except KeyError:
            start_response('500 Again', [('X-Again', 'b')], sys.exc_info())
    if path == '/late':
        return late(environ)
    if path == '/generator':
        return generated(environ)
    if path == '/file':
        return environ['wsgi.file_wrapper'](io.BytesIO(b'of a file' * 9), 16)
    if path == '/input':
        return [environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))]
    if path == '/environ':
        return [said(environ)]
    return [b'plain']


def said(environ):
    """What the server has put there."""
    own = {key: value for key, value in environ.items()
           if key.startswith(('wsgi.', 'HTTP_', 'SERVER_', 'REMOTE_', 'REQUE',
                              'SCRIPT_', 'PATH_', 'QUERY_', 'CONTENT_', 'X_'))}
    lines = [f'{key}={value!r}' for key, value in sorted(own.items())
             if key not in ('wsgi.input', 'wsgi.errors', 'SERVER_PORT',
                            'wsgi.file_wrapper')]
    return '\n'.join(lines).encode()


GET = b'GET %s HTTP/1.1\r\nHost: h\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n'
REQUESTS = {
    **{path: GET % path.encode() for path in (
        '/plain?q=1', '/write', '/raise', '/late', '/generator', '/file',
        '/again', '/environ')},
    'HEAD': b'HEAD /plain HTTP/1.0\r\n\r\n',
    'POST': (b'POST /input HTTP/1.1\r\nContent-Length: 4\r\n'
             b'Content-Type: a/b\r\n\r\nbody'),
    'expects': (b'POST /input HTTP/1.1\r\nContent-Length: 2\r\n'
                b'Expect: 100-continue\r\n\r\nxy'),
    'two': GET % b'/plain' + GET % b'/other',
    'old': b'GET /plain\r\n',
    'bad line': b'GET\r\n\r\n',
    'bad version': b'GET / HTTP/x\r\n\r\n',
    'bad header': b'GET / HTTP/1.0\r\n' + b'A: b\r\n' * 101 + b'\r\n',
    'no method': b'BREW /plain HTTP/1.1\r\n\r\n',
    'long': b'GET /' + b'x' * 65536 + b' HTTP/1.0\r\n\r\n',
    'nothing': b'',
}


# ----- A case -----

class Case:
    """What one subclass does: `record` is {'calls', 'wire', 'log'}."""

    def __init__(self, name):
        self.name = name
        self.recorder = Recorder()
        self.wire = []
        self.port = 0
        self.undo = contextlib.ExitStack()

    def set_on(self, target, name, value):
        """Until the case is done."""
        had = vars(target).get(name, MISSING)
        setattr(target, name, value)
        if had is MISSING:
            self.undo.callback(delattr, target, name)
        else:
            self.undo.callback(setattr, target, name, had)

    def sent(self, words, data):
        self.wire.append([words, masked(data, self.port).decode('latin-1')])

    def run(self, function):
        log = io.StringIO()
        with self.undo, contextlib.redirect_stderr(log):
            try:
                function(self)
            except Exception as error:
                self.recorder.note('the end', error)
        return {'calls': self.recorder.calls, 'wire': self.wire,
                'log': masked(log.getvalue(), self.port).split('\n')}


def exchange(case, server, requests=tuple(REQUESTS)):
    """Each request over a connection of its own, handled here and now."""
    case.port = server.server_address[1]
    for words in requests:
        with socket.create_connection(server.server_address[:2],
                                      PATIENCE) as client:
            client.sendall(REQUESTS[words])
            client.shutdown(socket.SHUT_WR)
            try:
                server.handle_request()
            except Exception as error:
                case.recorder.note('handle_request', 'raised', error)
            data = b''
            client.settimeout(2)
            with contextlib.suppress(ConnectionResetError, TimeoutError):
                while piece := client.recv(65536):
                    data += piece
            case.sent(words, data)


# ----- Ways to set something on a class or on an instance -----

def on_the_class(case, base, name, value):
    return type('Sub', (base,), {name: value})


def on_the_base(case, base, name, value):
    case.set_on(base, name, value)
    return base


def in_the_middle(case, base, name, value):
    """A mix-in of Python, before our class."""
    mix_in = type('MixIn', (), {name: value})
    return type('Sub', (mix_in, base), {})


def on_the_subclass_later(case, base, name, value):
    """After the first instance was made."""
    sub = type('Sub', (base,), {})
    sub.__new__(sub)
    setattr(sub, name, value)
    return sub


def bound(value, self):
    is_function = isinstance(value, types.FunctionType)
    return types.MethodType(value, self) if is_function else value


def before_init(case, base, name, value):
    class Sub(base):
        def __init__(self, *args, **kwargs):
            setattr(self, name, bound(value, self))
            super().__init__(*args, **kwargs)
    return Sub


def after_init(case, base, name, value):
    """For a request handler, which handles in __init__: after setup()."""
    if issubclass(base, socketserver.BaseRequestHandler):
        class Sub(base):
            def setup(self):
                super().setup()
                setattr(self, name, bound(value, self))
    else:
        class Sub(base):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                setattr(self, name, bound(value, self))
    return Sub


def set_and_deleted(case, base, name, value):
    class Sub(base):
        def __init__(self, *args, **kwargs):
            setattr(self, name, bound(value, self))
            delattr(self, name)
            super().__init__(*args, **kwargs)
    return Sub


WAYS = {
    'class': on_the_class, 'base': on_the_base, 'mix-in': in_the_middle,
    'later': on_the_subclass_later, 'before': before_init,
    'after': after_init, 'deleted': set_and_deleted,
}


# ----- What is done with a class -----

def serve_wsgi(case, server_class=None, handler_class=None):
    with wsgiref.simple_server.make_server(
            '127.0.0.1', 0, application,
            server_class or wsgiref.simple_server.WSGIServer,
            handler_class or wsgiref.simple_server.WSGIRequestHandler
    ) as server:
        exchange(case, server)


def serve_tcp(case, server_class=None, handler_class=None):
    class Echo(handler_class or socketserver.StreamRequestHandler):
        def handle(self):
            super().handle()
            line = self.rfile.readline() if hasattr(self, 'rfile') else (
                self.request.recv(99))
            if line.startswith(b'GET /raise'):
                raise ValueError('no answer')
            if hasattr(self, 'wfile'):
                self.wfile.write(line.upper())
            else:
                self.request.sendall(line.upper())

    server_class = server_class or socketserver.TCPServer
    with server_class(('127.0.0.1', 0), Echo) as server:
        exchange(case, server, ['/plain?q=1', '/raise', 'old', 'nothing'])


def serve_base(case, cls):
    """A server that is no TCPServer."""
    class Own(cls):
        def __init__(self, address, handler_class):
            super().__init__(address, handler_class)
            self.socket = socket.create_server(address)
            self.server_address = self.socket.getsockname()
            self.server_activate()

        def fileno(self):
            return self.socket.fileno()

        def get_request(self):
            return self.socket.accept()

        def close_request(self, request):
            super().close_request(request)
            request.close()

        def server_close(self):
            super().server_close()
            self.socket.close()

    serve_tcp(case, Own)


def serve_http(case, server_class=None, handler_class=None):
    class Methods(handler_class or http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = f'{self.command} {self.path}'.encode()
            self.send_response(200)
            self.send_header('X-Twice', ','.join(
                self.headers.get_all('X-Twice', ['none'])))
            self.send_header('Content-Length', len(body))
            self.end_headers()
            if self.command != 'HEAD':
                self.wfile.write(body)

        do_HEAD = do_GET

        def do_POST(self):
            self.rfile.read(int(self.headers['Content-Length']))
            self.send_error(418, explain='because')

    server_class = server_class or http.server.HTTPServer
    with server_class(('127.0.0.1', 0), Methods) as server:
        exchange(case, server)


def serve_http_1_1(case, handler_class):
    class Methods(handler_class):
        protocol_version = 'HTTP/1.1'
    serve_http(case, None, Methods)


def serve_as_handler(case, handler):
    """The requests of a server, whose handler is of the class."""
    class Django(wsgiref.simple_server.WSGIRequestHandler):
        def handle(self):
            self.raw_requestline = self.rfile.readline(65537)
            if not self.parse_request():
                return
            one = handler(self.rfile, self.wfile, self.get_stderr(),
                          self.get_environ(), multithread=False)
            one.request_handler = self
            one.run(self.server.get_app())
    serve_wsgi(case, handler_class=Django)


def serve_as_server_handler(case, handler):
    """The same, found by WSGIRequestHandler.handle() itself."""
    case.set_on(wsgiref.simple_server, 'ServerHandler', handler)
    serve_wsgi(case)


PATHS = ('/plain', '/write', '/raise', '/late', '/generator', '/file',
         '/again', '/environ', '/input')


def environ_of(path):
    environ = {'PATH_INFO': path, 'SERVER_PROTOCOL': 'HTTP/1.0',
               'CONTENT_LENGTH': '4'}
    wsgiref.util.setup_testing_defaults(environ)
    return environ


def run_simple(case, handler):
    for path in PATHS:
        out, errors = io.BytesIO(), io.StringIO()
        one = handler(io.BytesIO(b'body'), out, errors, environ_of(path))
        case.set_on(wsgiref.handlers.BaseHandler, 'os_environ', {'X_OS': '1'})
        try:
            one.run(application)
        except Exception as error:
            case.recorder.note('run', 'raised', error)
        case.sent(path, out.getvalue())
        case.sent('errors', errors.getvalue().encode())


def run_base(case, base):
    """A handler that has to bring what BaseHandler leaves open."""
    class Rest(rest.Rest, wsgiref.handlers.BaseHandler):
        pass

    bases = (Rest,) if base in Rest.__mro__ else (base, Rest)
    Whole = type('Whole', bases, {})
    for path in PATHS:
        one = Whole(environ_of(path))
        try:
            one.run(application)
        except Exception as error:
            case.recorder.note('run', 'raised', error)
        case.sent(path, b''.join(one.out))
        case.sent('errors', one.errors.getvalue().encode())


def run_cgi(case, handler):
    for path in PATHS:
        streams = {name: io.TextIOWrapper(io.BytesIO(data)) for name, data in
                   (('stdin', b'body'), ('stdout', b''))}
        with contextlib.ExitStack() as undo:
            for name, stream in streams.items():
                undo.callback(setattr, sys, name, getattr(sys, name))
                setattr(sys, name, stream)
            case.set_on(handler, 'os_environ', environ_of(path))
            try:
                handler().run(application)
            except Exception as error:
                case.recorder.note('run', 'raised', error)
        case.sent(path, streams['stdout'].buffer.getvalue())


def use_headers(case, cls):
    """By hand, then by a handler."""
    headers = cls([('A', '1'), ('B', '2')])
    headers['C'] = '3'
    headers['a'] = '4'
    del headers['b']
    headers.add_header('Content-Disposition', 'x', filename='f', odd=None)
    case.recorder.note(
        headers['c'], headers['no'], 'c' in headers, 'no' in headers,
        len(headers), headers.get('a'), headers.get('no', '5'),
        headers.get_all('a'), headers.keys(), headers.values(),
        headers.items(), headers.setdefault('a', '6'),
        headers.setdefault('d', '7'), repr(headers), str(headers),
        bytes(headers))
    for wrong in ((1, 'a'), ('a', 2), ('a', None)):
        try:
            headers[wrong[0]] = wrong[1]
        except Exception as error:
            case.recorder.note('set', error)
    sub = type('Sub', (wsgiref.handlers.SimpleHandler,),
               {'headers_class': cls, 'origin_server': True})
    run_simple(case, sub)
