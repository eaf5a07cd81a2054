"""Every case of cases.py on both servers: what comes back must be the same.

CWSGIREF is the path of the program under test; `CWSGIREF=reference` runs the
reference against itself.
"""

import difflib
import json
import unittest

from . import servers
from .cases import CASES, request
from .differences import DIFFERENCES, replace, without_differences
from .exchange import (Client, Close, ExpectOpen, Reset, Send, exchange, take,
                       visible)

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


class Cases(Pair):
    """One test for each case, made below."""


def add_tests():
    for case in CASES:
        def test(self, case=case):
            self.compare(case.steps)
        test.__name__ = 'test_' + case.name.replace('-', '_')
        test.__doc__ = case.why
        setattr(Cases, test.__name__, test)


add_tests()


class TwoClients(Pair):

    def test_one_after_the_other(self):
        """While one client hesitates, the other waits: there is one thread."""
        self.same(self.two_clients(self.python),
                  self.two_clients(self.program))

    def two_clients(self, server):
        slow, quick = Client(server), Client(server)
        Send(b'GET /ok HTTP/1.1\r\nHost: slow\r\n').run(slow)
        Send(request('/env')).run(quick)
        ExpectOpen().run(quick)
        Send(b'\r\n').run(slow)
        slow.finish()
        quick.finish()
        return visible(without_differences(
            f'{slow.answer.decode()}{quick.answer.decode()}'
            f'{server.log_of_exchange()}'))


class Timeout(Pair):
    """A silent client, where --timeout is given."""

    arguments = {'timeout': 0.3}

    def test_in_the_request_line(self):
        self.compare([])

    def test_in_the_headers(self):
        self.compare([Send(b'GET /ok HTTP/1.1\r\nHost: h\r\n')])

    def test_in_the_body(self):
        self.compare([Send(b'POST /read-cl HTTP/1.1\r\n'
                           b'Content-Length: 5\r\n\r\nhe')])

    def test_not_at_all(self):
        self.compare([Send(request('/ok'))])


class DemoApp(Pair):
    """What is served when no application is named."""

    arguments = {'application': None}

    def test_demo_app(self):
        """The body shows objects, so the lengths are not the same."""
        self.same(self.page(self.python), self.page(self.program))

    def page(self, server):
        answer, end = take([Send(b'GET /a?b HTTP/1.1\r\nX-A: 1\r\n\r\n')],
                           server)
        head, _, body = answer.decode().partition('\r\n\r\n')
        length = str(len(body.encode()))
        head, log = [text.replace(length, '<the length of the body>')
                     for text in (head, server.new_log())]
        # One object to a line, at its end.
        body = body.replace(' = <', ' = \n<')
        return visible(without_differences(f'{head}\n{body}{end}\n{log}'))


class Table(Pair):
    """The table of differences."""

    def test_every_row_is_needed(self):
        """A row that no case needs is a row too many."""
        if not self.program.is_program:
            self.skipTest('without the program there are no differences')
        used = set()
        for server in self.python, self.program:
            for case in CASES:
                answer, _ = take(case.steps, server, silence=0)
                used.update(replace(answer.decode('latin-1'))[1])
            used.update(replace(server.log_of_exchange())[1])
        for row in DIFFERENCES:
            with self.subTest(reason=row.reason):
                self.assertIn(row, used)


class Level(unittest.TestCase):
    """After each case the program is where it was before."""

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
