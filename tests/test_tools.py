"""docs/tools.md: its sessions print what it shows, and its commands exist.
.vscode: what it names is there, and gdb takes it as VS Code gives it."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from tests.gdb import python
from tools import transcript
from tools.patience import PATIENCE
from tools.server import Server

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / 'docs' / 'tools.md'
README = (ROOT / 'README.md').read_text(encoding='utf-8')
TEXT = PAGE.read_text(encoding='utf-8')
PROGRAM = os.environ['CWSGIREF']
C_FLAGS = shlex.split(os.environ['CWSGIREF_C_FLAGS'])
LONG = os.environ.get('CWSGIREF_LONG_TESTS')
ASAN = ROOT / 'build' / 'asan' / 'src' / 'libcwsgiref.a'
TRACE = ROOT / 'build' / 'trace' / 'cwsgiref'
os.environ.setdefault('CWSGIREF_TRACE', str(TRACE))

study_build = unittest.skipUnless('-O0' in C_FLAGS,
                                  'the page is about the study build')
trace_build = unittest.skipUnless(
    os.access(os.environ['CWSGIREF_TRACE'], os.X_OK),
    'the trace preset is not built')
long_test = unittest.skipUnless(LONG, 'takes long: script/test --long')


def installed(program):
    """What script/bootstrap --test installs, in CI at least."""
    missing = shutil.which(program) is None and not os.environ.get('CI')
    return unittest.skipIf(missing, f'{program} is not installed')


def gdb():
    return transcript.Gdb([ROOT / 'script' / 'gdb', '-nx', '-ex',
                           'set width 0', 'examples/hello.py'], ROOT)


def replay(section, places):
    """Yields each command of the section with what it prints. What the page
    names by a key of `places` is at another place here."""
    sessions = [block for block in transcript.read(TEXT.splitlines())
                if block.section.startswith(section)]
    for block in sessions:
        for command in block.commands:
            command.text = moved(command.text, places)
    return transcript.replay(sessions, gdb, ROOT)


def moved(command, places):
    for old, new in places.items():
        command = command.replace(old, str(new))
    return command


def blocks(language, text=TEXT):
    """The fenced blocks of that language."""
    return re.findall(rf'^```{language}\n(.*?)^```$', text,
                      re.MULTILINE | re.DOTALL)


def without_fences():
    """The prose of the page, and the commands that stand indented in it."""
    return re.sub(r'^```.*?^```$', '', TEXT, flags=re.MULTILINE | re.DOTALL)


def indented():
    return re.findall(r'^    (\S.*)$', without_fences(), re.MULTILINE)


def line_with(start):
    """The one indented command that begins so."""
    found, = [line for line in indented() if line.startswith(start)]
    return found


def run(command):
    done = subprocess.run(['sh', '-c', command], cwd=ROOT, timeout=PATIENCE,
                          encoding='utf-8', errors='replace',
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise AssertionError(f'{command}: {done.stdout}')
    return done.stdout


def ask(port):
    """The answer to a request."""
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as client:
        client.sendall(b'GET /hello HTTP/1.0\r\n\r\n')
        return b''.join(iter(lambda: client.recv(8192), b''))


def port_in(file):
    """The port that a server says it listens on."""
    for line in file:
        if found := re.search(r'port (\d+)', line):
            return int(found[1])
    raise AssertionError('it does not serve')


class Scratch(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def check(self, section, places, least):
        count = 0
        for command, printed in replay(section, places):
            transcript.check(command, printed)
            count += 1
        self.assertGreaterEqual(count, least)

    def start(self, command, **more):
        process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        return process


@study_build
class SessionTests(Scratch):

    @installed('gdb')
    def test_gdb(self):
        python.need_script()
        self.check('gdb', {}, 4)

    @trace_build
    def test_trace(self):
        self.check('The calls', {}, 1)

    @trace_build
    @long_test
    def test_player(self):
        page = self.folder / 'mine.html'
        self.assertIn(page.as_uri(), run(moved(
            line_with('cd examples'), {'../build/mine.html': page})))
        self.assertIn('BaseHandler_run', page.read_text(encoding='utf-8'))

    @installed('gdb')
    @long_test
    def test_backwards(self):
        python.need_script()
        self.check('Backwards', {}, 11)

    @installed('gdb')
    def test_python(self):
        python.need_script()
        source, = blocks('python')
        profiled = self.folder / 'profiled.py'
        profiled.write_text(source, encoding='utf-8')
        self.check("Python's", {'build/study/cwsgiref': shlex.quote(PROGRAM),
                                'profiled.py': profiled}, 7)

    def test_breakpoint_opens_pdb(self):
        source = (ROOT / 'examples' / 'hello.py').read_text(encoding='utf-8')
        application = self.folder / 'stopped.py'
        application.write_text(source.replace(
            '    start_response', '    breakpoint()\n    start_response', 1),
            encoding='utf-8')
        server = self.start([PROGRAM, '--port', '0', '--once', application])
        port = port_in(server.stdout)
        server.stdin.write('print environ["PATH_INFO"]\np 6 * 7\ncontinue\n')
        server.stdin.flush()
        self.assertTrue(ask(port).startswith(b'HTTP/1.0 200 OK\r\n'))
        self.assertIn('(Pdb) 42\n', server.stdout.read())

    @installed('uftrace')
    def test_uftrace(self):
        data = {'build/uftrace.data': self.folder / 'data',
                'build/study/cwsgiref': shlex.quote(PROGRAM),
                'build/chrome.json': self.folder / 'chrome.json'}
        self.record(moved(line_with('uftrace record'), data))
        self.check('uftrace', data, 4)
        run(moved(line_with('uftrace dump'), data))
        with open(self.folder / 'chrome.json', encoding='utf-8') as file:
            events = json.load(file)['traceEvents']
        self.assertIn('BaseHandler_run', [event['name'] for event in events])

    def record(self, command, option='--once', requests=1):
        """What `option` does, on record; a server that goes on is ended."""
        server = self.start(
            shlex.split(command.replace('--once', f'--port 0 {option}')))
        port = port_in(server.stdout)
        for _ in range(requests):
            self.assertTrue(ask(port).endswith(b'world!\n'))
        if option != '--once':
            children = f'/proc/{server.pid}/task/{server.pid}/children'
            with open(children, encoding='ascii') as file:
                os.kill(int(file.read()), signal.SIGINT)
        server.stdout.read()
        self.assertEqual(server.wait(60), 0)

    @installed('uftrace')
    def test_uftrace_of_threads_and_forks(self):
        places = {'build/uftrace.data': self.folder / 'data',
                  'build/study/cwsgiref': shlex.quote(PROGRAM)}
        for option in ('--threads', '--fork'):
            with self.subTest(option):
                # The last one may not have ended when the server does.
                self.record(moved(line_with('uftrace record'), places),
                            option, requests=5)
                shown = run(moved('uftrace replay -d build/uftrace.data '
                                  '-f tid', places))
                server, = self.threads_in(shown, 'main')
                handlers = self.threads_in(shown, 'BaseHandler_run')
                self.assertGreater(len(handlers), 1)
                self.assertNotIn(server, handlers)

    def threads_in(self, shown, function):
        return set(re.findall(rf'\[ *(\d+)\].* {function}\(', shown))

    @installed('uftrace')
    @long_test
    def test_uftrace_of_a_build_that_reports_by_itself(self):
        for start in ('cmake --preset study -B build/uftrace',
                      'cmake --build build/uftrace'):
            run(moved(line_with(start), {'build/uftrace': self.folder}))
        self.record(moved(line_with('uftrace record'), {
            ' -P .': '', 'build/uftrace.data': self.folder / 'data',
            'build/study': self.folder}))
        shown = run(f'uftrace replay -f none -d {self.folder}/data')
        self.assertIn(' python_debug() = ', shown)

    @long_test
    def test_coverage(self):
        places = {'build/coverage': self.folder}
        run(moved(line_with('cmake --preset study -B build/coverage'),
                  places))
        build = moved(line_with('cmake --build build/coverage'), places)
        run(f'{build} --target cwsgiref')
        self.check('Coverage', places, 2)


@unittest.skipUnless(ASAN.exists(), 'the asan preset is not built')
class SanitizerTests(Scratch):

    def test_the_subclass_that_drops_a_reference_twice(self):
        said = self.said_by(self.build())
        shown, = blocks('text')
        for place in (ROOT, self.folder):
            said = said.replace(f'{place}/', '')
        self.assertIsNotNone(transcript.renewed(
            shown.splitlines(), said.splitlines(), self.same), said)

    def same(self, line):
        return re.sub(r'==\d+==|#\d+', '', transcript.same(line))

    def build(self):
        """The README's subclass with the mistake that the page puts in."""
        source, = blocks('c', README)
        twice, = re.findall(r'a second `([^`]*)` behind the first', TEXT)
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        (self.folder / 'counting.c').write_text(
            source.replace(twice, f'{twice}\n        {twice}')
            .replace('8000', str(self.port)),
            encoding='utf-8')
        command, = blocks('sh')
        run(moved(command, {' counting': f' {self.folder}/counting'}))
        return self.folder / 'counting'

    def said_by(self, program):
        server = self.start([program], env={
            **os.environ, 'PYTHONMALLOC': 'malloc'})
        self.assertEqual(port_in(server.stdout), self.port)
        with contextlib.suppress(ConnectionError):  # it dies of it
            ask(self.port)
        said = server.stdout.read()
        self.assertNotEqual(server.wait(60), 0)
        return said


