"""A program that imports wsgiref. It serves at the port that its command line
names, or else ends at once."""

import sys
from wsgiref.simple_server import WSGIServer, demo_app, make_server


class Server(WSGIServer):
    def verify_request(self, request, client_address):
        return True


for word in sys.argv[1:]:
    make_server('127.0.0.1', int(word), demo_app, Server).serve_forever()
