"""The generator, the shrinker, and some thousand generated cases.

CWSGIREF is the path of the program under test. What a failure prints is a
case for found.py; the seed in it gives the same cases once more.
"""

import contextlib
import io
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import unittest
from collections import Counter
from functools import partial
from unittest import mock

from tools.patience import PATIENCE
from tools.test.ptys import open_pty

from tools.compare import fuzz, generator, servers
from tools.compare.behaviours import Board
from tools.compare.exchange import (Close, Dribble, Exchange, Pause, Reset,
                                    Resume, Send, Shut)
from tools.compare.found import FOUND
from tools.compare.fuzz import Pair, Run, differences, fresh_seed
from tools.compare.generator import BEHAVIOURS, REQUESTS, Case, case
from tools.compare.grammar import Dice, Grammar
from tools.compare.shrinker import Over, Shrinker

SANITIZED = '-fsanitize' in os.environ.get('CWSGIREF_C_FLAGS', '')
SCRIPT = pathlib.Path(servers.HERE).parents[1] / 'script' / 'compare'

compares = False  # it looks at the tools
FIXED, FRESH = (400, 200) if SANITIZED else (2000, 1000)


class Generator(unittest.TestCase):

    def test_same_seed_same_cases(self):
        for index in range(200):
            self.assertEqual(case('s', index), case('s', index))

    def test_other_seed_other_cases(self):
        same = [index for index in range(200)
                if case('s', index) == case('t', index)]
        self.assertLess(len(same), 10)  # an empty request is an empty request

    def test_every_alternative_is_taken(self):
        taken = Counter()
        for index in range(30000):
            case('s', index, taken)
        there = REQUESTS.alternatives() | BEHAVIOURS.alternatives()
        self.assertEqual(set(), there - set(taken))

    def test_every_behaviour_is_python(self):
        for index in range(3000):
            behaviour = case('s', index).behaviour
            lines = ''.join(' ' + line
                            for line in behaviour.splitlines(keepends=True))
            compile('def application():\n pass\n' + lines, behaviour, 'exec')

    def test_nothing_stands_behind_a_long_line(self):
        """Unless it is too long."""
        short, line, too_long = b'X: y\r\n', b'l' * 65535, b'l' * 65536
        for data, rest in ((short * 9000, b''), (line, b''),
                           (short + line + b'\n', b''),
                           (line + b'\n' + short, short),
                           (short + line + b'\n\n', b'\n'),
                           (too_long + b'\n' + short, b'')):
            kept = generator.up_to_long_line(data)
            self.assertEqual(kept + rest, data)

    def test_every_case_ends(self):
        """A client that stays half-closes, or a server might wait; and what
        is stopped goes on."""
        for index in range(3000):
            a_case = case('s', index)
            self.assertEqual(a_case.is_patient(), a_case.has(Shut))
            self.assertEqual(a_case.has(Pause), a_case.has(Resume))


class Grammars(unittest.TestCase):

    def test_names_stand_for_rules(self):
        grammar = Grammar({'all': ['<one>,<two>'], 'one': ['1'],
                           'two': [lambda dice: '2']})
        dice = Dice('s')
        self.assertEqual(grammar.text(dice, 'all'), '1,2')
        self.assertEqual(set(dice.taken), grammar.alternatives())

    def test_weights(self):
        grammar = Grammar({'all': [(3, 'often'), 'seldom']})
        dice = Dice('s')
        taken = Counter(grammar.text(dice, 'all') for _ in range(4000))
        self.assertAlmostEqual(taken['often'] / 4000, 0.75, delta=0.05)


class Boards(unittest.TestCase):

    def test_what_is_written_is_read(self):
        ours = Board()
        self.addCleanup(ours.close)
        theirs = Board(f'/proc/self/fd/{ours.descriptor}')
        self.addCleanup(theirs.close)
        for text in 'long \u20ac\n' * 1000, 'short', '':
            ours.write(text)
            self.assertEqual(theirs.read(), text)


