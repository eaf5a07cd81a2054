"""Sockets that Python and C share, and requests on one connection."""

import unittest

from .module import python

SERVED = '''
import http.client
import threading
from cwsgiref.http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 300

    def do_POST(self):
        size = int(self.headers['Content-Length'])
        body = self.rfile.read(size)
        # the descriptor does not block: C has to wait, not Python's socket
        answer = f'{self.connection.gettimeout()} {body!r}'.encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass

class Server(HTTPServer):
    def get_request(self):
        return super().get_request() # Python has a view of the connection

with Server(('127.0.0.1', 0), Handler) as server:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    connection = http.client.HTTPConnection(*server.server_address)
    for body in (b'12345', b'1', b'123'):
        connection.request('POST', '/', body)
        print(connection.getresponse().read().decode())
    connection.close()
    server.shutdown()
    thread.join()
'''

LISTENS = '''
import socket
from cwsgiref.socketserver import TCPServer

class Server(TCPServer):
    def handle_timeout(self):
        print('no request')

with Server(('127.0.0.1', 0), None) as server:
    server.socket.settimeout(0.01)
    server.handle_request()
    server.socket.settimeout(None)
    server.timeout = 0.01
    server.handle_request()
    # another socket than the one that it has made
    with socket.create_server(('127.0.0.1', 0)) as other:
        server.socket = other
        server.timeout = None
        other.settimeout(0.02)
        server.handle_request()
'''

# Without a timeout, of the class or of the instance, nothing but a signal ends
# the wait.
ENDLESS = '''
import signal
from cwsgiref.socketserver import TCPServer

class Interrupted(Exception):
    pass

class Server(TCPServer):
    timeout = None

    def handle_timeout(self):
        print('no request')

def interrupt(number, frame):
    raise Interrupted

def wait(server):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        server.handle_request()
    except Interrupted:
        print('interrupted')

signal.signal(signal.SIGALRM, interrupt)
with Server(('127.0.0.1', 0), None) as server:
    wait(server)
    server.timeout = 0
    server.handle_request()
    server.timeout = None
    wait(server)
'''

SENT = '''
import socket
import threading
from cwsgiref.socketserver import DatagramRequestHandler, UDPServer

class Handler(DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())

with UDPServer(('127.0.0.1', 0), Handler, False) as server:
    server.socket = socket.socket(type=socket.SOCK_DGRAM)
    server.server_bind()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b'hello', server.server_address)
        server.handle_request()
        print(client.recv(100))
'''

DATAGRAM = '''
import socket
from cwsgiref.socketserver import BaseServer, UDPServer

with UDPServer(('127.0.0.1', 0), None) as server:
    server.socket.settimeout(0)
    try:
        server.get_request()
    except BlockingIOError:
        print('nothing is there')

class Own(BaseServer):
    def __init__(self, address):
        self.socket = socket.socket()
        super().__init__(address, None)

server = Own('nowhere')
print(server.socket.fileno() > 0)
server.socket.close()
'''

UNBUFFERED = '''
import http.client
import os
import threading
from cwsgiref.http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    rbufsize = 0
    timeout = None

    def do_POST(self):
        # all of the body is still in the descriptor
        body = os.read(self.rfile.fileno(), 100)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f'{self.connection.gettimeout()} '.encode())
        self.wfile.write(body.upper())

    def log_message(self, *args):
        pass

with HTTPServer(('127.0.0.1', 0), Handler) as server:
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    connection = http.client.HTTPConnection(*server.server_address)
    connection.request('POST', '/', b'hello')
    print(connection.getresponse().read())
    connection.close()
    thread.join()
'''

# The descriptor is gone when the server closes it.
CLOSED = '''
import os
import traceback
from MODULE import TCPServer

try:
    with TCPServer(('127.0.0.1', 0), None) as server:
        os.close(server.fileno())
except OSError as error:
    print(error, [frame.name for frame in traceback.extract_tb(
        error.__traceback__)])
'''

# What is done with a connection, and whether the client then sees its end.
LEFT = '''
import gc
import socket
import sys
from cwsgiref.socketserver import BaseRequestHandler, TCPServer

kept = []

class Handler(BaseRequestHandler):
    def handle(self):
        if raises:
            self.request.getpeername()
            raise ValueError
        kept.append(self.request)

class Raises(TCPServer):
    def handle_error(self, request, client_address):
        raise KeyError('not handled')

class Closes(TCPServer):
    def shutdown_request(self, request):
        request.close()

class Keeps(TCPServer):
    def process_request(self, request, client_address):
        kept.append(request)

def ended(client):
    gc.collect()
    try:
        return client.recv(1) == b''
    except BlockingIOError:
        return False

for cls, raises in ((Raises, True), (Closes, False), (Keeps, False)):
    with cls(('127.0.0.1', 0), Handler) as server:
        with socket.create_connection(server.server_address) as client:
            client.setblocking(False)
            try:
                server.handle_request()
            except KeyError:
                sys.exc_info()
            said = [ended(client)]
            if cls is Keeps:
                kept[0].sendall(b'kept')
                said.append(client.recv(4))
            kept.clear()
            print(*said, ended(client))
'''


