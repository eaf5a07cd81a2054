"""What an application finds besides requests: children, signals, arguments,
a debugger, the frame below its own, a socket. Each application here runs under
wsgiref.simple_server and under cwsgiref, and finds the same."""

import contextlib
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import unittest

from compare import servers

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PATIENCE = 300
MODES = [], ['--threads'], ['--fork']

# What each application begins with. A request /x is answered by answer_x().
FRAME = '''
import os, signal, sys, threading, time

def application(environ, start_response):
    text = globals()['answer_' + environ['PATH_INFO'][1:]](environ)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [text.encode()]

def say(text):
    print(text, file=sys.stderr, flush=True)

'''


class Folder(unittest.TestCase):
    """A folder of its own for the applications of a test."""

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text, frame=FRAME):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(frame + textwrap.dedent(text))
        return path

    def environment(self, **more):
        return {**servers.environment(), 'PYTHONPATH': self.folder, **more}

    def reference(self, options=(), name='app:application', **more):
        """Python's server with the application."""
        command = [sys.executable,
                   os.path.join(servers.HERE, 'reference.py'), *options, name]
        return self.server(command, **more)

    def program(self, options=(), name='app:application', **more):
        command = [os.path.abspath(servers.path_of_program()), '--bind',
                   '127.0.0.1:0', *options, name]
        return self.server(command, is_program=True, **more)

    @contextlib.contextmanager
    def server(self, command, is_program=False, **more):
        server = servers.Server(command, cwd=self.folder,
                                env=self.environment(**more),
                                is_program=is_program)
        try:
            yield server
        finally:
            server.stop()

    def both(self, options=(), **more):
        """The two servers, one after the other."""
        for start in self.reference, self.program:
            with start(options, **more) as server:
                yield server

    def assert_answers(self, expected, options=(), path='/x', **more):
        for server in self.both(options, **more):
            self.assertEqual(ask(server, path), expected)


def send(server, path, body=b''):
    client = server.connect()
    client.sendall(b'POST %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s'
                   % (path.encode(), len(body), body))
    return client


def receive(client):
    """The body of the answer; without a head, all there is."""
    answer = b''
    with client:
        while data := client.recv(65536):
            answer += data
    head, blank, body = answer.partition(b'\r\n\r\n')
    return (body if blank else head).decode()


def ask(server, path, body=b''):
    return receive(send(server, path, body))


def wait_for(server, text):
    """Waits until it is in the log, and returns the log until then."""
    log = ''
    while text not in log:
        log += server.new_log()
        if server.process.poll() is not None:
            return log + server.new_log()
        select.select([], [], [], 0.01)
    return log


class Children(Folder):
    """What the application forks has the signal actions of any program."""

    WORK = '''
        import multiprocessing
        fork = multiprocessing.get_context('fork')

        def sleeps(ready):
            ready.set()
            time.sleep(1000)

        def catches(ready):
            ready.set()
            while True:
                try:
                    time.sleep(1000)
                except:
                    pass

        def counts(ready):
            ready.set()
            sum(range(10 ** 12))

        def end(work):
            ready = fork.Event()
            child = fork.Process(target=work, args=(ready,))
            child.start()
            ready.wait()
            child.terminate()
            child.join()
            return child.exitcode

        def answer_terminate(environ):
            return repr([end(work) for work in (sleeps, catches, counts)])

        def answer_pool(environ):
            started = time.monotonic()
            with fork.Pool(2) as pool:
                try:
                    pool.apply_async(time.sleep, (1000,)).get(timeout=0.1)
                except multiprocessing.TimeoutError:
                    pass
            return repr(time.monotonic() - started < 50)

        def answer_actions(environ):
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                os.write(write, repr(
                    [signal.getsignal(each) for each in
                     (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
                    + [signal.pthread_sigmask(signal.SIG_BLOCK, ())]
                    ).encode())
                os._exit(0)
            os.waitpid(child, 0)
            os.close(write)
            with open(read) as file:
                return file.read()

        def answer_interrupt(environ):
            child = os.fork()
            if child == 0:
                try:
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(1000)
                except KeyboardInterrupt:
                    os._exit(7)
            return repr(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        def answer_shell(environ):
            import subprocess
            child = subprocess.Popen(['sleep', '1000'])
            child.terminate()
            return repr(child.wait())
        '''

    def test_they_end_by_a_signal_and_without_a_word(self):
        self.write('app.py', self.WORK)
        for options in MODES:
            for server in self.both(options):
                self.assertEqual(ask(server, '/terminate'), '[-15, -15, -15]')
                self.assertEqual(ask(server, '/pool'), 'True')
                self.assertEqual(
                    ask(server, '/actions'),
                    '[<Handlers.SIG_DFL: 0>, <built-in function '
                    'default_int_handler>, <Handlers.SIG_DFL: 0>, set()]')
                self.assertEqual(ask(server, '/interrupt'), '7')
                self.assertEqual(ask(server, '/shell'), '-15')
                self.assertNotIn('Traceback', server.new_log())


