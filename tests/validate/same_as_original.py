"""Runs the same Python on wsgiref.validate and on src/validate, both in this
process, and compares all that can be seen.

A row of a table is its words and a function of V, which is the one or the
other. What it gives, raises, says and warns of is compared.
"""

import gc
import io
import re
import sys
import traceback
import warnings
import wsgiref.validate
from wsgiref.util import setup_testing_defaults

import ours  # of same_as_original.h: the names of wsgiref.validate, in C
from support import differing, unequal

log = []


def row(rows, words):
    """Puts the function that is decorated into a table."""
    def put(case):
        rows.append((words, case))
        return case
    return put


def say(*what):
    log.append(mask(repr(what)))


# What cases are made of.

PLAIN = [('Content-Type', 'text/plain')]


class Str(str):
    pass


class Bytes(bytes):
    pass


class Dict(dict):
    pass


class List(list):
    pass


class Tuple(tuple):
    pass


class Bad:
    """Every question is answered by an error."""

    def __init__(self, error=None):
        self.error = error or ValueError('bad')

    def __repr__(self):
        raise self.error

    def __bool__(self):
        raise self.error

    def __iter__(self):
        raise self.error

    def __ne__(self, other):
        raise self.error


class Told:
    """Says when it is shown."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        say('repr', self.name)
        return self.name


def env(*without, **changes):
    """An environ that passes; x__y is the name x.y."""
    result = dict(QUERY_STRING='', SCRIPT_NAME='', PATH_INFO='/')
    setup_testing_defaults(result)
    result['wsgi.errors'] = io.StringIO()
    result.update({name.replace('__', '.'): value
                   for name, value in changes.items()})
    for name in without:
        del result[name]
    return result


def with_items(items):
    result = env()
    result.update(items)
    return result


def start_response(*args, **kw):
    say('start_response', args, kw)
    return lambda data: say('write', data)


def serve(app, environ=None, start_response=start_response):
    """What a server does with V's application."""
    body = app(env() if environ is None else environ, start_response)
    say('returned', body)
    try:
        for data in body:
            say('data', data)
    finally:
        body.close()


def errors(call, *args):
    """call(*args), with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        return call(*args)


def attributes(base, **body):
    return type('Subclass', (base,), body)


# The comparison.

class Stderr:
    def write(self, text):
        say('stderr', text)
        return [text]

    def flush(self):
        pass


def mask(text):
    """No addresses; our classes live in another module, and messages have
    their full name."""
    text = re.sub(r'0x[0-9a-f]+', '0x', text)
    text = text.replace('cwsgiref.validate', 'wsgiref.validate')
    return re.sub(r"'wsgiref\.validate\.(\w+)'( object| has)",
                  r"'\1'\2", text)


def frames(tb):
    return [f.name for f in traceback.extract_tb(tb)]


def describe(error):
    if error is None:
        return None
    return (type(error).__name__, mask(str(error)), mask(repr(error.args)),
            type(error) is not StopIteration and frames(error.__traceback__),
            describe(error.__context__), describe(error.__cause__))


def unraisable(u):
    say('unraisable', u.exc_type.__name__, str(u.exc_value),
        frames(u.exc_traceback), describe(u.exc_value.__context__),
        getattr(u.object, '__name__', None), callable(u.object),
        re.sub('<.*__del__.*>', '<__del__>', u.err_msg or ''))


def show(message, category, filename, lineno, file=None, line=None):
    say('warned', category.__name__, category.__bases__, str(message))


def outcome(case, V):
    """All that is to be seen of case(V)."""
    del log[:]
    value = raised = None
    sys.stderr = Stderr()
    sys.unraisablehook = unraisable
    with warnings.catch_warnings():
        warnings.simplefilter('always')
        warnings.showwarning = show
        try:
            value = mask(repr(case(V)))
        except BaseException as e:
            raised = describe(e)
            say('caught')
            e.__context__ = None
    gc.collect()
    sys.stderr = sys.__stderr__
    sys.unraisablehook = sys.__unraisablehook__
    return {'value': value, 'raised': raised, 'log': list(log)}


def differences(case):
    return unequal(outcome(case, ours), outcome(case, wsgiref.validate),
                   ('C', 'original'))


def not_as_in_the_original(rows):
    """The rows that do not fare as in the original, and how they differ."""
    return differing(rows, differences)


# What is left behind.

def blocks():
    """Without those of the cache of methods, which holds a thousand names
    before it lets go of one."""
    clear = getattr(sys, '_clear_internal_caches', None)
    (clear or sys._clear_type_cache)()
    return sys.getallocatedblocks()


def leaks(case):
    """Whether each of ten runs leaves a block behind, and goes on so when
    Python's caches are full: five times without will do. With older objects
    out of the way each collection is quick."""
    without = 0
    gc.freeze()
    for _ in range(100):
        before = blocks()
        for _ in range(10):
            outcome(case, ours)
        without += blocks() - before < 5
        if without == 5:
            break
    gc.unfreeze()
    return without < 5


def leaking(rows):
    """The rows that leave something behind each time ours runs them."""
    return differing(rows, lambda case: (
        '    leaves something behind' if leaks(case) else ''))
