"""The operations of no_memory.py, on the package cwsgiref: each is prepared
anew, and then done once."""

import contextlib
import email.message
import io
import os
import socket
import sys
import warnings
from collections.abc import Callable
from typing import NamedTuple

import _cwsgiref
from cwsgiref import handlers, headers, simple_server, socketserver, util
from cwsgiref import validate
from cwsgiref.http import server as http_server

from tests.module.rest import Rest

PATIENCE = 20
ALL = []


class Operation(NamedTuple):
    name: str
    prepare: Callable  # prepare(undo) returns what is to be called


def operation(function):
    """prepare(undo), which returns what is to be called."""
    ALL.append(Operation(function.__name__, function))
    return function


def call(name, function, *arguments, **keywords):
    """Nothing is to be prepared."""
    ALL.append(Operation(
        name, lambda undo: lambda: function(*arguments, **keywords)))


# ---- Headers

def full():
    return headers.Headers([('A', '1'), ('B', '2'), ('A', '3')])


def with_headers(name, use):
    def prepare(undo):
        made = full()
        return lambda: use(made)
    ALL.append(Operation(f'Headers: {name}', prepare))


for each, use in {
        'set': lambda made: made.__setitem__('C', '4'),
        'set again': lambda made: made.__setitem__('a', '4'),
        'delete': lambda made: made.__delitem__('a'),
        'get item': lambda made: made['a'],
        'in': lambda made: ('b' in made, 'c' in made),
        'length': len,
        'get': lambda made: (made.get('a'), made.get('c', '5')),
        'get_all': lambda made: made.get_all('a'),
        'keys': lambda made: (made.keys(), made.values(), made.items()),
        # after a failure CPython takes a tuple for one that is being told
        'repr': lambda made: len(repr(made)) > 5,
        'str': str,
        'bytes': bytes,
        'setdefault': lambda made: (made.setdefault('a', '6'),
                                    made.setdefault('d', '7')),
        'add_header': lambda made: made.add_header(
            'Content-Disposition', 'x', filename='f"', odd=None, a_b='c'),
        'add_header, no value': lambda made: made.add_header('D', None, e='f'),
        'wrong': lambda made: made.__setitem__(1, 'a'),
        'wrong value': lambda made: made.__setitem__('a', None),
        'not latin-1': lambda made: (made.__setitem__('a', '\u20ac'),
                                     bytes(made)),
        'an attribute': lambda made: (setattr(made, 'mine', 5), made.mine,
                                      vars(made), delattr(made, 'mine')),
}.items():
    with_headers(each, use)
call('Headers', headers.Headers)
call('Headers: no list', headers.Headers, 5)
for each in ('', 'a', 'a"b\\c', 'a b'):
    call(f'formatparam: {each}', _cwsgiref._formatparam, 'p', each)
call('formatparam: quoted', _cwsgiref._formatparam, 'p', 'a', 1)
call('formatparam: none', _cwsgiref._formatparam, 'p')


# ---- util

def environ(**more):
    made = {'PATH_INFO': '/a b/c', 'SCRIPT_NAME': '/s', 'QUERY_STRING': 'q=1',
            'SERVER_PROTOCOL': 'HTTP/1.0', 'CONTENT_LENGTH': '4', **more}
    util.setup_testing_defaults(made)
    return made


def with_environ(name, use, **more):
    def prepare(undo):
        made = environ(**more)
        return lambda: use(made)
    ALL.append(Operation(name, prepare))


for each in ('guess_scheme', 'application_uri', 'request_uri',
             'shift_path_info'):
    with_environ(each, getattr(util, each))
with_environ('application_uri: no host',
             lambda made: (made.pop('HTTP_HOST'),
                           util.application_uri(made)),
             SERVER_PORT='8000')
with_environ('application_uri: https',
             lambda made: (made.pop('HTTP_HOST'),
                           util.application_uri(made)),
             **{'wsgi.url_scheme': 'https', 'SERVER_PORT': '8443'})
with_environ('request_uri: no query',
             lambda made: util.request_uri(made, include_query=False))
with_environ('request_uri: no script name',
             lambda made: util.request_uri(made), SCRIPT_NAME='',
             PATH_INFO='/\xe4;x=1')
