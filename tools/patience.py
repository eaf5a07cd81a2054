"""How long anything may take before it counts as hung: PATIENCE, in seconds.
Nothing takes so long when all is well. CWSGIREF_PATIENCE in the environment is
another number of seconds.

A time-out in seconds is too short on a machine that is slow or has much to do.
What a process does tells more: the time of a processor that it has used, and
the time that it has waited for one.
"""

import os
import select
import subprocess
import time

from tools.processes import waited, waited_of_thread

PATIENCE = float(os.environ.get('CWSGIREF_PATIENCE') or 300)


class Patience:
    """So many seconds for what a process does, without those that it waits
    for a processor."""

    def __init__(self, pid, seconds):
        self.pid = pid
        self.seconds = seconds
        self.start = time.monotonic()
        self.waited = waited_of_thread(pid)

    def left(self):
        """Its other threads and children count as if they were new."""
        gone = time.monotonic() - self.start
        return self.seconds - gone + waited(self.pid) - self.waited


def wait(process, seconds=PATIENCE):
    """process.wait(seconds), without those that it waits for a processor."""
    patience = Patience(process.pid, seconds)
    left = seconds
    while True:
        try:
            return process.wait(left)
        except subprocess.TimeoutExpired:
            left = patience.left()
            if left <= 0:
                raise


def moments(pid, seconds, problem):
    """Yields, at once and again and again, for what cannot be waited for
    otherwise. Raises TimeoutError with that text when the patience is gone."""
    patience = Patience(pid, seconds)
    end = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() > end and patience.left() <= 0:
            raise TimeoutError(problem)
        select.select([], [], [], 0.001)
