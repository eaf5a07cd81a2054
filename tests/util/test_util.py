"""The Python of test_util.c."""

import io
import random
import traceback
import types
import wsgiref.util

import ours  # of the C test: the functions of wsgiref.util, in C
from support import differing, unequal


# The comparison: the value, the exception with its frames, and the environ
# afterwards.

def describe(value):
    if isinstance(value, (io.BytesIO, io.StringIO)):
        return type(value), value.getvalue()
    return type(value), repr(value)


def outcome(function, env, *args):
    try:
        seen = 'value', describe(function(env, *args))
    except Exception as e:
        # a list comprehension is a frame before 3.12
        frames = [f.name for f in traceback.extract_tb(e.__traceback__)
                  if f.name != '<listcomp>']
        seen = 'raised', type(e), str(e), frames[1:]
    try:
        items = [(k, describe(v)) for k, v in dict(env).items()]
    except Exception:
        items = None
    return {'outcome': seen, 'environ': items}


def call_differences(make_environ, name, *args):
    """How a call differs; each gets an environ of its own."""
    found = unequal(
        outcome(getattr(ours, name), make_environ(), *args),
        outcome(getattr(wsgiref.util, name), make_environ(), *args))
    return found and '  %s%r\n%s' % (name, args, found)


# The functions and their arguments after the environ.
CALLS = [('guess_scheme',), ('application_uri',), ('request_uri',),
         ('request_uri', False), ('shift_path_info',),
         ('setup_testing_defaults',)]


def differences(make_environ):
    return ''.join(call_differences(make_environ, *call) for call in CALLS)


def not_as_in_python(rows):
    return differing(rows, differences)


# What environs are made of.

class S(str):
    pass


class Empty(str):
    def __bool__(self):
        return False


class Encodes(str):
    """Its encode() is what it is told."""

    def __new__(cls, result):
        self = str.__new__(cls, '/a')
        self.result = result
        return self

    def encode(self, *args):
        assert args == ('latin1', 'strict'), args
        return self.result


class EncodeFails(str):
    def encode(self, *args):
        raise KeyError('encode')


class Parts:
    """Its split('/') is what it is told."""

    def __init__(self, parts):
        self.parts = parts

    def __repr__(self):
        return 'Parts'

    def split(self, *args):
        assert args == ('/',), args
        return list(self.parts)


class Fails:
    """Whose truth is an error, and whether it equals anything; it can be
    added to."""

    def __repr__(self):
        return 'Fails'

    def __bool__(self):
        raise KeyError('bool')

    def __eq__(self, other):
        raise KeyError('eq')

    def __ne__(self, other):
        raise KeyError('ne')

    def __add__(self, other):
        return 'fails' + other


class NoGet(dict):
    def get(self, *args):
        raise KeyError('get')


class NoSet(dict):
    def __setitem__(self, k, v):
        raise KeyError('set')

    def setdefault(self, k, v):
        raise KeyError('setdefault')


class NoContains(dict):
    def __contains__(self, k):
        raise KeyError('contains')


class Watched(dict):
    """Every call, in its order, becomes part of the environ."""

    def __init__(self):
        self.log = []
        super().__init__({
            'PATH_INFO': '/a/b', 'SCRIPT_NAME': '',
            'wsgi.url_scheme': 'http', 'log': self.log, 'SERVER_NAME': 'a',
            'SERVER_PORT': '8', 'QUERY_STRING': 'q'})

    def __getitem__(self, k):
        self.log.append(('getitem', k))
        return super().__getitem__(k)

    def __setitem__(self, k, v):
        self.log.append(('setitem', k, v))
        super().__setitem__(k, v)

    def __contains__(self, k):
        self.log.append(('contains', k))
        return super().__contains__(k)

    def get(self, *args):
        self.log.append(('get', args))
        return super().get(*args)

    def setdefault(self, k, v):
        self.log.append(('setdefault', k, describe(v)))
        return super().setdefault(k, v)


class Broken(dict):
    def get(self, name):
        raise KeyError(name)


class Unequal:
    def __eq__(self, other):
        1 / 0


def http(**variables):
    """A scheme, and these."""
    return {'wsgi.url_scheme': 'http', **variables}


