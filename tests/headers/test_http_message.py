"""The Python of test_http_message.c."""

import http.client
import io
import random
import traceback

import ours  # of the C test: parse(), strip()
from support import differing, unequal


def in_c(block):
    """The items and the content type of a header block."""
    return ours.parse(io.BytesIO(block))


def original(block):
    message = http.client.parse_headers(io.BytesIO(block))
    return message.items(), message.get_content_type()


def outcome(parse, block):
    try:
        return parse(block)
    except Exception as e:
        return type(e).__name__, str(e)


def differences(block, wanted=None):
    """How ours differs from the original, and its items from those wanted."""
    c = outcome(in_c, block)
    found = unequal({'outcome': c}, {'outcome': outcome(original, block)},
                    ('C', 'original'))
    if wanted is not None:
        found += unequal({'items': c[0]}, {'items': wanted}, ('C', 'wanted'))
    return found


def not_as_in_the_original(rows):
    return differing(rows, differences)


# Header blocks as they follow the request line, up to the blank line; the
# items that the original makes of them, as measured. None: this depends on the
# release.
BLOCKS = [
    ('one header', b'Host: h', [('Host', 'h')]),
    ('no header', b'', []),
    # what is no header ends the block
    ('no colon ends it', b'X-A: 1\r\nno colon here\r\nX-B: 2',
     [('X-A', '1')]),
    ('a space before the colon', b'X-A: 1\r\nX-S : v\r\nX-B: 2',
     [('X-A', '1')]),
    ('a tab before the colon', b'X-A: 1\r\nX-S\t: v\r\nX-B: 2',
     [('X-A', '1')]),
    ('a space in a name', b'X-A: 1\r\nX S: v\r\nX-B: 2', [('X-A', '1')]),
    ('a letter beyond ASCII in a name', b'X-A: 1\r\nX-\xe9: v\r\nX-B: 2',
     [('X-A', '1')]),
    ('a control character in a name', b'X-A: 1\r\nX\x01Y: v\r\nX-B: 2',
     [('X-A', '1')]),
    ('a DEL in a name', b'X-A: 1\r\nX\x7fY: v\r\nX-B: 2', [('X-A', '1')]),
    ('a NUL for a name', b'X-A: 1\r\n\x00: v\r\nX-B: 2', [('X-A', '1')]),
    ('no colon in the first line', b'nope\r\nHost: h', []),
    ('none in the second', b'X-A: 1\r\nbad line\r\nHost: h',
     [('X-A', '1')]),
    ('a CR more is a blank line, at the beginning', b'\r\r\nX-B: 2', []),
    ('and after a header', b'X-A: 1\r\r\nX-B: 2', [('X-A', '1')]),
    # no name
    ('a line without a name is left out', b'X-A: 1\r\n: v\r\nX-B: 2',
     [('X-A', '1'), ('X-B', '2')]),
    ('and so is what continues it', b'X-A: 1\r\n: v\r\n more\r\nX-B: 2',
     [('X-A', '1'), ('X-B', '2')]),
    # values, with white space before them gone, and none after
    ('an empty value', b'X-A:\r\nX-B: 2', [('X-A', ''), ('X-B', '2')]),
    ('spaces and tabs before a value go, those after it stay',
     b'X-A:1\r\nX-B:\t2\t\r\nX-C:   3   ',
     [('X-A', '1'), ('X-B', '2\t'), ('X-C', '3   ')]),
    ('the first colon counts', b'X-A: a:b:c', [('X-A', 'a:b:c')]),
    ('a colon for a value', b'X-A: :', [('X-A', ':')]),
    ('other white space before a value stays', b'X-A: \x0b\x0c\xa0v',
     [('X-A', '\x0b\x0c\xa0v')]),
    ('a value is in Latin-1', b'X-A: caf\xe9', [('X-A', 'caf\xe9')]),
    ('even if it looks like UTF-8', b'X-A: caf\xc3\xa9',
     [('X-A', 'caf\xc3\xa9')]),
    ('a NUL in a value stays', b'X-A: a\x00b\r\nX-B: 2',
     [('X-A', 'a\x00b'), ('X-B', '2')]),
    ('and so do other control characters', b'X-A: a\x01\x1b\x7fb',
     [('X-A', 'a\x01\x1b\x7fb')]),
    ('a vertical tab and a form feed end no line', b'X-A: a\x0bb\x0cc',
     [('X-A', 'a\x0bb\x0cc')]),
    ('nor do a file separator and a next line', b'X-A: a\x1cb\x85c',
     [('X-A', 'a\x1cb\x85c')]),
    ('an encoded word is not decoded', b'Subject: =?utf-8?q?caf=C3=A9?=',
     [('Subject', '=?utf-8?q?caf=C3=A9?=')]),
    # continuation lines
    ('lines that begin with a space or a tab continue a value',
     b'X-A: one\r\n two\r\n\tthree\r\nX-B: 2',
     [('X-A', 'one\r\n two\r\n\tthree'), ('X-B', '2')]),
    ('also that of the first header',
     b'Host: h\r\n folded first\r\nX-B: 2',
     [('Host', 'h\r\n folded first'), ('X-B', '2')]),
    ('with nothing but a space', b'X-A: one\r\n \r\nX-B: 2',
     [('X-A', 'one\r\n '), ('X-B', '2')]),
    ('a value that begins in the second line', b'X-A:\r\n two\r\nX-B: 2',
     None),
    ('one that begins in the third, after all kinds of breaks',
     b'X-A: \t\n\t \r two\r\nX-B: 2', None),
    ('one that never begins', b'X-A:\r\n \r\nX-B: 2', None),
    ('a lone CR or LF may stand before a continuation',
     b'X-A: one\r two\n three', [('X-A', 'one\r two\n three')]),
    ('a continuation of nothing is left out', b' folded: x\r\nHost: h',
     [('Host', 'h')]),
    ('and so are two', b'\tfolded: x\r\n twice\r\nHost: h',
     [('Host', 'h')]),
    ('the line break stays in values that matter',
     b'Content-Length: 5\r\n 6\r\nContent-Type: a/b;\r\n c=d',
     [('Content-Length', '5\r\n 6'), ('Content-Type', 'a/b;\r\n c=d')]),
    # a lone CR or LF ends a line, too
    ('a lone CR ends a line: another header',
     b'X-A: a\rX-Inj: yes\r\nX-B: 2',
     [('X-A', 'a'), ('X-Inj', 'yes'), ('X-B', '2')]),
    ('or what is none', b'X-A: a\rb\r\nX-B: 2', [('X-A', 'a')]),
    ('and so does a lone LF', b'X-A: a\nX-B: b\rX-C: c',
     [('X-A', 'a'), ('X-B', 'b'), ('X-C', 'c')]),
    # a mailbox's "From "
    ('the "From " of a mailbox is left out at the beginning',
     b'From me@here Mon: x\r\nX-B: 2', [('X-B', '2')]),
    ('and later', b'X-A: 1\r\nFrom me@here Mon: x\r\nX-B: 2',
     [('X-A', '1'), ('X-B', '2')]),
    ('with what continues it',
     b'X-A: 1\r\nFrom me\r\n more\r\nX-B: 2',
     [('X-A', '1'), ('X-B', '2')]),
    ('From with a colon is a header', b'From: me@here\r\nX-B: 2',
     [('From', 'me@here'), ('X-B', '2')]),
    ('with a space before the colon it is that of a mailbox',
     b'X-A: 1\r\nFrom : me\r\nX-B: 2', [('X-A', '1'), ('X-B', '2')]),
    ('an escaped one is a header', b'>From: x\r\nX-B: 2',
     [('>From', 'x'), ('X-B', '2')]),
    ('at the end it is left out', b'Host: h\r\nFrom me@here Mon: x',
     [('Host', 'h')]),
    ('without a space it is no header', b'From\r\nX-B: 2', []),
    ('nor is it one in lower case', b'from me\r\nX-B: 2', []),
    # names
    ('a name may begin with a digit, and end with a dash',
     b'1: one\r\n9-: nine', [('1', 'one'), ('9-', 'nine')]),
    ('an underscore is no dash', b'X_A: under\r\nX-A: dash',
     [('X_A', 'under'), ('X-A', 'dash')]),
    ('signs in names, also those that HTTP has not',
     b'X!#$%&*+.^_`|~: v\r\nX(Y)/Z: w',
     [('X!#$%&*+.^_`|~', 'v'), ('X(Y)/Z', 'w')]),
    ('the same name more than once', b'X-A: 1\r\nX-A: 2\r\nx-a: 3',
     [('X-A', '1'), ('X-A', '2'), ('x-a', '3')]),
    ('also without values', b'X-A:\r\nX-A:\r\nX-A: 3',
     [('X-A', ''), ('X-A', ''), ('X-A', '3')]),
    # what Python takes for a body is none of the headers
    ('the headers of a message within are not ours',
     b'Content-Type: message/rfc822\r\rX-A: 1',
     [('Content-Type', 'message/rfc822')]),
    ('nor are those of a part',
     b'Content-Type: multipart/form-data; boundary=b\r\n'
     b'nope\r--b\rX-A: 1',
     [('Content-Type', 'multipart/form-data; boundary=b')]),
    ('nor those of a digest',
     b'Content-Type: multipart/digest; boundary=b\r\rX-A: 1',
     [('Content-Type', 'multipart/digest; boundary=b')]),
]
BLOCKS = [(words, block + b'\r\n\r\nrest', items)
          for words, block, items in BLOCKS]

