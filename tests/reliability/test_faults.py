"""The instruments of tools/reliability that let calls fail: whether they can
tell. (test_reliability.py has a short run of each.)"""

import errno
import importlib.util
import os
import pathlib
import subprocess
import sys
import unittest
from unittest import mock

from tools.compare import fuzz, generator
from tools.reliability import (builds, faults, interruptions, memory,
                               requests, system_calls)

ROOT = pathlib.Path(__file__).resolve().parents[2]


def setUpModule():
    built = mock.patch.dict(
        os.environ, {builds.BUILT: os.environ['CWSGIREF_BUILD']})
    built.start()
    unittest.addModuleCleanup(built.stop)


class Library(unittest.TestCase):
    """faults.c does what faults.py wants."""

    @classmethod
    def setUpClass(cls):
        pair = system_calls.Pair()
        cls.addClassCleanup(pair.stop)
        cls.side = pair.program

    def test_calls_are_counted(self):
        self.side.wait()
        self.side.faults.count()
        self.side.exchange(requests.ANSWERED['hello'])
        self.assertRegex(self.side.faults.trace(), '^arshcp*$')

    def test_a_call_fails(self):
        self.side.wait()
        self.side.faults.fail_calls('recv', 1, 1, errno.EIO)
        answer, end = self.side.exchange(requests.ANSWERED['hello'])
        self.side.faults.stop()
        self.assertEqual(answer, b'')
        self.assertIn(f'OSError: [Errno {errno.EIO}]',
                      self.side.server.log_of_exchange())

    def test_a_connection_breaks(self):
        self.side.wait()
        self.side.faults.break_at(8, errno.EPIPE)
        answer, end = self.side.exchange(requests.ANSWERED['hello'])
        self.side.faults.stop()
        self.assertEqual(answer, b'HTTP/1.0')

    def test_all_is_interrupted(self):
        self.side.wait()
        self.side.faults.interrupt(5)
        answer, end = self.side.exchange(requests.ANSWERED['a file'])
        self.assertGreater(self.side.faults.control.interrupted, 2)
        self.side.faults.stop()
        self.assertEqual(answer.partition(b'\r\n\r\n')[2],
                         b'on disk\n' * 1000)


class SystemCalls(unittest.TestCase):

    def test_it_can_tell(self):
        """A fault that one of them does not meet."""
        pair = system_calls.Pair()
        self.addCleanup(pair.stop)
        point = system_calls.Point('hello', 'recv', 1, 1, errno.EIO)
        self.assertEqual(pair.differs(point), '')
        pair.program.faults.fail_calls = lambda *arguments: None
        self.assertIn('-OSError: [Errno 5]', pair.differs(point))

    def test_it_sees_a_server_that_ends(self):
        pair = system_calls.Pair()
        self.addCleanup(pair.stop)
        found, failed = pair.program.run(
            requests.ANSWERED['hello'],
            system_calls.Point('hello', 'poll', 1, 1, errno.ENOMEM).arm)
        self.assertEqual((found.end, failed), ('it ends with status 1', 1))


class Interruptions(unittest.TestCase):

    def test_both_are_interrupted(self):
        pair = interruptions.Interrupted()
        self.addCleanup(pair.stop)
        for index in range(5):
            one, other = pair.run(generator.case('s', index))
            self.assertEqual(fuzz.differences(one, other), '')
            self.assertGreater(pair.faults.control.interrupted, 0)

    def test_it_can_tell(self):
        """What is interrupted must go on: a library that takes bytes away."""
        pair = interruptions.Interrupted()
        self.addCleanup(pair.stop)
        case = fuzz.case('s', 0)
        with mock.patch.object(pair.faults, 'interrupt', self.breaks(pair)):
            one, other = pair.run(case._replace(
                steps=[generator.Send(requests.get('/')), generator.Shut()],
                behaviour='return env(environ, start_response)'))
        self.assertNotEqual(fuzz.differences(one, other), '')

    def breaks(self, pair):
        """The connection of the second server breaks."""
        places = iter([-1, 10])
        return lambda seed: pair.faults.break_at(next(places), errno.EPIPE)


class Allocations(unittest.TestCase):

    def test_it_can_tell(self):
        """A server that is killed, and one that gives another answer."""
        method = memory.ByLibrary()
        self.addCleanup(method.close)
        sufferer = memory.Sufferer(method)
        self.addCleanup(sufferer.stop)
        request = requests.ANSWERED['hello']
        usual = sufferer.usual_of(request)
        sufferer.usual[request] = usual[0] + 'more', usual[1]
        self.assertIn('the next answer is another',
                      sufferer.point(request, faults.NEVER).wrong)
        sufferer.usual[request] = usual
        self.assertEqual(sufferer.point(request, faults.NEVER).wrong, '')
        sufferer.server.process.kill()
        sufferer.server.process.wait()
        self.assertEqual(sufferer.point(request, 1).wrong,
                         'it ends with status -9')

    def test_what_is_left_is_seen(self):
        """Also if the first points after another request leave nothing."""
        forgetful = Forgetful()
        self.assertEqual(forgetful.leaked(b'', 1), 1)

    @unittest.skipUnless(importlib.util.find_spec('_testcapi'),
                         'this Python has no _testcapi')
    def test_what_is_left_is_the_server_s(self):
        done = subprocess.run(
            [sys.executable, '-m', 'tests.reliability.by_themselves'],
            cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'(?m)^close_fails: [1-9]')
        self.assertNotIn('more each time', done.stdout)


class Forgetful(memory.Sufferer):
    """A server that leaves a reference at the third point after another
    request, and at those that follow."""

    def __init__(self):
        self.count = self.points = 0

    def warm_up(self, request):
        pass

    def fail_once(self, request, number):
        self.points += 1
        self.count += self.points > 2

    def references(self):
        self.points = 0
        return self.count


if __name__ == '__main__':
    unittest.main()
