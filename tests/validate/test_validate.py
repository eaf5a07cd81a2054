"""The Python of test_validate.c."""

import collections
import gc
import io
import sys
import traceback
import types
import warnings
import weakref

import ours
from same_as_original import (
    PLAIN, Bad, Bytes, Dict, List, Str, Told, Tuple, attributes, env, errors,
    log, outcome, row, say, serve, show, start_response, with_items)
from same_as_original import differences as differences_of_case
from support import differing

ENVIRON = [
    ('all is well', lambda V: V.check_environ(env())),
    # the type
    ('None is no dict', lambda V: V.check_environ(None)),
    ('nor is a list', lambda V: V.check_environ([])),
    ('nor is a subclass of dict', lambda V: V.check_environ(Dict(env()))),
    ('nor is a UserDict',
     lambda V: V.check_environ(collections.UserDict(env()))),
    ('an empty one misses REQUEST_METHOD first',
     lambda V: V.check_environ({})),
    # what must be there
    ('REQUEST_METHOD is required',
     lambda V: V.check_environ(env('REQUEST_METHOD'))),
    ('SERVER_NAME is required',
     lambda V: V.check_environ(env('SERVER_NAME'))),
    ('SERVER_PORT is required',
     lambda V: V.check_environ(env('SERVER_PORT'))),
    ('wsgi.version is required',
     lambda V: V.check_environ(env('wsgi.version'))),
    ('wsgi.input is required',
     lambda V: V.check_environ(env('wsgi.input'))),
    ('wsgi.errors is required',
     lambda V: V.check_environ(env('wsgi.errors'))),
    ('wsgi.multithread is required',
     lambda V: V.check_environ(env('wsgi.multithread'))),
    ('wsgi.multiprocess is required',
     lambda V: V.check_environ(env('wsgi.multiprocess'))),
    ('wsgi.run_once is required',
     lambda V: V.check_environ(env('wsgi.run_once'))),
    ('of two that miss, the first of the list is named',
     lambda V: V.check_environ(env('REQUEST_METHOD', 'wsgi.input'))),
    ('wsgi.url_scheme is not on the list: KeyError',
     lambda V: V.check_environ(env('wsgi.url_scheme'))),
    ('SCRIPT_NAME may miss, but the message that is made in vain needs it',
     lambda V: V.check_environ(env('SCRIPT_NAME'))),
    ('so may PATH_INFO, with the same end',
     lambda V: V.check_environ(env('PATH_INFO'))),
    ('even beside a SCRIPT_NAME',
     lambda V: V.check_environ(env('PATH_INFO', SCRIPT_NAME='/a'))),
    # what must not
    ('HTTP_CONTENT_TYPE should be CONTENT_TYPE',
     lambda V: V.check_environ(env(HTTP_CONTENT_TYPE='a/b'))),
    ('HTTP_CONTENT_LENGTH should be CONTENT_LENGTH',
     lambda V: V.check_environ(env(HTTP_CONTENT_LENGTH='1'))),
    ('the type is named before the length', lambda V: V.check_environ(
        env(HTTP_CONTENT_LENGTH='1', HTTP_CONTENT_TYPE='a'))),
    ('whatever its value',
     lambda V: V.check_environ(env(HTTP_CONTENT_TYPE=None))),
    ('and before the warning of QUERY_STRING', lambda V: V.check_environ(
        env('QUERY_STRING', HTTP_CONTENT_TYPE='a/b'))),
    # warnings
    ('without QUERY_STRING there is a warning',
     lambda V: V.check_environ(env('QUERY_STRING'))),
    ('which may be an error',
     lambda V: errors(V.check_environ, env('QUERY_STRING'))),
    ('a QUERY_STRING of None is there, and no str',
     lambda V: V.check_environ(env(QUERY_STRING=None))),
    ('two warnings', lambda V: V.check_environ(
        env('QUERY_STRING', REQUEST_METHOD='FOO'))),
    ('a warning, and then an error',
     lambda V: V.check_environ(env('QUERY_STRING', X=1))),
    ('an unknown method is warned of',
     lambda V: V.check_environ(env(REQUEST_METHOD='FOO'))),
    ('one in lower case is unknown',
     lambda V: V.check_environ(env(REQUEST_METHOD='get'))),
    ('so is an empty one', lambda V: V.check_environ(env(REQUEST_METHOD=''))),
    ('it is shown by repr()',
     lambda V: V.check_environ(env(REQUEST_METHOD='caf\xe9 \ud800\n'))),
    ('that warning may be an error',
     lambda V: errors(V.check_environ, env(REQUEST_METHOD='FOO'))),
    ('the methods that are known, and some that are not', lambda V: [
        V.check_environ(env(REQUEST_METHOD=method)) for method in (
            'GET HEAD POST OPTIONS PATCH PUT DELETE TRACE CONNECT '
            'PROPFIND').split()]),
    ('the warning comes before a wrong SCRIPT_NAME',
     lambda V: V.check_environ(env(REQUEST_METHOD='FOO', SCRIPT_NAME='/'))),
    # strings
    ('an int is no str', lambda V: V.check_environ(env(X=1))),
    ('nor is None', lambda V: V.check_environ(env(X=None))),
    ('nor are bytes', lambda V: V.check_environ(env(X=b'x'))),
    ('nor is a subclass of str', lambda V: V.check_environ(env(X=Str('x')))),
    ('what is refused is shown, once',
     lambda V: V.check_environ(env(X=Told('value')))),
    ('to show it may be an error', lambda V: V.check_environ(env(X=Bad()))),
    ('a name with a dot may be anything',
     lambda V: V.check_environ(env(x__y=Told('value')))),
    ('and is not looked at', lambda V: V.check_environ(env(x__y=Bad()))),
    ('a method that is no str',
     lambda V: V.check_environ(env(REQUEST_METHOD=1))),
    ('a port that is no str', lambda V: V.check_environ(env(SERVER_PORT=80))),
    ('a name that is an int has no dot, and cannot be looked through',
     lambda V: V.check_environ(with_items({5: 'x'}))),
    ('nor can None', lambda V: V.check_environ(with_items({None: 'x'}))),
    ('nor can bytes, for a str',
     lambda V: V.check_environ(with_items({b'X': 'x'}))),
    ('a tuple can', lambda V: V.check_environ(with_items({('X',): 'x'}))),
    ('one that has a dot may be anything',
     lambda V: V.check_environ(with_items({('X', '.'): 1}))),
    ('one that has none is shown as it is',
     lambda V: V.check_environ(with_items({('X', 'Y'): 1}))),
    ('a name of a subclass of str is shown by its str()',
     lambda V: V.check_environ(with_items({Str('X'): 1}))),
    ('and may have a dot',
     lambda V: V.check_environ(with_items({Str('x.y'): 1}))),
    ('a name outside ASCII',
     lambda V: V.check_environ(with_items({'caf\xe9': 1}))),
    ('what looks like a format is none',
     lambda V: V.check_environ(with_items({'%s%d': '%n'}))),
    ('nor in the message', lambda V: V.check_environ(with_items({'%s': 1}))),
    # the order in which it looks
    ('what has a dot in its name is not shown, an input that is wrong is',
     lambda V: V.check_environ(
         env(x__y=Told('value'), wsgi__input=Told('in')))),
    ('and so are errors that are wrong', lambda V: V.check_environ(
        env(x__y=Told('v'), wsgi__errors=Told('err')))),
    ('strings come before wsgi.version',
     lambda V: V.check_environ(env(X=1, wsgi__version=[]))),
    ('wsgi.version before wsgi.url_scheme', lambda V: V.check_environ(
        env(wsgi__version=[], wsgi__url_scheme='x'))),
    ('wsgi.url_scheme before wsgi.input', lambda V: V.check_environ(
        env(wsgi__input=None, wsgi__url_scheme='x'))),
    ('wsgi.input before wsgi.errors', lambda V: V.check_environ(
        env(wsgi__input=None, wsgi__errors=None))),
    ('wsgi.errors before the method', lambda V: V.check_environ(
        env(wsgi__errors=None, REQUEST_METHOD='FOO'))),
    ('SCRIPT_NAME before PATH_INFO',
     lambda V: V.check_environ(env(SCRIPT_NAME='a', PATH_INFO='b'))),
    ('PATH_INFO before CONTENT_LENGTH',
     lambda V: V.check_environ(env(PATH_INFO='b', CONTENT_LENGTH='-1'))),
    ('CONTENT_LENGTH before a SCRIPT_NAME of one slash',
     lambda V: V.check_environ(env(SCRIPT_NAME='/', CONTENT_LENGTH='-1'))),
    # wsgi.version, wsgi.url_scheme
    ('a version of None', lambda V: V.check_environ(env(wsgi__version=None))),
    ('a list is no tuple',
     lambda V: V.check_environ(env(wsgi__version=[1, 0]))),
    ('nor is a subclass of tuple',
     lambda V: V.check_environ(env(wsgi__version=Tuple((1, 0))))),
    ('an empty tuple is one',
     lambda V: V.check_environ(env(wsgi__version=()))),
    ('whatever is in it',
     lambda V: V.check_environ(env(wsgi__version=(9, 9)))),
    ('a version that is refused is shown',
     lambda V: V.check_environ(env(wsgi__version=Told('version')))),
    ('one that is not is shown in vain',
     lambda V: V.check_environ(env(wsgi__version=(Told('part'),)))),
    ('https is known',
     lambda V: V.check_environ(env(wsgi__url_scheme='https'))),
    ('ftp is not', lambda V: V.check_environ(env(wsgi__url_scheme='ftp'))),
    ('nor is HTTP', lambda V: V.check_environ(env(wsgi__url_scheme='HTTP'))),
    ('nor is http in bytes',
     lambda V: V.check_environ(env(wsgi__url_scheme=b'http'))),
    ('a subclass of str is',
     lambda V: V.check_environ(env(wsgi__url_scheme=Str('http')))),
    ('None is not', lambda V: V.check_environ(env(wsgi__url_scheme=None))),
    ('the %r of the message misses something in an empty tuple',
     lambda V: V.check_environ(env(wsgi__url_scheme=()))),
    ('it shows what is in a tuple of one',
     lambda V: V.check_environ(env(wsgi__url_scheme=('x',)))),
    ('it has something left over of a tuple of two',
     lambda V: V.check_environ(env(wsgi__url_scheme=('x', 'y')))),
    ('it shows a dict as it is',
     lambda V: V.check_environ(env(wsgi__url_scheme={'x': 'y'}))),
    ('a scheme that is refused is shown, once',
     lambda V: V.check_environ(env(wsgi__url_scheme=Told('scheme')))),
    # SCRIPT_NAME, PATH_INFO
    ('PATH_INFO may be empty beside a SCRIPT_NAME',
     lambda V: V.check_environ(env(SCRIPT_NAME='/a', PATH_INFO=''))),
    ('and without one, as it is there',
     lambda V: V.check_environ(env(SCRIPT_NAME='', PATH_INFO=''))),
    ('SCRIPT_NAME begins with a slash',
     lambda V: V.check_environ(env(SCRIPT_NAME='a'))),
    ('one that is refused is shown by repr()',
     lambda V: V.check_environ(env(SCRIPT_NAME="it's"))),
    ('it is not one slash', lambda V: V.check_environ(env(SCRIPT_NAME='/'))),
    ('but may be two', lambda V: V.check_environ(env(SCRIPT_NAME='//'))),
    ('PATH_INFO begins with a slash',
     lambda V: V.check_environ(env(PATH_INFO='a'))),
    ('also for OPTIONS *', lambda V: V.check_environ(env(PATH_INFO='*'))),
    ('it is shown by repr(), too',
     lambda V: V.check_environ(env(PATH_INFO='caf\xe9\u20ac\0'))),
    ('it may be two slashes', lambda V: V.check_environ(env(PATH_INFO='//'))),
    # CONTENT_LENGTH
    ('a length is what int() takes: spaces, underscores, signs, four hundred '
     'digits, Arabic ones; or empty', lambda V: [
         V.check_environ(env(CONTENT_LENGTH=n)) for n in (
             '', '0', '5', ' 7 ', '1_0', '+3', '9' * 400, '\u0663')]),
    ('it is not negative',
     lambda V: V.check_environ(env(CONTENT_LENGTH='-1'))),
    ('not even with four hundred digits',
     lambda V: V.check_environ(env(CONTENT_LENGTH='-' + '9' * 400))),
    ('letters are a ValueError of int()',
     lambda V: V.check_environ(env(CONTENT_LENGTH='abc'))),
    ('so are two lengths',
     lambda V: V.check_environ(env(CONTENT_LENGTH='5, 5'))),
    ('and more digits than int() takes',
     lambda V: V.check_environ(env(CONTENT_LENGTH='9' * 5000))),
]