END_OF_FILE = [
    ('nothing', b'', []),
    ('in a value', b'X-A: part', [('X-A', 'part')]),
    ('after a line', b'X-A: line\r\n'),
    ('between CR and LF', b'X-A: line\r'),
    ('after a space', b' '),
    ('in a name', b'X'),
    ('after a colon', b'X:'),
    ('after "From "', b'From '),
    ('after a colon without a name', b':'),
    ('between CR and LF after one letter', b'X: a\r'),
    ('after a CR', b'\r'),
    ('in a continuation', b'X: a\r\n b'),
]


def allowed_of_a_hundred():
    """How many of a hundred headers this release takes: all or none."""
    block = b'X: v\r\n' * 100 + b'\r\n'
    try:
        return len(http.client.parse_headers(io.BytesIO(block)))
    except http.client.HTTPException:
        return 0


class Raises(io.BytesIO):
    def readline(self, size):
        raise ConnectionResetError(104, 'reset')


def frames(parse, file):
    try:
        parse(file)
    except Exception as e:
        tb, text = e.__traceback__, str(e)
    return text, [
        f.name.lstrip('_') for f in traceback.extract_tb(tb)
        if f.filename.endswith(('/http/client.py', '/http_message.c'))]


def content_type(words, value):
    return (words, ('Content-Type:%s\r\n\r\n' % value).encode('latin-1'))


