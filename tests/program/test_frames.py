"""The frame below the application's, and a debugger that looks at it."""

import os
import pty
import select
import socket
import subprocess
import sys
import unittest

from tools.compare import servers

from .situations import MODES, PATIENCE, Folder, ask, receive, wait_for


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

    def commands(self):
        return {
            'python': [sys.executable,
                       os.path.join(servers.HERE, 'reference.py'),
                       'app:application'],
            'cwsgiref': [os.path.abspath(servers.path_of_program()),
                         '--port=0', 'app:application']}

    def test_other_ways_into_it(self):
        """In a generator's body, and after an error."""
        self.write('app.py', '''
            import pdb

            def application(environ, start_response):
                start_response('200 OK', [])
                value = 17
                if environ['PATH_INFO'] == '/set':
                    pdb.set_trace()
                elif environ['PATH_INFO'] == '/error':
                    try:
                        value / 0
                    except ZeroDivisionError as error:
                        pdb.post_mortem(error.__traceback__)
                yield b'%d' % value
            ''', frame='')
        for name, command in self.commands().items():
            with self.subTest(name):
                terminal, port = self.start(command)
                for path, answer in (b'/set', '4'), (b'/error', '17'):
                    client = socket.create_connection(('127.0.0.1', port),
                                                      PATIENCE)
                    client.sendall(b'GET %s HTTP/1.0\r\n\r\n' % path)
                    terminal.read_until(b'(Pdb) ')
                    terminal.type(b'p value + 1\n')
                    terminal.read_until(b'18')
                    if path == b'/set':
                        terminal.type(b'value = 4\n')
                    terminal.type(b'continue\n')
                    self.assertEqual(receive(client), answer)
                    terminal.read_until(b'200')


class Stacks(Folder):
    """What is printed of a stack ends with run() and the application."""

    def test_their_last_two_frames(self):
        self.write('app.py', '''
            import inspect, logging, traceback

            def application(environ, start_response):
                path = environ['PATH_INFO']
                if path == '/print':
                    traceback.print_stack()
                elif path == '/log':
                    logging.error('with it', stack_info=True)
                names = [each.function for each in inspect.stack()[:2]]
                start_response('200 OK', [])
                return [repr(names).encode()]
            ''')
        for options in MODES:
            for server in self.both(options):
                for path in '/print', '/log':
                    self.assertEqual(ask(server, path),
                                     "['application', 'run']")
                    self.assertRegex(
                        server.new_log(),
                        r'in run\n +\S.*\n(?: +[\^~]+\n)?'
                        r'  File ".*/app\.py", line \d+, in application\n')

    def test_a_class_is_called_by_run_too(self):
        self.write('app.py', '''
            class application:
                def __init__(self, environ, start_response):
                    self.name = sys._getframe(1).f_code.co_name
                    start_response('200 OK', [])

                def __iter__(self):
                    yield self.name.encode()
            ''')
        self.assert_answers('run')

    def test_a_generator(self):
        """It finds what is its own; below that differences.md says."""
        self.write('app.py', '''
            import inspect, traceback

            def application(environ, start_response):
                start_response('200 OK', [])
                yield inspect.stack()[0].function.encode()
                yield inspect.currentframe().f_code.co_name.encode()
                traceback.print_stack(limit=1)
            ''')
        for server in self.both():
            self.assertEqual(ask(server, '/x'), 'applicationapplication')
            self.assertIn('in application\n', wait_for(server, '200'))

    def test_a_resource_warning(self):
        self.write('app.py', '''
            def answer_x(environ):
                open('/dev/null')
                return ''
            ''')
        for server in self.both(PYTHONWARNINGS='default'):
            ask(server, '/x')
            self.assertRegex(server.new_log(), r'/app\.py:\d+: '
                             'ResourceWarning: unclosed file ')


if __name__ == '__main__':
    unittest.main()
