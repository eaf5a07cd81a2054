"""The Python of test_headers.c: cases, each a function of H, which is our
class or the original."""

import gc
import re
import traceback
import weakref
import wsgiref.headers
from operator import contains, delitem, getitem, setitem

import ours  # of the C test: Headers, new(), new_noting(), formatparam()
from support import differing, unequal


class Original(wsgiref.headers.Headers):
    _formatparam = staticmethod(wsgiref.headers._formatparam)


Original.__name__ = 'Headers'


class Ours:
    """Calls as the class does, and has its methods."""

    _formatparam = staticmethod(ours.formatparam)

    def __new__(cls, *args):
        return ours.new(*args)


for name in ('setdefault', 'add_header', 'keys', 'values', 'items', 'get_all',
             '__repr__', '__str__', '__bytes__'):
    setattr(Ours, name, getattr(ours.Headers, name))


# What cases are made of.

class Str(str):
    pass


class NoRepr:
    def __repr__(self):
        raise KeyError('no repr')


class NotIterable:
    def __iter__(self):
        return 7


class GetItem:
    def __getitem__(self, i):
        return ('a', 'b')[i]


class Lower:
    """Its lower() is what it is told."""

    def __init__(self, to):
        self.to = to

    def lower(self):
        return self.to

    def __repr__(self):
        return 'Lower(%r)' % self.to


class Mod:
    """Answers '%s: %s' by itself."""

    def __init__(self, line):
        self.line = line

    def __rmod__(self, text):
        return self.line

    def __str__(self):
        return 'a Mod'

    def __getitem__(self, i):
        return ('a', 'b')[i]


class Grows:
    """A name that adds to the list while it is searched."""

    def __init__(self, to):
        self.to, self.left = to, 3

    def lower(self):
        self.left -= 1
        if self.left >= 0:
            self.to.append(('b', str(self.left)))
        if self.left < 0:
            del self.to[1:3]
        return 'grows'

    def __repr__(self):
        return 'Grows'


def raising(when, *items):
    yield from items
    raise OSError(when)


CONTROLS = [chr(c) for c in range(0xa1)] + ['\u2028', '\u0100']


def refused(H, name, value):
    """The message with which a header is, or None."""
    try:
        H([(name, value)])
    except ValueError as e:
        return str(e)


def h(H):
    return H([('Set-Cookie', 'a=1'), ('X-Empty', ''),
              ('SET-cookie', 'b=2'), ('\xc9', 'caf\xe9')])


def late(H, *entries):
    """Headers whose list an application has changed afterwards."""
    headers = h(H)
    headers._headers[:0] = entries
    return headers


def grows(H):
    headers = h(H)
    headers._headers[:0] = [(Grows(headers._headers), '1')] * 5
    return headers


def get(headers, *args):
    return headers.get(*args)


def get_all(headers, *args):
    return headers.get_all(*args)


def do(headers, method, *args, **kwargs):
    """What it gives or raises, and the list, which is the same, after it."""
    held = headers._headers
    try:
        result = method(headers, *args, **kwargs)
    except Exception as e:
        result = type(e).__name__, str(e)
    assert held is headers._headers
    return repr(result), repr(held)


LOOKS = [getitem, contains, delitem, get, get_all]
ODD = [
    None, 7, (), ('a',), ['a', 'b'], ('a', 'b', 'c'), 'ab', 'x', 'abc',
    (1, 2), (None, 'b'), (b'a', 'b'), {0: 'a', 1: 'b'}, {'a': 'b'},
    GetItem(), NotIterable(), Mod('a'), (Lower('a'), 1), (Lower(7), 1),
    (Str('A'), Str('b')), [Str('A'), 1], (b'A', b'b'), ('\xe9', 1)]


# The comparison.

def outcome(case, H):
    try:
        value = repr(case(H))
    except Exception as e:
        value = '%s: %s' % (type(e).__name__, e)
    return re.sub(' at 0x[0-9a-f]+', '', value)


def differences(case):
    return unequal({'outcome': outcome(case, Ours)},
                   {'outcome': outcome(case, Original)}, ('C', 'original'))


def not_as_in_the_original(rows):
    return differing(rows, differences)


