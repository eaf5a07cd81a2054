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

    def test_a_difference_is_told_so_that_it_can_be_kept(self):
        done = python('-c', '''
from unittest import mock
from tools.parsers import comparison
parsers = {'one': lambda side, data: len(data),
           'other': lambda side, data: (side.name, 'x' in data) == ('C', True)}
with mock.patch.object(comparison, 'FOUND', [('other', 'was lost', 'x1'),
                                             ('third', 'not asked', 'x')]):
    found = comparison.compare(lambda dice: 'axb', parsers, 's', 9)
print(found)
''', cwd=ROOT)
        one = "  Python: False\n  C:      True\n    ('other', 'why',\n     'x'),\n"
        self.assertEqual(
            re.sub(r'(?m)^  \d+ s$', '  s', done.stdout),
            f'other, was lost:\n{one}' + ''.join(
                f'other, text {number} of the seed s:\n{one}'
                for number in range(4))
            + 'one: 4 texts, 0 differences\nother: 4 texts, 5 differences\n'
            '  s\n5\n', done.stderr)


if __name__ == '__main__':
    unittest.main()
