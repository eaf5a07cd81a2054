"""CPython's own tests, unchanged, on these classes: script/cpython-tests.

And those of what stands on these classes: xmlrpc.server, and servers of
socketserver in the tests of logging, urllib, asyncio, imaplib and ssl. With
CWSGIREF_LONG_TESTS those that take long, too.
"""

import importlib.util
import os
import re
import sys
import tempfile
import unittest

from .module import python

LONG = bool(os.environ.get('CWSGIREF_LONG_TESTS'))

LOGGING = [f'test.test_logging.{name}Test' for name in (
    'SocketHandler', 'UnixSocketHandler', 'DatagramHandler',
    'UnixDatagramHandler', 'SysLogHandler', 'UnixSysLogHandler',
    'HTTPHandler', 'SMTPHandler')]


def has_tests():
    try:
        return importlib.util.find_spec('test.test_wsgiref') is not None
    except ModuleNotFoundError:
        return False


def as_nobody():
    """What the tests of CGIHTTPRequestHandler need: they do not run as root.
    """
    if os.getuid() != 0:
        return {}
    user = {'user': 65534, 'group': 65534, 'extra_groups': []}
    try:
        readable = python('-c', 'import cwsgiref', **user).returncode == 0
    except PermissionError:
        readable = False
    return user if readable else {}


@unittest.skipUnless(
    has_tests(), 'this Python has no tests of its own: libpython3.x-testsuite')
class CPython(unittest.TestCase):

    def run_tests(self, *names, least, **more):
        """In a folder of their own, in which they make files."""
        with tempfile.TemporaryDirectory() as folder:
            if 'user' in more:
                os.chown(folder, more['user'], more['group'])
            done = python('-m', 'cwsgiref.as_wsgiref', '-m', 'unittest',
                          *names, cwd=folder, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        count = re.search(r'^Ran (\d+) tests', done.stderr, re.MULTILINE)
        self.assertGreaterEqual(int(count[1]), least)

    def test_wsgiref(self):
        self.run_tests('test.test_wsgiref', least=36)

    def test_socketserver(self):
        self.run_tests('test.test_socketserver', least=27)

    def test_httpservers(self):
        """SimpleHTTPRequestHandler and CGIHTTPRequestHandler are Python's
        own, over our class."""
        self.run_tests('test.test_httpservers', least=60, **as_nobody())

    def test_docxmlrpc(self):
        self.run_tests('test.test_docxmlrpc', least=9)

    def test_urllib(self):
        self.run_tests('test.test_urllib2_localnet', 'test.test_robotparser',
                       least=80)

    def test_logging(self):
        self.run_tests(*LOGGING, least=12)

    def test_asyncio(self):
        self.run_tests('test.test_asyncio.test_streams', least=60)

    @unittest.skipUnless(LONG, 'takes half a minute')
    def test_xmlrpc(self):
        self.run_tests('test.test_xmlrpc', least=90)

    @unittest.skipUnless(LONG, 'takes half a minute')
    def test_imaplib(self):
        self.run_tests('test.test_imaplib', least=90)

    @unittest.skipUnless(LONG, 'takes a minute')
    def test_ssl(self):
        self.run_tests('test.test_ssl', least=180)

    @unittest.skipUnless(hasattr(sys, 'gettotalrefcount'),
                         'only a debug build of Python can tell')
    def test_leaks(self):
        for name in ('test_wsgiref', 'test_socketserver', 'test_httpservers',
                     'test_docxmlrpc', 'test_urllib2_localnet'):
            with self.subTest(name):
                done = python('-m', 'cwsgiref.as_wsgiref', '-m', 'test',
                              '-u', 'network', '-R', '3:3', name)
                self.assertEqual(done.returncode, 0,
                                 done.stdout + done.stderr)
                self.assertIn('beginning 6 repetitions', done.stderr)


if __name__ == '__main__':
    unittest.main()