def frames(case, H):
    """Those of the exception; none where the release raises none."""
    tb = None
    try:
        case(H)
    except Exception as e:
        tb = e.__traceback__
    return [f.name for f in traceback.extract_tb(tb)
            if f.filename.endswith(('/wsgiref/headers.py', '.c'))
            and f.name != '<listcomp>']


def frame_differences(case):
    return unequal({'frames': frames(case, Ours)},
                   {'frames': frames(case, Original)}, ('C', 'original'))


# What a list of headers must be. Without __debug__ only its type matters.
LISTS = [
    ('no argument is an empty list', lambda H: H()),
    ('None is one', lambda H: H(None)),
    ('a list without headers', lambda H: H([])),
    ('names and values', lambda H: H([
        ('Content-Type', 'text/plain'), ('X', '')])),
    ('a tuple is no list', lambda H: H(())),
    ('nor is a dict', lambda H: H({})),
    ('nor an empty str, though it is false', lambda H: H('')),
    ('nor 0, though it is false', lambda H: H(0)),
    ('nor a subclass of list', lambda H: H(type('L', (list,), {})())),
    ('nor a tuple of headers', lambda H: H((('a', 'b'),))),
    ('a pair may be a list', lambda H: H([['a', 'b']])),
    ('three are too many', lambda H: H([('a', 'b', 'c')])),
    ('one is not enough', lambda H: H([('a',)])),
    ('nor are none', lambda H: H([()])),
    ('three are too many in a list', lambda H: H([['a', 'b', 'c']])),
    ('one is not enough there', lambda H: H([['a']])),
    ('two letters are a pair', lambda H: H(['ab'])),
    ('three letters are too many', lambda H: H(['abc'])),
    ('one letter is not enough', lambda H: H(['a'])),
    ('two bytes unpack to ints, which are no names', lambda H: H([b'ab'])),
    ('None cannot be unpacked', lambda H: H([None])),
    ('nor can an int', lambda H: H([7])),
    ('a dict of two unpacks to its keys', lambda H: H([{'a': 1, 'b': 2}])),
    ('an iterator of two can be unpacked',
     lambda H: H([iter(('a', 'b'))])),
    ('one of three is too much', lambda H: H([iter(('a', 'b', 'c'))])),
    ('one of one is not enough', lambda H: H([iter('a')])),
    ('an iterator that raises at once', lambda H: H([raising('before')])),
    ('after one', lambda H: H([raising('after', 'a')])),
    ('after two', lambda H: H([raising('after', 'a', 'b')])),
    ('after three, which are too many before it raises',
     lambda H: H([raising('after', 'a', 'b', 'c')])),
    ('an __iter__() that gives an int', lambda H: H([NotIterable()])),
    ('__getitem__() is enough to be unpacked', lambda H: H([GetItem()])),
    ('the second header is looked at, too', lambda H: H([('a', 'b'), None])),
    ('a name of bytes', lambda H: H([(b'a', 'b')])),
    ('a value of bytes', lambda H: H([('a', b'b')])),
    ('a name that is an int', lambda H: H([(1, 'b')])),
    ('a value that is an int', lambda H: H([('a', 1)])),
    ('a value that is None', lambda H: H([('a', None)])),
    ('a value of a subclass of str', lambda H: H([('a', Str('b'))])),
    ('a name of a subclass of str', lambda H: H([(Str('a'), 'b')])),
    ('to show what is refused may be an error',
     lambda H: H([('a', NoRepr())])),
    ('a value may be outside Latin-1', lambda H: H([('a', '\u20ac')])),
    ('a name may be outside Latin-1', lambda H: H([('\u20ac', 'b')])),
    ('control characters at the end of a name',
     lambda H: [refused(H, 'X' + c, 'v') for c in CONTROLS]),
    ('and of a value, which may have a tab',
     lambda H: [refused(H, 'X', 'v' + c) for c in CONTROLS]),
    ('beside letters of one byte and of two',
     lambda H: [refused(H, c + '\xe9', '\u20ac' + c) for c in CONTROLS]),
    ('in a name beside one of four',
     lambda H: [refused(H, '\U0001f600' + c, '') for c in CONTROLS]),
    ('in a value beside one of four, with an empty name',
     lambda H: [refused(H, '', '\U0001f600' + c) for c in CONTROLS]),
]

