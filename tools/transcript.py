"""What a page shows of a session in gdb or in a shell, typed again.

A fenced block of the language `gdb` has lines "(gdb) COMMAND", one of the
language `console` has lines "$ COMMAND"; below each stands what it prints. A
line "..." there stands for any lines. The gdb blocks of one section (## ...)
are one session.
"""

import os
import re
import select
import signal
import subprocess
import time

from tools.patience import PATIENCE

PROMPTS = {'gdb': '(gdb) ', 'console': '$ '}
ANY = '...'

# What is another with each run. Line numbers of C are not: they are compared.
CHANGES = [
    (r'0x[0-9a-f]+', '0x0'),
    (r'127\.0\.0\.1:\d+|(?<=port )\d+|(?<=127\.0\.0\.1\', )\d+', 'PORT'),
    (r"(?<=SERVER_PORT': ')\d+|(?<=server_port = )\d+", 'PORT'),
    (r'\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT', 'DATE'),
    (r'\d\d/\w{3}/\d{4} \d\d:\d\d:\d\d', 'TIME'),
    (r"(?<=SERVER_NAME': ')[^']+|(?<=server_name = ')[^']+", 'NAME'),
    (r'(?<=process )\d+|(?<=Thread )\d+|(?<=LWP )\d+', 'N'),
]
# What is another with each release of Python: its version, and so the size of
# an answer; the size of a buffer; the lines of its library in `pysrc`; how
# many frames of the interpreter a backtrace leaves out.
CHANGES += [
    (r'WSGIServer(/[\d.]+)? CPython/[\d.]+\w*', 'SERVER'),
    (r'(?<=\bsize=)\d+|(?<=\bbuffer_size = )\d+', 'N'),
    (r'^([=~]>|  )(?= {0,4}\d+ )[ \d]{5} ', r'\1 N '),
    (r'^#\d+ +', '#N '),
]
# And with that of gdb and of the compiler: whether a place is the beginning
# of a line; what `delete` asks.
CHANGES += [
    (r'^(#N )?0x0 in ', r'\1'),
    (r'^(Delete all breakpoints)[\w, ]*\?', r'\1?'),
]


class Command:
    """What is typed, and the lines that follow it on the page."""

    def __init__(self, text, number):
        self.text = text
        self.number = number  # of its line on the page, from 0
        self.lines = []


class Block:
    def __init__(self, language, section):
        self.language = language
        self.section = section
        self.commands = []


def read(page):
    """The blocks of a page, given as its lines."""
    section = None
    block = None
    for number, line in enumerate(page):
        if line.startswith('## '):
            section = line[3:]
        if block is not None and line == '```':
            yield block
            block = None
        elif line in ('```gdb', '```console'):
            block = Block(line[3:], section)
        elif block is not None:
            prompt = PROMPTS[block.language]
            if line.startswith(prompt):
                block.commands.append(Command(line[len(prompt):], number))
            elif not block.commands:
                raise ValueError(f'line {number + 1}: a block begins with '
                                 f'"{prompt}"')
            else:
                block.commands[-1].lines.append(line)


class Gdb:
    """gdb, typed into."""

    PROMPT = b'(gdb) '

    def __init__(self, command, directory):
        self.process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.read_prompt()

    def read_prompt(self):
        text = b''
        end = time.monotonic() + PATIENCE
        while not text.endswith(self.PROMPT):
            stdout = self.process.stdout.fileno()
            ready, _, _ = select.select([stdout], [], [],
                                        max(0, end - time.monotonic()))
            if not ready:
                raise RuntimeError('gdb gives no prompt: is the program '
                                   f'running? {text.decode()!r}')
            more = os.read(stdout, 65536)
            if not more:
                raise RuntimeError(f'gdb has ended: {text.decode()!r}')
            text += more
        return text[:-len(self.PROMPT)].decode('utf-8', 'replace')

    def do(self, command):
        """Types the command. Returns the lines that it prints."""
        self.process.stdin.write(command.encode() + b'\n')
        self.process.stdin.flush()
        return self.read_prompt().splitlines()

    def close(self):
        """Ends the program and gdb, whatever they are doing."""
        self.process.send_signal(signal.SIGINT)
        self.process.stdin.write(b'kill\nquit\n')
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.stdout.close()
        self.process.wait(300)


def shell(command, directory):
    """The lines that a command of the shell prints, on both streams."""
    return subprocess.run(
        ['sh', '-c', command], cwd=directory, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
        encoding='utf-8', errors='replace').stdout.splitlines()


def same(line):
    """The line without what is another with each run."""
    for pattern, replacement in CHANGES:
        line = re.sub(pattern, replacement, line)
    return line.rstrip()


def alike(line):
    """The line without any number: equal when only lines have moved."""
    return re.sub(r'\d+', '0', same(line))


def pieces(lines):
    """The lines between one "..." and the next."""
    piece = []
    for line in lines:
        if line == ANY:
            yield piece
            piece = []
        else:
            piece.append(line)
    yield piece


def find(piece, printed, start, key):
    """Where the piece begins in what was printed, or None."""
    wanted = [key(line) for line in piece]
    for index in range(start, len(printed) - len(piece) + 1):
        if [key(line) for line in
                printed[index:index + len(piece)]] == wanted:
            return index
    return None


def renewed(shown, printed, key):
    """What is shown, with the lines that were printed in its place; None when
    it was not printed. `key` says what makes two lines equal."""
    parts = list(pieces(shown))
    result = []
    end = 0
    for number, piece in enumerate(parts):
        if number == len(parts) - 1 and piece:  # nothing may follow
            start = len(printed) - len(piece)
            if start < end or find(piece, printed, start, key) is None:
                return None
        else:
            start = find(piece, printed, end, key)
            if start is None:
                return None
        if number == 0 and start != 0:
            return None
        if number:
            result.append(ANY)
        result += [line.rstrip()
                   for line in printed[start:start + len(piece)]]
        end = start + len(piece)
    if len(parts) == 1 and end != len(printed):
        return None
    return result


class Mismatch(Exception):
    """A command that prints something else than the page shows."""

    def __init__(self, command, printed):
        super().__init__('\n'.join(
            [f'line {command.number + 1}: "{command.text}" is shown with',
             *command.lines, '--- and prints', *printed]))


def check(command, printed):
    """Raises Mismatch unless the page shows what was printed."""
    if renewed(command.lines, printed, same) is None:
        raise Mismatch(command, printed)


def rewritten(command, printed):
    """What the page is to show: the same lines with the numbers of now, or,
    when these lines are not there any more, all that was printed."""
    if not command.lines:
        return printed
    if renewed(command.lines, printed, same) is not None:
        return command.lines  # nothing but addresses differs
    lines = renewed(command.lines, printed, alike)
    return printed if lines is None else lines


def replay(blocks, debugger, directory):
    """Yields each command with what it prints. `debugger` makes a Gdb."""
    section, gdb = None, None
    try:
        for block in blocks:
            if gdb is not None and block.section != section:
                gdb.close()
                gdb = None
            section = block.section
            for command in block.commands:
                if block.language == 'console':
                    yield command, shell(command.text, directory)
                    continue
                if gdb is None:
                    gdb = debugger()
                yield command, gdb.do(command.text)
    finally:
        if gdb is not None:
            gdb.close()
