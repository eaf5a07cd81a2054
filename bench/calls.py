"""System calls of a request: strace counts those of a server that runs."""

import re
import shutil
import signal
import subprocess

REQUESTS = 200
LEAST = 0.05  # of one request; a rarer call does not belong to it


def why_not():
    """Why nothing can be counted here, or None."""
    if shutil.which('strace') is None:
        return 'strace is not installed'
    done = subprocess.run(['strace', '-c', '-o', '/dev/null', 'true'],
                          capture_output=True, text=True)
    return done.stderr.strip() or 'strace fails' if done.returncode else None


def attach(pids, output):
    """strace, as soon as it has all of them."""
    command = ['strace', '-f', '-c', '-o', output]
    for pid in pids:
        command += ['-p', str(pid)]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    waiting = {str(pid) for pid in pids}
    while waiting:
        line = strace.stderr.readline()
        if not line:
            raise RuntimeError('strace has ended')
        if found := re.search(r'Process (\d+) attached', line):
            waiting.discard(found[1])
    return strace


def read(text):
    """{call: how often} of strace's table."""
    return {name: int(count) for count, name in re.findall(
        r'^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$', text,
        re.MULTILINE) if name != 'total'}


def count(running, case, connections):
    """{call: how often in a request}."""
    output = running.kit.folder / 'strace'
    strace = attach(running.processes(), output)
    try:
        running.load(case, connections, REQUESTS)
    finally:
        strace.send_signal(signal.SIGINT)
        strace.communicate()
    counts = {name: number / REQUESTS
              for name, number in read(output.read_text()).items()}
    return {name: number for name, number in
            sorted(counts.items(), key=lambda item: -item[1])
            if number >= LEAST}