class Handlers(Folder):
    """Those of the application come first."""

    def test_one_that_is_installed_at_import(self):
        self.write('app.py', '''
            def on_signal(signum, frame):
                say('mine: ' + signal.Signals(signum).name)
                sys.exit(0)

            for each in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
                signal.signal(each, on_signal)

            def answer_x(environ):
                return repr([signal.getsignal(each) is on_signal for each in
                             (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)])
            ''')
        for options in [], ['--threads']:
            for signum in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
                for server in self.both(options):
                    self.assertEqual(ask(server, '/x'), '[True, True, True]')
                    server.process.send_signal(signum)
                    self.assertEqual(server.process.wait(PATIENCE), 0)
                    self.assertIn('mine: ' + signal.Signals(signum).name,
                                  server.new_log())

    def test_one_that_is_installed_in_a_request(self):
        self.write('app.py', '''
            def answer_x(environ):
                signal.signal(signal.SIGTERM, lambda *_: say('not yet'))
                return 'installed'

            def answer_y(environ):
                return repr(signal.getsignal(signal.SIGTERM).__name__)
            ''')
        for server in self.both():
            self.assertEqual(ask(server, '/x'), 'installed')
            server.process.send_signal(signal.SIGTERM)
            wait_for(server, 'not yet')
            self.assertEqual(ask(server, '/y'), repr('<lambda>'))
            server.process.kill()

    def test_an_alarm(self):
        self.write('app.py', '''
            def answer_x(environ):
                def late(signum, frame):
                    raise TimeoutError('too slow')
                signal.signal(signal.SIGALRM, late)
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                try:
                    time.sleep(1000)
                except TimeoutError as error:
                    return str(error)
            ''')
        self.assert_answers('too slow')

    def test_a_sigint_that_is_ignored_stays_ignored(self):
        """nohup, or a shell's job in the background."""
        self.write('app.py', '''
            def answer_x(environ):
                os.kill(os.getpid(), signal.SIGINT)
                return str(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
            ''')
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        for options in [], ['--threads']:
            for server in self.both(options):
                self.assertEqual(ask(server, '/x'), 'True')
                self.assertEqual(ask(server, '/x'), 'True')

    def test_the_default_one_is_that_of_the_module(self):
        self.write('app.py', '''
            def answer_x(environ):
                default = signal.default_int_handler
                return repr((signal.getsignal(signal.SIGINT) is default,
                             default.__name__, default.__module__))
            ''')
        self.assert_answers("(True, 'default_int_handler', '_signal')")

    def test_asyncio_is_cancelled_by_an_interrupt(self):
        self.write('app.py', '''
            import asyncio

            async def work():
                say('asleep')
                try:
                    await asyncio.sleep(1000)
                except asyncio.CancelledError:
                    say('cancelled')
                    raise

            def answer_x(environ):
                try:
                    asyncio.run(work())
                except KeyboardInterrupt:
                    return 'interrupted'
            ''')
        for server in self.both():
            client = send(server, '/x')
            wait_for(server, 'asleep')
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(receive(client), 'interrupted')
            self.assertIn('cancelled', server.new_log())

    def test_a_sigterm_right_behind_an_answer(self):
        """The access line is written, and no traceback."""
        self.write('app.py', '''
            def answer_x(environ):
                return 'x' * 10
            ''')
        for options in MODES * 20:
            with self.program(options) as server, \
                    send(server, '/x') as client:
                answer = b''
                while not answer.endswith(b'x' * 10):
                    answer += client.recv(1000)
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(PATIENCE), 0)
                log = server.new_log()
                self.assertRegex(log, r'\A\S+ - - \[[^]]*\] "POST /x '
                                 r'HTTP/1\.0" 200 10\n\Z')