@row(ENVIRON, 'an environ that grows while it is looked through')
def grows(V):
    class Key(str):
        def __str__(self):
            environ['more'] = 'x'
            return 'key'
    environ = with_items({Key('X'): 'x', 'Y': 'y'})
    V.check_environ(environ)


@row(ENVIRON, 'a name whose __contains__() fails')
def has_a_failing_key(V):
    class Key(str):
        def __contains__(self, c):
            say('in', c)
            raise ValueError('contains')
    V.check_environ(with_items({Key('X'): 'x'}))


@row(ENVIRON, 'a scheme whose == fails')
def has_a_failing_scheme(V):
    class Scheme(str):
        def __eq__(self, other):
            say('==', other)
            raise ValueError('eq')
    V.check_environ(env(wsgi__url_scheme=Scheme('http')))


def refusing(error):
    """An object that raises it when it is asked for an attribute."""
    def refuse(self, name):
        raise error
    return attributes(object, __getattr__=refuse)()


def asked(name):
    """One that says what it is asked for, and has everything."""
    return attributes(
        Told, __getattr__=lambda self, attribute: say(attribute))(name)


STREAMS = [
    ('input: all is well', lambda V: V.check_input(io.BytesIO())),
    ('None has no read', lambda V: V.check_input(None)),
    ('nor has a list', lambda V: V.check_input([])),
    ('readline comes next',
     lambda V: V.check_input(types.SimpleNamespace(read=1))),
    ('then readlines',
     lambda V: V.check_input(types.SimpleNamespace(read=1, readline=1))),
    ('then __iter__', lambda V: V.check_input(
        types.SimpleNamespace(read=1, readline=1, readlines=1))),
    ('what they are does not matter', lambda V: V.check_input(
        types.SimpleNamespace(read=1, readline=1, readlines=1, __iter__=1))),
    ('an input is shown when it is refused',
     lambda V: V.check_input(Told('input'))),
    ('to show it may be an error', lambda V: V.check_input(Bad())),
    ('a tuple is shown as it is', lambda V: V.check_input(('a', 'b'))),
    ('a good input is shown, too, for a message that nobody sees',
     lambda V: V.check_input(
         attributes(io.BytesIO, __repr__=lambda self: 'me')())),
    ('so that its repr() may be an error',
     lambda V: V.check_input(
         attributes(io.BytesIO, __repr__=lambda self: 5)())),
    ('it is shown for each of the four', lambda V: V.check_input(
        attributes(io.BytesIO,
                   __repr__=lambda self: say('repr') or 'me')())),
    ('it is asked for each of the four', lambda V: V.check_input(
        asked('asked'))),
    ('hasattr() passes on what is no AttributeError',
     lambda V: V.check_input(refusing(KeyError('name')))),
    ('an AttributeError of its own is as good as any',
     lambda V: V.check_input(refusing(AttributeError('mine')))),
    ('errors: all is well', lambda V: V.check_errors(io.StringIO())),
    ('None has no flush', lambda V: V.check_errors(None)),
    ('write comes next',
     lambda V: V.check_errors(types.SimpleNamespace(flush=1))),
    ('then writelines',
     lambda V: V.check_errors(types.SimpleNamespace(flush=1, write=1))),
    ('what they are does not matter, either', lambda V: V.check_errors(
        types.SimpleNamespace(flush=1, write=1, writelines=1))),
    ('flush comes first', lambda V: V.check_errors(
        types.SimpleNamespace(write=1, writelines=1))),
    ('errors are shown when they are refused',
     lambda V: V.check_errors(Told('errors'))),
    ('a tuple of one is shown as it is', lambda V: V.check_errors(('a',))),
    ('they are asked for each of the three',
     lambda V: V.check_errors(asked('asked'))),
    ('hasattr() passes on a KeyError here as well',
     lambda V: V.check_errors(refusing(KeyError('name')))),
]


