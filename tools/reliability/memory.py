"""A server in which an allocation fails, each in turn, and what comes of it:
whatever that is, it is an exception, and the server goes on, or ends as
Python's does.
"""

import re
import subprocess
from contextlib import suppress
from typing import NamedTuple

from tools.compare import servers
from tools.compare.differences import without_differences
from tools.patience import wait

from . import requests
from .faults import APPLICATION, NEVER, Faults, program

PATIENCE = 20  # seconds without a processor, then a server hangs

# What says that C has called Python with an exception pending, or has given
# neither a result nor an exception; and that the process has been ended.
BROKEN = re.compile('SystemError|Fatal Python error|exception set|'
                    'without setting an exception')

# What CPython 3.11 does itself where it has no memory for the frame of a
# traceback: _PyFrame_MakeAndSetFrameObject() drops the exception, and then
# take_ownership() the MemoryError: a function of Python code has failed
# without an exception. Python's server shows the same. If there is no memory
# for the message, too, there is none; a debug build aborts.
LOST_ONE = (r'error return without exception set|<function \w+ at '
            r'0x[0-9a-f]+> returned NULL without setting an exception')
LOST = (re.compile(rf'^SystemError: (?:{LOST_ONE})$'),
        re.compile(rf'^SystemError: (?:{LOST_ONE})?$'))
ABORTED = re.compile(r"ceval\.c:\d+: _PyEval_EvalFrameDefault: Assertion "
                     r"`_PyErr_Occurred\(tstate\)' failed")

# So often a point is tried for what it leaves, and so often before that counts:
# some things are made once, and after another request the interpreter has other
# objects at hand that it uses again, so that another allocation is the n-th.
TIMES = 5
FIRST = 2

# CPython's Py_ReprLeave() does nothing without memory, and says nothing: the
# repr() of sys.stderr, which the validator takes, fails from then on, and that
# of a list or tuple which the application keeps has no contents.
REPR_LEFT = re.compile(r'reentrant call inside _io\.TextIOWrapper|'
                       r'\(\.\.\.\)|\[\.\.\.\]')


class ByLibrary:
    """malloc() gives NULL: all that the process allocates counts."""

    name = 'malloc'

    def __init__(self):
        self.faults = Faults()

    def environment(self):
        return self.faults.environment(PYTHONMALLOC='malloc')

    def arm(self, server, number, count):
        self.faults.fail_allocations(number, count)

    def disarm(self, server):
        self.stop()

    def stop(self):
        """Also while there is no server."""
        self.faults.stop()

    def close(self):
        self.faults.close()


class ByPython:
    """_testcapi.set_nomemory(): what is allocated by Python's allocators."""

    name = 'set_nomemory'

    def environment(self):
        return servers.environment()

    def arm(self, server, number, count):
        ask(server, requests.get(f'/arm?{number - 1}-{count}'))

    def disarm(self, server):
        """The first of these requests may be out of memory."""
        for _ in range(3):
            if is_disarmed(server) and is_disarmed(server):
                return

    def stop(self):
        pass

    def close(self):
        pass


def is_disarmed(server):
    return ask(server, requests.get('/disarm')).endswith(b'disarmed')


def ask(server, request):
    """The answer, until the server ended the connection, or itself."""
    answer = b''
    with suppress(ConnectionError), server.connect() as client:
        with suppress(ConnectionError):
            client.sendall(request)
        while data := client.recv(65536):
            answer += data
    return answer


def comparable(answer):
    return without_differences(answer.decode('latin-1'))


class Outcome(NamedTuple):
    """Of a point."""
    answer: bytes
    log: str
    ended: bool  # the server
    wrong: str   # what must not be, in words, or ''