CONTENT_TYPES = [
    content_type('an empty type is text/plain', ''),
    content_type('and so is a space', ' '),
    content_type('and what has no slash', 'nonsense'),
    content_type('a type', 'text/html'),
    content_type('it is in lower case, without parameters',
                 'TEXT/HTML; C="x"'),
    content_type('and without spaces around it', '  text/html  '),
    content_type('two slashes are text/plain', 'a/b/c'),
    content_type('nothing after a slash is a type', 'a/'),
    content_type('nothing before it is one', '/b'),
    content_type('nothing around it is one', '/'),
    content_type('two slashes and nothing else', '//'),
    content_type('nothing but a semicolon', ';'),
    content_type('a slash among the parameters is none', 'a;b/c'),
    content_type('nor is one after nothing', ' ; a/b'),
    content_type('nor does one there count', 'a/b;c/d'),
    content_type('a space within a type stays', 'a /b'),
    content_type('a no-break space and a next line around it go',
                 '\xa0a/b\x85'),
    content_type('and so do separators of ASCII', '\x1ca/b\x1f'),
    content_type('lower case of Latin-1', '\xc9/\xdf'),
    content_type('a form', 'multipart/form-data'),
    content_type('a message', 'message/rfc822'),
    content_type('a digest', 'multipart/digest; boundary=x'),
    content_type('a part of a message', 'message/partial'),
    content_type('a NUL stays', 'a\0/b'),
    content_type('many parts without a boundary', 'multipart/mixed'),
    content_type('a parameter in a second line', 'a/b;\r\n c=d'),
    content_type('a slash in a second line', 'a\r\n /b'),
    content_type('lower case of a micro sign', '\xb5/\xb5'),
    ('the first of two counts, whatever its case',
     b'content-TYPE: A/B\r\nContent-Type: c/d\r\n\r\n'),
    ('there is none', b'X-A: b\r\n\r\n'),
    ('there is one of another name', b'Content-Types: a/b\r\n\r\n'),
]

