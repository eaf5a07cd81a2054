"""Python's servers of Unix sockets, beside ours."""

import itertools
import os
import re
import socket
import socketserver
import stat
import sys
import tempfile
from wsgiref import simple_server

from doubles import attributes
from rows import Rows

rows = Rows()
folder = tempfile.TemporaryDirectory()
numbers = itertools.count()


def new_path():
    return os.path.join(folder.name, '%d' % next(numbers))


path = new_path()


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.settimeout(60)
    return client


def client_of(path, address):
    """Says hello."""
    assert address == path, address
    assert stat.S_ISSOCK(os.stat(path).st_mode)
    client = connect(path)
    client.sendall(b'hello')
    client.shutdown(socket.SHUT_WR)
    return client


# ---- SO_REUSEPORT

class Reusing(socketserver.UnixStreamServer):
    allow_reuse_port = True


def reuse_port(s):
    return s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)


def reuse_port_of_python():
    """What is set, or a message."""
    try:
        with Reusing(new_path(), None) as server:
            return reuse_port(server.socket)
    except OSError as e:
        return str(e)


def reuse_port_of(fd):
    with socket.socket(fileno=os.dup(fd)) as s:
        return reuse_port(s)


# ---- Addresses

addresses = [
    ('a path', lambda: new_path()),
    ('a path as bytes', lambda: os.fsencode(new_path())),
    ('an abstract name', lambda: '\0cwsgiref-%d' % os.getpid()),
]


def address_of_python(given):
    with socketserver.UnixStreamServer(given, None) as server:
        address = server.server_address
    if os.path.exists(given):
        os.unlink(given)
    return address


# ---- Datagrams

def datagram_client(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.bind(path + '.client')
    client.settimeout(60)
    client.sendto(b'hello', path)
    return client


def send_from_nobody(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b'hello', path)


def log_of_python(path):
    """Of a datagram from nobody; sys.stderr is captured."""
    with socketserver.UnixDatagramServer(
            path, socketserver.DatagramRequestHandler) as server:
        send_from_nobody(path)
        server.handle_request()
    return sys.stderr.getvalue()


def check_logs(*logs):
    ends = [log.splitlines()[:2] + log.splitlines()[-2:] for log in logs]
    assert ends[0] == ends[1], ends
    assert 'TypeError' in ends[0][2]


# ---- A request

class UnixWSGIServer(socketserver.UnixStreamServer,
                     simple_server.WSGIServer):
    """With the two methods that ours has, too."""

    def server_bind(self):
        socketserver.UnixStreamServer.server_bind(self)
        self.server_name, self.server_port = 'localhost', 80
        self.setup_environ()

    def get_request(self):
        return super().get_request()[0], ('127.0.0.1', 0)


environs = []


def app(environ, start_response):
    environs.append({k: v for k, v in environ.items()
                     if type(v) in (str, tuple)})
    body = environ['wsgi.input'].read(4).decode()
    start_response('200 OK', [('X-Body', body)])
    return [environ['PATH_INFO'].encode()]


def ask(path):
    client = connect(path)
    client.sendall(b'POST /p?q HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody')
    return client


def answer(client):
    with client, client.makefile('rb') as file:
        return re.sub(rb'\nDate: .*', b'', file.read())


def answer_of_python():
    path = new_path()
    with UnixWSGIServer(path, simple_server.WSGIRequestHandler) as server:
        server.set_app(app)
        client = ask(path)
        server.handle_request()
    return answer(client)


def without_date(log):
    return re.sub(r'\[.*?\]', '', log)


class_attributes = [attributes(cls) for cls in (
    socketserver.UnixStreamServer, socketserver.UnixDatagramServer,
    UnixWSGIServer)]
