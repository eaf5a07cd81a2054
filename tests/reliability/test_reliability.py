"""script/reliability: every instrument measures something, in the smallest
part of its work; and what the script does with what they measure."""

import contextlib
import dataclasses
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from tools.reliability import __main__ as reliability
from tools.reliability import leaks
from tools.reliability.row import LeftOut, Row

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / 'script' / 'reliability'
ENVIRONMENT = {**os.environ, 'CWSGIREF_RELIABILITY':
               os.environ['CWSGIREF_BUILD']}


def run(*words):
    return subprocess.run([sys.executable, SCRIPT, *words], text=True,
                          capture_output=True, env=ENVIRONMENT)


class Instruments(unittest.TestCase):
    """One test for each, made below."""

    def measures(self, name):
        done = run('--scale', '0.001', name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        head, _, *rows = done.stdout.splitlines()
        self.assertRegex(head, r'^\| goal \| wanted \| measured \|')
        self.assertTrue(rows)
        for row in rows:
            self.assertIn(' | met | ', row)


def add_instruments():
    for name in reliability.INSTRUMENTS:
        def test(self, name=name):
            self.measures(name)
        test.__name__ = f'test_{name.replace("-", "_")}'
        setattr(Instruments, test.__name__, test)


class Planted:
    """An instrument of these rows; an exception is raised."""

    def __init__(self, *found):
        self.found = found

    def rows(self, scale):
        self.scale = scale
        for each in self.found:
            if isinstance(each, Exception):
                raise each
            yield each


GOOD = Row('no crash', '5 of 5', '5 of 5', True, 'script/reliability one', 2)
BAD = Row('no hang', '5 of 5', '4 of 5', False, 'script/reliability one', 3)


class Script(unittest.TestCase):

    def run_planted(self, instrument, *options):
        """The exit status, stdout and stderr, of an instrument of that
        kind."""
        output, errors = io.StringIO(), io.StringIO()
        with mock.patch.object(reliability, 'INSTRUMENTS', {'one': 'words'}), \
                mock.patch.object(reliability.importlib, 'import_module',
                                  return_value=instrument), \
                mock.patch.object(reliability.builds, 'begin'), \
                mock.patch.object(reliability, 'end_by_exit'), \
                mock.patch.object(sys, 'argv', ['reliability', *options]), \
                contextlib.redirect_stdout(output), \
                contextlib.redirect_stderr(errors):
            status = reliability.main()
        return status, output.getvalue(), errors.getvalue()

    def test_what_is_met(self):
        instrument = Planted(GOOD)
        status, output, errors = self.run_planted(instrument, '--scale', '0.5')
        self.assertEqual((status, instrument.scale), (0, 0.5))
        self.assertEqual(output, '''\
| goal | wanted | measured |  | command | s |
| --- | --- | --- | --- | --- | ---: |
| no crash | 5 of 5 | 5 of 5 | met | `script/reliability one` | 2 |
''')
        self.assertEqual(errors, 'script/reliability: no crash: 5 of 5 (met; '
                         '2 s)\n')

    def test_what_is_not_met(self):
        status, output, _ = self.run_planted(Planted(GOOD, BAD))
        self.assertEqual(status, 1)
        self.assertIn('| 4 of 5 | **not met** |', output)

    def test_what_cannot_be_measured(self):
        status, output, _ = self.run_planted(
            Planted(GOOD, LeftOut('there is no valgrind')))
        self.assertEqual(status, 1)
        self.assertIn('| left out: there is no valgrind | **not met** |',
                      output)

    def test_an_instrument_that_fails(self):
        status, output, errors = self.run_planted(Planted(ValueError('x')))
        self.assertEqual(status, 1)
        self.assertIn("failed: ValueError('x')", output)
        self.assertIn('Traceback', errors)

    def written(self, part):
        """The page, with the table in it."""
        with tempfile.NamedTemporaryFile('w+') as page:
            page.write(f'before\n{reliability.BEGIN}\nold\n'
                       f'{reliability.END}\nafter\n')
            page.flush()
            reliability.write([GOOD], part, page=pathlib.Path(page.name))
            return pathlib.Path(page.name).read_text()

    def test_into_the_page(self):
        text = self.written(1)
        self.assertRegex(text, re.compile(
            r'\Abefore\n<!-- .* -->\n.*\| no crash .*<!-- end -->\nafter\n\Z',
            re.DOTALL))
        self.assertNotIn('old', text)
        self.assertNotIn('a part', text)

    def test_the_page_says_that_it_is_a_part(self):
        self.assertIn('Only a part of the work was done, 0.05',
                      self.written(0.05))

    def test_the_rows_of_one_instrument(self):
        other = dataclasses.replace(
            BAD, command='script/reliability two', seconds=118)
        with tempfile.NamedTemporaryFile('w+') as file, \
                mock.patch.object(reliability, 'INSTRUMENTS',
                                  {'one': 'words', 'two': 'words'}):
            file.write(f'{reliability.BEGIN}\n{reliability.END}\n')
            file.flush()
            page = pathlib.Path(file.name)
            reliability.write([BAD, other], 1, page=page)
            reliability.write([GOOD], 1, ['one'], page)
            self.assertEqual(page.read_text().splitlines()[4:], [
                '| goal | wanted | measured |  | command | s |',
                '| --- | --- | --- | --- | --- | ---: |',
                reliability.cells(GOOD), reliability.cells(other), '',
                reliability.END])
            self.assertIn(' 2 minutes:', page.read_text())

    def test_the_page_has_room_for_it(self):
        text = reliability.PAGE.read_text(encoding='utf-8')
        for marker in reliability.BEGIN, reliability.END:
            self.assertEqual(text.count(marker), 1)

    def test_what_is_refused(self):
        for words in (['none'], ['--scale', '0'], ['--scale', '2'],
                      ['--write', '--scale', '0.5', 'cases']):
            done = run(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn('script/reliability: error: ', done.stderr)


class Valgrind(unittest.TestCase):

    def test_whose_report_it_is(self):
        ours = '==1==    by 0x1: BaseHandler_run (base_handler.c:205)\n'
        python = '==1==    at 0x2: PyLong_FromString (longobject.c:2611)\n'
        application = '==1==    by 0x3: _PyEval_EvalFrameDefault (in /p)\n'
        for report, expected in (
                ('==1== Invalid read of size 8\n' + python + ours, True),
                ('==1== Invalid read of size 8\n' + python + application
                 + ours, False),
                ('==1== Use of uninitialised value\n' + python + ours, False),
                ('==1== Use of uninitialised value\n' + ours, True)):
            self.assertEqual(leaks.is_ours(report), expected, report)


add_instruments()

if __name__ == '__main__':
    unittest.main()
