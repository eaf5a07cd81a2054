"""What Python code sees of the two signals."""

import os
import signal


def caught():
    """SIGTERM raises KeyboardInterrupt, which may be caught."""
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt:
        return True
    return False


def own(signum, frame):
    pass


def set_own():
    signal.signal(signal.SIGTERM, own)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def set_default():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def caught_of_a_call():
    try:
        signal.default_int_handler(2, None)
    except KeyboardInterrupt:
        return 'by a call'


def cmdloop(signum):
    """With the name of cmd.Cmd.cmdloop: a prompt is on its way."""
    try:
        signal.raise_signal(signum)
    except KeyboardInterrupt:
        return 'caught'


def told_by_child():
    """The actions of both signals, and the signals that are blocked."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        told = (signal.getsignal(signal.SIGTERM),
                signal.getsignal(signal.SIGINT),
                signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        os.write(write, repr(told).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    told = os.read(read, 1000).decode()
    os.close(read)
    return told


def send_amid_forks():
    """From now on, the child of a fork gets SIGTERM while it forks."""
    parent = os.getpid()
    os.register_at_fork(
        after_in_child=lambda: os.getpid() != parent and os.kill(
            os.getpid(), signal.SIGTERM))


def exit_code_of_child():
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
