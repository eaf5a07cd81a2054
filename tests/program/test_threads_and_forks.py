"""The program with --threads and with --fork: who waits for whom, what is
left behind, and how it ends.

CWSGIREF_LONG_TESTS, if not empty: more requests, and more ends under load.
"""

import contextlib
import json
import os
import resource
import signal
import socket
import tempfile
import textwrap
import threading
import time
import unittest

from tests.program import running
from tests.program.running import AT_ONCE
from tools.patience import PATIENCE, wait

LONG = bool(os.environ.get('CWSGIREF_LONG_TESTS'))
SIGNALS = signal.SIGINT, signal.SIGTERM
REQUEST = b'GET %s HTTP/1.0\r\n\r\n'

APPLICATION = textwrap.dedent('''
    import json, os, signal, sys, threading, time

    flag = threading.Event()
    local = threading.local()
    count = 0

    def app(environ, start_response):
        name = environ['PATH_INFO'][1:]
        body = globals()['answer_' + name](environ)
        start_response('200 OK', [('Content-Type', 'application/json')])
        return [json.dumps(body).encode()]

    def say(environ, text):
        print(text, file=environ['wsgi.errors'], flush=True)

    def answer_who(environ):
        global count
        count += 1
        local.count = getattr(local, 'count', 0) + 1
        thread = threading.current_thread()
        return {'pid': os.getpid(), 'ppid': os.getppid(),
                'thread': thread.name, 'daemon': thread.daemon,
                'count': count, 'local': local.count,
                'multithread': environ['wsgi.multithread'],
                'multiprocess': environ['wsgi.multiprocess']}

    def answer_spin(environ):
        say(environ, 'spinning')
        turns = 0
        while not flag.is_set():
            turns += 1
        return turns

    def answer_flag(environ):
        flag.set()
        return True

    def answer_sleep(environ):
        say(environ, 'asleep')
        time.sleep(1000)

    def answer_stubborn(environ):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say(environ, 'asleep')
        time.sleep(1000)

    def answer_fail(environ):
        raise ValueError('told to fail')

    def answer_exit(environ):
        sys.exit(3)

    def answer_die(environ):
        os._exit(3)
    ''')


def setUpModule():
    global directory
    directory = unittest.enterModuleContext(tempfile.TemporaryDirectory())
    with open(os.path.join(directory, 'mixed.py'), 'w') as file:
        file.write(APPLICATION)


def processes():
    """The state and the parent of each process, by its id."""
    result = {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        with contextlib.suppress(OSError), open('/proc/%s/stat' % pid) as file:
            state, parent = file.read().rpartition(')')[2].split()[:2]
            result[int(pid)] = state, int(parent)
    return result


class Server(running.Server):

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, 'mixed', cwd=directory, **options)
        self.own_descriptors = self.descriptors()

    def children(self, states='RSDZTt'):
        return [pid for pid, (state, parent) in processes().items()
                if parent == self.process.pid and state in states]

    def has_children(self, count):
        return len(self.children()) == count

    def descriptors(self):
        return len(os.listdir('/proc/%d/fd' % self.process.pid))

    def threads(self):
        return len(os.listdir('/proc/%d/task' % self.process.pid))

    def has_connections(self, count):
        return self.descriptors() == self.own_descriptors + count

    def has_no_thread_for_a_request(self):
        return self.threads() <= 2  # ThreadSanitizer has one for itself

    def settle(self, connections=0):
        """Waits until it has nothing to do. A signal that comes while Python
        runs code of its own, such as that of threading, may be reported as
        "Exception ignored in"."""
        self.wait_until(self.has_connections, connections)
        self.wait_until(self.is_blocked)

    def send(self, path):
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(self.connect())
            client.sendall(REQUEST % path.encode())
            stack.pop_all()  # it stays open
        return client

    def receive(self, client):
        """The body of the answer, or else its status; None without one."""
        with client, client.makefile('rb') as file:
            head, _, body = file.read().partition(b'\r\n\r\n')
        if not head:
            return None
        status = int(head.split()[1])
        return json.loads(body) if status == 200 else status

    def ask(self, path):
        return self.receive(self.send(path))