class Shrinking(unittest.TestCase):
    """The difference is a planted one, of which the least form is known."""

    def shrink(self, a_case, differs):
        return Shrinker(differs).shrink(a_case)

    def test_request_and_behaviour(self):
        def differs(a_case):
            sent = b''.join(step.data for step in a_case.steps
                            if a_case.is_patient() and hasattr(step, 'data'))
            return b'\x85' in sent and 'write(' in a_case.behaviour

        for index in range(2000):
            a_case = case('s', index)
            if (a_case.is_patient() and len(a_case.steps) > 2
                    and differs(a_case)):
                break
        small = self.shrink(a_case, differs)
        self.assertEqual(small.steps, [Send(b'\x85'), Shut()])
        self.assertRegex(small.behaviour, r'\A(errors\.)?write\(\)\Z')

    def test_pieces_where_they_matter(self):
        def differs(a_case):
            return any(isinstance(step, Dribble) and b'x' in step.data
                       for step in a_case.steps)

        small = self.shrink(
            Case([Send(b'abc'), Dribble(b'wxyz'), Send(b''), Shut()],
                 'pass\nreturn 1'), differs)
        self.assertEqual(small, Case([Dribble(b'x'), Shut()], 'pass'))

    def test_request_stays_where_the_client_leaves(self):
        steps = [Send(b'GET / HTT'), Reset()]
        small = self.shrink(Case(steps, 'stdin.read()\nsaid(1)'),
                            lambda a_case: True)
        self.assertEqual(small, Case(steps, 'stdin.read()\npass'))

    def test_blocks_and_constants(self):
        def differs(a_case):
            return 'bad' in a_case.behaviour

        small = self.shrink(
            Case([Send(b'x'), Shut()],
                 "try: said(write(b'so bad it is' * 70, 5))\n"
                 'except OSError as error: said(repr(error))\n'
                 'return [b"1", b"2"]'), differs)
        self.assertEqual(small, Case([Shut()], "b'bad'"))

    def test_time(self):
        """It ends, though everything always differs."""
        tried = []
        a_case = case('s', 1)
        small = Shrinker(tried.append, seconds=0).shrink(a_case)
        self.assertEqual((small, tried), (a_case, []))

    def test_enough(self):
        """What has been found until then stays."""
        def differs(a_case):
            sent = b''.join(step.data for step in a_case.steps
                            if hasattr(step, 'data'))
            if 0 < len(sent) < 8:
                raise Over
            return sent != b''

        shrinker = Shrinker(differs)
        small = shrinker.shrink(Case([Send(b'x' * 64), Shut()], 'pass'))
        self.assertEqual(small, Case([Send(b'x' * 8), Shut()], 'pass'))
        self.assertFalse(shrinker.done)


class Source(unittest.TestCase):
    """Cases as they can stand in found.py."""

    def test_same_step(self):
        for step in (Send(b''), Send(b'a"\\\n'), Shut(), Reset(), Close(),
                     Send(b'l' * 65536), Dribble(b'a' + b'X: y\r\n' * 99),
                     Send(b'\n' * 70 + b'--' + b'ab' * 50)):
            source = fuzz.step_as_source(step)
            self.assertLess(len(source), 60)
            self.assertEqual(eval(source), step)

    def test_long_runs(self):
        self.assertEqual(
            fuzz.step_as_source(Send(b'GET /' + b'l' * 50 + b' x')),
            "Send(b'GET /' + b'l' * 50 + b' x')")


