"""The program, running: what test_program.py and test_threads_and_forks.py
have in common."""

import os
import socket
import subprocess
import time

from tools import server
from tools.patience import PATIENCE, wait

PROGRAM = os.path.abspath(os.environ['CWSGIREF'])
AT_ONCE = 5  # seconds from a signal to the end


def environment(**variables):
    """Ours, without what would lead to another Python's modules, or hide
    that a line is not flushed."""
    env = {name: value for name, value in os.environ.items()
           if name not in ('VIRTUAL_ENV', 'PYTHONPATH', 'PYTHONHOME',
                           'PYTHONUNBUFFERED')}
    env.update(variables)
    return env


class Server(server.Server):
    """The program, on a free port."""

    first_of_all = True

    def __init__(self, *arguments, announced=True, **options):
        """`announced`: returns when it has said where it listens."""
        self.announced = announced
        super().__init__([PROGRAM, '--port=0', *arguments], subprocess.PIPE,
                         **{'env': environment(), **options})

    def listens(self):
        self.stderr = server.Lines(self.process.stderr, self.process)
        if self.announced:
            super().listens()

    def and_log(self):
        return '; it says: ' + self.stderr.rest()

    def get(self, host='127.0.0.1'):
        """The status and the body of the answer to GET /. It is read up to
        the end of the connection: the server is done with it."""
        with socket.create_connection((host, self.port),
                                      timeout=PATIENCE) as client:
            client.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            answer = client.makefile('rb').read().decode()
        head, _, body = answer.partition('\r\n\r\n')
        return int(head.split()[1]), body

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port),
                                        timeout=PATIENCE)

    def has_read_from(self, client):
        """Whether nothing that the client has sent is left to read."""
        ours = ':%04X' % self.port
        theirs = ':%04X' % client.getsockname()[1]
        with open('/proc/%d/net/tcp' % self.process.pid) as file:
            for line in file:
                fields = line.split()
                if fields[1].endswith(ours) and fields[2].endswith(theirs):
                    return fields[4].endswith(':00000000')
        return False

    def is_blocked(self):
        with open('/proc/%d/stat' % self.process.pid) as file:
            return file.read().rpartition(')')[2].split()[0] == 'S'

    def wait_until(self, condition, *arguments):
        deadline = time.monotonic() + PATIENCE
        while not condition(*arguments):
            if time.monotonic() > deadline:
                raise AssertionError('%s is never true' % condition)

    def stop(self, signum):
        """The exit code."""
        self.process.send_signal(signum)
        return wait(self.process, AT_ONCE)

    def end(self):
        """What was on stderr at last, once the program has ended."""
        return self.stderr.rest()
