"""CPython's own tests, unchanged, on these classes: script/cpython-tests."""

import importlib.util
import re
import unittest

from .module import python


def has_tests():
    try:
        return importlib.util.find_spec('test.test_wsgiref') is not None
    except ModuleNotFoundError:
        return False


@unittest.skipUnless(has_tests(), 'this Python has no libpython3-testsuite')
class CPython(unittest.TestCase):

    def run_tests(self, name, least):
        done = python('-m', 'cwsgiref.as_wsgiref', '-m', 'unittest', name)
        self.assertEqual(done.returncode, 0, done.stderr)
        count = re.search(r'^Ran (\d+) tests', done.stderr, re.MULTILINE)
        self.assertGreaterEqual(int(count[1]), least)

    def test_wsgiref(self):
        self.run_tests('test.test_wsgiref', 36)

    def test_socketserver(self):
        self.run_tests('test.test_socketserver', 27)

    def test_httpservers(self):
        """SimpleHTTPRequestHandler and CGIHTTPRequestHandler are Python's
        own, over our class."""
        self.run_tests('test.test_httpservers', 60)


if __name__ == '__main__':
    unittest.main()
