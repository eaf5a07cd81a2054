"""The calls of one request, in Python and in C: the same functions, in the
same order, at the same depth. And what is made from them: docs/callgraph.md,
script/trace."""

import difflib
import os
import re
import subprocess
import sys
import tempfile
import unittest

from callgraph import comparison
from callgraph.cases import CASES
from callgraph.names import c_name
from callgraph.traces import HERE, ProgramRun, PythonRun

PROGRAM = os.environ.get('CWSGIREF_TRACE', '')
SCRIPTS = os.path.join(HERE, '..', '..', 'script')


def setUpModule():
    if not os.path.exists(PROGRAM):
        if os.environ.get('CI'):
            raise AssertionError(f'no program of the trace preset: {PROGRAM}')
        raise unittest.SkipTest('script/bootstrap trace builds the program '
                                'that these tests are about')
    if sys.version_info[:2] != (3, 11):
        raise unittest.SkipTest('the calls are those of Python 3.11')


def run(server, case):
    """The calls of the case."""
    with server:
        server.request(case.raw, case.leaves)
        return server.calls()


class CallGraphTests(unittest.TestCase):
    maxDiff = None

    def test_every_request_makes_the_same_calls(self):
        rows = comparison.read_rows()
        strangers = set()
        for case in CASES:
            with self.subTest(case.name):
                python = comparison.python_calls(run(
                    PythonRun(case.application, case.options), case), rows)
                c = comparison.c_calls(run(
                    ProgramRun(PROGRAM, case.application, case.options),
                    case), rows, strangers)
                self.assertGreater(len(python), 5)
                self.assertEqual([], list(difflib.unified_diff(
                    comparison.lines(python), comparison.lines(c),
                    'Python', 'C', n=3, lineterm='')))
        with self.subTest('every C method is one of Python'):
            self.assertEqual(sorted(strangers), [])
        with self.subTest('every row of the table is used'):
            self.assertEqual(
                [vars(row) for row in rows if not row.used], [])

    def test_page_shows_these_calls(self):
        check = script('callgraph', '--check', PROGRAM)
        self.assertEqual((check.returncode, check.stderr), (0, ''))

    def test_steps_of_the_page_come_in_this_order(self):
        with open(comparison.PAGE, encoding='utf-8') as file:
            steps = re.findall(
                r'^\| \d+ \|.*\| \[`(\w+)`\]\(\.\./(.*?)\) \| \[`([\w.]+)`\]',
                file.read(), re.MULTILINE)
        self.assertEqual(len(steps), 14)
        calls = run(ProgramRun(PROGRAM, CASES[0].application), CASES[0])[0]
        names = iter([name for _, name in calls])
        for c, path, python in steps:
            with self.subTest(c):
                self.assertEqual(c_name(python), c)
                self.assertIn(c, names)  # after the one before
                with open(os.path.join(HERE, '..', '..', path)) as file:
                    self.assertRegex(file.read(), rf'(?m)^{c}\(')

    def test_every_edit_of_the_page_is_found(self):
        with open(comparison.PAGE, encoding='utf-8') as file:
            page = file.read()
        line = '│   ├── BaseServer_verify_request '
        self.assertIn(line, page)
        for old, new in ((line, line.replace('verify', 'verity')),
                         ('->>application: application', '->>handler: x')):
            with self.subTest(old), tempfile.TemporaryDirectory() as scratch:
                for folder in ('script', 'docs', 'tests'):
                    os.mkdir(os.path.join(scratch, folder))
                os.symlink(HERE, os.path.join(scratch, 'tests', 'callgraph'))
                with open(os.path.join(SCRIPTS, 'callgraph')) as file:
                    source = file.read()
                copy = os.path.join(scratch, 'script', 'callgraph')
                with open(copy, 'w', encoding='utf-8') as file:
                    file.write(source)
                with open(os.path.join(scratch, 'docs', 'callgraph.md'), 'w',
                          encoding='utf-8') as file:
                    file.write(page.replace(old, new))
                check = script(copy, '--check', PROGRAM)
                self.assertEqual(check.returncode, 1)
                self.assertIn(new, check.stderr)


