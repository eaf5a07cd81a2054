"""Signals that are handled, each millisecond, and those that end it, at any
time."""

import os
import random
import signal
import subprocess
import time

from tools.compare import fuzz
from tools.patience import PATIENCE

from . import builds, served
from .row import Row, Watch, by_two, part

COMMAND = 'script/reliability signals'
HANDLED = 100_000
ENDS = 1000
MODES = (), ('--threads',)
# In each of these phases the signal comes.
PHASES = 'start', 'idle', 'in a request', 'behind an answer'
SOON = 2  # seconds, then an end is late
BODY = bytes(range(256)) * 256  # 64 KiB


def rows(scale=1.0):
    seed = fuzz.fresh_seed()
    ends = part(ENDS, scale, 16)
    tasks = [(handled, options, part(HANDLED // 2, scale, 100))
             for options in MODES]
    tasks += [(end_all, f'{seed}/{number}', ends // 2) for number in range(2)]
    watch = Watch()
    results = by_two(tasks)
    found = [next(results) for _ in MODES]
    yield Row(
        'Signals that are handled',
        f'{HANDLED:,} requests, plain and --threads, 1,000 signals a second: '
        'no wrong answer',
        f'{sum(each["requests"] for each in found):,} requests, '
        f'{sum(each["signals"] for each in found):,} signals, '
        f'{min(each["rate"] for each in found):,.0f} a second: '
        f'{sum(each["wrong"] for each in found)} wrong',
        not any(each['wrong'] for each in found), COMMAND, watch.seconds())
    watch = Watch()
    odd = [each for one in results for each in one]
    yield Row(
        'SIGINT and SIGTERM at any time',
        f'{ENDS:,} of them, at random: while it starts, waits, answers, has '
        'answered; plain, --threads, --fork: status 0 within 2 s, no process '
        'left; while it starts, death of the signal counts, too',
        f'seed {seed}, {ends // 2 * 2:,}: {len(odd)} odd'
        + (f': {odd[:3]}' if odd else ''), not odd, COMMAND, watch.seconds())


# ---- Those that are handled

def handled(options, requests):
    """Small answers and bodies by turns, and now and then a large answer."""
    with served.ours(served.of('alarmed()'), options) as server:
        expected = {served.request(b'/'): b'Hello, world!\n',
                    served.request(b'/echo', BODY): BODY,
                    served.request(b'/big'): served.body_of(server.ask(
                        served.request(b'/big')))}
        plan = list(expected.items())
        before, begun = how_many(server), time.monotonic()
        wrong = 0
        for number in range(requests):
            data, body = plan[2 if number % 100 == 0 else number % 2]
            wrong += served.body_of(server.ask(data)) != body
        seconds = time.monotonic() - begun
        signals = how_many(server) - before
        server.stop_cleanly()
    return {'requests': requests, 'wrong': wrong, 'signals': signals,
            'rate': signals / seconds}


def how_many(server):
    """Signals it has handled."""
    return int(served.body_of(server.ask(served.request(b'/handled'))))


# ---- Those that end it

def end_all(seed, count):
    """What was odd."""
    dice = random.Random(seed)
    odd = []
    for number in range(count):
        phase = PHASES[number % len(PHASES)]
        options = dice.choice([(), ('--threads',), ('--fork',)])
        signum = dice.choice([signal.SIGINT, signal.SIGTERM])
        end = (end_start if phase == 'start' else end_server)
        problem = end(dice, phase, options, signum)
        if problem:
            odd.append(f'{phase} {" ".join(options)} {signum.name}: '
                       f'{problem}')
    return odd


def end_start(dice, phase, options, signum):
    with subprocess.Popen(
            [builds.folder() / 'cwsgiref', '--bind', '127.0.0.1:0', *options,
             served.of()], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE) as process:
        try:
            time.sleep(dice.random() * 0.1)
            begun = time.monotonic()
            process.send_signal(signum)
            log = process.communicate(timeout=PATIENCE)[1].decode()
        except subprocess.TimeoutExpired:
            return 'it has not ended'
        finally:
            process.kill()
    return judged(process.returncode, (0, -signum), log,
                  time.monotonic() - begun)


def end_server(dice, phase, options, signum):
    with served.ours(served.of(), options, stderr=None,
                     start_new_session=True) as server:
        client = None
        if phase == 'in a request':
            client = server.connect()
            client.sendall(b'POST /block HTTP/1.0\r\nContent-Length: 5\r\n'
                           b'\r\nabc')
            server.wait_for_line('^blocked$')
        elif phase == 'behind an answer':
            server.ask(served.request(b'/'))
        else:
            time.sleep(dice.random() * 0.002)
        begun = time.monotonic()
        server.process.send_signal(signum)
        if client is not None and options:
            # A thread, or a child, is waited for: it has to go on.
            client.sendall(b'de')
        try:
            server.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return 'it has not ended'
        seconds = time.monotonic() - begun
        if client is not None:
            client.close()
        left = group_is_there(server.process.pid)
        return (judged(server.process.returncode, (0,), server.log(), seconds)
                or ('a process is left' if left else ''))


def group_is_there(pid):
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def judged(status, expected, log, seconds):
    """What is odd, in words."""
    if status not in expected:
        return f'status {status}, {log[-300:]!r}'
    if 'Fatal' in log or 'SystemError' in log:
        return f'{log[-300:]!r}'
    return f'{seconds:.1f} s' if seconds > SOON else ''
