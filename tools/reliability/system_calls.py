"""A system call fails, each in turn with each errno that it can have, in both
servers, and the same comes of it: what the client gets, the log, the end of
the connection, and the next answer.

Which call of the one is which of the other?

- A client that has hung up gets what a server writes at once, from ours as
  from Python's. The library says of every client that it has. So both make the
  same calls, one for one, which is checked first: the n-th of a kind is the
  same method's. (Python asks once more what a new connection is, by
  getsockname() and getsockopt(): those have no counterpart.)
- For a client that is there, ours sends head and first block at once, and a
  file by sendfile(). There a connection breaks before the n-th byte of the
  answer: what comes before that is sent, and the send() of that byte fails.
  There the frames of a traceback are not compared.
"""

import argparse
import errno
import os
import re
import subprocess
import sys
from contextlib import suppress

from tools.command import ROOT
from tools.compare import servers
from tools.compare.exchange import Exchange, Send, take
from tools.compare.fuzz import diff
from tools.patience import wait

from . import builds, requests
from .faults import (APPLICATION, CALLS, HERE, NEVER, Faults, name_of, program,
                     python_command)
from .row import Row, Watch, tell

GOAL = 'A system call fails, each in turn, with each errno that it can have'
WANTED = ("3,000 points: the answer, the log, the end and the next answer as "
          "wsgiref's")

PATIENCE = 20  # seconds, then a server hangs

ERRORS = {
    'accept': 'ECONNABORTED EMFILE ENFILE ENOMEM ENOBUFS EPERM EPROTO EINTR '
              'EAGAIN EINVAL ENETDOWN EHOSTUNREACH',
    'recv': 'ECONNRESET ENOTCONN EIO ENOMEM ENOBUFS ETIMEDOUT EINTR EAGAIN '
            'ECONNREFUSED EHOSTUNREACH',
    'send': 'ECONNRESET EPIPE EIO ENOMEM ENOBUFS ENOTCONN EINTR EAGAIN '
            'ETIMEDOUT EHOSTUNREACH ECONNABORTED',
    'shutdown': 'ENOTCONN EIO ENOBUFS ECONNRESET EINVAL EINTR',
    'close': 'EIO ECONNRESET EINTR ENOBUFS ENOSPC',
    'poll': 'EINTR ENOMEM EINVAL',
    'ioctl': 'EIO ENOMEM EINVAL',
    'read': 'EIO EINTR EISDIR ENOMEM',
    'break': 'ECONNRESET EPIPE EIO ENOMEM ENOBUFS ENOTCONN ETIMEDOUT '
             'EHOSTUNREACH ECONNABORTED',
}

# Once, or from then on; what a caller tries again, also a few times.
COUNTS = {'send': (1, NEVER), 'recv': (1, NEVER)}
AGAIN = (1, 3)


# Those that come by one recv().
KINDS = {name: request for name, request in requests.ALL.items()
         if len(request) <= 8192}


class Side:
    """One of the servers, and what it is to meet."""

    def __init__(self, command, is_program):
        self.command = command
        self.is_program = is_program
        self.faults = Faults()
        self.start()

    def start(self):
        self.faults.stop()
        self.server = servers.Server(self.command, self.is_program,
                                     env=self.faults.environment())
        self.server.patience = PATIENCE
        for request in KINDS.values():  # what is found out once
            self.exchange(request)
        self.server.log_of_exchange()

    def stop(self):
        self.server.stop()
        self.faults.close()

    def exchange(self, request):
        """The answer and the end, when the server waits for the next one."""
        try:
            return take([Send(request)], self.server)
        finally:
            while self.server.process.poll() is None \
                    and not self.server.is_asleep():
                pass

    def wait(self):
        """Until it waits for a client."""
        self.server.wait_until_asleep()

    def run(self, request, arm):
        """(what has come of it, how many calls have failed)"""
        self.wait()
        arm(self.faults)
        try:
            answer, end = self.exchange(request)
            failed = self.faults.control.failed
            self.faults.stop()
            log = self.server.log_of_exchange()
            after = self.exchange(requests.ANSWERED['hello'])
            log += self.server.log_of_exchange()
        except (OSError, RuntimeError) as error:
            failed = self.faults.control.failed
            return self.ended(error), failed
        return Exchange(answer + b'\nTHEN: ' + after[0], end, log), failed

    def ended(self, error):
        if isinstance(error, TimeoutError):
            self.server.kill()
            self.start()
            return Exchange(b'', 'it hangs', '')
        with suppress(subprocess.TimeoutExpired):
            wait(self.server.process, PATIENCE)
        status, log = self.server.stop()
        self.start()
        return Exchange(b'', f'it ends with status {status}',
                        beyond_main(log))


