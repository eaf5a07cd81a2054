"""Runs applications in our handler and in Python's, both in this process, on
equal streams and environs, and compares all that can be seen.

A table is a list of rows; a row says in words what its application shows.
"""

import io
import re
import sys
import traceback
import warnings
import wsgiref.handlers
from typing import NamedTuple

from ours import run_c  # of same_as_python.h
from support import differing, unequal

log = []
PLAIN = [('Content-Type', 'text/plain')]
ENVIRON = {'SERVER_PROTOCOL': 'HTTP/1.1', 'REQUEST_METHOD': 'GET'}


class Row(NamedTuple):
    words: str
    app: object
    out: object = io.BytesIO  # called for each run: the handler's stdout
    err: object = io.StringIO  # and its stderr
    environ: dict = ENVIRON


def row(rows, words, **others):
    """Puts the application that is decorated into a table."""
    def put(app):
        rows.append(Row(words, app, **others))
        return app
    return put


# What applications are made of. Each is called anew for each run, so that no
# run finds what another has used up: therefore the functions.

def starts(status, headers=lambda: []):
    """An application that answers with this status and headers()."""
    def app(environ, start_response):
        start_response(status, headers())
        return [b'body']
    return app


def returns(result):
    """One that answers 200 and returns result(environ)."""
    def app(environ, start_response):
        start_response('200 OK', PLAIN[:])
        return result(environ)
    return app


def say(*what):
    log.append(repr(what))


class Body:
    """An iterable that fails before block `fail_at`, or when it is closed."""

    def __init__(self, blocks, fail_at=None, error=None, closing=None):
        self.blocks, self.fail_at = blocks, fail_at
        self.error = error or RuntimeError('iteration failed')
        self.closing = closing

    def __iter__(self):
        for i, block in enumerate(self.blocks):
            if i == self.fail_at:
                raise self.error
            yield block
        if self.fail_at == len(self.blocks):
            raise self.error

    def close(self):
        say('close', sys.exc_info()[:2])
        if self.closing:
            raise self.closing


class Sized(Body):
    def __len__(self):
        return 1


class NoLen:
    def __init__(self, error):
        self.error = error

    def __iter__(self):
        return iter([b'no len'])

    def __len__(self):
        raise self.error


class StrSub(str):
    pass


# Streams that an application's answer goes to.

class Partial(io.BytesIO):
    """Takes seven bytes at a time."""

    def write(self, data):
        return super().write(bytes(data[:7]))


class Full(io.BytesIO):
    def write(self, data):
        raise OSError(28, 'No space')


class Gone(io.BytesIO):
    def write(self, data):
        raise BrokenPipeError


class FailsToFlush(io.BytesIO):
    def flush(self):
        raise OSError(28, 'No space')


# The comparison.

class PyHandler(wsgiref.handlers.SimpleHandler):
    server_software = 'Test/1.0'


def run_py(app, stdin, stdout, stderr, environ):
    handler = PyHandler(stdin, stdout, stderr, environ, False, False)
    raised = None
    try:
        handler.run(app)
    except BaseException as e:
        raised = without_caller(e)
    return state_of(handler, raised)


def without_caller(error):
    """Without the frame in which it was caught, which C has not."""
    error.__traceback__ = error.__traceback__.tb_next
    return error


def state_of(handler, raised):
    """What run_and_release() of same_as_python.h gives."""
    return (raised, handler.status, getattr(handler, 'environ', None),
            handler.result, handler.headers is None, handler.headers_sent,
            None, handler.bytes_sent)


def mask(text):
    """No files, lines, sources, carets, addresses; and no list comprehensions,
    which are no frames from 3.12 on."""
    text = re.sub(r'  File ".*", line \d+, in (.*)\n(    .*\n)*',
                  r'  in \1\n', text)
    text = text.replace('  in <listcomp>\n', '')
    return re.sub(r'0x[0-9a-f]+', '0x', text)


def describe(error):
    if error is None:
        return None
    frames = traceback.extract_tb(error.__traceback__)
    return (type(error), str(error),
            error.args if type(error) is not KeyError else (),
            [frame.name for frame in frames if frame.name != '<listcomp>'],
            describe(error.__context__), describe(error.__cause__))


def environ_of(environ):
    return environ and {
        key: (type(value) if key == 'wsgi.file_wrapper'
              else mask(repr(value)))
        for key, value in environ.items()}


def observe(run, app, out=io.BytesIO, err=io.StringIO, environ=ENVIRON):
    """All that is to be seen of a request; run is run_c or run_py."""
    del log[:]
    stdout, stderr = out(), err()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter('always')
        (raised, status, environ, result, no_headers, sent, _, count) = run(
            app, io.BytesIO(b'input'), stdout, stderr, dict(environ))
    return {
        'stdout': re.sub(rb'Date: ..., .*? GMT', b'Date: <DATE>',
                         stdout.getvalue()),
        'stderr': mask(stderr.getvalue()), 'raised': describe(raised),
        'status': mask(repr(status)), 'environ': environ_of(environ),
        'result': type(result).__name__, 'no headers': no_headers,
        'headers_sent': bool(sent), 'bytes_sent': count, 'log': list(log),
        'warned': [(w.category, str(w.message)) for w in warned]}


def differences(*case):
    return unequal(observe(run_c, *case), observe(run_py, *case))


def not_as_in_python(rows):
    """The rows that do not fare as in Python, and how they differ."""
    return differing(rows, differences)


def class_differences(name, ours):
    """How the attributes of our class, a dict, differ from Python's."""
    cls = getattr(wsgiref.handlers, name)
    assert cls.traceback_limit is None
    return unequal(ours, {key: getattr(cls, key) for key in ours})
