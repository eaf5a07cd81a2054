"""Runs one request in one of the two servers, and reads the record of its
calls and of the bytes on the wire, from Python (record.py) and from the
program of the trace preset (tools/trace/trace.c)."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from tools.callgraph import parameters
from tools.patience import PATIENCE
from tools.processes import is_asleep, listening_ports
from tools.server import Server

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

AT_ONCE = b'at once'  # when the client leaves: before there is an answer


def more(**default):
    return dataclasses.field(compare=False, **default)


@dataclasses.dataclass
class Call:
    """One call. A list of calls, in their order, is a tree; two calls are
    equal when depth and name are."""

    depth: int
    name: str
    code: object = more(default=None)  # where the function stands
    site: object = more(default=None)  # where it is called from
    arguments: dict = more(default_factory=dict)  # {name: text}
    before: int = more(default=0)  # how many blocks of bytes had gone over
    after: int = more(default=0)  # the wire when it began, when it ended
    ended: bool = more(default=False)


def reset(client):
    """What the system does for a program that is killed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack('ii', 1, 0))


def wait_for_answer(client, pid):
    """Until it begins, or the server waits for the client. That has then
    nothing more to send, and half-closes. Not before: there is no browser that
    does, and the server knows, and sends otherwise then."""
    asleep = 0
    while not select.select([client], [], [], 0.02)[0]:
        asleep = asleep + 1 if is_asleep(pid) else 0
        if asleep == 3:
            break
    with contextlib.suppress(OSError):  # reset: not all has been read
        client.shutdown(socket.SHUT_WR)


def exchange(port, raw, leaves, pid=None):
    """Sends the request and reads to the end of the answer, which the process
    gives; or leaves, with a reset, when the answer has come to the bytes
    `leaves`, or AT_ONCE."""
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as client:
        answer = b''
        try:
            client.sendall(raw)
            if leaves == AT_ONCE:
                reset(client)
                return answer
            if not leaves and pid is not None:
                wait_for_answer(client, pid)
            while block := client.recv(65536):
                answer += block
                if leaves and answer.endswith(leaves):
                    reset(client)
                    break
        except ConnectionError:  # not all of the request was read
            pass
        return answer


def fields_of(line):
    return line.rstrip(b'\n').decode(errors='surrogateescape').split('\t')


def events(path):
    """(what, thread, other fields) of each whole line."""
    with open(path, 'rb') as file:
        for line in file:
            if line.endswith(b'\n'):
                what, thread, *fields = fields_of(line)
                yield what, thread, fields


def wait_for(condition, otherwise='the request does not end'):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(otherwise)
        time.sleep(0.01)


class Record:
    """The calls of each thread, as far as they have been written down.
    read_call(fields) is what the fields of an E line say: name, code, site,
    and how many of the fields these take; arguments follow."""

    def __init__(self, path, read_call):
        self.path = path
        self.read_call = read_call
        self.position = 0
        self.threads = {}
        self.unfinished = {}
        self.on_the_wire = 0

    def read(self):
        """Reads what is new."""
        if not os.path.exists(self.path):  # nothing has been called yet
            return
        with open(self.path, 'rb') as file:
            file.seek(self.position)
            for line in file:
                if not line.endswith(b'\n'):
                    break
                self.position += len(line)
                self.add(*fields_of(line))

    def add(self, what, thread, *fields):
        above = self.unfinished.setdefault(thread, [])
        if what == 'E':
            name, code, site, used = self.read_call(fields)
            above.append(Call(
                len(above), name, code, site,
                dict(each.split('=', 1) for each in fields[used:]),
                self.on_the_wire, self.on_the_wire))
            self.threads.setdefault(thread, []).append(above[-1])
        elif what == 'X' and above:
            call = above.pop()
            call.after = self.on_the_wire
            call.ended = True
        elif what in 'RW':
            self.on_the_wire += 1


