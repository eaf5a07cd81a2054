"""The class of the tests that ask both servers."""

import difflib
import unittest

from . import servers
from .exchange import exchange

WIDTH = 400  # a longer line is cut in the diff, not in the comparison


def diff(python, program):
    """A unified diff of two lists of lines."""
    cut = [[line if len(line) <= WIDTH else
            f'{line[:WIDTH]}... ({len(line)} characters)' for line in lines]
           for lines in (python, program)]
    lines = list(difflib.unified_diff(*cut, 'wsgiref.simple_server',
                                      'cwsgiref', lineterm=''))
    return '\n' + '\n'.join(lines or ['(they differ in the long lines)'])


class Pair(unittest.TestCase):
    """Tests that ask both servers, which are started once for all."""

    arguments = {}  # of servers.reference() and servers.program()

    @classmethod
    def setUpClass(cls):
        cls.python = servers.reference(**cls.arguments)
        cls.addClassCleanup(cls.python.stop_cleanly)
        cls.program = servers.program(**cls.arguments)
        cls.addClassCleanup(cls.program.stop_cleanly)

    def compare(self, steps):
        python = exchange(steps, self.python)
        try:
            program = exchange(steps, self.program)
        except (OSError, RuntimeError):
            self.program.restart()
        self.same(python.comparable(), program.comparable())

    def same(self, python, program):
        if python != program:
            self.fail(diff(python, program))
