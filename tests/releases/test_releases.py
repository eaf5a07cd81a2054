"""docs/releases.md: the Python that runs this, which is the linked one, does
what its column says; and what the page is made of."""

import ast
import copy
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from tools.releases import known, page, probes, sources

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / 'script' / 'releases'


class Linked(unittest.TestCase):
    """The Python that is linked."""

    def test_answers(self):
        """Every probe runs, and says what the page says."""
        answers = probes.answers()
        for name, answer in answers.items():
            with self.subTest(name):
                self.assertIsInstance(answer, (bool, int, str))
        column = known.column_of(known.this_release(), known.read())
        if column is None:
            self.skipTest(f'{known.this_name()} has no column in '
                          'docs/releases.md; the probes run')
        self.assertEqual(answers, column.answers)

    def test_check(self):
        done = subprocess.run([sys.executable, SCRIPT, '--check',
                               sys.executable], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)

    def test_nothing_is_left_behind(self):
        """The probes put back what they change, and say nothing."""
        before = sys.unraisablehook, sys.stderr, sys.stdout
        with tempfile.TemporaryFile('w+') as file:
            sys.stderr = sys.stdout = file
            try:
                probes.answers()
            finally:
                sys.stderr, sys.stdout = before[1:]
            file.seek(0)
            self.assertEqual(file.read(), '')
        self.assertEqual(sys.unraisablehook, before[0])


class Probes(unittest.TestCase):

    def test_every_field_of_the_program_has_one(self):
        fields = page.fields()
        self.assertEqual(set(fields) - set(probes.PROBES), set())
        self.assertEqual(set(fields.values()),
                         {'asked', 'by version', 'taken'})

    def test_in_words(self):
        for probe in probes.PROBES.values():
            with self.subTest(probe.name):
                self.assertRegex(probe.changed, r'\A[\w/]+\.(?:py|c|h): \w')
                self.assertRegex(probe.issue, r'\A(?:gh-\d+)?\Z')
                self.assertRegex(probe.behaviour, r'\.\Z')

    def test_what_has_changed_is_watched(self):
        """A row about Python's code names an item that has a digest, or a
        module that has none at all."""
        everything = {}
        for release in known.read().values():
            for module, items in release.sources.items():
                everything.setdefault(module, set()).update(items)
        for probe in probes.PROBES.values():
            path, _, item = probe.changed.partition(': ')
            module = path.removeprefix('Lib/').removesuffix('.py').replace(
                '/', '.').removesuffix('.__init__')
            if module in everything and item != 'CGIHTTPRequestHandler':
                self.assertIn(item, everything[module])


class Page(unittest.TestCase):

    def test_it_is_what_would_be_written(self):
        self.assertEqual(page.PAGE.read_text(encoding='utf-8'),
                         page.page(list(known.read().values())),
                         'script/releases writes it anew')

    def test_every_probe_has_a_row(self):
        text = page.PAGE.read_text(encoding='utf-8')
        for name in probes.PROBES:
            self.assertEqual(text.count(f'. `{name}` | '), 1, name)

    def test_cell(self):
        self.assertEqual(
            [page.cell(each) for each in (True, False, None, '', 5, 'a\n  b')],
            ['yes', '–', '?', 'nothing', '`5`', '`a b`'])