class End(Folder):

    def test_a_thread_that_is_no_daemon_is_named(self):
        self.write('app.py', '''
            def poll():
                while True:
                    time.sleep(1)

            threading.Thread(target=poll, name='the poller').start()

            def answer_x(environ):
                return 'here'
            ''')
        for first, second, status in (
                (signal.SIGTERM, signal.SIGINT, 0),
                (signal.SIGINT, signal.SIGINT, 0),
                (signal.SIGTERM, signal.SIGTERM, -signal.SIGTERM)):
            with self.subTest(first=first, second=second), \
                    self.program() as server:
                self.assertEqual(ask(server, '/x'), 'here')
                server.process.send_signal(first)
                log = wait_for(server, 'no daemons: ')
                self.assertIn('the poller', log)
                server.process.send_signal(second)
                self.assertEqual(server.process.wait(PATIENCE), status)

    def test_those_that_end_are_waited_for_without_a_word(self):
        self.write('app.py', '''
            import atexit
            from concurrent.futures import ThreadPoolExecutor

            pool = ThreadPoolExecutor()
            atexit.register(say, 'the end')

            def answer_x(environ):
                pool.submit(time.sleep, 0)
                return 'here'
            ''')
        with self.program(['--quiet']) as server:
            self.assertEqual(ask(server, '/x'), 'here')
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(PATIENCE), 0)
            self.assertEqual(server.new_log(), 'the end\n')


class Terminal:
    """A server that has a terminal, for a debugger in the application."""

    def __init__(self, command, folder, environment):
        try:
            self.master, slave = pty.openpty()
        except OSError as error:
            raise unittest.SkipTest(f'no pseudo terminal: {error}')
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True,
            preexec_fn=self.take_terminal)
        os.close(slave)
        self.text = b''

    @staticmethod
    def take_terminal():
        import fcntl
        import termios
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read_until(self, text):
        """What it shows until then, which is used up."""
        while text not in self.text:
            if not select.select([self.master], [], [], PATIENCE)[0]:
                raise AssertionError(f'no {text!r} in {self.text!r}')
            try:
                data = os.read(self.master, 4096)
            except OSError:  # the program has ended
                data = b''
            if not data:
                raise AssertionError(f'it ended after {self.text!r}')
            self.text += data
        seen, _, self.text = self.text.partition(text)
        return seen.decode()

    def type(self, data):
        os.write(self.master, data)

    def interrupt(self, text):
        """Ctrl-C, until it shows that, and a prompt. One that comes just
        before readline waits is lost until the next key, also in Python."""
        self.type(b'\x03')
        while not select.select([self.master], [], [], 3)[0]:
            self.type(b'\x03')
        self.read_until(text)
        self.read_until(b'(Pdb) ')

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


class Debugger(Folder):

    def start(self, command):
        terminal = Terminal(command, self.folder,
                            self.environment(TERM='dumb',
                                             PYTHON_COLORS='0'))
        self.addCleanup(terminal.close)
        port = terminal.read_until(b') ...').rpartition(':')[2].strip('/')
        return terminal, int(port)

    def test_breakpoint_and_ctrl_c_at_its_prompt(self):
        self.write('app.py', '''
            def answer_x(environ):
                value = 17
                breakpoint()
                return 'went on with %d' % value
            ''')
        commands = {
            'python': [sys.executable,
                       os.path.join(servers.HERE, 'reference.py'),
                       'app:application'],
            'cwsgiref': [os.path.abspath(servers.path_of_program()),
                         '--port=0', 'app:application']}
        for name, command in commands.items():
            with self.subTest(name):
                terminal, port = self.start(command)
                for _ in range(2):  # the server goes on afterwards
                    client = socket.create_connection(('127.0.0.1', port),
                                                      PATIENCE)
                    client.sendall(b'GET /x HTTP/1.0\r\n\r\n')
                    terminal.read_until(b'(Pdb) ')
                    for _ in range(3):
                        terminal.interrupt(b'--KeyboardInterrupt--')
                    terminal.type(b'p value + 1\n')
                    terminal.read_until(b'18')
                    terminal.type(b'value = 4\n')
                    terminal.type(b'continue\n')
                    self.assertEqual(receive(client), 'went on with 4')
                    terminal.read_until(b'200')


