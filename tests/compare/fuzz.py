"""Cases made up at random on both servers: script/compare --fuzz.

Each worker is a process with a pair of servers of its own.
"""

import argparse
import difflib
import multiprocessing
import os
import random
import sys
import time
from contextlib import suppress
from multiprocessing.connection import wait
from typing import NamedTuple

from . import servers
from .behaviours import Board
from .exchange import Exchange, take
from .generator import case
from .shrinker import Shrinker

WORKERS = os.cpu_count() or 1
REPORT = 0.2   # seconds between two reports of a worker
REPEATS = 3    # how often a mismatch is looked at again, on fresh servers
ENOUGH = 20    # mismatches, then a run ends
WIDTH = 300    # a longer line is cut in a report


class Pair:
    """Both servers, with the board that tells their application what to do.
    """

    def __init__(self, options=()):
        self.options = options
        self.board = Board()
        self.start()

    def start(self):
        arguments = {'application': self.board.application(),
                     'options': self.options}
        self.python = servers.reference(**arguments)
        try:
            self.program = servers.program(**arguments)
        except (OSError, RuntimeError):
            self.python.stop()
            raise

    def stop(self):
        """Returns what went wrong in the end, as text."""
        wrong = ''
        for server in self.python, self.program:
            if server.process.stdout.closed:
                continue
            try:
                server.stop_cleanly()
            except AssertionError as error:
                wrong += f'{error}\n'
        return wrong

    def restart(self):
        self.stop()
        self.start()

    def run_afresh(self, a_case):
        """The same on servers that have done nothing yet."""
        self.restart()
        return self.run(a_case)

    def run(self, a_case):
        """Returns the Exchange with each of the two."""
        self.board.write(a_case.behaviour)
        results = [outcome(a_case.steps, server)
                   for server in (self.python, self.program)]
        if any(result.end == DIED for result in results):
            self.restart()
        return results


DIED = 'the server has ended'


def outcome(steps, server):
    """The Exchange, also with a server that crashes or hangs on it."""
    try:
        answer, end = take(steps, server)
        if answer and end == 'FIN':
            # A server writes its log before it ends the connection.
            return Exchange(answer, end, server.new_log())
        return Exchange(answer, end, server.log_of_exchange())
    except (OSError, RuntimeError) as error:
        status, log = server.stop()
        return Exchange(b'', DIED, f'{log}[{type(error).__name__}, status '
                                   f'{status}]')


def differences(python, program):
    """In which respects two Exchanges differ, in words."""
    if python == program:
        return ''
    one, other = ({**each.sections(), 'end': each.end}
                  for each in (python, program))
    return ', '.join(name for name in one if one[name] != other[name])


# ---- What is done about a mismatch

class Mismatch(NamedTuple):
    """A case on which the servers differ, made small."""
    seed: str
    index: int
    what: str       # in which respects
    steady: bool    # they do each time
    chance: bool    # Python's server does not even agree with itself
    case: object
    diff: str

    def __str__(self):
        lines = [f'MISMATCH ({self.what}): --seed {self.seed} '
                 f'--case {self.index}']
        if self.chance:
            lines.append("CHANCE: Python's server differs from itself here; "
                         'the generator must not make such a case')
        elif not self.steady:
            lines.append('NOT STEADY: fresh servers did not show it again; '
                         'what came before it may matter')
        return '\n'.join([*lines, self.diff, 'For tests/compare/found.py:',
                          as_source(self), ''])


def as_source(mismatch):
    """A case as it can stand in found.py."""
    steps = ',\n       '.join(map(repr, mismatch.case.steps))
    lines = mismatch.case.behaviour.splitlines(keepends=True) or ['']
    behaviour = '\n      '.join(map(repr, lines))
    return (f"found('seed-{mismatch.seed}-case-{mismatch.index}',\n"
            f"      'differs in: {mismatch.what}',\n"
            f'      [{steps}],\n      {behaviour})')