class Sufferer:
    """A server, and another one whenever it has ended."""

    def __init__(self, method, options=(), command=None):
        """`command`: another program than that of the build."""
        self.method = method
        self.options = options
        self.command = command or [program(), '--bind', '127.0.0.1:0']
        self.server = None
        self.usual = {}
        self.start()

    def start(self):
        self.method.stop()
        self.server = servers.Server(
            [*self.command, *self.options, APPLICATION], is_program=True,
            env=self.method.environment())
        self.server.patience = PATIENCE
        self.warm = set()
        self.warm_up(requests.get('/short-tracebacks'))
        self.warm_up(requests.get('/references'))

    def warm_up(self, request):
        """What the server finds out about its release when a request wants to
        know is compiled; and CPython's compiler crashes without memory."""
        if request not in self.warm:
            self.warm.add(request)
            ask(self.server, request)
            self.server.log_of_exchange()

    def stop(self):
        if self.server is not None:
            self.method.disarm(self.server)
            self.server.stop()
            self.server = None

    def restart(self):
        self.server.kill()
        self.start()

    def usual_of(self, request):
        """What it answers and logs with memory."""
        self.warm_up(request)
        if request not in self.usual:
            self.server.log_of_exchange()
            answer = comparable(ask(self.server, request))
            log = without_differences(self.server.log_of_exchange())
            self.usual[request] = answer, log
        return self.usual[request]

    def count(self, request):
        """How many allocations it makes for that; only of a library."""
        self.warm_up(request)
        self.method.arm(self.server, NEVER, 1)
        ask(self.server, request)
        number = self.method.faults.control.allocated
        self.method.disarm(self.server)
        return number

    def point(self, request, number, count=1):
        """The Outcome when these allocations fail."""
        usual = self.usual_of(request)
        answer = b''
        try:
            self.method.arm(self.server, number, count)
            answer = ask(self.server, request)
            self.method.disarm(self.server)
            log = self.server.log_of_exchange()
            again = (comparable(ask(self.server, request)),
                     without_differences(self.server.log_of_exchange()))
        except TimeoutError:
            log = self.server.log()
            self.restart()
            return Outcome(answer, log, False, 'it hangs')
        except OSError:
            return self.end_of(answer)
        except RuntimeError as error:
            self.restart()
            why = '' if REPR_LEFT.search(str(error)) else str(error)
            return Outcome(answer, '', False, why)
        return Outcome(answer, log, False,
                       self.wrong(log, count > 1, usual, again))

    def end_of(self, answer):
        """The server has ended."""
        with suppress(subprocess.TimeoutExpired):
            wait(self.server.process, PATIENCE)
        status, log = self.server.stop()
        self.start()
        found = BROKEN.search(log)
        wrong = ''
        if found:
            wrong = f'it says {found[0]}'
        elif (status != 1 or 'MemoryError' not in log) \
                and not ABORTED.search(log):
            wrong = f'it ends with status {status}'
        return Outcome(answer, log, True, wrong)

    def wrong(self, log, several, usual, again):
        for line in log.splitlines():
            if BROKEN.search(line) and not LOST[several].match(line):
                return f'it says {line}'
        if again == usual:
            return ''
        self.restart()
        return ('' if REPR_LEFT.search(again[1])
                else f'the next answer is another: {again}')

    # ---- In a debug build

    def references(self):
        """How many there are in the server; the least of some looks."""
        return min(int(ask(self.server, requests.get('/references'))
                       .rpartition(b'\n')[2]) for _ in range(3))

    def leaked(self, request, number):
        """How many references are left each time that this allocation fails;
        None if the server has ended."""
        try:
            self.warm_up(request)
            before = self.references_after(request, number, FIRST)
            after = self.references_after(request, number, FIRST + TIMES)
            return max(0, after - before) // TIMES
        except (OSError, RuntimeError, ValueError):
            return None

    def references_after(self, request, number, times):
        for _ in range(times):
            self.fail_once(request, number)
        return self.references()

    def fail_once(self, request, number):
        self.method.arm(self.server, number, 1)
        ask(self.server, request)
        self.method.disarm(self.server)
