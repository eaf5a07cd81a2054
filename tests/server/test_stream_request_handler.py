"""The client of a request, and Python's handler."""

import socket
import socketserver


def new_client(fd):
    client = socket.socket(fileno=fd)
    client.settimeout(60)
    return client


def send_three_lines(client):
    client.sendall(b'one\ntwo\nthree')
    client.shutdown(socket.SHUT_WR)


def check_nothing_is_sent(client):
    client.setblocking(False)
    try:
        client.recv(100)
    except BlockingIOError:
        client.settimeout(60)
    else:
        raise AssertionError('sent too early')


def check_closed(rfile):
    assert rfile.closed
    try:
        rfile.read(1)
    except ValueError:
        return
    raise AssertionError('it can be read')


def class_attributes():
    cls = socketserver.StreamRequestHandler
    return (cls.rbufsize, cls.wbufsize, cls.timeout,
            cls.disable_nagle_algorithm)
