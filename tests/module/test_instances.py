"""What Python code sees of an instance, and what stays of what it does with
one: attributes that it sets, values that C refuses, and no memory."""

import ast
import subprocess
import unittest

from .module import python

# For each module the flags of a handler of each class, and what one of CGI
# has.
FLAGS = '''
import importlib
import sys
handlers = importlib.import_module(sys.argv[1] + '.handlers')
flags = {}
for name, arguments in [('BaseHandler', ()), ('CGIHandler', ()),
                        ('IISCGIHandler', ()),
                        ('SimpleHandler', (None, None, None, {})),
                        ('SimpleHandler', (None, None, None, {}, False, True)),
                        ('BaseCGIHandler', (None, None, None, {}))]:
    handler = getattr(handlers, name)(*arguments)
    flags[name, len(arguments)] = [
        (each, getattr(handler, each), each in vars(handler))
        for each in ('wsgi_multithread', 'wsgi_multiprocess', 'wsgi_run_once')]
    if 'CGI' in name and not arguments:
        flags[name, 'streams'] = [
            handler.stderr is sys.stderr, handler.get_stdin().fileno(),
            handler.stdout.fileno(), handler.base_env]
print(flags)
'''

REFUSED = '''
import io
from cwsgiref.handlers import SimpleHandler
from cwsgiref.http.server import HTTPServer

handler = SimpleHandler(io.BytesIO(), io.BytesIO(), io.StringIO(),
                        {'SERVER_PROTOCOL': 'HTTP/1.0'})
server = HTTPServer(('127.0.0.1', 0), None, bind_and_activate=False)
handler.error_status = '404 Gone away'
server.address_family = server.address_family # before the next one
server.request_queue_size = 7
for each, name, value in [
        (handler, 'error_status', 5), (handler, 'error_body', 'text'),
        (handler, 'traceback_limit', 'x'), (handler, 'http_version', None),
        (handler, 'error_headers', 5), (handler, 'os_environ', 5),
        (server, 'request_queue_size', 'x'), (server, 'socket_type', None),
        (server, 'timeout', 'x'), (server, 'address_family', 1 << 40)]:
    before = getattr(each, name)
    try:
        setattr(each, name, value)
    except Exception as e:
        print(name, type(e).__name__, e, sep=': ')
    assert getattr(each, name) == before, name
server.timeout = 5
assert server.timeout == 5.0
server.timeout = None
assert server.timeout is None

# What C has of it is the old value, too.
def fails(environ, start_response):
    raise ValueError

class Listens:
    def listen(self, backlog):
        print('listen:', backlog)

server.socket.close()
server.socket = Listens()
server.server_activate()
handler.run(fails)
print(handler.stdout.getvalue().partition(b'\\r\\n')[0].decode())
'''

