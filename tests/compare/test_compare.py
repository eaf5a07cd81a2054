"""Every case of cases.py on both servers: what comes back must be the same.

CWSGIREF is the path of the program under test; `CWSGIREF=reference` runs the
reference against itself.
"""

import signal
import sys
import unittest

from tools.patience import PATIENCE
from tools.releases.probes import PROBES

from tools.compare import servers
from tools.compare.cases import CASES, request
from tools.compare.differences import (DIFFERENCES, cases_of_strict, holes,
                                       replace, without_differences)
from tools.compare.exchange import (Client, ExpectOpen, Line, Send, exchange,
                                    take, visible)
from tools.compare.pair import Pair
from tools.compare.suites import add_tests


class Cases(Pair):
    """One test for each case, made below."""


add_tests(Cases, steps=lambda case: case.steps)


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
        self.compare([Send(b'GET /a?b HTTP/1.1\r\nX-A: 1\r\n\r\n')])


class CtrlC(unittest.TestCase):
    """While the application runs. docs/differences.md: "The end"."""

    compares = False  # it looks at what differs

    def interrupt(self, server):
        """The answer."""
        self.addCleanup(server.stop)
        client = Client(server)
        Send(request('/reset-then-answer')).run(client)
        Line(b'waiting').run(client)
        server.wait_until_asleep()  # in poll(), which the signal ends
        server.process.send_signal(signal.SIGINT)
        client.finish()
        return client.answer

    def test_pythons_server_goes_on(self):
        server = servers.Server(
            [sys.executable, 'reference.py', 'apps:application'],
            # not ignored, as it is for what a shell starts in the background
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.assertIn(b' 500 Internal', self.interrupt(server))
        self.assertIn('\nKeyboardInterrupt\n', server.log_of_exchange())

    def test_the_program_ends(self):
        server = servers.program()
        if not server.is_program:
            server.stop()
            self.skipTest('there is no program')
        self.assertIn(b' 500 Internal', self.interrupt(server))
        self.assertEqual(server.process.wait(PATIENCE), 0)


class Table(Pair):
    """The table of differences."""

    compares = False  # it looks at the page

    def test_every_row_is_needed(self):
        """A row that no case needs is a row too many."""
        if not self.program.is_program:
            self.skipTest('without the program there are no differences')
        used = set()
        for server in self.python, self.program:
            used |= self.used(server, CASES)
        # The validator's wsgi.input does not tell who has left.
        cases = [case for case in CASES
                 if not any(isinstance(step, Line) for step in case.steps)]
        for start in servers.reference, servers.program:
            server = start(options=['--validate'])
            self.addCleanup(server.stop_cleanly)
            used |= self.used(server, cases)
        self.assertEqual([row.name for row in DIFFERENCES if row not in used],
                         [])

    def used(self, server, cases):
        """The rows that have something to replace in the answers, or in the
        log."""
        used = set()
        for case in cases:
            answer, _ = take(case.steps, server, silence=0)
            used.update(replace(answer.decode('latin-1'))[1])
        used.update(replace(server.log_of_exchange())[1])
        return used


class Holes(Pair):
    """The tables of docs/differences.md that tell what is lax."""

    compares = False  # it asks the reference

    def test_named_cases(self):
        names = {case.name for case in CASES}
        named = [name for hole in holes() for name in hole.cases]
        self.assertEqual(set(named + cases_of_strict()) - names, set())

    def test_what_closes_them(self):
        """Rows of releases.md do: a few have one."""
        named = {name for hole in holes() for name in hole.closed_by}
        self.assertEqual(named - set(PROBES), set())
        self.assertIn('http_0_9_without_headers', named)

    def test_the_reference_is_so_lax(self):
        """The first case of each row shows what the row says."""
        by_name = {case.name: case for case in CASES}
        for hole in holes():
            with self.subTest(hole.what):
                case = by_name[hole.cases[0]]
                if any(PROBES[name].ask() for name in hole.closed_by):
                    with self.assertRaises(AssertionError):
                        self.shows(hole, case)
                else:
                    self.shows(hole, case)

    def shows(self, hole, case):
        came_back = exchange(case.steps, self.python)
        lines = '\n'.join(visible(came_back.answer.decode('latin-1')))
        text = f'answer: {came_back.answer.decode("latin-1")}{came_back.log}'
        self.assertEqual(came_back.answer == b'', hole.nothing)
        self.assertTrue(hole.nothing or hole.shown or hole.hidden)
        for shown in hole.shown:
            self.assertTrue(shown in text or shown in f'answer: {lines}',
                            f'no {shown!r} in {text!r}')
        for hidden in hole.hidden:
            self.assertNotIn(hidden, text)
