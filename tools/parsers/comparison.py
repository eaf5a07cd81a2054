"""Asks both sides the same."""

import gc
import sys
import time

from ..compare.grammar import Dice
from . import shrink, sides
from .found import FOUND

ENOUGH = 5  # differences of a parser, then it ends


def compare(make, parsers, seed, cases):
    """The number of differences of parsers that take the same texts, {name:
    function}."""
    python, ours = sides.python(), sides.ours()
    gc.set_threshold(100_000)  # nothing of a text stays
    found = dict.fromkeys(parsers, 0)
    begun = time.monotonic()

    def ask(name, words, data):
        run = parsers[name]

        def differs(some):
            return run(python, some) != run(ours, some)

        if differs(data):
            found[name] += 1
            least = shrink.shrink(data, differs)
            print(f'{name}, {words}:\n  Python: {run(python, least)!r}\n'
                  f'  C:      {run(ours, least)!r}\n'
                  f"    ({name!r}, 'why',\n     {least!r}),", flush=True)

    for name, why, data in FOUND:
        if name in parsers:
            ask(name, why, data)
    for number in range(cases):
        data = make(Dice(f'{seed}/{make.__name__}/{number}'))
        for name in parsers:
            ask(name, f'text {number} of the seed {seed}', data)
        if max(found.values()) >= ENOUGH:
            break
        if sys.stderr.isatty() and number % 1000 == 0:
            print(f'\r{", ".join(parsers)}: {number}', end='',
                  file=sys.stderr)
    if sys.stderr.isatty():
        print('\r\033[K', end='', file=sys.stderr)
    seconds = time.monotonic() - begun
    for name, differences in found.items():
        print(f'{name}: {number + 1} texts, {differences} differences',
              flush=True)
    print(f'  {seconds:.0f} s', flush=True)
    return sum(found.values())
