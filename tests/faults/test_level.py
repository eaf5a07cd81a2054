"""Operations leave no memory behind (level.py)."""

import re
import unittest

from tests.module.module import python


class LevelTests(unittest.TestCase):

    def test_each_operation_leaves_nothing(self):
        done = python('-m', 'tests.faults.level')
        total = re.search(r'^(\d+) operations, (\d+) leave something$',
                          done.stdout, re.MULTILINE)
        self.assertIsNotNone(total, done.stdout[-3000:] + done.stderr[-3000:])
        self.assertEqual(int(total[2]), 0, done.stdout)
        self.assertGreater(int(total[1]), 150)


if __name__ == '__main__':
    unittest.main()