# What Python's own instances have ours have, too, with such values.
ATTRIBUTES = '''
import importlib
import io
import socket
import sys

def module(name):
    return importlib.import_module({'cwsgiref': 'cwsgiref.' + name}.get(
        sys.argv[1], name))

socketserver = module('socketserver')
http_server = module('http.server')
handlers = importlib.import_module(sys.argv[1] + '.handlers')
headers = importlib.import_module(sys.argv[1] + '.headers')
simple_server = importlib.import_module(sys.argv[1] + '.simple_server')
util = importlib.import_module(sys.argv[1] + '.util')

def value(each, name):
    try:
        it = getattr(each, name)
    except AttributeError:
        return 'none'
    if isinstance(it, int):
        return int(it) # of an enum; a flag of C is True, and not 1
    return it if type(it) in (str, type(None)) else 'some'

def show(words, each, names):
    print(words, {name: value(each, name) for name in names.split()})

SERVER = ('RequestHandlerClass address_family allow_reuse_address '
          'request_queue_size socket_type timeout')
def app(environ, start_response):
    start_response('200 OK', [('X-A', 'b')])
    return [b'x']

for name, factory, address, more in [
        ('BaseServer', socketserver.BaseServer, ('', 5), 'server_address'),
        ('TCPServer', socketserver.TCPServer, ('127.0.0.1', 0), SERVER),
        ('UDPServer', socketserver.UDPServer, ('127.0.0.1', 0),
         SERVER + ' max_packet_size'),
        ('HTTPServer', http_server.HTTPServer, ('127.0.0.1', 0),
         SERVER + ' server_name'),
        ('WSGIServer', simple_server.WSGIServer, ('127.0.0.1', 0),
         SERVER + ' server_name application base_environ')]:
    server = factory(address, None)
    show(name, server, more)
    if name != 'BaseServer':
        server.server_close()
        print(server.socket.fileno(), 'closed' in repr(server.socket))
    if name == 'WSGIServer':
        server.set_app(app)
        show(name, server, 'application')
        print(server.get_app() is server.application is app)

HANDLER = ('client_address request server rfile wfile connection rbufsize '
           'wbufsize timeout disable_nagle_algorithm')
HTTP = (HANDLER + ' command path requestline request_version '
        'protocol_version raw_requestline headers '
        'default_request_version sys_version error_content_type')
for name, factory, more in [
        ('StreamRequestHandler', socketserver.StreamRequestHandler, HANDLER),
        ('BaseHTTPRequestHandler', http_server.BaseHTTPRequestHandler, HTTP),
        ('WSGIRequestHandler', simple_server.WSGIRequestHandler, HTTP)]:
    class Handler(factory):
        def log_message(self, *arguments):
            pass

        def do_GET(self):
            show(name, self, more + ' close_connection')

        def handle(self):
            show(name, self, more)
            if name != 'StreamRequestHandler':
                http_server.BaseHTTPRequestHandler.handle(self)

        def finish(self):
            super().finish()
            show(name, self, more)

    left, right = socket.socketpair()
    right.sendall(b'GET /a/../b HTTP/1.0\\r\\nA: b\\r\\n\\r\\n')
    right.shutdown(socket.SHUT_WR)
    show(name, Handler(left, ('peer', 5), None), more)
    left.close()
    right.close()

class Own(simple_server.WSGIRequestHandler):
    def get_environ(self):
        headers = self.headers
        headers['X-A'] = 'b'
        environ = super().get_environ()
        print(environ['HTTP_X_A'], self.headers is headers,
              self.headers['X-A'])
        return environ

    def log_message(self, *arguments):
        pass

left, right = socket.socketpair()
right.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
Own(left, ('127.0.0.1', 5), server) # the WSGIServer
left.close()
print(right.recv(12))
right.close()

class Tells(handlers.SimpleHandler):
    def handle_error(self):
        self.log_exception(sys.exc_info())

handler = Tells(io.BytesIO(), io.BytesIO(), io.StringIO(), {})
handler.run(lambda environ, start_response: {}['none'])
print(handler.stderr.getvalue().splitlines()[-1])

HANDLER = ('headers headers_sent result status bytes_sent stdin '
           'stdout stderr base_env')
for name in 'SimpleHandler', 'BaseCGIHandler':
    class Handler(getattr(handlers, name)):
        def close(self):
            show(name, self, HANDLER + ' environ')
            super().close()
            show(name, self, HANDLER + ' environ')
    handler = Handler(io.BytesIO(), io.BytesIO(), io.StringIO(),
                      {'SERVER_PROTOCOL': 'HTTP/1.0'})
    show(name, handler, HANDLER)
    handler.run(app)
    show(name, handler, HANDLER)
    print(handler.stdout.getvalue()[-24:])

# Calls with too little, too much and other arguments.
def outcome(function, *arguments, **more):
    try:
        return function(*arguments, **more)
    except Exception as e:
        return type(e).__name__, str(e)

some = headers.Headers([('A', 'b')])
for function, *arguments in [
        (some.get,), (some.get, 1, 2, 3), (some.get_all,),
        (some.add_header,), (some.setdefault, 'x'), (headers.Headers, 1, 2),
        (some.get_all, 'x', 'y'), (handlers.SimpleHandler,),
        (handlers.SimpleHandler, 1, 2), (handlers.CGIHandler, 1),
        (handlers.format_date_time,), (handlers.read_environ, 1),
        (handler.start_response,), (handler.write,), (handler.run,),
        (handler.run, 1, 2), (handler.log_exception,),
        (handler.error_output, 1), (simple_server.make_server,),
        (simple_server.make_server, 1, 2, 3, 4, 5, 6),
        (simple_server.demo_app,), (simple_server.demo_app, 1, 2, 3),
        (util.guess_scheme,), (util.guess_scheme, 1, 2),
        (util.request_uri, 1, 2, 3), (util.is_hop_by_hop, 1, 2),
        (util.shift_path_info,), (handlers.format_date_time, 1, 2),
        (socketserver.TCPServer,),
        (socketserver.TCPServer, 1), (socketserver.BaseServer, 1),
        (socketserver.StreamRequestHandler, 1, 2),
        (server.set_app,), (server.get_app, 1), (server.verify_request, 1),
        (server.handle_error,), (server.serve_forever, 1, 2),
        (server.process_request,), (server.shutdown_request,)]:
    print(outcome(function, *arguments))
print(outcome(some.get, name='A', wrong=1), outcome(some.get, 'A', name='A'),
      outcome(some.setdefault, value='c', name='A'))
'''

