"""A request handler: WSGIRequestHandler with a log of its own.

    script/python examples/python/request_handler.py [PORT]

Each line of the log has a number, and the visitors have no addresses.
"""

import itertools
import sys

from cwsgiref.simple_server import WSGIRequestHandler, make_server


class Handler(WSGIRequestHandler):
    timeout = 60
    numbers = itertools.count(1)

    def address_string(self):
        return 'somebody'

    def log_date_time_string(self):
        return f'#{next(self.numbers)} {super().log_date_time_string()}'


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'Hello, world!\n']


if __name__ == '__main__':
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server('127.0.0.1', port, application,
                     handler_class=Handler) as server:
        print('Serving on port', server.server_port, '...', flush=True)
        server.serve_forever()
