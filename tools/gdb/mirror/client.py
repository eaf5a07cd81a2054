"""The client of a request, in a thread of its own: while the program runs,
gdb waits for the program."""

import os
import re
import signal
import socket
import threading

import gdb

CONNECTS = 5  # seconds; longer takes only a queue that is full
GET = 'GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n'


def request_bytes(argument):
    """What the arguments of a command ask for: [-raw TEXT | PATH]."""
    if argument.startswith('-raw '):
        text = argument[len('-raw '):].strip()
        if text[:1] in ('"', "'") and text.endswith(text[0]):
            text = text[1:-1]
        return text.encode('latin-1', 'backslashreplace').decode(
            'unicode_escape').encode('latin-1')
    if argument.startswith('-') or ' ' in argument:
        raise gdb.GdbError('It takes a path, such as /hello?a=b, or -raw and '
                           'the bytes of a request, such as '
                           r'-raw GET / HTTP/1.0\r\n\r\n')
    return (GET % ('/' + argument.lstrip('/'))).encode('latin-1')


def listening_address(pid, fd):
    """(family, address) that a client connects to for the listening socket
    `fd` of a process, as Linux has it in /proc."""
    link = os.readlink(f'/proc/{pid}/fd/{fd}')
    inode = re.fullmatch(r'socket:\[(\d+)\]', link)[1]
    for name, family in (('tcp', socket.AF_INET), ('tcp6', socket.AF_INET6)):
        with open(f'/proc/{pid}/net/{name}', encoding='ascii') as table:
            for line in table:
                fields = line.split()
                if fields[9] == inode:
                    return family, tcp_address(family, fields[1])
    with open(f'/proc/{pid}/net/unix', encoding='utf-8') as table:
        for line in table:
            fields = line.split()
            if fields[6] == inode:
                return socket.AF_UNIX, fields[7]
    raise OSError('nobody listens there')


def tcp_address(family, text):
    """"0100007F:1F90" is ('127.0.0.1', 8080): words in the machine's order."""
    words, _, port = text.partition(':')
    packed = b''.join(bytes.fromhex(words[i:i + 8])[::-1]
                      for i in range(0, len(words), 8))
    host = socket.inet_ntop(family, packed)
    host = {'0.0.0.0': '127.0.0.1', '::': '::1'}.get(host, host)
    return host, int(port, 16)


class Client:
    """One request, which is in the server's queue when this is made."""

    def __init__(self, family, address, raw):
        self.answer = b''
        self.socket = socket.socket(family)
        self.socket.settimeout(CONNECTS)
        self.socket.connect(address)
        self.socket.settimeout(None)
        self.thread = threading.Thread(target=self.run, args=[raw],
                                       daemon=True)
        self.thread.start()

    def run(self, raw):
        # Signals are gdb's.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            with self.socket:
                self.socket.sendall(raw)
                if not raw.endswith(b'\r\n\r\n'):
                    # The server may wait for more. No browser half-closes,
                    # so others do not, either.
                    self.socket.shutdown(socket.SHUT_WR)
                while block := self.socket.recv(65536):
                    self.answer += block
        except OSError:  # not all of the request was read
            pass

    def summary(self):
        """The answer in one line, once the server has closed."""
        self.thread.join(1)
        if not self.answer:
            return 'no answer'
        line = self.answer.partition(b'\n')[0].strip()[:60].decode('latin-1')
        return f'{line}, {len(self.answer)} bytes'