MAPPING = [
    ('no header', lambda H: len(H())),
    ('each counts', lambda H: len(h(H))),
    ('without headers it is false', lambda H: bool(H())),
    ('with some it is true', lambda H: bool(h(H))),
    ('the first of a name counts', lambda H: h(H)['set-cookie']),
    ('in whatever case', lambda H: h(H)['SET-COOKIE']),
    ('a name that is not there is None', lambda H: h(H)['nothing']),
    ('so is an empty one', lambda H: h(H)['']),
    ('0 is no name: it has no lower()', lambda H: h(H)[0]),
    ('nor is None', lambda H: h(H)[None]),
    ('a line break in a name: None, or refused by later releases',
     lambda H: h(H)['a\n']),
    ('a tab in a name likewise', lambda H: h(H)['a\t']),
    ('bytes have lower(), but are no str', lambda H: h(H)[b'set-cookie']),
    ('lower() of a subclass of str is a str',
     lambda H: h(H)[Str('Set-Cookie')]),
    ('lower() of anything will do, if it is a str',
     lambda H: h(H)[Lower('set-cookie')]),
    ('if it is none, it is refused', lambda H: h(H)[Lower(7)]),
    ('it is in it', lambda H: 'set-cookie' in h(H)),
    ('not with a letter more', lambda H: 'set-cookies' in h(H)),
    ('not with a letter less', lambda H: 'set-cooki' in h(H)),
    ('also with an empty value', lambda H: 'x-empty' in h(H)),
    ('0 has no lower() here, either', lambda H: 0 in h(H)),
    ('a carriage return in a name likewise', lambda H: 'a\r' in h(H)),
    ('list() asks for [0], which has no lower()', lambda H: list(h(H))),
    ('the names', lambda H: sorted(h(H).keys())),
    ('dict() asks for keys() and then for each', lambda H: dict(h(H))),
    ('and so does **', lambda H: {**h(H)}),
    ('get(): an empty value', lambda H: h(H).get('X-Empty')),
    ('is no reason for the default', lambda H: h(H).get('x-empty', 'no')),
    ('a name that is not there', lambda H: h(H).get('nothing')),
    ('is', lambda H: h(H).get('nothing', 7)),
    ('the default may be named', lambda H: h(H).get('nothing', default=7)),
    ('and the name', lambda H: h(H).get(name='set-cookie')),
    ('an int is none', lambda H: h(H).get(1)),
    ('get() wants a name', lambda H: h(H).get()),
    ('and two arguments at most', lambda H: h(H).get(1, 2, 3)),
    ('and no other keyword', lambda H: h(H).get('a', nope=1)),
    ('get_all(): all of a name', lambda H: h(H).get_all('Set-Cookie')),
    ('none', lambda H: h(H).get_all('nothing')),
    ('the name may be named', lambda H: h(H).get_all(name='x-EMPTY')),
    ('a DEL in a name: nothing, or refused by later releases',
     lambda H: h(H).get_all('x\x7f')),
    ('an int is no name for it', lambda H: h(H).get_all(1)),
    ('it wants a name', lambda H: h(H).get_all()),
    ('keys() has each name, as often as it is there',
     lambda H: h(H).keys()),
    ('values() has the values', lambda H: h(H).values()),
    ('items() has both', lambda H: h(H).items()),
    ('in a new list', lambda H: (lambda x: [
        x.items().append(1), x.items() is x._headers])(h(H))),
    ("case is Unicode's: capital e acute", lambda H: H(
        [('\xc9', '1')])['\xe9']),
    ('a capital i with a dot has two letters in lower case',
     lambda H: H([('\u0130', '1')])['i\u0307']),
    ('the sign for Kelvin is a k in lower case',
     lambda H: H([('\u212aey', '1')])['key']),
    ('also the other way round', lambda H: H([('key', '1')])['\u212aEY']),
    ('lower() is not casefold(): sharp s is not ss',
     lambda H: H([('Stra\xdfe', '1')])['strasse']),
]

