"""A server: WSGIServer with two methods of its own.

    script/python examples/python/server.py [PORT [CLIENT ...]]

It answers only these clients, 127.0.0.1 by default, and says so when it closes
the connection of another one.
"""

import sys

from cwsgiref.simple_server import WSGIServer, WSGIRequestHandler, demo_app


class Server(WSGIServer):
    request_queue_size = 20
    clients = sys.argv[2:] or ['127.0.0.1']

    def server_activate(self):
        super().server_activate()
        print('Serving on port', self.server_port, '...', flush=True)

    def verify_request(self, request, client_address):
        if client_address[0] in self.clients:
            return True
        print('Not for', client_address[0], file=sys.stderr)
        return False


if __name__ == '__main__':
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with Server(('127.0.0.1', port), WSGIRequestHandler) as server:
        server.set_app(demo_app)
        server.serve_forever()
