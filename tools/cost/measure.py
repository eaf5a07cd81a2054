"""Runs the program under callgrind, for a few requests."""

import dataclasses
import os
import shutil
import subprocess

from tools import command
from tools.callgraph import comparison, names, traces
from tools.cost import events, tree
from tools.patience import wait
from tools.server import Server

WARM_UP = 50   # requests before anything is counted
MEASURED = 5   # requests of which the middle one is shown

# Where the interpreter begins to run Python code.
INTERPRETER = '_PyEval_EvalFrameDefault'


@dataclasses.dataclass
class Measured:
    """The calls of the request in the middle, how many instructions each of
    them has needed, in order, and the answer."""

    calls: list
    totals: list
    answer: bytes


def need_valgrind():
    for program in 'valgrind', 'vgdb':
        if shutil.which(program) is None:
            raise RuntimeError(
                f'--cost counts with valgrind, and there is no {program} '
                'here; in Debian and Ubuntu it is in the package valgrind: '
                'apt-get install valgrind')


def functions(program):
    """Those that the tree may show."""
    _, all_of_them = traces.symbols(program)
    shown = names.SHOWN | comparison.FUNCTIONS | {'call_application'}
    return sorted(shown.intersection(all_of_them.values()) | {INTERPRETER})


def dump_options(functions):
    """Callgrind dumps when each of them begins and ends. Of two options for
    one name it forgets the first; so the second is for a pattern."""
    for name in functions:
        yield f'--dump-before={name}'
        yield f'--dump-after=?{name[1:]}'


class CountedRun(traces.Run):
    """The program under callgrind."""

    def __init__(self, program, application, options, directory, port=0):
        self.program = os.path.abspath(program)
        super().__init__([], application,
                         ['--bind', f'127.0.0.1:{port}', *options], directory)
        self.log, self.profile, prefix = (
            os.path.join(self.scratch.name, name)
            for name in ('log', 'profile', 'vgdb'))
        self.prefix = f'--vgdb-prefix={prefix}'
        self.command = [
            'valgrind', '--tool=callgrind', '-v', '-v',
            '--trace-syscalls=yes', f'--log-file={self.log}', self.prefix,
            '--vgdb-poll=100', '--instr-atstart=no', '--combine-dumps=yes',
            f'--callgrind-out-file={self.profile}', '--dump-line=no',
            '--compress-strings=no', '--compress-pos=no',
            *dump_options(functions(self.program)),
            self.program, *self.command]

    def environment(self):
        """The same hashes, and so the same dictionaries, every time."""
        return dict(super().environment(), PYTHONHASHSEED='0')

    def record(self):
        """None is written."""

    def count(self, raw):
        """The calls of so many requests, and the last answer."""
        with Server(self.command, cwd=self.directory,
                    env=self.environment()) as server:
            for _ in range(WARM_UP):
                self.exchange(server, raw)
            self.start_counting(server, raw)
            # The first may not be counted from its beginning, and the last
            # one may be over or not when the signal comes.
            for _ in range(MEASURED + 3):
                answer = self.exchange(server, raw)
            server.process.terminate()
            wait(server.process)
        place = events.place_of(self.program, str(command.ROOT))
        counted = list(tree.requests(
            events.read(self.log, self.profile, place)))[:-1]
        if len(counted) < MEASURED:
            raise RuntimeError(f'only {len(counted)} of {MEASURED} requests '
                               'were counted')
        return counted[-MEASURED:], answer

    def exchange(self, server, raw):
        return traces.exchange(server.port, raw, b'', server.process.pid)

    def start_counting(self, server, raw):
        """Until now the program has run as fast as it can. valgrind looks for
        such a command while the program does something, and requests are what
        it does."""
        with subprocess.Popen(
                ['vgdb', f'--pid={server.process.pid}', '--max-invoke-ms=0',
                 self.prefix, 'instrumentation', 'on'],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT) as switch:
            while switch.poll() is None:
                self.exchange(server, raw)
            if switch.returncode != 0:
                said = switch.stdout.read().decode(errors='replace')
                raise RuntimeError(f'vgdb has failed: {said.strip()}')


def measure(run, raw):
    """What the request costs in the run."""
    with run:
        counted, answer = run.count(raw)
    views = sorted((tree.view(calls, INTERPRETER) for calls in counted),
                   key=lambda calls: tree.total(calls[0]))
    middle = views[len(views) // 2]
    return Measured(middle, [tree.total(calls[0]) for calls in views], answer)
