"""The calls of one request, in Python and in C: the same functions, in the
same order, at the same depth. And what is made from them: docs/callgraph.md,
script/trace."""

import contextlib
import difflib
import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock

from tools.callgraph import comparison, live, page, values
from tools.callgraph.cases import CASES
from tools.callgraph.names import c_name
from tools.callgraph.traces import (HERE, Call, ProgramRun, PythonRun,
                                    exchange, record_all)
from tools.patience import PATIENCE
from tools.test.ptys import open_pty

PROGRAM = os.environ.get('CWSGIREF_TRACE', '')
ROOT = os.path.join(HERE, '..', '..')
SCRIPTS = os.path.join(ROOT, 'script')
# A program in Python.
PYTHON = os.path.join(ROOT, 'tests', 'callgraph', 'program.py')

# A row of the first table of the page: number, C, file, Python.
STEP = re.compile(r'(?m)^\| (\d+) \|.*\| \[`(\w+)`\]\(\.\./(.*?)\) '
                  r'\| \[`([\w.]+)`\]')


def setUpModule():
    if not os.path.exists(PROGRAM):
        if os.environ.get('CI'):
            raise AssertionError(f'no program of the trace preset: {PROGRAM}')
        raise unittest.SkipTest('script/bootstrap trace builds the program '
                                'that these tests are about')


class CallGraphTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.records = record_all(PROGRAM, CASES)
        with open(comparison.PAGE, encoding='utf-8') as file:
            cls.page = file.read()
        cls.others = page.other_calls(cls.page, sys.version_info[:3])
        cls.findings = page.Findings(
            cls.records, comparison.rows_of(cls.page), cls.others)

    def test_every_request_makes_the_same_calls(self):
        rows = comparison.read_rows()
        strangers = set()
        for case, (python, c) in self.records.items():
            with self.subTest(case.name):
                python = comparison.python_calls(python, rows)
                c = comparison.c_calls(c, rows, strangers)
                self.assertGreater(len(python), 5)
                self.assertEqual([], comparison.difference(python, c))
        with self.subTest('every C method is one of Python'):
            self.assertEqual(sorted(strangers), [])
        with self.subTest('every row of the table is used'):
            self.assertEqual(
                [vars(row) for row in rows if not row.used], [])

    def difference(self, text):
        """Under another release: without the calls that differ."""
        text = page.trees_without(text, self.others)
        return ''.join(difflib.unified_diff(
            text.splitlines(True),
            page.page(text, self.findings).splitlines(True),
            'docs/callgraph.md', 'what script/callgraph would write', n=1))

    def test_page_shows_these_calls(self):
        self.assertEqual(self.difference(self.page), '')

    def test_page_says_what_other_releases_do(self):
        """This one, at least; and no row is without a release."""
        running = sys.version_info[:3]
        self.assertEqual([vars(row) for row in page.wrong_rows(
            self.page, self.findings, running)], [])
        rows = page.release_rows(self.page)
        self.assertGreater(len(rows), 3)
        for row in rows:
            self.assertNotEqual(row.is_made((3, 11, 2)),
                                row.is_made((9, 0, 0)), row.call)

    def test_wrong_row_of_another_release_is_found(self):
        made = '`BaseHandler_run` | `WSGIRequestHandler_handle`'
        titles = f'| {" | ".join(page.RELEASE_TITLES)} |\n'
        for row, is_right in (
                (f'3.0 | new | {made}', True), (f'9.1 | gone | {made}', True),
                (f'9.1 | new | {made}', False), (f'3.0 | gone | {made}', False),
                ('3.0 | new | `BaseHandler_run` | `BaseHandler_run`', False)):
            with self.subTest(row):
                wrong = page.wrong_rows(f'{titles}| {row} | why |\n',
                                        self.findings, sys.version_info[:3])
                self.assertEqual(wrong == [], is_right)

    def test_releases_of_a_row(self):
        row = page.ReleaseRow(['3.13.15, 3.14.7', 'new', '', '', ''])
        for release, is_made in (
                ('3.11.2', False), ('3.13.14', False), ('3.13.15', True),
                ('3.14.0', False), ('3.14.7', True), ('3.15.0', True)):
            with self.subTest(release):
                self.assertEqual(row.is_made(page.version(release)), is_made)
        row = page.ReleaseRow(['3.13', 'gone', '', '', ''])
        self.assertTrue(row.is_made((3, 12, 9)))
        self.assertFalse(row.is_made((3, 13, 0)))

    def test_page_of_another_release(self):
        text = page.written_for(self.page, '3.99.1')
        self.assertEqual(page.release(text), '3.99.1')
        self.assertNotIn(f'/v{page.release(self.page)}/', text)
        self.assertEqual(
            page.written_for(text, page.release(self.page)), self.page)
        gone = page.trees_without(self.page, [
            row for row in page.release_rows(self.page)
            if row.what == 'gone'])
        self.assertIn('BaseHTTPRequestHandler_address_string      ', self.page)
        self.assertNotIn('BaseHTTPRequestHandler_address_string      ', gone)
        self.assertEqual(page.trees_without(self.page, []), self.page)

    def test_every_edit_of_the_page_is_found(self):
        for old, new in (
                ('│   ├── BaseServer_verify_request ',
                 '│   ├── BaseServer_verity_request '),
                ('│   └── BaseHandler_write  ', '│   └── BaseHandler_wrote  '),
                ('->>application: application', '->>handler: x'),
                ('| `BaseHandler_run` |', '| `BaseHandler_ran` |'),
                ('| validator-reads |', '| all |')):
            with self.subTest(old):
                self.assertIn(old, self.page)
                self.assertIn(old.rstrip(), self.difference(
                    self.page.replace(old, new, 1)))

    def test_page_names_what_is_there(self):
        """Files of the repository, and methods of Python's modules."""
        links = re.findall(r'\]\(\.\./([^)#]*)\)', self.page)
        self.assertGreater(len(links), 100)
        for path in set(links):
            self.assertTrue(os.path.exists(os.path.join(ROOT, path)), path)
        rows = re.findall(
            r'(?m)^\| `(\w+)` \| \[.*?\]\(.*?\) \| `([\w.]+)` \| \[Lib/',
            self.page)
        self.assertGreater(len(rows), 70)
        for c, python in rows:
            if not comparison.is_stream(c):
                self.assertEqual(c_name(python), c)

    def test_drawing_has_the_steps_of_the_table(self):
        drawing = re.search(r'(?ms)^```\n(1\. .*?)^```$', self.page)[1]
        drawn = {int(number): method for method, number in re.findall(
            r'(\w+)\(.*\((\d+)\)', drawing)}
        steps = {int(number): python.rpartition('.')[2]
                 for number, _, _, python in STEP.findall(self.page)}
        self.assertEqual(drawn, steps)

    def test_steps_of_the_page_come_in_this_order(self):
        steps = STEP.findall(self.page)
        self.assertEqual(len(steps), 14)
        calls = self.records[CASES[0]][1][0]
        names = iter([call.name for call in calls])
        for _, c, path, python in steps:
            with self.subTest(c):
                self.assertEqual(c_name(python), c)
                self.assertIn(c, names)  # after the one before
                with open(os.path.join(ROOT, path)) as file:
                    self.assertRegex(file.read(), rf'(?m)^{c}\(')


def tree(pairs):
    return [Call(*pair) for pair in pairs]


class ComparisonTests(unittest.TestCase):
    """The comparison can tell."""

    def compare(self, python, c, rows=()):
        strangers = set()
        return (comparison.python_calls([tree(python)], rows) ==
                comparison.c_calls([tree(c)], rows, strangers)), strangers

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
        end = [(0, 'TCPServer_server_close')]
        self.assertEqual(comparison.without_idle_turns(
            tree(start + idle + turn + idle + end)), tree(start + turn + end))


def script(name, *arguments):
    return subprocess.run(
        [sys.executable, os.path.join(SCRIPTS, name), *arguments], cwd=HERE,
        env=dict(os.environ, CWSGIREF_TRACE=PROGRAM), capture_output=True,
        text=True)


def read_until(file, pattern):
    """Reads lines until one has the pattern."""
    for line in file:
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f'no {pattern!r}')


@contextlib.contextmanager
def started(name, *arguments, stdout=subprocess.PIPE):
    """The script, in a session of its own, to talk to; killed when it takes
    too long."""
    with subprocess.Popen(
            [sys.executable, os.path.join(SCRIPTS, name), *arguments],
            cwd=HERE, env=dict(os.environ, CWSGIREF_TRACE=PROGRAM),
            stdout=stdout, stderr=subprocess.PIPE, text=True,
            start_new_session=True) as process:
        timer = threading.Timer(PATIENCE, os.killpg,
                                (process.pid, signal.SIGKILL))
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


