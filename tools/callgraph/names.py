"""The rule of names: what a Python function is called in C."""

import ast
import importlib
import inspect
import re

MODULES = ['wsgiref.simple_server', 'wsgiref.handlers', 'wsgiref.headers',
           'wsgiref.util', 'wsgiref.validate', 'wsgiref.types',
           'socketserver', 'http.server']

# What a tree to look at shows beside the mirrored functions.
STREAMS = {'Socket': 'bind getsockname listen accept makefile sendall '
                     'sendfile shutdown close',
           'BufferedReader': 'read readline', 'BufferedWriter': 'write flush',
           'Buffered': 'close', 'IOBase': 'close',
           'SocketWriter': 'write flush'}
# The bytes leave here.
SENDING = {'Socket_send', 'Socket_sendall', 'Socket_sendfile'}
# And these, which Python has not, decide when, and how.
DECIDING = {'ServerHandler_send_headers', 'ServerHandler_finish_content',
            'ServerHandler_sendfile'}
SHOWN = {'application', 'parse_headers'} | DECIDING | {
    f'{cls}_{method}' for cls, methods in STREAMS.items()
    for method in methods.split()} | SENDING

# These call a method that Python code has instead of one of ours.
OVERRIDES = {'call_override', 'call_override_with'}

# What modules have for `python -m` and for names of old, and no server calls:
# a function of C that has such a name is another one.
APART = {'test', '_main', '_make_server', '_get_best_family', '__getattr__'}

# What matters for a call and is no argument of it: fields of self, by C name.
FIELDS = {
    'BaseHTTPRequestHandler_parse_request': ['raw_requestline'],
    'WSGIRequestHandler_get_environ': ['command', 'path'],
    'BaseHandler_send_preamble': ['http_version', 'status'],
    'BaseHandler_close': ['bytes_sent'],
    'call_application': ['environ'],
}


def c_name(name):
    """Class.method is Class_method, __x__ is x, and a class or a function
    loses its leading underscore. A function inside another has its own name.
    """
    name = name.rpartition('.<locals>.')[2]
    parts = [re.sub(r'^__(\w+)__$', r'\1', part) for part in name.split('.')]
    parts[0] = parts[0].lstrip('_')
    return '_'.join(parts)


def is_since(since, version):
    """Whether a release, (3, 13, 5), has what is there "since 3.13.15, 3.14.7":
    since that one of its own branch, or else since the last one."""
    releases = [tuple(map(int, each.split('.'))) for each in since.split(', ')]
    of_branch = [each for each in releases if each[:2] == version[:2]]
    return version >= (of_branch or releases)[-1]


def definitions(body, prefix=''):
    """(kind, qualified name) of what a module or class body defines."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield 'class', prefix + node.name
            yield from definitions(node.body, prefix + node.name + '.')
        elif isinstance(node, ast.FunctionDef):
            yield ('method' if prefix else 'function'), prefix + node.name
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name in ast.walk(target):
                    if (isinstance(name, ast.Name)
                            and isinstance(name.ctx, ast.Store)):
                        yield 'attribute', prefix + name.id
        elif isinstance(node, (ast.If, ast.Try)):
            if not (isinstance(node, ast.If)
                    and '__name__' in ast.dump(node.test)):
                yield from definitions(node.body, prefix)


def module_tree(module):
    return ast.parse(inspect.getsource(importlib.import_module(module)))


def module_definitions(module):
    """The definitions of a module, by its name."""
    return definitions(module_tree(module).body)


def inner_functions(tree):
    """The names of the functions inside functions."""
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef):
            for inner in ast.walk(outer):
                if isinstance(inner, ast.FunctionDef) and inner is not outer:
                    yield inner.name


def mirrored():
    """The C names of all functions and methods, and those of the classes."""
    functions, classes = set(), set()
    for module in MODULES:
        for kind, name in module_definitions(module):
            if kind == 'class':
                classes.add(c_name(name))
            elif kind != 'attribute' and name not in APART:
                functions.add(c_name(name))
        functions.update(inner_functions(module_tree(module)))
    return functions, classes
