"""Clients that stall, that do nothing, that read or write slowly."""

import hashlib
import os
import select
import socket
import tempfile
import time
from contextlib import suppress

from . import served
from .row import Row, Watch, by_two, part

COMMAND = 'script/reliability slow-clients'
STALLED = 1000
IDLE, BESIDE = 500, 100
FILE = 100 << 20
WRITTEN = 400
WARM = 50  # clients, before the memory is looked at
# What a client has sent when it stalls.
STARTS = (b'', b'GET', b'GET / HTTP/1.0\r\nX-A: b', b'GET / HTTP/1.0\r\n',
          b'POST /echo HTTP/1.0\r\nContent-Length: 50\r\n\r\nabc')


def rows(scale=1.0):
    yield from by_two([
        (stalled, part(STALLED, scale, 10)),
        (given_up, part(STALLED // 5, scale, 10)),
        (idle, part(IDLE, scale, 10)),
        (slow_readers, part(FILE, scale, 8 << 20)), (slow_writers,)])


def number(server, client):
    """Of the answer to /number."""
    answer = b''
    while more := client.recv(1000):
        answer += more
    return int(served.body_of(answer))


def stalled(clients):
    """One stalls, two others come; it leaves, and they are answered, in the
    order in which they came."""
    watch = Watch()
    with served.ours(served.of()) as server:
        wrong = expected = 0
        for each in range(WARM + clients):
            if each == WARM:
                first = server.memory()[0]
            with server.connect() as slow:
                slow.sendall(STARTS[each % len(STARTS)])
                others = [server.connect(), server.connect()]
                for other in others:
                    other.sendall(served.request(b'/number'))
                wrong += select.select(others, [], [], 0) != ([], [], [])
            for other in others:
                expected += 1
                wrong += number(server, other) != expected
                other.close()
        grown = server.memory()[0] - first
        server.stop()
    return Row(
        'Clients that stall, one after the other',
        f'{STALLED:,}, and two others behind each: answered in their order; '
        'at most 64 KiB more',
        f'{clients:,}: {wrong} answers out of order; {grown:+} KiB',
        not wrong and grown <= 64, COMMAND, watch.seconds())


def given_up(clients):
    """The server closes the connection when its time-out is over."""
    watch = Watch()
    with served.ours(served.of(), ['--timeout', '0.05']) as server:
        wrong = late = 0
        for each in range(WARM + clients):
            if each == WARM:
                server.wait_until_asleep()
                first, descriptors = server.memory()[0], server.descriptors()
            with server.connect() as slow:
                slow.sendall(STARTS[each % len(STARTS)])
                begun = time.monotonic()
                with suppress(ConnectionResetError):
                    while slow.recv(1000):
                        pass
                late += time.monotonic() - begun > 1
            wrong += served.body_of(server.ask()) != b'Hello, world!\n'
        server.wait_until_asleep()
        grown = server.memory()[0] - first
        more = server.descriptors() - descriptors
        server.stop()
    return Row(
        'Clients that stall, --timeout 0.05',
        f'{STALLED // 5}: each given up within a second; at most 64 KiB and '
        'no descriptor more',
        f'{clients}: {late} late, {wrong} wrong answers behind them; '
        f'{grown:+} KiB, {more:+} descriptors',
        not (wrong or late or more) and grown <= 64, COMMAND, watch.seconds())


def idle(connections):
    """Threads that wait for their clients, and others beside them."""
    watch = Watch()
    # With a queue of 5 most would have to knock again, a second later.
    with served.ours(served.of(), ['--threads', '--backlog',
                                   str(connections)]) as server:
        server.ask()
        before = server.descriptors()
        memory, wrong = [], 0
        for _ in range(3):
            clients = [server.connect() for _ in range(connections)]
            while server.threads() <= connections:
                select.select([], [], [], 0.001)
            wrong += sum(served.body_of(server.ask()) != b'Hello, world!\n'
                         for _ in range(BESIDE))
            cpu, begun = server.cpu(), time.monotonic()
            select.select([], [], [], 0.2)
            busy = (server.cpu() - cpu) / (time.monotonic() - begun)
            for client in clients:
                client.close()
            while server.threads() > 1 or server.descriptors() > before:
                select.select([], [], [], 0.001)
            memory.append(server.memory()[0])
        server.stop()
    grown = memory[2] - memory[1]
    return Row(
        'Idle connections, --threads',
        f'{IDLE}, three times: {BESIDE} right answers beside them; no '
        'processor used; threads and descriptors back; the third time at '
        'most 256 KiB more than the second',
        f'{connections}: {wrong} wrong; {100 * busy:.0f} % of a processor; '
        f'back; {grown:+} KiB', not wrong and busy < 0.05 and grown <= 256,
        COMMAND, watch.seconds())


def slow_readers(size):
    watch = Watch()
    wrong, more = 0, []
    with tempfile.NamedTemporaryFile() as file:
        digest = hashlib.sha256()
        for _ in range(size >> 20):
            block = os.urandom(1 << 20)
            digest.update(block)
            file.write(block)
        file.flush()
        for options in (), ('--threads',), ('--fork',):
            with served.ours(
                    served.of(), options, env={
                        **served.servers.environment(), 'FILE': file.name}
                    ) as server:
                server.ask()
                before = server.memory()[1]
                wrong += read_slowly(server) != digest.digest()
                more.append(server.memory()[1] - before)
                server.stop()
    return Row(
        'A client that reads slowly',
        f'{FILE >> 20} MiB, plain, --threads, --fork: the right bytes; at '
        'most 1 MiB more, ever',
        f'{size >> 20} MiB: {wrong} wrong; '
        f'{", ".join(map("{:+}".format, more))} KiB',
        not wrong and max(more) <= 1024, COMMAND, watch.seconds())


def read_slowly(server):
    """The digest of the body. The first blocks are small, and far apart."""
    digest = hashlib.sha256()
    with server.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        client.sendall(served.request(b'/file'))
        head = b''
        while b'\r\n\r\n' not in head:
            head += client.recv(1)
        for _ in range(20):
            digest.update(client.recv(1000))
            select.select([], [], [], 0.02)
        while more := client.recv(1 << 18):
            digest.update(more)
    return digest.digest()


def slow_writers():
    watch = Watch()
    wrong = 0
    data = served.request(b'/echo', b'z' * WRITTEN)
    for options in (), ('--threads',), ('--fork',):
        with served.ours(served.of(), options) as server:
            with server.connect() as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in data:
                    client.sendall(bytes([byte]))
                    select.select([], [], [], 0.002)
                answer = b''
                while more := client.recv(65536):
                    answer += more
            wrong += served.body_of(answer) != b'z' * WRITTEN
            server.stop()
    return Row(
        'A client that writes byte by byte', f'{WRITTEN} bytes of a body, '
        'plain, --threads, --fork: answered', f'{wrong} wrong', not wrong,
        COMMAND, watch.seconds())
