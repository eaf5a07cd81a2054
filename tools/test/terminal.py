"""A terminal of the kind vt100, as far as gdb's TUI uses it: what stands on
the screen, for a program under a pseudo-terminal."""

import codecs
import fcntl
import os
import re
import select
import struct
import termios
import time

from tools.patience import PATIENCE
from tools.test.ptys import fork_pty

SEQUENCE = re.compile(
    r'\x1b\[([?\d;]*)([A-Za-z])|\x1b([()].|[=>78DEMHc])|([\x00-\x1f])')


class Screen:
    def __init__(self, width, height):
        self.width, self.height = width, height
        self.lines = [[' '] * width for _ in range(height)]
        self.x = self.y = 0
        self.top, self.bottom = 0, height - 1
        self.rest = ''

    def text(self):
        return '\n'.join(''.join(line).rstrip()
                         for line in self.lines).rstrip()

    def feed(self, text):
        text = self.rest + text
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found is None:
                if text[at] == '\x1b' and len(text) - at < 20:
                    break  # the rest of it comes later
                self.put(text[at])
                at += 1
                continue
            arguments, command, escape, control = found.groups()
            if command:
                self.csi(command, [int(each or 0) for each in
                                   arguments.lstrip('?').split(';')])
            elif escape == 'M':
                self.reverse_index()
            elif control:
                self.control(control)
            at = found.end()
        self.rest = text[at:]

    def put(self, character):
        if self.x == self.width:
            self.x = 0
            self.line_feed()
        self.lines[self.y][self.x] = character
        self.x += 1

    def control(self, character):
        if character == '\r':
            self.x = 0
        elif character == '\n':
            self.line_feed()
        elif character == '\b':
            self.x = max(0, self.x - 1)
        elif character == '\t':
            self.x = min(self.width - 1, self.x // 8 * 8 + 8)

    def line_feed(self):
        if self.y == self.bottom:
            del self.lines[self.top]
            self.lines.insert(self.bottom, [' '] * self.width)
        else:
            self.y = min(self.y + 1, self.height - 1)

    def reverse_index(self):
        if self.y == self.top:
            del self.lines[self.bottom]
            self.lines.insert(self.top, [' '] * self.width)
        else:
            self.y -= 1

    def csi(self, command, numbers):
        first = numbers[0]
        if command == 'H':
            self.y = max(first, 1) - 1
            self.x = max(numbers[1] if len(numbers) > 1 else 1, 1) - 1
        elif command in 'AB':
            self.y += (-1 if command == 'A' else 1) * max(first, 1)
        elif command in 'CD':
            self.x += (-1 if command == 'D' else 1) * max(first, 1)
        elif command == 'r':
            self.top = max(first, 1) - 1
            self.bottom = (numbers[1] if len(numbers) > 1 and numbers[1]
                           else self.height) - 1
            self.x = self.y = 0
        elif command == 'K':
            begin = 0 if first else self.x
            end = self.x + 1 if first == 1 else self.width
            self.lines[self.y][begin:end] = [' '] * (end - begin)
        elif command == 'J':
            self.csi('K', [first])
            below = (range(self.y + 1, self.height) if first == 0 else
                     range(self.y if first == 1 else self.height))
            for y in below:
                self.lines[y] = [' '] * self.width
        self.x = min(max(self.x, 0), self.width)
        self.y = min(max(self.y, 0), self.height - 1)


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, command, environment, directory='.', width=100,
                 height=30):
        self.screen = Screen(width, height)
        self.decode = codecs.getincrementaldecoder('utf-8')('replace').decode
        self.process, self.fd = fork_pty()
        if self.process == 0:
            os.chdir(directory)
            os.execvpe(command[0], command, dict(
                environment, TERM='vt100', LINES=str(height),
                COLUMNS=str(width)))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', height, width, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode() + b'\r')

    def wait(self, condition):
        """Until the screen's text is so."""
        end = time.monotonic() + PATIENCE
        while not condition(self.screen.text()):
            left = end - time.monotonic()
            if left < 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError('the screen is:\n' + self.screen.text())
            try:
                self.screen.feed(self.decode(os.read(self.fd, 65536)))
            except OSError:
                raise AssertionError('it has ended:\n' + self.screen.text()
                                     ) from None

    def close(self, command):
        """Types the command that ends the program, and waits for its end."""
        self.type(command)
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:  # it has ended
            pass
        os.close(self.fd)
        os.waitpid(self.process, 0)