class CommandTests(unittest.TestCase):
    """Each command that the page names exists and has these options."""

    # What tells of the options, where --help is not all.
    HELP = {'script/bootstrap': 'cat script/bootstrap',
            'script/test': 'cat script/test',
            'script/server': 'build/study/cwsgiref --help',
            'cmake': 'cmake --help; cmake --build 2>&1; true'}
    OURS = r'(?:script/\w+|uftrace|gcov|cmake|ctest|build/study/cwsgiref)'

    def commands(self):
        text = without_fences().replace('\n', ' ')
        found = [line for line in indented()]
        found += re.findall(rf'`({self.OURS}(?: [^`]+)?)`', text)
        found += [command.text for block in transcript.read(TEXT.splitlines())
                  if block.language == 'console'
                  for command in block.commands]
        for line in found:
            line = re.sub(r'^cd .*&& |\.\./|[A-Z]+=\w+ |>.*$', '', line)
            yield from re.split(r' (?=build/\w+/cwsgiref)', line)

    def test_each_is_accepted(self):
        helps = {}
        for line in self.commands():
            name, *words = shlex.split(re.sub(r'^build/\w+/cwsgiref',
                                              'build/study/cwsgiref', line))
            if not re.fullmatch(self.OURS, name):
                continue
            if name not in helps and self.is_here(name):
                helps[name] = run(self.HELP.get(name, f'{name} --help')
                                  .replace('build/study/cwsgiref',
                                           shlex.quote(PROGRAM)))
            for word in words if name in helps else ():
                option = re.match(r'--[\w-]+|-[A-Za-z](?=$|[A-Z])', word)
                if option:
                    with self.subTest(line):
                        self.assertRegex(helps[name], r'(?<![\w-])'
                                         + option[0] + r'(?![\w-])')
        self.assertGreaterEqual(len(helps), 8)

    def is_here(self, name):
        if name.startswith('script/'):
            self.assertTrue(os.access(ROOT / name, os.X_OK), name)
        return '/' in name or shutil.which(name) is not None

    def test_the_presets_are_there(self):
        with open(ROOT / 'CMakePresets.json', encoding='utf-8') as file:
            presets = {preset['name'] for preset in
                       json.load(file)['configurePresets']}
        named = re.findall(r'(?:--preset|script/bootstrap) (\w+)', TEXT)
        self.assertIn('asan', named)
        self.assertLessEqual(set(named), presets)

    def test_the_links_lead_somewhere(self):
        for link in re.findall(r'\]\(([^)#]+)', TEXT):
            if ':' not in link:
                self.assertTrue((PAGE.parent / link).exists(), link)
        headings = {re.sub(r"[^\w -]", '', heading.lower()).replace(' ', '-')
                    for heading in re.findall(r'^## (.*)$', TEXT,
                                              re.MULTILINE)}
        self.assertLessEqual(set(re.findall(r'\]\(#([^)]+)', TEXT)), headings)