for path in ('', '/', '/a', '/a/', '/./b', '//a', 'a/b'):
    with_environ(f'shift_path_info: {path!r}', util.shift_path_info,
                 PATH_INFO=path)
with_environ('guess_scheme: on', util.guess_scheme, HTTPS='on')
call('setup_testing_defaults', lambda: util.setup_testing_defaults({}))
call('is_hop_by_hop', util.is_hop_by_hop, 'Keep-Alive')
call('is_hop_by_hop: no', util.is_hop_by_hop, 'X')
call('FileWrapper', lambda: list(util.FileWrapper(io.BytesIO(b'abc'), 2)))
call('FileWrapper: close', lambda: util.FileWrapper(io.BytesIO()).close())
call('FileWrapper: no close', lambda: util.FileWrapper(5))
call('FileWrapper: vars', lambda: vars(util.FileWrapper(io.BytesIO())).keys())
call('format_date_time', handlers.format_date_time, 1e9)
call('format_date_time: wrong', handlers.format_date_time, 'x')
call('read_environ', handlers.read_environ)


# ---- handlers

def generated():
    yield b'one'
    yield b'two'


def late():
    yield b'begun'
    raise KeyError('late')


def application(environ, start_response):
    path = environ['PATH_INFO']
    fields = [('Content-Type', 'text/plain'), ('X-Mine', 'a')]
    if path == '/raise':
        raise ValueError('no answer')
    if path == '/wrong status':
        start_response('200', fields)
    if path == '/wrong headers':
        start_response('200 OK', tuple(fields))
    if path == '/hop':
        start_response('200 OK', [('Connection', 'close')])
    if path == '/length':
        fields.append(('Content-Length', '5'))
    if path == '/date':
        fields += [('Date', 'now'), ('Server', 'mine')]
    write = start_response('200 OK', fields)
    if path == '/write':
        write(b'written,')
    if path == '/twice':
        start_response('200 OK', fields)
    if path == '/again':
        try:
            raise KeyError('again')
        except KeyError:
            start_response('500 Again', [('X-Again', 'b')], sys.exc_info())
    if path == '/too late':
        write(b'written,')
        try:
            raise KeyError('again')
        except KeyError:
            start_response('500 Again', [('X-Again', 'b')], sys.exc_info())
    if path == '/late':
        return late()
    if path == '/generator':
        return generated()
    if path == '/file':
        return environ['wsgi.file_wrapper'](io.BytesIO(b'of a file' * 9), 16)
    if path == '/input':
        return [environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))]
    if path == '/empty':
        return []
    if path == '/str':
        return ['str']
    if path == '/none':
        return None
    return [b'plain']


PATHS = ('/plain', '/write', '/raise', '/late', '/generator', '/file',
         '/again', '/input', '/wrong status', '/wrong headers', '/hop',
         '/length', '/date', '/twice', '/too late', '/empty', '/str', '/none')


def masked(out):
    """Without the date."""
    return b'\n'.join(line for line in out.split(b'\n')
                      if not line.startswith(b'Date: '))


def run_simple(path, cls, **attributes):
    def prepare(undo):
        made = environ(PATH_INFO=path)
        out, errors = io.BytesIO(), io.StringIO()
        handler = cls(io.BytesIO(b'body'), out, errors, made)
        for name, value in attributes.items():
            setattr(handler, name, value)
        def do():
            handler.run(application)
            return masked(out.getvalue())
        return do
    ALL.append(Operation(f'{cls.__name__}: {path} {attributes or ""}',
                         prepare))


for path in PATHS:
    run_simple(path, handlers.SimpleHandler)
run_simple('/plain', handlers.SimpleHandler, origin_server=True)
run_simple('/raise', handlers.SimpleHandler, origin_server=True,
           http_version='1.1', server_software='Mine')
run_simple('/raise', handlers.SimpleHandler, traceback_limit=1,
           error_status='503 Oh', error_headers=[('X', 'y')], error_body=b'z')
run_simple('/raise', handlers.BaseCGIHandler)


