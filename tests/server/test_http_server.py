"""Python's server: its names."""

import http.server
import socket

from rows import Rows

rows = Rows()
hosts = [
    ('the address of this machine', '127.0.0.1'),
    ('no host: every address', ''),
    ('every address', '0.0.0.0'),
    ('another address of this machine', '127.0.0.2'),
]
reuse = bool(http.server.HTTPServer.allow_reuse_address)


class IPv6(http.server.HTTPServer):
    address_family = socket.AF_INET6


def name_of(host, cls=http.server.HTTPServer):
    with cls((host, 0), None) as server:
        assert server.server_port == server.server_address[1]
        return server.server_name


def name_of_ipv6(host):
    return name_of(host, IPv6)


def compare_name(words, host, got):
    rows.compare(words, got, name_of(host))