def beyond_main(log):
    """The traceback of a server that ends, from serve_forever on, without what
    Python has in a module of its own."""
    return re.sub(r'^  File "[^"]*(?:reference|selectors)\.py".*\n'
                  r'(?:    .*\n)*', '', log, flags=re.MULTILINE)


def without_frames(exchange):
    """Without the frames of the servers: the call that fails is another."""
    return exchange._replace(log=re.sub(
        r'^  File "[^"]*/(?:wsgiref/|http/|socketserver|src/).*\n'
        r'(?:    .*\n)*', '', exchange.log, flags=re.MULTILINE))


class Point:
    """A fault, and the request that meets it."""

    def __init__(self, kind, call, number, count, error):
        self.kind = kind
        self.call = call
        self.number = number
        self.count = count
        self.error = error

    def __str__(self):
        often = {1: '', NEVER: ' and all later ones'}.get(
            self.count, f' to {self.number + self.count - 1}')
        what = (f'before byte {self.number}' if self.call == 'break'
                else f'{self.call}() {self.number}{often}')
        return f'{self.kind}: {what}: {name_of(self.error)}'

    def arm(self, faults):
        faults.control.hung_up = self.call != 'break'
        if self.call == 'break':
            faults.break_at(self.number, self.error)
        else:
            faults.fail_calls(self.call, self.number, self.count, self.error)


class Pair:
    """Both servers."""

    def __init__(self, options=()):
        self.python = Side(python_command(*options, APPLICATION), False)
        self.program = Side([program(), '--bind', '127.0.0.1:0', *options,
                             APPLICATION], True)

    def stop(self):
        self.python.stop()
        self.program.stop()

    def differs(self, point):
        """How, as text, or ''. What comes once only is chance: the tick of
        serve_forever(), every half second, is a call, too."""
        for _ in range(3):
            found = self.difference(point)
            if not found:
                return ''
        return found

    def difference(self, point):
        request = KINDS[point.kind]
        (one, here), (other, there) = (
            side.run(request, point.arm)
            for side in (self.python, self.program))
        if point.call == 'break':
            one, other = without_frames(one), without_frames(other)
        if one.comparable() != other.comparable():
            return diff(one, other)
        if bool(here) != bool(there):
            return f'failed: {here} calls of Python, {there} of ours'
        return ''

    def traces(self, kind):
        """The calls of both for a request, that both have."""
        found = []
        for side in self.python, self.program:
            side.wait()
            side.faults.control.hung_up = 1
            side.faults.count()
            side.exchange(KINDS[kind])
            found.append(re.sub('[NGpi]', '', side.faults.trace()))
        return found


# ---- The points

def points_of_calls(pair, kind, with_timeout):
    """Each call that both make for a request."""
    trace, other = pair.traces(kind)
    if trace != other:
        raise AssertionError(f'{kind}: the calls are not the same: '
                             f'{trace} and {other}')
    letters = {letter: call for call, letter in CALLS.items()}
    seen = {}
    for letter in trace:
        call = letters[letter]
        seen[call] = seen.get(call, 0) + 1
    seen['poll'] = 3 if with_timeout else 1
    if with_timeout:
        seen['ioctl'] = 1
    for call, times in seen.items():
        for number in some(times):
            for error in errors_of(call):
                again = error in (errno.EINTR, errno.EAGAIN)
                for count in AGAIN if again else COUNTS.get(call, (1,)):
                    yield Point(kind, call, number, count, error)


def errors_of(call):
    return [getattr(errno, name) for name in ERRORS[call].split()]