def run_cgi(cls, **variables):
    def prepare(undo):
        streams = {'stdin': b'body', 'stdout': b''}
        for name, data in streams.items():
            undo.callback(setattr, sys, name, getattr(sys, name))
            streams[name] = io.TextIOWrapper(io.BytesIO(data))
        made = environ(PATH_INFO='/input', **variables)
        for name in ('wsgi.input', 'wsgi.errors'):
            made.pop(name)
        undo.callback(setattr, cls, 'os_environ', cls.os_environ)
        cls.os_environ = made
        def do():
            sys.stdin, sys.stdout = streams['stdin'], streams['stdout']
            try:
                cls().run(application)
            finally:
                sys.stdout = sys.__stdout__
            return streams['stdout'].buffer.getvalue()
        return do
    ALL.append(Operation(f'{cls.__name__} {variables}', prepare))


run_cgi(handlers.CGIHandler)
run_cgi(handlers.IISCGIHandler)
run_cgi(handlers.IISCGIHandler, SCRIPT_NAME='/input')


class Whole(Rest, handlers.BaseHandler):
    pass


class Overridden(Whole):
    """Each method goes through Python."""


for name in ('setup_environ finish_response get_scheme set_content_length '
             'cleanup_headers start_response send_preamble write sendfile '
             'finish_content close send_headers result_is_file '
             'client_is_modern log_exception handle_error '
             'error_output').split():
    def override(self, *arguments, name=name, **keywords):
        return getattr(super(Overridden, self), name)(*arguments, **keywords)
    setattr(Overridden, name, override)


def run_whole(path, cls):
    def prepare(undo):
        handler = cls(environ(PATH_INFO=path))
        def do():
            handler.run(application)
            return masked(b''.join(handler.out))
        return do
    ALL.append(Operation(f'{cls.__name__}: {path}', prepare))


for path in ('/plain', '/raise', '/file', '/late', '/write'):
    run_whole(path, Whole)
    run_whole(path, Overridden)


# ---- validate

def reading(environ, start_response):
    source = environ['wsgi.input']
    said = [source.read(1), source.readline(), source.readlines(1),
            list(source)]
    errors = environ['wsgi.errors']
    errors.write('a')
    errors.writelines(['b'])
    errors.flush()
    write = start_response('200 OK', [('Content-Type', 'text/plain')])
    write(b'w')
    return [repr(said).encode()]


def run_validated(name, app, **more):
    def prepare(undo):
        made = environ(**more)
        made['wsgi.input'] = io.BytesIO(b'one\ntwo\nthree\n')
        handler = handlers.SimpleHandler(made['wsgi.input'], io.BytesIO(),
                                         io.StringIO(), made)
        checked = validate.validator(app)
        undo.enter_context(warnings.catch_warnings())
        warnings.simplefilter('ignore')
        def start_response(status, fields, exc_info=None):
            return lambda data: None
        def do():
            result = checked(made, start_response)
            try:
                return list(result)
            finally:
                result.close()
        return do
    ALL.append(Operation(f'validator: {name}', prepare))


run_validated('reading', reading)
for path in ('/plain', '/raise', '/wrong status', '/wrong headers', '/hop',
             '/again', '/generator', '/none', '/str', '/twice'):
    run_validated(path, application, PATH_INFO=path)
run_validated('a method', application, REQUEST_METHOD='BREW')
run_validated('a length', application, CONTENT_LENGTH='x')
run_validated('a script name', application, SCRIPT_NAME='/')
for each, arguments in {
        'status': ('200 OK',), 'status 2': ('20 OK',), 'status 3': ('200OK',),
        'headers': ([('A', 'b'), ('C-D', 'e')],),
        'headers 2': ([('A:', 'b')],), 'headers 3': ([('A', 'b\n')],),
        'headers 4': ([('status', 'b')],), 'headers 5': ([('A_', '\x01')],),
        'content_type': ('200 OK', [('Content-Type', 'a')]),
        'content_type 2': ('204 OK', [('Content-Type', 'a')]),
        'content_type 3': ('200 OK', []),
        'exc_info': (None,), 'exc_info 2': ((1, 2, 3),),
        'exc_info 3': (5,),
        'iterator': ('x',), 'iterator 2': ([],),
        'input': (5,), 'errors': (5,), 'input 2': (io.BytesIO(),),
        'errors 2': (io.StringIO(),),
        'string_type': ('a', 'b'), 'string_type 2': (5, 'b'),
        'environ': ({},), 'environ 2': (5,)}.items():
    call(f'check_{each}',
         getattr(_cwsgiref, f'check_{each.partition(" ")[0]}'), *arguments)


