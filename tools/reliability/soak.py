"""The load: requests one after the other, a third of them sound, a third with
generated requests and applications, a third from clients that leave."""

import errno
import socket

from tools.compare import generator
from tools.compare.exchange import RESET, Dribble, Line, Pause, Send
from tools.compare.grammar import Dice
from tools.patience import PATIENCE

from .served import SOUND
from .soaked import SOUND as BODY

# The server has answered, and not read all.
GONE = errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN
PROGRAMS = 3000  # different ones; then they come again


def generated(seed, count):
    """[(bytes, behaviour, bytes that a leaving client sends, how it leaves)],
    of those cases in which neither side waits for the other."""
    dice = Dice(f'{seed}/soak')
    found = []
    index = 0
    while len(found) < count:
        case = generator.case(seed, index)
        index += 1
        if case.has(Line, Pause, Dribble):
            continue
        data = b''.join(step.data for step in case.steps
                        if isinstance(step, Send))
        found.append((data, case.behaviour,
                      data[:dice.randrange(len(data) + 1)],
                      dice.choice(('closes', 'resets', 'reads and resets'))))
    return found


class Load:
    """Of one server, whose application is on the board."""

    def __init__(self, server, board, seed, programs=PROGRAMS):
        self.server = server
        self.board = board
        self.cases = generated(seed, programs)
        self.next = 0
        self.requests = 0
        self.wrong = 0  # answers to sound requests

    def run(self, requests):
        """So many more, or two more."""
        end = self.requests + requests
        while self.requests < end:
            data, behaviour, some, manner = self.cases[self.next]
            self.next = (self.next + 1) % len(self.cases)
            self.board.write(behaviour)
            self.stay(data)
            self.leave(some, manner)
            # Also, lest those that have left fill the queue, which is short.
            self.sound()

    def warm(self):
        """Until caches are full: each of them twice."""
        self.run(2 * 3 * len(self.cases))

    def connect(self):
        self.requests += 1
        client = socket.socket()
        client.settimeout(PATIENCE)
        client.connect(self.server.address)  # no name to look for
        return client

    def stay(self, data, shuts=True):
        """To the end. The server knows that nothing more comes, if it
        shuts."""
        with self.connect() as client:
            try:
                client.sendall(data)
                if shuts:
                    client.shutdown(socket.SHUT_WR)
                while client.recv(1 << 20):
                    pass
            except OSError as error:
                if error.errno not in GONE:
                    raise

    def leave(self, data, manner):
        with self.connect() as client:
            try:
                client.sendall(data)
                if manner == 'reads and resets':
                    client.shutdown(socket.SHUT_WR)
                    client.recv(1)
            except OSError:
                pass
            if manner != 'closes':
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def sound(self):
        answer = b''
        with self.connect() as client:
            client.sendall(SOUND)
            while more := client.recv(1 << 16):
                answer += more
        if not (answer.startswith(b'HTTP/1.0 200 OK\r\n')
                and answer.endswith(b'\r\n\r\n' + BODY)):
            self.wrong += 1
