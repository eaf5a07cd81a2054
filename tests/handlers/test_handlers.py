"""The Python of test_handlers.c."""

import os
import wsgiref.handlers
from wsgiref.handlers import _needs_transcode, format_date_time

import ours  # of the C test: format_date_time(), read_environ()
from support import differing, unequal

TIMES = [('day %d' % (31 * i), i * 86400 * 31 + i) for i in range(-90, 90)]
TIMES += [
    ('a 29th of February', 951825600),
    ('the 1st of March of a century that has no leap day', 4107542400),
    ('the year 1', -62135596800),
    ('a year of three digits', -50000000000),
    ('the year 10000', 253402300800),
    ('beyond 32 bits', 2**33),
]


def date_differences(timestamp):
    return unequal({'date': ours.format_date_time(timestamp)},
                   {'date': format_date_time(timestamp)})


def dates_not_as_in_python():
    return differing(TIMES, date_differences)


def environ_differences():
    """How ours differs from Python's in content and order."""
    c, python = ours.read_environ(), wsgiref.handlers.read_environ()
    return unequal({'environ': c, 'order': list(c)},
                   {'environ': python, 'order': list(python)})


VARIABLES = [
    (f'{words} {name!r}', name) for words, names in (
        ('of the request,',
         ['SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'REQUEST_METHOD',
          'AUTH_TYPE', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'HTTPS',
          'REMOTE_USER', 'REMOTE_IDENT']),
        ('with a prefix,', ['HTTP_X', 'HTTP_', 'SSL_X', 'SSL_']),
        ('after a redirection,',
         ['REDIRECT_HTTPS', 'REDIRECT_REDIRECT_SSL_X',
          'REDIRECT_REDIRECT_HTTP_']),
        ('not of a request,',
         ['PLAIN', 'path_info', 'PATH_INFO_', 'SERVER_NAME', 'REMOTE_ADDR']),
        ('not quite a prefix,', ['HTTP', 'HTTPX', 'http_x', 'XHTTP_X', 'SSL']),
        ('not after a redirection,',
         ['REDIRECT_', 'REDIRECT_REDIRECT_', 'REDIRECT_PLAIN',
          'REDIRECTHTTPS', 'XREDIRECT_HTTPS']))
    for name in names]


def transcoded_by_python():
    """How many of these variables."""
    return sum(map(_needs_transcode, (name for _, name in VARIABLES)))


def transcoding_differences(name):
    """Of a value that is no UTF-8."""
    saved = os.environb.get(name.encode())
    os.environb[name.encode()] = b'\xe9'
    value = ours.read_environ()[name]
    if saved is None:
        del os.environb[name.encode()]
    else:
        os.environb[name.encode()] = saved
    return unequal(
        {'value': value},
        {'value': '\xe9' if _needs_transcode(name) else '\udce9'})


def not_transcoded_as_in_python():
    return differing(VARIABLES, transcoding_differences)


class VariablesOfCGI:
    """The process has variables that are no UTF-8, until end()."""

    def __init__(self):
        self.saved = dict(os.environ)
        for name in (
                'SCRIPT_NAME PATH_INFO QUERY_STRING REQUEST_METHOD AUTH_TYPE '
                'CONTENT_TYPE CONTENT_LENGTH HTTPS REMOTE_USER REMOTE_IDENT '
                'HTTP_X HTTP_ SSL_X SSL REDIRECT_PATH_INFO '
                'REDIRECT_REDIRECT_SSL_Y REDIRECT_ REDIRECT_X '
                'REDIRECT_REDIRECT HTTPX PATH_INFO_ PLAIN http_x').split():
            os.environb[name.encode()] = b'caf\xc3\xa9 \xff'
        os.environb[b'HTTP_\xff\xc3\xa9'] = b'\xe9'
        os.environb[b'\xff'] = b'\xe9'
        os.environ['EMPTY'] = ''

    def end(self):
        os.environ.clear()
        os.environ.update(self.saved)


class OtherEnviron:
    """os.environ is something else until end()."""

    def __init__(self, environ):
        self.saved, os.environ = os.environ, environ

    def end(self):
        os.environ = self.saved
