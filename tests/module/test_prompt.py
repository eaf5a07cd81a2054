"""What one types at the prompt."""

import unittest

from .module import python

SERVE = '''
import threading
import urllib.request
from cwsgiref.simple_server import make_server, WSGIRequestHandler

class Handler(WSGIRequestHandler):
    def address_string(self):
        return 'somebody'

    def log_date_time_string(self):
        return 'now'

def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [environ['PATH_INFO'].encode()]

with make_server('127.0.0.1', 0, app, handler_class=Handler) as server:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f'http://127.0.0.1:{server.server_port}/x'
    print(urllib.request.urlopen(url).read().decode())
    server.shutdown()
    thread.join()
'''

# The request comes after the handler has looked for it once.
TIMEOUT = '''
import socket
import threading
from cwsgiref.simple_server import make_server, WSGIRequestHandler, demo_app

ready = threading.Event()

class Handler(WSGIRequestHandler):
    timeout = 60

    def setup(self):
        super().setup()
        print(self.request.gettimeout(), self.connection.gettimeout())
        ready.set()

with make_server('127.0.0.1', 0, demo_app, handler_class=Handler) as server:
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with socket.create_connection(server.server_address) as client:
        ready.wait()
        client.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
        print(client.recv(15))
    thread.join()
'''

# A signal that comes while a connection is closed whose socket Python has: what
# Python code could run there would get a KeyboardInterrupt.
INTERRUPT = '''
import sys
import socket
from cwsgiref.socketserver import BaseRequestHandler, TCPServer

class Handler(BaseRequestHandler):
    def handle(self):
        print(self.request.fileno() >= 0)
        sys.setprofile(profile)

def profile(frame, event, argument):
    if event == 'call':
        raise KeyboardInterrupt

with TCPServer(('127.0.0.1', 0), Handler) as server:
    with socket.create_connection(server.server_address) as client:
        server.handle_request()
        sys.setprofile(None)
        print(client.recv(1))
'''

REPLACED = '''
import cwsgiref
cwsgiref.install()
import _cwsgiref
import http.server
import socketserver
import wsgiref.handlers
import wsgiref.simple_server
for cls in (http.server.HTTPServer, socketserver.StreamRequestHandler,
            wsgiref.handlers.BaseHandler, wsgiref.simple_server.WSGIServer):
    assert cls in _cwsgiref.TYPES, cls
    print(cls)
print(issubclass(wsgiref.simple_server.WSGIServer, socketserver.BaseServer))
print(issubclass(http.server.SimpleHTTPRequestHandler,
                 http.server.BaseHTTPRequestHandler))
'''

ATTRIBUTES = '''
from cwsgiref.handlers import BaseHandler, CGIHandler, SimpleHandler
from cwsgiref.simple_server import WSGIRequestHandler, WSGIServer
import inspect
print(BaseHandler.http_version, CGIHandler.origin_server)
print(inspect.signature(BaseHandler.start_response))
print(inspect.signature(SimpleHandler.__init__))
print(BaseHandler.run.__qualname__, WSGIServer.set_app.__name__)
WSGIRequestHandler.server_version = 'Mine/1'
print(WSGIRequestHandler.server_version)
handler = BaseHandler()
handler.anything = 1
print(vars(handler), handler.status, handler.headers_sent)
try:
    BaseHandler(1)
except TypeError as error:
    print(error)
try:
    WSGIServer.set_app(handler, None)
except TypeError as error:
    print(error)
'''


class Prompt(unittest.TestCase):

    def typed(self, text):
        done = python('-c', text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_a_server_and_an_override(self):
        done = self.typed(SERVE)
        self.assertEqual(done.stdout, '/x\n')
        self.assertEqual(done.stderr,
                         'somebody - - [now] "GET /x HTTP/1.1" 200 2\n')

    def test_a_timeout_of_a_class(self):
        self.assertEqual(self.typed(TIMEOUT).stdout,
                         "60.0 60.0\nb'HTTP/1.0 200 OK'\n")

    def test_a_signal_while_a_connection_is_closed(self):
        done = self.typed(INTERRUPT)
        self.assertEqual(done.stdout, "True\nb''\n")
        self.assertEqual(done.stderr, '')

    def test_in_the_place_of_the_original(self):
        self.assertEqual(self.typed(REPLACED).stdout, '''\
<class 'http.server.HTTPServer'>
<class 'socketserver.StreamRequestHandler'>
<class 'wsgiref.handlers.BaseHandler'>
<class 'wsgiref.simple_server.WSGIServer'>
True
True
''')

    def test_attributes(self):
        self.assertEqual(self.typed(ATTRIBUTES).stdout, '''\
1.0 False
(self, status, headers, exc_info=None)
(self, stdin, stdout, stderr, environ, multithread=True, multiprocess=False)
BaseHandler.run set_app
Mine/1
{'anything': 1} None False
BaseHandler() takes no arguments
WSGIServer.set_app() needs an instance of that class, not a \
cwsgiref.handlers.BaseHandler
''')


if __name__ == '__main__':
    unittest.main()