SETTING = [
    ('a name that is set replaces all of it, at the end',
     lambda H: do(h(H), setitem, 'Set-Cookie', 'c=3')),
    ('in whatever case, and with its own',
     lambda H: do(h(H), setitem, 'set-cookie', 'c=3')),
    ('a new one, outside Latin-1',
     lambda H: do(h(H), setitem, 'New', '\u20ac')),
    ('a tab may be in a value',
     lambda H: do(h(H), setitem, 'New', 'a\tb')),
    ('a value that is refused: the old ones are gone all the same',
     lambda H: do(h(H), setitem, 'Set-Cookie', 'a\nb')),
    ('so they are with an int',
     lambda H: do(h(H), setitem, 'Set-Cookie', 1)),
    ('a name that is refused is so before they are gone',
     lambda H: do(h(H), setitem, 'Set-Cookie\n', 'a')),
    ('a subclass of str is refused when they are gone',
     lambda H: do(h(H), setitem, Str('Set-Cookie'), 'a')),
    ('and so is what only has lower()',
     lambda H: do(h(H), setitem, Lower('set-cookie'), 'a')),
    ('what has none is refused before',
     lambda H: do(h(H), setitem, 7, 'a')),
    ('del takes all of a name',
     lambda H: do(h(H), delitem, 'Set-Cookie')),
    ('del in whatever case', lambda H: do(h(H), delitem, 'SET-COOKIE')),
    ('del of a name that is not there is no error',
     lambda H: do(h(H), delitem, 'nothing')),
    ('nor is that of an empty one', lambda H: do(h(H), delitem, '')),
    ('del of an int is', lambda H: do(h(H), delitem, 7)),
    ('del of a line break: nothing, or refused by later releases',
     lambda H: do(h(H), delitem, 'a\n')),
    ('del of what only has lower()',
     lambda H: do(h(H), delitem, Lower('set-cookie'))),
    ('setdefault() gives the first of a name',
     lambda H: do(h(H), H.setdefault, 'Set-Cookie', 'c')),
    ('an empty value is one',
     lambda H: do(h(H), H.setdefault, 'x-empty', 'c')),
    ('a name that is not there is added, and its value given',
     lambda H: do(h(H), H.setdefault, 'New', 'c')),
    ('arguments may be named',
     lambda H: do(h(H), H.setdefault, name='New', value='c')),
    ('a line break in the name',
     lambda H: do(h(H), H.setdefault, 'New\n', 'c')),
    ('a line break in the value',
     lambda H: do(h(H), H.setdefault, 'New', 'c\n')),
    ('a value of None', lambda H: do(h(H), H.setdefault, 'New', None)),
    ('a value of a subclass of str',
     lambda H: do(h(H), H.setdefault, 'New', Str('c'))),
    ('a name of a subclass of str',
     lambda H: do(h(H), H.setdefault, Str('New'), 'c')),
    ('it wants a value', lambda H: do(h(H), H.setdefault, 'New')),
    ('it wants a name', lambda H: do(h(H), H.setdefault, 7, 'c')),
]

ADDING = [
    ('a parameter', lambda H: do(
        h(H), H.add_header, 'C', 'attachment', filename='bud.gif')),
    ('underscores become dashes; None has no "=", nor has an empty value',
     lambda H: do(h(H), H.add_header, 'C', 'a', b_c_d='e', f=None, g='',
                  h_i=None)),
    ('quotes and backslashes are escaped', lambda H: do(
        h(H), H.add_header, 'C', 'a', b='q"u\\o"te')),
    ('a value of None is left out', lambda H: do(
        h(H), H.add_header, 'C', None, b='c')),
    ('also when nothing follows',
     lambda H: do(h(H), H.add_header, 'C', None)),
    ('an empty value', lambda H: do(h(H), H.add_header, 'C', '')),
    ('an empty value and a parameter',
     lambda H: do(h(H), H.add_header, 'C', '', b='c')),
    ('a parameter that is an int',
     lambda H: do(h(H), H.add_header, 'C', 'a', b=1)),
    ('a line break in a parameter',
     lambda H: do(h(H), H.add_header, 'C', 'a', b='c\n')),
    ('a tab in a parameter',
     lambda H: do(h(H), H.add_header, 'C', 'a', b='c\td')),
    ('a tab in the name of a parameter',
     lambda H: do(h(H), H.add_header, 'C', 'a', **{'b\t': 'c'})),
    ('a line break in the value',
     lambda H: do(h(H), H.add_header, 'C', 'a\n', b='c')),
    ('a tab in the name',
     lambda H: do(h(H), H.add_header, 'C\t', 'a', b='c')),
    ('a name that is an int',
     lambda H: do(h(H), H.add_header, 1, 'a')),
    ('a value that is an int',
     lambda H: do(h(H), H.add_header, 'C', 1)),
    ('a parameter of a subclass of str',
     lambda H: do(h(H), H.add_header, 'C', 'a', b=Str('c'))),
    ('name and value may be named: _name, _value', lambda H: do(
        h(H), H.add_header, _name='C', _value='a', _other='c')),
    ('one of them may be',
     lambda H: do(h(H), H.add_header, 'C', _value='a', b='c')),
    ('a third argument is one too many',
     lambda H: do(h(H), H.add_header, 'C', 'a', 'b')),
    ('the name twice',
     lambda H: do(h(H), H.add_header, 'C', 'a', _name='b')),
    ('the value is missing', lambda H: do(h(H), H.add_header, 'C')),
    ('both are', lambda H: do(h(H), H.add_header, b='c')),
]