# ---- Servers and what they make

GET = b'GET %s HTTP/1.1\r\nHost: h\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n'
REQUESTS = {
    'get': GET % b'/plain?q=1',
    'raise': GET % b'/raise',
    'late': GET % b'/late',
    'file': GET % b'/file',
    'write': GET % b'/write',
    'HEAD': b'HEAD /plain HTTP/1.0\r\n\r\n',
    'POST': (b'POST /input HTTP/1.1\r\nContent-Length: 4\r\n'
             b'Content-Type: a/b; c=d\r\n\r\nbody'),
    'expects': (b'POST /input HTTP/1.1\r\nContent-Length: 2\r\n'
                b'Expect: 100-continue\r\nConnection: keep-alive\r\n\r\nxy'),
    'two': GET % b'/plain' + GET % b'/other',
    'old': b'GET /plain\r\n',
    'closed': b'GET /plain HTTP/1.1\r\nConnection: close\r\n\r\n',
    'bad line': b'GET\r\n\r\n',
    'bad words': b'GET / x y\r\n\r\n',
    'bad version': b'GET / HTTP/x\r\n\r\n',
    'new version': b'GET / HTTP/2.0\r\n\r\n',
    'bad header': b'GET / HTTP/1.0\r\n' + b'A: b\r\n' * 101 + b'\r\n',
    'no header': b'GET / HTTP/1.0\r\nno colon\r\nA: b\r\n\r\n',
    'folded': b'GET / HTTP/1.0\r\nA: b\r\n c\r\n  d\r\nE:\r\n\r\n',
    'bytes': b'GET /%e4 HTTP/1.0\r\nA: \xe4\r\n\r\n',
    'no method': b'BREW /plain HTTP/1.1\r\n\r\n',
    'long': b'GET /' + b'x' * 65536 + b' HTTP/1.0\r\n\r\n',
    'nothing': b'',
}


class Here:
    """A server as a request handler sees it."""

    def __init__(self, undo):
        self.server = undo.enter_context(simple_server.WSGIServer(
            ('127.0.0.1', 0), simple_server.WSGIRequestHandler))
        self.server.set_app(application)


def handle_request(name, request, handler_class):
    """A request that has come already, and the handler class for it."""
    def prepare(undo):
        server = Here(undo).server
        ours, theirs = socket.socketpair()
        undo.callback(ours.close)
        undo.callback(theirs.close)
        theirs.sendall(request)
        theirs.shutdown(socket.SHUT_WR)
        theirs.setblocking(False)
        def do():
            handler_class(ours, ('127.0.0.1', 5), server)
            with contextlib.suppress(BlockingIOError):
                return theirs.recv(1 << 20)[:15]
        return do
    ALL.append(Operation(f'{handler_class.__name__}: {name}', prepare))


class Methods(http_server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.send_response(200)
        self.send_header('X-Twice', ','.join(
            self.headers.get_all('X-Twice', ['none'])))
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'ok')

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self.send_error(418, explain='because')


class Streams(socketserver.StreamRequestHandler):
    """What its streams can do."""
    timeout = 5
    disable_nagle_algorithm = False

    def handle(self):
        read = self.rfile
        buffer = bytearray(3)
        self.said = [
            read.readline(), read.readline(2), read.read(3), read.peek(1)[:1],
            read.read1(1), read.readinto(buffer), read.readinto1(buffer),
            read.readable(), read.readlines(4), read.closed, repr(read)[:5],
            read.fileno() > 0, next(iter(read), None), read.read()]
        write = self.wfile
        write.write(b'a')
        write.writelines([b'b', b'c'])
        write.flush()
        self.said += [write.writable(), write.closed, write.fileno() > 0]


class BufferedStreams(Streams):
    rbufsize = 8
    wbufsize = -1


class Unbuffered(Streams):
    rbufsize = 0

    def handle(self):
        read = self.rfile
        self.said = [read.readline(), read.read(3), read.readall()]


for name, request in REQUESTS.items():
    handle_request(name, request, simple_server.WSGIRequestHandler)
