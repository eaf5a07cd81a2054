"""Many clients at once, a large file, ends under load, children that are
killed."""

import concurrent.futures
import hashlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress

from tools.patience import PATIENCE

from . import served
from .row import Row, Watch, part

COMMAND = 'script/reliability load'
CLIENTS = 32
REQUESTS = {('--threads',): 20_000, ('--fork',): 5000, (): 20_000}
ENDS, KILLED = 6, 20
FILE = 1 << 30


def rows(scale=1.0):
    for options, count in REQUESTS.items():
        yield at_once(options, count, part(count, scale, 64))
    yield ends(part(ENDS, scale, 1))
    yield killed_children(part(KILLED, scale, 2))
    yield large_file(part(FILE, scale, 8 << 20))


def name(options):
    return ' '.join(options) or 'plain'


def at_once(options, wanted, requests):
    watch = Watch()
    with served.ours(served.of(), options) as server:
        ask_all(server, requests // 10)
        settle(server, 10 ** 9)
        before, memory = server.descriptors(), server.memory()[0]
        wrong, longest = ask_all(server, requests)
        settle(server, before)
        more = {'threads': server.threads() - 1,
                'descriptors': server.descriptors() - before}
        grown = server.memory()[0] - memory
        if '--fork' in options:
            # It notices the end of a child when the next client comes.
            server.ask()
            server.wait_for_children()
        status, _ = server.stop()
    return Row(
        f'{CLIENTS} clients at once, {name(options)}',
        f'{wanted:,} requests: all answered; threads and descriptors back; '
        'at most 1 MiB more; a clean end',
        f'{requests:,}: {wrong} wrong, the longest {longest:.1f} s; '
        f'{more["threads"]:+} threads, {more["descriptors"]:+} descriptors; '
        f'{grown:+} KiB; status {status}',
        not wrong and not any(more.values()) and grown <= 1024
        and status == 0, COMMAND, watch.seconds())


def ask_all(server, requests):
    """By so many clients; how many answers were wrong, and the longest time
    for one."""
    def client(count):
        wrong, longest = 0, 0
        for _ in range(count):
            begun = time.monotonic()
            try:
                answer = server.ask(connect=patiently)
            except OSError:
                answer = b''
            longest = max(longest, time.monotonic() - begun)
            wrong += served.body_of(answer) != b'Hello, world!\n'
        return wrong, longest

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(client, [requests // CLIENTS] * CLIENTS))
    return sum(each[0] for each in found), max(each[1] for each in found)


def patiently(address):
    """The queue of the server is short, and then a connection is made
    anew."""
    return socket.create_connection(address, PATIENCE)


def settle(server, descriptors):
    """Waits until threads and children are gone, and it is at rest."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not (
            server.is_asleep() and server.threads() == 1
            and server.descriptors() <= descriptors):
        time.sleep(0.001)


# ---- Ends

def ends(times):
    """SIGTERM while clients come."""
    watch = Watch()
    odd = []
    for options in REQUESTS:
        for _ in range(times):
            problem = end_under_load(options)
            if problem:
                odd.append(f'{name(options)}: {problem}')
    return Row(
        'SIGTERM under load', f'{ENDS} times, plain, --threads, --fork: '
        'status 0 within 5 s, no process left, no fatal error',
        f'{times * len(REQUESTS)}: {len(odd)} odd'
        + (f': {odd[:3]}' if odd else ''), not odd, COMMAND, watch.seconds())


def end_under_load(options):
    """What was odd."""
    stop = threading.Event()

    def client():
        while not stop.is_set():
            with suppress(OSError):
                server.ask()
                answered.set()

    answered = threading.Event()
    with served.ours(served.of(), options, stderr=None,
                     start_new_session=True) as server:
        threads = [threading.Thread(target=client) for _ in range(8)]
        for each in threads:
            each.start()
        answered.wait(PATIENCE)
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        try:
            status = server.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return 'it does not end'
        finally:
            stop.set()
            for each in threads:
                each.join()
        seconds = time.monotonic() - begun
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, 0)
            return 'a process is left'
        log = server.log()
    # What is being answered may fail, as under Python's Ctrl-C.
    if (status != 0 or seconds > 5 or 'Fatal' in log
            or 'SystemError' in log):
        return f'status {status}, {seconds:.1f} s, {log[-300:]!r}'
    return ''


def killed_children(times):
    """kill -9, in the middle of a request."""
    watch = Watch()
    good = 0
    with served.ours(served.of(), ['--fork']) as server:
        for _ in range(times):
            with server.connect() as client:
                client.sendall(b'POST /block HTTP/1.0\r\nContent-Length: 9'
                               b'\r\n\r\n')
                server.wait_for_line('^blocked$')
                for child in server.children():
                    os.kill(child, signal.SIGKILL)
                with suppress(ConnectionResetError):
                    good += client.recv(100) == b''
            good += served.body_of(server.ask()) == b'Hello, world!\n'
        server.wait_for_children()
        status, _ = server.stop()
    return Row(
        'A child is killed in its request, --fork',
        f'{KILLED} times: its client sees an end, the next one an answer',
        f'{times} times: {good} of {2 * times}; status {status}',
        good == 2 * times and status == 0, COMMAND, watch.seconds())


# ---- A large file

def large_file(size):
    """By wsgi.file_wrapper, which Python's server does not optimize."""
    watch = Watch()
    expected = hashlib.sha256()
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(size >> 20):
            block = os.urandom(1 << 20)
            file.write(block)
            expected.update(block)
        file.flush()
        os.fsync(file.fileno())
        environ = {**served.servers.environment(), 'FILE': file.name}
        with served.ours(served.of(), env=environ) as ours, \
                served.pythons(served.of(), env=environ) as pythons:
            memory = ours.memory()[1]
            digest = hashlib.sha256()
            count, _ = download(ours, digest)
            right = (count, digest.digest()) == (size >> 20 << 20,
                                                 expected.digest())
            best = {server: min(download(server)[1] for _ in range(5))
                    for server in (ours, pythons)}
            more = ours.memory()[1] - memory
            ours.stop_cleanly()
    return Row(
        'A large file by wsgi.file_wrapper',
        f'{FILE >> 20} MiB: the right bytes; at most 2 MiB more, ever; less '
        "than a third of wsgiref's processor time",
        f'{size >> 20} MiB: {"right" if right else "WRONG"}; {more:+} KiB; '
        f'{best[ours]:.3f} s (wsgiref {best[pythons]:.3f} s)',
        right and more < 2048
        and (size < FILE or best[ours] * 3 < best[pythons]),
        COMMAND, watch.seconds())


def download(server, digest=None):
    """The bytes of one answer's body, which is thrown away unread unless
    there is a digest to feed; and the server's processor time for it."""
    before = server.cpu()
    buffer = bytearray(1 << 20)
    count = 0
    with server.connect() as client:
        client.sendall(served.request(b'/file'))
        head = b''
        while b'\r\n\r\n' not in head:
            head += client.recv(1)
        flags = 0 if digest else socket.MSG_TRUNC
        while n := client.recv_into(buffer, len(buffer), flags):
            if digest:
                digest.update(memoryview(buffer)[:n])
            count += n
    return count, server.cpu() - before
