"""Cases made up at random on both servers: script/compare --fuzz.

Each worker is a process with a pair of servers of its own.
"""

import argparse
import difflib
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import time
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import NamedTuple

from . import servers
from .behaviours import Board
from .exchange import Exchange, take
from .generator import case
from .shrinker import Over, Shrinker

WORKERS = os.cpu_count() or 1
REPORT = 0.2   # seconds between two reports of a worker
HANGS = 10  # seconds, then a server hangs;
SURE = 2       # and when it is known to
REPEATS = 3    # how often a mismatch is looked at again, on fresh servers
ENOUGH = 20    # mismatches, then a run ends
WIDTH = 300    # a longer line is cut in a report


class Pair:
    """Both servers, with the board that tells their application what to do.
    """

    def __init__(self, options=()):
        self.options = options
        self.board = Board()
        self.patience = HANGS
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
        self.python.patience = self.program.patience = self.patience

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
        if any(result.end in GONE for result in results):
            self.restart()
        return results


GONE = DIED, HUNG = 'the server has ended', 'the server does not go on'


def outcome(steps, server):
    """The Exchange, also with a server that crashes or hangs on it."""
    try:
        answer, end = take(steps, server)
        if answer and end == 'FIN':
            # A server writes its log before it ends the connection.
            return Exchange(answer, end, server.new_log())
        return Exchange(answer, end, server.log_of_exchange())
    except TimeoutError:
        server.process.kill()
        return Exchange(b'', HUNG, server.stop()[1])
    except (OSError, RuntimeError):
        status, log = server.stop()
        return Exchange(b'', DIED, f'{log}[status {status}]')


def differences(python, program):
    """In which respects two Exchanges differ, in words."""
    if python == program:
        return ''
    one, other = ({**each.sections(), 'end': each.end}
                  for each in (python, program))
    return ', '.join(name for name in one if one[name] != other[name])


# ---- What is done about a mismatch

class Suspect(NamedTuple):
    """A case that a worker has found and now looks closer at."""
    index: int


class Mismatch(NamedTuple):
    """A case on which the servers differ, made small."""
    seed: str
    index: int
    options: list   # of both servers
    what: str       # in which respects
    steady: bool    # they do each time
    chance: bool    # Python's server does not even agree with itself
    small: bool     # nothing more can be left out
    case: object
    diff: str

    def name(self):
        return ' '.join([f'MISMATCH ({self.what}): --seed {self.seed} '
                         f'--case {self.index}', *self.options])

    def __str__(self):
        lines = [self.name()]
        if self.chance:
            lines.append("CHANCE: Python's server differs from itself here; "
                         'the generator must not make such a case')
        elif not self.steady:
            lines.append('NOT STEADY: fresh servers did not show it again; '
                         'what came before it may matter')
        elif not self.small:
            lines.append('NOT SMALL: there was no more time for it')
        return '\n'.join([*lines, self.diff, 'For tools/compare/found.py:',
                          as_source(self), ''])


def as_source(mismatch):
    """A case as it can stand in found.py."""
    steps = ',\n       '.join(map(step_as_source, mismatch.case.steps))
    lines = mismatch.case.behaviour.splitlines(keepends=True) or ['']
    behaviour = '\n      '.join(map(repr, lines))
    options = f',\n      {mismatch.options!r}' if mismatch.options else ''
    return (f"found('seed-{mismatch.seed}-case-{mismatch.index}',\n"
            f"      'differs in: {mismatch.what}',\n"
            f'      [{steps}],\n      {behaviour}{options})')


# The same few bytes, many times.
RUN = re.compile(rb'(?s)((?P<part>.{1,8}?)(?P=part){49,})')


def step_as_source(step):
    """repr(step), in which a long run of bytes is a product."""
    if not hasattr(step, 'data'):
        return repr(step)
    *pieces, rest = RUN.split(step.data)
    terms = []
    for plain, run, part in zip(*[iter(pieces)] * 3):
        terms += [repr(plain)] if plain else []
        terms.append(f'{part!r} * {len(run) // len(part)}')
    if rest or not terms:
        terms.append(repr(rest))
    return f'{type(step).__name__}({" + ".join(terms)})'


