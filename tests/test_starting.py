"""tools/server.py: a server that starts, one that does not, and what both
say."""

import subprocess
import sys
import unittest

from tools.server import Server

SERVES = '''
import sys
print('first a word', flush=True)
print('Serving HTTP on 127.0.0.1 port 7 ...', flush=True)
print('one\\ntwo', flush=True)
print('to the log', file=sys.stderr, flush=True)
print('three', flush=True)
sys.stdin.read()
'''


class Patient(Server):

    def __init__(self, code, **more):
        super().__init__([sys.executable, '-c', code], **more)


class AtOnce(Patient):
    first_of_all = True


class StartTests(unittest.TestCase):

    def start(self, code, cls=Patient, **more):
        server = cls(code, **more)
        self.addCleanup(server.kill)
        return server

    def test_it_has_said_where_it_listens(self):
        server = self.start(SERVES)
        self.assertEqual(server.port, 7)
        self.assertEqual(server.announcement,
                         'Serving HTTP on 127.0.0.1 port 7 ...\n')

    def test_lines_and_log(self):
        server = self.start(SERVES)
        self.assertEqual(server.wait_for_line('^t(.*)')[1], 'wo')
        server.wait_for_line('three')
        self.assertEqual(server.new_log(), 'to the log\n')
        self.assertEqual((server.new_log(), server.log()),
                         ('', 'to the log\n'))
        self.assertEqual(server.stdout.rest(), '')

    def test_a_line_that_does_not_come(self):
        server = self.start(SERVES)
        with self.assertRaisesRegex(RuntimeError,
                                    "not printed 'four'.*to the log"):
            server.wait_for_line('four')

    def test_it_ends_before(self):
        for code in ('import sys; sys.exit("no port")',
                     'import sys; print("Hello"); sys.exit("no port")'):
            with self.subTest(code), self.assertRaisesRegex(
                    RuntimeError, "not started; its log: 'no port"):
                Patient(code)

    def test_a_word_before_may_be_one_too_many(self):
        with self.assertRaisesRegex(RuntimeError, 'not started'):
            AtOnce(SERVES)
        self.assertEqual(
            self.start('print("Serving on port 8 ...")', AtOnce).port, 8)

    def test_it_hangs(self):
        """It is ended: its log is there, and no process."""
        class Impatient(Patient):
            patience = 0.1

            def kill(self):
                super().kill()
                ended.append(self.process.returncode)

        ended = []
        with self.assertRaises(TimeoutError):
            Impatient('import time; time.sleep(1000)')
        self.assertEqual(ended, [-9])

    def test_a_log_of_ones_own(self):
        with self.start(SERVES, stderr=subprocess.PIPE) as server:
            self.assertEqual(server.process.stderr.readline(),
                             b'to the log\n')
            self.assertEqual(server.log(), '')


if __name__ == '__main__':
    unittest.main()
