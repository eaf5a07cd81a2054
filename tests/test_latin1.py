"""The Python of test_latin1.c."""

import sys

import ours  # of the C test: join(), printable(), find(), decimal()
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


# Every character, alone and at every place of texts of several lengths.
TEXTS = [''] + [
    'a' * at + chr(c) + 'b' * (size - at - 1)
    for size in (1, 2, 7, 8, 9, 16, 19) for at in range(size)
    for c in (range(256) if size < 10 else (0, 9, 31, 32, 126, 127, 128, 255))]


def not_printable_as_in_python():
    return differing([(repr(text), text) for text in TEXTS],
                     lambda text: unequal(
        {'printable': ours.printable(text)},
        {'printable': text.isascii() and text.isprintable()}))


def not_found_as_in_python():
    rows = [(repr((text, c)), text, c)
            for text in TEXTS[:300] + ['a?b?', 'caf\xe9?', '\u20ac?', '?\0']
            for c in '?a\0']
    return differing(rows, lambda text, c: unequal(
        {'found': ours.find(text, c)}, {'found': text.find(c)}))


def not_written_as_by_python():
    numbers = [*range(1001), 10 ** 9, sys.maxsize - 1, sys.maxsize]
    return differing([(str(number), number) for number in numbers],
                     lambda number: unequal({'text': ours.decimal(number)},
                                            {'text': str(number)}))
