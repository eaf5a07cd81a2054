"""An allocation fails, each in turn, while a server answers a request; and
also several in a row: what is done about the first may need memory, too.

malloc: each that the process makes, by a library that is loaded into it, with
PYTHONMALLOC=malloc. set_nomemory: each of Python's allocators.

Whatever comes of it: the server does not crash or hang, nothing reports a
SystemError, and the next answer to the same request, and its log, are as ever.
A server may end as Python's does: with MemoryError, when it is out of memory
where it waits for clients and takes them.

Not with --threads: Python's Thread.start() waits until the new thread says
that it runs. One that has no memory for that never does, in Python's server
neither.
"""

import argparse
import importlib.util
import os
import sys
from typing import NamedTuple

from . import builds, faults, requests
from .memory import ByLibrary, ByPython, Sufferer, comparable
from .row import Row, Watch, by_two, halves, tell

GOAL = 'An allocation fails, each in turn'
WANTED = ('20,000 points over 40 kinds of request: no crash, no hang, no '
          'SystemError, the next answer right')

# The subclasses of tools/compare/variants.c.
VARIANTS = 'variants'


class Plan(NamedTuple):
    """A server, and what is tried with it."""
    options: list
    kinds: list
    in_a_row: tuple = (1,)  # so many fail
    step: int = 1           # each, or each so many-th


PLANS = [
    Plan([], list(requests.ALL), in_a_row=(1, 3)),
    # The validator warns by Python's warnings, which allocate much.
    Plan(['--validate'], [*requests.ANSWERED, *requests.FAILING], step=7),
    Plan(['--strict'], ['hello', 'headers', 'a bad header',
                        'a header without a name', 'a folded header',
                        *requests.REFUSED]),
    Plan(['--timeout', '60'], ['hello', 'read()', 'a file']),
    Plan([VARIANTS, 'protocol_version=HTTP/1.1'],
         ['hello', 'expected', 'no version', 'an error',
          'a header that is too long']),
]

# So many points after the last that made a difference: _colorize of 3.15 passes
# over some without one.
ENOUGH = 240


class Kind:
    """What came of the points of a kind of request."""

    def __init__(self, name):
        self.name = name
        self.points = self.ended = 0
        self.last = 0  # the last point that has made a difference
        self.wrong = []

    def add(self, at, outcome):
        self.points += 1
        self.ended += outcome.ended
        if outcome.wrong:
            self.wrong.append((at, outcome))


def numbers(sufferer, request, step, start=0):
    """The points of a request, counted from 1. Those of Python's allocators
    cannot be counted before: the caller sends True for each that has made a
    difference."""
    if hasattr(sufferer.method, 'faults'):
        count = sufferer.count(request)
        for number in range(1 + start, count + 1, step):
            yield number
        return
    number = seen = 1 + start
    while number - seen < max(ENOUGH, 2 * step):
        if (yield number):
            seen = number
        number += step


def makes_a_difference(sufferer, request, outcome):
    return (outcome.ended or 'MemoryError' in outcome.log
            or comparable(outcome.answer) != sufferer.usual_of(request)[0])


def try_all(sufferer, name, step=1, start=0, count=1):
    """A Kind: `count` allocations fail from each `step`-th on."""
    kind = Kind(name)
    request = requests.ALL[name]
    points = numbers(sufferer, request, step, start)
    differs = None
    while True:
        try:
            at = points.send(differs)
        except StopIteration:
            return kind
        outcome = sufferer.point(request, at, count)
        kind.add(at, outcome)
        differs = makes_a_difference(sufferer, request, outcome)
        if differs:
            kind.last = at


def methods():
    """Those of this Python: classes."""
    yield ByLibrary
    if importlib.util.find_spec('_testcapi'):
        yield ByPython


def server_of(options):
    """The options and the command of a server; None is the program."""
    if VARIANTS in options:
        return options[1:], [faults.variants()]
    return options, None


def run(scale=1.0, only=None):
    """Yields the Kinds, in their order."""
    faults.library()  # built before there are processes that use it
    faults.variants()
    tasks = [(carry_out, make, part, scale, only) for make in methods()
             for plan in PLANS for part in parts(plan)]
    for kinds in by_two(tasks):
        yield from kinds


