"""An application whose server is asked from within: as soon as it says where it
listens, a client sends what REQUEST in the environment says. TLS=1: by TLS.
STATUS and TYPE are what it answers.
END=1: when it is answered, the server gets SIGTERM.
APART=1: the client is a process, and not a thread. A server that forks needs
that: its child has no thread that could give back a lock, as one of OpenSSL,
that the client just has."""

import contextlib
import os
import re
import signal
import socket
import ssl
import sys
import threading

REQUEST = os.environ.get('REQUEST', 'GET / HTTP/1.0\r\n\r\n').encode('latin-1')


def application(environ, start_response):
    start_response(os.environ.get('STATUS', '200 OK'),
                   [('Content-Type', os.environ.get('TYPE', 'text/plain'))])
    return [b'answered']


def connect(words):
    if port := re.search(r'port (\d+)', words):
        return socket.create_connection(('127.0.0.1', int(port[1])))
    client = socket.socket(socket.AF_UNIX)
    client.connect(re.search(r'on unix:(\S+)', words)[1])
    return client


def by_tls(client):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(client)


def ask(client, server):
    with contextlib.suppress(OSError):
        if os.environ.get('TLS'):
            client = by_tls(client)
        client.sendall(REQUEST)
        while client.recv(1 << 16):
            pass
    if os.environ.get('END') and server in (os.getpid(), os.getppid()):
        os.kill(server, signal.SIGTERM)


def ask_apart(client, server):
    """As ask(), without what is open in the server: its end is then seen."""
    if os.fork() == 0:
        os.closerange(3, client.fileno())
        os.closerange(client.fileno() + 1, 256)
        ask(client, server)
        os._exit(0)
    client.close()


def begin(client):
    if os.environ.get('APART'):
        ask_apart(client, os.getpid())
    else:
        threading.Thread(target=ask, args=(client, os.getpid()),
                         daemon=True).start()


class Asking:
    """sys.stdout"""

    def __init__(self):
        self.said = ''
        self.is_asked = False

    def write(self, text):
        self.said += text
        if '\n' in text and 'Serving' in self.said and not self.is_asked:
            self.is_asked = True
            begin(connect(self.said))

    def flush(self):
        pass


sys.stdout = Asking()
