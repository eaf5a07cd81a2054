"""Python's writer of a socket, beside ours."""

import socket
import socketserver

from rows import Rows

rows = Rows()


def outcome(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e), str(e)


left, right = socket.socketpair()
theirs = socketserver._SocketWriter(right)

without_a_buffer = [
    ('a str', 'text'),
    ('None', None),
    ('a number', 3),
    ('a view with gaps', memoryview(b'abcd')[::2]),
]
calls = [
    ('it does not read', ('read',)),
    ('it does not read a size', ('read', 1)),
    ('it does not read what is there', ('read1',)),
    ('it does not read a line', ('readline',)),
    ('it does not read lines', ('readlines',)),
    ('it does not read into a block', ('readinto', bytearray(2))),
    ('it does not read what is there into a block',
     ('readinto1', bytearray(2))),
    ('it has no next line', ('__next__',)),
    ('it writes lines', ('writelines', [b'a', b'b'])),
    ('a str is no line', ('writelines', ['a'])),
    ('flush gives nothing', ('flush',)),
    ('it is not readable', ('readable',)),
    ('it is writable', ('writable',)),
    ('it is not seekable', ('seekable',)),
    ('it is no terminal', ('isatty',)),
    ('there is no position to go to', ('seek', 0)),
    ('there is no position', ('tell',)),
    ('there is no size', ('truncate',)),
    ('nor one of two arguments', ('truncate', 1, 2)),
    ('there is no raw stream', ('detach',)),
]


def compare_writes(ours):
    for words, b in without_a_buffer:
        rows.compare(words, outcome(ours.write, b), outcome(theirs.write, b))
    return outcome(ours.write, 'text')


def compare_calls(ours, state):
    for words, (name, *args) in calls:
        rows.compare('%s: %s' % (state, words), *[
            outcome(lambda: getattr(w, name)(*args)) for w in (ours, theirs)])
    rows.compare('%s: closed' % state, ours.closed, theirs.closed)
    rows.compare('%s: an iterator' % state, *[
        outcome(lambda: iter(w) is w) for w in (ours, theirs)])


def compare_open_and_closed(ours):
    compare_calls(ours, 'open')
    with ours, theirs:
        pass
    assert ours.closed
    compare_calls(ours, 'closed')
    left.close()
    right.close()