TEXT = [
    ('repr() of none', lambda H: repr(H())),
    ('repr() shows the list', lambda H: repr(h(H))),
    ('str() of none is the blank line', lambda H: str(H())),
    ('str() has a line for each, and the blank line',
     lambda H: str(h(H))),
    ('bytes() of none', lambda H: bytes(H())),
    ('bytes() is in Latin-1', lambda H: bytes(h(H))),
    ('str() may have what is outside it',
     lambda H: str(H([('X-A', '\u20ac')]))),
    ('bytes() may not', lambda H: bytes(H([('X-A', '\u20ac')]))),
    ('an e acute is in it', lambda H: bytes(H([('X-A', 'caf\xe9')]))),
    ('a name outside it', lambda H: bytes(H([('\u20ac', 'b')]))),
    ('empty ones, what looks like a format, spaces: as they are', lambda H:
     bytes(H([('', ''), ('%s', '%d'), ('a b', '  c  ')]))),
    ("'%s' is str()", lambda H: '%s' % h(H)),
]

# A list that the application has changed afterwards.
CHANGED = [
    ('pairs of anything are shown', lambda H: [
        str(late(H, kv)) for kv in [
            ('a', 1), (None, b'c'), (Str('x'), 2)]]),
    ("a list is one argument of '%s: %s'",
     lambda H: str(late(H, ['a', 'b']))),
    ('a tuple of one is one', lambda H: str(late(H, ('a',)))),
    ('a tuple of three is one too many',
     lambda H: str(late(H, ('a', 'b', 'c')))),
    ('a str is one argument', lambda H: str(late(H, 'ab'))),
    ('and so is a dict', lambda H: str(late(H, {'a': 1}))),
    ('what answers % by itself is asked',
     lambda H: str(late(H, Mod('line')))),
    ('what it gives is joined, if it is a str',
     lambda H: str(late(H, Mod(7)))),
    ('str() of a value may be an error',
     lambda H: str(late(H, ('a', NoRepr())))),
    ('in bytes() as well', lambda H: bytes(late(H, ('a', NoRepr())))),
    ('and in repr()', lambda H: repr(late(H, NoRepr()))),
    ('odd entries, looked through for a name', lambda H: [
        do(late(H, kv), f, 'a') for kv in ODD for f in LOOKS]),
    ('odd entries, when a name is set', lambda H: [
        do(late(H, kv), setitem, 'a', 'b') for kv in ODD]),
    ('odd entries, and setdefault()', lambda H: [
        do(late(H, kv), H.setdefault, 'a', 'b') for kv in ODD]),
    ('odd entries counted, and parted into names and values', lambda H: [
        do(late(H, kv), f) for kv in ODD for f in [len, H.keys, H.values]]),
    ('odd entries copied and shown', lambda H: [
        do(late(H, kv), f) for kv in ODD for f in [H.items, H.__repr__]]),
    ('odd entries as text', lambda H: [
        do(late(H, kv), f) for kv in ODD for f in [H.__str__, H.__bytes__]]),
    ('three ints are three entries', lambda H: len(late(H, 1, 2, 3))),
    ('a list that grows and shrinks while get() looks through it',
     lambda H: grows(H).get('b')),
    ('while get_all() does', lambda H: grows(H).get_all('b')),
    ('while del does', lambda H: do(grows(H), delitem, 'b')),
]