STATUSES = [
    ('all is well', lambda V: V.check_status('200 OK')),
    ('a code alone is warned of', lambda V: V.check_status('200')),
    ('an empty reason is not', lambda V: V.check_status('200 ')),
    ('without a space it is five characters',
     lambda V: V.check_status('200OK')),
    ('a tab parts them, and is warned of',
     lambda V: V.check_status('200\tOK')),
    ('leading spaces are passed over, and warned of',
     lambda V: V.check_status('  200 OK')),
    ('also before a code alone', lambda V: V.check_status(' 200')),
    ('two spaces are well', lambda V: V.check_status('200  OK')),
    ('a line break parts them, and is warned of',
     lambda V: V.check_status('200\nOK')),
    ('so does a no-break space', lambda V: V.check_status('200\xa0OK')),
    ('two digits', lambda V: V.check_status('20 OK')),
    ('four digits', lambda V: V.check_status('2000 OK')),
    ('nothing: there is no first word', lambda V: V.check_status('')),
    ('nor is there one in spaces', lambda V: V.check_status('   ')),
    ('two letters are not three characters', lambda V: V.check_status('OK')),
    ('three letters are a ValueError of int()',
     lambda V: V.check_status('abc OK')),
    ('so is a letter after digits', lambda V: V.check_status('20X OK')),
    ('99 is below 100', lambda V: V.check_status('099 OK')),
    ('100 is not', lambda V: V.check_status('100 Continue')),
    ('999 is well', lambda V: V.check_status('999 Odd')),
    ('-10 is below 100', lambda V: V.check_status('-10 OK')),
    ('1_0 is ten for int(), and below 100',
     lambda V: V.check_status('1_0 OK')),
    ('and so is +99', lambda V: V.check_status('+99 OK')),
    ('Arabic digits are 200 for int()',
     lambda V: V.check_status('\u0662\u0660\u0660 OK')),
    ('the reason may be anything',
     lambda V: V.check_status('200 caf\xe9\u20ac\ud800')),
    ('what looks like a format is none',
     lambda V: V.check_status('200-%s%d%n')),
    ('the length is looked at before the warning, which would be an error',
     lambda V: errors(V.check_status, '200-OK')),
    ('bytes are no str', lambda V: V.check_status(b'200 OK')),
    ('nor is an int', lambda V: V.check_status(200)),
    ('nor is None', lambda V: V.check_status(None)),
    ('nor is a subclass of str', lambda V: V.check_status(Str('200 OK'))),
    ('to show it may be an error', lambda V: V.check_status(Bad())),
    ('a tuple is shown as it is', lambda V: V.check_status(('200 OK',))),
]


