"""Clients of a UDP server, and Python's own."""

import socket
import socketserver

from doubles import attributes

class_attributes = attributes(socketserver.UDPServer)


def new_client(datagrams, address):
    """It has sent them."""
    client = socket.socket(type=socket.SOCK_DGRAM)
    client.bind(('127.0.0.1', 0))
    client.settimeout(60)
    for data in datagrams:
        client.sendto(data, address)
    return client


def packets_of_python(datagrams):
    with socketserver.UDPServer(('127.0.0.1', 0), None) as server:
        new_client(datagrams, server.server_address).close()
        packets = [server.get_request()[0][0] for data in datagrams]
    assert len(packets[0]) == 8192
    return packets


def answers(client, datagrams, address):
    """All from the address of the server."""
    answers = [client.recvfrom(99) for data in datagrams]
    assert {peer for _, peer in answers} == {address}
    return [data for data, _ in answers]


def check_log(log, client):
    assert log.count('processing of request from %s\n' % (
        client.getsockname(),)) == 2, log
    assert "ValueError: of b'one'\n" in log, log
    assert "ValueError: of b'two'\n" in log, log
