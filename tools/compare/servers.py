"""Starts and stops the two servers, each a child process.

Both run in this folder, with the same environment variables (the application
sees them in environ).
"""

import os
import re
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from tools import connections, processes, server
from tools.patience import Patience, moments, wait

from . import entered

HERE = os.path.dirname(os.path.abspath(__file__))

PASSED_ON = ('PATH', 'LD_LIBRARY_PATH', 'VIRTUAL_ENV', 'PYTHONMALLOC',
             'ASAN_OPTIONS', 'LSAN_OPTIONS', 'UBSAN_OPTIONS',
             entered.VARIABLE)


def environment():
    """The environment variables of both servers."""
    result = {name: os.environ[name] for name in PASSED_ON
              if name in os.environ}
    result['LANG'] = 'C.UTF-8'
    build = os.environ.get('CWSGIREF_BUILD')
    if build is None:
        result['PYTHONDONTWRITEBYTECODE'] = '1'
    else:  # some hundred programs are started, and apps.py is long
        result['PYTHONPYCACHEPREFIX'] = os.path.join(os.path.abspath(build),
                                                     'pycache')
    return result


# Python with another date than today's, the year, month and day included.
PYTHON_LATER = [sys.executable, '-c', '''
import runpy, sys, time
today = time.time
time.time = lambda: today() + 500 * 24 * 60 * 60
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name='__main__')
''']


def reference(application='apps:application', timeout=None, options=(),
              python=(sys.executable,)):
    """Python's own server, by the Python that runs this. The options are
    those that both programs have: --threads, --fork, --validate."""
    command = [*python, 'reference.py', *options]
    if timeout is not None:
        command += ['--timeout', str(timeout)]
    command.append(application or 'wsgiref.simple_server:demo_app')
    return Server(command)


def program(application='apps:application', timeout=None, options=()):
    """The program under test. Without an application it has its own."""
    path = path_of_program()
    if path == 'reference':
        return reference(application, timeout, options, PYTHON_LATER)
    command = [os.path.abspath(path), '--bind', '127.0.0.1:0', *options]
    if timeout is not None:
        command += ['--timeout', str(timeout)]
    if application:
        command.append(application)
    return Server(command, is_program=True)


def path_of_program():
    """Or the word "reference", for Python's server on both sides."""
    path = os.environ.get('CWSGIREF')
    if path is None:
        raise RuntimeError('the environment variable CWSGIREF must hold the '
                           'path of the program, or the word "reference"')
    return path


def reference_variant(options=(), python=(sys.executable,)):
    """The subclasses of variants.py."""
    return Server([*python, 'variants.py', *options, 'apps:application'])


def program_variant(options=()):
    """The same in C, of variants.c."""
    if path_of_program() == 'reference':
        return reference_variant(options, PYTHON_LATER)
    return Server([path_of_variants(), *options, 'apps:application'],
                  is_program=True)


def path_of_variants():
    build = os.environ.get('CWSGIREF_BUILD')
    if build is None:
        raise RuntimeError('the environment variable CWSGIREF_BUILD must hold '
                           'the folder of the build, such as build/study')
    return os.path.join(os.path.abspath(build), 'tools', 'compare',
                        'variants')


class Connection(socket.socket):
    """A client's, with the patience of its server."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.settimeout(server.patience)
        try:
            self.connect(server.address)
        except OSError:
            self.close()
            raise

    def patiently(self, call, *arguments):
        patience = Patience(self.server.process.pid, self.server.patience)
        while True:
            try:
                return call(*arguments)
            except TimeoutError:
                left = patience.left()
                if left <= 0:
                    raise
                self.settimeout(left)

    def recv(self, *arguments):
        return self.patiently(super().recv, *arguments)

    def recv_into(self, *arguments):
        return self.patiently(super().recv_into, *arguments)

    def send(self, *arguments):
        return self.patiently(super().send, *arguments)

    def sendall(self, data):
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest):]


class Server(server.Server):
    """A running server."""

    announces = (r'^Serving HTTP on 127\.0\.0\.1 port (\d+) '
                 r'\(http://127\.0\.0\.1:\1/\) \.\.\.$')

    def __init__(self, command, is_program=False, **more):
        self.is_program = is_program  # the one under test
        super().__init__(command, **{'cwd': HERE, 'env': environment(),
                                     **more})

    def start(self):
        self.syncs = 0
        self.paused = False
        super().start()
        self.address = ('127.0.0.1', self.port)

    def connect(self):
        return Connection(self)

    def log_of_exchange(self):
        """The log of all that has gone before, and nothing else.

        The server answers one request after the other and writes its log
        line before it closes. So when one more request has been answered,
        the log of those before it is complete. With threads the application
        waits for the others before it answers this request; processes are
        waited for here."""
        self.syncs += 1
        with self.connect() as connection:
            connection.sendall(b'GET /sync/%d HTTP/1.0\r\n\r\n' % self.syncs)
            while connection.recv(8192):
                pass
        forks = '--fork' in self.command
        if forks:
            self.wait_for_children()
        log = self.new_log()
        match = re.search(r'127\.0\.0\.1 - - \[[^]]*\] '
                          r'"GET /sync/%d HTTP/1\.0" 200 \d+\n' % self.syncs,
                          log)
        if match is None or match.end() < len(log) and not forks:
            raise RuntimeError(f'not the end of a log: {log[-500:]!r}')
        return log[:match.start()] + log[match.end():]

    def wait_for_children(self):
        """Those that are there now, until they have ended."""
        for child in self.children():
            with suppress(ProcessLookupError):  # the server has seen its end
                descriptor = os.pidfd_open(child)
                ended, _, _ = select.select([descriptor], [], [],
                                            self.patience)
                os.close(descriptor)
                if not ended:
                    raise TimeoutError(f'the child {child} does not end')

    def children(self):
        return processes.children(self.process.pid)

    def pause(self):
        """Stops the process; returns when it is stopped."""
        if not self.paused:
            self.paused = True
            self.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED
                      | os.WNOWAIT)

    def wait_for_end_of(self, port):
        """Waits until the end of the connection from that port, or of its
        half, is known at the server's side."""
        for _ in self.moments(f'the connection from port {port} does not end'):
            if not connections.is_open(self.address[1], port):
                return

    def resume(self):
        if self.paused:
            self.paused = False
            self.process.send_signal(signal.SIGCONT)

    def is_asleep(self):
        """Whether no thread of it, and none of its children, has anything to
        do, so that it waits for a client."""
        return processes.is_asleep(self.process.pid)

    def wait_until_asleep(self):
        for _ in self.moments('the server does not wait for a client'):
            if self.is_asleep():
                return

    def moments(self, problem):
        return moments(self.process.pid, self.patience, problem)

    def stop(self):
        """Ends the server, by SIGTERM. Returns the exit status and the log
        until then."""
        self.resume()
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            wait(self.process, self.patience)
        log = self.new_log()
        self.kill()
        return self.process.returncode, log

    def stop_cleanly(self):
        """Ends the program under test, which must exit with 0 and without a
        word. (Python's server dies of the signal.)"""
        log = self.new_log()
        status, last_words = self.stop()
        expected = 0 if self.is_program else -signal.SIGTERM
        if status != expected or last_words:
            raise AssertionError(
                f'{self.command[0]} ended with status {status}; the end of '
                f'its log: {log[-3000:]}{last_words}')

    def restart(self):
        """After a hang or a crash. Raises AssertionError."""
        status, log = self.stop()
        self.start()
        raise AssertionError(
            f'{self.command[0]} had to be started again; it had ended with '
            f'status {status}, its log: {log}')