class Run:
    """One server, started for one request. `command` is what comes before
    its options."""

    def __init__(self, command, application, options, directory):
        self.scratch = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.scratch.name, 'trace')
        self.arguments = os.path.join(self.scratch.name, 'arguments')
        self.options = list(options)
        self.command = command + self.options
        if application is not None:
            self.command.append(application)
        self.directory = directory
        self.seen = self.record()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.scratch.cleanup()

    def environment(self):
        """The server's environment variables."""
        result = {name: os.environ[name]
                  for name in ('PATH', 'LD_LIBRARY_PATH', 'VIRTUAL_ENV')
                  if name in os.environ}
        return dict(result, LANG='C.UTF-8', PYTHONDONTWRITEBYTECODE='1',
                    TRACE_FILE=self.path, TRACE_ARGUMENTS=self.arguments)

    def record(self):
        return Record(self.path, self.read_call)

    def calls(self):
        """The calls of each thread, in the order of the threads. `code` and
        `site` are "FILE:LINE" in Python, and offsets in C; see locate()."""
        self.seen.read()
        return list(self.seen.threads.values())

    def wire(self):
        """("R" or "W", bytes) of what it received and sent, in this order.
        A call has begun after the first `before` of them, and ended after
        `after`."""
        return [(what, bytes.fromhex(fields[0]))
                for what, _, fields in events(self.path) if what in 'RW']

    def started(self, log):
        """`log`: where stderr goes, as subprocess has it; None: to ours."""
        return Server(self.command, 2 if log is None else log,
                      cwd=self.directory, env=self.environment())

    def request(self, raw, leaves=b'', log=subprocess.DEVNULL):
        """Sends it, and ends the server. Returns the answer."""
        if '--cgi' in self.options:
            return self.cgi(log)
        with self.started(log) as server:
            answer = exchange(server.port, raw, leaves, server.process.pid)
            self.wait_for_others()
            self.end_server(server.process)
        return answer

    def wait(self, say):
        """Says where it listens, and ends with the first request; the server
        was started for only one."""
        with self.started(None) as server:
            say(server.announcement.rstrip('\n'))
            server.process.wait()
            self.wait_for_others()

    def wait_for_others(self):
        """Waits for the thread or the process of the request."""
        others = sum(option in ('--threads', '--fork')
                     for option in self.options)

        def have_ended():
            self.seen.read()
            unfinished = list(self.seen.unfinished.values())
            return len(unfinished) > others and not any(unfinished[1:])
        wait_for(have_ended)

    def cgi(self, log):
        return subprocess.run(
            self.command, cwd=self.directory, check=True, timeout=PATIENCE,
            env=dict(self.environment(), REQUEST_METHOD='GET',
                     SCRIPT_NAME='/cgi', PATH_INFO='/hello', QUERY_STRING='',
                     SERVER_NAME='localhost', SERVER_PORT='80',
                     SERVER_PROTOCOL='HTTP/1.0'),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=log).stdout

    def end_server(self, process):
        raise NotImplementedError


class PythonRun(Run):
    side = 'Python'

    def __init__(self, application, options=(), directory=HERE, port=0):
        super().__init__([sys.executable, os.path.join(HERE, 'record.py'),
                          '--port', str(port)],
                         application, options, directory)

    def end_server(self, process):
        process.wait(PATIENCE)  # after the one request, by itself

    def read_call(self, fields):
        return (*fields[:3], 3)


