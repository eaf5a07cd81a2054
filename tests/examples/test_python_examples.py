"""The programs of examples/python, each beside Python's own classes: the same
program with "cwsgiref" left out of its imports.
"""

import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests.module.module import environment
from tools.patience import PATIENCE
from tools.server import Server

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / 'examples' / 'python'
IMPORTS = {'cwsgiref.socketserver': 'socketserver',
           'cwsgiref.simple_server': 'wsgiref.simple_server',
           'cwsgiref.handlers': 'wsgiref.handlers'}


class Process(Server):
    announces = r'^Serving on port (\d+) \.\.\.\n'
    first_of_all = True

    def __init__(self, path, *arguments):
        super().__init__([sys.executable, '-X', 'faulthandler', path, '0',
                          *arguments], env=environment())

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), PATIENCE)

    def answer(self, request):
        """All bytes until the server closes."""
        with self.connect() as client:
            client.sendall(request)
            return b''.join(iter(lambda: client.recv(8192), b''))

    def log(self):
        """What it has logged, without dates; it is over."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
        said = self.new_log().partition('Traceback')[0]
        return re.sub(r'\d\d/\w+/\d{4} [\d:]+', 'DATE', said)


class Examples(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def both(self, name):
        """The example, and the same over Python's classes."""
        text = (EXAMPLES / name).read_text()
        changed = text
        for ours, theirs in IMPORTS.items():
            changed = changed.replace(f'from {ours} import',
                                      f'from {theirs} import')
        self.assertNotEqual(changed, text)
        copy = self.folder / name
        copy.write_text(changed)
        return EXAMPLES / name, copy

    def start(self, path, *arguments):
        server = Process(path, *arguments)
        self.addCleanup(server.kill)
        return server

    def test_server(self):
        for path in self.both('server.py'):
            with self.subTest(path):
                server = self.start(path)
                self.assertTrue(server.answer(b'GET / HTTP/1.0\r\n\r\n')
                                .startswith(b'HTTP/1.0 200 OK\r\n'))
                self.assertRegex(server.log(), r'^127\.0\.0\.1 - - \[DATE\] '
                                 r'"GET / HTTP/1\.0" 200 \d+\n$')
                server = self.start(path, '192.0.2.1')
                with server.connect() as client:
                    self.assertEqual(client.recv(1), b'')
                self.assertEqual(server.log(), 'Not for 127.0.0.1\n')

    def test_request_handler(self):
        for path in self.both('request_handler.py'):
            with self.subTest(path):
                server = self.start(path)
                for _ in range(2):
                    self.assertTrue(server.answer(b'GET / HTTP/1.0\r\n\r\n')
                                    .endswith(b'\r\n\r\nHello, world!\n'))
                self.assertEqual(
                    server.log(),
                    'somebody - - [#1 DATE] "GET / HTTP/1.0" 200 14\n'
                    'somebody - - [#2 DATE] "GET / HTTP/1.0" 200 14\n')

    def test_handler(self):
        for path in self.both('handler.py'):
            with self.subTest(path):
                done = subprocess.run(
                    [sys.executable, path], capture_output=True, check=True,
                    env=environment(PATH_INFO='/tea'), timeout=PATIENCE)
                self.assertEqual(
                    done.stderr, b'LookupError: the coffee is gone\n')
                self.assertEqual(
                    done.stdout,
                    b'Status: 503 Out of Order\r\n'
                    b'Content-Type: text/html; charset=utf-8\r\n\r\n'
                    b'<h1>Out of order</h1>\n<p>Not at /tea alone.\n')

    def test_mix_in(self):
        """Two at the same time: the first one waits for its body."""
        begin = b'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n'
        for path in self.both('mix_in.py'):
            with self.subTest(path):
                server = self.start(path)
                with server.connect() as first:
                    first.sendall(begin + b'a')
                    self.assertTrue(server.answer(begin + b'bc')
                                    .endswith(b'bc'))
                    first.sendall(b'b')
                    answer = b''.join(iter(lambda: first.recv(8192), b''))
                    self.assertTrue(answer.endswith(b'ab'))
                log = server.log()
                self.assertEqual(log.count('"POST / HTTP/1.0" 200 2\n'), 2)
                self.assertEqual(re.findall(r'(\d) running', log)[:2],
                                 ['1', '2'])
                self.assertEqual(log.count('running'), 4)

    def test_subclass_in_c(self):
        server = self.start(EXAMPLES / 'c_subclass.py')
        for _ in range(2):
            self.assertTrue(server.answer(b'GET / HTTP/1.0\r\n\r\n')
                            .startswith(b'HTTP/1.0 200 OK\r\n'))
        self.assertRegex(server.log(),
                         r'^somebody - - \[#1 DATE\] "GET .*\n'
                         r'somebody - - \[#2 DATE\] "GET .*\n$')

    def test_each_has_its_line(self):
        page = (ROOT / 'examples' / 'README.md').read_text()
        for path in EXAMPLES.glob('*.py'):
            line = f'script/python examples/python/{path.name}'
            self.assertIn(f'| `{line}` |', page)
            self.assertIn(f'\n    {line}', path.read_text())


if __name__ == '__main__':
    unittest.main()
