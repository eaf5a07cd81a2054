"""Starts and ends, of each kind, again and again."""

import re
import signal
import socket
import subprocess
from collections import Counter

from tools.patience import PATIENCE

from . import builds, served
from .row import Row, Watch, by_two, part

COMMAND = 'script/reliability lifecycle'
CYCLES = 1000

# name: (the application or another argument, the exit status, what the log
# says, the signal that ends it)
KINDS = {
    'SIGINT': (served.of(), 0, r'\A\Z', signal.SIGINT),
    'SIGTERM': (served.of(), 0, r'\A\Z', signal.SIGTERM),
    'after requests': (served.of(), 0, r'"GET /number ', signal.SIGTERM),
    'a thread of the application': (served.of('with_thread()'), 0, r'\A\Z',
                                    signal.SIGTERM),
    'atexit': (served.of('saying_goodbye()'), 0, r'\Agoodbye\n\Z',
               signal.SIGINT),
    'the port in use': (served.of(), 1, r'port \d+ .* is in use', None),
    'no such module': ('no_such_module:application', 1, 'no_such_module',
                       None),
    'no such name': (served.of('no_such_name'), 1, 'no_such_name', None),
    'a factory that fails': (served.of('raising()'), 1,
                             'LookupError: a factory that fails', None),
    'sys.exit(3)': (served.of('exiting()'), 1, r'sys\.exit\(3\)', None),
    'not callable': (served.of('not_callable'), 1, 'not_callable', None),
}


def rows(scale=1.0):
    watch = Watch()
    times = part(CYCLES / len(KINDS), scale, 2)
    names = list(KINDS)
    odd = [each for one in by_two([(cycles, names[number::2], times)
                                   for number in range(2)]) for each in one]
    yield Row(
        'Start and end',
        f'{CYCLES:,} cycles of {len(KINDS)} kinds (a signal, after requests, '
        'the port in use, no such module, ...): each time the same status '
        'and words, no crash',
        f'{times * len(names):,} cycles: {len(odd)} odd'
        + (f': {Counter(odd).most_common(3)}' if odd else ''), not odd,
        COMMAND, watch.seconds())


def cycles(names, times):
    """What was odd."""
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        found = [cycle(name, port) for _ in range(times) for name in names]
    return [each for each in found if each]


def cycle(name, taken):
    application, expected, words, signum = KINDS[name]
    port = taken if name == 'the port in use' else 0
    with subprocess.Popen(
            [builds.folder() / 'cwsgiref', '--bind', f'127.0.0.1:{port}',
             application], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True) as process:
        try:
            if signum is not None:
                announced = process.stdout.readline()
                if name == 'after requests':
                    ask(int(re.search(r'port (\d+)', announced)[1]))
                process.send_signal(signum)
            log = process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            return f'{name}: it does not end'
        finally:
            process.kill()
    if process.returncode != expected or not re.search(words, log):
        return f'{name}: status {process.returncode}, {log[-300:]!r}'
    return ''


def ask(port):
    for _ in range(3):
        with socket.create_connection(('127.0.0.1', port)) as client:
            client.sendall(served.request(b'/number'))
            while client.recv(1000):
                pass
