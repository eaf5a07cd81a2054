"""script/reliability lines: which lines and branches of src/ the tests of
script/test reach, counted by gcov. It also runs alone:

    python3 -m tools.reliability.lines [--keep] [--branches] [CTEST OPTIONS]

Without options of ctest, all that script/test runs is run, and every line that
is not reached has to be in unreached.txt, with the reason. Prints a table of
the files, and each line that is wrong: not reached and not listed, or listed
and reached. A reason that begins with "No test yet" is none: the table of
script/reliability counts these apart, and the goal is not met.

--keep      reads the counts that there are, and runs nothing
--branches  prints the branches that are not taken, too

Counts are those of the preset gcov. A process that ends by a signal or by
_exit() counts, too: tools/gcov/keep_counts.c writes what it has counted.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from tools import command
from tools.test import layers

from .row import LeftOut, Row, Watch, tell

FOLDER = command.ROOT / 'build' / 'gcov'
KEEPS = command.ROOT / 'tools' / 'gcov'
SRC = command.ROOT / 'src'
LISTED = pathlib.Path(__file__).with_name('unreached.txt')
WHOLE = ['--label-exclude', '^(tools|pages)$']  # what script/test runs
BRANCHES = 95  # percent of them are to be taken
UNTESTED = 'No test yet'  # how a reason begins that is none

# How a program ends whose counts are kept (tools/gcov/ends.c).
ENDS = ['return', '_exit', 'abort', 'exec', 'kill', 'killed']

# What a macro of Python.h has branches for, without a word in our source.
OF_PYTHON = re.compile(r'\b(Py_VISIT|Py_CLEAR|Py_XSETREF|Py_SETREF'
                       r'|Py_BEGIN_ALLOW_THREADS|Py_END_ALLOW_THREADS)\b')


class Line:
    """How often a line was reached, and each of its branches taken."""

    def __init__(self, function):
        self.function = function
        self.count = 0
        self.branches = []

    def add(self, count, branches):
        self.count += count
        counts = [each['count'] for each in branches]
        if len(counts) > len(self.branches):
            self.branches += [0] * (len(counts) - len(self.branches))
        for index, each in enumerate(counts):
            self.branches[index] += each


class File:
    """The lines of a file that have code, by their numbers."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding='utf-8').split('\n')
        self.lines = {}

    def name(self):
        return str(self.path.relative_to(command.ROOT))

    def add(self, line):
        number = line['line_number']
        if number not in self.lines:
            self.lines[number] = Line(line['function_name'])
        branches = line['branches']
        if OF_PYTHON.search(self.text_of(number)):
            branches = []
        self.lines[number].add(line['count'], branches)

    def text_of(self, number):
        return self.text[number - 1].strip()

    def unreached(self):
        """(number, line)"""
        return [(number, line) for number, line in sorted(self.lines.items())
                if line.count == 0]

    def branches(self):
        """(taken, all)"""
        counts = [each for line in self.lines.values()
                  for each in line.branches]
        return sum(each > 0 for each in counts), len(counts)


# ---- The counts

def build():
    if subprocess.run([command.ROOT / 'script' / 'bootstrap', '--test',
                       'gcov'], stdout=sys.stderr).returncode != 0:
        raise LeftOut('the gcov preset cannot be built')


def run(options):
    """The tests, after which the counts are those of this run. Returns the
    Outcome."""
    for path in FOLDER.rglob('*.gcda'):
        path.unlink()
    return layers.run(FOLDER, options, 'gcov: ')


def notes():
    """What gcc has noted of each file of src/ that is a part of the build:
    what an earlier one has left counts for nothing."""
    with open(FOLDER / 'compile_commands.json', encoding='utf-8') as file:
        entries = json.load(file)
    return sorted(
        pathlib.Path(each['directory'],
                     re.search(r' -o (\S+)\.o ', each['command'])[1])
        for each in entries
        if pathlib.Path(each['file']).is_relative_to(SRC))


