"""What the kernel knows of a TCP connection on 127.0.0.1.

/proc/net/tcp says it, too. But there the kernel walks through all of its table,
for milliseconds; asked for one connection, over a netlink socket, it answers at
once. sock_diag(7) describes question and answer.
"""

import contextlib
import socket
import struct

# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h, net/tcp_states.h
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 1
HEADER = struct.Struct('=IHHII')      # length, type, flags, sequence, port
REQUEST = struct.Struct('=BBBxI')     # family, protocol, extensions, states
PORTS = struct.Struct('!HH')          # the server's side first
ADDRESS = socket.inet_aton('127.0.0.1') + bytes(12)
INTERFACE_AND_COOKIE = struct.pack('=III', 0, 0xFFFFFFFF, 0xFFFFFFFF)
ESTABLISHED, SYN_RECV, LISTEN = 1, 3, 10


def is_open(port, client):
    """Whether the side of the server, which has that port, has heard no end of
    the connection from the client's port."""
    state = told(port, client)
    if state is None:
        states = table(port, client)
    else:
        states = {state}
    return not states.isdisjoint((ESTABLISHED, SYN_RECV))


def told(port, client):
    """The state of the connection; LISTEN, if there is none and the server
    listens. None if there is neither, or this kernel does not tell."""
    question = (REQUEST.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
                + PORTS.pack(port, client) + 2 * ADDRESS
                + INTERFACE_AND_COOKIE)
    with contextlib.suppress(OSError), socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(HEADER.pack(HEADER.size + len(question),
                                SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0)
                    + question)
        answer = kernel.recv(4096)
        if HEADER.unpack_from(answer)[1] == SOCK_DIAG_BY_FAMILY:
            return answer[HEADER.size + 1]
    return None


def table(port, client):
    """The states that /proc/net/tcp has for such connections."""
    ends = f':{port:04X}', f':{client:04X}'
    with open('/proc/net/tcp', encoding='ascii') as lines:
        return {int(fields[3], 16) for fields in map(str.split, lines)
                if fields[1].endswith(ends[0]) and fields[2].endswith(ends[1])}
