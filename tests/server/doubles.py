"""What the tests of request handlers share (see doubles.h): streams that fail,
and what can be seen of a request."""

import io
import re
import sys

client_address = ('127.0.0.1', 4711)


class InMemory:
    """For a handler class: the request is a pair, rfile and wfile."""

    def setup(self):
        self.rfile, self.wfile = self.request

    def finish(self):
        pass


class TimingOut(io.BytesIO):
    """A client that says no more, with a timeout of the socket."""

    def readline(self, size):
        line = super().readline(size)
        if not line:
            raise TimeoutError('timed out')
        return line


class Reset(io.BytesIO):
    """A client that goes while it is read from."""

    def readline(self, size):
        line = super().readline(size)
        if not line:
            raise ConnectionResetError(104, 'Connection reset')
        return line


class Broken(io.BytesIO):
    """A client that has gone."""

    def write(self, data):
        raise BrokenPipeError(32, 'Broken pipe')


class Late(io.BytesIO):
    """A client that goes before the last flush."""

    def flush(self):
        raise BrokenPipeError(32, 'Broken pipe')


# What these do, in the words of a row.
streams = {
    io.BytesIO: '',
    TimingOut: ', then silence',
    Reset: ', then a reset',
    Broken: ', no one reads the answer',
    Late: ', no one reads the end of the answer',
}


def contexts(error):
    """An exception, and what was handled when it was raised, and so on."""
    while error is not None:
        yield error
        error = error.__context__


def masked(data):
    return re.sub(rb'Date: [^\r]*', b'Date: now', data)


def captured_log():
    """What sys.stderr got; it is the process's again."""
    text = sys.stderr.getvalue()
    sys.stderr = sys.__stderr__
    return re.sub(r'\[../.../.... ..:..:..\]', '[now]', text)


def attributes(cls):
    """The class attributes of a server, in the order of doubles.h."""
    return (cls.timeout, int(cls.address_family), int(cls.socket_type),
            cls.request_queue_size, cls.allow_reuse_address,
            cls.allow_reuse_port, getattr(cls, 'max_packet_size', 0))
