"""A server for one WSGI application: wsgiref.simple_server in C."""

import sys
import warnings

from _cwsgiref import (
    ServerHandler, WSGIRequestHandler, WSGIServer, demo_app, server_version,
    software_version, sys_version)
from cwsgiref.handlers import SimpleHandler
from cwsgiref.http.server import BaseHTTPRequestHandler, HTTPServer

__all__ = ['WSGIServer', 'WSGIRequestHandler', 'demo_app', 'make_server']


def make_server(host, port, app, server_class=WSGIServer,
                handler_class=WSGIRequestHandler):
    """A server that listens at that address and serves the application."""
    server = server_class((host, port), handler_class)
    server.set_app(app)
    return server


if sys.version_info < (3, 15):
    __version__ = '0.2'
else:
    def __getattr__(name):
        if name == '__version__':
            warnings._deprecated('__version__', remove=(3, 20))
            return '0.2'
        raise AttributeError(
            f'module {__name__!r} has no attribute {name!r}')


def handle(self):
    """WSGIRequestHandler.handle(), when ServerHandler is not as C has it: it is
    another class, or something was set on it."""
    self.raw_requestline = self.rfile.readline(65537)
    if len(self.raw_requestline) > 65536:
        self.requestline = self.request_version = self.command = ''
        self.send_error(414)
    elif self.parse_request():
        handler = ServerHandler(
            self.rfile, self.wfile, self.get_stderr(), self.get_environ(),
            multithread=False)
        handler.request_handler = self
        handler.run(self.server.get_app())


_handle = handle  # C calls it so; tracebacks have Python's name
del handle
