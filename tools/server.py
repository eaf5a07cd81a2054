"""A server in a process of its own that says on stdout where it listens:
Python's, the program, or an example. This is how it is started, and how one
gets to know its port.

gdb's commands are the exception (gdb/mirror/client.py): there the process is
gdb's, and /proc tells the port.
"""

import os
import re
import select
import subprocess
import tempfile

from tools.patience import PATIENCE, Patience


class Lines:
    """The lines that come through a pipe from a process, as text."""

    def __init__(self, file, process):
        self.file = file
        self.process = process
        self.data = b''  # what has been read, and not yet handed out

    def fill(self, seconds=PATIENCE):
        """Waits for more; False at the end of the file."""
        patience = Patience(self.process.pid, seconds)
        left = seconds
        while not select.select([self.file], [], [], left)[0]:
            left = patience.left()
            if left <= 0:
                raise TimeoutError(f'nothing more comes after {self.data!r}')
        more = os.read(self.file.fileno(), 65536)
        self.data += more
        return more != b''

    def next(self, seconds=PATIENCE):
        """A line with its end; '' at the end of the file."""
        while b'\n' not in self.data and self.fill(seconds):
            pass
        line, newline, self.data = self.data.partition(b'\n')
        return (line + newline).decode(errors='backslashreplace')

    def find(self, pattern, seconds=PATIENCE):
        """The match of the next line that has the pattern; None at the end of
        the file. Lines before it are dropped."""
        while line := self.next(seconds):
            if match := re.search(pattern, line):
                return match
        return None

    def rest(self):
        """All that comes until the end."""
        while self.fill():
            pass
        data, self.data = self.data, b''
        return data.decode(errors='backslashreplace')


class Server:
    """A running server; it has said where it listens."""

    announces = r'^Serving .*\bport (\d+)\b.*'
    first_of_all = False  # whether nothing may be said before
    patience = PATIENCE

    def __init__(self, command, stderr=None, **more):
        """`stderr`: where the log goes, as subprocess has it. Without that,
        into a file, of which log() tells."""
        self.command = command
        self.stderr_is = stderr
        self.more = more
        self.start()

    def start(self):
        self.log_file = tempfile.TemporaryFile()
        self.log_read = 0  # how much of the log has been handed out
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.log_file if self.stderr_is is None
            else self.stderr_is, bufsize=0, **self.more)
        self.stdout = Lines(self.process.stdout, self.process)
        try:
            self.listens()
        except BaseException:
            self.kill()
            raise

    def listens(self):
        """Waits until it says where."""
        found = (re.search(self.announces, self.stdout.next(self.patience))
                 if self.first_of_all
                 else self.stdout.find(self.announces, self.patience))
        if found is None:
            raise RuntimeError('the server has not started' + self.and_log())
        self.announcement = found.string
        self.port = int(found[1])

    def wait_for_line(self, pattern):
        """Waits for a line on stdout, which an application has for its signs
        of life, and returns the match. Lines before it are dropped."""
        match = self.stdout.find(pattern, self.patience)
        if match is None:
            raise RuntimeError(f'{self.command[0]} has not printed '
                               f'{pattern!r}' + self.and_log())
        return match

    def and_log(self):
        log = self.log_from(0)
        return f'; its log: {log!r}' if log else ''

    def log(self):
        """All of the log, as text."""
        return self.log_from(0)

    def new_log(self):
        """What the log has got since the last call."""
        start, self.log_read = (self.log_read,
                                os.fstat(self.log_file.fileno()).st_size)
        return self.log_from(start, self.log_read)

    def log_from(self, start, end=1 << 60):
        # Not read(): the child writes at the very position that it moves.
        size = min(end, os.fstat(self.log_file.fileno()).st_size) - start
        return os.pread(self.log_file.fileno(), size, start).decode(
            'utf-8', 'backslashreplace')

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.kill()

    def kill(self):
        """Ends it, if it has not ended, and all that it has needed."""
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdout, self.process.stderr, self.log_file):
            if file is not None:
                file.close()
