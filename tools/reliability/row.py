"""A goal, and what was measured of it."""

import dataclasses
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