class Interpreter:
    """gdb as VS Code starts it: its machine interface."""

    def __init__(self):
        self.process = subprocess.Popen(
            ['gdb', '-q', '-nx', '--interpreter=mi'], cwd=ROOT, text=True,
            env={**os.environ, 'LC_ALL': 'C.UTF-8'},  # for paths in Python
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.until(r'\(gdb\)')

    def until(self, pattern):
        """What gdb says, up to the first line that begins so."""
        said = ''
        for line in self.process.stdout:
            said += line
            if re.match(pattern, line):
                return said
        raise AssertionError(f'gdb has ended: {said}')

    def do(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        said = self.until(r'\^')
        if said.splitlines()[-1].startswith('^error'):
            raise AssertionError(f'{command}: {said}')
        return said

    def console(self, command):
        """As after -exec in the Debug Console; all that it prints."""
        said = self.do(f'-interpreter-exec console "{command}"')
        return said + self.do('-gdb-version')

    def close(self):
        self.process.kill()
        self.process.communicate()


class VSCodeTests(unittest.TestCase):

    def read(self, name):
        with open(ROOT / '.vscode' / name, encoding='utf-8') as file:
            return json.load(file)

    def test_what_it_names_is_there(self):
        tasks = {task['label']: task
                 for task in self.read('tasks.json')['tasks']}
        launch = self.read('launch.json')['configurations']
        self.assertEqual(len(launch), 3)
        for each in launch:
            self.assertIn(each.get('preLaunchTask', 'Run all tests'), tasks)
            self.assertEqual(each['program'],
                             '${workspaceFolder}/build/study/cwsgiref')
            for path in re.findall(r'\$\{workspaceFolder\}/([\w./]+)',
                                   json.dumps(each)):
                if not path.startswith('build/'):
                    self.assertTrue((ROOT / path).exists(), path)
        for task in tasks.values():
            for command in task['command'].split(' || '):
                path = command.split()[0]
                self.assertTrue(os.access(ROOT / path, os.X_OK), path)
                self.assertIn(re.sub('--(?:gdb|program) ', '', command),
                              README)
        self.assertEqual(self.read('extensions.json')['recommendations'],
                         re.findall(r'`(ms-vscode\.\w+)`', TEXT))

    def test_an_error_of_the_compiler_is_found(self):
        """As script/bootstrap shows it."""
        build, = [task for task in self.read('tasks.json')['tasks']
                  if isinstance(task['problemMatcher'], dict)]
        pattern = build['problemMatcher']['pattern']
        with tempfile.NamedTemporaryFile('w', suffix='.c') as source:
            source.write('\nint wrong = no_such_name;\n')
            source.flush()
            said = subprocess.run(['cc', '-c', '-o', os.devnull, source.name],
                                  capture_output=True, text=True).stderr
            for prefix in ('', 'study: '):
                found = re.search(pattern['regexp'], re.sub(
                    '^', prefix, said, flags=re.MULTILINE), re.MULTILINE)
                self.assertEqual(found[pattern['file']], source.name)
                self.assertEqual(found[pattern['line']], '2')
                self.assertEqual(found[pattern['severity']], 'error')
                self.assertIn('no_such_name', found[pattern['message']])

    def begin(self, number):
        """gdb, told what VS Code tells it for this configuration."""
        configuration = self.read('launch.json')['configurations'][number]
        interpreter = Interpreter()
        self.addCleanup(interpreter.close)
        for command in configuration['setupCommands']:
            interpreter.do(self.here(command['text']))
        interpreter.do(f'-file-exec-and-symbols "{PROGRAM}"')
        arguments = map(self.here, configuration.get('args', []))
        interpreter.do('-exec-arguments ' + ' '.join(arguments))
        return interpreter

    def here(self, text):
        """At a port that is free."""
        return moved(text, {
            '${workspaceFolder}': ROOT, '${file}': 'examples/hello.py',
            '127.0.0.1:8000': '127.0.0.1:0'})

    def request(self, port):
        client = socket.create_connection(('127.0.0.1', port), PATIENCE)
        self.addCleanup(client.close)
        client.sendall(b'GET /hello HTTP/1.0\r\n\r\n')

    @study_build
    @installed('gdb')
    def test_gdb_takes_what_launch_json_says(self):
        for number, function in ((0, 'WSGIRequestHandler_handle'),
                                 (1, 'BaseHandler_run')):
            with self.subTest(function):
                gdb = self.begin(number)
                gdb.do('-exec-run')
                self.request(port_in(gdb.process.stdout))
                self.assertIn(f'func="{function}"', gdb.until(r'\*stopped'))
                self.assertIn('name="watch",numchild="0"',
                              gdb.do('-var-create watch * *self'))
                fields = gdb.do('-var-list-children --all-values watch')
                self.assertRegex(fields, r'exp="(server|environ)"')

    @study_build
    @installed('gdb')
    def test_the_commands_of_the_debug_console(self):
        python.need_script()
        commands = re.findall(r'^    -exec (.*)$', TEXT, re.MULTILINE)
        self.assertEqual(commands[2], 'py-bt')
        gdb = self.begin(0)
        gdb.do('-exec-run')
        self.request(port_in(gdb.process.stdout))
        gdb.until(r'\*stopped')
        for command, expected in zip(commands, (
                'WSGIRequestHandler.handle', 'Step 9: ',
                ', line 14, in application', 'BaseHandler_run(self=')):
            self.assertIn(expected, gdb.console(command))
            if command.startswith('break'):
                gdb.do('-exec-continue')
                self.assertIn('func="BaseHandler_start_response"',
                              gdb.until(r'\*stopped'))

    @study_build
    @installed('gdb')
    def test_chain_before_the_program_runs(self):
        """With the arguments of the configuration."""
        gdb = self.begin(0)
        said = gdb.console('chain /hello')
        self.assertIn('BaseHandler_run(self=', said)
        self.assertNotIn('demo_app', said)

    @study_build
    @installed('gdb')
    def test_attach(self):
        scope = pathlib.Path('/proc/sys/kernel/yama/ptrace_scope')
        if os.geteuid() != 0 and scope.exists() and scope.read_text() > '0':
            self.skipTest('the kernel does not permit it')
        server = Server([PROGRAM, '--port', '0'])
        self.addCleanup(server.kill)
        gdb = self.begin(2)
        gdb.do(f'-target-attach {server.process.pid}')
        gdb.do('-break-insert BaseHandler_run')
        gdb.do('-exec-continue')
        self.request(server.port)
        self.assertIn('func="BaseHandler_run"', gdb.until(r'\*stopped.*hit'))


if __name__ == '__main__':
    unittest.main()