# A fileno() that gives what C takes for one, and what it does not.
DESCRIPTORS = '''
import importlib
import sys
socketserver = importlib.import_module(sys.argv[1])

class Server(socketserver.TCPServer):
    number = 0

    def fileno(self):
        return self.number

    def get_request(self):
        print('asked')
        raise OSError

    def handle_timeout(self):
        print('no request')

with Server(('127.0.0.1', 0), None) as server:
    server.timeout = 0
    server.handle_request() # standard input is at its end
    server.number = -5
    try:
        server.handle_request()
    except ValueError as e:
        print(e)
'''

UNUSUAL = r'''
import io
import sys
import _cwsgiref
from cwsgiref import handlers, simple_server, socketserver

said = []


def outcome(function, *arguments, **keywords):
    try:
        said.append(repr(function(*arguments, **keywords)))
    except Exception as error:
        said.append(f'{type(error).__name__}: {error}')


cls = simple_server.WSGIRequestHandler
handler = cls.__new__(cls)
handler.client_address = ('127.0.0.1', 5)
sys.stderr, stderr = io.StringIO(), sys.stderr
handler.log_message('\ud800%s', 'x')
said.append(ascii(sys.stderr.getvalue()[-4:]))
sys.stderr = stderr
outcome(handler.send_response_only, 10 ** 9)
outcome(handler.send_response_only, -2)
handler.command, handler.path, handler.request_version = 'GET', '/', 'HTTP/1.0'
handler.server = socketserver.TCPServer(('127.0.0.1', 0), None, False)
outcome(handler.get_environ)
handler.server.server_close()
server = simple_server.WSGIServer(('127.0.0.1', 0), None, False)
handler.server = server
outcome(handler.get_environ)
outcome(server.setup_environ)
server.server_name = 'name'
outcome(server.setup_environ)
handler.request = 5
outcome(handler.setup)
outcome(handlers.BaseHandler, more=1)
server.server_close()
outcome(setattr, handlers.BaseHandler(), 'error_body', b'a\0b')
outcome(lambda: _cwsgiref._formatparam.__qualname__)


class Back(simple_server.WSGIServer):
    def __del__(self):
        again.append(self)


again = []
Back(('127.0.0.1', 0), None, False)
said.append(len(again) == 1 and type(again[0].socket).__name__)
again[0].server_close()


class Socket:
    """Anything with these methods."""
    options = ()

    def setsockopt(self, *option):
        self.options += option

    def makefile(self, mode, buffering):
        return io.BytesIO(b'line\n')


class Streams(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        said.append(self.rfile.readline())


request = Socket()
Streams(request, None, None)
said.append(request.options)
request.setsockopt = lambda *option: 1 / 0
outcome(Streams, request, None, None)
print(*said, sep='\n')
'''