def many_files():
    """As many descriptors as the system lets us have, for the connections."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Both:
    """What holds with a thread for each request, and with a process."""

    def server(self, *arguments):
        return Server(self.OPTION, *arguments)

    def silent_clients(self, server, clients, count):
        """That many connections, each with its thread or process. They come
        one by one: the queue of the server is short, and a connect() that is
        turned away takes a second."""
        silent = []
        for number in range(1, count + 1):
            silent.append(clients.enter_context(server.connect()))
            self.wait_for_all(server, number)
        return silent

    def times(self, server):
        """Of fifty requests, in seconds."""
        times = []
        for _ in range(50):
            start = time.monotonic()
            self.assert_alive(server)
            times.append(time.monotonic() - start)
        return times

    def assert_alive(self, server):
        self.assertIn('pid', server.ask('/who'))

    def test_a_silent_client_blocks_nobody(self):
        with self.server('--quiet') as server, \
                server.connect() as silent, server.connect() as hesitating:
            hesitating.sendall(b'GET /wh')
            for _ in range(5):
                self.assert_alive(server)
            hesitating.sendall(b'o HTTP/1.0\r\n\r\n')
            self.assertIn('pid', server.receive(hesitating))
            silent.sendall(REQUEST % b'/who')
            self.assertIn('pid', server.receive(silent))

    def test_an_application_that_fails(self):
        with self.server('--quiet') as server:
            for path in '/fail', '/exit':
                self.assertEqual(server.ask(path), 500)
                self.assert_alive(server)
            server.settle()
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            said = server.end()
            self.assertEqual(said.count('Traceback'), 2, said)
            self.assertIn('ValueError: told to fail', said)
            self.assertIn('SystemExit: 3', said)

    def test_a_client_that_goes_away(self):
        with self.server('--quiet') as server:
            for _ in range(5):
                with server.send('/who') as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      b'\1\0\0\0\0\0\0\0')
                self.assert_alive(server)

    def test_the_timeout_is_that_of_each_request(self):
        with self.server('--quiet', '--timeout', '0.2') as server:
            silent = [server.connect() for _ in range(5)]
            self.assert_alive(server)
            for client in silent:
                self.assertIsNone(server.receive(client))
            self.assert_alive(server)

    def test_once_waits_for_the_one(self):
        with self.server('--once', '--quiet') as server:
            self.assert_alive(server)
            self.assertEqual(server.process.wait(PATIENCE), 0)
            self.assertEqual(server.end(), '')

    def test_once_leaves_nobody_behind(self):
        for signum in SIGNALS:
            with self.subTest(signum), \
                    self.server('--once', '--quiet') as server, \
                    server.connect() as client:
                client.sendall(b'GET /wh')
                server.wait_until(server.has_read_from, client)
                self.assertEqual(server.stop(signum), 0)
                self.assertEqual(client.recv(1), b'')  # nobody has it open
                self.assertEqual(server.end(), '')

    def test_signals_when_idle(self):
        for signum in SIGNALS:
            with self.subTest(signum), self.server('--quiet') as server:
                self.assert_alive(server)
                server.settle()
                self.assertEqual(server.stop(signum), 0)
                self.assertEqual(server.end(), '')

    def test_signals_with_silent_clients(self):
        for signum in SIGNALS:
            with self.subTest(signum), self.server('--quiet') as server, \
                    contextlib.ExitStack() as clients:
                silent = self.silent_clients(server, clients, 10)
                for client in silent:
                    client.sendall(b'GET /wh')
                for client in silent:
                    server.wait_until(server.has_read_from, client)
                children = server.children()
                self.assertEqual(server.stop(signum), 0)
                self.assertEqual(server.end(), '')
                for client in silent:
                    with contextlib.suppress(ConnectionResetError):
                        self.assertEqual(client.recv(1), b'')
                self.assertFalse(processes().keys() & set(children))

    def test_signals_while_the_application_runs(self):
        for signum in SIGNALS:
            for path in '/sleep', '/spin':
                with self.subTest((signum, path)), \
                        self.server('--quiet') as server, \
                        server.send(path) as client:
                    server.stderr.next()
                    children = server.children()
                    self.assertEqual(server.stop(signum), 0)
                    self.assertFalse(processes().keys() & set(children))
                    with contextlib.suppress(ConnectionResetError):
                        client.recv(1)

    def test_signals_under_load(self):
        """Whatever is in progress: the exit code is 0, nothing hangs."""
        for i in range(200 if LONG else 10):
            with self.subTest(i), self.server() as server:
                self.stop_under_load(server, SIGNALS[i % 2])

    def stop_under_load(self, server, signum):
        answered = threading.Semaphore(0)
        ending = threading.Event()

        def ask_often():
            while not ending.is_set():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    server.ask('/who')
                    answered.release()

        def read_log():
            log.append(server.stderr.rest())

        log = []
        threads = [threading.Thread(target=ask_often) for _ in range(4)]
        threads.append(threading.Thread(target=read_log))
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                self.assertTrue(answered.acquire(timeout=PATIENCE))
            children = server.children()
            self.assertEqual(server.stop(signum), 0)
        finally:
            ending.set()
            server.process.kill()
            for thread in threads:
                thread.join()
        self.assertNotIn('Fatal', log[0])
        self.assertFalse(processes().keys() & set(children))


class Threads(Both, unittest.TestCase):

    OPTION = '--threads'

    def wait_for_all(self, server, clients):
        server.wait_until(server.has_connections, clients)

    def test_each_request_has_its_thread(self):
        with self.server('--quiet') as server:
            for number in 1, 2, 3:
                self.assertEqual(server.ask('/who'), {
                    'pid': server.process.pid, 'ppid': os.getpid(),
                    'thread': 'Thread-%d (process_request_thread)' % number,
                    'daemon': True, 'count': number, 'local': 1,
                    'multithread': False, 'multiprocess': False})

    def test_python_code_of_two_requests_takes_turns(self):
        """/spin is done when /flag has been asked for."""
        with self.server('--quiet') as server, \
                server.send('/spin') as spinning:
            self.assertEqual(server.stderr.next(), 'spinning\n')
            self.assertIs(server.ask('/flag'), True)
            self.assertIsInstance(server.receive(spinning), int)

    def test_200_idle_connections_and_an_active_one(self):
        many_files()
        with self.server('--quiet') as server, \
                contextlib.ExitStack() as clients:
            alone = self.times(server)
            idle = self.silent_clients(server, clients, 200)
            times = self.times(server)
            self.assertGreater(server.threads(), 200)
            # "at once": a turn of the loop, not a timeout of any kind
            self.assertLess(sorted(times)[25], 0.25 + 3 * sorted(alone)[25],
                            (alone, times))
            self.assertLess(max(times), AT_ONCE, times)
            for client in idle[:20]:
                client.sendall(REQUEST % b'/who')
            for client in idle[:20]:
                self.assertIn('pid', server.receive(client))
            server.settle(180)
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertEqual(server.end(), '')

    def test_nothing_of_a_request_is_left(self):
        with self.server('--quiet') as server:
            for _ in range(2000 if LONG else 200):
                self.assert_alive(server)
            server.wait_until(server.has_connections, 0)
            server.wait_until(server.has_no_thread_for_a_request)


class Fork(Both, unittest.TestCase):

    OPTION = '--fork'

    def wait_for_all(self, server, clients):
        server.wait_until(server.has_children, clients)

    def test_each_request_has_its_process(self):
        with self.server('--quiet') as server:
            pids = set()
            for _ in range(3):
                answer = server.ask('/who')
                pids.add(answer.pop('pid'))
                self.assertEqual(answer, {
                    'ppid': server.process.pid, 'thread': 'MainThread',
                    'daemon': False, 'count': 1, 'local': 1,
                    'multithread': False, 'multiprocess': False})
            self.assertEqual(len(pids), 3)
            self.assertNotIn(server.process.pid, pids)

    def test_a_process_that_the_application_ends(self):
        with self.server('--quiet') as server:
            self.assertIsNone(server.ask('/die'))
            self.assert_alive(server)
            server.wait_until(server.has_children, 0)

    def test_no_zombie_and_no_descriptor_is_left(self):
        requests = 10000 if LONG else 300
        with self.server('--quiet') as server:
            most = 0
            for i in range(requests):
                self.assert_alive(server)
                if i % 50 == 0:
                    most = max(most, len(server.children('Z')))
            # each turn of the loop collects what has ended until then
            self.assertLess(most, 10)
            server.wait_until(server.has_children, 0)
            server.settle()
            self.assertEqual(server.stop(signal.SIGTERM), 0)
            self.assertEqual(server.end(), '')

    def test_as_many_clients_as_there_may_be_processes(self):
        """As in Python, the 41st waits until one of 40 has gone."""
        for signum in SIGNALS:
            with self.subTest(signum), self.server('--quiet') as server, \
                    contextlib.ExitStack() as clients:
                silent = self.silent_clients(server, clients, 40)
                waiting = clients.enter_context(server.send('/who'))
                waiting.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    waiting.recv(1)
                silent[0].close()
                waiting.settimeout(PATIENCE)
                self.assertIn('pid', server.receive(waiting))
                silent[0] = clients.enter_context(server.connect())
                server.wait_until(server.has_children, 40)
                children = server.children()
                self.assertEqual(server.stop(signum), 0)
                self.assertEqual(server.end(), '')
                self.assertFalse(processes().keys() & set(children))

    def test_an_application_that_ignores_the_signal_ends_too(self):
        for signum in SIGNALS:
            with self.subTest(signum), self.server('--quiet') as server, \
                    server.send('/stubborn'):
                self.assertEqual(server.stderr.next(), 'asleep\n')
                children = server.children()
                self.assertEqual(len(children), 1)
                self.assertEqual(server.stop(signum), 0)
                self.assertFalse(processes().keys() & set(children))

    def test_an_interrupt_of_the_whole_group(self):
        """Ctrl-C reaches the children, too."""
        server = Server(self.OPTION, '--quiet', start_new_session=True)
        with server, server.connect(), server.connect():
            server.wait_until(server.has_children, 2)
            children = server.children()
            os.killpg(server.process.pid, signal.SIGINT)
            self.assertEqual(wait(server.process, AT_ONCE), 0)
            self.assertEqual(server.end(), '')
            self.assertFalse(processes().keys() & set(children))


if __name__ == '__main__':
    unittest.main()
