"""A server that runs, and one measurement of it."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time

from bench import machine
from bench.cases import CASES, ask
from tools.patience import PATIENCE, wait
from tools.processes import tree

STOPS_WITHIN = 10  # seconds, after a signal
PRIORITY = -10     # as in nice
# Somebody else was busy for this part of a processor, and for more than the
# kernel's clock can be wrong.
DISTURBED, CLOCK = 0.1, 0.03


class ServerFailed(Exception):
    """It does not start, or has ended; with its log."""


def pinned(cpu):
    """For subprocess: on this processor, and before others, where we may."""
    def prepare():
        os.sched_setaffinity(0, {cpu})
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    return prepare


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as free:
        return free.getsockname()[1]


class Running:
    """A server from its start to its end. `cpus`: its processor and that of
    the client; None: any. `wrapper`: a command before its own, such as
    valgrind's."""

    def __init__(self, server, kit, cpus, wrapper=()):
        self.server = server
        self.kit = kit
        self.cpus = cpus
        self.place, self.client_place = (
            [None, None] if cpus is None else map(pinned, cpus))
        self.port = free_port()
        self.log = tempfile.TemporaryFile(dir=kit.folder)
        command = [*wrapper, *server.command(kit, self.port)]
        self.process = subprocess.Popen(
            command, env=self.environment(), cwd='/',
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True, preexec_fn=self.place)
        try:
            self.wait_until_it_serves()
        except BaseException:
            self.stop()
            raise

    def environment(self):
        """The same for all, and short: it goes into each environ."""
        kept = {name: os.environ[name] for name in ('PATH', 'VIRTUAL_ENV')
                if name in os.environ}
        return {**kept, 'HOME': '/', 'LANG': 'C.UTF-8', 'PYTHONHASHSEED': '0',
                'PYTHONDONTWRITEBYTECODE': '1',
                'BENCH_FILE': str(self.kit.file)}

    def wait_until_it_serves(self):
        """Nothing tells of that which all of them have but an answer."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.check()
            try:
                ask(self.port, CASES['hello'])
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise ServerFailed(f'{self.server.name} does not serve: {self.said()}')

    def check(self):
        if self.process.poll() is not None:
            raise ServerFailed(f'{self.server.name} has ended: {self.said()}')

    def said(self):
        size = os.fstat(self.log.fileno()).st_size
        start = max(0, size - 2000)
        return os.pread(self.log.fileno(), 2000, start).decode(
            errors='backslashreplace').strip()

    def processes(self):
        return tree(self.process.pid)

    def load(self, case, connections, limit):
        """Sends requests; what the client says of them. `limit`: as it has
        it."""
        done = subprocess.run(
            [self.kit.load, str(self.port), str(connections), str(limit)],
            input=case.request(), stdout=subprocess.PIPE,
            preexec_fn=self.client_place)
        self.check()
        if done.returncode != 0:
            raise ServerFailed(f'{self.server.name} does not answer '
                               f'{case.name}: {self.said()}')
        return json.loads(done.stdout)

    def measure(self, case, connections, limit):
        """One measurement: what the client says, and in `cpu` microseconds of
        a processor for a request, in `foreign` the part of one that somebody
        else has used."""
        start, busy = time.monotonic(), machine.busy(self.cpus)
        used, ours = machine.used(self.process.pid), own_time()
        found = self.load(case, connections, limit)
        used = machine.used(self.process.pid) - used
        ours = own_time() - ours + used
        foreign = machine.busy(self.cpus) - busy - ours
        gone = time.monotonic() - start
        found['cpu'] = 1e6 * used / found['requests']
        found['rate'] = found['requests'] / found['seconds']
        found['client_busy'] = found['client'] / found['seconds']
        found['foreign'] = max(0, foreign) / gone
        found['disturbed'] = foreign > max(DISTURBED * gone, CLOCK)
        return found

    def stop(self):
        """Ends it, and all that it has started."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                wait(self.process, STOPS_WITHIN)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.stop()


def own_time():
    """Seconds of a processor that the bench has used, and its clients."""
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + clients.ru_utime + clients.ru_stime
