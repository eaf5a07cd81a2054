"""What the README shows, done as it stands there.

The gdb session is typed into gdb, the C program is compiled and run. The only
change is the port: a free one instead of 8000.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
from wsgiref import simple_server

from tools.patience import PATIENCE

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PROGRAM = os.environ['CWSGIREF']
BUILD = os.environ['CWSGIREF_BUILD']
C_FLAGS = os.environ['CWSGIREF_C_FLAGS']


def readme_blocks(language):
    """The fenced code blocks of the README in that language."""
    with open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as file:
        return re.findall(r'^```%s\n(.*?)^```$' % re.escape(language),
                          file.read(), re.MULTILINE | re.DOTALL)


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as sock:
        return sock.getsockname()[1]


class Debugger:
    """gdb, typed into."""

    PROMPT = b'(gdb) '

    def __init__(self, arguments):
        self.process = subprocess.Popen(
            ['gdb', '-q', '-nx', '-iex', 'set debuginfod enabled off',
             '--args', *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.read_until(self.PROMPT)

    def read_until(self, end):
        """What gdb and the program print up to and with `end`."""
        text = b''
        while not text.endswith(end):
            byte = self.process.stdout.read(1)
            if not byte:
                raise AssertionError('gdb has ended: %r' % text)
            text += byte
        return text.decode(errors='replace')

    def type(self, command):
        self.process.stdin.write(command.encode() + b'\n')
        self.process.stdin.flush()

    def do(self, command):
        """Types the command and returns what it prints."""
        self.type(command)
        return self.read_until(self.PROMPT)

    def close(self):
        self.process.stdin.write(b'kill\nquit\n')
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.stdout.close()
        self.process.wait(300)


@unittest.skipUnless(shutil.which('gdb'), 'gdb is not installed')
@unittest.skipUnless('-O0' in C_FLAGS, 'only the study build is stepped')
class GdbTests(unittest.TestCase):

    def setUp(self):
        signal.alarm(600)
        self.addCleanup(signal.alarm, 0)

    def start(self, *options):
        self.port = free_port()
        debugger = Debugger([PROGRAM, '--port', str(self.port), *options])
        self.addCleanup(debugger.close)
        return debugger

    def request(self):
        client = socket.create_connection(('127.0.0.1', self.port))
        self.addCleanup(client.close)
        client.settimeout(300)
        client.sendall(b'GET / HTTP/1.0\r\n\r\n')
        return client

    def test_first_session(self):
        serve, request = [
            re.findall(r'^\(gdb\) (.*)$', block, re.MULTILINE)
            for block in readme_blocks('') if '(gdb)' in block]
        debugger = self.start('examples/hello.py')
        for command in serve[:-1]:
            printed = debugger.do(command)
            if command == 'run':
                self.assertIn('BaseServer_serve_forever (self=', printed)
        self.assertEqual(serve[-1], 'continue')
        debugger.type('continue')
        client = self.request()
        self.assertIn('WSGIRequestHandler_handle (self=',
                      debugger.read_until(debugger.PROMPT))

        printed = [(command, debugger.do(command)) for command in request]
        self.assertEqual(request, ['continue', 'step', 'backtrace', 'continue',
                                   'print *self', 'continue', 'finish'])
        expected = ['BaseHandler_run (self=', 'base_handler.c',
                    'WSGIRequestHandler_handle', 'BaseHandler_start_response',
                    'headers_sent = false', 'ServerHandler_close (self=',
                    'BaseHandler_finish_response']
        for (command, text), part in zip(printed, expected):
            if command != 'step':
                self.assertIn(part, text)
        debugger.do('delete')
        debugger.type('continue')
        answer = b''
        while chunk := client.recv(8192):
            answer += chunk
        self.assertTrue(answer.startswith(b'HTTP/1.0 200 OK\r\n'), answer)
        self.interrupt(debugger)

    def interrupt(self, debugger):
        """Stops the running program, as Ctrl-C does."""
        debugger.process.send_signal(signal.SIGINT)
        debugger.read_until(debugger.PROMPT)

    def test_step_goes_from_method_to_method(self):
        debugger = self.start('examples/hello.py')
        debugger.do('skip -gfi *.h')
        debugger.do('break WSGIRequestHandler_handle')
        debugger.type('run')
        debugger.read_until(b') ...\n')
        self.request()
        debugger.read_until(debugger.PROMPT)
        visited = []
        for _ in range(5000):
            debugger.do('step')
            where = debugger.do('info symbol $pc')
            while '.so' in where:  # with debug symbols: CPython, libc
                debugger.do('finish')
                where = debugger.do('info symbol $pc')
            visited.append(where.split()[0])
            self.assertIn('/src/', debugger.do('info source'), where)
            if visited[-1] == 'BaseHandler_run':
                break
        for function in ['BaseHTTPRequestHandler_parse_request',
                         'WSGIRequestHandler_get_stderr',
                         'WSGIRequestHandler_get_environ',
                         'SimpleHandler_init', 'WSGIServer_get_app',
                         'BaseHandler_run']:
            self.assertIn(function, visited)


class SubclassTests(unittest.TestCase):

    def test_program_of_the_readme(self):
        source, = readme_blocks('c')
        command, = readme_blocks('sh')
        port = free_port()
        with tempfile.TemporaryDirectory() as directory:
            program = os.path.join(directory, 'counting')
            with open(program + '.c', 'w', encoding='utf-8') as file:
                file.write(source.replace('8000', str(port)))
            for old, new in [
                    ('cc ', 'cc -std=c11 -Wall -Wextra -Werror '),
                    (' counting', ' ' + program),
                    ('build/study', os.path.relpath(BUILD, ROOT))]:
                self.assertIn(old, command)
                command = command.replace(old, new)
            subprocess.run(command, shell=True, cwd=ROOT, check=True)
            self.talk_to(program, port)

    def talk_to(self, program, port):
        process = subprocess.Popen([program], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            self.assertEqual(process.stdout.readline(),
                             'Serving on port %d ...\n' % port)
            log = []
            for path in ['/first', '/second']:
                answer = self.get(port, path)
                self.assertTrue(answer.startswith(b'HTTP/1.0 200 OK\r\n'))
                self.assertIn(b'\r\nServer: %s\r\n'
                              % simple_server.software_version.encode(),
                              answer)
                log.append(process.stderr.readline())
            self.assertRegex(log[0], r'\[#1 .*] "GET /first HTTP/1.1" 200 \d')
            self.assertRegex(log[1], r'\[#2 .*] "GET /second HTTP/1.1" 200 \d')
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=PATIENCE)
            self.assertTrue(rest.endswith('KeyboardInterrupt\n'), rest)
        finally:
            process.kill()
            process.communicate()

    def get(self, port, path):
        """The answer, read to the end: then the handler has ended, too, and
        a signal reaches the server and not the request."""
        answer = b''
        with socket.create_connection(('127.0.0.1', port), PATIENCE) as client:
            client.sendall(b'GET %s HTTP/1.1\r\n\r\n' % path.encode())
            while chunk := client.recv(8192):
                answer += chunk
        return answer


class InstallTests(unittest.TestCase):

    def test_install_brings_the_program_and_its_manual_page(self):
        with tempfile.TemporaryDirectory() as prefix:
            subprocess.run(['cmake', '--install', os.path.dirname(PROGRAM),
                            '--prefix', prefix], check=True,
                           stdout=subprocess.DEVNULL)
            version = subprocess.run(
                [os.path.join(prefix, 'bin', 'cwsgiref'), '--version'],
                check=True, capture_output=True, text=True).stdout
            self.assertRegex(version, r'^cwsgiref \d+\.\d+\.\d+ ')
            page = os.path.join(prefix, 'share', 'man', 'man1', 'cwsgiref.1')
            with open(page, encoding='utf-8') as file:
                text = file.read()
        usage = subprocess.run([PROGRAM, '--help'], check=True,
                               capture_output=True, text=True).stdout
        for option in re.findall(r'--[a-z]+', usage):
            self.assertIn(option.replace('-', '\\-'), text)


if __name__ == '__main__':
    unittest.main()