BOUNDARIES = [
    ('%s in %s' % (words, type),
     ('Content-Type: %s; %s\r\n\r\n' % (type, parameter)).encode())
    for type in ('multipart/mixed', 'MULTIPART/x', 'text/x')
    for words, parameter in (
        ('a boundary in pieces of two kinds', 'boundary*=a; boundary*0=b'),
        ('a boundary', 'boundary=b'),
        ('an encoded boundary without a charset', 'boundary*=b'),
        ('a piece with a number of 5000 digits',
         'boundary*' + '9' * 5000 + '=x'),
        ('an encoded boundary with a NUL', "boundary*=a\0b'en'x\""),
        ('no boundary', ''))
]

PIECES = [
    b'\r', b'\n', b'\r\n', b'\r\n', b'\r\n', b':', b': ', b' ', b'\t', b'\0',
    b'\x0b', b'\x0c', b'\x1c', b'\x85', b'\xa0', b'\x7f', b'\xe9', b';',
    b'/', b'From ', b'From', b'X-A', b'X-B: v', b'X-A: 1\r\n', b'\r\n ',
    b'a', b'Z', b'Content-Type', b'Content-Type: ', b'text/html',
    b'\r\nContent-Type: ', b'multipart/mixed; boundary=b',
    b'multipart/digest; boundary=b', b'message/rfc822', b'--b',
    b'message/delivery-status', b'x' * 4090, b'\r\n\r\n', b'\r\nX-C: ',
    b'\rX-D:', b'\nFrom ', b'\r\n:', b'\n\t']
WEIGHTS = [5] * len(PIECES)
WEIGHTS[-7:] = [1, 1, 60, 40, 10, 10, 10]


def random_blocks(count, seed):
    choose = random.Random(seed)
    for _ in range(count):
        block = b''.join(choose.choices(PIECES, WEIGHTS,
                                        k=choose.randrange(40)))
        if choose.randrange(4):
            block = b'X-A: ' + block
        yield repr(block), block


sizes = set()  # how many headers the random blocks have had


def random_differences(block):
    sizes.add(len(original(block)[0]))
    return differences(block)


def random_not_as_in_the_original(count, seed):
    return differing(list(random_blocks(count, seed)), random_differences)


def original_and_rest(block):
    file = io.BytesIO(block)
    message = http.client.parse_headers(file)
    return (message.items(), message.get_content_type()), file.read()


def buffered_differences(block):
    return unequal({'outcome': outcome(ours.parse_buffered, block)},
                   {'outcome': outcome(original_and_rest, block)},
                   ('C', 'original'))


def buffered_not_as_in_the_original():
    """Of all blocks above, and of some with as many lines as there may be."""
    rows = [(words, block) for words, block, *_ in
            BLOCKS + END_OF_FILE + CONTENT_TYPES + BOUNDARIES]
    rows += [(f'{count} lines and {end!r}', b'X: v\r\n' * count + end + b'rest')
             for count in (98, 99, 100, 101)
             for end in (b'\r\n', b'\n', b'')]
    rows += [(words, block) for words, block in random_blocks(5000, 4444)
             if len(block) <= 65536]
    return differing(rows, buffered_differences)


# Python's parser is fed 8192 characters at a time.
LONG_BLOCKS = [
    ('%s after %d bytes of a value' % (words, at),
     b'X: ' + b'y' * at + end + b'Z: 1\r\n\r\n')
    for words, end in (
        ('CR LF', b'\r\n'), ('CR', b'\r'), ('LF', b'\n'),
        ('CR LF CR', b'\r\n\r'), ('CR, a space, CR LF', b'\r \r\n'))
    for at in range(8180, 8200)]


# White space, and what looks like it, at both ends of a value.
ENDS = ['', ' ', '\t', ' \t ', '\x0b', '\x0c', '\x1c\x1f', '\x1b', '\x85',
        '\xa0', '\xad', '\u2003', '\u3000 ', '\u200b', '\U0001f600']
STRIPPED = [
    ('%a before, %a behind' % (before, behind),
     'A: %sv w%s\r\nB:%s\r\n' % (before, behind, before))
    for before in ENDS for behind in ENDS]


def not_stripped():
    def differences(text):
        stripped, values = ours.strip(text)
        return unequal({'values': stripped},
                       {'values': [value.strip() for value in values]})
    return differing(STRIPPED, differences)
