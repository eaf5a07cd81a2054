"""gdb/cwsgiref.py and script/gdb, as a person uses them: in batch, and in a
terminal for what has windows."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import unittest

from tools.callgraph import page
from tests.gdb import python
from tests.gdb.script import (clean_environment, need_gdb, script_gdb,
                              tree_of_chain)
from tools.patience import PATIENCE
from tools.test.terminal import Terminal

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
APPLICATIONS = os.path.join(ROOT, 'tools', 'callgraph')
PAGE = os.path.join(ROOT, 'docs', 'callgraph.md')


NESTED = '''\
def application(environ, start_response):
    def inner():
        return list(map(each, ['200 OK']))

    def each(status):
        innermost(status)
        return b''

    def innermost(status):
        start_response(status, [])

    return inner()
'''


def setUpModule():
    need_gdb()


def session(*commands, options=(), application='apps:hello'):
    """What script/gdb prints for the commands, one after the other: a list,
    with what comes before the first one at its beginning."""
    arguments = []
    for command in commands:
        arguments += ['-ex', 'echo \\n<<<>>>\\n', '-ex', command]
    done = subprocess.run(
        script_gdb('--batch', *options, *arguments, *shlex.split(application)),
        cwd=APPLICATIONS, env=clean_environment(), timeout=2 * PATIENCE,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    return done.stdout.decode().split('\n<<<>>>\n')


def read_page():
    with open(PAGE, encoding='utf-8') as file:
        return file.read()


def tree_of_page():
    """(depth, name) of each call of the request, its trees put together."""
    trees = {}
    for block in page.TREE.findall(read_page()):
        calls = [call[:2] for call in page.parse(block.splitlines())]
        trees.setdefault(calls[0][1], calls)
    return list(expanded(trees, 'BaseServer_serve_forever', 0))


def expanded(trees, root, depth):
    calls = trees[root]
    for index, (level, name) in enumerate(calls):
        if name == '...':
            below = expanded(trees, calls[index - 1][1], depth + level - 1)
            next(below)
            yield from below
        else:
            yield depth + level, name


class Tests(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        signal.alarm(900)
        self.addCleanup(signal.alarm, 0)

    def assert_has(self, text, *parts):
        for part in parts:
            self.assertIn(part, text)

    def test_chain_is_the_tree_of_the_page(self):
        _, fresh, again, wrong = session(
            'chain /hello', 'chain -raw POST /hello HTTP/1.0\\r\\n'
            'Content-Length: 5\\r\\n\\r\\n12345', 'chain -what')
        # Under another release but for the calls that the page says are.
        others = page.other_calls(read_page(), sys.version_info[:3])
        expected, seen = (list(page.without(calls, others)) for calls in
                          (tree_of_page(), tree_of_chain(fresh)))
        self.assertGreater(len(expected), 80)
        self.assertEqual(seen, expected)
        self.assert_has(
            fresh, '"GET /hello HTTP/1.1" 200 14\n',
            'BaseServer_serve_forever(self=<WSGIServer>, poll_interval=0.5)',
            '\nHTTP/1.0 200 OK, ')
        # Started already: without the call that begins serve_forever.
        self.assertEqual(
            [name for _, name in tree_of_chain(again)][:3],
            ['BaseServer_serve_forever', 'BaseServer__handle_request_noblock',
             'TCPServer_get_request'])
        self.assert_has(again, "unread b'12345'", '"POST /hello HTTP/1.0" 200')
        self.assert_has(wrong, 'It takes a path')

    def test_chain_shows_values_of_python(self):
        python.need_script()
        self.assert_has(
            session('chain /hello')[1],
            "(self=<ServerHandler>, status='200 OK', "
            "headers=[('Content-Type', 'text/plain')], exc_info=0x0)",
            "BaseHandler_write(self=<ServerHandler>, "
            "data=b'Hello, World!\\n')")

    def test_chain_of_other_servers(self):
        _, threads = session('chain', options=(), application='--threads')
        self.assertIn('\nThreadingMixIn_process_request_thread(', threads)
        self.assertIn('demo_app', threads)
        for option, said in (('--fork', 'With --fork another process'),
                             ('no_such.py', 'no_such.py cannot be loaded')):
            self.assertIn(said, session('chain', application=option)[1])

    def test_break_step_stops_at_each(self):
        steps = re.findall(r'^\| (\d+) \| .*? \| \[`(\w+)`\]', read_page(),
                           re.MULTILINE)
        self.assertEqual(len(steps), 14)
        commands = []
        for number, _ in steps:  # one request has them in this order
            commands += ['delete', f'break-step {number}',
                         'continue' if commands else 'request /hello',
                         'python print("AT", gdb.selected_frame().name())']
        said = session('break-step', 'break-step 15', *commands)
        self.assertEqual(re.findall(r'^ ?(\d+)  (\w+)', said[1], re.M), steps)
        self.assertIn('There is no step 15', said[2])
        self.assertEqual(re.findall(r'^AT (\w+)$', '\n'.join(said), re.M),
                         [name for _, name in steps])

    def test_values_frames_and_python(self):
        python.need_script()
        said = session(
            'break-step 9', 'request /hello', 'backtrace',
            'backtrace -no-filters', 'print *self', 'pysrc',
            'frame function BaseHandler_run', 'pysrc',
            'frame function call_application', 'pysrc',
            'frame function BaseServer__handle_request_noblock', 'pysrc',
            'break SocketWriter_release', 'continue', 'print *self',
            'print self', 'pysrc BaseHandler_run',
            'pysrc ServerHandler_sendfile', 'pysrc lint_app')
        step, stop, backtrace, plain, value = said[1:6]
        self.assertIn('Step 9: ', step)
        self.assertIn("status='200 OK'", stop)
        self.assert_frames(backtrace, plain)
        self.assert_has(
            value, '= <ServerHandler < SimpleHandler < BaseHandler> = {\n',
            "\n  environ = {'", '\n  headers_sent = false,\n',
            "\n  stdin = <BufferedReader, unread b''>,\n",
            '\n  request_handler = <WSGIRequestHandler>\n}')
        self.assertNotIn('ob_base', value)
        self.assert_places(said)
        self.assert_has(said[15], '<SocketWriter < BufferedIOBase < IOBase> = {\n',
                        "\n  waiting = b'HTTP/1.0 200 OK\\r\\nDate: ")
        self.assertIn("<SocketWriter, waiting b'HTTP/1.0", said[16])
        self.assert_has(said[17], 'wsgiref/handlers.py: BaseHandler.run\n',
                        ' def run(self, application):\n')
        self.assertIn('wsgiref/handlers.py: BaseHandler.sendfile\n', said[18])
        self.assertIn('wsgiref/validate.py: validator.lint_app\n', said[19])

    def assert_frames(self, backtrace, plain):
        self.assertRegex(
            backtrace, r'(?s)#0 .*BaseHandler_start_response \(self=<Server'
            r'Handler>.*call_start_response .*\bhello \(\) at apps.py:\d+\n'
            r'.*call_application .*BaseHandler_run .*serve_forever .*main ')
        self.assertNotIn('PyObject_', backtrace)
        self.assertLess(max(map(len, backtrace.splitlines())), 250)
        self.assertNotIn('PyEval', backtrace)
        self.assertIn('_PyEval_EvalFrameDefault', plain)

    def assert_places(self, said):
        for index, mark, line in (
                (6, '=>', 'def start_response(self, status, headers,'
                 'exc_info=None):'),
                (8, '=>', 'self.result = application(self.environ, '
                 'self.start_response)'),
                (10, '=>', 'self.result = application(self.environ, '
                 'self.start_response)'),
                (12, '=>', 'self.process_request(request, client_address)')):
            with self.subTest(line):
                marked = re.findall(r'^([=~]>) +\d+ +(.*)$', said[index],
                                    re.MULTILINE)
                self.assertEqual(marked, [(mark, line)])

    def test_frames_of_python_in_each_call_of_the_interpreter(self):
        """Two calls of two functions each, in a thread of its own; found by
        the variables of the interpreter, and without."""
        python.need_script()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'nested.py')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(NESTED)
            said = session(
                'break-step 9', 'request', 'backtrace', 'py-bt',
                'python import tools.gdb.mirror.frames as f, __main__; '
                '__main__.Frame.get_pyop = '
                'lambda frame: f.by_thread(frame._gdbframe)',
                'backtrace', 'py-bt', application=f'{shlex.quote(path)} --threads')
        functions = ['innermost', 'each', 'inner', 'application']
        for text in (said[3], said[6]):
            self.assertEqual(
                re.findall(r'(\w+) \(\) at \S*nested\.py', text), functions)
            self.assertRegex(text, r'(?s)innermost \(\) at .*#\d+ +inner \(\)')
        for text in (said[4], said[7]):
            self.assertEqual(
                re.findall(r'nested\.py", line \d+, in (\w+)', text), functions)

    def test_without_pythons_script(self):
        _, chain = session('chain', options=(
            '-iex', 'set auto-load python-scripts off'))
        self.assertEqual(chain.count('apt-get install python3-dbg'), 1)
        self.assertRegex(chain, r'status=<str at 0x[0-9a-f]+>')
        self.assertIn('self=<ServerHandler>', chain)

    def test_time_goes_backwards(self):
        parse = 'BaseHTTPRequestHandler_parse_request'
        said = session(
            f'break {parse}', 'record-request -raw \\r\\nrest',
            'reverse-continue', 'print *self', 'break BufferedReader_readline',
            'reverse-continue', 'print self', 'continue', 'print *self',
            application='--quiet')
        self.assertRegex(said[2], r'Log contains [1-9]\d{3,} instructions\.\n'
                         'This is the end of the request: ')
        for index in (3, 8):
            self.assertIn(f'{parse} (self=<WSGIRequestHandler>)', said[index])
        self.assertIn("rfile = <BufferedReader, unread b'rest'>", said[4])
        self.assertIn('BufferedReader_readline (self=', said[6])
        self.assertIn("<BufferedReader, unread b''>", said[7])
        self.assertIn("rfile = <BufferedReader, unread b'rest'>", said[9])

    def test_step_stays_in_the_chain(self):
        """Not in libc, the interpreter or its headers, and into a method
        through the table."""
        commands = ['break-step 7', 'request /hello']
        for _ in range(12):
            commands += ['step', 'info source', 'info symbol $pc']
        said = session(*commands)
        for text in said[4::3]:
            self.assertIn(f'Located in {ROOT}/src/', text)
        visited = [text.split()[0] for text in said[5::3]]
        self.assert_has(visited, 'BaseHandler_run',
                        'BaseHandler_setup_environ')

    def test_python_follows_in_the_window(self):
        terminal = Terminal(script_gdb('-ex', 'set confirm off', 'apps:hello'),
                            clean_environment(), directory=APPLICATIONS)
        self.addCleanup(terminal.close, 'quit')
        terminal.wait(lambda screen: screen.endswith('(gdb)'))
        self.assert_has(terminal.screen.text(), 'chain ', 'break-step 7',
                        'help cwsgiref')
        for command in ('break-step 7', 'request /hello'):
            terminal.type(command)
            terminal.wait(lambda screen: command in screen
                          and screen.endswith('(gdb)'))
        for command, title, line in (
                ('layout mirror', 'BaseHandler.run',
                 '=> def run(self, application):'),
                ('next', 'BaseHandler.run', '=>         self.setup_environ()'),
                ('step', 'BaseHandler.setup_environ',
                 '=> def setup_environ(self):'),
                ('up', 'BaseHandler.run', '=>         self.setup_environ()'),
                ('pysrc', 'BaseHandler.run', '=>         self.setup')):
            with self.subTest(command):
                terminal.type(command)
                terminal.wait(lambda screen: line in screen and re.search(
                    rf'base_handler\.c\w*handlers\.py: {title}\w',
                    screen.replace('wsgiref/', '')))


if __name__ == '__main__':
    unittest.main()