for name in ('get', 'HEAD', 'POST', 'expects', 'two', 'old', 'no method',
             'bad line'):
    handle_request(name, REQUESTS[name], Methods)
for cls in (Streams, BufferedStreams, Unbuffered):
    handle_request('lines', b'one\ntwo\nthree\nfour\nfive\nsix\nseven' * 9,
                   cls)


class OverriddenRequest(simple_server.WSGIRequestHandler):
    """Each method goes through Python."""


for name in ('setup handle finish get_environ get_stderr parse_request '
             'handle_expect_100 send_error send_response send_response_only '
             'send_header end_headers flush_headers log_request log_error '
             'log_message version_string date_time_string '
             'log_date_time_string address_string').split():
    def override(self, *arguments, name=name, **keywords):
        return getattr(super(OverriddenRequest, self), name)(*arguments,
                                                            **keywords)
    setattr(OverriddenRequest, name, override)
for name in ('get', 'bad line', 'expects'):
    handle_request(name, REQUESTS[name], OverriddenRequest)


def serve(name, server_class, handler_class, request, family=socket.AF_INET,
          address=('127.0.0.1', 0), app=application, **attributes):
    def prepare(undo):
        server = undo.enter_context(server_class(address, handler_class))
        for key, value in attributes.items():
            setattr(server, key, value)
        if hasattr(server, 'set_app'):
            server.set_app(app)
        kind = getattr(server_class, 'socket_type', socket.SOCK_STREAM)
        client = undo.enter_context(socket.socket(family, kind))
        client.connect(server.server_address)
        client.sendall(request)
        def do():
            server.handle_request()
        return do
    ALL.append(Operation(f'{server_class.__name__}: {name}', prepare))


class Server(simple_server.WSGIServer):
    """Each method goes through Python."""
    timeout = 5


for name in ('server_bind setup_environ get_app set_app server_activate '
             'service_actions handle_request _handle_request_noblock '
             'verify_request process_request finish_request '
             'shutdown_request close_request handle_error get_request '
             'fileno').split():
    def override(self, *arguments, name=name, **keywords):
        return getattr(super(Server, self), name)(*arguments, **keywords)
    setattr(Server, name, override)


class Failing(socketserver.BaseRequestHandler):
    def handle(self):
        raise ValueError('failing')


class Datagram(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())


class Refusing(socketserver.TCPServer):
    def verify_request(self, request, client_address):
        return False


serve('get', simple_server.WSGIServer, simple_server.WSGIRequestHandler,
      REQUESTS['closed'])
serve('get', Server, simple_server.WSGIRequestHandler, REQUESTS['closed'])
serve('failing', socketserver.TCPServer, Failing, b'x')
serve('refusing', Refusing, Failing, b'x', timeout=5)
serve('echo', socketserver.UDPServer, Datagram, b'x')


def open_server(cls, *arguments):
    def prepare(undo):
        def do():
            server = cls(*arguments)
            return server.server_close()
        return do
    ALL.append(Operation(f'{cls.__name__}: open and close', prepare))


for cls in (socketserver.TCPServer, http_server.HTTPServer,
            simple_server.WSGIServer, Server, socketserver.UDPServer):
    open_server(cls, ('127.0.0.1', 0), None)
open_server(socketserver.TCPServer, ('127.0.0.1', 'x'), None)
open_server(socketserver.TCPServer, ('::1', 0), None)
open_server(socketserver.TCPServer, 5, None)


@operation
def make_server(undo):
    def do():
        simple_server.make_server('127.0.0.1', 0, application).server_close()
    return do


@operation
def unix_server(undo):
    def do():
        server = socketserver.UnixStreamServer('\0cwsgiref-no-memory', None)
        server.server_close()
    return do


@operation
def serve_forever(undo):
    class Stopping(socketserver.TCPServer):
        def service_actions(self):
            raise KeyError('enough')
    server = undo.enter_context(Stopping(('127.0.0.1', 0), None))
    return lambda: server.serve_forever(0.001)


@operation
def time_out(undo):
    server = undo.enter_context(socketserver.TCPServer(('127.0.0.1', 0),
                                                       None))
    server.timeout = 0.001
    return server.handle_request


# ---- What Python does with the classes