CASES = [('%s: %s' % (chapter, words), case)
         for chapter, rows in (
             ('a list', LISTS), ('a mapping', MAPPING),
             ('set and delete', SETTING), ('add_header', ADDING),
             ('as text', TEXT), ('a list that was changed', CHANGED))
         for words, case in rows]

FORMATPARAM = [(words, lambda H, args=args: H._formatparam(*args))
               for words, args in [
    ('no value', ('p',)),
    ('None is none', ('p', None)),
    ('None, not quoted', ('p', None, 0)),
    ('an empty value is none', ('p', '')),
    ('an empty value, not quoted', ('p', '', 0)),
    ('a value is quoted', ('p', 'v')),
    ('or not', ('p', 'v', 0)),
    ('but it is if there is a space', ('p', 'v w', 0)),
    ('and escaped', ('p', 'v\\"w', 0)),
    ('a backslash is escaped', ('p', 'v\\w')),
    ('a letter outside Latin-1', ('p', '\u20ac')),
    ('is no reason to quote', ('p', '\u20ac', 0)),
    ('an int has no length', ('p', 7)),
    ('an empty list is none', ('p', [], 0)),
    ('a list cannot be searched', ('p', [7], 0)),
    ('bytes cannot be replaced in', ('p', b'v')),
    ('nor can a list', ('p', [7])),
]]
FORMATPARAM += [
    ('%r, not quoted unless it must be' % chr(c),
     lambda H, c=c: H._formatparam('p', chr(c), 0))
    for c in range(0x20, 0x7f)
]

FAILING = [
    ('no list', lambda H: H(())),
    ('no pair', lambda H: H([None])),
    ('no str', lambda H: H([('a', b'b')])),
    ('a line break', lambda H: H([('a\n', 'b')])),
    ('[] of a line break', lambda H: h(H)['a\n']),
    ('[] of an int', lambda H: h(H)[0]),
    ('in', lambda H: 0 in h(H)),
    ('get()', lambda H: h(H).get(0)),
    ('get_all()', lambda H: h(H).get_all('a\n')),
    ('[] = with a line break in the name',
     lambda H: setitem(h(H), 'a\n', 'b')),
    ('with one in the value', lambda H: setitem(h(H), 'a', 'b\n')),
    ('with an int', lambda H: setitem(h(H), 'a', 1)),
    ('del', lambda H: delitem(h(H), 'a\n')),
    ('setdefault() with a line break in the name',
     lambda H: h(H).setdefault('a\n', 'b')),
    ('setdefault() with one in the value',
     lambda H: h(H).setdefault('a', 'b\n')),
    ('add_header() of an int', lambda H: h(H).add_header('a', 1)),
    ('add_header() to an int', lambda H: h(H).add_header(1, 'a')),
    ('[] in a list with an int', lambda H: late(H, 7)['a']),
    ('keys() of one', lambda H: late(H, 7).keys()),
    ('values() of one', lambda H: late(H, 7).values()),
    ('get_all() of one', lambda H: late(H, 7).get_all('a')),
    ('del in one', lambda H: delitem(late(H, 7), 'a')),
    ('str() of a list with a list', lambda H: str(late(H, ['a', 'b']))),
    ('bytes() of one', lambda H: bytes(late(H, ['a', 'b']))),
    ('bytes() of what is outside Latin-1',
     lambda H: bytes(late(H, ('a', '\u20ac')))),
]

LINE_BREAK = [FAILING[4]]


# Methods that put down that they are called.

calls = []


class OriginalNoting(wsgiref.headers.Headers):
    def __setitem__(self, name, val):
        calls.append(('__setitem__', name, val))
        return super().__setitem__(name, val)

    def __delitem__(self, name):
        calls.append(('__delitem__', name, None))
        return super().__delitem__(name)

    def get(self, name, default=None):
        calls.append(('get', name, default))
        return super().get(name, default)

    def __str__(self):
        calls.append(('__str__', None, None))
        return super().__str__()

    def _convert_string_type(self, value, **kw):
        calls.append(('_convert_string_type', value, kw.get('name')))
        return super()._convert_string_type(value, **kw)