def examine(pair, seed, index, found, wanted):
    """Looks closer at a case that has shown a mismatch. wanted(): does
    anybody wait for more than the mismatch as it is?"""
    case_of_it = case(seed, index)
    again = [pair.run_afresh(case_of_it) for _ in range(REPEATS)]
    steady = all(differences(*results) for results in again)
    chance = small = False
    if steady:
        case_of_it, found, small = shrink(pair, case_of_it, again[-1], wanted)
    else:
        chance = is_chance(pair, case_of_it)
    return Mismatch(seed, index, pair.options, differences(*found), steady,
                    chance, small, case_of_it, diff(*found))


def shrink(pair, a_case, found, wanted):
    """The smallest case that differs like this one, how it does, and whether
    there was the time to make it as small as can be."""
    what = differences(*found)
    hangs = any(result.end == HUNG for result in found)
    if hangs:
        pair.patience = SURE
        pair.restart()
    # What has been done once may not show it any more.
    run = (pair.run if differences(*pair.run(a_case)) == what
           else pair.run_afresh)

    def differs(smaller):
        nonlocal found
        if not wanted():
            raise Over
        results = run(smaller)
        if differences(*results) != what:
            return False
        found = results
        return True

    shrinker = Shrinker(differs)
    try:
        return shrinker.shrink(a_case), found, shrinker.done
    finally:
        if hangs:
            pair.patience = HANGS
            pair.restart()


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

def work(connection, seed, indexes, seconds, options, make_pair):
    """What a worker process does: the cases of these indexes, until the time
    is over or nobody listens. Sends an int, the cases done since the last
    report, or a Suspect and then the Mismatch, or a text, what was wrong in
    the end."""
    os.setsid()  # Ctrl-C is for the parent alone, not for the servers
    end = time.monotonic() + seconds
    pair = make_pair(options)
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
        results = pair.run(case(seed, index))
        done += 1
        if differences(*results):
            connection.send(Suspect(index))
            connection.send(examine(pair, seed, index, results,
                                    lambda: not connection.poll()))
    connection.send(done)


class Run:
    """A number of cases, by several workers at once. make_pair: what makes the
    servers of a worker."""

    def __init__(self, seed, indexes, seconds=float('inf'), options=(),
                 make_pair=Pair):
        self.plan = seed, indexes, seconds, options
        self.make_pair = make_pair
        self.cases = 0
        self.suspects = set()  # indexes
        self.mismatches = []
        self.wrong = ''
        self.interrupted = False
        self.started = time.monotonic()
        self.connections = []
        self.processes = []

    def start(self):
        """Starts the workers."""
        seed, indexes, seconds, options = self.plan
        context = multiprocessing.get_context('fork')
        for number in range(WORKERS):
            ours, theirs = context.Pipe()
            self.connections.append(ours)
            process = context.Process(target=self.work, args=(
                theirs, seed, indexes[number::WORKERS], seconds, options,
                self.make_pair))
            process.start()
            theirs.close()
            self.processes.append(process)
        if self.interrupted:
            self.stop()

    def work(self, connection, *arguments):
        """In the new process."""
        for ours in self.connections:  # lest nobody sees that we are gone
            ours.close()
        work(connection, *arguments)

    def reports(self):
        """Goes on while there are workers; yields at each of their reports,
        and from time to time without one: a Mismatch or None."""
        while self.connections:
            ready = wait(self.connections, REPORT)
            if not ready:
                yield None
            for connection in ready:
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
        elif isinstance(report, Suspect):
            self.suspects.add(report.index)
        else:
            self.suspects.remove(report.index)
            self.mismatches.append(report)
            if len(self.mismatches) == ENOUGH:
                self.stop()
            return report
        return None

    def stop(self):
        """Lets the workers end after the case that they are at."""
        for connection in self.connections:
            with suppress(OSError):
                connection.send('stop')

    def interrupt(self, *_):
        """What Ctrl-C does."""
        self.interrupted = True
        self.stop()

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
            width = shutil.get_terminal_size().columns - 1
            line = f'{self.bar()} {self.text()}'[:width]
            print(f'\r{line}\033[K', end='', flush=True)
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
        words = [tally(self.run)]
        if self.run.suspects:
            words.append('making ' + ', '.join(
                f'case {index}' for index in sorted(self.run.suspects))
                + ' small')
        if self.run.interrupted:
            words.append('ending')
        elif self.done():
            spent = time.monotonic() - self.run.started
            minutes, seconds = divmod(round(spent / self.done() - spent), 60)
            words.append(f'{minutes}:{seconds:02} left')
        return ', '.join(words)


