"""The tree of one request, printed while the request runs.

The calls of an ordinary request come all at once, and are printed when the
next pause shows what follows what. When an application keeps the request
waiting, the calls so far are printed: as if below each that has not ended
another one followed, for nobody knows yet."""

import shutil
import threading
import time

from tools.callgraph import comparison

PAUSE = 0.05    # no call for so many seconds: time to print
AT_LEAST = 0.5  # or so many seconds since the last time
COLUMN = 72     # where the arguments begin

# Arguments that are the same in every request, or say nothing of this one.
DULL = {'backlog', 'limit', 'poll_interval', 'title', 'client_address',
        'buffering', 'timestamp', 'default'}


def what_matters(call):
    """The values of the arguments that are text, numbers or lists."""
    for name, value in call.arguments.items():
        is_dull = name in DULL or call.name == 'assert_' or (
            name == 'name' and value[0] != "'")  # of _convert_string_type
        if not is_dull and value[0] in "'[(-0123456789":
            yield value


class Printer:
    """Lines of a tree; at a terminal not longer than a line of it, and with
    the arguments dimmed. `arguments`: 'some', 'all', 'no'."""

    def __init__(self, file, arguments):
        self.file = file
        self.arguments = arguments
        self.at_terminal = file.isatty()

    def arguments_of(self, call):
        if self.arguments == 'some':
            return ', '.join(what_matters(call))
        if self.arguments == 'all':
            return ', '.join(f'{name}={value}'
                             for name, value in call.arguments.items())
        return ''

    def print(self, line, call):
        self.line(f'{line:{COLUMN - 2}}' if call.arguments else line,
                  self.arguments_of(call))

    def line(self, left, right):
        if not right:
            left = left.rstrip()
        elif self.at_terminal:
            width = shutil.get_terminal_size().columns
            right = right[:max(width - len(left) - 2, 0)]
            right = f'  \033[2m{right}\033[0m'
        else:
            right = f'  {right}'
        print(left + right, file=self.file, flush=True)


def continued(line, begun):
    """The line of a tree; at the levels `begun` the lines above it go on."""
    for level in begun:
        start = 4 * (level - 1)
        if line[start:start + 4] == '    ':
            line = f'{line[:start]}│   {line[start + 4:]}'
    return line


class Live:
    """Prints what is new in the record, until the block ends. view(threads):
    the calls of each thread that are shown. Without `is_live`, all is printed
    at the end."""

    def __init__(self, record, view, printer, is_live):
        self.record = record
        self.view = view
        self.printer = printer
        # {number of the thread: (lines, levels where a line goes down)}
        self.printed = {}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.watch) if is_live else None

    def watch(self):
        last = time.monotonic()
        while not self.stopping.wait(PAUSE):
            position = self.record.position
            self.record.read()
            if (self.record.position == position
                    or time.monotonic() - last > AT_LEAST):
                self.print(comparison.open_levels)
                last = time.monotonic()

    def print(self, open_levels):
        threads = list(self.record.threads.values())
        for number, calls in enumerate(self.view(threads)):
            levels = open_levels(calls)
            lines = comparison.box(calls, levels)
            start, begun = self.printed.get(number, (0, set()))
            for line, call in zip(lines[start:], calls[start:]):
                begun = {level for level in begun if level < call.depth}
                self.printer.print(continued(line, begun), call)
            if calls:
                self.printed[number] = len(calls), {
                    level for level in begun | levels
                    if level <= calls[-1].depth}

    def __enter__(self):
        if self.thread:
            self.thread.start()
        return self

    def __exit__(self, *raised):
        if self.thread:
            self.stopping.set()
            self.thread.join()
        self.record.read()
        self.print(lambda calls: set())
