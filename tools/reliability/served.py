"""The program, or Python's server, with what the kernel says of it."""

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress

from tools.compare import servers
from tools.compare.behaviours import Board

from . import builds

HERE = os.path.dirname(os.path.abspath(__file__))
SOUND = b'GET /sound HTTP/1.0\r\n\r\n'


class Served(servers.Server):
    """Its log goes nowhere, unless `stderr` says otherwise."""

    def proc(self, name):
        with open(f'/proc/{self.process.pid}/{name}') as file:
            return file.read()

    def cpu(self):
        """Seconds of processor time, of its own and of the system for it."""
        return int(self.proc('schedstat').split()[0]) / 1e9

    def memory(self):
        """KiB, and the most there ever were."""
        status = dict(line.split(':', 1)
                      for line in self.proc('status').splitlines())
        return (int(status['VmRSS'].split()[0]),
                int(status['VmHWM'].split()[0]))

    def threads(self):
        return len(os.listdir(f'/proc/{self.process.pid}/task'))

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def ask(self, data=SOUND, connect=socket.create_connection):
        """All that comes."""
        answer = b''
        with connect(self.address) as client:
            client.sendall(data)
            with suppress(ConnectionResetError):
                while more := client.recv(65536):
                    answer += more
        return answer

    def level(self):
        """What the application of soaked.py says of its process."""
        answer = self.ask(b'GET /level HTTP/1.0\r\n\r\n')
        found = json.loads(answer.partition(b'\r\n\r\n')[2])
        return {**found, 'memory': self.memory()[0],
                'children': len(self.children())}


def ours(application, options=(), program=None, before=(), **more):
    """The program of the release preset, or another one."""
    program = program or builds.folder() / 'cwsgiref'
    command = [*before, str(program), '--bind', '127.0.0.1:0', *options,
               application]
    return Served(command, is_program=True, **{'stderr': subprocess.DEVNULL,
                                               **more})


def pythons(application, options=(), python=sys.executable, **more):
    command = [python, os.path.join(servers.HERE, 'reference.py'), *options,
               application]
    return Served(command, **{'stderr': subprocess.DEVNULL, **more})


def on_board():
    """A board, and the application of soaked.py that does what it says."""
    board = Board()
    name = board.application().partition(':')[2]
    return board, f'{os.path.join(HERE, "soaked.py")}:{name}'

def of(name='application'):
    """One of drilled.py, as a server is told it."""
    return f'{os.path.join(HERE, "drilled.py")}:{name}'


def request(path, body=None):
    if body is None:
        return b'GET %s HTTP/1.0\r\n\r\n' % path
    return (b'POST %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s'
            % (path, len(body), body))


def body_of(answer):
    return answer.partition(b'\r\n\r\n')[2]