class ComparisonTests(unittest.TestCase):
    """The comparison can tell."""

    def compare(self, python, c, rows=()):
        strangers = set()
        return (comparison.python_calls([python], rows) ==
                comparison.c_calls([c], rows, strangers)), strangers

    PYTHON = [(0, 'BaseHandler.run'), (1, 'BaseHandler.setup_environ'),
              (2, 'SimpleHandler.get_stdin'), (1, 'application'),
              (1, 'BaseHandler.finish_response')]
    C = [(0, 'BaseHandler_run'), (1, 'BaseHandler_setup_environ'),
         (2, 'some_helper'), (3, 'SimpleHandler_get_stdin'),
         (1, 'call_application'), (1, 'BaseHandler_finish_response')]

    def test_equal(self):
        self.assertEqual(self.compare(self.PYTHON, self.C), (True, set()))

    def test_skipped_call(self):
        for index in (0, 1, 3, 4, 5):
            with self.subTest(self.C[index]):
                c = self.C[:index] + self.C[index + 1:]
                self.assertFalse(self.compare(self.PYTHON, c)[0])

    def test_other_order_or_depth(self):
        c = self.C[:4] + [self.C[5], self.C[4]]
        self.assertFalse(self.compare(self.PYTHON, c)[0])
        c = self.C[:5] + [(2, 'BaseHandler_finish_response')]
        self.assertFalse(self.compare(self.PYTHON, c)[0])

    def test_method_that_python_lacks(self):
        c = self.C + [(1, 'BaseHandler_bark')]
        self.assertEqual(self.compare(self.PYTHON, c),
                         (True, {'BaseHandler_bark'}))

    def test_rows(self):
        row = comparison.Row(['extra', '-', 'BaseHandler_bark', '-', ''])
        c = self.C + [(1, 'BaseHandler_bark')]
        self.assertEqual(self.compare(self.PYTHON, c, [row]), (True, set()))
        self.assertTrue(row.used)
        row = comparison.Row(['absent', '*.get_stdin', '-',
                              'BaseHandler.setup_environ', ''])
        c = self.C[:3] + self.C[4:]
        self.assertEqual(self.compare(self.PYTHON, c, [row]), (True, set()))
        row.where = 'application'
        self.assertFalse(self.compare(self.PYTHON, c, [row])[0])

    def test_idle_turns_do_not_count(self):
        turn = [(1, 'BaseServer__handle_request_noblock'),
                (2, 'BaseServer_verify_request'),
                (1, 'BaseServer_service_actions')]
        idle = [(1, 'ForkingMixIn_service_actions'),
                (2, 'ForkingMixIn_collect_children')]
        start = [(0, 'BaseServer_serve_forever'), (1, 'TCPServer_fileno')]
        self.assertEqual(comparison.without_idle_turns(
            start + idle + turn + idle + [(0, 'TCPServer_server_close')]),
            start + turn + [(0, 'TCPServer_server_close')])


def script(name, *arguments):
    return subprocess.run(
        [sys.executable, os.path.join(SCRIPTS, name), *arguments], cwd=HERE,
        env=dict(os.environ, CWSGIREF_TRACE=PROGRAM), capture_output=True,
        text=True)


class TraceTests(unittest.TestCase):
    """script/trace"""

    def test_tree_of_c(self):
        result = script('trace', 'apps:hello')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr,
                         r'(?m)^C: HTTP/1\.0 200 OK, \d+ bytes$')
        self.assertRegex(result.stdout, r'(?m)^├── BaseServer__handle_request_'
                         r'noblock\n│   ├── TCPServer_get_request$')
        self.assertIn('└── Socket_send\n', result.stdout)

    def test_demo_app_by_default(self):
        result = script('trace')
        self.assertRegex(result.stdout, r'─ demo_app\n')

    def test_tree_of_python_for_a_request_of_ones_own(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'GET / HTTP/2.0\r\n\r\n')
            file.flush()
            for request in (['--request', file.name],
                            ['--raw', r'GET / HTTP/2.0\r\n\r\n']):
                result = script('trace', 'apps:hello', '--python', *request)
                self.assertIn('BaseHTTPRequestHandler.send_error\n',
                              result.stdout)

    def test_both_side_by_side(self):
        result = script('trace', 'apps:hello', '--both', '--validate')
        lines = [re.split(r'  +(?=[├└│]|\w)', line)
                 for line in result.stdout.splitlines()]
        self.assertIn(['make_server', 'make_server'], lines)
        self.assertRegex(result.stdout,
                         r'(?m)─ lint_app +.*─ lint_app$')
        self.assertRegex(result.stdout, r'(?m)^ +│.*─ _SocketWriter\.write$')

    def test_application_that_is_not_there(self):
        result = script('trace', 'nothing:app')
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertIn("there is no module 'nothing'", result.stderr)
        self.assertNotIn('Traceback', result.stderr)


if __name__ == '__main__':
    unittest.main()