class Arguments(Folder):

    ARGUMENTS = '''
        import argparse

        parser = argparse.ArgumentParser()
        parser.add_argument('--config')
        arguments = parser.parse_args()

        def answer_x(environ):
            return repr((sys.argv, arguments.config))
        '''

    def setUp(self):
        super().setUp()
        self.path = self.write('app.py', self.ARGUMENTS)

    def served(self, *words):
        command = [os.path.abspath(servers.path_of_program()), '--bind',
                   '127.0.0.1:0', *words]
        with self.server(command, is_program=True) as server:
            return eval(ask(server, '/x'))

    def test_what_stands_behind_the_dashes(self):
        self.assertEqual(self.served('app.py', '--', '--config', 'x'),
                         (['app.py', '--config', 'x'], 'x'))
        self.assertEqual(self.served('--', self.path, '--config=--quiet'),
                         ([self.path, '--config=--quiet'], '--quiet'))
        self.assertEqual(
            self.served('app:application', '--quiet', '--', '--config=-p'),
            (['app:application', '--config=-p'], '-p'))

    def test_without_them_there_are_none(self):
        self.assertEqual(self.served('--quiet', 'app.py:application'),
                         (['app.py'], None))

    def refused(self, *words):
        done = subprocess.run(
            [os.path.abspath(servers.path_of_program()), *words],
            cwd=self.folder, env=self.environment(), text=True,
            capture_output=True, timeout=PATIENCE)
        return done.returncode, done.stderr

    def test_usage_is_the_application_s(self):
        status, said = self.refused('app.py', '--', '--wrong')
        self.assertEqual(status, 1)
        self.assertRegex(said, r'\Ausage: app\.py \[-h\] \[--config CONFIG\]\n'
                               r'app\.py: error: unrecognized arguments: '
                               r'--wrong\n')

    def test_a_second_application_gets_the_hint(self):
        status, said = self.refused('app.py', 'more')
        self.assertEqual(status, 2)
        self.assertIn("(what is for the application stands behind --)", said)


