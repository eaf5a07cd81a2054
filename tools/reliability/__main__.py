"""script/reliability [--scale X] [--write] [NAME ...]

How hard it is to break the program: runs instruments, prints a line when one
has measured something, and a table of all goals at the end. NAME is one of

{names}

by default all of them, which takes some hours on two processors. Builds what it
needs.

--scale X   the part X of the work: 0.01 is a hundredth, and proves little
--write     also writes the table into docs/reliability.md; with NAME, their
            rows alone, each time that one has ended

Exit status: 0 all goals are met, 1 one is not, or cannot be measured here.
"""

import argparse
import importlib
import os
import platform
import re
import sys

from tools import command

from . import builds
from .row import LeftOut, Row, Watch, end_by_exit, tell

# The modules beside this one, in the order of the table.
INSTRUMENTS = {
    'lines': 'which lines and branches of src/ the tests reach',
    'cases': 'generated requests and applications, and clients that leave',
    'interruptions': 'the same while calls are interrupted, or do a part',
    'parsers': 'each parser of the chain, in one process with Python\'s',
    'libfuzzer': 'libFuzzer on the parsers',
    'allocations': 'each allocation fails',
    'system-calls': 'each system call fails with each errno',
    'leaks': 'memory, objects, references, descriptors, under load',
    'signals': 'those that are handled, and those that end it',
    'descriptors': 'none is left when a client comes',
    'lifecycle': 'starts and ends',
    'slow-clients': 'those that stall, do nothing, read or write slowly',
    'load': 'many clients at once, a large file, killed children',
    'planted': 'changes of src/, each of which a test of the project catches',
}
PAGE = command.ROOT / 'docs' / 'reliability.md'
BEGIN, END = '<!-- script/reliability --write -->', '<!-- end -->'


def parse(arguments):
    names = '\n'.join(f'{name:14}{words}'
                      for name, words in INSTRUMENTS.items())
    parser = argparse.ArgumentParser(
        prog='script/reliability', description=__doc__.format(names=names),
        allow_abbrev=False, usage=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--scale', type=scale, default=1.0,
                        help=argparse.SUPPRESS)
    parser.add_argument('--write', action='store_true',
                        help=argparse.SUPPRESS)
    parser.add_argument('names', nargs='*', metavar='NAME',
                        help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in INSTRUMENTS:
            parser.error(f'there is no {name!r}, only '
                         f'{", ".join(INSTRUMENTS)}')
    if options.write and options.names and options.scale < 1:
        parser.error('--write with NAME is for the whole of its work')
    return options


def scale(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError('a number above 0, 1 at most')
    return value


def measured_by(name, part):
    """Yields its rows. If it cannot be used here, or fails, the last one says
    why."""
    watch = Watch()
    instrument = importlib.import_module(
        f'{__package__}.{name.replace("-", "_")}')
    try:
        yield from instrument.rows(part)
    except LeftOut as reason:
        problem = f'left out: {reason}'
    except Exception as error:
        problem = f'the instrument has failed: {error!r}'
        sys.excepthook(*sys.exc_info())
    else:
        return
    yield Row(INSTRUMENTS[name], 'measured', problem, False,
              f'script/reliability {name}', watch.seconds())


def line(row):
    return (f'{row.goal}: {row.measured} '
            f'({"met" if row.met else "NOT MET: " + row.wanted}; '
            f'{row.seconds:.0f} s)')


def cells(row):
    """A row of the table, in Markdown."""
    return '| ' + ' | '.join((
        row.goal, row.wanted, row.measured,
        'met' if row.met else '**not met**', f'`{row.command}`',
        f'{row.seconds:.0f}')) + ' |'


def table(lines):
    return '\n'.join(('| goal | wanted | measured |  | command | s |',
                      '| --- | --- | --- | --- | --- | ---: |', *lines))


def instrument_of(line):
    """The name in the command of a row of the table, or None."""
    found = re.search(r'\| `script/reliability (\S+)` \|[^|]*\|$', line)
    return found and found[1]


def seconds_of(line):
    return float(line.split('|')[-2])


def write(rows, part, names=None, page=PAGE):
    """Puts the rows between the markers of the page, in the place of those of
    the same instruments, or of all if there are no names."""
    old = page.read_text(encoding='utf-8')
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise ValueError(f'{page} has no line {BEGIN}, or more of them')
    before, rest = old.split(BEGIN)
    shown, after = rest.split(END)
    lines = [cells(row) for row in rows]
    if names:
        lines += [line for line in shown.splitlines()
                  if instrument_of(line) not in (None, *names)]
        order = list(INSTRUMENTS)
        lines.sort(key=lambda line: order.index(instrument_of(line)))
    words = (f'Python {platform.python_version()}, {os.cpu_count()} '
             f'processors, {sum(map(seconds_of, lines)) / 60:.0f} minutes')
    if part < 1:
        words += (f'. Only a part of the work was done, {part:g}, as '
                  f'`--scale {part:g}` says; so each figure is smaller than '
                  'what is wanted')
    page.write_text(f'{before}{BEGIN}\n\n{words}:\n\n{table(lines)}\n\n'
                    f'{END}{after}', encoding='utf-8')


def main():
    options = parse(sys.argv[1:])
    end_by_exit()
    builds.begin()
    found = []
    for name in options.names or INSTRUMENTS:
        rows = []
        for row in measured_by(name, options.scale):
            tell(line(row))
            rows.append(row)
        if options.write and options.names:
            write(rows, options.scale, [name])
        found += rows
    print(table(map(cells, found)))
    if options.write and not options.names:
        write(found, options.scale)
    return 0 if all(row.met for row in found) else 1


if __name__ == '__main__':
    command.run(main)
