"""What script/compare says of a Python that nobody has seen: changes.py."""

import ast
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from tools.patience import PATIENCE
from tools.releases import known, sources

from tools.compare import changes, entered, servers

compares = False  # it looks at the tools

# The corpus with a few cases, and with the library that PYTHONPATH names.
FEW = '''
import sys
sys.path.insert(0, sys.argv[1])
from tools.compare import cases, corpus, pair, servers, suites

class Few(pair.Pair):
    pass

NAMES = {'ok', 'head-ok', 'no-content', 'line-lf', 'line-one-word',
         'line-four-words-no-version', 'header-fold', 'target-dots',
         'pipeline', 'body-short', 'file-disk'}
suites.add_tests(Few, [case for case in cases.CASES if case.name in NAMES])
servers.PASSED_ON += ('PYTHONPATH',)
corpus.test_classes = lambda folder: [Few]
sys.exit(corpus.main(None, 'altered'))
'''


class Altered(unittest.TestCase):
    """A library in which one method is another."""

    def setUp(self):
        self.maxDiff = None
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        shutil.copytree(sources.path_of('http.server').parent,
                        self.folder / 'http')

    def alter(self, old, new):
        path = self.folder / 'http' / 'server.py'
        text = path.read_text(encoding='utf-8')
        self.assertEqual(text.count(old), 1, old)
        path.write_text(text.replace(old, new), encoding='utf-8')

    def compare(self):
        """What the report says, from the groups on; all but one of the items
        are those of a Python that is known."""
        root = pathlib.Path(servers.HERE).parents[1]
        done = subprocess.run(
            [sys.executable, '-B', '-c', FEW, root], text=True,
            env=dict(os.environ, PYTHONPATH=str(self.folder)),
            capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (1, ''))
        self.assertRegex(done.stdout, r'\APython \S+ is .*; the nearest is ')
        return re.search(r"(?s)\nThe differences by what has changed.*",
                         done.stdout)[0]

    def test_a_method_that_few_requests_call(self):
        self.alter('"code %d, message %s"', '"code %d, words %s"')
        self.assertRegex(
            self.compare(),
            r'\n2 differences\n'
            r'(?:    Lib/.*\n)*'
            r'    Lib/http/server\.py: BaseHTTPRequestHandler\.send_error: '
            r'2 of the 2 tests that meet it differ\n'
            r'(?:    Lib/.*\n)*'
            r'    \d of this kind, such as __main__\.Few\.test_line_\w+:\n'
            r'        -.* code 400, words .*\n'
            r'        \+.* code 400, message .*\n')

    def test_a_value_that_few_requests_meet(self):
        self.alter('<p>Message: ', '<p>Words: ')
        self.assertRegex(
            self.compare(),
            r'\n2 differences\n'
            r'(?:    Lib/.*\n)*'
            r'    Lib/http/server\.py: DEFAULT_ERROR_MESSAGE: '
            r'2 of the 2 tests that meet it differ\n')

    def test_a_method_that_all_requests_call(self):
        self.alter('self.command, self.path = command, path',
                   'self.command, self.path = command, path[:5]')
        told = self.compare()
        self.assertRegex(
            told,
            r'\n\d+ differences\n'
            r'    what nearly every request meets, see below, or ')
        self.assertRegex(
            told,
            r'\nWhat nearly every request meets.*:\n(?:    .*\n)*'
            r'    Lib/http/server\.py: BaseHTTPRequestHandler\.parse_request')