def some(times):
    """Of that many calls: the first ones, and the last."""
    return sorted({*range(1, min(times, 7) + 1), times})


def points_of_bytes(pair, kind):
    """Where a send() of Python's begins, and one byte later."""
    answer, _ = pair.python.exchange(KINDS[kind])
    head, blank, body = answer.partition(b'\r\n\r\n')
    places = {0, 1, len(answer) - 1}
    places.update(match.end() for match in
                  re.finditer(rb'\r\n', head + blank))
    places.update({len(head + blank) + 1, len(answer) - len(body) // 2})
    for place in sorted(places):
        if 0 <= place < len(answer):
            for error in errors_of('break'):
                yield Point(kind, 'break', place, 1, error)


# ---- When a server is made

STARTING = {
    'socket': 'EMFILE ENFILE ENOMEM ENOBUFS EACCES EAFNOSUPPORT',
    'setsockopt': 'ENOMEM ENOBUFS EINVAL ENOPROTOOPT EINTR',
    'bind': 'EADDRINUSE EACCES EADDRNOTAVAIL ENOMEM ENOBUFS EINVAL EINTR',
    'getsockname': 'ENOBUFS ENOMEM EINVAL EINTR',
    'listen': 'EADDRINUSE ENOMEM EOPNOTSUPP EINTR',
    'close': 'EIO EINTR ECONNRESET ENOSPC',
}


def points_of_starting():
    """(the point as text, how it differs) by the classes of the module."""
    faults = Faults()
    path = f'{ROOT / "python"}:{builds.folder() / "python"}'
    environment = faults.environment(PYTHONPATH=path)
    for call, names in STARTING.items():
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, 'starting.py'), call,
             *names.split()], env=environment, text=True, timeout=600,
            stdout=subprocess.PIPE, check=True)
        for line in done.stdout.splitlines():
            point, one, other = line.split('\t')
            yield point, '' if one == other else f'-{one}\n+{other}'
    faults.close()


# ---- All of it

# There are 20,000 points, which takes long: so many of them are enough, and
# every errno comes at every call, of one request or another.
AT_ONCE = 0.25


class Tally:
    def __init__(self):
        self.points = 0
        self.different = []

    def add(self, point, how):
        self.points += 1
        if how:
            self.different.append((str(point), how))
            tell(f'{point}:\n{how}')


class Part:
    """That part of all points, spread over them."""

    def __init__(self, scale):
        self.scale = scale
        self.number = 0

    def __call__(self, points):
        for point in points:
            self.number += 1
            if int(self.number * self.scale) != int((self.number - 1)
                                                    * self.scale):
                yield point


def run(scale=1.0, kinds=None):
    tally = Tally()
    part = Part(scale * AT_ONCE)
    watch = Watch()
    for options in [], ['--timeout', '30']:
        pair = Pair(options)
        try:
            for kind in kinds or KINDS:
                before = tally.points
                for point in part(points_of_calls(pair, kind, bool(options))):
                    tally.add(point, pair.differs(point))
                if not options:
                    for point in part(points_of_bytes(pair, kind)):
                        tally.add(point, pair.differs(point))
                tell(f'{" ".join(options)} {kind}: '
                     f'{tally.points - before} points, '
                     f'{watch.seconds():.1f} s')
        finally:
            pair.stop()
    for point, how in part(points_of_starting()):
        tally.add(point, how)
    return tally


def rows(scale=1.0):
    watch = Watch()
    tally = run(scale)
    yield Row(GOAL, WANTED,
              f'{tally.points:,} points: {len(tally.different)} different',
              tally.points >= int(3000 * scale) and not tally.different,
              'script/reliability system-calls', watch.seconds())


def main():
    builds.begin()
    parser = argparse.ArgumentParser(prog='system-calls')
    parser.add_argument('--scale', type=float, default=1.0)
    parser.add_argument('kinds', nargs='*')
    arguments = parser.parse_args()
    tally = run(arguments.scale, arguments.kinds)
    print(f'{tally.points} points, {len(tally.different)} different')
    return 1 if tally.different else 0


if __name__ == '__main__':
    sys.exit(main())