def message_of(check, *args):
    """What it gives, or the message of its AssertionError."""
    try:
        return check(*args)
    except AssertionError as e:
        return str(e)


HEADERS = [
    ('no header', lambda V: V.check_headers([])),
    ('all is well', lambda V: V.check_headers(PLAIN)),
    ('a tuple is no list', lambda V: V.check_headers(())),
    ('not even with headers in it', lambda V: V.check_headers(tuple(PLAIN))),
    ('nor is one header', lambda V: V.check_headers(
        ('Content-Type', 'text/plain'))),
    ('nor is a subclass of list', lambda V: V.check_headers(List())),
    ('nor is None', lambda V: V.check_headers(None)),
    ('nor is a dict', lambda V: V.check_headers({})),
    ('what is refused is shown', lambda V: V.check_headers(Told('headers'))),
    ('to show it may be an error', lambda V: V.check_headers(Bad())),
    ('a header that is no tuple is shown',
     lambda V: V.check_headers([Told('item')])),
    ('also after one that is',
     lambda V: V.check_headers([('A', 'b'), Told('item')])),
    ('to show it may be an error as well',
     lambda V: V.check_headers([Bad()])),
    ('a list is no tuple', lambda V: V.check_headers([['A', 'b']])),
    ('nor are two letters', lambda V: V.check_headers(['Ab'])),
    ('nor is a subclass of tuple',
     lambda V: V.check_headers([Tuple(('A', 'b'))])),
    ('a tuple of none, without a message', lambda V: V.check_headers([()])),
    ('of one', lambda V: V.check_headers([('A',)])),
    ('of three', lambda V: V.check_headers([('A', 'b', 'c')])),
    ('a name of bytes', lambda V: V.check_headers([(b'A', 'b')])),
    ('a value of bytes', lambda V: V.check_headers([('A', b'b')])),
    ('the name is looked at first', lambda V: V.check_headers([(1, 2)])),
    ('a value of None', lambda V: V.check_headers([('A', None)])),
    ('a value that is refused is shown',
     lambda V: V.check_headers([('A', Told('value'))])),
    ('a name of a subclass of str',
     lambda V: V.check_headers([(Str('A'), 'b')])),
    ('a value of a subclass of str',
     lambda V: V.check_headers([('A', Str('b'))])),
    ('Status is no header', lambda V: V.check_headers([('Status', '200')])),
    ('in whatever case; its value is shown as it is',
     lambda V: V.check_headers([('sTATUS', '200 "it\'s"')])),
    ('Status-X is one', lambda V: V.check_headers([('Status-X', '200')])),
    ('a long s is not lower() of S', lambda V: V.check_headers(
        [('\u017ftatus', '200')])),
    ('a line break in a name', lambda V: V.check_headers([('A\n', 'b')])),
    ('a colon in a name', lambda V: V.check_headers([('A:', 'b')])),
    ('a carriage return has another message',
     lambda V: V.check_headers([('A\r', 'b')])),
    ('an empty name', lambda V: V.check_headers([('', 'b')])),
    ('a space before a name', lambda V: V.check_headers([(' A', 'b')])),
    ('a space in a name', lambda V: V.check_headers([('A b', 'b')])),
    ('a name begins with a letter, not a digit',
     lambda V: V.check_headers([('1A', 'b')])),
    ('not a dash', lambda V: V.check_headers([('-A', 'b')])),
    ('not an underscore', lambda V: V.check_headers([('_A', 'b')])),
    ('which may all be within',
     lambda V: V.check_headers([('A1-_b', 'b')])),
    ('a dash at the end', lambda V: V.check_headers([('A-', 'b')])),
    ('an underscore at the end', lambda V: V.check_headers([('A_', 'b')])),
    ('other signs are refused, though HTTP has them',
     lambda V: V.check_headers([('A!', 'b')])),
    ('letters outside ASCII', lambda V: V.check_headers([('caf\xe9', 'b')])),
    ('digits outside ASCII',
     lambda V: V.check_headers([('A\u0661', 'b')])),
    ('a value may be empty', lambda V: V.check_headers([('A', '')])),
    ('or anything that is no control character of ASCII', lambda V:
     V.check_headers([('A', '\x20\x7f\x85\xa0\u20ac\ud800')])),
    ('a line break in a value', lambda V: V.check_headers([('A', 'a\nb')])),
    ('a NUL in a value', lambda V: V.check_headers([('A', '\0')])),
    ('the first bad character is named',
     lambda V: V.check_headers([('A', 'a\x1f\r')])),
    ('also after one of two bytes',
     lambda V: V.check_headers([('A', '\u20ac\x1e')])),
    ('a tab is a control character, here in the second header',
     lambda V: V.check_headers([('A', 'b'), ('B', '\t')])),
    ('what looks like a format is none',
     lambda V: V.check_headers([('%s', 'b')])),
    ('every character: alone, last, as a value, in a name', lambda V: [
        [message_of(V.check_headers, [(name, value)])
         for name, value in ((c, 'v'), ('A' + c, 'v'), ('A', c),
                             ('A' + c + 'b', 'v'))]
        for c in map(chr, range(0x180))]),
]


@row(HEADERS, 'a list that changes while it is looked through')
def changes(V):
    class Odd:
        def __repr__(self):
            del items[0]
            return 'odd'
    items = [('A', 'b'), Odd(), 5]
    try:
        V.check_headers(items)
    finally:
        say(items)


