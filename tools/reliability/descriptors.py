"""No descriptor is left when a client comes: accept() fails with EMFILE."""

import resource
import select
import time

from tools.patience import PATIENCE

from . import served
from .row import Row, Watch, by_two, part

COMMAND = 'script/reliability descriptors'
# A child that has ended is seen after half a second, as in Python.
ROUNDS = {(): 100, ('--threads',): 100, ('--fork',): 20}


def rows(scale=1.0):
    watch = Watch()
    rounds = {options: part(count, scale, 2)
              for options, count in ROUNDS.items()}
    found = list(by_two([(drill, whose, options, count)
                         for options, count in rounds.items()
                         for whose in ('ours', 'pythons')]))
    ours, pythons = found[::2], found[1::2]
    back = sum(each['back'] for each in ours)
    grown = sum(each['grown'] for each in ours)
    logs = sum(each['log'] for each in ours)
    yield Row(
        'No descriptor is left at accept()',
        '100 rounds plain and with --threads, 20 with --fork: each time it '
        'answers when there is one again; descriptors level; no word in the '
        'log, as with wsgiref',
        f'{sum(rounds.values())} rounds: {back} answers (wsgiref '
        f'{sum(each["back"] for each in pythons)}); descriptors {grown:+}; '
        f'{logs} odd characters in the log (wsgiref '
        f'{sum(each["log"] for each in pythons)})',
        back == sum(rounds.values()) and grown <= 0 and not logs, COMMAND,
        watch.seconds())


def drill(whose, options, rounds):
    with getattr(served, whose)(served.of(), options,
                                stderr=None) as server:
        server.ask()
        settle(server)
        server.new_log()
        before = server.descriptors()
        back = log = 0
        for _ in range(rounds):
            back += came_back(server)
            log += len(without_access(server.new_log()))
        settle(server)
        grown = server.descriptors() - before
        server.stop()
    return {'back': back, 'grown': grown, 'log': log}


def without_access(log):
    return ''.join(line for line in log.splitlines(keepends=True)
                   if '"GET /sound HTTP/1.0" 200' not in line)


def came_back(server):
    """Whether it answers a client that came when there was none left."""
    pid = server.process.pid
    settle(server)
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # Not as many as there are: one of them may be closed just then. poll()
    # wants 1 at least.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (1, hard))
    try:
        with server.connect() as client:
            client.sendall(served.SOUND)
            spins(server, client)
            if select.select([client], [], [], 0)[0]:
                return False  # it has found one all the same
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
            answer = b''
            while more := client.recv(65536):
                answer += more
            return answer.endswith(b'\r\n\r\nHello, world!\n')
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))


def spins(server, client):
    """Waits until it has tried, and tries again and again; or has answered."""
    begun = server.cpu()
    for _ in server.moments('it does not try'):
        if (server.cpu() >= begun + 0.005
                or select.select([client], [], [], 0)[0]):
            return


def settle(server):
    """Waits until it is at rest, with threads and children gone."""
    end = time.monotonic() + PATIENCE
    while not (server.is_asleep() and server.threads() == 1
               and not server.children()) and time.monotonic() < end:
        time.sleep(0.001)