def tally(run):
    spent = time.monotonic() - run.started
    cases, mismatches = run.cases, len(run.mismatches)
    return (f'{cases} case{"" if cases == 1 else "s"}, '
            f'{cases / spent:.0f}/s, '
            f'{mismatches} mismatch{"" if mismatches == 1 else "es"}')


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f'{self.prog}: {message}; see {self.prog} --help\n')


def arguments_of(argv):
    parser = Parser(
        prog='script/compare --fuzz', allow_abbrev=False,
        description='Sends both servers cases made up at random, and makes '
        'small what they answer differently. Ctrl-C ends it.',
        epilog='Exit status: 0 nothing differs, 1 something does, 2 there is '
        'no telling, 130 after Ctrl-C.')
    parser.add_argument('--minutes', type=positive(float), metavar='N',
                        help='how long (1, if there is no --cases either)')
    parser.add_argument('--cases', type=positive(int), metavar='N',
                        help='how many')
    parser.add_argument('--seed', metavar='S',
                        help='any word; the same one, the same cases '
                        '(a new one, if there is none)')
    parser.add_argument('--case', type=case_number, metavar='N',
                        help='only this one of the seed')
    for option in OPTIONS:
        parser.add_argument(option, dest='options', action='append_const',
                            const=option, default=[],
                            help='as both servers have it')
    arguments = parser.parse_args(argv)
    check(parser, arguments)
    return arguments


OPTIONS = ('--threads', '--fork', '--validate')


def check(parser, arguments):
    """Is one thing asked for, and not two?"""
    if {'--threads', '--fork'} <= set(arguments.options):
        parser.error('--threads or --fork, not both')
    if arguments.case is not None:
        if arguments.cases is not None or arguments.minutes is not None:
            parser.error('--case is one case: no --cases, --minutes beside '
                         'it')
        if arguments.seed is None:
            parser.error('--case counts the cases of a seed: give its --seed, '
                         'too')
    if arguments.seed is None:
        arguments.seed = fresh_seed()


def positive(number):
    def convert(text):
        with suppress(ValueError):
            if 0 < number(text) < float('inf'):
                return number(text)
        raise argparse.ArgumentTypeError(
            f'{text!r} is no {"whole " * (number is int)}number above 0')
    return convert


def case_number(text):
    if not re.fullmatch('[0-9]+', text):
        raise argparse.ArgumentTypeError(
            f'{text!r} is not the number of a case: 0, 1, ...')
    return int(text)


def fresh_seed():
    return str(random.SystemRandom().randrange(10 ** 9))


def main(argv):
    """Returns the exit status."""
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
    with ctrl_c(run.interrupt):
        run.start()
        follow(run, Progress(run, len(indexes), seconds))
    print(verdict(run), flush=True)
    if run.wrong:
        print(run.wrong, file=sys.stderr)
    if run.failed():
        return 1
    if run.interrupted:
        return 130
    if run.cases == 0:
        print('script/compare: nothing has been compared: the time was too '
              'short', file=sys.stderr)
        return 2
    return 0


ENDLESS = 10 ** 15  # so many cases no run will see


def extent(arguments):
    """Which cases, and for how many seconds at most."""
    if arguments.case is not None:
        return range(arguments.case, arguments.case + 1), float('inf')
    minutes = arguments.minutes
    if minutes is None:
        minutes = float('inf') if arguments.cases else 1
    return range(arguments.cases or ENDLESS), 60 * minutes


@contextmanager
def ctrl_c(handler):
    """It calls the handler meanwhile, unless it is ignored anyway."""
    before = signal.getsignal(signal.SIGINT)
    if before != signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def follow(run, progress):
    """Shows how it goes, and each mismatch as it comes."""
    shown = {}  # for each diff: the index of the first case that has it
    for mismatch in run.reports():
        if mismatch is not None:
            progress.end()
            first = shown.setdefault(mismatch.diff, mismatch.index)
            print(mismatch if first == mismatch.index else
                  f'{mismatch.name()}: the same lines as case {first}',
                  flush=True)
        progress.show()
    progress.end()
    run.finish()


def verdict(run):
    why = ('interrupted: ' if run.interrupted else
           'enough of them: ' if len(run.mismatches) >= ENOUGH else '')
    return why + tally(run)
