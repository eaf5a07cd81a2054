"""docs/coverage.md is what script/coverage writes, and misses no name."""

import os
import subprocess
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))


@unittest.skipUnless('-O0' in os.environ.get('CWSGIREF_C_FLAGS', ''),
                     'only the study build keeps the names of all functions')
class CoverageTests(unittest.TestCase):

    def test_page_is_fresh_and_complete(self):
        check = subprocess.run(
            [sys.executable, os.path.join(ROOT, 'script', 'coverage'),
             '--check', os.environ['CWSGIREF']],
            capture_output=True, text=True)
        self.assertEqual((check.returncode, check.stderr), (0, ''))


if __name__ == '__main__':
    unittest.main()
