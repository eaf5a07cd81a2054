"""A server is made while a system call fails: by the classes of Python and by
ours, in this process, into which faults.c is loaded. For system_calls.py.

    starting.py CALL ERRNO ...

Prints what comes of each as a line, for Python and for ours.
"""

import ctypes
import errno
import gc
import importlib
import mmap
import os
import pathlib
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tools.reliability.faults import NUMBERS, Control  # noqa: E402

TIMES = 3  # so many calls of a kind there are at most
# So many calls ours makes first that Python has not: bind() and getsockname()
# are those of the _socket module, over a descriptor of which that asks first
# what it is.
FIRST = {'getsockname': 2}


def open_control():
    with open(os.environ['CWSGIREF_FAULTS'], 'r+b') as file:
        return Control.from_buffer(mmap.mmap(file.fileno(),
                                             ctypes.sizeof(Control)))


def descriptors():
    gc.collect()
    return len(os.listdir('/proc/self/fd'))


def make(module):
    """What comes of it: the address, or an error and where it is from."""
    try:
        with module.make_server('127.0.0.1', 0, module.demo_app) as server:
            return f'made for {server.server_address[0]}'
    except Exception as error:
        frames = [frame.name for frame in traceback.extract_tb(
            error.__traceback__) if 'starting.py' not in frame.filename]
        return f'{error!r} in {frames}'


def outcome(control, module, call, number, error):
    before = descriptors()
    control.error = error
    control.called[:] = [0] * len(NUMBERS)
    control.failed = 0
    control.first_call, control.failing_calls = number, 1
    control.call = NUMBERS[call]
    result = make(module)
    control.call = -1
    return f'{result}, failed {control.failed}, ' \
           f'descriptors {descriptors() - before:+}'


def main():
    control = open_control()
    call, *names = sys.argv[1:]
    modules = [importlib.import_module(name) for name in (
        'wsgiref.simple_server', 'cwsgiref.simple_server')]
    for module in modules:  # what is imported when it is needed
        make(module)
    for name in names:
        more = FIRST.get(call, 0)
        for number in range(1, TIMES + 1 - more):
            one, other = (
                outcome(control, module, call, first, getattr(errno, name))
                for module, first in zip(modules, (number, number + more)))
            print(f'{call}() {number}: {name}\t{one}\t{other}')


if __name__ == '__main__':
    main()