# An object in place of a socket: each module calls the same methods of it.
OBJECTS = '''
import importlib
import socket
import sys
socketserver = importlib.import_module(sys.argv[1])

class Object:
    family, type, proto = 2, 1, 6

    def __init__(self, name, answers):
        self.name, self.answers = name, answers

    def __getattr__(self, name):
        if name.startswith('__') or name not in self.answers:
            raise AttributeError(name)
        def method(*arguments):
            print(self.name, name, *arguments)
            return self.answers[name]
        return method

    # these two C asks of the descriptor
    def fileno(self):
        return real.fileno()

    def getsockname(self):
        return real.getsockname()

class Datagrams(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())

class Lines(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b'hello')

peer = ('127.0.0.1', 5)
real = socket.socket()
udp = Object('udp', {'bind': None, 'sendto': 3,
                     'recvfrom': (b'abc', peer), 'close': None})
with socketserver.UDPServer(peer, Datagrams, False) as server:
    server.socket.close()
    server.socket = udp
    server.server_bind()
    server.server_activate()
    server._handle_request_noblock()
connection = Object('connection', {'sendall': None, 'shutdown': None,
                                   'close': None})
tcp = Object('tcp', {'bind': None, 'listen': None,
                     'accept': (connection, peer), 'close': None})
with socketserver.TCPServer(peer, Lines, False) as server:
    server.socket.close()
    server.socket = tcp
    server.server_bind()
    server.server_activate()
    server._handle_request_noblock()
'''

# One of C's, which Python code does not get, but the collector tells.
FOUND = '''
import gc
import socket
from cwsgiref.socketserver import BaseRequestHandler, TCPServer

class Handler(BaseRequestHandler):
    def handle(self):
        print(self.request.recv(10))

with TCPServer(('127.0.0.1', 0), Handler) as server:
    found, = [each for each in gc.get_referents(server)
              if type(each).__name__ == 'socket']
    fd = server.fileno()
    server.socket = found
    print(server.fileno() == fd, server.socket.getsockname()
          == server.server_address)
    with socket.create_connection(server.server_address) as client:
        client.sendall(b'hello')
        server.handle_request()
'''


class Sockets(unittest.TestCase):

    def printed(self, text, *arguments):
        done = python('-W', 'ignore::ResourceWarning', '-c', text, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_requests_of_one_connection(self):
        self.assertEqual(self.printed(SERVED),
                         ["300.0 b'12345'", "300.0 b'1'", "300.0 b'123'"])

    def test_a_timeout_that_python_code_sets(self):
        self.assertEqual(self.printed(LISTENS), ['no request'] * 3)

    def test_a_socket_of_datagrams(self):
        self.assertEqual(self.printed(DATAGRAM), ['nothing is there', 'True'])

    def test_no_timeout_that_python_code_sets(self):
        self.assertEqual(self.printed(ENDLESS),
                         ['interrupted', 'no request', 'interrupted'])

    def test_a_stream_that_reads_nothing_ahead(self):
        self.assertEqual(self.printed(UNBUFFERED), ["b'None HELLO'"])

    def test_a_socket_of_python(self):
        self.assertEqual(self.printed(SENT), ["b'HELLO'"])

    def test_a_socket_that_the_collector_tells(self):
        self.assertEqual(self.printed(FOUND), ['True True', "b'hello'"])

    def test_a_connection_that_nobody_needs_any_more(self):
        expected = ['True True', 'True True', "False b'kept' True"]
        self.assertEqual(self.printed(LEFT), expected)
        self.assertEqual(self.printed(LEFT.replace('cwsgiref.', '')),
                         expected)

    def test_an_object_that_is_no_socket(self):
        ours, theirs = (self.printed(OBJECTS, module) for module in (
            'cwsgiref.socketserver', 'socketserver'))
        self.assertEqual(ours, theirs)
        self.assertIn('udp recvfrom 8192', ours)

    def test_an_error_at_the_end_of_with(self):
        """Its frames."""
        ours, pythons = (
            python('-c', CLOSED.replace('MODULE', module)).stdout
            for module in ('cwsgiref.socketserver', 'socketserver'))
        self.assertIn("'__exit__', 'server_close', 'close'", ours)
        self.assertEqual(ours, pythons)


if __name__ == '__main__':
    unittest.main()
