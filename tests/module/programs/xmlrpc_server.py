"""xmlrpc.server over our socketserver and http.server."""

from socketserver import ThreadingMixIn
from xmlrpc.server import SimpleXMLRPCServer

import watched


class Server(ThreadingMixIn, SimpleXMLRPCServer):
    pass


with Server(('127.0.0.1', 0), logRequests=False) as server:
    server.register_function(watched.classes)
    server.register_function(pow)
    server.serve_forever()
