"""Python's wsgiref.simple_server, started the way cwsgiref is.

    python3 reference.py [--threads | --fork] [--validate]
                         [--timeout SECONDS] MODULE:CALLABLE
"""

import argparse
import os
import socketserver
import sys
from wsgiref import simple_server
from wsgiref.validate import validator

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, ROOT)

from tools.application import find_application  # noqa: E402
from tools.compare import entered  # noqa: E402


class ThreadingWSGIServer(socketserver.ThreadingMixIn,
                          simple_server.WSGIServer):
    pass


class ForkingWSGIServer(socketserver.ForkingMixIn, simple_server.WSGIServer):
    pass


def main():
    parser = argparse.ArgumentParser()
    parser.set_defaults(server_class=simple_server.WSGIServer)
    parser.add_argument('--threads', dest='server_class',
                        action='store_const', const=ThreadingWSGIServer)
    parser.add_argument('--fork', dest='server_class',
                        action='store_const', const=ForkingWSGIServer)
    parser.add_argument('--validate', action='store_true')
    parser.add_argument('--timeout', type=float)
    parser.add_argument('application', metavar='MODULE:CALLABLE')
    arguments = parser.parse_args()
    entered.start()

    if arguments.timeout is not None:
        simple_server.WSGIRequestHandler.timeout = arguments.timeout
    application = find_application(arguments.application)
    if arguments.validate:
        application = validator(application)
    server = simple_server.make_server('127.0.0.1', 0, application,
                                       arguments.server_class)
    port = server.server_port
    print(f'Serving HTTP on 127.0.0.1 port {port} '
          f'(http://127.0.0.1:{port}/) ...', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
