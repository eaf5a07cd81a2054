"""What the tests of the two mix-ins share (see mixed_classes.h): a class whose
steps are functions here, which C calls by their names, and clients."""

import os
import socket
import sys
import tempfile

from rows import Rows

names = ['finish_request', 'handle_error', 'shutdown_request',
         'close_request', 'server_close']
# The steps so far, and which exception a step raises.
events, plan = [], {}


def step(name, *arguments):
    """Notes that it has been called, and raises what `plan` has for it."""
    handled = sys.exc_info()[1]
    events.append((name, repr(handled), *arguments))
    if plan.get(name):
        raise plan[name](name)


def method(name):
    return lambda self, *arguments: step(name, *arguments)


def function(name):
    return lambda *arguments: step(name, *arguments)


def replace(name, new):
    """Another function for a step, or for `step`, until start()."""
    globals()[name] = new


def start():
    """Each step is step() again."""
    events.clear()
    plan.clear()
    for name in names:
        replace(name, function(name))


Base = type('Base', (), {name: method(name) for name in names})


def same(mix_in):
    """The class that Python makes of the steps."""
    return type('Same', (mix_in, Base), {})


def describe(error):
    return error and (repr(error), describe(error.__context__))


def outcome(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        return describe(error)


# ---- Classes beside their tables

rows = Rows()


def compare_slot(cls, name, got):
    rows.compare('%s.%s' % (cls.__name__, name), got,
                 getattr(cls, name).__qualname__)


# In the order of mixed_classes.h, behind the base and the timeout.
attributes = ['address_family', 'socket_type', 'request_queue_size',
              'allow_reuse_address', 'allow_reuse_port', 'max_packet_size',
              'daemon_threads', 'block_on_close', 'max_children']


def compare_attributes(cls, got):
    timeout = -1.0 if cls.timeout is None else float(cls.timeout)
    wanted = [cls.__bases__[1].__name__, timeout] + [
        int(getattr(cls, name, 0)) for name in attributes]
    names = ['the base', 'timeout'] + attributes
    rows.compare('the attributes of ' + cls.__name__,
                 dict(zip(names, got)), dict(zip(names, wanted)))


# ---- A server that echoes, and its clients

folder = None


def new_address(family):
    global folder
    folder = tempfile.TemporaryDirectory()
    if family == socket.AF_UNIX:
        return os.path.join(folder.name, 'socket')
    return '127.0.0.1', 0


def remove_address():
    folder.cleanup()


def connect(address, family=socket.AF_INET, type=socket.SOCK_STREAM):
    client = socket.socket(family, type)
    client.settimeout(60)
    if family == socket.AF_UNIX and type == socket.SOCK_DGRAM:
        client.bind(address + '.client')
    client.connect(address)
    return client


def ask(line, *args):
    client = connect(*args)
    client.send(line)
    return client
