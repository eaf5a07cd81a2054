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


def line_by_line(stream, name, give, arguments):
    """What the method gives, and what read() was asked."""
    asked = []
    stream.give = lambda n: (asked.append(n), give(n))[1]
    return outcome(stream, name, *arguments), asked


def lines_not_as_in_python():
    rows = Rows()
    for name, arguments in [('readline', ()), ('readline', (2,)),
                            ('readline', (0,)), ('readline', (99,)),
                            ('readlines', ()), ('readlines', (3,)),
                            ('__next__', ())]:
        for words, text in [('two lines', b'one\ntwo\n'), ('nothing', b''),
                            ('no end of a line', b'one\ntwo')]:
            rows.compare(f'{name}{arguments}, and read gives {words}', *[
                line_by_line(stream, name, io.BytesIO(text).read, arguments)
                for stream in (new_giver(), Giver())])
        for words, give in GIVEN[4:]:
            rows.compare(f'{name}{arguments}, and read gives {words}', *[
                line_by_line(stream, name, give, arguments)
                for stream in (new_giver(), Giver())])
    return rows.report()


def bytes_asked_for():
    return line_by_line(new_giver(), 'readline', io.BytesIO(b'ab\nc').read,
                        ())[1]


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
