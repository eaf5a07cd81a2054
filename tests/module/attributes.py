"""Objects that are not as they should be: never initialised, an attribute
deleted, or one of a wrong type. What each method then does.

    python3 -m tests.module.attributes SIDE DESCRIPTOR SHARE FIRST

writes into the descriptor a line for each step: its name, a tab, when it has
been done its outcome (`ok`, or the exception), and a newline. So a line that
does not end says which step has ended the process. SIDE is cwsgiref or python.
The steps are in groups, each of which has an object of its own. One in SHARE of
those of WEIGHT 1 is done, of the others more or fewer, from the group FIRST on.
"""

import functools
import gc
import importlib
import inspect
import io
import os
import signal
import sys
import zlib

SIDE = sys.argv[1]
PACKAGES = {'wsgiref.headers': ['Headers'],
            'wsgiref.util': ['FileWrapper'],
            'wsgiref.handlers': ['BaseHandler', 'SimpleHandler',
                                 'BaseCGIHandler', 'CGIHandler',
                                 'IISCGIHandler'],
            'wsgiref.validate': ['InputWrapper', 'ErrorWrapper',
                                 'WriteWrapper', 'PartialIteratorWrapper',
                                 'IteratorWrapper'],
            'socketserver': ['BaseServer', 'TCPServer', 'UDPServer',
                             'UnixStreamServer', 'UnixDatagramServer',
                             'ThreadingTCPServer', 'BaseRequestHandler',
                             'StreamRequestHandler', 'DatagramRequestHandler'],
            'http.server': ['HTTPServer', 'ThreadingHTTPServer',
                            'BaseHTTPRequestHandler',
                            'SimpleHTTPRequestHandler'],
            'wsgiref.simple_server': ['WSGIServer', 'WSGIRequestHandler',
                                      'ServerHandler']}


def module(name, side=SIDE):
    if side == 'cwsgiref':
        name = 'cwsgiref.' + name.removeprefix('wsgiref.')
    return importlib.import_module(name)


def named(name, side=SIDE):
    """The class of that name."""
    for where, names in PACKAGES.items():
        if name in names:
            return getattr(module(where, side), name)
    raise LookupError(name)


# ----- What is plausible -----

class FakeSocket:
    """A request without a descriptor."""

    def makefile(self, mode='r', bufsize=-1):
        return io.BytesIO(b'GET / HTTP/1.0\r\nHost: x\r\n\r\n'
                          if 'r' in mode else b'')

    def nothing(self, *args):
        pass

    settimeout = setsockopt = sendall = shutdown = close = nothing


class FakeServer:
    server_name = 'x'
    server_port = 80


def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello']


def start_response(status, headers, exc_info=None):
    return lambda data: None


def wsgi_server():
    server = named('WSGIServer')(('127.0.0.1', 0), None,
                                 bind_and_activate=False)
    server.base_environ = {}
    server.set_app(app)
    return server


def environ():
    return {'REQUEST_METHOD': 'GET', 'SERVER_NAME': 'x', 'SERVER_PORT': '80',
            'SERVER_PROTOCOL': 'HTTP/1.0', 'wsgi.input': io.BytesIO(b'x')}


class End(Exception):
    """What ends serve_forever()."""


def end():
    raise End


# For a parameter of that name.
ARGUMENTS = {
    'request': FakeSocket, 'client_address': lambda: ('127.0.0.1', 1),
    'server': wsgi_server, 'code': lambda: 404, 'message': lambda: 'message',
    'explain': lambda: 'explain', 'format': lambda: 'format',
    'keyword': lambda: 'X-Name', 'value': lambda: 'value',
    'size': lambda: 5, 'timestamp': lambda: 0, 'status': lambda: '200 OK',
    'headers': lambda: [('X-Name', 'value')], 'exc_info': lambda: None,
    'data': lambda: b'data', 'application': lambda: app, 'environ': environ,
    'start_response': lambda: start_response, 'name': lambda: 'X-Name',
    'val': lambda: 'value', 'default': lambda: 'default',
    'title': lambda: 'title', '_name': lambda: 'X-Name',
    '_value': lambda: 'value', 'poll_interval': lambda: 0.001,
    'server_address': lambda: ('127.0.0.1', 0),
    'RequestHandlerClass': lambda: named('BaseRequestHandler'),
    'bind_and_activate': lambda: False, 'stdin': lambda: io.BytesIO(b'x'),
    'stdout': io.BytesIO, 'stderr': io.StringIO, 'multithread': lambda: True,
    'multiprocess': lambda: False, 'filelike': lambda: io.BytesIO(b'x'),
    'blksize': lambda: 8192, 'key': lambda: 0, 'path': lambda: '/',
    'source': lambda: io.BytesIO(b'x'), 'outputfile': io.BytesIO,
    'wsgi_input': lambda: io.BytesIO(b'x'), 'wsgi_errors': io.StringIO,
    'wsgi_writer': lambda: print, 'wsgi_iterator': lambda: iter([b'x']),
    'check_start_response': lambda: True, 's': lambda: 'text',
    'seq': lambda: ['text'], 'number': lambda: 1,
}


