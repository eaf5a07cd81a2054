"""The processes of a request, and what Python's own classes do."""

import itertools
import os
import signal
import socketserver
import sys
from wsgiref.simple_server import WSGIServer

import mixed_classes
from mixed_classes import plan, same
from rows import Rows

rows = Rows()
parent = os.getpid()


def forking(base):
    """3.12 has those of Unix itself."""
    return type('Forking' + base.__name__,
                (socketserver.ForkingMixIn, base), {})


ForkingUnixStreamServer = forking(socketserver.UnixStreamServer)
ForkingUnixDatagramServer = forking(socketserver.UnixDatagramServer)
ForkingWSGIServer = forking(WSGIServer)


# ---- Steps that report from either process

reports = None


def step(name, *arguments):
    who = 'parent' if os.getpid() == parent else 'child'
    handled = sys.exc_info()[1]
    line = repr((who, name, repr(handled), *arguments))
    os.write(reports[1], line.encode() + b'\n')
    if plan.get(name):
        raise plan[name](name)


def start_reporting():
    global reports
    if reports is not None:
        os.close(reports[0])
        os.close(reports[1])
    reports = os.pipe()
    os.set_blocking(reports[0], False)
    mixed_classes.start()
    mixed_classes.replace('step', step)


def events():
    """When all processes that may have something to say have ended."""
    try:
        text = os.read(reports[0], 65536).decode()
    except BlockingIOError:
        text = ''
    return [eval(line) for line in text.splitlines()]


def wait_for(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


errors = [None, ValueError, SystemExit, KeyboardInterrupt]
steps = ['finish_request', 'handle_error', 'shutdown_request']
plans = [dict(zip(steps, kinds))
         for kinds in itertools.product(errors, errors[:3], errors[:2])]


def words_of(this_plan):
    raised = ['%s raises %s' % (name, kind.__name__)
              for name, kind in this_plan.items() if kind]
    return ', '.join(raised) or 'nothing raises'


def begin_plan(this_plan):
    plan.clear()
    plan.update(this_plan)


def end_plan(this_plan, status):
    """Ours has done it; so does Python's."""
    got = {'status': status, 'events': sorted(events())}
    server = same(socketserver.ForkingMixIn)()
    server.process_request('request', 'address')
    status = wait_for(server.active_children.pop())
    rows.compare(words_of(this_plan), got,
                 {'status': status, 'events': sorted(events())})


def check_steps_of_both():
    assert sorted(events()) == [
        ('child', 'finish_request', 'None', 'request', 'address'),
        ('child', 'shutdown_request', 'None', 'request'),
        ('parent', 'close_request', 'None', 'request')]


# ---- Hooks

hooked = refused = False


def hook(name):
    if hooked:
        step(name)


def register_hooks():
    os.register_at_fork(
        before=lambda: hook('before'),
        after_in_parent=lambda: hook('after in parent'),
        after_in_child=lambda: hook('after in child'))


def check_hooks():
    names = [event[:2] for event in events()]
    assert names[0] == ('parent', 'before')
    assert ('parent', 'after in parent') in names
    assert ('child', 'after in child') in names
    assert len(names) == 6


def audit(event, arguments):
    if event == 'os.fork' and refused:
        raise BlockingIOError(11, 'refused')


def add_audit_hook():
    sys.addaudithook(audit)


# ---- Children that wait until the test lets go

hold = None


def wait_in_child(*arguments):
    os.close(hold[1])
    os.read(hold[0], 1)


def start_children():
    start_reporting()
    mixed_classes.replace('finish_request', wait_in_child)
    mixed_classes.replace('shutdown_request', lambda request: None)
    mixed_classes.replace('close_request', lambda request: None)
    mixed_classes.replace('let_go', let_go)


def new_hold():
    global hold
    hold = os.pipe()


def let_go():
    os.close(hold[1])
    os.close(hold[0])


def until_exited(pids):
    """Nobody has collected them yet."""
    for pid in pids:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def kill_one_of(children):
    killed = min(children)
    os.kill(killed, signal.SIGKILL)
    until_exited([killed])
    return killed


def kill_two_of(children):
    for pid in sorted(children)[:2]:
        os.kill(pid, signal.SIGKILL)


def collect_all(children):
    for pid in children:
        os.waitpid(pid, 0)


def check_that_none_is_left(pids):
    for pid in pids:
        assert not os.path.exists('/proc/%d' % pid)


# ---- Signals

alarms = []


def count(signum, frame):
    alarms.append(signum)
    if len(alarms) == 3:
        let_go()


def fail(signum, frame):
    signal.setitimer(signal.ITIMER_REAL, 0)
    alarms.append(signum)
    if len(alarms) == 1:
        raise KeyError('alarm')


def time_out(signum, frame):
    alarms.append(signum)
    raise TimeoutError('alarm')


def start_alarms(handler):
    """Each 5 milliseconds, from when the test says so."""
    alarms.clear()
    signal.signal(signal.SIGALRM, handler)


def stop_alarms():
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def on_sigterm(handler):
    signal.signal(signal.SIGTERM, handler)


def let_go_unless_counted():
    if len(alarms) < 3:
        let_go()


def report_blocked_signals(*arguments):
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    step('blocked', *map(int, blocked))


def check_that_no_signal_is_blocked():
    assert ('child', 'blocked', 'None') in events()
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])


def check_answer_of_child(client, children):
    child, = children
    assert client.recv(100) == b'hello\n%d' % child
    client.close()
