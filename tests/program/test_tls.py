"""--tls-cert, --tls-key and --tls-password-file: HTTPS, by Python's ssl."""

import contextlib
import errno
import functools
import os
import pathlib
import resource
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

from tools.patience import PATIENCE
from tools.processes import tree, used
from tools.server import Server

PROGRAM = os.environ['CWSGIREF']
OPTIONS = ([], ['--threads'], ['--fork'])

APPLICATION = '''
import gc
import sys

def application(environ, start_response):
    body = environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'] or 0))
    answer = [environ['wsgi.url_scheme'], environ.get('HTTPS', '-'),
              environ['PATH_INFO'], str(len(body))]
    start_response('200 OK', [('Content-Type', 'text/plain')])
    if environ['PATH_INFO'] == '/socket':
        return [repr(environ['wsgi.input'].raw._sock)[:14].encode()]
    if environ['PATH_INFO'] == '/blocks':
        gc.collect()
        return [b'%d' % sys.getallocatedblocks()]
    if environ['PATH_INFO'] == '/large':
        return (b'x' * 100000 for _ in range(20))
    return [' '.join(answer).encode()]
'''


def openssl(*arguments, cwd):
    subprocess.run(['openssl', *arguments], cwd=cwd, check=True,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=PATIENCE)


def make_certificate(folder, name):
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
            '-keyout', f'{name}.key', '-out', f'{name}.crt', '-subj',
            '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
            cwd=folder)


