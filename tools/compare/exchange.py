"""One connection to a server, step by step, and what came back.

Nothing here sleeps: a step that must wait waits for the event itself. Only
ExpectOpen looks at the time, because it waits for what must not happen.
"""

import re
import select
import socket
import struct
from contextlib import suppress
from typing import NamedTuple

from .differences import without_differences

# How long a silent server is watched, in seconds.
SILENCE = 0.15

# struct linger: on, 0 seconds. close() sends RST, then, and no FIN.
RESET = struct.pack('ii', 1, 0)


class Exchange(NamedTuple):
    """What came back."""
    answer: bytes  # all bytes, of one connection after the other
    end: str       # FIN or RST from the server; closed, reset by us
    log: str       # what the server wrote on stderr meanwhile

    def comparable(self):
        """As lines of text, without what may differ."""
        sections = self.sections()
        return ['answer:', *sections['answer'], 'end: ' + self.end,
                'log:', *sections['log']]

    def sections(self):
        """The same, apart."""
        head, sent = head_and_body(self.answer.decode('latin-1'))
        head, body = without_differences(head), without_differences(sent)
        log = without_differences(self.log)
        if len(body) != len(sent):
            shown = rf'\g<1><{len(body)} with these texts>'
            head = re.sub(rf'^(Content-Length: ){len(sent)}(?=\r$)', shown,
                          head, flags=re.MULTILINE)
            log = re.sub(rf'(127\.0\.0\.1 - - .*" \d+ ){len(sent)}$', shown,
                         log, flags=re.MULTILINE)
        return {'answer': visible(head + body), 'log': visible(log)}


def head_and_body(answer):
    """HTTP/0.9 has no heads."""
    if not answer.startswith('HTTP/'):
        return '', answer
    head, blank, body = answer.partition('\r\n\r\n')
    return head + blank, body


def visible(text):
    """The lines of `text` with their ends and odd characters to be seen."""
    return [ascii(line)[1:-1] for line in text.splitlines(keepends=True)]


class Client:
    """The connection that the steps of a case act on."""

    def __init__(self, server, silence=SILENCE):
        self.server = server
        self.silence = silence
        self.answer = b''
        self.awaited = 0  # as much of the answer as a step has asked for
        self.connect()

    def connect(self):
        self.socket = self.server.connect()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.end = None

    def receive(self):
        """Takes in more of the answer; false at its end."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            self.end = 'RST'
            return False
        if not data:
            self.end = 'FIN'
        self.answer += data
        return bool(data)

    def leave(self, end):
        """Closes. How much more has come until then is chance."""
        self.socket.close()
        self.answer = self.answer[:self.awaited]
        self.end = end

    def finish(self):
        """Reads to the end, unless a step has closed the connection."""
        while self.end is None and self.receive():
            pass
        self.socket.close()


class Send(NamedTuple):
    """Sends the bytes. A server that has answered and gone does not matter:
    how the connection ended will be seen."""
    data: bytes

    def run(self, client):
        with suppress(BrokenPipeError, ConnectionResetError):
            client.socket.sendall(self.data)


class Dribble(NamedTuple):
    """Sends the bytes one by one."""
    data: bytes

    def run(self, client):
        for byte in self.data:
            Send(bytes([byte])).run(client)


class Shut(NamedTuple):
    """Half-closes: nothing more will be sent. The answer can still come."""

    def run(self, client):
        with suppress(OSError):  # not connected: gone, as above
            client.socket.shutdown(socket.SHUT_WR)


class Until(NamedTuple):
    """Waits until these bytes have come."""
    data: bytes

    def run(self, client):
        while self.data not in client.answer[client.awaited:]:
            if not client.receive():
                raise RuntimeError(f'no {self.data!r} in the answer '
                                   f'{client.answer!r}')
        client.awaited = (client.answer.index(self.data, client.awaited)
                          + len(self.data))


class Line(NamedTuple):
    """Waits until the application has printed this line on stdout."""
    text: bytes

    def run(self, client):
        client.server.wait_for_line(f'^{self.text.decode()}$')


class ExpectOpen(NamedTuple):
    """The server must neither answer nor close, for a little while."""

    def run(self, client):
        ready, _, _ = select.select([client.socket], [], [], client.silence)
        if ready:
            client.receive()
            client.answer += b'[not silent]'


class Pause(NamedTuple):
    """Stops the server. What the client does until Resume() has all arrived
    when the server looks at it, also that the client has left."""

    def run(self, client):
        client.server.pause()


class Resume(NamedTuple):
    """Lets it go on. The system may be slow to deliver the end of a
    connection."""

    def run(self, client):
        client.server.wait_for_end_of(client.port)
        client.server.resume()


class Quiet(NamedTuple):
    """Waits until the answer begins, or the server waits for the client."""

    def run(self, client):
        while not select.select([client.socket], [], [], 0.002)[0]:
            if client.server.is_asleep():
                break


class Again(NamedTuple):
    """Reads the answer to its end and connects once more."""

    def run(self, client):
        client.finish()
        client.answer += b'[' + client.end.encode() + b']\n'
        client.connect()


class Close(NamedTuple):
    """Closes without reading."""

    def run(self, client):
        client.leave('closed')


class Reset(NamedTuple):
    """Resets the connection: to the server an error, not an end."""

    def run(self, client):
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.leave('reset')


def take(steps, server, silence=SILENCE):
    """Takes the steps; returns the answer and how the connection ended."""
    if steps and isinstance(steps[0], Pause):  # before a child is there, which goes on
        server.pause()
    client = Client(server, silence)
    try:
        for step in steps:
            step.run(client)
        client.finish()
    finally:
        client.socket.close()
        server.resume()
    return client.answer, client.end


def exchange(steps, server):
    """Takes the steps; returns the whole Exchange."""
    try:
        answer, end = take(steps, server)
    finally:
        log = server.log_of_exchange()
    return Exchange(answer, end, log)
