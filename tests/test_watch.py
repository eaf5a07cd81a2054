"""tools/test/watch.py, through which every test runs, and the patience of a
server's client: only what hangs is given up."""

import contextlib
import os
import subprocess
import sys
import time
import unittest

from tools import processes
from tools.patience import Patience

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WATCH = os.path.join(ROOT, 'tools', 'test', 'watch.py')
BUSY = 'import time\nwhile time.process_time() < 0.6: pass\n'


def watch(patience, *command):
    done = subprocess.run(
        [sys.executable, '-S', WATCH, *command],
        env={**os.environ, 'CWSGIREF_PATIENCE': patience}, text=True,
        stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout, done.stderr


class WatchTests(unittest.TestCase):

    def test_what_ends_by_itself(self):
        self.assertEqual(
            watch('300', 'sh', '-c', 'echo out; echo err >&2; exit 3'),
            (3, 'out\n', 'err\n'))
        self.assertEqual(watch('300', 'sh', '-c', 'kill -9 $$')[0], 137)

    def test_what_hangs(self):
        """Everything that it has started is named and ended."""
        status, out, err = watch(
            '0.5', sys.executable, '-X', 'faulthandler', '-c',
            'import subprocess\n'
            'child = subprocess.Popen(["sleep", "1000"])\n'
            'print(child.pid, flush=True)\n'
            'child.wait()\n')
        self.assertEqual(status, 1)
        self.assertIn('nothing has happened for 0.5 seconds', err)
        self.assertIn('sleep 1000', err)
        self.assertIn('File "<string>", line 4 in <module>', err)
        self.assertNotIn(processes.stat(int(out))[:1], (['S'], ['R']))

    def test_what_is_busy(self):
        """Itself, or a child of a child."""
        self.assertEqual(watch('0.1', sys.executable, '-c', BUSY)[0], 0)
        self.assertEqual(
            watch('0.1', 'sh', '-c', '"$0" -c "$1"; exit 5', sys.executable,
                  BUSY)[0], 5)


class PatienceTests(unittest.TestCase):

    def test_of_one_that_sleeps(self):
        """It comes to its end, and not before its time."""
        with subprocess.Popen(['sleep', '1000']) as child:
            self.addCleanup(child.kill)
            start = time.monotonic()
            patience = Patience(child.pid, 0.5)
            while patience.left() > 0:
                with self.assertRaises(subprocess.TimeoutExpired):
                    child.wait(patience.left())
            self.assertGreaterEqual(time.monotonic() - start, 0.5)
            child.kill()

    @unittest.skipIf(processes.waited_of_thread('self') == 0,
                     'this kernel does not say who waits for a processor')
    def test_of_one_that_waits_for_a_processor(self):
        """Two on one processor: each waits half of the time, at least."""
        one = [min(os.sched_getaffinity(0))]
        start = time.monotonic()
        with contextlib.ExitStack() as stack:
            pair = [stack.enter_context(subprocess.Popen(
                [sys.executable, '-S', '-c', BUSY + 'print(flush=True)\n'
                                                    'input()'],
                preexec_fn=lambda: os.sched_setaffinity(0, one),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE))
                for _ in range(2)]
            patience = Patience(pair[0].pid, 1000)
            for each in pair:
                each.stdout.readline()
            gone = time.monotonic() - start
            self.assertLess(1000 - patience.left(), 0.75 * gone)
            for each in pair:
                each.communicate(b'\n')


if __name__ == '__main__':
    unittest.main()
