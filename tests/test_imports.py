"""Who imports whom: a test imports instruments, of tools/ and bench/, and what
tests have in common; never another test. No instrument, and no script, imports
anything of tests/."""

import ast
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def imported(tree, package):
    """(line, module) of each import; `package`: where it stands, with dots.
    Of `from a import b` both: b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node.lineno, each.name
        elif isinstance(node, ast.ImportFrom):
            above = package.split('.')
            above = above[:len(above) + 1 - node.level] if node.level else []
            module = '.'.join([*above, *filter(None, [node.module])])
            yield node.lineno, module
            for each in node.names:
                yield node.lineno, f'{module}.{each.name}'


def is_test(module):
    """Whether a test file, or something of it, has this name."""
    package, *parts = module.split('.')
    return package == 'tests' and any(part.startswith('test_')
                                      for part in parts)


def wrong(path, text):
    """What is wrong with the imports of a file of tests/, tools/, bench/ or
    script/; the path is relative."""
    found = {}
    package = '.'.join(path.parts[:-1])
    for line, module in imported(ast.parse(text), package):
        if path.parts[0] == 'tests':
            if is_test(module):
                found[line] = (f'it imports a test, {module}: what both of '
                               'them need goes into a module that is no test')
        elif module.split('.')[0] == 'tests':
            found[line] = (f'it imports {module}: tests are made with the '
                           'instruments, no instrument with a test; what it '
                           'needs goes into tools/')
    return [f'{path}, line {line}: {what}' for line, what in found.items()]


def python_files():
    """Paths of those that are to obey, relative."""
    for folder in 'tests', 'tools', 'bench':
        for path in sorted((ROOT / folder).rglob('*.py')):
            yield path.relative_to(ROOT)
    for path in sorted((ROOT / 'script').iterdir()):
        if path.is_file() and 'python3' in path.read_text(
                encoding='utf-8').partition('\n')[0]:
            yield path.relative_to(ROOT)


class ImportTests(unittest.TestCase):

    def test_of_all_files(self):
        paths = list(python_files())
        self.assertGreater(len(paths), 100)
        found = [each for path in paths
                 for each in wrong(path, (ROOT / path).read_text(
                     encoding='utf-8'))]
        self.assertEqual(found, [], '\n' + '\n'.join(found))

    def lines(self, path, text):
        """Those of the file in which something is wrong."""
        return [int(each.partition(', line ')[2].partition(':')[0])
                for each in wrong(pathlib.Path(path), text)]

    def test_a_test_that_imports_a_test(self):
        for text in ('import tests.compare.test_compare',
                     'from tests.compare import test_compare',
                     'from tests.compare.test_compare import Pair',
                     'from . import test_compare',
                     'from .test_compare import Pair',
                     'from ..compare.test_compare import Pair',
                     'def late():\n    from . import test_compare'):
            with self.subTest(text):
                self.assertEqual(
                    self.lines('tests/compare/test_cgi.py', text),
                    [len(text.split('\n'))])

    def test_what_a_test_may_import(self):
        self.assertEqual(self.lines('tests/compare/test_cgi.py', '\n'.join([
            'import test.support',
            'from tests.program import running',
            'from tools.compare.pair import Pair',
            'from . import served'])), [])

    def test_an_instrument_that_imports_from_tests(self):
        for path in 'tools/compare/corpus.py', 'script/trace':
            for text in ('import tests', 'import tests.support',
                         'from tests import support',
                         'from tests.compare.test_compare import Cases'):
                with self.subTest(f'{path}: {text}'):
                    self.assertEqual(self.lines(path, text), [1])
        self.assertEqual(
            self.lines('tools/compare/corpus.py', 'from . import tests'), [])


if __name__ == '__main__':
    unittest.main()