STREAMS = '''
import socketserver
import sys
import cwsgiref.socketserver
import socket

def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as e:
        return type(e).__name__, str(e)

class Seen:
    def handle(self):
        rfile, wfile = self.rfile, self.wfile
        rfile.mine, wfile.mine = 1, 2
        for each in rfile, wfile:
            print(vars(each)['mine'], *(
                outcome(getattr(each, name), *arguments)
                for name, *arguments in (
                    ('readline', 'x'), ('readlines', 'x'),
                    ('readline', 1, 2), ('readline', 1 << 99),
                    ('readlines', 1 << 99))))
        print(outcome(rfile.read, 'x'), outcome(rfile.read, 1 << 99))

for module in cwsgiref.socketserver, socketserver:
    left, right = socket.socketpair()
    right.close()
    Handler = type('Handler', (Seen, module.StreamRequestHandler), {})
    Handler(left, None, None)
    left.close()
'''

# Each is called again and again: the number of blocks stays what it is.
LEVEL = '''
import io
import sys
from cwsgiref.handlers import SimpleHandler
from cwsgiref.headers import Headers
from cwsgiref.http.server import BaseHTTPRequestHandler, HTTPServer
from cwsgiref.util import (FileWrapper, request_uri, setup_testing_defaults,
                           shift_path_info)

class Mine(SimpleHandler):
    error_status = '500 Mine'

    def get_stdin(self):
        return super().get_stdin()

    def setup_environ(self):
        SimpleHandler.setup_environ(self)

    def log_exception(self, exc_info):
        pass

def app(environ, start_response):
    write = start_response(status='200 OK', headers=[('X-A', 'b')])
    write(b'x')
    return [b'y']

def fails(environ, start_response):
    raise ValueError('of the application')

def ignore(function, *arguments, **more):
    try:
        function(*arguments, **more)
    except Exception:
        pass

def run(application):
    environ = {}
    setup_testing_defaults(environ)
    handler = Mine(io.BytesIO(), io.BytesIO(), io.StringIO(), environ)
    handler.wsgi_run_once = True
    handler.error_body = b'mine'
    ignore(setattr, handler, 'error_body', 5)
    handler.run(application)
    return environ

headers = Headers([('A', 'b')])
handler = Mine(None, None, None, {})
server = HTTPServer(('127.0.0.1', 0), None, bind_and_activate=False)
server.socket.close()

def on_headers():
    Headers.get(headers, 'a', default=None)
    Headers.add_header(headers, 'X-C', 'd', e='f g')
    headers['X-D'] = 'e'
    headers.setdefault(name='A', value='c')
    del headers['x-c'], headers['X-D']
    ignore(Headers.get)
    ignore(Headers.get, 5, 'a')
    ignore(Headers.get, headers, 'a', 'b', 'c')
    ignore(Headers.get, headers, wrong='a')
    str(headers), bytes(headers), headers.items(), len(headers)

def on_methods():
    repr(Headers.get), Headers.get.__doc__, Headers.get.__name__
    repr(SimpleHandler.run), Headers.get == Headers.get
    ignore(lambda: Headers.get.missing)

def on_server():
    server.timeout = 5
    ignore(setattr, server, 'timeout', 'x')
    ignore(setattr, server, 'request_queue_size', 'x')
    ignore(delattr, server, 'request_queue_size')
    server.__dict__ = dict(vars(server))
    server.verify_request = lambda request, address: True
    server.verify_request(None, None)
    del server.verify_request

def on_classes():
    class Server(HTTPServer):
        request_queue_size = 3
        def server_activate(self):
            super().server_activate()
    Server(('127.0.0.1', 0), None).server_close()
    Server.timeout = 1
    del Server.timeout

class Counting(HTTPServer):
    hits = 0
    def get_request(self):
        return 'request', 'address'
    def verify_request(self, request, address):
        Counting.hits += 1
    def shutdown_request(self, request):
        pass

counting = Counting(('127.0.0.1', 0), None, bind_and_activate=False)
counting.socket.close()

def on_class_that_counts():
    counting._handle_request_noblock()

def on_class_of_headers():
    class Other(Mine):
        headers_class = type('Other', (Headers,), {})
    handler = Other(io.BytesIO(), io.BytesIO(), io.StringIO(),
                    {'SERVER_PROTOCOL': 'HTTP/1.0'})
    handler.run(app)
    handler.headers_class = Headers
    ignore(setattr, handler, 'headers_class', 5)

def on_util():
    environ = run(app)
    environ['PATH_INFO'] = '/a/b'
    request_uri(environ), shift_path_info(environ)
    list(FileWrapper(io.BytesIO(b'abc'), blksize=2))

import gc

def blocks():
    gc.collect()
    return sys.getallocatedblocks()

for function in (on_headers, on_methods, on_server, on_classes,
                 on_class_that_counts, on_class_of_headers, on_util,
                 lambda: run(app), lambda: run(fails)):
    for rounds in 20, 100, 200, 500, 1000:  # caches are full at some time
        before = blocks()
        for _ in range(rounds):
            function()
        grown = blocks() - before
        if grown < rounds * 0.9:
            break
    else:
        print(function.__name__, 'leaves', grown, 'blocks in', rounds)
'''