class Differing(unittest.TestCase):
    """A behaviour that is not the same on both servers: what is reported."""

    different = 'type(stdin.absent)'  # in the words of its error

    def report(self, *options):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), \
                mock.patch.object(fuzz, 'REPEATS', 1), \
                mock.patch.object(fuzz, 'case', self.planted):
            status = fuzz.main(['--seed', 's', *options])
        return status, output.getvalue()

    def planted(self, seed, index):
        program = 'said(5)\n'
        if index >= 3:
            program += f'said({self.different})\n'
        return Case([Send(b'GET / HTTP/1.0\r\nX-A: b\r\n\r\n'), Shut()],
                    program + "start_response('200 OK', [])\nreturn []")

    def test_report(self):
        status, output = self.report('--cases', '4')
        self.assertEqual(status, 1)
        self.assertRegex(output, r'(?s)\Aseed s\nMISMATCH \(log\): --seed s '
                                 r'--case 3\n---.*\n-\S.*\b_io\b.*\n'
                                 r'\+\S.*cwsgiref.io')
        self.assertIn("found('seed-s-case-3',\n      'differs in: log',\n",
                      output)
        self.assertIn("      'stdin.absent')\n", output)
        self.assertNotIn('said(5)', output)
        self.assertRegex(output, r'\n4 cases, \d+/s, 1 mismatch\n\Z')

    def test_same_once_more(self):
        """Is told in a line, and then there are enough of them."""
        with mock.patch.object(fuzz, 'ENOUGH', 2):
            status, output = self.report('--cases', '1000')
        self.assertEqual(status, 1)
        self.assertRegex(
            output, r'MISMATCH \(log\): --seed s --case \d+: the same lines '
                    r'as case \d+\n')
        self.assertRegex(output, r'\nenough of them: \d+ cases, .*\n\Z')

    def test_one_case(self):
        status, output = self.report('--case', '2')
        self.assertEqual(status, 0)
        self.assertRegex(output, r'\Aseed s\n1 case, \d+/s, 0 mismatches\n\Z')
        self.assertEqual(self.report('--case', '3')[0], 1)

    def test_options(self):
        """They are in the report, and in what is for found.py."""
        self.different = 'type(stdin).__module__'
        status, output = self.report('--case', '3', '--validate')
        self.assertEqual(status, 1)
        self.assertIn(': --seed s --case 3 --validate\n', output)
        self.assertRegex(output, r"\n      \['--validate'\]\)\n")

    def test_not_small(self):
        """When there was no time."""
        with mock.patch.object(fuzz, 'Shrinker',
                               partial(Shrinker, seconds=0)):
            _, output = self.report('--case', '3')
        self.assertIn('\nNOT SMALL: ', output)
        self.assertIn('said(5)', output)

    def test_server_that_ends(self):
        """It is no mismatch where both do, and both are started again."""
        pair = Pair()
        self.addCleanup(pair.stop)
        ending = Case([Send(b'GET / HTTP/1.0\r\n\r\n'), Shut()], 'os._exit(5)')
        results = pair.run(ending)
        self.assertIn('status 5', results[0].log)
        self.assertEqual(differences(*results), '')
        results = pair.run(Case(ending.steps, 'return env(environ, '
                                              'start_response)'))
        self.assertIn(b"PATH_INFO = '/'", results[0].answer)
        self.assertEqual(differences(*results), '')

    def test_server_that_hangs(self):
        """It is ended, and another one is started."""
        pair = Pair()
        self.addCleanup(pair.stop)
        hanging = Case([Send(b'GET / HTTP/1.0\r\n\r\n'), Shut()],
                       'while True: pass')
        pair.patience = 0.3
        pair.restart()
        for result in pair.run(hanging):
            self.assertEqual(result, Exchange(b'', fuzz.HUNG, ''))
        pair.patience = fuzz.HANGS
        pair.restart()
        results = pair.run(Case(hanging.steps, 'return env(environ, '
                                               'start_response)'))
        self.assertIn(b"PATH_INFO = '/'", results[0].answer)

    def test_no_program(self):
        errors = io.StringIO()
        with mock.patch.dict(os.environ, CWSGIREF='/nonexistent'), \
                contextlib.redirect_stderr(errors):
            self.assertEqual(fuzz.main([]), 2)
        self.assertIn('/nonexistent', errors.getvalue())


