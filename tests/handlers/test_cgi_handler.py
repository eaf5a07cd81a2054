"""The Python of test_cgi_handler.c: CGI programs, which differ in what the
process gives them."""

import io
import os
import random
import sys
import types
import warnings
import wsgiref.handlers
from typing import NamedTuple

from ours import make_c
from same_as_python import (
    PLAIN, Body, Partial, describe, environ_of, log, mask, state_of,
    without_caller)
from support import differing, unequal

CLASSES = 'CGIHandler', 'IISCGIHandler'
GET = {b'REQUEST_METHOD': b'GET', b'SCRIPT_NAME': b'/s',
       b'PATH_INFO': b'/p', b'SERVER_PROTOCOL': b'HTTP/1.1'}


def make_py(name, between, app):
    try:
        handler = getattr(wsgiref.handlers, name)()
    except BaseException as e:
        return without_caller(e), '', '', '', 0, 0, None, 0
    between()
    raised = None
    try:
        handler.run(app)
    except BaseException as e:
        raised = without_caller(e)
    return state_of(handler, raised)


class Process:
    """While it is entered, sys and os are those of a process with these
    variables, in bytes, and these streams."""

    def __init__(self, variables, out, **streams):
        self.variables, self.out = variables, out()
        self.streams = {
            'stdin': io.TextIOWrapper(io.BytesIO(b'input')),
            'stdout': io.TextIOWrapper(self.out),
            'stderr': io.StringIO()}
        self.own = tuple(self.streams.values())
        self.streams.update(streams)

    def __enter__(self):
        self.saved = {name: getattr(sys, name) for name in self.streams}
        self.saved_environ = dict(os.environb)
        vars(sys).update(self.streams)
        os.environb.clear()
        os.environb.update(self.variables)
        return self

    def __exit__(self, *args):
        vars(sys).update(self.saved)
        os.environb.clear()
        os.environb.update(self.saved_environ)


def hello(environ, start_response):
    start_response('200 OK', PLAIN[:])
    return [b'hello']


def nothing():
    pass


def cgi(make, name, app=hello, variables=GET, before=nothing, between=nothing,
        out=io.BytesIO, streams=dict):
    """All that is to be seen of a CGI program that runs the application;
    before() is called before its handler is made, between() after it.

    make is make_c or make_py, streams() has what its streams are replaced by.
    """
    del log[:]
    seen = {}
    process = Process(variables, out, **streams())
    with process, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter('always')
        at_start = sys.stdin, sys.stderr
        before()

        def observed(environ, start_response):
            seen['environ'] = list(environ_of(environ).items())
            seen['streams'] = (
                environ['wsgi.input'] is at_start[0].buffer,
                environ['wsgi.errors'] is at_start[1])
            return app(environ, start_response)
        (raised, status, environ, result, no_headers, sent, _, count) = make(
            name, between, observed)
    seen.update({
        'stdout': process.out.getvalue(), 'raised': describe(raised),
        'stderr': mask(process.own[2].getvalue()),
        'status': mask(repr(status)), 'result': type(result).__name__,
        'no headers': bool(no_headers), 'headers_sent': bool(sent),
        'bytes_sent': count, 'log': list(log),
        'warned': [(w.category, str(w.message)) for w in warned]})
    return seen


def environ_in_c(name='CGIHandler', **case):
    """The environ that an application sees in C, with repr() of its values."""
    return dict(cgi(make_c, name, **case)['environ'])


class Row(NamedTuple):
    words: str
    case: dict  # keywords of cgi()
    names: tuple = CLASSES


def differences(case, names):
    return ''.join(
        '  %s\n%s' % (name, found) for name in names
        for found in [unequal(cgi(make_c, name, **case),
                              cgi(make_py, name, **case))] if found)


def not_as_in_python(rows):
    return differing(rows, differences)


# Answers.

def starts(headers=PLAIN, result=lambda environ: [], status='200 OK'):
    """An application with these headers that returns result(environ)."""
    def app(environ, start_response):
        start_response(status, headers[:])
        return result(environ)
    return app


def writes_to_errors(environ, start_response):
    environ['wsgi.errors'].write('said\n')
    start_response('200 OK', [])
    return []


def fails_at_once(environ, start_response):
    raise RuntimeError('before')


def fails_in_between(environ, start_response):
    start_response('200 OK', PLAIN[:])
    raise RuntimeError('between')