# A __del__() that a class gets later may keep the instance.
KEPT = '''
import importlib
import sys
headers = importlib.import_module(sys.argv[1] + '.headers')
kept = []
headers.Headers.__del__ = lambda self: kept.append(self)
made = headers.Headers([('A', 'b')])
made.mine = 5
del made
print(kept, kept[0].mine, kept[0]['a'])
print(kept.pop().keys(), kept) # it is called once
del headers.Headers.__del__
headers.Headers()
print(kept)
'''

# What Python code has done to a class is seen when C next asks it: that fails,
# and later all is well.
CLASSES = r'''
import io
import socket
from cwsgiref.handlers import SimpleHandler
from cwsgiref.headers import Headers
from cwsgiref.simple_server import WSGIRequestHandler
from cwsgiref.socketserver import StreamRequestHandler, TCPServer

class Raising:
    def __get__(self, instance, owner):
        raise KeyError('raising')

def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return f'{type(error).__name__}: {error}'

def app(environ, start_response):
    start_response('200 OK', [])
    return [b'answered']

def run():
    out = io.BytesIO()
    SimpleHandler(io.BytesIO(), out, io.StringIO(),
                  {'SERVER_PROTOCOL': 'HTTP/1.0'}).run(app)
    return out.getvalue().splitlines()[-1]

setdefault = Headers.__dict__['setdefault']
Headers.setdefault = Raising()
print(attempt(run))
Headers.setdefault = setdefault
print(attempt(run))

class Handler(StreamRequestHandler):
    def handle(self):
        self.line = self.rfile.readline()

class Changing:
    """It is asked before setup() is called."""
    def __init__(self, sock):
        self.sock = sock
    def fileno(self):
        Handler.rbufsize = rbufsize
        return self.sock.fileno()
    def __getattr__(self, name):
        return getattr(self.sock, name)

left, right = socket.socketpair()
right.sendall(b'line\n')
rbufsize = 'x'
print(attempt(Handler, Changing(left), None, None))
Handler.rbufsize = rbufsize = -1
print(Handler(Changing(left), None, None).line)

class Unbuffered(StreamRequestHandler):
    rbufsize = 0

    def handle(self):
        hash_of_sockets = socket.socket.__hash__
        socket.socket.__hash__ = None
        print("unhashable type: 'socket'" in attempt(self.setup))
        socket.socket.__hash__ = hash_of_sockets
        print(attempt(self.setup), self.rfile.readline())

with TCPServer(('127.0.0.1', 0), Unbuffered) as server:
    with socket.create_connection(server.server_address) as client:
        client.sendall(b'another line\n')
        server.handle_request()
'''