class Report(unittest.TestCase):
    """The groups, without any server."""

    RELEASE = known.Release('3.12.0', {}, {'html': {'escape': 'a'}})

    def changes(self, changed, causes):
        found = changes.Changes.__new__(changes.Changes)
        found.linked = found.nearest = found.newest = self.RELEASE
        found.changed = changed
        found.causes = {item: set(shown) for item, shown in causes.items()}
        return found

    def test_nothing_has_changed(self):
        lines = list(changes.report(self.changes([], {}), {}, {'test': ''}))
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], 'Nothing has changed .* since 3.12.0, ')

    def test_groups(self):
        """Of what few requests meet, that of which the most differ."""
        a, b, c, d = [('html', name) for name in 'abcd']
        found = self.changes([a, b, c, d], {a: [a], b: [b, c], d: [d]})
        met = {f'test_{number}': {a} for number in range(20)}
        met['test_1'] = {a, b, d}
        met['test_2'] = {a, b}
        met['test_3'] = {a, d}
        met['test_4'] = {a, d}
        failed = ['test_1 (part=1)', 'test_1 (part=2)', 'test_2', 'test_3',
                  'test_5', 'setUpClass (Other)']
        suspects = changes.Suspects(found, met, failed)
        self.assertEqual(suspects.common, {a})
        self.assertEqual(suspects.groups(), [
            ({b, c}, ['test_1 (part=1)', 'test_1 (part=2)', 'test_2']),
            ({d}, ['test_3']), ({a}, ['test_5']),
            (set(), ['setUpClass (Other)'])])
        self.assertEqual(list(suspects.told({d})), [
            'Lib/html/__init__.py: d: 2 of the 3 tests that meet it differ'])
        self.assertIn('see below', *suspects.told({a}))
        self.assertIn('nothing that has changed', *suspects.told(set()))

    def test_what_is_no_more_likely_than_all(self):
        """Where nearly everything differs, what half of that meets does not
        stand out."""
        a, b = [('html', name) for name in 'ab']
        found = self.changes([a, b], {a: [a], b: [b]})
        met = {f'test_{number}': {a, b} if number % 2 else {a}
               for number in range(20)}
        suspects = changes.Suspects(found, met, sorted(met)[:-1])
        self.assertEqual([items for items, _ in suspects.groups()], [{a}])

    def test_kinds(self):
        """By the first lines that differ, whatever their numbers and quoted
        texts are."""
        one, other, said = (
            f'--- a\n+++ b\n@@ -1 +1 @@\n-Server: {version}\n+Server\n{more}'
            for version, more in ((1.5, ''), ("'2'.25", '-x'), ('X', '')))
        self.assertEqual(list(changes.kinds({
            'a': other, 'b': one, 'c': 'not true\nfor ever', 'd': said})), [
                '    2 of this kind, such as b:',
                '        -Server: 1.5', '        +Server',
                '    1 of this kind, such as c:', '        not true',
                '    1 of this kind, such as d:',
                '        -Server: X', '        +Server'])
        many = {str(number): chr(65 + number) for number in range(9)}
        self.assertEqual(list(changes.kinds(many))[-1],
                         '    4 of other kinds')

    def test_notice(self):
        found = self.changes([], {})
        self.assertEqual(found.notice(), '')
        found.linked = self.RELEASE._replace(name='3.12.10')
        self.assertIn('3.12.10 is newer than any', found.notice())
        found.linked = self.RELEASE._replace(name='3.11.10-1 (Debian 12)')
        self.assertIn('is none of those of docs/releases.md', found.notice())
        found.linked, found.changed = self.RELEASE, [('html', 'escape')]
        self.assertIn('1 function ', found.notice())

    def test_values(self):
        """What is made of a changed value counts for it."""
        tree = ast.parse('A = 1\n'
                         'B = A + 1\n'
                         'class C:\n'
                         '    b = B\n'
                         '    def f(self): return self.b\n'
                         '    def g(self): return self.c\n')
        items = {}
        sources.collect(tree.body, '', items)
        self.assertEqual(
            changes.causes({'html': items}, [('html', 'A'), ('html', 'C.g')]),
            {('html', 'C.f'): {('html', 'A')},
             ('html', 'C.g'): {('html', 'C.g')}})


class Entered(unittest.TestCase):
    """What a server notes."""

    def test_log(self):
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.dict(os.environ):
            log = entered.Log(folder, {
                ('wsgiref.simple_server', 'demo_app'),
                ('wsgiref.util', 'FileWrapper.__init__'),
                ('wsgiref.validate', 'validator')})
            server = servers.reference(options=['--validate'])
            self.addCleanup(server.stop_cleanly)
            self.assertEqual(log.new(), {('wsgiref.validate', 'validator')})
            self.assertEqual(log.new(), set())
            server.log_of_exchange()
            # Those in it have its name.
            self.assertEqual(log.new(), {('wsgiref.validate', 'validator')})

    def test_nobody_watches(self):
        entered.start()
        self.assertIsNone(sys.getprofile())


if __name__ == '__main__':
    unittest.main()
