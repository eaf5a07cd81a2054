"""The program: its command line, its messages, its signals, its exit codes."""

import glob
import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import unittest

from tests.program import running
from tests.program.running import PROGRAM, environment
from tools.patience import PATIENCE

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
SANITIZED = '-fsanitize' in os.environ.get('CWSGIREF_C_FLAGS', '')

FILES = {
    'hello.py': '''
        import os, sys, time

        def answer(start_response, text):
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [text.encode()]

        def app(environ, start_response):
            return answer(start_response, 'hello from app')

        def other(environ, start_response):
            return answer(start_response, 'hello from other')

        def create_app():
            return other

        def about(environ, start_response):
            return answer(start_response, repr(
                [sys.argv, os.getcwd(), sys.path[:2], sys.prefix,
                 sys.base_prefix, os.__file__]))

        def sleeper(environ, start_response):
            print('asleep', file=environ['wsgi.errors'], flush=True)
            time.sleep(1000)

        def stubborn(environ, start_response):
            print('asleep', file=environ['wsgi.errors'], flush=True)
            try:
                time.sleep(1000)
            except KeyboardInterrupt:
                return answer(start_response, 'still here')

        class Site:
            wsgi = staticmethod(other)

        number = 3

        async def asgi(scope, receive, send):
            pass
        ''',
    'raises.py': '''
        def fail():
            raise ValueError('no way')
        fail()
        ''',
    'needs.py': 'import not_there\n',
    'syntax.py': 'def app(:\n',
    'exits.py': 'raise SystemExit("set SECRET first")\n',
    'slow.py': '''
        import sys, time
        print('importing', file=sys.stderr, flush=True)
        time.sleep(1000)
        ''',
    # A signal whose KeyboardInterrupt is lost in a __del__: while the server
    # is made, and while it is announced.
    'lost.py': '''
        import os, signal, sys

        class Dies:
            def __del__(self):
                os.kill(os.getpid(), signal.SIGINT)

        class Finder:
            def find_spec(self, name, path, target=None):
                if name == 'encodings.idna':
                    Dies()

        class Out:
            def write(self, text):
                Dies()

            def flush(self):
                pass

        def app(environ, start_response):
            start_response('200 OK', [])
            return [b'still here']

        def made():
            sys.meta_path.insert(0, Finder())
            return app

        def announced():
            sys.stdout = Out()
            return app
        ''',
    'package/__init__.py': '',
    'package/web.py': 'from hello import other as application\n',
    'sub/file.py': 'from beside import app\n',
    'sub/beside.py': 'from hello import other as app\n',
}


def setUpModule():
    global directory
    directory = os.path.realpath(tempfile.mkdtemp())
    for name, text in FILES.items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(re.sub('^        ', '', text, flags=re.MULTILINE))


def tearDownModule():
    shutil.rmtree(directory)


def run(*arguments, **options):
    """The program, run to its end."""
    options.setdefault('env', environment())
    options.setdefault('cwd', directory)
    return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=PATIENCE, **options)


