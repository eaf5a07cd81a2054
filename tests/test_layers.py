"""tools/test/layers.py: what script/test says of programs that pass, fail, skip, crash.

The programs are a few lines each, in a build folder that ctest takes for one.
"""

import contextlib
import io
import pathlib
import sys
import tempfile
import textwrap
import unittest

from tools.test import layers

# cmocka's words, and no end of the last line.
C_PASSES = '''
    echo '[==========] Running 3 test(s).'
    echo '[ RUN      ] test_one'
    echo '[       OK ] test_one'
    echo '[==========] 3 test(s) run.'
    printf '[  PASSED  ] 3 test(s).'
'''

C_FAILS = '''
    echo '[==========] fruit: Running 4 test(s).'
    echo '[  ERROR   ] --- 1 != 2' >&2
    echo '[  FAILED  ] test_plum'
    echo 'left out: there are none'
    echo '[  SKIPPED ] test_pear'
    echo '[  SKIPPED ] test_quince'
    echo '[==========] fruit: 4 test(s) run.'
    echo '[  SKIPPED ] fruit: 2 test(s), listed below:'
    echo '[  SKIPPED ] test_pear'
    echo '[  SKIPPED ] test_quince'
    echo '[  FAILED  ] fruit: 1 test(s), listed below:'
    echo '[  FAILED  ] test_plum'
    exit 1
'''

CRASHES = '''
    echo 'not long now'
    kill -s SEGV $$
'''

UNITTEST = '''
    import unittest

    class Tests(unittest.TestCase):
        def test_passes(self):
            print("an odd: line", flush=True)

        def test_skips(self):
            """It says why."""
            self.skipTest("it's raining")

        def test_fails(self):
            for number in 1, 2, 3:
                with self.subTest(number):
                    self.assertEqual(number, 1)

    @unittest.skip('the class')
    class Others(unittest.TestCase):
        def test_other(self):
            pass

    class Rest(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            raise unittest.SkipTest('the rest')

        def test_rest(self):
            pass

    unittest.main(verbosity=2)
'''


class Build:
    """A build folder with these programs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.lines = []

    def add(self, name, layer, code, interpreter='sh'):
        path = self.folder / name
        path.write_text(textwrap.dedent(code))
        self.lines += [
            f'add_test({name} "{interpreter}" "{path}")',
            f'set_tests_properties({name} PROPERTIES LABELS "{layer}")']
        (self.folder / 'CTestTestfile.cmake').write_text(
            '\n'.join(self.lines) + '\n')


class LayersTests(unittest.TestCase):

    def setUp(self):
        self.maxDiff = None
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.build = Build(scratch.name)

    def run_it(self, *options, title=''):
        """The Outcome, and what has been said. No time is the same."""
        stderr = io.StringIO()
        with contextlib.redirect_stderr(stderr):
            total = layers.run(self.build.folder, options, title)
        return total, stderr.getvalue()

    def test_passed(self):
        self.build.add('a.one', 'a', C_PASSES)
        self.build.add('a.two', 'a', C_PASSES)
        self.build.add('b.three', 'b', C_PASSES)
        total, said = self.run_it()
        self.assertEqual(total, layers.Outcome(9, 0, []))
        self.assertEqual(total.passed, 9)
        self.assertEqual(len(said.splitlines()), 2)
        self.assertRegex(said, r'(?m)^a: 2 programs, 6 tests, \d+\.\d s$')
        self.assertRegex(said, r'(?m)^b: 1 program, 3 tests, \d+\.\d s$')

    def test_some(self):
        self.build.add('a.one', 'a', C_PASSES)
        self.build.add('b.two', 'b', C_PASSES)
        total, said = self.run_it('-R', 'two', title='asan: ')
        self.assertEqual(total, layers.Outcome(3, 0, []))
        self.assertRegex(said, r'\Aasan: b: 1 program, 3 tests, \d+\.\d s\n\Z')

    def test_none(self):
        self.build.add('a.one', 'a', C_PASSES)
        total, said = self.run_it('-R', 'nothing')
        self.assertEqual(total, layers.Outcome(1, 1, []))
        self.assertIn('there is no such test', said)

    def test_cmocka_fails(self):
        self.build.add('a.fruit', 'a', C_FAILS)
        total, said = self.run_it()
        self.assertEqual(total, layers.Outcome(4, 1, [
            ('a.fruit.test_pear', 'there are none'),
            ('a.fruit.test_quince', 'it does not say why')]))
        self.assertEqual(total.passed, 1)
        self.assertIn('\n[  ERROR   ] --- 1 != 2\n', said)
        self.assertRegex(said, r'\A---- a\.fruit: Failed\n')
        self.assertRegex(said, r'\na: 1 program, 4 tests, .* s, 1 FAILED\n\Z')

    def test_unittest_fails(self):
        """Two parts of one test."""
        self.build.add('a.tests', 'a', UNITTEST, sys.executable)
        total, said = self.run_it(title='asan: ')
        self.assertEqual(total, layers.Outcome(5, 1, [
            ('asan: __main__.Others.test_other', 'the class'),
            ('asan: __main__.Rest.setUpClass', 'the rest'),
            ('asan: __main__.Tests.test_skips', "it's raining")]))
        self.assertEqual(total.passed, 1)
        self.assertRegex(said, r'\A---- asan: a\.tests: Failed\n=====*\nFAIL: ')
        self.assertIn('AssertionError: 2 != 1', said)
        self.assertNotIn('odd', said)

    def test_unittest_passes(self):
        self.build.add('a.tests', 'a',
                       UNITTEST.replace('1, 2, 3', '1, 1, 1'), sys.executable)
        total, said = self.run_it()
        self.assertEqual((total.run, total.passed, total.failed), (5, 2, 0))
        self.assertRegex(said, r'\Aa: 1 program, 5 tests, \d+\.\d s\n\Z')

    def test_crash(self):
        self.build.add('a.one', 'a', C_PASSES)
        self.build.add('a.two', 'a', CRASHES)
        self.build.add('a.three', 'a', 'exit 3')
        self.build.add('a.four', 'a', '', '/no/such/interpreter')
        total, said = self.run_it()
        self.assertEqual(total, layers.Outcome(6, 3, []))
        self.assertIn('---- a.two: Exception: SegFault\nnot long now\n', said)
        self.assertRegex(said, r'a: 4 programs, 6 tests, .* s, 3 FAILED\n')

    def test_time_is_over(self):
        self.build.add('a.one', 'a', 'echo 5 minutes more; exec sleep 1000')
        total, said = self.run_it('--timeout', '1')
        self.assertEqual(total, layers.Outcome(1, 1, []))
        self.assertIn('---- a.one: Timeout\n5 minutes more\n', said)

    def test_again(self):
        self.build.add('a.one', 'a', C_PASSES)
        total, _ = self.run_it('--repeat', 'until-fail:3')
        self.assertEqual(total, layers.Outcome(3, 0, []))


if __name__ == '__main__':
    unittest.main()
