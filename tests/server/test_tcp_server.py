"""Clients of a TCP server, and Python's own."""

import errno
import socket
import socketserver
import sys
import warnings

from doubles import attributes

class_attributes = attributes(socketserver.TCPServer)


def connect(address):
    return socket.create_connection(address[:2], 60)


def check_address(address):
    assert type(address) is tuple and len(address) == 2
    assert address[0] == '127.0.0.1' and address[1] > 0


def check_ipv6_address(address):
    assert len(address) == 4 and address[0] == '::1', address
    assert address[1] > 0


def check_address_in_use(raised, address):
    """It is what Python raises."""
    try:
        socketserver.TCPServer(address, None)
    except OSError as expected:
        assert raised.errno == errno.EADDRINUSE
        assert type(raised) is type(expected)
        assert str(raised) == str(expected)
    else:
        raise AssertionError('Python has bound it')


def ignore_open_sockets():
    warnings.simplefilter('ignore', ResourceWarning)


# ---- What the linked release is asked with

class Interrupts:
    """A finder: Ctrl-C comes while a module is looked for."""

    @staticmethod
    def find_spec(*arguments):
        raise KeyboardInterrupt


def interrupt_imports():
    del sys.modules['socketserver']
    sys.meta_path.insert(0, Interrupts)


def restore_imports():
    sys.modules['socketserver'] = socketserver
    sys.meta_path.remove(Interrupts)