def counts(notes, folder=FOLDER, sources=SRC):
    """{path: File} of all files of `sources` that have code. notes: the paths
    of those of gcc, without the end .gcno."""
    done = subprocess.run(
        ['gcov', '--json-format', '--branch-probabilities', '--stdout',
         *(f'{each}.gcno' for each in notes)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        check=True, text=True)
    files = {}
    for document in done.stdout.splitlines():
        for each in json.loads(document)['files']:
            path = pathlib.Path(os.path.join(folder, each['file'])).resolve()
            if not path.is_relative_to(sources):
                continue
            file = files.setdefault(path, File(path))
            for line in each['lines']:
                file.add(line)
    return dict(sorted(files.items()))


# ---- What is not reached

def listed(text):
    """{(file, function, line): reason} of unreached.txt: a reason, and below
    it the lines, each four blanks to the right."""
    found, reason, lines_before = {}, '', True
    for line in text.splitlines():
        if line.startswith('    '):
            found[tuple(line.strip().split(': ', 2))] = reason
            lines_before = True
        elif line and not line.startswith('#'):
            reason = line if lines_before else f'{reason} {line}'
            lines_before = False
    return found


def problems(files, reasons):
    """(path:line, what is wrong)"""
    left = dict(reasons)
    for file in files.values():
        for number, line in file.unreached():
            key = file.name(), line.function, file.text_of(number)
            left.pop(key, None)
            if key not in reasons:
                yield (f'{file.name()}:{number}',
                       f'{line.function}: {key[2]}: is not reached')
    for name, function, text in left:
        yield name, f'{function}: {text}: is listed, but reached'


def table(files):
    """In Markdown: a row for each file, and one for all."""
    yield '| file | lines | reached | branches | taken |'
    yield '|---|---:|---:|---:|---:|'
    total = collections.Counter()
    for file in files.values():
        missed = len(file.unreached())
        taken, branches = file.branches()
        one = collections.Counter(
            lines=len(file.lines), reached=len(file.lines) - missed,
            branches=branches, taken=taken)
        total += one
        yield row(file.name(), one)
    yield row('all', total)


def row(name, numbers):
    return (f'| {name} | {numbers["lines"]:,} '
            f'| {percent(numbers["reached"], numbers["lines"])} '
            f'| {numbers["branches"]:,} '
            f'| {percent(numbers["taken"], numbers["branches"])} |')


def percent(part, whole):
    return f'{100 * part / whole if whole else 100:.1f} %'


def untaken(files):
    for file in files.values():
        for number, line in sorted(file.lines.items()):
            if line.count and not all(line.branches):
                yield (f'{file.name()}:{number}: {line.function}: '
                       f'{line.branches}: {file.text_of(number)}')


# ---- What is kept of a process that ends otherwise

def uncounted_ends():
    """The lines of ends.c that have run, and are not counted."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        library, program = folder / 'libkeep_counts.so', folder / 'ends'
        cc = ['cc', '-O0', '-g']
        for words in (
                [*cc, '-shared', '-fPIC', '-o', library,
                 KEEPS / 'keep_counts.c'],
                [*cc, '-c', '-o', folder / 'tell.o', KEEPS / 'tell_counts.c'],
                [*cc, '--coverage', '-o', program, KEEPS / 'ends.c',
                 folder / 'tell.o', library, f'-Wl,-rpath,{folder}']):
            subprocess.run(words, cwd=folder, check=True)
        for how in ENDS:
            end(program, how, {**os.environ, 'LD_PRELOAD': str(library)})
        files = counts([folder / 'ends-ends'], folder, KEEPS)
    return [f'{file.name()}:{number}' for file in files.values()
            for number, _ in file.unreached()]


def end(program, how, environ):
    with subprocess.Popen([program, how], stdout=subprocess.PIPE,
                          env=environ) as process:
        if how == 'killed':
            process.stdout.readline()
            subprocess.run([sys.executable, '-c', 'import os, sys\n'
                            'os.kill(int(sys.argv[1]), 9)',
                            str(process.pid)], env=environ, check=True)


# ---- The rows of the table

def rows(scale=1.0):
    """scale < 1: only the first one."""
    watch = Watch()
    yield row_of_ends(watch)
    if scale == 1:
        build()
        outcome = run(WHOLE)
        yield from rows_of(counts(notes()), outcome, watch)


def row_of_ends(watch):
    wrong = uncounted_ends()
    return Row('What a process has done is counted, however it ends',
               f'{len(ENDS)} ends', f'{len(wrong)} lines are not counted',
               not wrong, 'script/reliability lines', watch.seconds())


def rows_of(files, outcome, watch):
    reasons = listed(LISTED.read_text(encoding='utf-8'))
    wrong = list(problems(files, reasons))
    for place, what in wrong:
        tell(f'{place}: {what}')
    untested = sum(reason.startswith(UNTESTED)
                   for reason in reasons.values())
    total = sum(len(file.lines) for file in files.values())
    missed = sum(len(file.unreached()) for file in files.values())
    yield Row('The tests reach each line of src/',
              'all, but those that no test can reach, listed with the reason',
              f'{percent(total - missed, total)} of {total:,} lines; listed: '
              f'{len(reasons) - untested} that none can, {untested} without '
              f'a test; {len(wrong)} others; {outcome.failed} tests failed',
              not wrong and not untested and not outcome.failed,
              'script/reliability lines', watch.seconds())
    taken, branches = map(sum, zip(*(file.branches()
                                     for file in files.values())))
    yield Row('The tests take each branch of src/', f'{BRANCHES} %',
              f'{percent(taken, branches)} of {branches:,}',
              100 * taken >= BRANCHES * branches,
              'script/reliability lines', watch.seconds())


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog='python3 -m tools.reliability.lines', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False, usage=argparse.SUPPRESS)
    parser.add_argument('--keep', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('--branches', action='store_true',
                        help=argparse.SUPPRESS)
    return parser.parse_known_args(arguments)


def main():
    options, ctest = parse(sys.argv[1:])
    failed = 0
    if not options.keep:
        build()
        failed = run(ctest or WHOLE).failed
    files = counts(notes())
    print(*table(files), sep='\n')
    if options.branches:
        print(*untaken(files), sep='\n')
    wrong = list(problems(files, listed(LISTED.read_text(encoding='utf-8'))))
    for place, what in wrong:
        print(f'{place}: {what}')
    return 1 if wrong or failed else 0


if __name__ == '__main__':
    command.run(main)