def plausible(method):
    """Arguments for a call of it, a function of Python's."""
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return []
    arguments = []
    for parameter in parameters:
        if parameter.kind in (parameter.POSITIONAL_ONLY,
                              parameter.POSITIONAL_OR_KEYWORD):
            if parameter.name == 'self':
                continue
            if parameter.name not in ARGUMENTS:
                break
            arguments.append(ARGUMENTS[parameter.name]())
    return arguments


def keywords(method):
    """What it needs by keyword."""
    if inspect.isfunction(method):
        return {parameter.name: True for parameter
                in inspect.signature(method).parameters.values()
                if parameter.kind is parameter.KEYWORD_ONLY}
    return {}


# ----- Objects -----

def raw(name):
    return named(name).__new__(named(name))


def initialised(name):
    cls = named(name)
    if issubclass(cls, named('BaseServer')):
        address = '' if 'Unix' in name else ('127.0.0.1', 0)
        handler = named('BaseRequestHandler')
        made = (cls(address, handler) if cls is named('BaseServer')
                else cls(address, handler, bind_and_activate=False))
        if hasattr(made, 'socket'):
            made.socket.settimeout(0)
        made.timeout = 0
        made.service_actions = end
        return made
    if issubclass(cls, named('DatagramRequestHandler')):
        return cls((b'data', FakeSocket()), ('127.0.0.1', 1), FakeServer())
    made = cls(*plausible(named(name, 'python').__init__))
    if issubclass(cls, named('ServerHandler')):
        made.request_handler = initialised('WSGIRequestHandler')
    return made


class Subclass:
    """An object of a subclass that has the value as a class attribute."""

    def __init__(self, attribute, value):
        self.attributes = {attribute: value}

    def __call__(self, name):
        cls = type(named(name))('Sub', (named(name),), self.attributes)
        return cls.__new__(cls)


@functools.cache
def values(name):
    """Of wrong types, for nearly every attribute."""
    return {
        'None': None, '0': 0, '-1': -1, 'huge': 2 ** 70, '1.5': 1.5,
        'str': 'text', 'NUL': 'a\0b', 'surrogate': '\ud800', 'bytes': b'data',
        'list': [], 'pairs': [('a', 'b')], 'tuple': (), 'dict': {},
        'object': object(), 'class': int, 'function': app,
        'itself': named(name), 'raw': raw(name), 'another': raw('Headers'),
    }


# Both sides have the same names: those of Python's class.
@functools.cache
def attributes(name):
    cls = named(name, 'python')
    found = {each for each in dir(cls) if each not in dir(object)}
    for base in cls.__mro__:
        found |= set(FIELDS.get(base.__name__, '').split())
    return sorted(each for each in found if '__' not in each) + [
        '__class__', '__dict__']


@functools.cache
def methods(name):
    cls = named(name, 'python')
    return [each for each in attributes(name)
            if callable(getattr(cls, each, None))
            and not isinstance(getattr(cls, each), type)
            and each not in DANGEROUS] + SPECIAL


# What their __init__ and the others set.
FIELDS = {
    'Headers': '_headers', 'FileWrapper': 'filelike blksize close',
    'BaseHandler': 'environ status result headers headers_sent bytes_sent',
    'SimpleHandler': 'stdin stdout stderr base_env',
    'ServerHandler': 'request_handler',
    'BaseServer': 'server_address RequestHandlerClass socket',
    'HTTPServer': 'server_name server_port',
    'WSGIServer': 'application base_environ',
    'BaseRequestHandler': 'request client_address server',
    'StreamRequestHandler': 'connection rfile wfile',
    'DatagramRequestHandler': 'packet socket rfile wfile',
    'BaseHTTPRequestHandler': 'raw_requestline requestline command path '
                              'request_version headers close_connection',
    'InputWrapper': 'input', 'ErrorWrapper': 'errors',
    'WriteWrapper': 'writer', 'PartialIteratorWrapper': 'iterator',
    'IteratorWrapper': 'original_iterator iterator closed '
                       'check_start_response',
}
# shutdown() waits for another thread.
DANGEROUS = {'shutdown'}
SPECIAL = ['__init__', '__str__', '__repr__', '__len__', '__iter__',
           '__next__', '__enter__', '__exit__']


