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
    *(('one beyond ASCII at %d of %d' % (at, size),
       ('a' * at + '\xe9' + 'b' * (size - at - 1),))
      for size in range(1, 20) for at in range(size)),
    *(('ASCII, %d long' % size, ('a' * size,)) for size in range(20)),
    ('the last and the first of them', ('\xff', '\0', '\x7f', '\x80')),
]


def not_as_encoded():
    return differing(ROWS, lambda texts: unequal(
        as_seen(*ours.join(*texts)),
        as_seen(''.join(texts).encode('iso-8859-1'), ''.join(texts)),
        ('C', 'Python')))


def as_seen(encoded, text):
    return {'bytes': encoded, 'str': text, 'isascii': text.isascii(),
            'hash': hash(text), 'utf-8': text.encode()}