def examine(pair, seed, index, found):
    """Looks closer at a case that has shown a mismatch."""
    case_of_it = case(seed, index)
    what = differences(*found)
    again = [pair.run_afresh(case_of_it) for _ in range(REPEATS)]
    steady = all(differences(*results) for results in again)
    chance = False
    if steady:
        what = differences(*again[-1])
        # What has been done once may not show it any more.
        run = (pair.run if differences(*pair.run(case_of_it)) == what
               else pair.run_afresh)
        case_of_it = Shrinker(
            lambda a_case: differences(*run(a_case)) == what
        ).shrink(case_of_it)
        found = run(case_of_it)
    else:
        chance = is_chance(pair, case_of_it)
    return Mismatch(seed, index, what, steady, chance, case_of_it,
                    diff(*found))


def is_chance(pair, a_case):
    """Does Python's server do now this, now that?"""
    seen = [pair.run(a_case)[0] for _ in range(50)]
    return any(differences(seen[0], each) for each in seen)


def diff(python, program):
    """What differs, line by line."""
    lines = difflib.unified_diff(
        *([cut(line) for line in each.comparable()]
          for each in (python, program)),
        'wsgiref.simple_server', 'cwsgiref', lineterm='')
    return '\n'.join(lines) or '(they differ in the long lines)'


def cut(line):
    if len(line) <= WIDTH:
        return line
    return f'{line[:WIDTH]}... ({len(line)} characters)'


# ---- Workers

def work(connection, seed, indexes, seconds, options):
    """What a worker process does: the cases of these indexes, until the time
    is over or nobody listens. Sends an int, the cases done since the last
    report, or a Mismatch, or a text, what was wrong in the end."""
    os.setsid()  # Ctrl-C is for the parent alone, not for the servers
    end = time.monotonic() + seconds
    pair = Pair(options)
    try:
        with suppress(BrokenPipeError):
            run_cases(connection, pair, seed, indexes, end)
    finally:
        wrong = pair.stop()
    with suppress(BrokenPipeError):
        connection.send(wrong)


def run_cases(connection, pair, seed, indexes, end):
    done, next_report = 0, 0
    for index in indexes:
        now = time.monotonic()
        if now >= next_report or now >= end:
            connection.send(done)
            done, next_report = 0, now + REPORT
            if now >= end or connection.poll():
                return
        a_case = case(seed, index)
        if pair.options and not a_case.is_patient():
            continue  # when the log of a client that left ends is unknown
        results = pair.run(a_case)
        done += 1
        if differences(*results):
            connection.send(examine(pair, seed, index, results))
    connection.send(done)


class Run:
    """A number of cases, by several workers at once."""

    def __init__(self, seed, indexes, seconds=float('inf'), options=()):
        self.cases = 0
        self.mismatches = []
        self.wrong = ''
        self.started = time.monotonic()
        self.connections = []
        self.processes = []
        context = multiprocessing.get_context('fork')
        for number in range(WORKERS):
            ours, theirs = context.Pipe()
            self.connections.append(ours)
            process = context.Process(target=self.work, args=(
                theirs, seed, indexes[number::WORKERS], seconds, options))
            process.start()
            theirs.close()
            self.processes.append(process)

    def work(self, connection, *arguments):
        """In the new process."""
        for ours in self.connections:  # lest nobody sees that we are gone
            ours.close()
        work(connection, *arguments)

    def reports(self):
        """Goes on while there are workers; yields at each of their reports:
        a Mismatch or None."""
        while self.connections:
            for connection in wait(self.connections):
                yield self.take_report(connection)

    def take_report(self, connection):
        try:
            report = connection.recv()
        except (EOFError, ConnectionResetError):
            self.connections.remove(connection)
            return None
        if isinstance(report, int):
            self.cases += report
        elif isinstance(report, str):
            self.wrong += report
        else:
            self.mismatches.append(report)
            if len(self.mismatches) == ENOUGH:
                self.stop()
            return report
        return None

    def stop(self):
        """Lets the workers end after the case that they are at."""
        for connection in self.connections:
            with suppress(BrokenPipeError):
                connection.send('stop')

    def finish(self):
        """Waits for the workers."""
        for _ in self.reports():
            pass
        for process in self.processes:
            process.join()
        if any(process.exitcode for process in self.processes):
            self.wrong += 'a worker has failed, see above\n'

    def failed(self):
        return bool(self.mismatches or self.wrong)


