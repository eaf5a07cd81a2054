"""What an application finds besides requests: arguments, patched threads, the
connection's socket, words that help. Each application here runs under
wsgiref.simple_server and under cwsgiref, and finds the same."""

import os
import select
import socket
import subprocess
import unittest

from tools.compare import servers

from .situations import (FRAME, MODES, PATIENCE, Folder, ask, receive, send,
                         wait_for)


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
        self.assertIn('(put arguments for the application after --)', said)


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
                    server.new_log().count('threads by greenlets'), 1)

    def test_otherwise_nothing_is_said(self):
        self.write('app.py', '''
            def answer_x(environ):
                return 'x'
            ''')
        with self.program(['--quiet', '--threads']) as server:
            self.assertEqual(ask(server, '/x'), 'x')
            self.assertEqual(server.new_log(), '')


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

        def answer_calls(environ, sock):
            other = sock.dup()
            with other, sock.makefile('wb') as file:
                file.write(b'HTTP/1.0 200 OK\\r\\n\\r\\n')
                file.flush()
                other.sendmsg([b'one ', b'two '])
                space = bytearray(3)
                count = sock.recv_into(space)
                seen = other.recv(3, socket.MSG_PEEK)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                found = [sock.getsockopt(socket.IPPROTO_TCP,
                                         socket.TCP_NODELAY) > 0,
                         count, bytes(space), seen, other.recvmsg(3)[0]]
                sock.sendall(repr(found).encode())
            sock.shutdown(socket.SHUT_WR)
            sock.close()

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

    def test_its_calls(self):
        """The body comes after the head, and is no stream's yet."""
        for options in MODES:
            for server in self.both(options):
                client = server.connect()
                client.sendall(b'GET /calls HTTP/1.0\r\n\r\n')
                while b'two ' not in client.recv(1000, socket.MSG_PEEK):
                    pass
                client.sendall(b'abcdef')
                self.assertEqual(receive(client), "one two [True, 3, b'abc', "
                                 "b'def', b'def']")

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
            'cwsgiref: package/app.py uses a relative import, which works '
            'only within a package: name it as a module, as in --chdir '
            f'{self.folder} package.app')
        self.write('package/broken.py', 'from .other import y\n', frame='')
        self.assertIn('failed with the ImportError above',
                      self.said('package.broken'))

    def test_a_missing_module_that_has_no_name(self):
        self.write('app.py', """
            raise ModuleNotFoundError('odd', name=5)
            """)
        self.assertEqual(
            self.said('app'),
            'cwsgiref: app failed with the ModuleNotFoundError above')

    def test_finders_that_are_no_list(self):
        self.write('app.py', '')
        self.write('sitecustomize.py', 'import sys\n'
                   'sys.meta_path = tuple(sys.meta_path)\n', frame='')
        self.assertEqual(self.said('app', PYTHONPATH=str(self.folder)),
                         'RuntimeError: sys.meta_path is not a list')

    def test_a_name_of_python_s_own(self):
        self.write('time.py', 'def app(environ, start_response): pass\n',
                   frame='')
        self.assertEqual(
            self.said('time:app'),
            "cwsgiref: time has no attribute 'app'; Python's own module "
            "'time' hides the file time.py: rename it")
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
                'arguments: if it returns the application, write '
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
            (2, "cwsgiref: this machine has no network interface 'none' for "
                'the address fe80::1\n'))
        said = subprocess.run(
            [os.path.abspath(servers.path_of_program()), '-b',
             '[fe80::1%lo]:0'], capture_output=True, text=True)
        # lo has no such address, and the system is asked about that one
        self.assertEqual(said.returncode, 1)
        self.assertRegex(said.stderr, 'fe80::1|IPv6')


if __name__ == '__main__':
    unittest.main()
