"""watch.py COMMAND ...: runs a test, and ends it when it hangs.

A test hangs when it and all that it has started have done nothing for five
minutes ($CWSGIREF_PATIENCE, in seconds): none has used a tenth of a second of a
processor, and none was waiting for one. How long it takes otherwise is no
matter: a machine may be slow. The exit status is that of the command.
"""

import os
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', '..'))

from tools.patience import PATIENCE  # noqa: E402
from tools.processes import is_held_up, tree, used  # noqa: E402

LOOKS = 30  # in that time
LITTLE = 0.1  # a server that waits for a request looks up now and then


def command_of(pid):
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            return file.read().replace(b'\0', b' ').decode(errors='replace')
    except OSError:
        return ''


def end(process):
    """All of them; the test itself by a signal at which Python says where it
    was."""
    processes = tree(process.pid)
    print(f'watch.py: nothing has happened for {PATIENCE:g} seconds:',
          file=sys.stderr)
    for pid in processes:
        print(f'  {pid} {command_of(pid)}', file=sys.stderr)
    sys.stderr.flush()
    process.send_signal(signal.SIGABRT)
    process.wait()
    for pid in set(processes) - {process.pid}:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def main():
    process = subprocess.Popen(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the test
    ended = os.pidfd_open(process.pid)
    done = 0
    last = time.monotonic()
    while not select.select([ended], [], [], PATIENCE / LOOKS)[0]:
        processes = tree(process.pid)
        if is_held_up(processes) or abs(used(processes) - done) > LITTLE:
            done = used(processes)
            last = time.monotonic()
        elif time.monotonic() - last > PATIENCE:
            end(process)
            return 1
    status = process.wait()
    return status if status >= 0 else 128 - status


if __name__ == '__main__':
    sys.exit(main())
