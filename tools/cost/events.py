"""What valgrind has written, as a list of events in their order.

There are two files. The profile has a part for each time that callgrind has
dumped its counts, which says why ("--dump-before=BaseHandler_run"), and what
each function has needed since the part before. The log says when that was,
and between them which system calls there were:

    --77-- Start dumping at BB 5 (--dump-before=BaseHandler_run)...
    SYSCALL[77,1](3) sys_close ( 5 )[sync] --> Success(0x0)
    SYSCALL[77,1](7) sys_poll ( 0x1fff000368, 1, 500 )
     --> [async] ...
    SYSCALL[77,1](7) ... [async] --> Success(0x1)
"""

import collections
import dataclasses
import errno
import os
import re

DUMP = re.compile(r'^--\d+-- Start dumping at BB \d+ \((.*)\)\.\.\.$')
BEGINS = re.compile(r'^SYSCALL\[\d+,1\]\(\d+\) sys_(\w+)')
ENDS = re.compile(r'^SYSCALL\[\d+,1\].*\] --> (Success|Failure)'
                  r'\(0x([0-9a-f]+)\)')
COST = re.compile(r'^\d+ (\d+)')

# Calls that the kernel answers without a system call, in its vDSO. valgrind
# has none, so that there they are system calls.
IN_VDSO = {'clock_gettime', 'clock_getres', 'gettimeofday', 'time', 'getcpu'}

# By the names of the kernel's functions, where strace has others.
KNOWN_AS = {'newstat': 'stat', 'newfstat': 'fstat', 'newlstat': 'lstat'}


@dataclasses.dataclass
class Event:
    """`what`: 'begins' or 'ends', of a function; 'system call', with its
    result. `cost`: {place: instructions} since the event before."""

    what: str
    name: str
    result: str = ''
    cost: collections.Counter = dataclasses.field(
        default_factory=collections.Counter)


def result_of(outcome, value):
    """A system call's, as strace has it."""
    value = int(value, 16)
    if outcome == 'Failure':
        return f'-1 {errno.errorcode.get(value, value)}'
    return str(value)


def log_events(path):
    """Those of the log: they have no costs."""
    waits = None  # a system call whose result is still to come
    with open(path, encoding='utf-8', errors='replace') as log:
        for line in log:
            if found := DUMP.match(line):
                trigger, _, name = found[1].partition('=')
                yield Event({'--dump-before': 'begins',
                             '--dump-after': 'ends'}.get(trigger, ''), name)
                continue
            if found := BEGINS.match(line):
                name = KNOWN_AS.get(found[1], found[1])
                waits = Event('system call', name)
            if waits and (found := ENDS.match(line)):
                waits.result = result_of(found[1], found[2])
                if waits.name not in IN_VDSO:
                    yield waits
                waits = None


def parts(path, place_of):
    """(why it was dumped, {place: instructions}) of each part of a profile.
    place_of(object file, source file): where a function belongs."""
    why = cost = None
    with open(path, encoding='utf-8', errors='replace') as profile:
        for line in profile:
            if line.startswith('part: '):
                if cost is not None:
                    yield why, cost
                cost = collections.Counter()
                binary = source = place = why = None
                is_call = False
            elif line.startswith('desc: Trigger: '):
                why = line.removeprefix('desc: Trigger: ').rstrip('\n')
            elif line.startswith('ob='):
                binary, place = line[3:-1], None
            elif line.startswith('fl='):
                source, place = line[3:-1], None
            elif line.startswith('calls='):
                is_call = True  # the next line is what others have needed
            elif found := COST.match(line):
                if not is_call:
                    place = place or place_of(binary, source)
                    cost[place] += int(found[1])
                is_call = False
    if cost is not None:
        yield why, cost


def place_of(program, root):
    """Where a function belongs: "src/handlers", "CPython" or "libc"."""
    source_folder = os.path.join(root, 'src', '')

    def place(binary, source):
        if binary == program and source.startswith(source_folder):
            return os.path.dirname(os.path.relpath(source, root))
        name = os.path.basename(binary or '')
        if re.match(r'(libc|libm|libpthread|ld-linux.*)\.so', name) or (
                binary == program and '/libc/' in source):
            return 'libc'
        return 'CPython'
    return place


def read(log, profile, place):
    """All events, with their costs."""
    dumps = parts(profile, place)
    for event in log_events(log):
        if event.what != 'system call':
            why, event.cost = next(dumps)
            if event.what and not why.endswith(f'={event.name}'):
                raise RuntimeError(f'callgrind\'s log has {event.name} where '
                                   f'its profile has {why}')
        if event.what:
            yield event
