"""Runs one request in one of the two servers, and reads the record of its
calls: lines "E THREAD WHAT" and "X THREAD WHAT", from Python (record.py) and
from the program of the trace preset (src/trace.c)."""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# How long anything may take before it counts as hung, in seconds.
PATIENCE = 30


def environment(trace_file):
    """The environment variables of both servers."""
    result = {name: os.environ[name]
              for name in ('PATH', 'LD_LIBRARY_PATH', 'VIRTUAL_ENV')
              if name in os.environ}
    return dict(result, LANG='C.UTF-8', PYTHONDONTWRITEBYTECODE='1',
                TRACE_FILE=trace_file)


def read_until(file, pattern):
    """Reads lines until one has the pattern."""
    for line in file:
        found = re.search(pattern, line)
        if found:
            return found
    raise RuntimeError('the server ended before it said where it listens')


def exchange(port, raw, leaves):
    """Sends the request and reads to the end of the answer; or leaves, with a
    reset, when the answer has come to the bytes `leaves`."""
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as client:
        answer = b''
        try:
            client.sendall(raw)
            if not leaves:
                client.shutdown(socket.SHUT_WR)
            while block := client.recv(65536):
                answer += block
                if leaves and answer.endswith(leaves):
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack('ii', 1, 0))
                    break
        except ConnectionError:  # not all of the request was read
            pass
        return answer


def events(path):
    """(what, thread, name) of each whole line."""
    with open(path, encoding='ascii') as file:
        for line in file:
            if line.endswith('\n'):
                yield line.split()


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError('the request does not end')
        time.sleep(0.01)


def others_have_ended(path, count):
    """Whether what `count` threads or processes beside the first have begun
    has come to its end."""
    depths = {}
    for what, thread, _ in events(path):
        depths[thread] = depths.get(thread, 0) + (1 if what == 'E' else -1)
    return (len(depths) > count
            and all(depth <= 0 for depth in list(depths.values())[1:]))


class Run:
    """One server, started for one request. `command` is what comes before
    its options."""

    def __init__(self, command, application, options=(), directory=HERE):
        self.scratch = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.scratch.name, 'trace')
        self.options = list(options)
        self.command = command + self.options
        if application is not None:
            self.command.append(application)
        self.directory = directory

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.scratch.cleanup()

    def request(self, raw, leaves=b'', log=subprocess.DEVNULL):
        """Sends it, and ends the server. Returns the answer."""
        if '--cgi' in self.options:
            return self.cgi(log)
        with subprocess.Popen(
                self.command, cwd=self.directory, text=True,
                env=environment(self.path), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log) as process:
            try:
                port = int(read_until(process.stdout,
                                      r'^Serving .* port (\d+) ')[1])
                answer = exchange(port, raw, leaves)
                others = sum(option in ('--threads', '--fork')
                             for option in self.options)
                wait_for(lambda: others_have_ended(self.path, others))
                self.end(process)
            finally:
                process.kill()
        return answer

    def cgi(self, log):
        return subprocess.run(
            self.command, cwd=self.directory, check=True, timeout=PATIENCE,
            env=dict(environment(self.path), REQUEST_METHOD='GET',
                     SCRIPT_NAME='/cgi', PATH_INFO='/hello', QUERY_STRING='',
                     SERVER_NAME='localhost', SERVER_PORT='80',
                     SERVER_PROTOCOL='HTTP/1.0'),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=log).stdout

    def end(self, process):
        raise NotImplementedError


class PythonRun(Run):
    def __init__(self, application, options=(), directory=HERE):
        super().__init__([sys.executable, os.path.join(HERE, 'record.py')],
                         application, options, directory)

    def end(self, process):
        process.wait(PATIENCE)  # after the one request, by itself

    def calls(self):
        """{thread: [(depth, Python name)]}, in the order of the threads."""
        return calls(self.path, lambda name: name)


class ProgramRun(Run):
    def __init__(self, program, application, options=(), directory=HERE):
        self.names = symbols(program)
        options = [option for option in options if option != '--sendfile']
        if '--cgi' not in options:
            options = ['--bind', '127.0.0.1:0', *options]
        super().__init__([os.path.abspath(program)], application, options,
                         directory)

    def has_handled_request(self):
        names = self.names
        return any(what == 'X' and names[int(offset, 16)] ==
                   'BaseServer__handle_request_noblock'
                   for what, _, offset in events(self.path))

    def end(self, process):
        wait_for(self.has_handled_request)  # SIGTERM would interrupt it
        process.send_signal(signal.SIGTERM)
        if process.wait(PATIENCE) != 0:
            raise RuntimeError(f'the program ended with {process.returncode}')

    def calls(self):
        """{thread: [(depth, C name)]}, in the order of the threads."""
        return calls(self.path, lambda offset: self.names[int(offset, 16)])


def symbols(program):
    """{offset: name} of the program's functions, static ones too."""
    names = {}
    start = 0
    listing = subprocess.run(['nm', program], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    for line in listing.splitlines():
        address, _, rest = line.partition(' ')
        kind, _, name = rest.strip().partition(' ')
        if name == '__executable_start':
            start = int(address, 16)
        elif kind in 'tTwW' and address:
            names.setdefault(int(address, 16), name)
    return {address - start: name for address, name in names.items()}


def calls(path, name_of):
    threads = {}
    depths = {}
    for what, thread, name in events(path):
        depth = depths.get(thread, 0)
        if what == 'E':
            threads.setdefault(thread, []).append((depth, name_of(name)))
            depths[thread] = depth + 1
        else:
            depths[thread] = max(depth - 1, 0)
    return list(threads.values())
