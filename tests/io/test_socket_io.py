"""Python's raw stream of a socket, beside ours."""

import io
import socket
import traceback

from rows import Rows

rows = Rows()
left, right = socket.socketpair()

modes = [
    ('reading', 'r'),
    ('writing', 'w'),
    ('both', 'rw'),
    ('reading bytes', 'rb'),
    ('writing bytes', 'wb'),
    ('both, in bytes', 'rwb'),
    ('both, in the other order', 'wr'),
    ('neither', ''),
    ('a letter that is no mode', 'x'),
    ('both, with the b between', 'rbw'),
]


def seen(raw):
    """Of a stream, or of the error instead of one."""
    if isinstance(raw, ValueError):
        return str(raw)
    return raw.readable(), raw.writable(), raw.mode


def compare_mode(words, mode, ours):
    try:
        theirs = socket.SocketIO(right, mode)
        right._io_refs += 1
    except ValueError as e:
        rows.compare(words, seen(ours), seen(e))
    else:
        rows.compare(words, seen(ours), seen(theirs))


def outcome(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e), str(e)


def is_raw_stream(ours):
    return isinstance(ours, io.RawIOBase)


def read_into(raw, size):
    b = bytearray(size)
    return raw.readinto(b), b


# Of one stream, one after the other.
calls = [
    ('less than there is', ('read', 3)),
    ('nothing', ('read', 0)),
    ('a write', ('write', b'xyz')),
    ('it is readable', ('readable',)),
    ('it is writable', ('writable',)),
    ('it is not seekable', ('seekable',)),
    ('it is no terminal', ('isatty',)),
    ('there is nothing to flush', ('flush',)),
    ('there is no position to go to', ('seek', 0)),
    ('there is no position', ('tell',)),
    ('there is no size', ('truncate',)),
    ('nor one of two arguments', ('truncate', 1, 2)),
    ('it has a descriptor', ('fileno',)),
    ('the rest', ('readall',)),
    ('the rest of nothing', ('read',)),
    ('some bytes of nothing', ('read', 5)),
]


def compare_stream(ours, theirs, state):
    for words, (name, *args) in calls:
        got, wanted = [outcome(lambda: getattr(r, name)(*args))
                       for r in (ours, theirs)]
        if name == 'fileno' and isinstance(got, int):
            got, wanted = got > 0, wanted > 0
        rows.compare('%s: %s' % (state, words), got, wanted)
    for name in ('closed', 'mode', 'name'):
        got, wanted = [outcome(getattr, r, name) for r in (ours, theirs)]
        if name == 'name':
            got, wanted = got > 0, wanted > 0
        rows.compare('%s: the attribute %s' % (state, name), got, wanted)


def compare_raw_stream(ours):
    """The peer of ours has sent the same."""
    left, right = socket.socketpair()
    theirs = socket.SocketIO(right, 'rw')
    right._io_refs += 1
    left.sendall(b'one two three four')
    left.shutdown(socket.SHUT_WR)
    rows.compare('into a block', outcome(read_into, ours, 2),
                 outcome(read_into, theirs, 2))
    compare_stream(ours, theirs, 'open')
    with ours, theirs:
        pass
    compare_stream(ours, theirs, 'closed')
    rows.compare('with, of a closed one', outcome(ours.__enter__),
                 outcome(theirs.__enter__))
    left.close()
    right.close()


def frames_of_timeouts(ours):
    """The names in the tracebacks of two reads: whether ours are Python's,
    and those of the first."""
    left, right = socket.socketpair()
    right.settimeout(0.01)
    frames = []
    for raw in ours, socket.SocketIO(right, 'r'):
        right._io_refs += 1
        for i in range(2):
            try:
                raw.readinto(bytearray(1))
            except OSError as e:
                frames.append([f.name for f in
                               traceback.extract_tb(e.__traceback__)])
    left.close()
    raw.close()
    right.close()
    return frames[:2] == frames[2:], frames[0]
