"""Servers whose allocations and system calls fail when somebody wants it: the
other end of faults.c, which is loaded into them."""

import ctypes
import errno
import functools
import mmap
import os
import subprocess
import sys

from tools.compare import servers

from . import builds

HERE = os.path.dirname(os.path.abspath(__file__))
APPLICATION = os.path.join(HERE, 'applications.py') + ':application'

# In the order of faults.c, with the letters that its trace has.
CALLS = {'accept': 'a', 'recv': 'r', 'send': 's', 'sendfile': 'f',
         'shutdown': 'h', 'close': 'c', 'poll': 'p', 'ioctl': 'i',
         'socket': 'S', 'bind': 'B', 'listen': 'L', 'getsockname': 'N',
         'getsockopt': 'G', 'setsockopt': 'O', 'read': 'd'}
NUMBERS = {name: number for number, name in enumerate(CALLS)}

NEVER = 1 << 40


class Control(ctypes.Structure):
    """The same in faults.c: struct control."""

    _fields_ = [(name, ctypes.c_long) for name in (
        'first_allocation', 'failing_allocations', 'allocated',
        'call', 'first_call', 'failing_calls', 'error', 'failed',
        'breaks_at', 'sent', 'hung_up', 'dice', 'interrupted')] + [
        ('thrown', ctypes.c_long * len(CALLS)),
        ('called', ctypes.c_long * len(CALLS)),
        ('traced', ctypes.c_long), ('trace', ctypes.c_char * 3000)]


class Faults:
    """What a server is to meet. Nothing, at first."""

    def __init__(self):
        self.descriptor = os.memfd_create('faults')
        os.truncate(self.descriptor, ctypes.sizeof(Control))
        self.memory = mmap.mmap(self.descriptor, ctypes.sizeof(Control))
        self.control = Control.from_buffer(self.memory)
        self.stop()

    def environment(self, **more):
        """For a server that is to have the library."""
        return {**servers.environment(), 'LD_PRELOAD': library(),
                'CWSGIREF_FAULTS': f'/proc/{os.getpid()}/fd/'
                                   f'{self.descriptor}', **more}

    def stop(self):
        """Nothing fails from here on."""
        control = self.control
        control.first_allocation = control.failing_allocations = 0
        control.call = -1
        control.first_call = control.failing_calls = 0
        control.error = 0
        control.breaks_at = -1
        control.dice = 0

    def count(self):
        """Counts from here on."""
        control = self.control
        control.allocated = control.failed = control.interrupted = 0
        control.called[:] = control.thrown[:] = [0] * len(CALLS)
        control.traced = 0
        control.sent = 0

    def fail_allocations(self, first, count=1):
        """Counted from 1, from now on."""
        self.count()
        self.control.failing_allocations = count
        self.control.first_allocation = first

    def fail_calls(self, call, first, count, error):
        """The same of a call, by its name, with that errno."""
        self.count()
        self.control.error = error
        self.control.first_call = first
        self.control.failing_calls = count
        self.control.call = NUMBERS[call]

    def break_at(self, byte, error):
        """The connection that comes next breaks before that byte of its
        answer."""
        self.count()
        self.control.error = error
        self.control.breaks_at = byte

    def interrupt(self, seed):
        """From now on calls are interrupted, and do less than they should."""
        self.count()
        self.control.dice = seed * 2 + 1

    def trace(self):
        """The letters of the calls since they are counted."""
        size = min(self.control.traced, 3000)
        offset = Control.trace.offset
        return self.memory[offset:offset + size].decode('ascii')

    def close(self):
        self.control = None
        self.memory.close()
        os.close(self.descriptor)


def program():
    """The path of the program."""
    return os.path.abspath(os.environ['CWSGIREF'])


def library():
    """The path of faults.c, built."""
    return built('reliability_faults', 'reliability/libfaults.so')


def variants():
    """The path of tools/compare/variants.c, built."""
    return built('compare_variants', 'compare/variants')


@functools.cache
def built(target, path):
    if builds.BUILT not in os.environ:
        subprocess.run(['cmake', '--build', builds.folder(), '--target',
                        target], check=True, stdout=sys.stderr)
    return str(builds.folder() / 'tools' / path)


def name_of(error):
    return errno.errorcode[error]


def python_command(*arguments):
    """Python's server, as the comparison has it."""
    return [sys.executable, os.path.join(servers.HERE, 'reference.py'),
            *arguments]