class ProgramRun(Run):
    side = 'C'

    def __init__(self, program, application, options=(), directory=HERE,
                 port=0):
        self.program = os.path.abspath(program)
        self.start, self.names = symbols(self.program)
        self.end = max(self.names)
        options = [option for option in options if option != '--sendfile']
        if '--cgi' not in options:
            options = ['--bind', f'127.0.0.1:{port}', *options]
        super().__init__([self.program], application, options, directory)
        with open(self.arguments, 'w', encoding='ascii') as file:
            file.write(parameters.table(self.program, self.start))

    def requests(self):
        """The calls that handle one."""
        return [call for calls in self.calls() for call in calls
                if call.name == 'BaseServer__handle_request_noblock']

    def has_handled_request(self):
        return any(call.ended for call in self.requests())

    def end_server(self, process):
        wait_for(self.has_handled_request)  # SIGTERM would interrupt it
        process.send_signal(signal.SIGTERM)
        if process.wait(PATIENCE) != 0:
            raise RuntimeError(f'the program ended with {process.returncode}')

    def read_call(self, fields):
        code, site = (int(each, 16) for each in fields[:2])
        # outside: the interpreter, or another library, has called
        return self.names[code], code, site if site <= self.end else None, 2

    def locate(self, calls):
        """{offset: "FILE:LINE"} of the code and the site of each call."""
        offsets = {call.code for call in calls}
        sites = {call.site for call in calls} - {None}
        # what stands before the place that a call returns to
        addresses = [*offsets, *(site - 1 for site in sites)]
        listing = subprocess.run(
            ['addr2line', '-e', self.program], check=True, text=True,
            input=''.join(f'{self.start + each:x}\n' for each in addresses),
            stdout=subprocess.PIPE).stdout
        return dict(zip([*offsets, *sites],
                        [line.split(' (discriminator')[0]
                         for line in listing.splitlines()]))


class Listening:
    """A Python program that has begun to listen somewhere; it need not say
    where."""

    def __init__(self, command, port, **more):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        **more)
        self.port = port
        try:
            wait_for(self.listens, 'the program does not listen')
        except BaseException:
            self.__exit__()
            raise
        self.announcement = f'It listens on port {self.port}'

    def check(self):
        """Does it still run?"""
        if self.process.poll() is not None:
            raise RuntimeError('the program has ended, with '
                               f'{self.process.returncode}')

    def listens(self):
        self.check()
        ports = listening_ports(self.process.pid)
        if self.port in ports or (ports and not self.port):
            self.port = self.port or ports[0]
            return True
        return False

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.process.kill()
        self.process.wait()


class PythonProgramRun(ProgramRun):
    """A Python program that imports cwsgiref, and so the code of the program
    of the trace preset, in which it runs (running.py). `words`: its command
    line, behind "python3". `port`: where it listens, if it does so at more
    than one; or 0."""

    def __init__(self, program, words, directory=HERE, port=0):
        super().__init__(program, 'tools.callgraph.running:none', (),
                         directory)
        self.words = words
        self.port = port

    def environment(self):
        """Ours, with all that it may need."""
        folders = [ROOT, os.environ.get('PYTHONPATH')]
        return {**os.environ, **super().environment(),
                'PYTHONPATH': os.pathsep.join(filter(None, folders)),
                'TRACE_PROGRAM': '\n'.join(self.words)}

    def started(self, log):
        return Listening(self.command, self.port, cwd=self.directory,
                         env=self.environment(), stderr=log)

    def end_server(self, process):
        if not self.requests():
            raise RuntimeError(
                'it was no server of cwsgiref that has answered: the program '
                'imports cwsgiref, or --program -m cwsgiref.as_wsgiref puts '
                'it in the place of wsgiref')
        wait_for(self.has_handled_request)

    def wait(self, say):
        with self.started(None) as server:
            say(server.announcement)
            while not self.has_handled_request():
                server.check()
                time.sleep(0.01)
            self.wait_for_others()


@functools.lru_cache
def symbols(program):
    """(address of its beginning, {offset: name}) of the program's functions,
    static ones too."""
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
    return start, {address - start: name for address, name in names.items()}


def record(program, case):
    """The calls of the case, in Python and in C."""
    servers = (PythonRun(case.application, case.options),
               ProgramRun(program, case.application, case.options))
    result = []
    for server in servers:
        with server:
            server.request(case.raw, case.leaves)
            result.append(server.calls())
    return result


def record_all(program, cases):
    """{case: [calls in Python, calls in C]}"""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return dict(zip(cases, pool.map(
            functools.partial(record, program), cases)))