@contextlib.contextmanager
def suppress_its_end():
    """The server may have ended the connection, and with a reset."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ECONNRESET, errno.ENOTCONN):
            raise


@unittest.skipUnless(shutil.which('openssl'), 'needs openssl')
class TLS(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name in ('one', 'two'):
            make_certificate(cls.folder, name)
        openssl('rsa', '-aes256', '-passout', 'pass:secret', '-in', 'one.key',
                '-out', 'locked.key', cwd=cls.folder)
        (cls.folder / 'both.pem').write_text(
            (cls.folder / 'one.crt').read_text()
            + (cls.folder / 'one.key').read_text())
        (cls.folder / 'password').write_text('secret\n')
        (cls.folder / 'wrong').write_text('guess\n')
        (cls.folder / 'empty').write_text('')
        (cls.folder / 'app.py').write_text(APPLICATION)

    def command(self, *options):
        return [PROGRAM, '--port', '0', *options, 'app.py']

    def serve(self, *options):
        options = options or ('--tls-cert', 'one.crt', '--tls-key', 'one.key')
        server = Server(self.command(*options), cwd=self.folder)
        self.addCleanup(server.kill)
        return server

    def both(self, more):
        return self.serve('--tls-cert', 'one.crt', '--tls-key', 'one.key',
                          *more)

    def connect(self, server):
        return self.wrap(
            socket.create_connection(('127.0.0.1', server.port), PATIENCE))

    def wrap(self, client):
        context = ssl.create_default_context(cafile=self.folder / 'one.crt')
        context.set_alpn_protocols(['h2', 'http/1.1'])
        return context.wrap_socket(client, server_hostname='127.0.0.1')

    def ask(self, server, request=b'GET /tea HTTP/1.0\r\n\r\n'):
        with self.connect(server) as client:
            client.sendall(request)
            return self.all_from(client)

    def all_from(self, client):
        return b''.join(iter(functools.partial(client.recv, 65536), b''))

    def assert_serves(self, server):
        self.assertTrue(self.ask(server).endswith(b'\r\n\r\nhttps on /tea 0'))

    def test_a_request(self):
        for more in OPTIONS:
            with self.subTest(more):
                server = self.both(more)
                self.assertRegex(
                    server.announcement,
                    r'^Serving HTTPS on 127\.0\.0\.1 port (\d+) '
                    r'\(https://127\.0\.0\.1:\1/\) \.\.\.\n$')
                for _ in range(3):
                    self.assert_serves(server)
                with self.connect(server) as client:
                    self.assertEqual(client.selected_alpn_protocol(),
                                     'http/1.1')
                    client.sendall(b'GET / HTTP/1.0\r\n\r\n')
                    self.assertTrue(client.recv(65536))

    def test_bodies(self):
        server = self.serve()
        body = b'a' * 1000000
        answer = self.ask(
            server, b'POST /b HTTP/1.0\r\nContent-Length: 1000000\r\n\r\n'
            + body)
        self.assertTrue(answer.endswith(b'https on /b 1000000'))
        answer = self.ask(server, b'GET /large HTTP/1.0\r\n\r\n')
        self.assertEqual(len(answer.partition(b'\r\n\r\n')[2]), 2000000)
        answer = self.ask(server, b'GET /socket HTTP/1.0\r\n\r\n')
        self.assertTrue(answer.endswith(b'<ssl.SSLSocket'), answer)
        self.assertEqual(server.log().count('" 200 '), 3)

    def test_nothing_is_left_of_a_connection(self):
        server = self.serve()
        for runs in (20, 40, 80, 160, 320, 640):  # until caches are full
            before = self.blocks(server)
            for _ in range(runs):
                self.assert_serves(server)
            grown = self.blocks(server) - before
            if grown < runs:
                return
        self.fail(f'{grown} blocks more after {runs} requests')

    def blocks(self, server):
        answer = self.ask(server, b'GET /blocks HTTP/1.0\r\n\r\n')
        return int(answer.rpartition(b'\r\n\r\n')[2])

    def test_files(self):
        for options in (('--tls-cert', 'both.pem'),
                        ('--tls-cert', 'one.crt', '--tls-key', 'locked.key',
                         '--tls-password-file', 'password')):
            with self.subTest(options):
                self.assert_serves(self.serve(*options))

    def test_a_unix_socket(self):
        path = str(self.folder / 'socket')
        process = subprocess.Popen(
            [PROGRAM, '--bind', f'unix:{path}', '--validate', '--tls-cert',
             'both.pem', '--quiet', 'app.py'], cwd=self.folder,
            stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(),
                         f'Serving HTTPS on unix:{path} ...\n'.encode())
        context = ssl.create_default_context(cafile=self.folder / 'one.crt')
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(path)
        with context.wrap_socket(client, server_hostname='127.0.0.1') as tls:
            tls.sendall(b'GET /unix HTTP/1.0\r\n\r\n')
            answer = b''
            # The server leaves without a word of TLS, as Python's does, and
            # OpenSSL 3.5 wants to tell it so.
            with contextlib.suppress(BrokenPipeError):
                while data := tls.recv(65536):
                    answer += data
        self.assertTrue(answer.endswith(b'\r\n\r\nhttps on /unix 0'), answer)

    def test_once(self):
        server = self.both(['--once'])
        self.assert_serves(server)
        self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_clients_without_tls(self):
        """One that speaks HTTP, one that leaves at once, and one that leaves
        within the handshake."""
        for more in OPTIONS:
            with self.subTest(more):
                server = self.both(more)
                for sent in (b'GET / HTTP/1.0\r\n\r\n', b'', b'\x16\x03\x01'):
                    with socket.create_connection(
                            ('127.0.0.1', server.port), PATIENCE) as client:
                        client.sendall(sent)
                        with suppress_its_end():
                            client.shutdown(socket.SHUT_WR)
                            while client.recv(8192):
                                pass
                    self.assert_serves(server)
                log = server.log()
                self.assertEqual(log.count('cwsgiref: no TLS with '), 3, log)
                self.assertNotIn('Traceback', log)
                self.assertEqual(log.count('" 200 '), 3)

    def test_a_silent_client(self):
        """It waits within the handshake: nobody else does with --threads, and
        --timeout ends it."""
        server = self.both(['--threads'])
        with socket.create_connection(('127.0.0.1', server.port), PATIENCE):
            self.assert_serves(server)
        server = self.both(['--timeout', '0.2'])
        with socket.create_connection(('127.0.0.1', server.port),
                                      PATIENCE) as client:
            self.assertEqual(client.recv(1), b'')
        self.assert_serves(server)
        self.assertIn('timed out', server.log())

    def test_no_descriptor_is_left(self):
        """The client waits until there is one again."""
        server = self.serve()
        pid = server.process.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1, hard))
        with socket.create_connection(('127.0.0.1', server.port),
                                      PATIENCE) as client:
            self.wait_until_busy(server.process)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
            with self.wrap(client) as client:
                client.sendall(b'GET /tea HTTP/1.0\r\n\r\n')
                self.assertTrue(self.all_from(client).endswith(
                    b'\r\n\r\nhttps on /tea 0'))
        self.assertNotIn('Traceback', server.log())
        self.assert_serves(server)

    def wait_until_busy(self, process):
        """It asks for the connection again and again."""
        start = used(tree(process.pid))
        while used(tree(process.pid)) < start + 0.05:
            self.assertIsNone(process.poll())
            select.select([], [], [], 0.01)

    def test_it_ends(self):
        server = self.serve()
        self.assert_serves(server)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(PATIENCE), 0)

    def fails(self, *options):
        done = subprocess.run(
            self.command(*options), cwd=self.folder, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        self.assertEqual(done.stdout, '')
        self.assertNotIn('Traceback', done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
        return done.returncode, done.stderr

    def test_what_cannot_be_used(self):
        for options, code, words in (
                (['--tls-cert', 'none.crt'], 1,
                 "--tls-cert cannot read 'none.crt': No such file"),
                (['--tls-cert', 'one.crt', '--tls-key', 'none.key'], 1,
                 "--tls-key cannot read 'none.key': No such file"),
                (['--tls-cert', 'one.crt', '--tls-password-file', 'none'], 1,
                 "--tls-password-file cannot read 'none': No such file"),
                (['--tls-cert', 'empty', '--tls-key', 'one.key'], 1,
                 'the certificate empty and the key one.key cannot be used'),
                (['--tls-cert', 'one.crt'], 1,
                 'the certificate one.crt and the key in it cannot be used'),
                (['--tls-cert', 'one.crt', '--tls-key', 'two.key'], 1,
                 'the certificate one.crt and the key two.key cannot be '
                 'used: [X509: KEY_VALUES_MISMATCH]'),
                (['--tls-cert', 'one.crt', '--tls-key', 'locked.key',
                  '--tls-password-file', 'wrong'], 1,
                 'the certificate one.crt and the key locked.key cannot be'),
                (['--tls-key', 'one.key'], 2, '--tls-key needs --tls-cert'),
                (['--tls-password-file', 'password'], 2,
                 '--tls-password-file needs --tls-cert')):
            with self.subTest(options):
                found, said = self.fails(*options)
                self.assertTrue(said.startswith(f'cwsgiref: {words}'), said)
                self.assertEqual(found, code)
        done = subprocess.run([PROGRAM, '--cgi', '--tls-cert', 'one.crt'],
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'--cgi has no connection for --tls-cert', done.stderr)


if __name__ == '__main__':
    unittest.main()