CONTENT_TYPES = [
    ('200 has a type', lambda V: V.check_content_type('200 OK', PLAIN)),
    ('no header, no type', lambda V: V.check_content_type('200 OK', [])),
    ('another header is none; the headers are shown',
     lambda V: V.check_content_type('200 OK', [('A', 'b')])),
    ('its case does not count',
     lambda V: V.check_content_type('200 OK', [('content-TYPE', 'b')])),
    ('it may come later',
     lambda V: V.check_content_type('200 OK', [('A', 'b')] + PLAIN)),
    ('204 needs none', lambda V: V.check_content_type('204 No', [])),
    ('nor does 304',
     lambda V: V.check_content_type('304 No', [('A', 'b')])),
    ('204 must have none', lambda V: V.check_content_type('204 No', PLAIN)),
    ('nor must 304', lambda V: V.check_content_type(
        '304 No', [('A', 'b')] + PLAIN)),
    ('0204 is 204 for int()',
     lambda V: V.check_content_type('0204 No', PLAIN)),
    ('and so is 2_04', lambda V: V.check_content_type('2_04 No', PLAIN)),
    ('fifty digits are another code, without a type',
     lambda V: V.check_content_type('9' * 50, [])),
    ('and with one', lambda V: V.check_content_type('9' * 50, PLAIN)),
    ('an empty status has no first word',
     lambda V: V.check_content_type('', PLAIN)),
    ('letters are a ValueError of int()',
     lambda V: V.check_content_type('abc', PLAIN)),
    ('so are more digits than int() takes',
     lambda V: V.check_content_type('9' * 5000, PLAIN)),
    ('a status of bytes',
     lambda V: V.check_content_type(b'200 OK', PLAIN)),
    ('a name of bytes',
     lambda V: V.check_content_type('200 OK', [(b'A', 'b')])),
    ('which is not looked at once the type is found',
     lambda V: V.check_content_type('200 OK', PLAIN + [(b'A', 'b')])),
    ('for 204 it is', lambda V: V.check_content_type(
        '204 No', [('A', 'b'), (b'A', 'b')])),
    ('the value is not looked at',
     lambda V: V.check_content_type('200 OK', [('A', 5)])),
    ('the %s of the message misses something in an empty tuple',
     lambda V: V.check_content_type('200 OK', ())),
    ('it shows what is in a tuple of one',
     lambda V: V.check_content_type('200 OK', (('A', 'b'),))),
    ('it has something left over of a tuple of two', lambda V:
     V.check_content_type('200 OK', (('A', 'b'), ('C', 'd')))),
    ('a header of one does not unpack',
     lambda V: V.check_content_type('200 OK', [('A',)])),
    ('nor does one of none',
     lambda V: V.check_content_type('200 OK', [()])),
    ('nor does one of three',
     lambda V: V.check_content_type('200 OK', [('A', 'b', 'c')])),
    ('a list of two does',
     lambda V: V.check_content_type('200 OK', [['A', 'b']])),
    ('and so do two letters',
     lambda V: V.check_content_type('200 OK', ['Ab'])),
    ('None cannot be looked through',
     lambda V: V.check_content_type('200 OK', None)),
    ('nor can what raises in __iter__()',
     lambda V: V.check_content_type('200 OK', Bad())),
    ('a subclass of list can; what looks like a format is none', lambda V:
     V.check_content_type('200 OK', List([('A', 'b%s')]))),
]


def pretends(what):
    """An object whose __class__ is a property."""
    return attributes(object, __class__=property(what))()


def refuses(self):
    raise KeyError('class')


OTHERS = [
    # assert_
    ('what is true passes', lambda V: V.assert_(True)),
    ('what is false does not', lambda V: V.assert_(False)),
    ('a list that has something is true',
     lambda V: V.assert_([1], 'message')),
    ('an empty one is false: the message', lambda V:
     V.assert_([], 'message')),
    ('what looks like a format is none', lambda V: V.assert_(0, '%s%d')),
    ('its truth may be an error', lambda V: V.assert_(Bad())),
    ('also with a message', lambda V: V.assert_(Bad(), 'message')),
    # check_string_type
    ('a str is given back', lambda V: V.check_string_type('x', 'Title')),
    ('and so is an empty one', lambda V: V.check_string_type('', 'Title')),
    ('bytes are refused', lambda V: V.check_string_type(b'x', 'Title')),
    ('so is a subclass of str',
     lambda V: V.check_string_type(Str('x'), 'Title')),
    ('the title is put in as it is',
     lambda V: V.check_string_type(None, 'A {0} %s title')),
    ('to show it may be an error',
     lambda V: V.check_string_type(Bad(), 'Title')),
    ('what is shown is no format',
     lambda V: V.check_string_type(('{}', '%r'), 'Title')),
    # check_exc_info
    ('None is none', lambda V: V.check_exc_info(None)),
    ('a tuple passes, even an empty one', lambda V: V.check_exc_info(())),
    ('or one of three ints', lambda V: V.check_exc_info((1, 2, 3))),
    ('a list does not', lambda V: V.check_exc_info([])),
    ('nor does a subclass of tuple', lambda V: V.check_exc_info(Tuple())),
    ('nor does False', lambda V: V.check_exc_info(False)),
    ('exc_info that is refused is shown',
     lambda V: V.check_exc_info(Told('exc_info'))),
    ('one that is not is shown in vain',
     lambda V: V.check_exc_info((Told('exc_info'),))),
    ('to show it may be an error, too', lambda V: V.check_exc_info(Bad())),
    # check_iterator
    ('a list passes', lambda V: V.check_iterator([])),
    ('and so does None', lambda V: V.check_iterator(None)),
    ('and an int', lambda V: V.check_iterator(5)),
    ('a str does not', lambda V: V.check_iterator('x')),
    ('nor do bytes', lambda V: V.check_iterator(b'x')),
    ('nor a subclass of str', lambda V: V.check_iterator(Str('x'))),
    ('nor a subclass of bytes', lambda V: V.check_iterator(Bytes(b'x'))),
    ('a bytearray does', lambda V: V.check_iterator(bytearray(b'x'))),
    ('what says that str is its class does not',
     lambda V: V.check_iterator(pretends(lambda self: str))),
    ('what fails to say is an error',
     lambda V: V.check_iterator(pretends(refuses))),
    # the classes
    ('WSGIWarning is a Warning',
     lambda V: (V.WSGIWarning.__name__, V.WSGIWarning.__bases__)),
    ('it has arguments', lambda V: V.WSGIWarning('x', 5).args),
    ('InputWrapper is an object',
     lambda V: (V.InputWrapper.__name__, V.InputWrapper.__bases__)),
]