class Options(unittest.TestCase):
    """script/compare --fuzz as a user sees it."""

    def fuzz(self, *arguments):
        return subprocess.run(
            [sys.executable, SCRIPT, '--fuzz', *arguments], text=True,
            capture_output=True, timeout=2 * PATIENCE,
            stdin=subprocess.DEVNULL)

    def assert_refused(self, message, *arguments):
        """Before anything is built."""
        with mock.patch.dict(os.environ):
            del os.environ['CWSGIREF']
            done = self.fuzz(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ''))
        self.assertRegex(done.stderr, rf'\Ascript/compare --fuzz: .*{message}'
                                      r'.*; see script/compare --fuzz '
                                      r'--help\n\Z')

    def test_bad_ones(self):
        self.assert_refused('no whole number above 0', '--cases', '0')
        self.assert_refused('no number above 0', '--minutes', 'nan')
        self.assert_refused("'-1' is not the number", '--seed', 's',
                            '--case', '-1')
        self.assert_refused('give its --seed', '--case', '5')
        self.assert_refused('--case is one case', '--seed', 's', '--case',
                            '5', '--cases', '5')
        self.assert_refused('not both', '--threads', '--fork')
        self.assert_refused('unrecognized arguments: word', 'word')

    def test_clients_that_leave(self):
        """With every option."""
        leaving = next(index for index in range(1000)
                       if case('s', index).has(Pause)
                       and not case('s', index).is_patient())
        for option in fuzz.OPTIONS:
            done = self.fuzz('--seed', 's', '--case', str(leaving), option)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('1 case, ', done.stdout)

    def test_terminal_and_ctrl_c(self):
        """A line that changes; at its end what has been done so far."""
        terminal, stdout = open_pty()
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.close, stdout)
        process = subprocess.Popen(
            [sys.executable, SCRIPT, '--fuzz', '--minutes', '100'],
            stdin=stdout, stdout=stdout, stderr=stdout)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        shown = self.read_until(rb'\r\[\.{24}\] [1-9]\d* cases?, \d+/s, 0 '
                                rb'mismatches, \d+:\d\d left', terminal)
        self.assertRegex(shown, rb'\Aseed \d+\r\n')
        process.send_signal(signal.SIGINT)
        self.read_until(rb'\r\x1b\[Kinterrupted: \d+ cases?, \d+/s, 0 '
                        rb'mismatches\r\n\Z', terminal)
        self.assertEqual(process.wait(), 130)

    def read_until(self, pattern, terminal):
        shown = b''
        while not re.search(pattern, shown):
            ready, _, _ = select.select([terminal], [], [], PATIENCE)
            self.assertTrue(ready, shown)
            shown += os.read(terminal, 4096)
        return shown


class Servers(unittest.TestCase):
    """Generated cases, on both."""

    def compare(self, seed, cases):
        run = Run(seed, range(cases))
        run.start()
        run.finish()
        self.assertEqual(run.cases, cases)
        self.assertFalse(run.failed(), '\n'.join(
            [f'seed {seed}', *map(str, run.mismatches), run.wrong]))

    def test_fixed_seed(self):
        self.compare('fixed', FIXED)

    def test_fresh_seed(self):
        self.compare(fresh_seed(), FRESH)

    def test_python_is_like_itself(self):
        """Else a mismatch would be chance."""
        with mock.patch.dict(os.environ, CWSGIREF='reference'):
            self.compare(fresh_seed(), 300)

    def test_what_was_found(self):
        for options in {found.options for found in FOUND}:
            pair = Pair(options)
            self.addCleanup(pair.stop)
            for found in FOUND:
                if found.options != options:
                    continue
                with self.subTest(name=found.name, why=found.why):
                    results = pair.run(found.case)
                    if differences(*results):
                        self.fail(fuzz.diff(*results))


if __name__ == '__main__':
    unittest.main()