class Server(running.Server):
    """In the directory of the FILES, if nothing else is said."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{'cwd': directory, **options})


class Serving(unittest.TestCase):
    """What is served, and how."""

    def assert_serves(self, text, *arguments, **options):
        with Server(*arguments, **options) as server:
            self.assertEqual(server.get(), (200, text))
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertRegex(server.end(),
                             r'\A127\.0\.0\.1 - - \[.*\] "GET / HTTP/1\.1" '
                             r'200 %d\n\Z' % len(text))

    def test_without_an_application_it_is_the_demo(self):
        with Server() as server:
            status, body = server.get()
            self.assertEqual(status, 200)
            self.assertTrue(body.startswith('Hello world!\n\n'), body)
            self.assertIn("REQUEST_METHOD = 'GET'\n", body)

    def test_modules(self):
        self.assert_serves('hello from app', 'hello')
        self.assert_serves('hello from other', 'hello:other')
        self.assert_serves('hello from other', 'package.web')

    def test_attributes_and_factories(self):
        self.assert_serves('hello from other', 'hello:Site.wsgi')
        self.assert_serves('hello from other', 'hello:create_app()')
        self.assert_serves('hello from other', 'hello.py:create_app()')

    def test_files(self):
        self.assert_serves('hello from app', 'hello.py')
        self.assert_serves('hello from app', './hello.py:app')
        self.assert_serves('hello from other', 'sub/file.py')
        self.assert_serves('hello from app',
                           os.path.join(directory, 'hello.py'), cwd='/')

    def test_chdir(self):
        self.assert_serves('hello from app', '-C', directory, 'hello',
                           cwd='/')
        self.assert_serves('hello from app', '--chdir=sub', '../hello.py')

    def about(self, *arguments, **options):
        with Server(*arguments, **options) as server:
            return eval(server.get()[1])

    def test_what_the_application_finds(self):
        argv, cwd, path, prefix, *_ = self.about('--chdir', directory,
                                             'hello:about', cwd='/')
        self.assertEqual(argv, ['hello:about'])
        self.assertEqual(cwd, directory)
        self.assertEqual(path[0], directory)
        self.assertEqual(prefix, sys.base_prefix)

    def test_a_file_s_directory_and_the_current_one_are_importable(self):
        sub = os.path.join(directory, 'sub')
        _, _, path, *_ = self.about('../hello.py:about', cwd=sub)
        self.assertEqual(path, [directory, sub])

    def test_pythonpath(self):
        self.assert_serves('hello from app', 'hello', cwd='/',
                           env=environment(PYTHONPATH=directory))

    def test_the_announcement(self):
        with Server() as server:
            self.assertEqual(
                server.announcement,
                'Serving HTTP on 127.0.0.1 port %d '
                '(http://127.0.0.1:%d/) ...\n' % (server.port, server.port))

    def test_all_addresses(self):
        with Server('-b', ':0', 'hello') as server:
            self.assertEqual(
                server.announcement,
                'Serving HTTP on 0.0.0.0 port %d (http://0.0.0.0:%d/) ...\n'
                % (server.port, server.port))
            self.assertEqual(server.get(), (200, 'hello from app'))

    def test_a_name(self):
        try:
            socket.gethostbyname('localhost')
        except OSError:
            self.skipTest('this machine does not know localhost by name')
        with Server('-b', 'localhost', 'hello') as server:
            self.assertEqual(server.get(), (200, 'hello from app'))

    def test_ipv6(self):
        try:
            socket.create_server(('::1', 0), family=socket.AF_INET6).close()
        except OSError as error:
            self.skipTest('this machine has no IPv6: %s' % error)
        with Server('-b', '[::1]:0', 'hello') as server:
            self.assertEqual(
                server.announcement,
                'Serving HTTP on ::1 port %d (http://[::1]:%d/) ...\n'
                % (server.port, server.port))
            self.assertEqual(server.get('::1'), (200, 'hello from app'))

    def test_a_port_can_be_chosen(self):
        with socket.create_server(('127.0.0.1', 0)) as sock:
            port = sock.getsockname()[1]
        with Server('-p', str(port)) as server:
            self.assertEqual(server.port, port)

    def test_once(self):
        with Server('--once', 'hello') as server:
            self.assertEqual(server.get(), (200, 'hello from app'))
            self.assertEqual(server.process.wait(PATIENCE), 0)
            self.assertRegex(server.end(), r'\A.* 200 14\n\Z')

    def test_quiet_silences_the_access_log_only(self):
        with Server('--quiet', 'hello') as server:
            self.assertEqual(server.get(), (200, 'hello from app'))
            with server.connect() as client:
                client.sendall(b'GET / HTTP/1.0 too\r\n')
                self.assertIn(b'Error code: 400',
                              client.makefile('rb').read())
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertRegex(server.end(),
                             r'\A127\.0\.0\.1 - - \[.*\] code 400, message '
                             r'Bad request .*\n\Z')

    def test_timeout(self):
        with Server('--timeout', '0.2', 'hello') as server:
            with server.connect() as silent:
                self.assertEqual(silent.recv(1), b'')
            self.assertEqual(server.get(), (200, 'hello from app'))
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertIn('TimeoutError: timed out\n', server.end())

    def connections_that_wait(self, *arguments):
        """How many of a hundred connections the system makes for a server
        that takes none."""
        with Server(*arguments, 'hello') as server:
            server.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, server.process.pid,
                      os.WSTOPPED | os.WNOWAIT)
            clients = [socket.socket() for _ in range(100)]
            try:
                for client in clients:
                    client.setblocking(False)
                    client.connect_ex(('127.0.0.1', server.port))
                # Over loopback it is decided by now: who is not connected
                # tries again in a second.
                return sum(client.getsockopt(
                    socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b'\x01'
                    for client in clients)
            finally:
                for client in clients:
                    client.close()

    def test_backlog(self):
        # The system makes one more than it was told.
        self.assertEqual(self.connections_that_wait('--backlog', '23'), 24)
        self.assertEqual(self.connections_that_wait('--backlog=7'), 8)
        self.assertEqual(self.connections_that_wait('--backlog', '1'), 2)
        size = socketserver.TCPServer.request_queue_size
        self.assertEqual(self.connections_that_wait(), min(size + 1, 100))

    def test_log_lines_appear_at_once(self):
        with Server('hello') as server:
            server.get()
            self.assertIn('"GET / HTTP/1.1" 200 14', server.stderr.next())


class VirtualEnvironments(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.path = os.path.join(directory, 'venv')
        subprocess.run([sys.executable, '-m', 'venv', '--without-pip',
                        cls.path], check=True, timeout=PATIENCE)
        packages, = glob.glob(os.path.join(cls.path, 'lib', 'python*',
                                           'site-packages'))
        with open(os.path.join(packages, 'only_there.py'), 'w') as file:
            file.write('from hello import about as app\n')

    def test_an_active_one_is_honoured(self):
        with Server('only_there', env=environment(VIRTUAL_ENV=self.path)
                    ) as server:
            self.assertEqual(eval(server.get()[1])[3], self.path)
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertEqual(len(server.end().splitlines()), 1)

    def test_without_it_its_modules_are_not_there(self):
        result = run('only_there')
        self.assertEqual(result.returncode, 1)
        self.assertIn("there is no module 'only_there' in /", result.stderr)

    def test_the_standard_library_stays_that_of_the_linked_python(self):
        path = os.path.join(directory, 'foreign')
        shutil.copytree(self.path, path, symlinks=True)
        for python in glob.glob(os.path.join(path, 'bin', 'python*')):
            os.unlink(python)
            with open(python, 'w') as file:
                file.write('another 3.%d\n' % sys.version_info[1])
        library = os.path.dirname(os.__file__)
        elsewhere = os.path.join(directory, 'elsewhere')
        for name in 'bin', 'lib':
            os.makedirs(os.path.join(elsewhere, name))
        os.symlink(library, os.path.join(elsewhere, 'lib',
                                         os.path.basename(library)))
        with open(os.path.join(path, 'pyvenv.cfg'), 'w') as file:
            file.write('home = %s/bin\n' % elsewhere)
        with Server('only_there', env=environment(VIRTUAL_ENV=path)
                    ) as server:
            self.assertEqual(eval(server.get()[1])[3:],
                             [path, sys.base_prefix, os.__file__])
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertEqual(len(server.end().splitlines()), 1)

    def test_one_of_another_python_is_named_and_left_out(self):
        path = os.path.join(directory, 'old')
        os.makedirs(os.path.join(path, 'lib', 'python3.4'))
        with Server('hello', env=environment(VIRTUAL_ENV=path)) as server:
            self.assertEqual(
                server.stderr.next(),
                'cwsgiref: the virtual environment %s is for python3.4, but '
                'cwsgiref runs Python %d.%d: continuing without it; to use '
                'it, build cwsgiref with '
                '-DPython3_EXECUTABLE=%s/bin/python3\n'
                % (path, *sys.version_info[:2], path))
            self.assertEqual(server.get(), (200, 'hello from app'))

    def test_one_that_is_gone_is_named_and_left_out(self):
        with Server('hello', env=environment(VIRTUAL_ENV='/gone')) as server:
            self.assertEqual(
                server.stderr.next(),
                'cwsgiref: the virtual environment /gone does not exist: '
                'continuing without it\n')
            self.assertEqual(server.get(), (200, 'hello from app'))


class Signals(unittest.TestCase):
    """SIGINT and SIGTERM end it at once, in whatever state, with 0."""

    SIGNALS = signal.SIGINT, signal.SIGTERM

    def assert_stops(self, server, signum, said=''):
        self.assertEqual(server.stop(signum), 0)
        self.assertEqual(server.end(), said)

    def test_idle(self):
        for signum in self.SIGNALS:
            with self.subTest(signum), Server('hello') as server:
                server.wait_until(server.is_blocked)
                self.assert_stops(server, signum)

    def test_just_started(self):
        for signum in self.SIGNALS:
            with self.subTest(signum), Server('hello') as server:
                self.assert_stops(server, signum)

    def test_after_a_request(self):
        for signum in self.SIGNALS:
            with self.subTest(signum), Server('--quiet') as server:
                server.get()
                self.assert_stops(server, signum)

    def test_waiting_for_the_one_request(self):
        for signum in self.SIGNALS:
            with self.subTest(signum), Server('--once') as server:
                server.wait_until(server.is_blocked)
                self.assert_stops(server, signum)

    def test_with_a_silent_client(self):
        for signum in self.SIGNALS:
            for option in '--quiet', '--once', '--timeout=1000':
                with self.subTest((signum, option)), \
                        Server(option) as server, \
                        server.connect() as client:
                    client.sendall(b'GET / HT')
                    server.wait_until(server.has_read_from, client)
                    server.wait_until(server.is_blocked)
                    self.assert_stops(server, signum)
                    self.assertEqual(client.recv(1), b'')

    def test_while_the_application_runs(self):
        for signum in self.SIGNALS:
            for option in '--quiet', '--once':
                with self.subTest((signum, option)), \
                        Server(option, 'hello:sleeper') as server, \
                        server.connect() as client:
                    client.sendall(b'GET / HTTP/1.0\r\n\r\n')
                    self.assertEqual(server.stderr.next(), 'asleep\n')
                    server.wait_until(server.is_blocked)
                    self.assertEqual(server.stop(signum), 0)
                    # as in Python: the application gets KeyboardInterrupt
                    self.assertTrue(client.makefile('rb').read().startswith(
                        b'HTTP/1.0 500 Internal Server Error\r\n'))
                    said = server.end()
                    self.assertEqual(said.count('Traceback'), 1, said)
                    self.assertIn('\nKeyboardInterrupt\n', said)

    def test_while_an_application_runs_that_catches_it(self):
        for signum in self.SIGNALS:
            with self.subTest(signum), \
                    Server('--quiet', 'hello:stubborn') as server, \
                    server.connect() as client:
                client.sendall(b'GET / HTTP/1.0\r\n\r\n')
                self.assertEqual(server.stderr.next(), 'asleep\n')
                server.wait_until(server.is_blocked)
                self.assert_stops(server, signum)
                self.assertTrue(client.makefile('rb').read().endswith(
                    b'\r\n\r\nstill here'))

    def test_while_the_application_is_imported(self):
        for signum in self.SIGNALS:
            for name in 'slow', 'slow.py':
                with self.subTest((signum, name)), \
                        Server(name, announced=False) as server:
                    self.assertEqual(server.stderr.next(), 'importing\n')
                    self.assert_stops(server, signum)

    def test_while_the_server_is_made(self):
        for option in '--quiet', '--once', '--threads', '--fork':
            with self.subTest(option):
                result = run('--port=0', option, 'lost:made()')
                self.assertEqual(result.returncode, 0)
                self.assertEqual(result.stdout, '')
                self.assertIn('\nKeyboardInterrupt', result.stderr)

    def test_while_it_is_announced(self):
        for option in '--quiet', '--once', '--threads', '--fork':
            with self.subTest(option):
                result = run('--port=0', option, 'lost:announced()')
                self.assertEqual(result.returncode, 0)
                self.assertIn('\nKeyboardInterrupt', result.stderr)

    def test_a_client_that_goes_away_does_not_stop_it(self):
        with Server('--quiet', 'hello') as server:
            with server.connect() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  b'\1\0\0\0\0\0\0\0')
                client.sendall(b'GET / HTTP/1.0\r\n\r\n')
            self.assertEqual(server.get(), (200, 'hello from app'))


class Failures(unittest.TestCase):
    """Exit code 1, and one line with the cause and the remedy."""

    def assert_fails(self, message, *arguments, **options):
        result = run(*arguments, **options)
        self.assertEqual(result.stderr, 'cwsgiref: %s\n' % message)
        self.assertEqual(result.stdout, '')
        self.assertEqual(result.returncode, 1)

    def assert_raises(self, message, traceback, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, '')
        *shown, last = result.stderr.splitlines(keepends=True)
        self.assertEqual(last, 'cwsgiref: %s\n' % message)
        self.assertRegex(''.join(shown), traceback)

    @unittest.skipIf(SANITIZED, "the sanitizer's library is the first one")
    def test_the_library_of_another_release(self):
        library = os.path.join(directory, 'another.so')
        subprocess.run(
            ['cc', '-shared', '-fPIC', '-x', 'c', '-', '-o', library],
            input=b'const unsigned long Py_Version = 0x036300F0;\n',
            check=True)
        self.assert_fails(
            'cwsgiref was compiled with the headers of Python %d.%d, and the '
            'library that is linked in is of Python 3.99: build and link with '
            'one and the same' % sys.version_info[:2],
            env=environment(LD_PRELOAD=library))

    def test_the_modules_of_another_build(self):
        """What is within libpython in one is a file in the other."""
        path = os.path.join(directory, 'without')
        os.mkdir(path)
        with open(os.path.join(path, 'sitecustomize.py'), 'w') as file:
            file.write('import sys\nsys.modules["unicodedata"] = None\n')
        result = run(env=environment(PYTHONPATH=path))
        self.assertEqual(result.returncode, 1)
        self.assertEqual(
            result.stderr,
            'ImportError: the library of Python that is linked in and the '
            'modules that it imports, below %s, are of different builds: it '
            'looks for them beside the python3 that is first in PATH, unless '
            'PYTHONHOME says where they are\n' % sys.base_prefix)

    def test_a_free_threaded_python(self):
        """Is refused before anything is built."""
        path = os.path.join(directory, 'free-threaded')
        os.mkdir(path)
        with open(os.path.join(path, 'sitecustomize.py'), 'w') as file:
            file.write('import sysconfig\n'
                       'sysconfig.get_config_vars()["Py_GIL_DISABLED"] = 1\n')
        result = subprocess.run(
            ['cmake', '-S', ROOT, '-B', path,
             '-DPython3_EXECUTABLE=' + sys.executable],
            env=environment(PYTHONPATH=path), stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn(
            '%s is a free-threaded build of Python; cwsgiref needs the GIL.'
            % sys.executable, ' '.join(result.stderr.split()))

    def test_no_module(self):
        result = run('helo:app')
        self.assertEqual(result.returncode, 1)
        self.assertRegex(
            result.stderr,
            r"\Acwsgiref: there is no module 'helo' in %s, /.*, /.* \(--chdir "
            r"and PYTHONPATH say where to look\)\n\Z" % re.escape(directory))

    def test_a_dot_for_a_colon(self):
        result = run('hello.app')
        self.assertEqual(result.returncode, 1)
        self.assertIn('; did you mean hello:app? (', result.stderr)

    def test_no_file(self):
        self.assert_fails(
            'the file nope.py cannot be loaded: No such file or directory '
            '(paths are relative to the current directory, or to that of '
            '--chdir)', 'nope.py')

    def test_a_directory(self):
        self.assert_fails(
            'sub/ is a directory: name a .py file in it, or give the '
            'directory to --chdir and name a module', 'sub/')

    def test_no_attribute(self):
        self.assert_fails(
            "hello has no attribute 'ap'; its callables are answer, app, "
            "other, about, sleeper, stubborn, create_app(), Site, asgi",
            'hello:ap')

    def test_no_application(self):
        self.assert_fails(
            "package has neither 'application' nor 'app' (put another name "
            "after a colon, as in package:name); it is a package without "
            "callables: name a module in it", 'package')

    def test_not_callable(self):
        self.assert_fails(
            'hello:number is of type int and not callable: an application '
            'is called with (environ, start_response)', 'hello:number')

    def test_a_factory_without_parentheses(self):
        self.assert_fails(
            'hello:create_app is a function that needs no arguments: if it '
            'returns the application, write hello:create_app()',
            'hello:create_app')

    def test_a_factory_with_arguments(self):
        self.assert_fails(
            'hello:create_app(1): write a name after the colon, as in '
            'hello:app, or a factory without arguments, as in '
            'hello:create_app()', 'hello:create_app(1)')

    def test_asgi(self):
        self.assert_fails(
            'hello:asgi is an ASGI application, but this is a WSGI server: '
            'wrap it, as in `application = a2wsgi.ASGIMiddleware(app)` (pip '
            'install a2wsgi), or use an ASGI server', 'hello:asgi')

    def test_an_exception_while_importing(self):
        # Python's own words: how it marks a call depends on the release.
        python = subprocess.run(
            [sys.executable, '-c', 'import raises'], cwd=directory,
            env=environment(), stderr=subprocess.PIPE, text=True)
        frames = re.search(r'  File ".*/raises\.py", line 4, in <module>\n'
                           r'    fail\(\)\n(?s:.*)', python.stderr)[0]
        for name in 'raises', 'raises.py':
            self.assert_raises(
                '%s failed with the ValueError above' % name,
                r'\ATraceback \(most recent call last\):\n'
                + re.escape(frames) + r'\Z', name)

    def test_a_missing_module_while_importing(self):
        result = run('needs')
        self.assertEqual(result.returncode, 1)
        self.assertRegex(
            result.stderr,
            r'\ATraceback \(most recent call last\):\n'
            r'  File ".*/needs\.py", line 1, in <module>\n'
            r'    import not_there\n'
            r"ModuleNotFoundError: No module named 'not_there'\n"
            r"cwsgiref: needs needs the module 'not_there', which is missing: "
            r"install it for /.*, or activate the virtual environment that "
            r"has it\n\Z")

    def test_a_syntax_error(self):
        for name in 'syntax', 'syntax.py':
            self.assert_raises(
                '%s failed with the SyntaxError above' % name,
                r'\A  File ".*/syntax\.py", line 1\n'
                r'    def app\(:\n'
                r' *\^\n'
                r'SyntaxError: .*\n\Z', name)

    def test_an_exit_while_importing(self):
        self.assert_fails('exits ended the program: set SECRET first',
                          'exits')

    def test_address_in_use(self):
        with socket.create_server(('127.0.0.1', 0)) as sock:
            port = sock.getsockname()[1]
            self.assert_fails(
                'port %d of 127.0.0.1 is in use: stop the program that '
                'listens there, or choose another port with --port (0 picks '
                'a free one)' % port,
                '--port=%d' % port)

    def test_port_not_permitted(self):
        with open('/proc/sys/net/ipv4/ip_unprivileged_port_start') as file:
            if int(file.read()) < 2:
                self.skipTest('here every port is permitted to everybody')
        options = {'user': 65534} if os.geteuid() == 0 else {}
        try:
            said = run('--version', **options).stderr
        except PermissionError as error:
            self.skipTest('not executable for everybody: %s' % error)
        if said.startswith('profiling:'):
            self.skipTest('this user may not write the counts of gcov')
        self.assert_fails(
            'port 1 is not permitted: ports below 1024 are for root; choose '
            'another with --port, such as 8000', '-p', '1', cwd='/',
            **options)

    def test_an_address_of_another_machine(self):
        self.assert_fails(
            '192.0.2.1 is not an address of this machine: --bind needs one, '
            'such as 127.0.0.1, or 0.0.0.0 for all of them',
            '-b', '192.0.2.1:0')

    def test_bad_host(self):
        for host in 'nothing.invalid', 'a..b':
            result = run('-b', host + ':0')
            self.assertEqual(result.returncode, 1)
            self.assertRegex(
                result.stderr,
                r"\Acwsgiref: host '%s' is unknown: .*; --bind takes an "
                r"address or a name of this machine, such as 127\.0\.0\.1\n\Z"
                % re.escape(host))

    def test_no_directory_to_change_to(self):
        self.assert_fails(
            "--chdir cannot change to 'nope': No such file or directory",
            '-C', 'nope')
        self.assert_fails(
            "--chdir cannot change to 'hello.py': Not a directory",
            '-C', 'hello.py')

    def test_stdout_that_cannot_be_written_to(self):
        with open('/dev/full', 'w') as full:
            process = subprocess.run(
                [PROGRAM, '-p0'], env=environment(), cwd=directory,
                stdout=full, stderr=subprocess.PIPE, text=True,
                timeout=PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertTrue(process.stderr.startswith(
            'cwsgiref: cannot write to stdout: [Errno 28] No space left on '
            'device\n'), process.stderr)

    def test_python_that_does_not_start(self):
        result = run(env=environment(PYTHONHOME='/nope'))
        self.assertEqual(result.returncode, 1)
        self.assertRegex(
            result.stderr.splitlines()[-1],
            r'\Acwsgiref: Python cannot start: .* \(if PYTHONHOME or '
            r'PYTHONPATH is set, it must be for Python %d\.%d\)\Z'
            % sys.version_info[:2])


class Usage(unittest.TestCase):
    """Exit code 2, and one line; tests/test_options.c has them all."""

    def assert_refused(self, message, *arguments):
        result = run(*arguments)
        self.assertEqual(result.stderr, 'cwsgiref: %s\n' % message)
        self.assertEqual(result.stdout, '')
        self.assertEqual(result.returncode, 2)

    def test_unknown_option(self):
        self.assert_refused(
            "there is no option '--bogus' (see cwsgiref --help)", '--bogus')

    def test_missing_value(self):
        self.assert_refused(
            "option '--port' needs a value (see cwsgiref --help)", '--port')

    def test_bad_port(self):
        for port in '65536', 'http':
            self.assert_refused(
                "'%s' is not a port: a port is a number from 0 to 65535, and "
                "0 picks a free one" % port, '--port', port)

    def test_two_ports(self):
        self.assert_refused(
            '--bind says port 1 and --port says 2: give only one',
            '-b', ':1', '-p', '2')

    def test_bad_timeout(self):
        self.assert_refused(
            "'0' is not a timeout: give a number of seconds above 0 and up "
            "to 2000000, such as 2.5", '--timeout', '0')

    def test_two_applications(self):
        self.assert_refused(
            "only one application can be served, not both 'hello' and "
            "'other' (put arguments for the application after --)",
            'hello', 'other')

    def test_help(self):
        for option in '-h', '--help':
            result = run(option)
            self.assertEqual(result.returncode, 0)
            self.assertEqual(result.stderr, '')
            self.assertTrue(result.stdout.startswith(
                'usage: cwsgiref [options] [MODULE:CALLABLE] [-- ARGUMENT ...]\n'))
            # no option has got into the line of another
            self.assertLess(max(map(len, result.stdout.split('\n'))), 80)
            self.assertTrue(result.stdout.endswith('\n'))

    def test_version(self):
        result = run('--version')
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout,
                         r'\Acwsgiref \d+\.\d+\.\d+ \(Python %d\.%d\.%d.*\)\n'
                         r'\Z' % sys.version_info[:3])


if __name__ == '__main__':
    unittest.main()