# Of each message its case, and what it is.
MESSAGES = [
    (lambda V: V.check_environ(env('wsgi.input')),
     "Environment missing required key: 'wsgi.input'"),
    (lambda V: V.check_environ(env(HTTP_CONTENT_TYPE='a')),
     'Environment should not have the key: HTTP_CONTENT_TYPE (use '
     'CONTENT_TYPE instead)'),
    (lambda V: V.check_environ(env(X=1)),
     "Environmental variable X is not a string: <class 'int'> (value: 1)"),
    (lambda V: V.check_environ(env(wsgi__version=[])),
     'wsgi.version should be a tuple ([])'),
    (lambda V: V.check_environ(env(wsgi__url_scheme='x')),
     "wsgi.url_scheme unknown: 'x'"),
    (lambda V: V.check_environ(env(PATH_INFO='p/q')),
     "PATH_INFO doesn't start with /: 'p/q'"),
    (lambda V: V.check_environ(env('SCRIPT_NAME')), "'SCRIPT_NAME'"),
    (lambda V: V.check_environ(env(CONTENT_LENGTH='-1')),
     "Invalid CONTENT_LENGTH: '-1'"),
    (lambda V: V.check_environ(env(SCRIPT_NAME='/')),
     "SCRIPT_NAME cannot be '/'; it should instead be '', and PATH_INFO "
     "should be '/'"),
    (lambda V: V.check_input(None),
     "wsgi.input (None) doesn't have the attribute read"),
    (lambda V: V.check_errors(None),
     "wsgi.errors (None) doesn't have the attribute flush"),
    (lambda V: V.check_status('20 OK'),
     "Status codes must be three characters: '20'"),
    (lambda V: V.check_status('099 OK'), 'Status code is invalid: 99'),
    (lambda V: V.check_headers([('a:', '')]),
     "Header names may not contain ':' or '\\n': 'a:'"),
    (lambda V: V.check_headers([('a', '\r')]),
     "Bad header value: '\\r' (bad char: '\\r')"),
    (lambda V: V.check_content_type('304 No', PLAIN),
     'Content-Type header found in a 304 response, which must not return '
     'content.'),
    (lambda V: V.check_content_type('200 OK', []),
     'No Content-Type header found in headers ([])'),
    (lambda V: V.check_exc_info(1),
     "exc_info (1) is not a tuple: <class 'int'>"),
    (lambda V: V.check_iterator(''),
     'You should not return a string as your application iterator, instead '
     'return a single-item list containing a bytestring.'),
]


def message_differences(case, message):
    """Whether ours, and so the original, says it word for word."""
    found = differences_of_case(case)
    raised = outcome(case, ours)['raised']
    if raised is None:
        found += '    raises nothing\n'
    elif raised[1] != message:
        found += '    C: %r\n' % raised[1]
    return found


def messages_not_word_for_word():
    return differing([(message, case, message) for case, message in MESSAGES],
                     message_differences)


def frames_of_a_wrong_environ():
    """From serve() on."""
    raised = outcome(lambda V: serve(V.validator(None), env(X=1)),
                     ours)['raised']
    return raised[3][2:]


# Applications, each on its own, run by serve().

APPLICATIONS = []


def application(words, rows=APPLICATIONS):
    """Puts the application that is decorated into the table."""
    def put(app):
        rows.append((words, lambda V: serve(V.validator(app))))
        return app
    return put


@application('all is well: two blocks')
def says_two_blocks(environ, start_response):
    start_response('200 OK', PLAIN)
    return [b'one', b'two']


@application('streams and write() are wrapped')
def looks_at_what_it_gets(environ, start_response):
    say(type(environ).__name__, environ['wsgi.input'],
        environ['wsgi.errors'], start_response.__name__)
    write = start_response('200 OK', PLAIN)
    say(write, write(b'written'))
    return []


@application('exc_info is passed on')
def replaces_its_answer(environ, start_response):
    start_response('200 OK', PLAIN, None)
    try:
        raise ValueError('mine')
    except ValueError:
        start_response('500 Oh', PLAIN, sys.exc_info())
    yield b'data'


@application('a class is an application; its instance is closed')
class App:
    def __init__(self, environ, start_response):
        start_response('204 No', [])

    def __iter__(self):
        return iter(())

    def close(self):
        say('close')


@row(APPLICATIONS, 'what is read and logged passes the wrappers')
def reads_and_logs(V):
    def app(environ, start_response):
        environ['wsgi.errors'].write('to the log')
        say(environ['wsgi.input'].read(3), list(environ['wsgi.input']))
        start_response('200 OK', PLAIN)
        return [b'']
    environ = env(wsgi__input=io.BytesIO(b'input\nlines\n'))
    log_of_server = environ['wsgi.errors']
    serve(V.validator(app), environ)
    return log_of_server.getvalue()


@row(APPLICATIONS, 'a validator of a validator')
def is_validated_twice(V):
    def app(environ, start_response):
        say(environ['wsgi.input'].read(2))
        environ['wsgi.errors'].writelines(['a', 'b'])
        start_response('200 OK', PLAIN)(b'x')
        return [b'y']
    serve(V.validator(V.validator(app)))


def nothing(*args):
    return ()


def starting(*args, **kw):
    """An application that calls start_response() so."""
    return lambda environ, start_response: start_response(*args, **kw)


def returning(result):
    """One that returns result()."""
    return lambda environ, start_response: result()