# Of two servers: the time, the port, the stream.
DIFFERENT = {'timestamp', 'client_address', 'server_address', 'stdout'}


def without_time(text):
    return re.sub(r'\d\d:\d\d:\d\d', '', text)


class RecordTests(unittest.TestCase):
    """What the records say beside the names of the calls."""

    def setUp(self):
        case = next(each for each in CASES if each.name == 'post')
        self.program = self.enterContext(
            ProgramRun(PROGRAM, case.application))
        self.program.request(case.raw)
        self.python = self.enterContext(PythonRun(case.application))
        self.answer = self.python.request(case.raw)
        rows = comparison.read_rows()
        self.pairs = list(zip(
            comparison.c_calls(self.program.calls(), rows, set()),
            comparison.python_calls(self.python.calls(), rows)))
        self.raw = case.raw

    def test_arguments_are_those_of_python(self):
        self.assertGreater(len(self.pairs), 50)
        for c, python in self.pairs:
            names = c.arguments.keys() & python.arguments.keys() - DIFFERENT
            with self.subTest(c.name):
                for name in names:
                    value = python.arguments[name]
                    if value in ('True', 'False'):  # an int in C, or a bool
                        value = str(value == 'True'), str(int(value == 'True'))
                        self.assertIn(c.arguments[name], value)
                    else:
                        self.assertEqual(without_time(c.arguments[name]),
                                         without_time(value), name)
        arguments = {c.name: c.arguments for c, _ in self.pairs}
        self.assertEqual(arguments['BaseHandler_start_response']['headers'],
                         "[('Content-Type', 'text/plain'), "
                         "('Content-Length', '5')]")
        self.assertEqual(arguments['BaseHandler_write']['data'],
                         "5 bytes b'12345'")
        self.assertEqual(arguments['WSGIRequestHandler_get_environ'],
                         {'self': '<WSGIRequestHandler>', 'command': "'POST'",
                          'path': "'/?a=b'"})

    def test_application_that_has_tools_of_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'tools.py'), 'w') as file:
                file.write('from wsgiref.simple_server import demo_app\n')
            with PythonRun('tools:demo_app', directory=folder) as python:
                self.assertIn(b'200 OK', python.request(self.raw))

    def test_bytes_on_the_wire(self):
        for side in (self.program, self.python):
            with self.subTest(side.side):
                received, sent = (
                    b''.join(data for what, data in side.wire()
                             if what == wanted) for wanted in 'RW')
                self.assertEqual(received, self.raw)
                self.assertEqual(len(sent), len(self.answer))
        for c, python in self.pairs:
            if c.name == 'BaseHandler_run':
                self.assertEqual((c.before, c.after), (1, 2))
                self.assertEqual((python.before, python.after), (1, 6))

    def test_places(self):
        places = self.program.locate([c for c, _ in self.pairs])
        for c, python in self.pairs:
            if c.name == 'BaseHandler_finish_response':
                self.assertIn('self->cls->finish_response(self)',
                              source_line(places[c.site]))
                self.assertIn('self.finish_response()',
                              source_line(python.site))
            if c.name == 'BaseHandler_start_response':
                self.assertIn('PyObject_Vectorcall(',
                              source_line(places[c.site]))
                self.assertIn('start_response(', source_line(python.site))
            if c.name == 'TCPServer_fileno':
                self.assertIn('selector.register(self,',
                              source_line(python.site))
        with self.subTest('where the function begins'):
            c, python = next(pair for pair in self.pairs
                             if pair[0].name == 'BaseHandler_run')
            self.assertRegex(places[c.code], r'src/handlers/base_handler\.c:')
            self.assertIn('def run(', source_line(python.code))


def source_line(place):
    path, _, number = place.rpartition(':')
    with open(path, encoding='utf-8') as file:
        return file.read().splitlines()[int(number) - 1]


