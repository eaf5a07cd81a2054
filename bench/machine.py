"""The machine under the bench: two processors of it, a network of one's own,
and whether anybody else is busy."""

import contextlib
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time

from tools.processes import TICK, stat, tree

# What a script sets for itself when it starts again in a namespace.
ALONE = 'CWSGIREF_BENCH_ALONE'
SYSCTL = pathlib.Path('/proc/sys/net/ipv4')
# bbr sends by the clock, and then one measures the clock.
WANTED = {'tcp_congestion_control': 'reno',
          'ip_local_port_range': '10000 65535'}

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # <linux/sockios.h>


# ---- A network of one's own

def enter_namespace():
    """Starts the script again in a network namespace, where it may make one.
    Returns why it may not, or None in the namespace."""
    if os.environ.pop(ALONE, None):
        prepare_network()
        return None
    command = ['unshare', '--net']
    if os.geteuid() != 0:
        command += ['--user', '--map-root-user']
    try:
        done = subprocess.run([*command, 'true'], stderr=subprocess.PIPE,
                              text=True)
    except FileNotFoundError:
        return 'there is no unshare here'
    if done.returncode != 0:
        return done.stderr.strip()
    sys.stdout.flush()
    os.environ[ALONE] = 'yes'
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def prepare_network():
    """Of a new namespace: loopback is down, and the settings are those of
    the system."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack('16sh14x', b'lo', 0)
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        flags, = struct.unpack('16xh14x', request)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack('16sh14x', b'lo', flags | IFF_UP))
    for name, value in WANTED.items():
        with contextlib.suppress(OSError):  # a container may not let us
            (SYSCTL / name).write_text(value)


def congestion_control():
    return (SYSCTL / 'tcp_congestion_control').read_text().strip()


# ---- Processors

def siblings(cpu):
    """Those that share a core with this one, and itself."""
    path = pathlib.Path(f'/sys/devices/system/cpu/cpu{cpu}/topology/'
                        'thread_siblings_list')
    found = {cpu}
    try:
        for part in path.read_text().strip().split(','):
            first, _, last = part.partition('-')
            found.update(range(int(first), int(last or first) + 1))
    except (OSError, ValueError):
        pass  # the kernel does not say
    return found


def two_cpus():
    """One for the server and one for the client, on two cores if there are as
    many; the same twice where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    first = allowed[0]
    others = [cpu for cpu in allowed if cpu != first]
    far = [cpu for cpu in others if cpu not in siblings(first)]
    return first, (far or others or [first])[0]


def processor():
    """What it calls itself."""
    for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines():
        name, _, value = line.partition(':')
        if name.strip() in ('model name', 'Model', 'cpu model'):
            return value.strip()
    return os.uname().machine


# ---- Time of a processor

def busy(cpus):
    """Seconds that these have been busy, with what the machine below them has
    taken away."""
    total = 0
    with open('/proc/stat', encoding='ascii') as file:
        for line in file:
            name, *fields = line.split()
            if name in {f'cpu{cpu}' for cpu in cpus}:
                user, nice, system, _, _, irq, soft, steal = map(
                    int, fields[:8])
                total += user + nice + system + irq + soft + steal
    return total * TICK


def clock(pid):
    """Seconds of a processor that a process has used, user and system, to the
    nanosecond: its clock, by a number that <linux/posix-timers.h> makes.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has ended
        return 0


def used(pid):
    """The same of a process and all that it has started. Of those that have
    ended, the kernel knows it in hundredths only."""
    return sum(clock(each) + TICK * sum(map(int, fields[13:15]))
               for each, fields in tree(pid).items())


def resident(pid):
    """Bytes in memory of a process and all that it has started."""
    pages = sum(int(stat(each)[21]) for each in tree(pid) if stat(each))
    return pages * os.sysconf('SC_PAGE_SIZE')
