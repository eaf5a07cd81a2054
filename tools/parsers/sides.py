"""The two sides: Python's modules, and ours under the same names."""

import contextlib
import importlib
import io
import sys
import types

MODULES = {
    'util': 'wsgiref.util', 'headers': 'wsgiref.headers',
    'handlers': 'wsgiref.handlers', 'validate': 'wsgiref.validate',
    'simple_server': 'wsgiref.simple_server', 'server': 'http.server',
}


def python():
    return types.SimpleNamespace(
        name='Python', **{name: importlib.import_module(module)
                          for name, module in MODULES.items()})


def ours():
    return types.SimpleNamespace(
        name='C', **{
            name: importlib.import_module(
                'cwsgiref.' + module.removeprefix('wsgiref.'))
            for name, module in MODULES.items()})


def outcome(function, *arguments):
    """What it gives, or raises, and what it writes to sys.stderr."""
    log = io.StringIO()
    with contextlib.redirect_stderr(log):
        try:
            result = function(*arguments)
        except Exception as error:
            result = type(error).__name__, str(error)
    return result, log.getvalue()


def request_handler(side, rfile=b''):
    """A request handler that no request has made."""
    cls = side.simple_server.WSGIRequestHandler
    handler = cls.__new__(cls)
    handler.client_address = '192.0.2.1', 5
    handler.rfile = io.BytesIO(rfile)
    handler.wfile = io.BytesIO()
    handler.date_time_string = lambda *args: 'now'
    handler.log_date_time_string = lambda: 'now'
    return handler


def environ_handler(side):
    """A handler that writes to io.BytesIO()."""
    return side.handlers.SimpleHandler(
        io.BytesIO(), io.BytesIO(), sys.stderr, {})
