"""docs/tour.md: what it shows is what one sees, and its exercises can be done.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import unittest

from tests.gdb import python
from tools.patience import PATIENCE

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, '..', '..'))
PAGE = os.path.join(ROOT, 'docs', 'tour.md')
BUILD = os.environ['CWSGIREF_BUILD']
LIBRARY = os.environ['CWSGIREF_LIBRARY']
C_FLAGS = shlex.split(os.environ['CWSGIREF_C_FLAGS'])
STOPS = range(1, 11)


def setUpModule():
    if '-O0' not in C_FLAGS:
        raise unittest.SkipTest('the tour goes through the study build')


def read_page():
    with open(PAGE, encoding='utf-8') as file:
        return file.read()


def solutions():
    """{number of the stop: diff}"""
    stops = re.split(r'^## (\d+)\. ', read_page(), flags=re.MULTILINE)[1:]
    return {int(number): re.search(r'^```diff\n(.*?)^```$', text,
                                   re.MULTILINE | re.DOTALL)[1]
            for number, text in zip(stops[::2], stops[1::2])}


class SessionTests(unittest.TestCase):

    @unittest.skipUnless(shutil.which('gdb'), 'gdb is not installed')
    def test_every_command_prints_what_the_page_shows(self):
        python.need_script()
        check = subprocess.run(
            [sys.executable, os.path.join(ROOT, 'script', 'transcripts'),
             '--check', PAGE], capture_output=True, text=True)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertGreater(check.stderr.count('tour.md: '), 70)


class ExerciseTests(unittest.TestCase):
    """Each test fails with the program as it is, and passes with the change
    that the page gives."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.support = cls.compile(
            cls, os.path.join(ROOT, 'tests', 'support.c'),
            os.path.join(ROOT, 'src'),
            f'-DCWSGIREF_PYTHON="{sys.executable}"',
            '-DCWSGIREF_TESTS="{}"'.format(os.path.join(ROOT, 'tests')))

    def compile(self, source, include, *options):
        """The path of the object file."""
        handle, path = tempfile.mkstemp('.o', dir=self.scratch.name)
        os.close(handle)
        subprocess.run(
            ['cc', '-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow',
             '-Wstrict-prototypes', '-Wmissing-prototypes', '-Werror',
             *C_FLAGS, '-I', include, '-I', os.path.join(ROOT, 'tests'),
             '-isystem', sysconfig.get_path('include'), *options,
             '-c', source, '-o', path], check=True)
        return path

    def run_exercise(self, number, objects=()):
        """Links the test with these objects, and for the rest the library;
        runs it."""
        test = self.compile(os.path.join(HERE, f'stop_{number:02}.c'),
                            os.path.join(ROOT, 'src'))
        program = os.path.join(self.scratch.name, f'stop_{number:02}')
        python = os.path.join(sysconfig.get_config_var('LIBDIR'),
                              sysconfig.get_config_var('INSTSONAME'))
        subprocess.run(['cc', *C_FLAGS, test, *objects, self.support, LIBRARY,
                        '-o', program, python, '-lcmocka', '-lm'], check=True)
        return subprocess.run([program], capture_output=True, text=True,
                              timeout=PATIENCE)

    def changed(self, number):
        """The object files of what the page changes."""
        tree = os.path.join(self.scratch.name, f'tree_{number:02}')
        shutil.copytree(os.path.join(ROOT, 'src'), os.path.join(tree, 'src'))
        diff = solutions()[number]
        subprocess.run(['git', 'apply', '-'], input=diff, text=True,
                       check=True, cwd=tree)
        return [self.compile(os.path.join(tree, path),
                             os.path.join(tree, 'src'))
                for path in re.findall(r'^\+\+\+ b/(.*\.c)$', diff,
                                       re.MULTILINE)]

    def test_each_fails_until_it_is_done(self):
        for number in STOPS:
            with self.subTest(stop=number):
                result = self.run_exercise(number)
                self.assertEqual(result.returncode > 0, True, result.stderr)
                self.assertIn('[  FAILED  ]', result.stdout + result.stderr)

    def test_each_passes_with_the_solution(self):
        for number in STOPS:
            with self.subTest(stop=number):
                result = self.run_exercise(number, self.changed(number))
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_each_can_be_built_as_the_page_says(self):
        self.assertIn('cmake --build build/study --target tour.stop_01',
                      read_page())
        targets = subprocess.run(
            ['cmake', '--build', BUILD, '--target', 'help'], check=True,
            capture_output=True, text=True).stdout
        for number in STOPS:
            self.assertIn(f'tour.stop_{number:02}\n', targets)
            self.assertIn(f'](../tests/tour/stop_{number:02}.c)',
                          read_page())


if __name__ == '__main__':
    unittest.main()