class Instances(unittest.TestCase):

    def printed(self, text, *arguments):
        done = python('-W', 'ignore::ResourceWarning', '-c', text, *arguments,
                      stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_handlers_have_what_pythons_have(self):
        ours, theirs = (ast.literal_eval(self.printed(FLAGS, module)[0])
                        for module in ('cwsgiref', 'wsgiref'))
        self.assertEqual(ours, theirs)

    def test_attributes_and_calls_are_as_pythons(self):
        ours, theirs = (self.printed(ATTRIBUTES, module)
                        for module in ('cwsgiref', 'wsgiref'))
        self.assertEqual(ours, theirs)

    def test_descriptors_are_as_pythons(self):
        ours, theirs = (self.printed(DESCRIPTORS, module) for module in (
            'cwsgiref.socketserver', 'socketserver'))
        self.assertEqual(ours, theirs)

    def test_a_value_that_c_can_not_have_is_refused(self):
        self.assertEqual(self.printed(REFUSED), [
            'error_status: TypeError: a str is needed, not int',
            'error_body: TypeError: bytes is needed, not str',
            'traceback_limit: TypeError: an int is needed, not str',
            'http_version: TypeError: a str is needed, not NoneType',
            "error_headers: TypeError: 'int' object is not iterable",
            'os_environ: TypeError: os_environ must be a dict',
            'request_queue_size: TypeError: an int is needed, not str',
            'socket_type: TypeError: an int is needed, not NoneType',
            'timeout: TypeError: must be real number, not str',
            'address_family: OverflowError: an int of C is needed',
            'listen: 7', 'HTTP/1.0 404 Gone away'])

    def test_an_instance_that_its_end_keeps(self):
        ours, theirs = (self.printed(KEPT, module)
                        for module in ('cwsgiref', 'wsgiref'))
        self.assertEqual(ours, theirs)

    def test_a_class_that_c_can_not_have_is_refused(self):
        self.assertEqual(self.printed(CLASSES), [
            "KeyError: 'raising'", "b'answered'",
            'TypeError: an int is needed, not str', "b'line\\n'",
            'True',
            "None b'another line\\n'"])

    def test_what_nobody_does_is_answered(self):
        self.assertEqual(self.printed(UNUSUAL), [
            r"' \ud800x\n'",
            'OverflowError: a status code is needed',
            'OverflowError: a status code is needed',
            'TypeError: the server must be a WSGIServer of cwsgiref, not a '
            'cwsgiref.socketserver.TCPServer',
            "AttributeError: 'WSGIServer' object has no attribute "
            "'base_environ'",
            "AttributeError: 'WSGIServer' object has no attribute "
            "'server_name'",
            "AttributeError: 'WSGIServer' object has no attribute "
            "'server_port'",
            "AttributeError: 'int' object has no attribute 'makefile'",
            'TypeError: BaseHandler() takes no arguments',
            'ValueError: embedded null byte',
            "'_formatparam'", 'socket', r"b'line\n'", '(6, 1, True)',
            'ZeroDivisionError: division by zero'])

    def test_streams_are_as_pythons(self):
        lines = self.printed(STREAMS)
        self.assertEqual(lines[:3], lines[3:])

    def test_no_call_leaves_anything(self):
        self.assertEqual(self.printed(LEVEL), [])


if __name__ == '__main__':
    unittest.main()
