"""Requests to subclasses in Python leave no reference behind: 10,000 of them
with CWSGIREF_LONG_TESTS. A debug build of CPython counts all references; else
those to the modules' classes, and to what these have, are counted."""

import os
import unittest

from .module import python

LONG = bool(os.environ.get('CWSGIREF_LONG_TESTS'))
REQUESTS = 10_000 if LONG else 1_000
LEAST = 50  # more is a leak

SERVED = '''
import gc
import socket
import sys
from cwsgiref.handlers import SimpleHandler
from cwsgiref.headers import Headers
from cwsgiref.simple_server import (
    ServerHandler, WSGIRequestHandler, WSGIServer, make_server)


class Server(WSGIServer):
    def get_request(self):
        return super().get_request()

    def finish_request(self, request, client_address):
        super().finish_request(request, client_address)


class Handler(WSGIRequestHandler):
    timeout = 60

    def get_environ(self):
        return {**super().get_environ(), 'of': self.headers['Host']}

    def address_string(self):
        return 'somebody'

    def log_message(self, format, *args):
        format % args


class Other(WSGIRequestHandler):
    def __init__(self, *args):
        self.remark = {}
        super().__init__(*args)

    def handle(self):
        self.raw_requestline = self.rfile.readline(65537)
        if self.parse_request():
            Mine(self.rfile, self.wfile, self.get_stderr(),
                 self.get_environ()).run(self.server.get_app())

    def log_request(self, code='-', size='-'):
        pass


class Mine(SimpleHandler):
    http_version = '1.1'

    def cleanup_headers(self):
        super().cleanup_headers()
        self.headers.add_header('X-Mine', 'yes', q='1')


def application(environ, start_response):
    headers = Headers([('Content-Type', 'text/plain')])
    headers['X-Of'] = 'app'
    if environ['PATH_INFO'] == '/error':
        raise KeyError('wanted')
    start_response('200 OK', headers.items())
    yield b'hello'


def request(server, path):
    with socket.create_connection(server.server_address) as client:
        client.sendall(b'GET ' + path + b' HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n')
        server.handle_request()
        answer = b''
        while data := client.recv(65536):
            answer += data
    assert b'hello' in answer or path == b'/error', answer


def references():
    if hasattr(sys, 'gettotalrefcount'):
        return sys.gettotalrefcount()
    total = 0
    for name, module in sorted(sys.modules.items()):
        if name.partition('.')[0] in ('cwsgiref', '_cwsgiref'):
            for one in list(vars(module).values()):
                if callable(one):
                    total += sys.getrefcount(one)
                if isinstance(one, type):
                    total += sum(sys.getrefcount(each)
                                 for each in vars(one).values()
                                 if type(each).__module__ == 'builtins'
                                 and hasattr(each, '__name__'))
    return total


class Nowhere:
    def write(self, text):
        pass
    flush = lambda self: None


sys.stderr, stderr = Nowhere(), sys.stderr
levels = []
with make_server('127.0.0.1', 0, application, Server, Handler) as server:
    for i in range(5):
        for j in range(COUNT // 4 if i else 200):
            server.RequestHandlerClass = (Handler, Other,
                                          WSGIRequestHandler)[j % 3]
            request(server, b'/error' if j % 5 == 0 else b'/')
        gc.collect()
        levels.append(references())
print(max(levels) - min(levels), levels)
'''


class Level(unittest.TestCase):

    def test_of_requests(self):
        done = python('-c', SERVED.replace('COUNT', str(REQUESTS)))
        self.assertEqual(done.returncode, 0, done.stderr)
        difference = int(done.stdout.split()[0])
        self.assertLess(difference, LEAST, done.stdout)


if __name__ == '__main__':
    unittest.main()
