"""A subclass in C, used from Python: NumberingHandler of numbering.c.

    script/python examples/python/c_subclass.py [PORT]

The line of the log has a number, which C writes, and no address, which Python
leaves out: a class of Python, over one of C, over one of C.
"""

import sys

from cwsgiref.simple_server import demo_app, make_server
from numbering import NumberingHandler


class Handler(NumberingHandler):
    def address_string(self):
        return 'somebody'


if __name__ == '__main__':
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server('127.0.0.1', port, demo_app,
                     handler_class=Handler) as server:
        print('Serving on port', server.server_port, '...', flush=True)
        server.serve_forever()
