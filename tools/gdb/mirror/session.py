"""The program that is debugged: starts it, shows its log, sends it a
request."""

import contextlib
import os
import re
import signal
import tempfile
import threading
import time

import gdb

from tools.gdb.mirror.client import Client, listening_address, request_bytes
from tools.gdb.mirror.program import is_python

LOOKS = 0.2  # seconds between two looks into the log
LISTENS = ['BaseServer_serve_forever', 'BaseServer_handle_request']
PORT = re.compile(r'(^|\s)(-p|--port|-b|--bind)')
# What the commands here cannot do.
OTHERWISE = {'--cgi': 'the program is no server: start it with `run`',
             '--fork': 'another process answers, which gdb does not see: '
                       'start it without, or with --threads'}


class Log:
    """What the program prints, in a file: on the terminal it would write over
    `layout mirror`. What is new is shown when the program stops, and while it
    runs."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='cwsgiref-gdb-')
        self.path = os.path.join(self.folder.name, 'log')
        self.read = 0
        self.held = False
        self.notes = ''
        gdb.execute('set environment PYTHONUNBUFFERED=1')
        gdb.execute("set exec-wrapper sh -c 'exec \"$0\" \"$@\" >>\"%s\" 2>&1'"
                    % self.path)
        threading.Thread(target=self.watch, daemon=True).start()
        gdb.events.stop.connect(self.show)
        gdb.events.exited.connect(self.show)
        gdb.events.gdb_exiting.connect(lambda event: self.folder.cleanup())

    def watch(self):
        """In a thread of its own: has gdb show what is new."""
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while os.path.exists(self.folder.name):
            with contextlib.suppress(OSError):
                if not self.held and os.path.getsize(self.path) > self.read:
                    gdb.post_event(self.show)
            time.sleep(LOOKS)

    def note(self, line):
        """Something to say with what the program says."""
        self.notes += line + '\n'
        self.show()

    def show(self, event=None):
        if self.held:
            return
        gdb.write(self.notes)
        self.notes = ''
        if not os.path.exists(self.path):
            return
        with open(self.path, encoding='utf-8', errors='replace') as file:
            file.seek(self.read)
            gdb.write(file.read())
            gdb.flush()
            self.read = file.tell()


log = Log()


def has_front_end():
    """Whether VS Code or another program has started gdb, to speak with it by
    the machine interface."""
    with open('/proc/self/cmdline', 'rb') as arguments:
        return re.search(rb'\0--?i(nterpreter)?[=\0]mi', arguments.read())


def quietly(command):
    """Runs it, and returns what gdb says, but for where the program stops.
    What the program says is shown.

    A front end sees all: gdb 18 would also keep from it that the program runs
    and stops, for which it waits."""
    gdb.execute('set suppress-cli-notifications on')
    log.held = True
    try:
        return gdb.execute(command, to_string=not has_front_end()) or ''
    finally:
        gdb.execute('set suppress-cli-notifications off')
        log.held = False
        log.show()


class Silent(gdb.Breakpoint):
    """Stops without a word, or runs `action`, which says whether to stop."""

    def __init__(self, function, action=lambda: True):
        super().__init__(function=function, internal=True)
        self.silent = True
        self.action = action

    def stop(self):
        return self.action()


class Answered:
    """Stops the program when it has done with one request, the next that it
    begins: it has closed the connection, and, in serve_forever, is about to
    wait for the next."""

    def __init__(self, began=False):
        self.done = False
        self.left = {'close', 'next turn'} if began else None
        self.breakpoints = [
            Silent('BaseServer__handle_request_noblock', self.begin),
            Silent('BaseServer_service_actions', self.next_turn),
            Silent('Socket_close', self.close)]

    def begin(self):
        self.left = {'close'}
        if gdb.selected_frame().older().name() == 'BaseServer_serve_forever':
            self.left.add('next turn')
        return False

    def end(self, what):
        if self.left is None:
            return False
        self.left.discard(what)
        self.done = not self.left
        return self.done

    def next_turn(self):
        return self.end('next turn')

    def close(self):
        caller = gdb.selected_frame().older().name()
        return caller == 'TCPServer_close_request' and self.end('close')

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        for each in self.breakpoints:
            each.delete()


def is_running():
    return gdb.selected_inferior().pid != 0


def own_breakpoints():
    """The user's, those that are enabled."""
    return [each for each in gdb.breakpoints() if each.enabled]


