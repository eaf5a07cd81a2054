"""The Python of test_latin1.c."""

import ours  # of the C test: join()
from support import differing, unequal


class Text(str):
    pass


ROWS = [
    ('nothing', ()),
    ('an empty text', ('',)),
    ('ASCII', ('a', 'bc', 'HTTP/1.0 200 OK\r\n')),
    ('a NUL stays', ('a\0', '\0b')),
    ('all that ISO-8859-1 has', (''.join(map(chr, range(256))), 'x')),
    ('the last and the first of them', ('\xff', '\0', '\x7f', '\x80')),
]


def not_as_encoded():
    return differing(ROWS, lambda texts: unequal(
        {'joined': ours.join(*texts)},
        {'joined': (''.join(texts).encode('iso-8859-1'), ''.join(texts))},
        ('C', 'Python')))
