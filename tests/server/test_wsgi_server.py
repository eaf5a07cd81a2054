"""The environ of Python's server."""

import warnings
from wsgiref.simple_server import WSGIServer

from rows import Rows

rows = Rows()
hosts = [
    ('the address of this machine', '127.0.0.1'),
    ('no host: every address', ''),
    ('another address of this machine', '127.0.0.2'),
]


def compare_environ(words, host, port, environ):
    """With the port of ours."""
    with WSGIServer((host, 0), None) as server:
        server.server_port = port
        server.setup_environ()
        rows.compare(words, list(environ.items()),
                     list(server.base_environ.items()))


def ignore_open_sockets():
    warnings.simplefilter('ignore', ResourceWarning)


def grows(environ, number):
    """Whether so many new keys make a dict larger."""
    before = environ.__sizeof__()
    environ.update((str(i), i) for i in range(number))
    return environ.__sizeof__() > before