# Environs that are usual, incomplete, or none at all.
ENVIRONS = [
    ('empty: a KeyError of what is needed first', lambda: {}),
    ('a scheme, but no SERVER_NAME', lambda: http()),
    ('no SERVER_PORT', lambda: http(SERVER_NAME='a')),
    ('80 is the port of http: left out',
     lambda: http(SERVER_NAME='a', SERVER_PORT='80')),
    ('443 is not', lambda: http(SERVER_NAME='a', SERVER_PORT='443')),
    ('80 is not the port of https', lambda: {
        'wsgi.url_scheme': 'https', 'SERVER_NAME': 'a',
        'SERVER_PORT': '80'}),
    ('443 is: left out', lambda: {
        'wsgi.url_scheme': 'https', 'SERVER_NAME': 'a',
        'SERVER_PORT': '443'}),
    ('https without a port',
     lambda: {'wsgi.url_scheme': 'https', 'SERVER_NAME': 'a'}),
    ('another scheme is treated like http', lambda: {
        'wsgi.url_scheme': 'ftp', 'SERVER_NAME': 'a', 'SERVER_PORT': '21'}),
    ('an empty scheme', lambda: {'wsgi.url_scheme': '', 'HTTP_HOST': 'a'}),
    ('no scheme', lambda: {'HTTP_HOST': 'a'}),
    ('an empty HTTP_HOST is none', lambda: http(HTTP_HOST='')),
    ('then SERVER_NAME counts; everything is there', lambda: http(
        HTTP_HOST='', SERVER_NAME='a', SERVER_PORT='80', SCRIPT_NAME='/s',
        PATH_INFO='/p', QUERY_STRING='q')),
    # values of other types
    ('a scheme that is an int', lambda: {'wsgi.url_scheme': 1}),
    ('a scheme of None', lambda: {'wsgi.url_scheme': None}),
    ('a scheme of bytes', lambda: {'wsgi.url_scheme': b'http'}),
    ('a host that is an int', lambda: http(HTTP_HOST=1)),
    ('a host of bytes', lambda: http(HTTP_HOST=b'a')),
    ('a server name of None', lambda: http(SERVER_NAME=None)),
    ('a port that is an int is not 80',
     lambda: http(SERVER_NAME='a', SERVER_PORT=80)),
    ('a port of None', lambda: http(SERVER_NAME='a', SERVER_PORT=None)),
    ('a SCRIPT_NAME of bytes can be quoted',
     lambda: http(HTTP_HOST='a', SCRIPT_NAME=b'/s')),
    ('one that is an int cannot',
     lambda: http(HTTP_HOST='a', SCRIPT_NAME=1)),
    ('nor can None, but it is false: a slash',
     lambda: http(HTTP_HOST='a', SCRIPT_NAME=None)),
    ('and so is 0', lambda: http(HTTP_HOST='a', SCRIPT_NAME=0)),
    ('a PATH_INFO of bytes can be quoted',
     lambda: http(HTTP_HOST='a', PATH_INFO=b'/p')),
    ('one of None cannot', lambda: http(HTTP_HOST='a', PATH_INFO=None)),
    ('a QUERY_STRING of bytes', lambda: http(HTTP_HOST='a',
                                             QUERY_STRING=b'q')),
    ('one that is an int', lambda: http(HTTP_HOST='a', QUERY_STRING=1)),
    ('one of None is false: left out',
     lambda: http(HTTP_HOST='a', QUERY_STRING=None)),
    ('a PATH_INFO that is an int cannot be split',
     lambda: {'PATH_INFO': 1}),
    ('one of bytes cannot, by a str', lambda: {'PATH_INFO': b'/a/b'}),
    ('nor can a list', lambda: {'PATH_INFO': ['/a']}),
    ('a SCRIPT_NAME that is an int, to shift to',
     lambda: {'PATH_INFO': '/a', 'SCRIPT_NAME': 1}),
    ('one of bytes', lambda: {'PATH_INFO': '/a', 'SCRIPT_NAME': b'/s'}),
    ('one of None', lambda: {'PATH_INFO': '/a', 'SCRIPT_NAME': None}),
    ('whatever has split()',
     lambda: {'PATH_INFO': Parts(['', 'a', 'b', 'c'])}),
    ('parts that are false, in the middle, are left out', lambda: {
        'PATH_INFO': Parts(['', 'a', None, 0, b'', b'x', 'c'])}),
    ('a part whose truth is an error',
     lambda: {'PATH_INFO': Parts(['', Fails(), 'c'])}),
    ('a part that is an int', lambda: {'PATH_INFO': Parts(['', 7, 'c'])}),
    ('one at the end', lambda: {'PATH_INFO': Parts(['', 'a', 7])}),
    ('no parts', lambda: {'PATH_INFO': Parts([])}),
    ('a PATH_INFO without split()', lambda: {'PATH_INFO': Fails()}),
    ('subclasses of str everywhere', lambda: {
        'PATH_INFO': S('/a/b'), 'SCRIPT_NAME': S('/s'),
        'SERVER_NAME': S('n'), 'HTTP_HOST': S(''), 'SERVER_PORT': S('8'),
        'QUERY_STRING': S('q'), 'wsgi.url_scheme': S('http')}),
    ('paths that are false, though not empty', lambda: http(
        HTTP_HOST='a', PATH_INFO=Empty('/a'), SCRIPT_NAME=Empty('/s'))),
    ('an encode() that gives a bytearray', lambda: http(
        HTTP_HOST='a', PATH_INFO=Encodes(bytearray(b'\0/')))),
    ('one that gives a str',
     lambda: http(HTTP_HOST='a', PATH_INFO=Encodes('text'))),
    ('one that gives nothing',
     lambda: http(HTTP_HOST='a', SCRIPT_NAME=Encodes(b''))),
    ('one that fails',
     lambda: http(HTTP_HOST='a', PATH_INFO=EncodeFails('/a'))),
    ('a scheme that only can be added to',
     lambda: {'wsgi.url_scheme': Fails(), 'HTTP_HOST': 'a'}),
    ('a host whose truth is an error, HTTPS that cannot be compared',
     lambda: http(HTTP_HOST=Fails(), HTTPS=Fails())),
    ('a port that cannot be compared',
     lambda: http(SERVER_NAME='a', SERVER_PORT=Fails())),
    ('a SCRIPT_NAME whose truth is an error',
     lambda: http(HTTP_HOST='a', SCRIPT_NAME=Fails())),
    ('a QUERY_STRING whose truth is one',
     lambda: http(HTTP_HOST='a', QUERY_STRING=Fails())),
    # characters that are not latin-1, and what 3.11.2 cuts
    ('a path outside Latin-1 cannot be quoted',
     lambda: http(HTTP_HOST='a', PATH_INFO='/\u20ac')),
    ('nor can a surrogate',
     lambda: http(HTTP_HOST='a', SCRIPT_NAME='/\udc80')),
    ('host and query are not quoted',
     lambda: http(HTTP_HOST='\u20ac', QUERY_STRING='\u20ac')),
    ('a NUL is shifted with the rest',
     lambda: {'SCRIPT_NAME': '/a\0b', 'PATH_INFO': '/c\0d/e'}),
    # mappings of other types
    ('None', lambda: None),
    ('a list', lambda: []),
    ('a mapping that cannot be changed',
     lambda: types.MappingProxyType({'PATH_INFO': '/a'})),
    ('an object that has get() and nothing else',
     lambda: types.SimpleNamespace(get=lambda *a: '/a')),
    ('a get() that fails',
     lambda: NoGet({'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a'})),
    ('a __setitem__() and a setdefault() that fail',
     lambda: NoSet({'PATH_INFO': '/a'})),
    ('a __contains__() that fails', lambda: NoContains()),
    ('the calls, in their order', lambda: Watched()),
]


