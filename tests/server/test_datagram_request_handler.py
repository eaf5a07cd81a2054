"""The same datagrams through Python's handler."""

import socket
import socketserver

from rows import Rows

rows = Rows()


class Reversing(socketserver.DatagramRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line[::-1])


packets = [
    ('an empty datagram', b''),
    ('a line that does not end', b'a'),
    ('two lines', b'ab\ncd\n'),
    ('empty lines', b'\n\n'),
    ('many lines', b'\r\nx' * 99),
    ('a long line', b'long line ' * 800 + b'\nend'),
]

client = socket.socket(type=socket.SOCK_DGRAM)
client.bind(('127.0.0.1', 0))
client.settimeout(60)


def compare_answer(words, packet):
    """Ours is on its way to the client."""
    got = client.recv(10000)
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        Reversing((packet, s), client.getsockname(), None)
        rows.compare(words, got, client.recv(10000))
