"""A goal, and what was measured of it."""

import dataclasses
import multiprocessing
import signal
import sys
import time


@dataclasses.dataclass(frozen=True)
class Row:
    goal: str
    wanted: str
    measured: str
    met: bool
    command: str    # that measures it again
    seconds: float


class LeftOut(Exception):
    """Raised by rows(): why an instrument cannot be used here."""


def part(number, scale, least=1):
    """So many of it, rounded; at least one."""
    return max(least, round(number * scale))


def tell(words):
    """What is of interest meanwhile."""
    print(f'script/reliability: {words}', file=sys.stderr, flush=True)


class Watch:
    """The seconds since the last row."""

    def __init__(self):
        self.begun = time.monotonic()

    def seconds(self):
        before, self.begun = self.begun, time.monotonic()
        return self.begun - before


def halves(items):
    """Each second one, and the others: for two processors."""
    return items[::2], items[1::2]


def by_two(tasks):
    """Yields what each task, a function and its arguments, returns, in their
    order; two at a time, each in a process of its own."""
    with multiprocessing.get_context('fork').Pool(2, leave_signals) as pool:
        waiting = [pool.apply_async(function, arguments)
                   for function, *arguments in tasks]
        for each in waiting:
            yield each.get()


def leave_signals():
    """Ctrl-C is for the parent, and does nothing here. It must not be ignored:
    what is started here would ignore it, too."""
    signal.signal(signal.SIGINT, lambda signum, frame: None)
    end_by_exit()


def end_by_exit():
    """SIGTERM: what has been started is ended, too."""
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
