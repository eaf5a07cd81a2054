"""How far the bench is, on stderr: a line that changes, on a terminal;
elsewhere a line for each round."""

import shutil
import sys
import time


class Progress:

    def __init__(self, steps, stream=None):
        self.stream = stream or sys.stderr
        self.in_place = self.stream.isatty()
        self.steps = steps
        self.done = 0
        self.start = time.monotonic()
        self.of_round = ''

    def step(self, words):
        """The next of the steps begins."""
        left = ''
        if self.done:
            gone = time.monotonic() - self.start
            seconds = gone / self.done * (self.steps - self.done)
            left = f'{max(0, seconds):.0f} s left: '
        self.done += 1
        self.say(f'{left}{self.of_round}{words}')

    def round(self, number, rounds):
        self.of_round = f'round {number} of {rounds}, '
        if not self.in_place:
            self.tell(f'round {number} of {rounds}')
        if number == 1:
            self.start = time.monotonic()

    def say(self, words):
        """What is of interest only now."""
        if self.in_place:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f'\r\x1b[K{words[:width]}')
            self.stream.flush()

    def tell(self, words):
        """What stays."""
        self.clear()
        print(f'script/bench: {words}', file=self.stream, flush=True)

    def clear(self):
        if self.in_place:
            self.stream.write('\r\x1b[K')
            self.stream.flush()
