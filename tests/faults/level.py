"""Each operation of operations.py, done again and again: it may not leave a
block of memory behind. Prints those that do.

python3 -m tests.faults.level [WORD]

With a word: only the operations that have it in their names.
"""

import contextlib
import gc
import inspect
import io
import os
import sys

from cwsgiref import handlers, util
from cwsgiref.simple_server import WSGIRequestHandler, WSGIServer

from tests.faults import operations

TIMES = 30
ROUNDS = 20  # the first ones may fill what CPython keeps; one is to be level


def new(text):
    """A str that is no constant."""
    return (text + ' ')[:-1]


def a_file(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return util.FileWrapper(open(__file__, 'rb'), int('5000'))


def a_pipe(environ, start_response):
    """It has no place for sendfile(2)."""
    read, write = os.pipe()
    os.write(write, b'of a pipe')
    os.close(write)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return util.FileWrapper(open(read, 'rb'), int('5000'))


class New(dict):
    """It alone does not hold what it gives."""

    def get(self, *arguments):
        value = super().get(*arguments)
        return new(value) if isinstance(value, str) else value


def writing(environ, start_response):
    environ['wsgi.errors'].writelines(new(word) for word in ('one', 'two'))
    return operations.application(environ, start_response)


# What would take too long if each allocation failed.
operations.call('signature', lambda: inspect.signature(
    handlers.SimpleHandler.run))
operations.run_validated('a long length', operations.application,
                         CONTENT_LENGTH='4000')
operations.run_validated('new lines', writing)
operations.call('request_uri: new', lambda: util.request_uri(
    New(operations.environ())))
for text in ('/script', ''):
    operations.call(f'check_environ: {text}', lambda text=text: (
        operations.validate.check_environ(dict(
            operations.environ(), SCRIPT_NAME=new(text)))))
operations.serve('a file', WSGIServer, WSGIRequestHandler,
                 operations.REQUESTS['closed'], app=a_file)
operations.serve('a pipe', WSGIServer, WSGIRequestHandler,
                 operations.REQUESTS['closed'], app=a_pipe)


class Nowhere(io.TextIOBase):
    """A log that does not grow."""

    def write(self, text):
        return len(text)


def once(operation):
    """Does it, and forgets all that comes of it."""
    with contextlib.ExitStack() as undo, \
            contextlib.redirect_stderr(Nowhere()):
        do = operation.prepare(undo)
        with contextlib.suppress(Exception):
            do()


def blocks_in_use():
    """When all that nobody holds is freed: the end of one class may be what
    held another one."""
    while gc.collect():
        pass
    return sys.getallocatedblocks()


def grown(operation):
    """How many blocks there are more after TIMES times."""
    before = blocks_in_use()
    for _ in range(TIMES):
        once(operation)
    return blocks_in_use() - before


def leaves(operation):
    """How many blocks it leaves each time, or 0."""
    once(operation)
    for _ in range(ROUNDS):
        blocks = grown(operation)
        if blocks < TIMES:
            return 0
    return blocks / TIMES


def main():
    word = ' '.join(sys.argv[1:])
    found = [each for each in operations.ALL if word in each.name]
    growing = 0
    for operation in found:
        if blocks := leaves(operation):
            print(f'{operation.name}: {blocks:.1f} blocks each time')
            growing += 1
    print(f'{len(found)} operations, {growing} leave something')
    return 1 if growing else 0


if __name__ == '__main__':
    sys.exit(main())