def fails_after_output(environ, start_response):
    start_response('200 OK', PLAIN[:])(b'one')
    raise RuntimeError('after')


def never_starts(environ, start_response):
    return []


def exits(environ, start_response):
    sys.exit('exit')


def prints(environ, start_response):
    print('in between')
    start_response('200 OK', [])
    return [b'hello']


ANSWERS = [
    ('one block has a length', hello),
    ('two blocks have none', starts(result=lambda _: [b'a', b'b'])),
    ('a length without a body', starts([('Content-Length', '5')])),
    ('a second Status is sent as well',
     starts([('Status', '2')], status='404 Not Found')),
    ('what is read is the buffer of stdin',
     starts([], lambda environ: [environ['wsgi.input'].read()])),
    ('a FileWrapper', starts([], lambda environ: environ['wsgi.file_wrapper'](
        environ['wsgi.input'], 2))),
    ('wsgi.errors is stderr', writes_to_errors),
    ('an error at once: the error page', fails_at_once),
    ('an error after start_response(): the error page', fails_in_between),
    ('an error after write(): what is out is out', fails_after_output),
    ('an error between two blocks',
     starts([], lambda _: Body([b'one', b'two'], 1))),
    ('a hop-by-hop header', starts([('Connection', 'close')])),
    ('no start_response()', never_starts),
    ('sys.exit()', exits),
    ('what is printed stands in the text of stdout, and comes later', prints),
]
ANSWERS = [
    Row('%s; %s' % (words, of_request), {'app': app, 'variables': variables})
    for words, app in ANSWERS
    for of_request, variables in (('GET', GET), ('no variables at all', {}))
] + [
    Row('a partial write() of stdout is continued',
        {'app': starts([], lambda _: [b'x' * 30]), 'out': Partial}),
]

# What is in the environment.

LATIN = {
    name.encode(): b'caf\xc3\xa9 \xff \xe9'
    for name in ('PATH_INFO SCRIPT_NAME QUERY_STRING HTTP_X SSL_CERT '
                 'REDIRECT_HTTP_X REDIRECT_X AUTH_TYPE REMOTE_USER HOME '
                 'wsgi.input wsgi.errors').split()}

VARIABLES = [
    Row('bytes that are no UTF-8, or would be another character',
        {'variables': LATIN}),
    Row('nothing', {'variables': {}}),
    Row('HTTPS makes the scheme https',
        {'variables': {**GET, b'HTTPS': b'on'}}),
    Row('SERVER_SOFTWARE is that of the server',
        {'variables': {**GET, b'SERVER_SOFTWARE': b'lighttpd'}}),
]

# The streams and the environment count as they are when the handler is made,
# not when it runs.


def lose_streams_and_path():
    sys.stdin = sys.stdout = sys.stderr = None
    os.environ['PATH_INFO'] = '/late'


def set_path():
    os.environ['PATH_INFO'] = '/early'


def lose_stdout_and_environ():
    sys.stdout = None
    os.environ.clear()


WHEN = [
    Row('what is changed after it is made comes too late',
        {'between': lose_streams_and_path}),
    Row('what is changed before counts', {'before': set_path}),
]


# Streams that are not there, or not what they should be.

def without(*names):
    def lose():
        for name in names:
            delattr(sys, name)
    return lose


def divides(environ, start_response):
    1 / 0


def replaced(**streams):
    """streams= of a case: name=what makes it."""
    return lambda: {name: make() for name, make in streams.items()}


def no_stream():
    return None


WITHOUT_STREAMS = [
    Row('None has no buffer: stdin', {'streams': replaced(stdin=no_stream)}),
    Row('None has no buffer: stdout',
        {'streams': replaced(stdout=no_stream)}),
    Row('a StringIO has no buffer: stdin',
        {'streams': replaced(stdin=lambda: io.StringIO('text'))}),
    Row('a StringIO has no buffer: stdout',
        {'streams': replaced(stdout=io.StringIO)}),
    Row('sys has no stdin', {'before': without('stdin')}),
    Row('sys has no stdout', {'before': without('stdout')}),
    Row('sys has no stderr', {'before': without('stderr')}),
    Row('sys has none of them: stdin is missed first',
        {'before': without('stdin', 'stdout', 'stderr')}),
    Row('a stderr of None does no harm without an error',
        {'streams': replaced(stderr=no_stream)}),
    Row('an error cannot be logged to a stderr of None',
        {'app': divides, 'streams': replaced(stderr=no_stream)}),
    Row('a buffer of None has no write()', {'streams': replaced(
        stdout=lambda: types.SimpleNamespace(buffer=None))}),
    Row('nor has a buffer of 7', {'streams': replaced(
        stdout=lambda: types.SimpleNamespace(buffer=7))}),
]


