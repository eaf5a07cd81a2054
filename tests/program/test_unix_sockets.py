"""Who makes, takes over and removes the file of a Unix socket."""

import contextlib
import os
import signal
import socket
import subprocess
import unittest

from tools.compare import servers

from .situations import PATIENCE, Folder, receive


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
                self.assertIn(path + ' already exists',
                              second.stderr.read())
            self.assertEqual(self.ask(path), f'answered by {server.pid}')

    def test_a_name_that_is_too_long_in_its_folder(self):
        self.folder = os.path.join(self.folder, 'f' * 100)
        os.mkdir(self.folder)
        with self.listening('socket') as server:
            self.assertEqual(server.wait(PATIENCE), 2)
            self.assertEqual(
                server.stderr.read(), "cwsgiref: the absolute path of "
                "'socket' is too long for a Unix socket\n")

    def test_a_folder_that_is_gone(self):
        """No file can be made in it, and nothing imported from it."""
        folder = os.path.join(self.folder, 'gone')
        os.mkdir(folder)
        done = subprocess.run(
            ['sh', '-c', 'cd "$1" && rmdir "$1" && shift && exec "$@"', 'sh',
             folder, os.path.abspath(servers.path_of_program()), '-b',
             'unix:socket', os.path.join(self.folder, 'app.py')],
            env=self.environment(), capture_output=True, text=True,
            timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('cannot listen on socket: [Errno 2]', done.stderr)

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

    def test_signals_that_nobody_handles_leave_a_file_to_take_over(self):
        """SIGINT removes it; SIGHUP, as when a terminal is closed, can't."""
        path = os.path.join(self.folder, 's')
        for signum, status in (signal.SIGINT, 0), (signal.SIGHUP, -1):
            with self.listening(path) as server:
                self.assertEqual(self.ask(path), f'answered by {server.pid}')
                self.assertEqual(self.end(server, signum), status)
            self.assertEqual(os.path.exists(path), status != 0)

    def test_one_request(self):
        path = os.path.join(self.folder, 's')
        with self.listening(path, '--once') as server:
            self.assertEqual(self.ask(path), f'answered by {server.pid}')
            self.assertEqual(server.wait(PATIENCE), 0)
        self.assertFalse(os.path.exists(path))

    def refused(self, path, said):
        with self.listening(path) as server:
            status = server.wait(PATIENCE)
            self.assertNotEqual(status, 0)
            self.assertRegex(server.stderr.read(), said)

    def test_names_of_any_length(self):
        """sun_path has 108 bytes, the last of them NUL."""
        room = 107 - len(self.folder) - 1
        path = os.path.join(self.folder, 'x' * room)
        with self.listening(path) as server:
            self.assertEqual(self.ask(path), f'answered by {server.pid}')
            self.assertEqual(self.end(server), 0)
        self.assertFalse(os.path.exists(path))
        for more in 1, 2, 100:
            self.refused(path + 'x' * more, 'has at most 107 bytes')
        self.assertEqual(os.listdir(self.folder), ['app.py'])

    def test_a_symbolic_link(self):
        """It is no socket, whatever it leads to, and stays."""
        path = os.path.join(self.folder, 's')
        link = os.path.join(self.folder, 'link')
        os.symlink(path, link)
        with self.listening(path) as server:
            self.refused(link, 'already exists')
            self.assertEqual(self.ask(link), f'answered by {server.pid}')
            self.assertEqual(self.end(server, signal.SIGKILL), -9)
        self.refused(link, 'already exists')
        self.assertTrue(os.path.islink(link))
        self.assertTrue(os.path.exists(path))

    def test_the_file_of_a_datagram_socket(self):
        path = os.path.join(self.folder, 's')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.bind(path)
            self.refused(path, 'already exists')
        self.assertTrue(os.path.exists(path))

    def test_a_folder_that_is_removed_meanwhile(self):
        path = os.path.join(self.folder, 'run', 's')
        os.mkdir(os.path.dirname(path))
        with self.listening(path) as server:
            self.assertEqual(self.ask(path), f'answered by {server.pid}')
            os.unlink(path)
            os.rmdir(os.path.dirname(path))
            self.assertEqual(self.end(server), 0)
            self.assertEqual(server.stderr.read(), '')

    def test_a_folder_that_is_not_there(self):
        self.refused(os.path.join(self.folder, 'none', 's'),
                     'No such file or directory')

    def test_two_that_start_at_once(self):
        """After a dead server; one of them at least answers."""
        path = os.path.join(self.folder, 's')
        with self.listening(path) as killed:
            self.end(killed, signal.SIGKILL)
        command = [os.path.abspath(servers.path_of_program()), '--quiet',
                   '-b', 'unix:' + path, 'app:application']
        two = [subprocess.Popen(command, cwd=self.folder,
                                env=self.environment(), text=True,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE) for _ in range(2)]
        for each in two:
            self.addCleanup(each.communicate)
            self.addCleanup(each.kill)
        for each in two:
            each.stdout.readline()  # it listens, or has ended
        self.assertIn(self.ask(path),
                      [f'answered by {each.pid}' for each in two])


if __name__ == '__main__':
    unittest.main()
