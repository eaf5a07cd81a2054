"""After each case of cases.py the program is where it was before: its open
files, its objects, its blocks of memory.

CWSGIREF is the path of the program under test.
"""

import json
import unittest

from tools.compare import servers
from tools.compare.cases import CASES, request
from tools.compare.exchange import Close, Reset, Send, take


class Level(unittest.TestCase):
    """After each case the program is where it was before."""

    compares = False  # it asks the program alone

    # What grows is asked again, with more and more runs: caches (CPython has
    # one for methods, with 4096 entries) are full at some time. A leak grows
    # as often as there are runs.
    RUNS = (20, 40, 80, 160, 320)
    ENOUGH = 5  # what all cases have in common takes long to find in all

    def setUp(self):
        self.program = servers.program()
        self.addCleanup(self.program.stop_cleanly)

    def test_nothing_grows(self):
        for case in CASES:  # so that all code has run at least once
            with self.subTest(case=case.name):
                self.run_case(case, 2)
        failed = 0
        for case in CASES:
            if failed == self.ENOUGH:
                break
            with self.subTest(case=case.name):
                failed += 1
                self.stays_level(case)
                failed -= 1

    def stays_level(self, case):
        self.run_case(case, 1)
        before = self.level()
        for runs in self.RUNS:
            self.run_case(case, runs)
            after = self.level()
            grown = self.grown(before, after, runs)
            if not grown:
                return
            before = after
        self.fail(f'more after {runs} requests: {grown}')

    def grown(self, before, after, runs):
        """What has grown, and by how much: an open file or an object by one,
        memory by a block for each run."""
        least = {'open files': 1, 'objects': 1, 'blocks of memory': runs}
        return {name: after[name] - before[name] for name in least
                if after[name] - before[name] >= least[name]}

    def run_case(self, case, times):
        for _ in range(times):
            self.take(case.steps)
            if any(isinstance(step, (Close, Reset)) for step in case.steps):
                # Wait for the server, lest connections pile up: its queue
                # is short, and a connect() that is turned away takes 1 s.
                self.take([Send(request('/ok'))])

    def level(self):
        answer = self.take([Send(request('/level'))])
        return json.loads(answer.partition(b'\r\n\r\n')[2])

    def take(self, steps):
        try:
            answer, end = take(steps, self.program, silence=0)
            if answer or end != 'RST':
                return answer
        except (OSError, RuntimeError):
            pass
        self.program.restart()


if __name__ == '__main__':
    unittest.main()