APPLICATIONS += [
    # how lint_app is called
    ('an application wants two arguments, not none',
     lambda V: V.validator(None)()),
    ('two arguments, not one', lambda V: V.validator(None)(1)),
    ('two arguments, not three', lambda V: V.validator(None)(1, 2, 3)),
    ('two arguments, no keyword',
     lambda V: V.validator(None)(env(), start_response, x=1)),
    ('not even one of the specification', lambda V: V.validator(None)(
        env(), start_response=start_response)),
    ('keywords are refused before the environ is looked at',
     lambda V: V.validator(None)(1, 2, x=1)),
    ('an environ that is an int', lambda V: V.validator(None)(1, 2)),
    ('an application that cannot be called',
     lambda V: V.validator(None)(env(), 2)),
    ('one that takes no argument',
     lambda V: V.validator(lambda: None)(env(), 2)),
    ('its name; validator() does not look whether its argument can be called',
     lambda V: (V.validator(5).__name__, callable(V.validator(5)))),
    ('an environ without wsgi.input',
     lambda V: serve(V.validator(nothing), env('wsgi.input'))),
    ('an empty environ', lambda V: serve(V.validator(nothing), {})),
    ('a subclass of dict',
     lambda V: serve(V.validator(nothing), Dict(env()))),
    ('a warning, and a tuple is an iterable',
     lambda V: serve(V.validator(nothing), env('QUERY_STRING'))),
    ('a warning that is an error', lambda V: errors(
        serve, V.validator(nothing), env('QUERY_STRING'))),
    # how start_response is called
    ('start_response() wants two or three arguments, not none',
     lambda V: serve(V.validator(starting()))),
    ('two or three, not one',
     lambda V: serve(V.validator(starting('200 OK')))),
    ('two or three, not four',
     lambda V: serve(V.validator(starting('200 OK', PLAIN, None, 4)))),
    ('two or three, and no keyword',
     lambda V: serve(V.validator(starting('200 OK', PLAIN, x=1)))),
    ('their number counts, not their names',
     lambda V: serve(V.validator(starting('200 OK', headers=PLAIN)))),
    ('the status is looked at first', lambda V: serve(
        V.validator(starting(Told('s'), Told('h'), Told('e'))))),
    ('their number before that; to show them may be an error',
     lambda V: serve(V.validator(starting(Bad())))),
    ('they are shown in vain when their number is right',
     lambda V: serve(V.validator(starting('200 OK', PLAIN, Bad())))),
    ('a status of bytes',
     lambda V: serve(V.validator(starting(b'200 OK', PLAIN)))),
    ('a status that is warned of',
     lambda V: serve(V.validator(starting('200', PLAIN)))),
    ('a wrong status before wrong headers',
     lambda V: serve(V.validator(starting('abc OK', None)))),
    ('headers that are a tuple',
     lambda V: serve(V.validator(starting('200 OK', ())))),
    ('no Content-Type',
     lambda V: serve(V.validator(starting('200 OK', [])))),
    ('one for 204', lambda V: serve(V.validator(starting('204 No', PLAIN)))),
    ('exc_info is no int',
     lambda V: serve(V.validator(starting('200 OK', PLAIN, 5)))),
    ('and not False',
     lambda V: serve(V.validator(starting('200 OK', PLAIN, False)))),
    ('the type is looked at before exc_info', lambda V: serve(
        V.validator(starting('200 OK', [('A', 'b')], 5)))),
    ("the server's start_response() cannot be called",
     lambda V: serve(V.validator(starting('200 OK', PLAIN)), None, None)),
]


@row(APPLICATIONS, "the server's start_response() fails")
def is_refused_by_the_server(V):
    def failing(*args):
        raise KeyError('start_response')
    serve(V.validator(starting('200 OK', PLAIN)), None, failing)


@row(APPLICATIONS, 'it has started all the same')
def goes_on_when_the_server_refuses(V):
    class Failing:
        def __call__(self, *args):
            raise KeyError('start_response')

    def app(environ, start_response):
        try:
            start_response('200 OK', PLAIN)
        except KeyError:
            return [b'body']
    serve(V.validator(app), None, Failing())


@application('it has not when our own check refuses')
def goes_on_when_it_is_refused(environ, start_response):
    try:
        start_response('200 OK', [])
    except AssertionError:
        return [b'body']


@application('write() gets a str')
def writes_text(environ, start_response):
    start_response('200 OK', PLAIN)('text')


@application('to start twice is for the server to refuse')
def starts_twice(environ, start_response):
    start_response('200 OK', PLAIN)
    start_response('200 OK', PLAIN)
    return [b'twice']


class NeverUnequal(list):
    def __ne__(self, other):
        return []


class BadlyUnequal(list):
    def __ne__(self, other):
        say('!=', other)
        return Bad()


class FailsToIterate:
    def __iter__(self):
        raise KeyError('iter')

    def close(self):
        say('close')


class IteratesFive:
    def __iter__(self):
        return 5


APPLICATIONS += [
    # what the application returns
    ('None', lambda V: serve(V.validator(returning(lambda: None)))),
    ('False is refused, too',
     lambda V: serve(V.validator(returning(lambda: False)))),
    ('0 is equal to False',
     lambda V: serve(V.validator(returning(lambda: 0)))),
    ('and so is 0.0', lambda V: serve(V.validator(returning(lambda: 0.0)))),
    ('True is not, and cannot be iterated',
     lambda V: serve(V.validator(returning(lambda: True)))),
    ('nor can an int', lambda V: serve(V.validator(returning(lambda: 5)))),
    ('a str is refused',
     lambda V: serve(V.validator(returning(lambda: 'text')))),
    ('bytes are', lambda V: serve(V.validator(returning(lambda: b'bytes')))),
    ('a bytearray is not, but gives ints',
     lambda V: serve(V.validator(returning(lambda: bytearray(b'b'))))),
    ('an empty str is refused',
     lambda V: serve(V.validator(returning(lambda: '')))),
    ('its != may fail', lambda V: serve(V.validator(returning(Bad)))),
    ('the truth of what != gives may be an error',
     lambda V: serve(V.validator(returning(BadlyUnequal)))),
    ('or false', lambda V: serve(V.validator(returning(NeverUnequal)))),
    ('what raises in __iter__() is not closed',
     lambda V: serve(V.validator(returning(FailsToIterate)))),
    ('what gives an int there',
     lambda V: serve(V.validator(returning(IteratesFive)))),
    ('no block, and never started',
     lambda V: serve(V.validator(returning(lambda: [])))),
    ('a block, and never started',
     lambda V: serve(V.validator(returning(lambda: [b'not started'])))),
    # it fails
    ('an error', lambda V: serve(V.validator(returning(lambda: 1 / 0)))),
    ('an application of one argument',
     lambda V: serve(V.validator(lambda environ: 1))),
]


@application('a block before start_response()')
def yields_early(environ, start_response):
    yield b'early'
    start_response('200 OK', PLAIN)


