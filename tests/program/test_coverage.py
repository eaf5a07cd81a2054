"""docs/coverage.md is what script/coverage writes, and misses no name; a test
stands there only where it names what it is said to test."""

import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
SCRIPT = os.path.join(ROOT, 'script', 'coverage')


@unittest.skipUnless('-O0' in os.environ.get('CWSGIREF_C_FLAGS', ''),
                     'only the study build keeps the names of all functions')
class CoverageTests(unittest.TestCase):

    def test_page_is_fresh_and_complete(self):
        check = subprocess.run(
            [sys.executable, SCRIPT, '--check', os.environ['CWSGIREF']],
            capture_output=True, text=True)
        self.assertEqual((check.returncode, check.stderr), (0, ''))


def script_coverage():
    loader = importlib.machinery.SourceFileLoader('script_coverage', SCRIPT)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class TestOfANameTests(unittest.TestCase):
    """Which file is shown as the test of Apple.peel, in src/apple.c."""

    def shown(self, c='Apple_peel', owner='Apple', **tests):
        sources = script_coverage().Sources.__new__(
            script_coverage().Sources)
        sources.tests = {
            pathlib.Path('tests', name.replace('__', '.')): text
            for name, text in tests.items()}
        found = sources.test(c, owner, pathlib.Path('src/apple.c'))
        return found and found.name

    def test_the_one_of_its_class_if_it_names_it(self):
        self.assertEqual(self.shown(
            test_a__c='Apple_peel(a);', test_apple__c='Apple_peel(b);'),
            'test_apple.c')

    def test_the_one_of_its_class_if_it_calls_the_slot(self):
        self.assertEqual(self.shown(
            test_a__c='Apple_peel(a);', test_apple__c='a->cls->peel(a);'),
            'test_apple.c')

    def test_the_one_of_its_class_does_not_name_it(self):
        """Nor does a longer name."""
        self.assertIsNone(self.shown(test_apple__c='Apple_peeled(a);'))
        self.assertEqual(self.shown(
            test_apple__c='Apple_new();', test_a__c='Apple_peel(a);'),
            'test_a.c')

    def test_a_name_without_a_test_is_missing(self):
        coverage = script_coverage()
        sources = coverage.Sources.__new__(coverage.Sources)
        sources.function = lambda name: pathlib.Path(ROOT, 'src/util/util.c')
        sources.test = lambda *_: None
        cells, is_missing = coverage.row(sources, 'wsgiref.util', 'function',
                                         'guess_scheme')
        self.assertEqual((cells[-1], is_missing), (coverage.UNNAMED, True))

    def test_any_other_has_to_name_it(self):
        self.assertIsNone(self.shown(test_a__c='a->cls->peel(a);'))
        self.assertIsNone(self.shown(doubles__h='Apple_peel(a);'))

    def test_c_before_python(self):
        self.assertEqual(self.shown(
            test_a__py='Apple_peel', test_b__c='Apple_peel'), 'test_b.c')

    def test_an_attribute_with_its_class(self):
        self.assertIsNone(self.shown('colour', test_a__c='pear.colour'))
        self.assertEqual(self.shown(
            'colour', test_a__c='pear.colour', test_b__c='Apple *a; colour'),
            'test_b.c')


if __name__ == '__main__':
    unittest.main()
