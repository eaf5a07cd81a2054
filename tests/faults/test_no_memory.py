"""Each allocation of each operation fails once (no_memory.py), and some while
the module is loaded (loading.py)."""

import re
import sys
import unittest

from tests.module.module import python

try:
    import _testcapi
except ImportError:
    _testcapi = None


@unittest.skipIf(sys.version_info >= (3, 12), 'without memory later releases '
                 'crash by themselves, where a function defines another one')
@unittest.skipUnless(_testcapi, 'this Python has no _testcapi, which lets '
                     'allocations fail')
class NoMemoryTests(unittest.TestCase):

    def test_each_allocation_fails(self):
        done = python('-m', 'tests.faults.no_memory')
        total = re.search(r'^(\d+) operations, (\d+) allocations, (\d+) wrong$',
                          done.stdout, re.MULTILINE)
        self.assertIsNotNone(total, done.stdout[-3000:] + done.stderr[-3000:])
        wrong = re.findall(r'^.*, [1-9]\d* wrong\n(?:  .*\n)*', done.stdout,
                           re.MULTILINE)
        self.assertEqual(done.returncode, 0, '\n'.join(wrong) + done.stderr)
        self.assertGreater(int(total[1]), 150)
        self.assertGreater(int(total[2]), 8000)

    def test_the_module_is_loaded_without_memory(self):
        done = python('-m', 'tests.faults.loading', '5')
        said = re.search(r'^(\d+) allocations, 0 wrong', done.stdout,
                         re.MULTILINE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreater(int(said[1]), 2000)


if __name__ == '__main__':
    unittest.main()