# IIS gives a PATH_INFO that begins with the SCRIPT_NAME.

def iis(script, path):
    return {'variables': {b'SCRIPT_NAME': script, b'PATH_INFO': path}}


PATHS = [
    ('the script name is taken from the path', b'/app.py', b'/app.py/a/b',
     b'/a/b'),
    ('nothing is left', b'/app.py', b'/app.py', b''),
    ('a slash is left', b'/app.py', b'/app.py/', b'/'),
    ('it ends where a segment ends', b'/app.py', b'/app.pyc/a', b'/app.pyc/a'),
    ('it stands at the beginning', b'/app.py', b'/other/app.py/a',
     b'/other/app.py/a'),
    ('a path shorter than it', b'/app.py', b'/app.p', b'/app.p'),
    ('no path', b'/app.py', b'', b''),
    ('its case counts', b'/app.py', b'/APP.PY/a', b'/APP.PY/a'),
    ('a slash at its end is a segment more, which this path has not',
     b'/app.py/', b'/app.py/a', b'/app.py/a'),
    ('and which this path has', b'/app.py/', b'/app.py//a', b'/a'),
    ('and this one, at its end', b'/app.py/', b'/app.py/', b''),
    ('without a script the path stays', b'', b'/a', b'/a'),
    ('without a leading slash', b'', b'a', b'a'),
    ('neither', b'', b'', b''),
    ('a script of one slash', b'/', b'/a', b'/a'),
    ('which the path has', b'/', b'//a', b'/a'),
    ('bytes that are no UTF-8', b'/caf\xe9', b'/caf\xe9/\xe9', b'/\xe9'),
    ('it is taken once', b'/a/b', b'/a/b/a/b/c', b'/a/b/c'),
]


def path_differences(script, path, wanted):
    case = iis(script, path)
    environ = environ_in_c('IISCGIHandler', **case)
    names = 'PATH_INFO', 'SCRIPT_NAME'
    return differences(case, CLASSES) + unequal(
        {name: environ[name] for name in names},
        {'PATH_INFO': repr(wanted.decode('latin-1')),
         'SCRIPT_NAME': repr(script.decode('latin-1'))}, ('C', 'wanted'))


def paths_not_as_wanted():
    return differing(PATHS, path_differences)


ONE_VARIABLE = [
    Row('a script and no path', {'variables': {b'SCRIPT_NAME': b'/s'}}),
    Row('an empty script and no path', {'variables': {b'SCRIPT_NAME': b''}}),
    Row('a path and no script', {'variables': {b'PATH_INFO': b'/s'}}),
    Row('neither', {'variables': {b'A': b'b'}}),
]


def random_paths(count=1500):
    """Rows; every third path or so begins with its script."""
    rng = random.Random(5)

    def path():
        return b''.join(rng.choices([b'/', b'a', b'b', b'\xe9'],
                                    k=rng.randrange(4)))
    for _ in range(count):
        script = path()
        case = iis(script, rng.choice([script, b'']) + path())
        yield Row(str(case['variables']), case, ('IISCGIHandler',))


RANDOM_PATHS = list(random_paths())


def is_stripped(case):
    given = case['variables'][b'PATH_INFO'].decode('latin-1')
    return environ_in_c('IISCGIHandler', **case)['PATH_INFO'] != repr(given)


def stripped_paths():
    """How many of the random paths have lost their script in C."""
    return sum(is_stripped(case) for words, case, names in RANDOM_PATHS)


# What the C test does by itself.

class WithoutEnviron:
    """os.environ is None until end()."""

    def __init__(self):
        self.saved, os.environ = os.environ, None

    def end(self):
        os.environ = self.saved


class OtherStreams:
    """sys has other streams until end()."""

    def __init__(self):
        self.saved = sys.stdin, sys.stderr
        sys.stdin = io.TextIOWrapper(io.BytesIO())
        sys.stderr = io.StringIO()

    def end(self):
        sys.stdin, sys.stderr = self.saved


del os.environ['AT_START']  # what types_ready() has found
