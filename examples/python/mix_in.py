"""A mix-in of one's own, over one of Python's, over a server in C.

    script/python examples/python/mix_in.py [PORT]

When a request begins and when it ends, it says how many run; each has a
thread.
"""

import sys
import threading

from cwsgiref.simple_server import WSGIServer, make_server
from cwsgiref.socketserver import ThreadingMixIn


class CountingMixIn:
    lock = threading.Lock()
    running = 0

    def count(self, change):
        with self.lock:
            self.running += change
            print(self.running, 'running', file=sys.stderr, flush=True)

    def finish_request(self, request, client_address):
        self.count(1)
        try:
            super().finish_request(request, client_address)
        finally:
            self.count(-1)


class Server(CountingMixIn, ThreadingMixIn, WSGIServer):
    daemon_threads = True


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'] or 0))]


if __name__ == '__main__':
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server('127.0.0.1', port, application, Server) as server:
        print('Serving on port', server.server_port, '...', flush=True)
        server.serve_forever()
