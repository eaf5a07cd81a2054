"""The Python of test_handlers.c."""

import os
import wsgiref.handlers
from wsgiref.handlers import format_date_time

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
