"""What takes minutes, for script/test --long: many requests, a large file.

Run on the release build. The figures are printed; what is compared with
Python's own server runs in the same minutes, by turns.
"""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from tools import server
from tools.patience import PATIENCE

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get('CWSGIREF_RELEASE', '')
REQUEST = (b'GET /hello HTTP/1.1\r\nHost: localhost\r\n'
           b'User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n')

APPLICATION = '''
import os

def application(environ, start_response):
    path = os.environ.get('BIG_FILE')
    if path is not None:
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return environ['wsgi.file_wrapper'](open(path, 'rb'))
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'Hello, world!']
'''

REFERENCE = '''
from wsgiref.simple_server import make_server
from app import application
server = make_server('127.0.0.1', 0, application)
print('Serving HTTP on 127.0.0.1 port', server.server_port, flush=True)
server.serve_forever()
'''


class Server(server.Server):
    """A server process; its log goes nowhere."""

    def __init__(self, command, directory, **environ):
        super().__init__(command, subprocess.DEVNULL, cwd=directory,
                         env={**os.environ, **environ})

    def proc(self, name):
        with open(f'/proc/{self.process.pid}/{name}') as file:
            return file.read()

    def cpu(self):
        """Seconds of processor time, of its own and of the system for it."""
        return int(self.proc('schedstat').split()[0]) / 1e9

    def memory(self):
        """Kilobytes, and the most there ever were."""
        status = dict(line.split(':', 1)
                      for line in self.proc('status').splitlines())
        return (int(status['VmRSS'].split()[0]),
                int(status['VmHWM'].split()[0]))

    def threads(self):
        return len(os.listdir(f'/proc/{self.process.pid}/task'))

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def ask(self, times):
        for _ in range(times):
            with socket.create_connection(('127.0.0.1', self.port)) as client:
                client.sendall(REQUEST)
                while client.recv(65536):
                    pass

    def download(self, digest=None):
        """The bytes of one answer's body, which is thrown away unread unless
        there is a digest to feed; and the server's processor time for it."""
        before = self.cpu()
        buffer = bytearray(1 << 20)
        count = 0
        with socket.create_connection(('127.0.0.1', self.port)) as client:
            client.sendall(REQUEST)
            head = b''
            while b'\r\n\r\n' not in head:
                head += client.recv(1)
            flags = 0 if digest else socket.MSG_TRUNC
            while n := client.recv_into(buffer, len(buffer), flags):
                if digest:
                    digest.update(memoryview(buffer)[:n])
                count += n
        return count, self.cpu() - before

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@unittest.skipUnless(os.environ.get('CWSGIREF_LONG_TESTS'),
                     'takes minutes: script/test --long')
@unittest.skipUnless(os.path.exists(PROGRAM), 'there is no release build')
class EnduranceTests(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        for name, text in ('app.py', APPLICATION), ('ref.py', REFERENCE):
            with open(os.path.join(self.directory, name), 'w') as file:
                file.write(text)

    def servers(self, **environ):
        ours = Server([PROGRAM, '--port', '0', 'app:application'],
                      self.directory, **environ)
        self.addCleanup(ours.kill)
        pythons = Server([sys.executable, 'ref.py'], self.directory, **environ)
        self.addCleanup(pythons.kill)
        return ours, pythons

    def test_a_hundred_thousand_requests(self):
        """Memory and descriptors stay level, and so does the cost."""
        ours, pythons = self.servers()
        ours.ask(5000)
        pythons.ask(500)
        memory, descriptors = ours.memory()[0], ours.descriptors()
        cpu = {ours: 0, pythons: 0}
        asked = {ours: 0, pythons: 0}
        for _ in range(20):
            for server, times in (ours, 5000), (pythons, 1000):
                before = server.cpu()
                server.ask(times)
                cpu[server] += server.cpu() - before
                asked[server] += times
            print(f'{asked[ours]} requests', file=sys.stderr, end='\r')
        cost = {server: 1e6 * cpu[server] / asked[server] for server in cpu}
        print(f'{asked[ours]} requests: {ours.memory()[0] - memory} kB more, '
              f'{cost[ours]:.1f} us of processor time each, Python '
              f'{cost[pythons]:.1f} us', file=sys.stderr)
        self.assertLess(ours.memory()[0] - memory, 512)
        self.assertEqual(ours.descriptors(), descriptors)
        self.assertEqual(ours.threads(), 1)
        self.assertLess(cost[ours], cost[pythons] / 2)
        self.assertEqual(ours.close(), 0)

    def test_a_gigabyte_by_file_wrapper(self):
        """The same bytes, no memory, and a fraction of the time."""
        size = 1 << 30
        path = os.path.join(self.directory, 'big')
        expected, digest = hashlib.sha256(), hashlib.sha256()
        with open(path, 'wb') as file:
            for _ in range(size >> 20):
                block = os.urandom(1 << 20)
                file.write(block)
                expected.update(block)
            file.flush()
            os.fsync(file.fileno())
        ours, pythons = self.servers(BIG_FILE=path)
        ours.ask(0)
        memory = ours.memory()[1]
        self.assertEqual(ours.download(digest)[0], size)
        self.assertEqual(digest.digest(), expected.digest())
        best = {}
        for server in ours, pythons:
            best[server] = min(server.download()[1] for _ in range(5))
        print(f'1 GiB: {best[ours]:.3f} s of processor time, Python '
              f'{best[pythons]:.3f} s', file=sys.stderr)
        self.assertLess(ours.memory()[1] - memory, 2048)
        # 4 to 7 times, as the machine's other work and page cache have it
        self.assertLess(best[ours] * 3, best[pythons])
        self.assertEqual(ours.close(), 0)


if __name__ == '__main__':
    unittest.main()
