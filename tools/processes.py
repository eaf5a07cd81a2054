"""What the kernel says of a process in /proc: how far it has got, and what it
waits for."""

import contextlib
import os

TICK = 1 / os.sysconf('SC_CLK_TCK')


def stat(pid):
    """The fields of /proc/PID/stat from the third on; none when it is gone.
    """
    try:
        with open(f'/proc/{pid}/stat', encoding='latin-1') as file:
            return file.read().rpartition(')')[2].split()
    except OSError:
        return []


def tree(pid):
    """The process and all that it has started: {PID: fields}."""
    fields = {int(name): stat(name) for name in os.listdir('/proc')
              if name.isdigit()}
    children = {}
    for each, of_it in fields.items():
        if of_it:
            children.setdefault(int(of_it[1]), []).append(each)
    found = {}
    pids = [pid]
    while pids:
        each = pids.pop()
        found[each] = fields.get(each, [])
        pids += children.get(each, [])
    return found


def used(processes):
    """Seconds of a processor, with those of children that have ended."""
    return TICK * sum(int(field) for fields in processes.values()
                      for field in fields[11:15])


def is_held_up(processes):
    """Whether one of them could go on, had it a processor, or its disk."""
    return any(fields[:1] in (['R'], ['D']) for fields in processes.values())


def waited_of_thread(path):
    try:
        with open(f'/proc/{path}/schedstat') as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):  # gone; or not every kernel has it
        return 0


def waited(pid):
    """Seconds that a process, all its threads and all that it has started
    have waited for a processor."""
    threads = []
    for each in tree(pid):
        try:
            threads += [f'{each}/task/{thread}'
                        for thread in os.listdir(f'/proc/{each}/task')]
        except OSError:
            pass
    return sum(map(waited_of_thread, threads))


def children(pid):
    """The process ids of those that the main thread has started."""
    with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
        return [int(child) for child in file.read().split()]


def listening_ports(pid):
    """The TCP ports where the process, or one that it has started, waits for
    connections."""
    sockets = set()
    for each in tree(pid):
        with contextlib.suppress(OSError):  # it has ended, or closes one
            for name in os.listdir(f'/proc/{each}/fd'):
                sockets.add(os.readlink(f'/proc/{each}/fd/{name}'))
    ports = []
    for table in 'tcp', 'tcp6':
        with contextlib.suppress(OSError), \
                open(f'/proc/{pid}/net/{table}', encoding='ascii') as file:
            for line in file:
                fields = line.split()
                if (fields[3] == '0A'  # LISTEN
                        and f'socket:[{fields[9]}]' in sockets):
                    ports.append(int(fields[1].rpartition(':')[2], 16))
    return ports


def is_asleep(pid):
    """Whether no thread of the process, and no child of it, has anything to
    do."""
    states = set()
    with contextlib.suppress(OSError):  # a thread, or a child, has ended
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/stat', errors='replace',
                      encoding='utf-8') as file:
                states.add(file.read().rpartition(') ')[2][0])
            with open(f'/proc/{pid}/task/{task}/children',
                      encoding='ascii') as file:
                states.update('SR'[not is_asleep(child)]
                              for child in file.read().split())
    return states == {'S'}