# ----- Steps -----

class Hangs(BaseException):
    pass


def hangs(*args):
    raise Hangs


class Steps:
    def __init__(self, descriptor, share, first):
        self.descriptor = descriptor
        self.share = share
        self.first = first
        self.group = -1
        self.weight = 1

    def begins(self, *names):
        """Whether this group of steps is to be done."""
        self.group += 1
        self.name = '|'.join(names)
        share = max(1, self.share // self.weight)
        return (self.group >= self.first and
                zlib.crc32(self.name.encode()) % share == 0)

    def step(self, name, function, *args):
        """What it has given; None if it has failed."""
        line = f'{self.group}|{self.name}|{name}\t'
        os.write(self.descriptor, line.encode())
        outcome, result = 'ok', None
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            result = function(*args)
        except BaseException as error:
            outcome = type(error).__name__
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        os.write(self.descriptor, outcome.encode() + b'\n')
        return result


def call(name, made, method):
    """made.method(...)"""
    theirs = getattr(named(name, 'python'), method, None)
    getattr(made, method)(*plausible(theirs), **keywords(theirs))


def all_methods(steps, name, made):
    """Each on this object, which is then as the one before has left it."""
    for method in methods(name):
        steps.step(method, call, name, made, method)


def objects(steps, name):
    for make in raw, initialised:
        if steps.begins(name, make.__name__):
            made = steps.step('made', make, name)
            for attribute in attributes(name):
                steps.step('get ' + attribute, getattr, made, attribute)
            all_methods(steps, name, made)
        for method in methods(name):
            if steps.begins(name, make.__name__, 'only'):
                made = steps.step('made', make, name)
                steps.step(method, call, name, made, method)
        for attribute in attributes(name):
            if steps.begins(name, make.__name__, 'del ' + attribute):
                made = steps.step('made', make, name)
                steps.step('del', delattr, made, attribute)
                all_methods(steps, name, made)


def wrong_types(steps, name):
    for attribute in attributes(name):
        for word, value in values(name).items():
            for make in raw, initialised, Subclass(attribute, value):
                kind = getattr(make, '__name__', 'subclass')
                if not steps.begins(name, kind, f'{attribute} = {word}'):
                    continue
                made = steps.step('made', make, name)
                if kind != 'subclass':
                    steps.step('set', setattr, made, attribute, value)
                all_methods(steps, name, made)
                del made


def alone(steps, name):
    """As above, but each method has an object of its own."""
    for attribute in attributes(name):
        for word, value in values(name).items():
            for method in methods(name):
                if steps.begins(name, 'alone', f'{attribute} = {word}',
                                method):
                    made = steps.step('made', initialised, name)
                    steps.step('set', setattr, made, attribute, value)
                    steps.step(method, call, name, made, method)


def functions(steps):
    """Each argument of each function of a wrong type."""
    for where in PACKAGES:
        if where in ('socketserver', 'http.server'):
            continue
        theirs = module(where, 'python')
        for name in sorted(vars(theirs)):
            function = getattr(theirs, name)
            if (not inspect.isfunction(function)
                    or function.__module__ != theirs.__name__
                    or not hasattr(module(where), name)
                    or name == 'make_server'):
                continue
            function = getattr(module(where), name)
            for place in range(len(plausible(function))):
                for word, value in values('Headers').items():
                    if steps.begins(where, name, f'{place} = {word}'):
                        arguments = plausible(function)
                        arguments[place] = value
                        steps.step('called', function, *arguments)


# There are a hundred times as many of the last kind as of the first.
WEIGHTS = {objects: 40, wrong_types: 4, alone: 1}


def main(descriptor, share, first):
    sys.stderr = io.StringIO()
    signal.signal(signal.SIGALRM, hangs)
    steps = Steps(descriptor, share, first)
    steps.weight = 40
    functions(steps)
    for part, steps.weight in WEIGHTS.items():
        for names in PACKAGES.values():
            for name in names:
                part(steps, name)
                gc.collect()
                sys.stderr.seek(0)
                sys.stderr.truncate()


if __name__ == '__main__':
    main(*map(int, sys.argv[2:]))