@contextlib.contextmanager
def without_breakpoints():
    """The user's wait meanwhile."""
    waiting = own_breakpoints()
    for each in waiting:
        each.enabled = False
    try:
        yield
    finally:
        for each in waiting:
            if each.is_valid():
                each.enabled = True


def stack(frame):
    while frame is not None:
        yield frame
        frame = frame.older()


def server():
    """What serves: `self` of serve_forever or handle_request, which is on the
    stack of a thread, the first one as a rule. None before and after that."""
    if not is_running():
        return None
    selected = gdb.selected_thread()
    try:
        for thread in sorted(gdb.selected_inferior().threads(),
                             key=lambda thread: thread.num):
            thread.switch()
            for frame in stack(gdb.newest_frame()):
                if frame.name() in LISTENS:
                    return frame.read_var('self')
    finally:
        selected.switch()
    return None


def program_arguments():
    """gdb 13 knows them by `show` only, gdb 18 in a front end only without."""
    shown = gdb.execute('show args', to_string=True)
    found = re.search(r' is "(.*)"\.$', shown, re.S)
    return gdb.parameter('args') or (found[1] if found else '')


def run_to_import():
    """Runs a Python up to where it has loaded our module."""
    gdb.execute('tcatch load _cwsgiref', to_string=True)
    quietly('run')
    if not is_running():
        raise gdb.GdbError('The program has ended, and has not imported '
                           'cwsgiref.')


def start(prepare=None):
    """Runs the program up to where it waits for a client, on a free port;
    `prepare` is called before its first instruction. False when it stopped
    before that, at a breakpoint of the user's."""
    arguments = program_arguments()
    for option, reason in OTHERWISE.items():
        if re.search(rf'(^|\s){option}\b', arguments):
            raise gdb.GdbError(f'With {option} {reason}.')
    stops = []
    name = os.path.basename(gdb.current_progspace().filename)
    if name == 'cwsgiref' and not PORT.search(arguments):
        gdb.execute(f'set args --port 0 {arguments}')
    try:
        if is_python():
            run_to_import()
        elif prepare is not None:
            quietly('starti')
        stops = [Silent(each) for each in LISTENS]
        if prepare is not None:
            prepare()
        quietly('continue' if is_running() else 'run')
    finally:
        gdb.execute(f'set args {arguments}')
        for each in stops:
            each.delete()
    if not is_running():
        raise gdb.GdbError('The program has ended before it served; what it '
                           'said stands above.')
    return server() is not None


def send(argument):
    """Sends a request to the program, which is started if need be, but still
    stands: it is read once the program goes on. The client, or None when the
    program does not listen yet."""
    raw = request_bytes(argument)
    if not is_running() and not start():
        return None
    listening = server()
    if listening is None:
        raise gdb.GdbError('The program does not serve yet, or no more: '
                           '`continue`, or `kill` and try again.')
    fd = int(listening.dereference()['socket']['fd'])
    try:
        return Client(*listening_address(gdb.selected_inferior().pid, fd), raw)
    except OSError as error:
        raise gdb.GdbError(f'The server cannot be connected to: {error}')


class Request(gdb.Command):
    """request [-raw TEXT | PATH]: sends a request, and lets the program run.

The program is started, if need be, on a free port. It stops at your
breakpoints as always, or else once it has answered. PATH is / by default;
TEXT is a whole request, with escapes:

    request -raw GET / HTTP/1.0\\r\\n\\r\\n"""

    def __init__(self):
        super().__init__('request', gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        started = not is_running()
        client = send(argument.strip())
        if client is None or (started and stands_at_breakpoint()):
            gdb.execute('frame')
            return
        with Answered() as answered:
            gdb.execute('continue')
        if answered.done or not is_running():
            print(client.summary())


def stands_at_breakpoint():
    """Whether the user has a breakpoint at this place."""
    pc = gdb.selected_frame().pc()
    return any(location.address == pc for each in own_breakpoints()
               for location in getattr(each, 'locations', ()))


def register():
    Request()