# ---- The program

class Progress:
    """How far a run is: one line that changes, on a terminal; elsewhere a new
    line from time to time."""

    BAR = 24
    PAUSE = 10  # seconds between two lines

    def __init__(self, run, cases, seconds):
        self.run = run
        self.all_cases = cases
        self.seconds = seconds
        self.in_place = sys.stdout.isatty()
        self.next_line = time.monotonic() + self.PAUSE

    def show(self):
        now = time.monotonic()
        if self.in_place:
            print(f'\r{self.bar()} {self.text()}\033[K', end='', flush=True)
        elif now >= self.next_line:
            self.next_line = now + self.PAUSE
            print(self.text(), flush=True)

    def end(self):
        """Lets what is printed next begin a line of its own."""
        if self.in_place:
            print('\r\033[K', end='')

    def done(self):
        """The part that is over, 0 to 1."""
        spent = time.monotonic() - self.run.started
        return min(1, max(spent / self.seconds,
                          self.run.cases / self.all_cases))

    def bar(self):
        filled = round(self.done() * self.BAR)
        return f'[{"#" * filled:.<{self.BAR}}]'

    def text(self):
        spent = time.monotonic() - self.run.started
        left = spent / self.done() - spent if self.done() else 0
        minutes, seconds = divmod(round(left), 60)
        return f'{tally(self.run)}, {minutes}:{seconds:02} left'


def tally(run):
    spent = time.monotonic() - run.started
    count = len(run.mismatches)
    return (f'{run.cases} cases, {run.cases / spent:.0f}/s, '
            f'{count} mismatch{"" if count == 1 else "es"}')


def arguments_of(argv):
    parser = argparse.ArgumentParser(
        prog='script/compare --fuzz', description='Sends both servers cases '
        'made up at random, and makes small what they answer differently.')
    parser.add_argument('--minutes', type=positive(float),
                        help='how long (1, if there is no --cases either)')
    parser.add_argument('--cases', type=positive(int), help='how many')
    parser.add_argument('--seed', default=fresh_seed(),
                        help='for the same cases once more')
    parser.add_argument('--case', type=int, metavar='NUMBER',
                        help='only this case of the seed')
    for option in OPTIONS:
        parser.add_argument(option, dest='options', action='append_const',
                            const=option, default=[],
                            help='as both servers have it')
    return parser.parse_args(argv)


OPTIONS = ('--threads', '--fork', '--validate')


def positive(number):
    def convert(text):
        if not 0 < number(text) < float('inf'):
            raise ValueError
        return number(text)
    convert.__name__ = f'positive {number.__name__}'
    return convert


def fresh_seed():
    return str(random.SystemRandom().randrange(10 ** 9))


def main(argv):
    """Returns the exit status: 0, 1 where the servers differ, 2 where there
    is nothing to compare."""
    arguments = arguments_of(argv)
    try:
        Pair(arguments.options).stop()
    except (OSError, RuntimeError) as error:
        print(f'script/compare: the servers do not start: {error}',
              file=sys.stderr)
        return 2
    indexes, seconds = extent(arguments)
    print(f'seed {arguments.seed}', flush=True)
    run = Run(arguments.seed, indexes, seconds, arguments.options)
    follow(run, Progress(run, len(indexes), seconds))
    print(tally(run), flush=True)
    if run.wrong:
        print(run.wrong, file=sys.stderr)
    return int(run.failed())


ENDLESS = 10 ** 15  # so many cases no run will see


def extent(arguments):
    """Which cases, and for how many seconds at most."""
    if arguments.case is not None:
        return range(arguments.case, arguments.case + 1), float('inf')
    minutes = arguments.minutes
    if minutes is None:
        minutes = float('inf') if arguments.cases else 1
    return range(arguments.cases or ENDLESS), 60 * minutes


def follow(run, progress):
    """Shows how it goes, and each mismatch as it comes. Ctrl-C ends it."""
    try:
        for mismatch in run.reports():
            if mismatch is not None:
                progress.end()
                print(mismatch, flush=True)
            progress.show()
    except KeyboardInterrupt:
        run.stop()
    progress.end()
    run.finish()
