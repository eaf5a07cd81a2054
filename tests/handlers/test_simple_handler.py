"""The Python of test_simple_handler.c."""

import io
import warnings

from ours import run_c
from same_as_python import Body, Partial, Row, log, observe

# Streams that take a part.


class NoLength(bytes):
    def __len__(self):
        raise KeyError('no length')


class NoneForAll(io.BytesIO):
    def write(self, data):
        super().write(data)


class PartialUntilFull(Partial):
    def write(self, data):
        if self.tell() > 100:
            raise OSError(28, 'No space')
        return super().write(data)


def returns(blocks):
    def app(environ, start_response):
        start_response('200 OK', [])
        return blocks
    return app


PARTIAL_WRITES = [
    Row('the rest is written, seven bytes at a time, with a warning',
        returns([b'x' * 30, b'', b'1234567']), out=Partial),
    Row('a write() that gives None has taken all',
        returns([b'x' * 30]), out=NoneForAll),
    Row('an error while the rest is written',
        returns([b'x' * 130]), out=PartialUntilFull),
]

# Clients that go away.


def gone_with(error):
    """A class of streams whose write() raises the error."""
    def write(self, data):
        raise error
    return type('Out', (io.BytesIO,), {'write': write})


def returns_a_body(environ, start_response):
    start_response('200 OK', [])
    return Body([b'x'])


TERMINATIONS = [
    Row('%s is no error' % error.__name__, returns_a_body,
        out=gone_with(error))
    for error in (ConnectionAbortedError, BrokenPipeError,
                  ConnectionResetError)
]


def seen_of_termination(i):
    """What row i leaves behind; and whether its result was closed, once."""
    words, *case = TERMINATIONS[i]
    seen = observe(run_c, *case)
    return (seen['stderr'], seen['raised'], seen['status'],
            seen['bytes_sent'], len(log), 'close' in log[0])


# What the C test runs by itself.

written = bytearray()


class SevenBytes:
    def write(self, b):
        written.extend(b[:7])
        return len(b[:7])

    def flush(self):
        pass


class CustomException(ValueError):
    pass


class Raises:
    def write(self, b):
        raise CustomException

    def flush(self):
        pass


def says_hello(environ, start_response):
    start_response('200 OK', [
        ('Content-Type', 'text/plain'),
        ('Date', 'Mon, 05 Jun 2006 18:49:54 GMT')])
    return [b'Hello, world!']


class Warned:
    """The warnings since it was made, until end()."""

    def __init__(self):
        self.catcher = warnings.catch_warnings(record=True)
        self.caught = self.catcher.__enter__()
        warnings.simplefilter('always')

    def end(self):
        self.catcher.__exit__(None, None, None)
        return [(w.category, str(w.message)) for w in self.caught]
