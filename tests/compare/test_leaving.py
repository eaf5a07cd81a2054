"""Clients that leave: what the servers log, and what the application is told,
must be the same.

Some requests are cut at each of their bytes. The server is stopped while the
client sends and leaves, so that it is no chance what the server finds. Without
CWSGIREF_LONG_TESTS it is not each byte, but every ninth, and fewer requests
where there is a mix-in or the validator.

CWSGIREF is the path of the program under test; `CWSGIREF=reference` runs the
reference against itself.
"""

import os
import unittest

from tools.compare import generator
from tools.compare.cases import CASES
from tools.compare.exchange import Close, Reset, Send, Shut
from tools.compare.leaving import MANNERS, cuts, leaving, requests
from tools.compare.pair import Pair

LONG = os.environ.get('CWSGIREF_LONG_TESTS')
STEP = 1 if LONG else 9


class Leaving(Pair):
    """One test for each of the shapes, made below."""

    def compare_all(self, data, first):
        for cut in cuts(data, first, STEP):
            for name, leave in MANNERS.items():
                with self.subTest(bytes=cut, client=name):
                    self.compare(leaving(data[:cut], leave))


class EachByte(Leaving):
    pass


class WithThreads(Leaving):

    arguments = {'options': ['--threads']}


class WithFork(Leaving):

    arguments = {'options': ['--fork']}


class Validated(Leaving):

    arguments = {'options': ['--validate']}


def add_shapes():
    for number, (name, data) in enumerate(requests().items()):
        def test(self, data=data, number=number):
            self.compare_all(data, number)
        test.__name__ = 'test_' + name.replace('-', '_')
        setattr(EachByte, test.__name__, test)
        for each in WithThreads, WithFork, Validated:
            if LONG or number % 5 == 0:
                setattr(each, test.__name__, test)


class Gone(Pair):
    """All that is a request in one piece, once more to a client that has left
    when it is read. One test for each, made below."""


def add_gone():
    for case in CASES:
        sends = [step for step in case.steps if isinstance(step, Send)]
        if (len(sends) != 1 or len(sends[0].data) > generator.ARRIVES
                or not all(isinstance(step, (Send, Shut))
                           for step in case.steps)):
            continue

        def test(self, data=sends[0].data):
            for leave in Close(), Reset():
                with self.subTest(leave):
                    self.compare(leaving(data, leave))
        test.__name__ = 'test_' + case.name.replace('-', '_')
        test.__doc__ = case.why
        setattr(Gone, test.__name__, test)


add_shapes()
add_gone()


if __name__ == '__main__':
    unittest.main()
