"""Subclasses in Python of every class that can be overridden: over these
classes they do what they do over Python's own. Each method and each class
attribute is overridden or set, in two ways, or in each way that there is
(CWSGIREF_LONG_TESTS); see subclasses.py, whose output it compares.

To see one case: python3 -m tests.module.subclasses cwsgiref 'Headers.get, '
"""

import json
import os
import unittest

from tests.support import unequal

from . import subclasses
from .module import python

LONG = os.environ.get('CWSGIREF_LONG_TESTS')

# What differs, as docs/import.md says, by how the names of the cases begin.
DIFFERENT = {
    'get_request gives an object that wraps the socket':
        'C asks it for its fileno() and timeout',
    'RequestHandlerClass is a function': 'C names the type with its module',
    'Overrides that give what is no text':
        'get_environ that gives None: another exception',
    'BaseHandler.wsgi_multiprocess = 1': 'a flag of C is True, and not 1',
}


def is_known(case):
    return any(case.startswith(name) for name in DIFFERENT)


class Subclasses(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.records = {}
        for side in 'cwsgiref', 'python':
            # Only a debug build shows these; they name the line of Python's
            # handlers, where C has none.
            done = python('-W', 'ignore::DeprecationWarning',
                          '-W', 'ignore::ResourceWarning',
                          '-m', 'tests.module.subclasses', side)
            if done.returncode != 0:
                raise AssertionError(f'{side}: {done.stderr}')
            cls.records[side] = json.loads(done.stdout)

    def test_the_same(self):
        ours, theirs = self.records['cwsgiref'], self.records['python']
        self.assertEqual(ours.keys(), theirs.keys())
        self.assertGreater(len(theirs), 1000 if LONG else 400)
        for case, record in theirs.items():
            if not is_known(case):
                with self.subTest(case):
                    self.assertEqual(unequal(ours[case], record), '')

    def test_what_differs_still_does(self):
        """A limit that is gone goes from the list, and from the page."""
        for name in DIFFERENT:
            cases = [case for case in self.records['python']
                     if case.startswith(name)]
            self.assertTrue(any(
                self.records['cwsgiref'][case] != self.records['python'][case]
                for case in cases), name)

    def test_overrides_are_called(self):
        """Of those that are set on a class, all but a few that no request
        comes to."""
        silent = {case.partition(',')[0] for case, record
                  in self.records['python'].items()
                  if ', class, ' in case and ' = ' not in case
                  and not record['calls']}
        self.assertLessEqual(silent, {
            'BaseServer.serve_forever', 'BaseServer.shutdown',
            'BaseServer.handle_timeout', 'BaseServer.fileno',
            'BaseServer.service_actions',
            'BaseHTTPRequestHandler.handle_expect_100'})

    def test_every_method_of_python(self):
        """What Python's classes have, the lists of cases have."""
        for cls, _ in subclasses.classes():
            names = {name for name, value in vars(cls).items()
                     if callable(value) and not isinstance(value, type)}
            listed = set(subclasses.METHODS[cls.__name__].split())
            self.assertLessEqual(names - listed, {
                '_colorize_request', '_validate_status',
                '_convert_string_type'})


class Refused(unittest.TestCase):

    def test_values_that_c_does_not_take(self):
        done = python('-m', 'tests.module.refused')
        self.assertEqual((done.stdout, done.stderr), ('0 wrong\n', ''))


if __name__ == '__main__':
    unittest.main()