class Known(unittest.TestCase):
    """known.json."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.file = pathlib.Path(self.scratch.name) / 'known.json'
        self.releases = {
            name: known.Release(name, {'server_version': name},
                                {'html': {'escape': digest, **more}})
            for name, digest, more in (('3.11.2', 'a', {}),
                                       ('3.9.12', 'b', {}),
                                       ('3.11.12', 'a', {'new': 'c'}))}

    def test_what_is_written_is_read(self):
        known.write(self.releases, self.file)
        self.assertEqual(known.read(self.file), self.releases)
        self.assertEqual(list(known.read(self.file)),
                         ['3.9.12', '3.11.2', '3.11.12'])

    def test_the_file_is_what_would_be_written(self):
        known.write(known.read(), self.file)
        self.assertEqual(self.file.read_text(encoding='utf-8'),
                         known.FILE.read_text(encoding='utf-8'))

    def test_column_of(self):
        """By its name, or by all that it is."""
        other = self.releases['3.11.2']._replace(name='3.11.2-1 (Debian 12)')
        self.assertEqual(known.column_of(other, self.releases).name, '3.11.2')
        other = other._replace(answers={})
        self.assertIsNone(known.column_of(other, self.releases))
        other = other._replace(name='3.9.12')
        self.assertEqual(known.column_of(other, self.releases).name, '3.9.12')

    def test_nearest(self):
        """By the source, and then by the version."""
        other = copy.deepcopy(self.releases['3.9.12'])._replace(name='3.12.0')
        self.assertEqual(known.nearest(other, self.releases).name, '3.9.12')
        other.sources['html']['escape'] = 'z'
        self.assertEqual(known.nearest(other, self.releases).name, '3.11.12')
        self.assertEqual(known.changed(self.releases['3.11.2'], other),
                         [('html', 'escape')])


class Script(unittest.TestCase):

    def test_no_python(self):
        for python in '/nowhere/python3', 'false':
            done = subprocess.run([sys.executable, SCRIPT, '--check', python],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (1, ''))
            self.assertRegex(done.stderr, rf'\Ascript/releases: {python}: ')

    def test_a_new_column(self):
        """Those of other Pythons stay."""
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        root = pathlib.Path(scratch.name)
        for path in ('script/releases', 'docs/releases.md', 'tools/releases',
                     'tools/__init__.py', 'src/python/release.h',
                     'src/python/release.c'):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(
                ROOT / path, root / path)
        new = '3.2.10 (new)'
        done = subprocess.run(
            [sys.executable, root / 'script' / 'releases',
             f'{new}={sys.executable}'], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr, done.stdout),
                         (0, '', f'{new}\n'))
        before = known.read()
        after = known.read(root / 'tools' / 'releases' / 'known.json')
        self.assertEqual(list(after), [new, *before])
        self.assertEqual(after.pop(new).answers, probes.answers())
        self.assertEqual(after, before)
        text = (root / 'docs' / 'releases.md').read_text(encoding='utf-8')
        self.assertEqual(text.count('| 3.2.10<br>(new) |'), len(page.TABLES))

    def test_a_column_that_is_wrong(self):
        """The linked Python, where it is said to be another."""
        name = next(name for name, release in known.read().items()
                    if release.answers != probes.answers())
        done = subprocess.run(
            [sys.executable, SCRIPT, '--check', f'{name}={sys.executable}'],
            capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, ''))
        self.assertRegex(done.stdout, r'(?m)^.*: \w+ is .*; the page says ')
        self.assertIn('is not the one that', done.stdout)


class Sources(unittest.TestCase):

    def items(self, text):
        found = {}
        sources.collect(ast.parse(text).body, '', found)
        return found

    def digests(self, text):
        return {name: item.digest for name, item in self.items(text).items()}

    SOURCE = '''
import os
LIMIT, name = 3, 'x'
table[ord('x')] = 4
SIZE = LIMIT
if hasattr(os, 'fork'):
    class Server(Base, key=1):
        """Text."""
        queue: int = 5
        def get(self, text: str = 'a') -> None:
            """Text."""
            import os
            for each in self.all(*text):
                yield f'{each!r:>5} {self.queue}' or 0
'''

    def test_every_python_makes_the_same(self):
        self.assertEqual(self.digests(self.SOURCE), {
            'LIMIT': 'e3717a6f', 'name': 'e3717a6f', 'SIZE': '2c55b940',
            'Server': '72f91505', 'Server.queue': '83919fd5',
            'Server.get': '451f0a98'})

    def test_what_does_not_count(self):
        """Comments, docstrings, annotations, lines."""
        text = self.SOURCE.replace('Text.', 'Other.').replace(
            ' -> None', '').replace(': str', '').replace(
            'yield f', 'yield (  # why\n   f').replace('or 0', 'or 0)')
        self.assertNotEqual(text, self.SOURCE)
        self.assertEqual(self.digests(text), self.digests(self.SOURCE))

    def test_what_counts(self):
        before = self.digests(self.SOURCE)
        for old, new, names in (
                ('or 0', 'or 1', {'Server.get'}),
                ("'a'", "'b'", {'Server.get'}),
                ('= 5', '= 6', {'Server.queue'}),
                ('Base,', 'Base, Other,', {'Server'}),
                ('SIZE = LIMIT', 'SIZE = 4', {'SIZE'})):
            after = self.digests(self.SOURCE.replace(old, new))
            self.assertEqual({name for name in after
                              if after[name] != before[name]}, names)

    def test_one_name_with_two_meanings(self):
        text = 'try:\n    x = 1\nexcept E:\n    x = 2'
        self.assertNotEqual(self.digests(text),
                            self.digests(text.replace('2', '1')))

    def test_an_enumeration_is_one_item(self):
        self.assertEqual(
            list(self.items('class A(IntEnum):\n    B = 1\n    C = 2\n')),
            ['A'])

    def test_names(self):
        self.assertEqual(self.items('def f(a): return a.b(C.d)')['f'].names,
                         {'a', 'b', 'C', 'd'})


if __name__ == '__main__':
    unittest.main()