# Characters.

CHARACTERS = [
    ('every character of Latin-1, in both directions', lambda: http(
        HTTP_HOST='a', SCRIPT_NAME=''.join(map(chr, range(256))),
        PATH_INFO=''.join(map(chr, range(255, -1, -1))))),
]


def one_character(c):
    return lambda: http(HTTP_HOST='', SERVER_NAME='a', SERVER_PORT='80',
                        SCRIPT_NAME=c, PATH_INFO=c)


EACH_CHARACTER = [
    (repr(c), one_character(c), 'request_uri')
    for c in map(chr, range(0x200))
]


# Random environs.

rng = random.Random(3333)
PIECES = ['/', '/', '//', '.', '..', 'a', 'b;c', 'x=1,2', ' ', '%', '%2F',
          '\xe4', '\xff', '?', '#', '&', '+', '~', '-', ':', '\0', '\n',
          '\x7f', '\u20ac']


def text():
    if not rng.randrange(8):
        return rng.choice(['', None, 80, b'/'])
    return ''.join(rng.choices(PIECES[:-1], k=rng.randrange(7)))


def path():
    if not rng.randrange(30):
        return text()
    return ''.join(rng.choices(PIECES, k=rng.randrange(9)))


def slashed():
    result = path()
    if type(result) is str and rng.randrange(4):
        return '/' + result
    return result