class OursNoting:
    def __new__(cls, *args):
        return ours.new_noting(*args)


CALLING = [
    ('the class looks at names and values',
     lambda H: H([('A', 'b'), ('C', 'd')])),
    ('there may be none', lambda H: H()),
    ('in is get()', lambda H: 'content-length' in h(H)),
    ('in whatever case', lambda H: 'Content-Length' in h(H)),
    ('[] is get()', lambda H: h(H)['X-Empty']),
    ('get()', lambda H: h(H).get('X-Empty', '1')),
    ('get_all() is not', lambda H: h(H).get_all('X-Empty')),
    ('[] = is del, and then looks at name and value',
     lambda H: setitem(h(H), 'Content-Length', '14')),
    ('del', lambda H: delitem(h(H), 'Content-Length')),
    ('setdefault() of what is not there is get(), and looks at both',
     lambda H: h(H).setdefault('Content-Length', '0')),
    ('of what is there it is get()',
     lambda H: h(H).setdefault('Set-Cookie', '0')),
    ('add_header() looks at everything',
     lambda H: h(H).add_header('A', 'b', c='d', e=None)),
    ('but at no None', lambda H: h(H).add_header('A', None)),
    ('bytes() is str()', lambda H: bytes(h(H))),
    ('str()', lambda H: str(h(H))),
    ('repr() is by itself', lambda H: repr(h(H))),
    ('and so are keys(), values(), items() and len()',
     lambda H: (h(H).keys(), h(H).values(), h(H).items(), len(h(H)))),
]


def called(case, H):
    calls.clear()
    case(H)
    return calls[:]


def call_differences(case):
    return unequal({'calls': called(case, OursNoting)},
                   {'calls': called(case, OriginalNoting)},
                   ('C', 'original'))


class Watched:
    pass


def collected(watched):
    """A function that tells whether it is gone once nobody else has it."""
    gone = weakref.ref(watched)

    def is_gone():
        gc.collect()
        return gone() is None
    return is_gone


# CPython's HeaderTests.

def mapping_interface():
    """What testMappingInterface sees, in its order."""
    test = [('x', 'y')]
    own = Ours(test)
    yield len(Ours()), len(Ours([]))
    yield len(own), own.keys(), own.values(), own.items()
    yield own.items() is test, own.items() == test  # a copy
    headers = Ours()
    del headers['foo']  # not there: no error
    headers['Foo'] = 'bar'
    for look in (lambda name: name in headers, headers.get, headers.get_all,
                 lambda name: headers[name]):
        yield [bool(look(name)) for name in ('foo', 'Foo', 'FOO', 'bar')]
    yield headers['foo']
    headers['foo'] = 'baz'
    yield headers['FOO'], headers.get_all('foo')
    yield headers.get('foo', 'whee'), headers.get('zoo', 'whee')
    yield (headers.setdefault('foo', 'whee'),
           headers.setdefault('zoo', 'whee'))
    yield headers['foo'], headers['zoo']


def refuses(method, *args, **kwargs):
    if isinstance(method, str):
        method = getattr(ours.Headers, method)
    try:
        method(Ours(), *args, **kwargs)
    except ValueError:
        return True
    return False


CONTROL_CHARACTERS = [(repr(c), c) for c in [*map(chr, range(0x20)), '\x7f']]


def permits(c):
    """What is wrong with the refusals of a control character: a tab may be in
    a value, not in a name."""
    tab = c == '\t'
    refusals = {
        'add_header name': refuses('add_header', 'key' + c, 'val', p='p'),
        'setdefault name': refuses('setdefault', 'key' + c, 'val'),
        '[] = name': refuses(setitem, 'key' + c, 'val'),
        '[] = value': refuses(setitem, 'key', 'val' + c) != tab,
        'setdefault value': refuses('setdefault', 'key', 'val' + c) != tab,
        'add_header value': refuses('add_header', 'key', 'val' + c) != tab,
        'add_header parameter':
            refuses('add_header', 'key', 'val', p='p' + c) != tab,
    }
    return ''.join('    %s\n' % where for where in refusals
                   if not refusals[where])