class UnixSockets(Folder):

    def setUp(self):
        super().setUp()
        self.write('app.py', '''
            def answer_x(environ):
                return 'answered by %d' % os.getpid()
            ''')

    @contextlib.contextmanager
    def listening(self, address, *words, name='app:application', **more):
        process = subprocess.Popen(
            [os.path.abspath(servers.path_of_program()), '--quiet', '-b',
             'unix:' + address, *words, name], cwd=self.folder,
            env=self.environment(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, **more)
        try:
            self.said = process.stdout.readline()
            yield process
        finally:
            process.kill()
            process.communicate()

    def ask(self, address):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(address)
            client.sendall(b'GET /x HTTP/1.0\r\n\r\n')
            return receive(client)

    def end(self, process, signum=signal.SIGTERM):
        process.send_signal(signum)
        return process.wait(PATIENCE)

    def test_a_file_on_which_nobody_listens_is_taken_over(self):
        path = os.path.join(self.folder, 's')
        with self.listening(path) as killed:
            self.end(killed, signal.SIGKILL)
        self.assertTrue(os.path.exists(path))
        with self.listening(path) as server:
            self.assertEqual(self.ask(path), f'answered by {server.pid}')
            self.assertEqual(self.end(server), 0)
        self.assertFalse(os.path.exists(path))

    def test_one_that_is_alive_is_refused(self):
        path = os.path.join(self.folder, 's')
        with self.listening(path) as server:
            with self.listening(path) as second:
                self.assertEqual(second.wait(PATIENCE), 1)
                self.assertIn(path + ' is there already',
                              second.stderr.read())
            self.assertEqual(self.ask(path), f'answered by {server.pid}')

    def test_a_file_that_is_no_socket_stays(self):
        path = os.path.join(self.folder, 's')
        with open(path, 'w') as file:
            file.write('precious')
        with self.listening(path) as server:
            self.assertEqual(server.wait(PATIENCE), 1)
        with open(path) as file:
            self.assertEqual(file.read(), 'precious')

    def test_the_end_leaves_the_file_of_another_server(self):
        path = os.path.join(self.folder, 's')
        with self.listening(path) as old:
            os.unlink(path)
            with self.listening(path) as new:
                self.assertEqual(self.end(old), 0)
                self.assertEqual(self.ask(path), f'answered by {new.pid}')
                self.assertEqual(self.end(new), 0)
        self.assertFalse(os.path.exists(path))

    def test_a_relative_path_is_that_of_the_start(self):
        self.write('moves.py', "import os\nos.chdir('/')\n"
                               'from app import application\n', frame='')
        with self.listening('s', '-C', self.folder,
                            name='moves:application') as server:
            path = os.path.join(self.folder, 's')
            self.assertEqual(self.ask(path), f'answered by {server.pid}')
            self.assertFalse(os.path.exists('/s'))
            self.assertEqual(self.end(server), 0)
        self.assertFalse(os.path.exists(path))

    def test_a_name_has_no_file(self):
        name = f'cwsgiref-{os.getpid()}'
        with self.listening('@' + name) as server:
            self.assertEqual(self.said, f'Serving HTTP on unix:@{name} ...\n')
            self.assertEqual(self.ask('\0' + name),
                             f'answered by {server.pid}')
            self.assertEqual(os.listdir(self.folder), ['app.py'])
            self.assertEqual(self.end(server), 0)


class PatchedWorlds(Folder):
    """gevent's monkey.patch_all() makes greenlets of threads."""

    def test_requests_are_answered(self):
        try:
            import gevent  # noqa: F401
        except ImportError:
            self.skipTest('there is no gevent here')
        self.write('app.py', '''
            import gevent

            def answer_x(environ):
                time.sleep(0.01)
                jobs = [gevent.spawn(lambda: 4), gevent.spawn(lambda: 5)]
                gevent.joinall(jobs)
                return repr([job.value for job in jobs])
            ''', frame='from gevent import monkey\nmonkey.patch_all()\n'
            + FRAME)
        for options in MODES:
            with self.subTest(options), self.program(options) as server:
                clients = [send(server, '/x') for _ in range(3)]
                for client in clients:
                    self.assertEqual(receive(client), '[4, 5]')
                self.assertEqual(
                    server.new_log().count('greenlets in the place of'), 1)

    def test_otherwise_nothing_is_said(self):
        self.write('app.py', '''
            def answer_x(environ):
                return 'x'
            ''')
        with self.program(['--quiet', '--threads']) as server:
            self.assertEqual(ask(server, '/x'), 'x')
            self.assertEqual(server.new_log(), '')


class Frames(Folder):
    """The frame below the application's is that of run()."""

    def test_who_has_called(self):
        self.write('app.py', '''
            import inspect, logging, warnings

            logging.basicConfig(format='%(funcName)s: %(message)s')

            def application(environ, start_response):
                found = [sys._getframe(1).f_code.co_name,
                         inspect.currentframe().f_back.f_code.co_name,
                         inspect.stack()[1].function]
                logging.warning('logged', stacklevel=2)
                with warnings.catch_warnings(record=True) as seen:
                    warnings.simplefilter('always')
                    warnings.warn('warned', stacklevel=2)
                found.append(os.path.basename(seen[0].filename)
                             .startswith(('handlers.', 'base_handler.')))
                start_response('200 OK', [])
                return [repr(found).encode()]
            ''')
        for server in self.both():
            self.assertEqual(ask(server, '/x'),
                             "['run', 'run', 'run', True]")
            self.assertIn('run: logged\n', server.new_log())


class Socket(Folder):
    """wsgi.input.raw._sock is the connection's socket."""

    SOCKET = '''
        import select, socket

        def application(environ, start_response):
            sock = environ['wsgi.input'].raw._sock
            text = globals()['answer_' + environ['PATH_INFO'][1:]](
                environ, sock)
            if text is None:
                return []
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [text.encode()]

        def answer_names(environ, sock):
            return repr((isinstance(sock, socket.socket),
                         sock is environ['wsgi.input'].raw._sock,
                         sock.fileno() == environ['wsgi.input'].fileno(),
                         sock.getsockname()[0], sock.getpeername()[0],
                         sock.gettimeout(), sock.family.name))

        def answer_frames(environ, sock):
            sock.sendall(b'HTTP/1.0 101 Switching Protocols\\r\\n\\r\\n')
            sock.send(b'first, ')
            environ['wsgi.input'].read(3)
            sock.sendall(b'got ' + sock.recv(3))
            sock.shutdown(socket.SHUT_WR)
            sock.close()

        def answer_timeout(environ, sock):
            sock.settimeout(0.05)
            said = []
            for call in (lambda: sock.recv(1),
                         lambda: environ['wsgi.input'].read(1)):
                try:
                    call()
                except TimeoutError as error:
                    said.append(str(error))
            sock.settimeout(None)
            return repr(said)

        def answer_gone(environ, sock):
            ready, _, _ = select.select([sock], [], [], 1000)
            say('gone: %r' % sock.recv(1, socket.MSG_PEEK))
            return ''

        def answer_detach(environ, sock):
            own = socket.socket(fileno=sock.detach())
            def later():
                with own:
                    own.sendall(b'by hand')
            threading.Timer(0.05, later).start()
        '''

    def setUp(self):
        super().setUp()
        self.write('app.py', self.SOCKET)

    def test_it_has_what_a_socket_has(self):
        for server in self.both():
            self.assertEqual(
                ask(server, '/names'),
                "(True, True, True, '127.0.0.1', '127.0.0.1', None, "
                "'AF_INET')")

    def test_a_protocol_of_its_own(self):
        for server in self.both():
            client = send(server, '/frames', b'abc')
            while select.select([client], [], [], PATIENCE)[0] and \
                    b'first, ' not in client.recv(1000, socket.MSG_PEEK):
                pass
            client.sendall(b'def')
            self.assertEqual(receive(client), 'first, got def')

    def test_a_timeout_holds_for_the_stream_too(self):
        for server in self.both():
            self.assertEqual(ask(server, '/timeout'),
                             "['timed out', 'timed out']")

    def test_a_client_that_has_gone(self):
        for server in self.both():
            send(server, '/gone').close()
            self.assertIn("gone: b''", wait_for(server, 'gone: '))

    def test_one_that_is_taken_away(self):
        for server in self.both():
            self.assertEqual(ask(server, '/detach'), 'by hand')
            self.assertIn('True', ask(server, '/names'))


class Words(Folder):

    def said(self, *words, **more):
        done = subprocess.run(
            [os.path.abspath(servers.path_of_program()), '--bind',
             '127.0.0.1:0', *words], cwd=self.folder,
            env=servers.environment() | more, text=True, capture_output=True,
            timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stderr.splitlines()[-1]

    def test_safe_path(self):
        self.write('app.py', '''
            import os.path

            def answer_x(environ):
                return repr(os.path.dirname(__file__) in sys.path)
            ''')
        said = self.said('app:application', PYTHONSAFEPATH='1')
        self.assertIn("there is no module 'app'", said)
        self.assertIn('PYTHONSAFEPATH leaves out the current directory', said)
        command = [os.path.abspath(servers.path_of_program()), '--bind',
                   '127.0.0.1:0', 'app.py']
        for value, expected in ('1', 'False'), ('', 'True'):
            with self.server(command, is_program=True, PYTHONPATH='',
                             PYTHONSAFEPATH=value) as server:
                self.assertEqual(ask(server, '/x'), expected)

    def test_a_file_of_a_package(self):
        self.write('package/__init__.py', '', frame='')
        self.write('package/other.py', 'x = 1\n', frame='')
        self.write('package/app.py', 'from . import other\n', frame='')
        self.assertEqual(
            self.said('package/app.py'),
            'cwsgiref: package/app.py imports relatively, as a module of a '
            f'package does: name it as one, as in --chdir {self.folder} '
            'package.app')
        self.write('package/broken.py', 'from .other import y\n', frame='')
        self.assertIn('has failed with the ImportError above',
                      self.said('package.broken'))

    def test_a_name_of_python_s_own(self):
        self.write('time.py', 'def app(environ, start_response): pass\n',
                   frame='')
        self.assertEqual(
            self.said('time:app'),
            "cwsgiref: time has no attribute 'app'; the name belongs to "
            "Python's own module 'time': rename the file time.py")
        self.assertNotIn('rename', self.said('math:app'))

    def test_a_factory_whose_parameters_have_defaults(self):
        self.write('app.py', '''
            def make(config=None, debug=False): pass
            def make_by_name(*, config=None, **more): pass
            def odd(environ=None, start_response=None): pass
            ''', frame='')
        for name in 'make', 'make_by_name':
            self.assertEqual(
                self.said(f'app:{name}'),
                f'cwsgiref: app:{name} is a function that needs no '
                'arguments: if it makes the application, say '
                f'app:{name}()')
        command = [os.path.abspath(servers.path_of_program()), '--bind',
                   '127.0.0.1:0', 'app:odd']
        with self.server(command, is_program=True):
            pass  # it serves: that is an application

    def test_an_address_with_a_zone(self):
        said = subprocess.run(
            [os.path.abspath(servers.path_of_program()), '-b',
             '[fe80::1%none]:0'], capture_output=True, text=True)
        self.assertEqual(
            (said.returncode, said.stderr),
            (2, "cwsgiref: there is no network interface 'none' here for the "
                'address fe80::1\n'))
        said = subprocess.run(
            [os.path.abspath(servers.path_of_program()), '-b',
             '[fe80::1%lo]:0'], capture_output=True, text=True)
        # lo has no such address, and the system is asked about that one
        self.assertEqual(said.returncode, 1)
        self.assertRegex(said.stderr, 'fe80::1|IPv6')


if __name__ == '__main__':
    unittest.main()
