"""script/parsers, for a moment."""

import os
import re
import unittest

from .module import ROOT, python

CASES = 100_000 if os.environ.get('CWSGIREF_LONG_TESTS') else 400


class Parsers(unittest.TestCase):

    def test_no_differences(self):
        done = python(str(ROOT / 'script' / 'parsers'), '--cases', str(CASES))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = re.findall(r'^([\w-]+): (\d+) texts, 0 differences',
                           done.stdout, re.MULTILINE)
        self.assertEqual(len(lines), 8, done.stdout)
        self.assertEqual({int(number) for _, number in lines}, {CASES})

    def test_a_difference_is_made_smaller(self):
        done = python('-c', '''
from tools.parsers import shrink
print(shrink.shrink((b'abcxdef', ['k', 'wxy', ('p', 'q')]),
                    lambda data: b'x' in data[0] and 'x' in str(data[1])))
''', cwd=ROOT)
        self.assertEqual(done.stdout, "(b'x', ['x'])\n", done.stderr)


if __name__ == '__main__':
    unittest.main()
