"""Cases made up at random (script/compare --fuzz), while the calls of both
servers are interrupted by signals and do less than they should: a third of all
accept(), recv(), send(), sendfile() and poll() give EINTR, and half of all
recv(), send() and sendfile() do a part only, by dice of the case. Nothing of
that may be seen.
"""

import argparse
import random
import sys
from unittest import mock

from tools.compare import fuzz, servers

from . import builds
from .faults import Faults, library
from .row import Row, Watch, part, tell

GOAL = 'Every socket call is interrupted, and does a part of its work'
WANTED = '50,000 generated cases equal'


class Interrupted(fuzz.Pair):
    """Both servers have the library, and look at the same memory: one after
    the other they meet the same dice."""

    def __init__(self, options=()):
        self.faults = Faults()
        self.interruptions = 0
        super().__init__(options)

    def start(self):
        self.faults.stop()
        environment = self.faults.environment()
        with mock.patch.object(servers, 'environment', lambda: environment):
            super().start()

    def run(self, a_case):
        self.board.write(a_case.behaviour)
        seed = random.Random(repr(a_case)).randrange(1, 1 << 60)
        results = []
        for server in self.python, self.program:
            self.faults.interrupt(seed)
            results.append(fuzz.outcome(a_case.steps, server))
            self.faults.stop()
        if any(result.end in fuzz.GONE for result in results):
            self.restart()
        return results


def run(cases, seed):
    """The fuzz.Run, which has ended."""
    library()  # built before there are processes that use it
    found = fuzz.Run(seed, range(cases), make_pair=Interrupted)
    found.start()
    for mismatch in found.reports():
        if mismatch is not None:
            tell(str(mismatch))
    found.finish()
    return found


def rows(scale=1.0, seed='interrupted'):
    watch = Watch()
    found = run(part(50000, scale), seed)
    yield Row(GOAL, WANTED,
              f'{found.cases:,} cases of the seed "{seed}": '
              f'{len(found.mismatches)} different'
              + (f'; {found.wrong}' if found.wrong else ''),
              not found.failed(), 'script/reliability interruptions',
              watch.seconds())


def main():
    builds.begin()
    parser = argparse.ArgumentParser(prog='interruptions')
    parser.add_argument('--cases', type=int, default=50000)
    parser.add_argument('--seed', default='interrupted')
    arguments = parser.parse_args()
    found = run(arguments.cases, arguments.seed)
    print(fuzz.tally(found), found.wrong)
    return 1 if found.failed() else 0


if __name__ == '__main__':
    sys.exit(main())