VALUES = {
    'wsgi.url_scheme': lambda: rng.choice(['http', 'https', text()]),
    'HTTP_HOST': text, 'SERVER_NAME': text, 'QUERY_STRING': text,
    'HTTPS': lambda: rng.choice(['on', '1', 'off', text()]),
    'SERVER_PORT': lambda: rng.choice(['80', '443', '8000', text()]),
    'SCRIPT_NAME': slashed, 'PATH_INFO': slashed,
    'REQUEST_METHOD': text, 'SERVER_PROTOCOL': text,
}


def random_environ():
    present = rng.choice([3, 6, 20])
    return {k: make() for k, make in VALUES.items() if rng.randrange(present)}


counts = {'value': 0, 'raised': 0}  # neither is the rule


def random_differences(env):
    for name, *args in CALLS:
        seen = outcome(getattr(ours, name), dict(env), *args)['outcome']
        counts[seen[0]] += 1
    return differences(lambda: dict(env))


def random_not_as_in_python(count):
    environs = [random_environ() for _ in range(count)]
    return differing([(repr(env), env) for env in environs],
                     random_differences)


# Hop-by-hop headers.

HOP_BY_HOP = ['Connection', 'Keep-Alive', 'Proxy-Authenticate',
              'Proxy-Authorization', 'TE', 'Trailers', 'Transfer-Encoding',
              'Upgrade']
END_TO_END = ['Accept', 'Cache-Control', 'Date', 'Pragma', 'Trailer', 'Via',
              'Warning']
NAMES = [
    (words + ': ' + repr(name), name)
    for words, names in (
        ('as it is', HOP_BY_HOP),
        ('in upper case', [n.upper() for n in HOP_BY_HOP]),
        ('in lower case', [n.lower() for n in HOP_BY_HOP]),
        ('with an s', [n + 's' for n in HOP_BY_HOP]),
        ('without its last letter', [n[:-1] for n in HOP_BY_HOP]),
        ('end to end', ['Trailer', 'Accept', 'Set-Cookie', 'Date']),
        ('part of a name', ['', 'T', 'e', 'Kon']),
        ('the sign for Kelvin is a k in lower case', ['\u212aeep-Alive']),
        ('a dotted I is two letters in lower case', ['connect\u0130on']),
        ('beyond ASCII', ['\xe9']),
        ('with something behind it', ['te\0', 'te ']),
        ('a subclass of str', [S('TE')]))
    for name in names]


def name_differences(name):
    return unequal({'hop by hop': ours.is_hop_by_hop(name)},
                   {'hop by hop': wsgiref.util.is_hop_by_hop(name)})


def hop_by_hop_names():
    """How many of the names are, for Python."""
    return sum(wsgiref.util.is_hop_by_hop(name) for words, name in NAMES)


def hoppish_names():
    """Python keeps the set, or the __contains__ of one."""
    hoppish = wsgiref.util._hoppish
    return sorted(getattr(hoppish, '__self__', hoppish))


def forms(names):
    return [form(name) for name in names
            for form in (str, str.title, str.upper, str.lower)]


class Lower:
    """Its lower() is what it is told."""

    def __init__(self, result):
        self.result = result

    def lower(self):
        return self.result


def message_of_a_list():
    """What Python says of a lower() that is a list."""
    try:
        wsgiref.util.is_hop_by_hop(Lower([]))
    except TypeError as e:
        return str(e)
