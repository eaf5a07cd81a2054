"""What Python's BaseServer prints of an error, and signals."""

import io
import signal
import socketserver
import sys

from rows import Rows

rows = Rows()


# ---- Signals

alarms = []


def count(signum, frame):
    alarms.append(signum)


def fail(signum, frame):
    signal.setitimer(signal.ITIMER_REAL, 0)
    alarms.append(signum)
    if len(alarms) == 1:
        raise KeyError('alarm')


def start_alarms(handler):
    alarms.clear()
    signal.signal(signal.SIGALRM, handler)


def stop_alarms():
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


# ---- handle_error()

caught = None


def two_lines():
    raise ValueError('no\nway')


def cause():
    raise KeyError from OSError(2, 'gone')


def division():
    1 / 0


def group():
    raise ExceptionGroup('both', [ValueError(1), KeyError(2)])


def assertion():
    assert False


def syntax():
    exec('(', {})


def context():
    try:
        {}['key']
    finally:
        raise RuntimeError('second')


raising = [
    ('a message of two lines', two_lines),
    ('an exception with a cause', cause),
    ('a division by zero', division),
    ('a group of exceptions', group),
    ('an assertion', assertion),
    ('a syntax error', syntax),
    ('an exception with a context', context),
]


def text_of_python(raises, client_address):
    """What Python's handle_error prints; the exception is `caught`."""
    global caught
    reference = socketserver.BaseServer(('', 0), None)
    sys.stderr = io.StringIO()
    try:
        raises()
    except Exception as e:
        caught = e
        reference.handle_error(None, client_address)
    return sys.stderr.getvalue()


def compare_text(words, got, wanted):
    global caught
    caught = None
    rows.compare(words, got, wanted)
    assert wanted.startswith(
        '-' * 40 + '\nException occurred during processing of request '
        'from (\'10.0.0.1\', 4711)\n'), wanted
    assert wanted.endswith('\n' + '-' * 40 + '\n')


def catch():
    global caught
    try:
        raise ValueError('no')
    except ValueError as e:
        caught = e


def print_to_stdout():
    """As print() does where there is no sys.stderr."""
    sys.stderr = None
    sys.stdout = io.StringIO()


def stop_printing():
    """What has been printed."""
    text = sys.stdout.getvalue()
    sys.stdout = None
    return text


def without_stderr():
    sys.stdout = sys.__stdout__
    del sys.stderr


def with_closed_stderr():
    sys.stderr = io.StringIO()
    sys.stderr.close()


def restore():
    global caught
    caught = None
    sys.stderr = sys.__stderr__


def check_printed(text):
    """All of one report, and nothing else."""
    lines = text.splitlines()
    assert lines[0] == lines[-1] == '-' * 40, text
    assert lines[2] == 'Traceback (most recent call last):', text
    assert lines[-2] == 'ValueError: no', text
    assert text.count('-' * 40) == 2, text