def parts(plan):
    for kinds in halves(plan.kinds):
        yield plan._replace(kinds=kinds)


def carry_out(make, plan, scale, only):
    """The Kinds of a plan."""
    method = make()
    sufferer = Sufferer(method, *server_of(plan.options))
    step = max(1, round(plan.step / scale))
    found = []
    for number, name in enumerate(plan.kinds):
        if only and name not in only:
            continue
        for count in plan.in_a_row:
            kind = try_all(sufferer, name, step, number % step, count)
            report([sufferer.method.name, *plan.options], kind, count)
            found.append(kind)
    sufferer.stop()
    method.close()
    return found


# ---- References, in a debug build

DEBUG_PYTHON = '/usr/bin/python3-dbg'


def leaks(path, step, kinds):
    """[(kind, points, those that leave something: (number, references))]"""
    method = ByPython()
    sufferer = Sufferer(method, command=[path, '--bind', '127.0.0.1:0'])
    found = []
    for start, (name, request) in enumerate(kinds):
        kind = try_all(sufferer, name, step, start % step)
        left = []
        numbers = range(1 + start % step, kind.last + 1, step)
        for number in numbers:
            count = sufferer.leaked(request, number)
            if count is None:
                sufferer.end_of(b'')
            elif count:
                left.append((number, count))
        tell(f'references: {name}: {len(numbers)} points, '
             f'wrong {len(kind.wrong)}, left {left}')
        for at, outcome in kind.wrong[:5]:
            tell(f'    {at}: {outcome.wrong}\n'
                 f'        {outcome.log[-1500:]!r}')
        found.append((kind, len(numbers), left))
    sufferer.stop()
    return found


def report(how, kind, count):
    tell(f'{" ".join(how)}: {kind.name}{f", {count} in a row" * (count > 1)}: '
         f'{kind.points} points, ended {kind.ended}, '
         f'wrong {len(kind.wrong)}')
    for at, outcome in kind.wrong[:5]:
        tell(f'    {at}: {outcome.wrong}\n        {outcome.log[-1500:]!r}')


def rows(scale=1.0):
    watch = Watch()
    kinds = list(run(scale))
    points = sum(kind.points for kind in kinds)
    wrong = sum(len(kind.wrong) for kind in kinds)
    names = {kind.name for kind in kinds}
    yield Row(GOAL, WANTED,
              f'{points:,} points, {len(names)} kinds: {wrong} wrong; '
              f'{sum(kind.ended for kind in kinds)} times the server ended '
              'with MemoryError',
              wrong == 0 and points >= 20000 * scale and len(names) >= 40,
              'script/reliability allocations', watch.seconds())
    if builds.BUILT not in os.environ:
        yield debug_row(scale, watch)


def debug_row(scale, watch):
    """Takes a build of its own."""
    folder = builds.preset('pydebug', python=DEBUG_PYTHON)
    found = sum(by_two([(leaks, str(folder / 'cwsgiref'),
                         max(1, round(3 / scale)), half)
                        for half in halves(list(requests.ALL.items()))]), [])
    points = sum(count for _, count, _ in found)
    wrong = sum(len(kind.wrong) for kind, _, _ in found)
    left = sum(len(each) for _, _, each in found)
    return Row(GOAL + ', under a debug build of CPython',
               'no reference is left, and nothing aborts',
               f'{points:,} points, {len(found)} kinds: {left} leave '
               f'references, {wrong} wrong', not left and not wrong,
               'script/reliability allocations', watch.seconds())


def main():
    builds.begin()
    parser = argparse.ArgumentParser(prog='allocations')
    parser.add_argument('--scale', type=float, default=1.0)
    parser.add_argument('kinds', nargs='*')
    arguments = parser.parse_args()
    kinds = list(run(arguments.scale, arguments.kinds))
    wrong = sum(len(kind.wrong) for kind in kinds)
    print(f'{sum(kind.points for kind in kinds)} points, {wrong} wrong')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