@operation
def subclass(undo):
    def do():
        class Sub(handlers.SimpleHandler):
            origin_server = True
            server_software = 'Sub'

            def get_scheme(self):
                return 'https'
        sub = Sub(None, io.BytesIO(), None, environ(PATH_INFO='/plain'))
        sub.http_version = '1.1'
        sub.run(application)
        Sub.http_version = '0.9'
        del Sub.origin_server
        return sub.http_version
    return do


@operation
def attributes(undo):
    server = undo.enter_context(simple_server.WSGIServer(('127.0.0.1', 0),
                                                         None))
    def do():
        said = []
        for name in dir(server):
            said.append(name)
            getattr(server, name, None)
        server.timeout = 5
        server.mine = 6
        del server.mine
        server.request_queue_size = 3
        del server.request_queue_size
        return said
    return do


@operation
def class_attributes(undo):
    cls = http_server.BaseHTTPRequestHandler
    def do():
        for name in ('responses', 'weekdayname', 'monthname',
                     'server_version', 'MessageClass', 'rbufsize', 'timeout'):
            setattr(cls, name, getattr(cls, name))
    return do


@operation
def wrong_attributes(undo):
    class Sub(simple_server.WSGIServer):
        pass
    server = undo.enter_context(Sub(('127.0.0.1', 0), None))
    def do():
        said = []
        for name, value in (('request_queue_size', 'x'), ('timeout', 'x'),
                            ('request_queue_size', 2 ** 70)):
            try:
                setattr(server, name, value)
            except (TypeError, OverflowError) as error:
                said.append(str(error))
        return said
    return do


# ---- Classes of Python's that C calls

@operation
def own_headers(undo):
    class Own(headers.Headers):
        def __init__(self, fields=None):
            super().__init__(fields)

        def setdefault(self, name, value):
            return super().setdefault(name, value)

        def _convert_string_type(self, value, **more):
            return super()._convert_string_type(value, **more)

    def do():
        class Handler(handlers.SimpleHandler):
            headers_class = Own
        out = io.BytesIO()
        handler = Handler(io.BytesIO(), out, None, environ(PATH_INFO='/x'))
        handler.run(application)
        return masked(out.getvalue())
    return do


@operation
def a_class_that_changes(undo):
    class Sub(simple_server.WSGIServer):
        pass
    server = undo.enter_context(Sub(('127.0.0.1', 0), None))
    def do():
        Sub.request_queue_size = 7
        server.server_activate()
        Sub.request_queue_size = 8
        server.server_activate()
    return do


@operation
def a_constant_that_is_computed(undo):
    class Handler(handlers.SimpleHandler):
        @property
        def http_version(self):
            return '1.%d' % len([1])
    out = io.BytesIO()
    made = environ(PATH_INFO='/raise')
    def do():
        Handler(io.BytesIO(), out, io.StringIO(), made).run(application)
        return out.tell() > 0
    return do


@operation
def error_headers(undo):
    class Handler(handlers.SimpleHandler):
        pass
    def do():
        Handler.error_headers = [('A', 'b'), ('C', 'd')]
        out = io.BytesIO()
        Handler(io.BytesIO(), out, io.StringIO(),
                environ(PATH_INFO='/raise')).run(application)
        return masked(out.getvalue())
    return do


@operation
def a_call_by_keywords(undo):
    made = full()
    return lambda: made.add_header(**{'_name': 'X', '_value': 'y',
                                      f'other{len("x")}': 'z'})


@operation
def classes_that_have_just_changed(undo):
    class Own(headers.Headers):
        pass
    class Handler(simple_server.WSGIRequestHandler):
        pass
    ours, theirs = socket.socketpair()
    undo.callback(ours.close)
    undo.callback(theirs.close)
    handler = Handler.__new__(Handler)
    handler.request = ours
    def do():
        Own.mine = Handler.mine = 5
        handler.setup()
        return str(Own([('A', 'b')]))
    return do


class Any:
    def gettimeout(self):
        return None


@operation
def fields_of_objects(undo):
    handler = http_server.BaseHTTPRequestHandler.__new__(
        http_server.BaseHTTPRequestHandler)
    def do():
        handler.request = Any()
        handler.connection = Any()
        handler.rfile = io.BytesIO()
        handler.request = handler.connection = handler.rfile = None
    return do
