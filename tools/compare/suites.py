"""What the test files of the corpus are made of: a test class with one test
for each case, and one that asks the variants."""

import re

from . import servers
from .cases import CASES
from .exchange import Close, ExpectOpen, Line, Reset, exchange
from .pair import Pair

# A frame of the subclasses: the same method, in C and in Python.
FRAME = re.compile(r'^  File "[^"]*variants\.(?:c|py)", line \d+, in (.+)\n'
                   r'(?:    .*\n)*', re.MULTILINE)

# The log of a request is complete when the client has seen its end. One that
# leaves does not wait for it.
LEAVING = Close, Reset


def has(case, *kinds):
    """Whether a step of the case is of such a kind."""
    return any(isinstance(step, kinds) for step in case.steps)


def without_silence(case):
    """The steps without those that watch a silent server: test_compare.py
    has them, and they take time."""
    return [step for step in case.steps if not isinstance(step, ExpectOpen)]


def waits_for_application(case):
    """Whether the client waits until the application has said on stdout how
    far it is."""
    return has(case, Line)


def add_tests(test_class, cases=CASES, steps=without_silence):
    """`steps` gives the steps to take for a case."""
    for case in cases:
        def test(self, case=case):
            self.compare(steps(case))
        test.__name__ = 'test_' + case.name.replace('-', '_')
        test.__doc__ = case.why
        setattr(test_class, test.__name__, test)


class Variants(Pair):
    """Tests that ask a pair of servers with the same subclasses."""

    options = []

    @classmethod
    def setUpClass(cls):
        cls.python = servers.reference_variant(cls.options)
        cls.addClassCleanup(cls.python.stop_cleanly)
        cls.program = servers.program_variant(cls.options)
        cls.addClassCleanup(cls.program.stop_cleanly)

    def compare(self, steps):
        self.same(*(self.comparable(exchange(steps, server))
                    for server in (self.python, self.program)))

    def comparable(self, came_back):
        log = FRAME.sub(r'  File <variants>, in \1' '\n', came_back.log)
        return came_back._replace(log=log).comparable()
