"""io.BufferedIOBase with a read() and a read1() alone, beside ours."""

import io
import sys

from ours import new_giver
from rows import Rows


class Giver(io.BufferedIOBase):
    def read(self, size=-1):
        return self.give(size)

    read1 = read


def raises(size):
    raise OSError(5, 'the read fails')


GIVEN = [
    ('nothing', lambda size: b''),
    ('less than there is room for', lambda size: b'abc'),
    ('as much as there is room for', lambda size: b'x' * size),
    ('a byte too much', lambda size: b'x' * (size + 1)),
    ('a text', lambda size: 'abc'),
    ('None', lambda size: None),
    ('an exception', raises),
]


def outcome(stream, name, *arguments):
    try:
        return getattr(stream, name)(*arguments)
    except Exception as e:
        return type(e).__name__, str(e)


def filled(stream, name, give, size):
    """What the method gives, the buffer then, and what read() was asked."""
    asked = []
    stream.give = lambda n: (asked.append(n), give(n))[1]
    buffer = bytearray(b'-' * size)
    return outcome(stream, name, buffer), bytes(buffer), asked


def buffers_not_as_in_python():
    rows = Rows()
    for words, give in GIVEN:
        for name in 'readinto', 'readinto1':
            for size in 0, 1, 10:
                rows.compare(f'{name} of {size} bytes, and read gives {words}',
                             filled(new_giver(), name, give, size),
                             filled(Giver(), name, give, size))
    return rows.report()


def references_kept():
    data = bytes(5)
    before = sys.getrefcount(data)
    for name in 'readinto', 'readinto1':
        for size in 3, 7:  # too small is an error
            filled(new_giver(), name, lambda n: data, size)
    return sys.getrefcount(data) - before


def refusals_not_as_in_python():
    """Of what neither has."""
    rows = Rows()
    for name, *arguments in [('detach',), ('write', b'x'), ('fileno',),
                             ('seek', 0), ('tell',), ('truncate',),
                             ('readable',), ('writable',), ('seekable',),
                             ('isatty',), ('flush',), ('close',),
                             ('readable',), ('flush',)]:
        rows.compare(f'{name}{tuple(arguments)}',
                     outcome(OURS, name, *arguments),
                     outcome(THEIRS, name, *arguments))
    return rows.report()


OURS, THEIRS = new_giver(), Giver()