@application('a block of str')
def yields_text(environ, start_response):
    start_response('200 OK', PLAIN)
    yield 'text'


@application('a block of str, never started: the block is looked at first')
def yields_text_early(environ, start_response):
    yield 'text'


@application('SystemExit is passed on')
def exits(environ, start_response):
    raise SystemExit(3)


@application('an error after a block is passed on, and the generator closed')
def fails_later(environ, start_response):
    start_response('200 OK', PLAIN)
    yield b'one'
    raise ValueError('later')


@application('read() without a size')
def reads_all(environ, start_response):
    environ['wsgi.input'].read()


@application('close() of the input')
def closes_its_input(environ, start_response):
    environ['wsgi.input'].close()


@application('close() of the log')
def closes_its_log(environ, start_response):
    environ['wsgi.errors'].close()


@application('bytes to the log')
def logs_bytes(environ, start_response):
    environ['wsgi.errors'].write(b'bytes')


@application('the log has no isatty()')
def asks_for_a_terminal(environ, start_response):
    environ['wsgi.errors'].isatty()


@application('the input has no seek()')
def seeks(environ, start_response):
    environ['wsgi.input'].seek(0)


@application('close() of the result fails')
def fails_to_close(environ, start_response):
    class Body:
        def __iter__(self):
            return iter([b'x'])

        def close(self):
            raise KeyError('close')
    start_response('200 OK', PLAIN)
    return Body()


# Attributes are the instance's: traceback looks into them for its hints.

WRAPPED = [
    ('InputWrapper has input', lambda V: vars(V.InputWrapper(1))),
    ('ErrorWrapper has errors', lambda V: vars(V.ErrorWrapper(1))),
    ('WriteWrapper has writer', lambda V: vars(V.WriteWrapper(1))),
    ('PartialIteratorWrapper has iterator',
     lambda V: vars(V.PartialIteratorWrapper(1))),
]


@row(WRAPPED, 'IteratorWrapper has four')
def has_four(V):
    i = V.IteratorWrapper([], None)
    names = sorted(vars(i)), i.closed
    i.close()
    return names


@row(WRAPPED, 'traceback has its hints from them')
def misses_closed(V):
    try:
        V.InputWrapper(io.BytesIO()).closed
    except AttributeError as e:
        return traceback.format_exception_only(e)


NOT_CLOSED = [
    ('a response that is not closed',
     lambda V: V.validator(returning(lambda: []))(env(), None) and None),
]

NO_ITERABLE = [
    ('an int is complained of when its traceback is gone',
     lambda V: serve(V.validator(returning(lambda: 5)))),
]

TWO_REQUESTS = []


@row(TWO_REQUESTS, 'each request has a start_response_started of its own')
def starts_the_second(V):
    calls = []

    def app(environ, start_response):
        calls.append(start_response)
        return [b'x']
    lint_app = V.validator(app)
    first = lint_app(env(), start_response)
    second = lint_app(env(), start_response)
    calls[1]('200 OK', PLAIN)
    say(next(second))
    second.close()
    try:
        next(first)
    finally:
        first.close()


WARNINGS = []


@row(WARNINGS, 'the same warning is shown once')
def warns_again(V):
    with warnings.catch_warnings():
        warnings.simplefilter('default')
        warnings.showwarning = show
        for method in 'FOO', 'FOO', 'BAR', 'FOO':
            V.check_environ(env(REQUEST_METHOD=method))
            V.check_status('200')


def first_words_of_log():
    return [line.split(',')[0] for line in log]


def file_and_module_of_a_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        ours.check_status('200')
    file = caught[0].filename.replace('\\', '/')
    return '/'.join(file.split('/')[-3:]), caught[0].category.__module__


# Nothing of a request is kept when it is over, however it has ended.

class Stream(io.BytesIO):
    pass


def good(environ, start_response):
    environ['wsgi.input'].read(1)
    start_response('200 OK', PLAIN)(b'x')
    return [b'y']


def bad(environ, start_response):
    start_response('200 OK', [])


def keeper(environ, start_response):
    """A cycle."""
    environ['start'] = start_response
    environ['write'] = start_response('200 OK', PLAIN)
    environ['wsgi.input'].environ = environ
    environ['wsgi.errors'].environ = environ
    return [b'z']


def write_nothing(data):
    pass


def start(*args):
    return write_nothing


def request(app):
    """Weak references to its input and to what validator() has given."""
    stream = Stream(b'data')
    lint_app = ours.validator(app)
    try:
        serve(lint_app, env(wsgi__input=stream), start)
    except Exception:
        pass
    return weakref.ref(stream), weakref.ref(lint_app)


def what_is_left_of_requests():
    refs = [request(app) for app in (good, bad, keeper, 5)]
    gc.collect()
    return [(a(), b()) for a, b in refs]


# No check keeps, or lets go of, what it looked at: neither when it passes nor
# when it fails.

def keeps_none(check, *args):
    before = [sys.getrefcount(a) for a in args]
    for _ in range(5):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                check(*args)
        except Exception:
            pass
    return [sys.getrefcount(a) for a in args] == before


def no_check_keeps_anything():
    texts = ['20%d' % i for i in range(5)]
    lists = [[('A', 'b%d' % i)] for i in range(5)]
    wrong = [[('A', '\n%d' % i)] for i in range(5)]
    value = Told('value')
    with_value = env(x__y=value, wsgi__url_scheme=value)
    checks = [(ours.check_status, text) for text in texts]
    checks += [(ours.check_headers, x) for x in lists + wrong]
    checks += [(ours.check_headers, x[0]) for x in lists]
    checks += [(ours.check_content_type, *pair)
               for pair in zip(texts, lists)]
    checks += [(ours.check_environ, e) for e in (
        env(), env(X=1), env('PATH_INFO'), env('QUERY_STRING'), Dict(),
        env(REQUEST_METHOD='FOO'), env(CONTENT_LENGTH='-7'))]
    checks += [(check, value) for check in (
        ours.check_input, ours.check_errors, ours.check_exc_info,
        ours.check_iterator)]
    checks += [(lambda v: ours.check_environ(with_value), value),
               (lambda v: ours.check_string_type(v, 'x'), value)]
    return all(keeps_none(*each) for each in checks)
