"""The generator, the shrinker, and some thousand generated cases.

CWSGIREF is the path of the program under test. What a failure prints is a
case for found.py; the seed in it gives the same cases once more.
"""

import contextlib
import io
import os
import unittest
from collections import Counter
from unittest import mock

from . import fuzz
from .behaviours import Board
from .exchange import Dribble, Reset, Send, Shut
from .found import FOUND
from .fuzz import Pair, Run, differences, fresh_seed
from .generator import BEHAVIOURS, REQUESTS, Case, case
from .grammar import Dice, Grammar
from .shrinker import Shrinker

SANITIZED = '-fsanitize' in os.environ.get('CWSGIREF_C_FLAGS', '')
FIXED, FRESH = (700, 300) if SANITIZED else (3000, 1000)


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
        for index in range(12000):
            case('s', index, taken)
        there = REQUESTS.alternatives() | BEHAVIOURS.alternatives()
        self.assertEqual(set(), there - set(taken))

    def test_every_behaviour_is_python(self):
        for index in range(3000):
            behaviour = case('s', index).behaviour
            lines = ''.join(' ' + line
                            for line in behaviour.splitlines(keepends=True))
            compile('def application():\n pass\n' + lines, behaviour, 'exec')

    def test_every_case_ends(self):
        """A client that stays half-closes, or a server might wait."""
        for index in range(3000):
            a_case = case('s', index)
            if a_case.is_patient():
                self.assertEqual(a_case.steps[-1], Shut())


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
            sent = b''.join(step.data for step in a_case.steps[:-1])
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


class Differing(unittest.TestCase):
    """A behaviour that is not the same on both servers: what is reported."""

    def report(self, *options):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), \
                mock.patch.object(fuzz, 'case', self.planted):
            status = fuzz.main(['--seed', 's', *options])
        return status, output.getvalue()

    def planted(self, seed, index):
        """The board has a descriptor of its own in each process."""
        program = "start_response('200 OK', [])\nsaid(5)\n"
        if index == 3:
            program += 'said(os.getpid())\n'
        return Case([Send(b'GET / HTTP/1.0\r\nX-A: b\r\n\r\n'), Shut()],
                    program + 'return []')

    def test_report(self):
        status, output = self.report('--cases', '5')
        self.assertEqual(status, 1)
        self.assertRegex(output, r'(?s)\Aseed s\nMISMATCH \(log\): --seed s '
                                 r'--case 3\n.*\n-APP \d+.*\n\+APP \d+')
        self.assertIn("found('seed-s-case-3',\n      'differs in: log',\n",
                      output)
        self.assertIn('said(os.getpid())', output)
        self.assertNotIn('said(5)', output)
        self.assertRegex(output, r'\n5 cases, \d+/s, 1 mismatch\n\Z')

    def test_one_case(self):
        self.assertEqual(self.report('--case', '2')[0], 0)
        self.assertEqual(self.report('--case', '3')[0], 1)

    def test_server_that_ends(self):
        """It is no mismatch where both do, and both are started again."""
        pair = Pair()
        self.addCleanup(pair.stop)
        ending = Case([Send(b'GET /\r\n\r\n'), Shut()], 'os._exit(5)')
        results = pair.run(ending)
        self.assertIn('status 5', results[0].log)
        self.assertEqual(differences(*results), '')
        results = pair.run(Case(ending.steps, 'return env(environ, '
                                              'start_response)'))
        self.assertIn(b"PATH_INFO = '/'", results[0].answer)
        self.assertEqual(differences(*results), '')

    def test_no_program(self):
        errors = io.StringIO()
        with mock.patch.dict(os.environ, CWSGIREF='/nonexistent'), \
                contextlib.redirect_stderr(errors):
            self.assertEqual(fuzz.main([]), 2)
        self.assertIn('/nonexistent', errors.getvalue())


class Servers(unittest.TestCase):
    """Generated cases, on both."""

    def compare(self, seed, cases):
        run = Run(seed, range(cases))
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
        pair = Pair()
        self.addCleanup(pair.stop)
        for found in FOUND:
            with self.subTest(name=found.name, why=found.why):
                results = pair.run(found.case)
                if differences(*results):
                    self.fail(fuzz.diff(*results))


if __name__ == '__main__':
    unittest.main()
