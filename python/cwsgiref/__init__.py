"""Python's wsgiref, socketserver and http.server, class for class in C.

The modules have the names that they have in Python:

    from cwsgiref.simple_server import make_server

install() puts them in the place of Python's own.
"""

import importlib
import sys

import _cwsgiref

_MODULES = {
    'cwsgiref.socketserver': 'socketserver',
    'cwsgiref.http.server': 'http.server',
    'cwsgiref.headers': 'wsgiref.headers',
    'cwsgiref.util': 'wsgiref.util',
    'cwsgiref.handlers': 'wsgiref.handlers',
    'cwsgiref.validate': 'wsgiref.validate',
    'cwsgiref.simple_server': 'wsgiref.simple_server',
}


def install():
    """Put these modules in the place of Python's. Call it before anything
    imports those."""
    _cwsgiref._ask_release()
    for ours, theirs in _MODULES.items():
        package, _, name = theirs.rpartition('.')
        module = importlib.import_module(ours)
        sys.modules[theirs] = module
        if package:
            setattr(importlib.import_module(package), name, module)
        for value in vars(module).values():
            if getattr(value, '__module__', None) != ours:
                continue
            if value in _cwsgiref.TYPES:
                _cwsgiref._set_module(value, theirs)
            else:
                value.__module__ = theirs
