"""What the servers of tools/reliability run: an application for each kind of
answer, asked for by the path of its name. They do little by themselves, so
that what fails is the server's.

What they leave must be the server's, too. So none makes a list of a list or
tuple, as list(), [*...] and a list of three constants do: up to CPython 3.12,
list_extend() keeps what is to be copied for ever if there is no memory for it.

/arm?N lets the N-th allocation fail from the end of its own answer on, and
/disarm lets no more fail; /references tells how many there are.
"""

import gc
import io
import itertools
import os
import sys
import tempfile
import traceback

PLAIN = ('Content-Type', 'text/plain')
APPLICATIONS = {}

folder = tempfile.TemporaryDirectory()
ON_DISK = os.path.join(folder.name, 'on_disk')
with open(ON_DISK, 'wb') as a_file:
    a_file.write(b'on disk\n' * 1000)


def application(environ, start_response):
    path = environ['PATH_INFO'].strip('/').partition('/')[0]
    return APPLICATIONS[path](environ, start_response)


def asked_for(function):
    APPLICATIONS[function.__name__] = function
    return function


def answer(start_response, text):
    start_response('200 OK', [PLAIN])
    return [text.encode()]


@asked_for
def sync(environ, start_response):
    return answer(start_response, 'sync')


# ---- Memory

class Armed:
    """Its close() lets an allocation that follows fail."""

    def __init__(self, number, count):
        self.number = number
        self.count = count

    def __iter__(self):
        return iter([b'armed'])

    def close(self):
        import _testcapi
        _testcapi.set_nomemory(self.number, self.number + self.count)


def print_exception(kind, value, tb, limit=None, file=None, chain=True):
    (file or sys.stderr).write('%s: %s\n' % (kind.__name__, value))


def print_exc():
    print_exception(*sys.exc_info())


def arm(environ, start_response):
    import _testcapi
    _testcapi.remove_mem_hooks()
    number, count = map(int, environ['QUERY_STRING'].split('-'))
    return Armed(number, count)


def disarm(environ, start_response):
    import _testcapi
    _testcapi.remove_mem_hooks()
    return answer(start_response, 'disarmed')


def short_tracebacks(environ, start_response):
    """Without memory, CPython 3.13 crashes where Python code makes a function
    (it drops the code twice), as that of traceback does."""
    traceback.print_exception = print_exception
    traceback.print_exc = print_exc
    return answer(start_response, 'short')


def references(environ, start_response):
    gc.collect()
    count = getattr(sys, 'gettotalrefcount', sys.getallocatedblocks)()
    return answer(start_response, f'{count}')


APPLICATIONS.update({'arm': arm, 'disarm': disarm, 'references': references,
                     'short-tracebacks': short_tracebacks})


# ---- Answers

@asked_for
def hello(environ, start_response):
    return answer(start_response, 'hello')


@asked_for
def nothing(environ, start_response):
    start_response('204 No Content', [])
    return []


@asked_for
def blocks(environ, start_response):
    start_response('200 OK', [('X-A', 'v'), ('X-B', 'w')])
    yield b'one'
    yield b''
    yield b'two'


@asked_for
def pair(environ, start_response):
    start_response('200 OK', [PLAIN])
    return b'one', b'two'


@asked_for
def written(environ, start_response):
    write = start_response('200 OK', [PLAIN])
    write(b'written, ')
    write(b'twice')
    return [b', and returned']


@asked_for
def large(environ, start_response):
    start_response('200 OK', [PLAIN])
    return [b'x' * 100000]


OWN = {'Date': 'today', 'Server': 'own', 'Content-Length': '2'}


@asked_for
def headers(environ, start_response):
    start_response('200 OK', list(OWN.items())
                   + [('X-%d' % number, 'v') for number in range(9)])
    return [b'ok']


@asked_for
def file(environ, start_response):
    start_response('200 OK', [PLAIN])
    return environ['wsgi.file_wrapper'](open(ON_DISK, 'rb'))


@asked_for
def file_in_memory(environ, start_response):
    start_response('200 OK', [PLAIN])
    return environ['wsgi.file_wrapper'](io.BytesIO(b'in memory' * 100), 64)


@asked_for
def read(environ, start_response):
    return answer(start_response, repr(environ['wsgi.input'].read(5)))


@asked_for
def lines(environ, start_response):
    stdin = environ['wsgi.input']
    return answer(start_response, repr([stdin.readline(20),
                                        stdin.readlines(7)]))


@asked_for
def iterated(environ, start_response):
    lines = itertools.islice(environ['wsgi.input'], 5)
    return answer(start_response, repr(list(lines)))


@asked_for
def says(environ, start_response):
    environ['wsgi.errors'].write('APP: said\n')
    environ['wsgi.errors'].flush()
    return answer(start_response, 'said')


# ---- Failures

@asked_for
def fails(environ, start_response):
    raise RuntimeError('boom')


@asked_for
def fails_late(environ, start_response):
    start_response('200 OK', [PLAIN])
    yield b'one'
    raise RuntimeError('boom')


class Body(tuple):
    def close(self):
        raise RuntimeError('close')


@asked_for
def close_fails(environ, start_response):
    start_response('200 OK', [PLAIN])
    return Body((b'one',))


@asked_for
def not_started(environ, start_response):
    return [b'not started']


@asked_for
def started_twice(environ, start_response):
    start_response('200 OK', [PLAIN])
    start_response('200 OK', [PLAIN])


@asked_for
def started_again(environ, start_response):
    start_response('200 OK', [PLAIN])
    try:
        raise ValueError('before the answer')
    except ValueError:
        start_response('404 Gone', [PLAIN], sys.exc_info())
    return [b'gone']


@asked_for
def started_too_late(environ, start_response):
    start_response('200 OK', [PLAIN])(b'some')
    try:
        raise ValueError('amid the answer')
    except ValueError:
        start_response('500 Oops', [PLAIN], sys.exc_info())


@asked_for
def bad_status(environ, start_response):
    start_response('20', [PLAIN])


@asked_for
def bad_header(environ, start_response):
    start_response('200 OK', [('X-A', 5)])


@asked_for
def hop_by_hop(environ, start_response):
    start_response('200 OK', [('Connection', 'close')])


@asked_for
def bad_block(environ, start_response):
    start_response('200 OK', [PLAIN])
    return ['text']


@asked_for
def no_result(environ, start_response):
    start_response('200 OK', [PLAIN])