class ValueTests(unittest.TestCase):
    def test_shown(self):
        for value, text in (
                (None, 'None'), (True, 'True'), (5, '5'), (2 ** 70, '<int>'),
                (.5, '0.5'), ("it's\n\xe9", r"'it\'s\n\xe9'"),
                (b'a\0', r"2 bytes b'a\x00'"), (['a', ()], "['a', ()]"),
                ((1,), '(1,)'), ({1: 2}, '{1}'), (int, 'int'),
                (object(), '<object>'), ('a' * 99, "'" + 'a' * 56 + '...')):
            with self.subTest(text):
                self.assertEqual(values.shown(value), text)


class TraceTests(unittest.TestCase):
    """script/trace"""

    def test_tree_of_c(self):
        result = script('trace', 'apps:hello')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr,
                         r'(?m)^C: HTTP/1\.0 200 OK, \d+ bytes$')
        self.assertRegex(result.stdout, r'(?m)^├── BaseServer__handle_request_'
                         r'noblock\n│   ├── TCPServer_get_request$')
        self.assertRegex(result.stdout, r"(?m)─ BaseHandler_start_response  +"
                         r"'200 OK', \[\('Content-Type', 'text/plain'\)\]$")
        self.assertRegex(result.stdout, r"└── Socket_sendall  +\d+ bytes b'HTTP")

    def test_how_a_file_leaves(self):
        """After the headers, which finish_response() does not send itself."""
        result = script('trace', 'apps:wrapped_file', '--no-args')
        self.assertRegex(
            result.stdout, r'─ ServerHandler_sendfile\n'
            r'.*─ ServerHandler_send_headers\n(?:.*\n)*?'
            r'.*─ SocketWriter_flush\n.*─ Socket_sendall\n'
            r'.*─ Socket_sendfile\n.*─ ServerHandler_close\n')

    def test_the_reader_leaves(self):
        """As `head` does: no words about it."""
        for name, *arguments in (('trace', 'apps:hello'),
                                 ('trace', 'apps:hello', '--both'),
                                 ('player', '--list'), ('compare', '--list')):
            with self.subTest([name, *arguments]), \
                    started(name, *arguments) as process:
                process.stdout.close()
                self.assertNotRegex(process.stderr.read(),
                                    'Broken|Traceback|Exception')
                process.wait()

    def test_demo_app_by_default(self):
        result = script('trace', '--no-args')
        self.assertRegex(result.stdout, r'─ demo_app\n')

    def test_tree_of_python_for_a_request_of_ones_own(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'GET / HTTP/2.0\r\n\r\n')
            file.flush()
            result = script('trace', 'apps:hello', '--python', '--args',
                            '--request', file.name)
            self.assertRegex(result.stdout, r'─ BaseHTTPRequestHandler\.send_'
                             r'error +self=<WSGIRequestHandler>, code=505')

    def test_request_as_in_curl(self):
        result = script('trace', 'apps:echo', '--path', '/p?q', '-d', 'a=b',
                        '-H', 'X: y')
        self.assertIn(r"20 bytes b'POST /p?q HTTP/1.1\r\n'", result.stdout)
        self.assertRegex(result.stdout, r"BaseHandler_write  +3 bytes b'a=b'")

    def test_both_side_by_side(self):
        result = script('trace', 'apps:hello', '--both', '--validate',
                        '--no-args')
        lines = [re.split(r'  +(?=[├└│]|\w)', line)
                 for line in result.stdout.splitlines()]
        self.assertIn(['make_server', 'make_server'], lines)
        self.assertRegex(result.stdout,
                         r'(?m)─ lint_app +.*─ lint_app$')
        self.assertRegex(result.stdout, r'(?m)─ SocketWriter_write +'
                                        r'│.*─ _SocketWriter\.write$')

    def test_program_in_python(self):
        """Its overrides stand where C calls them, and above what they call."""
        program = os.path.join(ROOT, 'examples', 'python',
                               'request_handler.py')
        result = script('trace', '--no-args', '--path', '/seen', '--program',
                        program, '0')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r'(?m)^somebody .* "GET /seen HTTP')
        self.assertRegex(
            result.stdout, r'─ BaseHTTPRequestHandler_log_message\n'
            r'(?:.*─ BaseHTTPRequestHandler__colorize_request\n)?'
            r'.*─ Handler\.address_string\n')
        self.assertRegex(
            result.stdout, r'─ Handler\.log_date_time_string\n'
            r'.*    └── BaseHTTPRequestHandler_log_date_time_string\n')

    def test_program_that_imports_wsgiref(self):
        result = script('trace', '--no-args', '--program', PYTHON, '0')
        self.assertEqual(result.returncode, 1)
        self.assertIn('no server of cwsgiref', result.stderr)
        result = script('trace', '--no-args', '--program', '-m',
                        'cwsgiref.as_wsgiref', PYTHON, '0')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r'─ Server\.verify_request\n')

    def tree_of_seen(self, process):
        """What it prints of a request of /seen that somebody sends it."""
        port = read_until(process.stderr, r' port (\d+)')[1]
        exchange(int(port), b'GET /seen HTTP/1.0\r\n\r\n', b'')
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        return out

    def test_program_and_a_request_of_a_browser(self):
        with started('trace', '--wait', '--program', '-m',
                     'cwsgiref.as_wsgiref', PYTHON, '0') as process:
            out = self.tree_of_seen(process)
        self.assertRegex(out, r"get_environ +'GET', '/seen'")

    def test_program_that_does_not_serve(self):
        for words, expected in (
                ([PYTHON], 'the program has ended, with 0'),
                ([PYTHON, '-1'], 'OverflowError'),
                (['-m', 'no_such_module'], 'No module named no_such_module'),
                ([], '--program FILE'),
                ([PYTHON, '0'], 'no server of cwsgiref')):
            result = script('trace', '--program', *words)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(expected, result.stderr)
            self.assertNotIn('runpy', result.stderr)

    def test_wait_for_a_request(self):
        with started('trace', 'apps:hello', '--wait', '--both') as process:
            out = self.tree_of_seen(process)
        self.assertRegex(out, r"get_environ +.*\.get_environ +'GET', '/seen'")

    def test_tree_grows_while_the_application_waits(self):
        """At a terminal; the application waits for the test."""
        terminal, other_end = open_pty()
        with open(terminal, encoding='utf-8') as screen, \
                tempfile.TemporaryDirectory() as scratch:
            gate = os.path.join(scratch, 'gate')
            os.mkfifo(gate)
            with started('trace', 'apps:waits_at_gate', '--path', gate,
                         stdout=other_end) as process:
                os.close(other_end)
                read_until(screen, '─ application')
                with open(gate, 'w'):
                    pass
                read_until(screen, "start_response.*'200 OK'")
                # The tree may be printed between this call and the end of the
                # loop; then it looks as if another one followed.
                read_until(screen, '^[├└]── BaseServer_service_actions')
                read_until(screen, '^[├└]── Socket_close')
                _, err = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, err)

    def test_tree_so_far(self):
        """Where a line was begun it goes on to the end of the branch."""
        calls = tree([(0, 'a'), (1, 'b'), (2, 'c'), (3, 'd')])
        calls[3].ended = True
        out = io.StringIO()
        record = unittest.mock.Mock(threads={1: calls})
        it = live.Live(record, lambda threads: threads,
                       live.Printer(out, 'no'), False)
        with it:
            it.print(comparison.open_levels)
            calls += tree([(2, 'e')])
        self.assertEqual(out.getvalue(), 'a\n├── b\n│   ├── c\n'
                         '│   │   ├── d\n│   └── e\n')

    def test_interrupt(self):
        with started('trace', 'apps:hello', '--wait') as process:
            read_until(process.stderr, r' port (\d+) ')
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
            out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130)
        self.assertNotIn('Traceback', err)

    def test_port_that_is_in_use(self):
        with socket.create_server(('127.0.0.1', 0)) as other:
            port = str(other.getsockname()[1])
            for side in ((), ('--python',)):
                with self.subTest(side):
                    result = script('trace', '--port', port, *side)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(port, result.stderr)
                    self.assertIn('in use', result.stderr)
                    self.assertNotIn('Traceback', result.stderr)

    def test_two_requests(self):
        for two in (['--wait', '--raw', 'x'], ['--path', '/', '--raw', 'x']):
            result = script('trace', *two)
            self.assertEqual(result.returncode, 2)
            self.assertIn('there is one request', result.stderr)

    def test_application_that_is_not_there(self):
        for side in (), ('--python',):
            with self.subTest(side):
                result = script('trace', 'nothing:app', *side)
                self.assertEqual(result.returncode, 1)
                self.assertIn("there is no module 'nothing'", result.stderr)
                self.assertNotIn('Traceback', result.stderr)


if __name__ == '__main__':
    unittest.main()
