"""Our writer beside Python's, over the same raw streams and sockets."""

import io
import random
import re
import select
import signal
import socket
import threading

from ours import SocketWriter, Writer
from rows import Rows

rows = Rows()


class Raw(io.RawIOBase):
    """Takes what its answers say, then all; notes what came."""

    def __init__(self, *answers):
        self.answers, self.pieces = list(answers), []

    def writable(self):
        return True

    def write(self, b):
        if self.closed:
            raise ValueError('I/O operation on closed file.')
        b = bytes(b)
        answer = self.answers.pop(0) if self.answers else len(b)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            answer = min(answer, len(b))
            self.pieces.append(b[:answer])
        return answer


def outcome(f, *args):
    """What a call gives or raises, with what differs by design made the
    same."""
    try:
        return f(*args)
    except Exception as e:
        text = re.sub(r'\S*BufferedWriter', 'W', str(e))
        return type(e), re.sub(r'cwsgiref.\S*|_io\S*', 'W', text)


def write_all(writer, *blocks):
    return [writer.write(b) for b in blocks]


# ---- What is written when

def what_fits():
    """The counts, and the pieces before flush(), after it and at the end."""
    raw = Raw()
    w = Writer(raw, 10)
    counts = write_all(w, b'abc', b'', bytearray(b'de'),
                       memoryview(b'fghij'))
    before = list(raw.pieces)
    w.flush()
    w.flush()
    after = list(raw.pieces)
    w.write(b'k')
    w.close()
    return counts, before, after, raw.pieces, raw.closed


def what_does_not_fit():
    """The pieces of each step."""
    raw = Raw()
    w = Writer(raw, 8)
    write_all(w, b'head', b'body of the page')
    first = list(raw.pieces)
    write_all(w, b'x' * 9, b'tail')
    second = raw.pieces[2:]
    w.close()
    return first, second, raw.pieces[3:]


def partial_writes():
    raw = Raw(1, 3, 0, 2)
    w = Writer(raw, 8)
    w.write(b'abcdefgh')
    w.flush()
    raw.answers = [5, 1, 3, 2]
    n = w.write(b'0123456789')
    w.close()
    return n, raw.pieces


def one_sequence(rng):
    """Writes at random. What is not as it should be, or ''."""
    raw = Raw(*[rng.randrange(0, 12) for i in range(rng.randrange(9))])
    size = rng.choice([1, 2, 5, 8, 64])
    w, data = Writer(raw, size), b''
    for i in range(rng.randrange(1, 8)):
        b = rng.randbytes(rng.randrange(0, 30))
        count = w.write(b)
        if count != len(b):
            return 'write() of %d bytes gives %d' % (len(b), count)
        data += b
        waiting = len(data) - len(b''.join(raw.pieces))
        if not 0 <= waiting <= size:
            return '%d bytes wait in a buffer of %d' % (waiting, size)
        if rng.random() < .3:
            w.flush()
            if b''.join(raw.pieces) != data:
                return '%r after flush(), not %r' % (raw.pieces, data)
    w.close()
    if b''.join(raw.pieces) != data:
        return '%r after close(), not %r' % (raw.pieces, data)
    return ''


def compare_sequences():
    rng = random.Random(7)
    for n in range(1000):
        rows.compare('writes at random, the %dth' % n, one_sequence(rng), '')


# ---- Failures

def flush_that_fails():
    """The error, and the pieces after it: the rest is dropped."""
    raw = Raw(2, OSError(32, 'Broken pipe'))
    w = Writer(raw, 8)
    w.write(b'abcdef')
    raised = outcome(w.flush)
    w.flush()
    w.write(b'xy')
    w.close()
    return raised, raw.pieces, raw.closed


def write_whose_flush_fails():
    """The error of a write that does not fit, and the pieces after it."""
    raw = Raw(OSError(32, 'Broken pipe'))
    w = Writer(raw, 4)
    w.write(b'ab')
    raised = outcome(w.write, b'cdefgh')
    w.write(b'xyz')
    w.close()
    return raised, raw.pieces


def flush_that_would_block():
    raw = Raw(None)
    w = Writer(raw, 8)
    w.write(b'abcdef')
    try:
        w.flush()
    except BlockingIOError as e:
        blocked = e.errno, str(e), e.characters_written
    w.close()
    return blocked, raw.pieces


def writes_that_fail():
    results = []
    for bad in OSError(5, 'five'), TimeoutError('timed out'), -3, None:
        w = Writer(Raw(bad), 4)
        results.append(outcome(w.write, b'abcdefgh'))
        w.close()
    return results


# Of one writer, one after the other.
calls = [
    ('a str is not written', ('write', 'text')),
    ('None is not written', ('write', None)),
    ('a number is not written', ('write', 3)),
    ('a view with gaps is not written', ('write', memoryview(b'abcd')[::2])),
    ('a number is no lines', ('writelines', 3)),
    ('a str is no line', ('writelines', ['x'])),
    ('a writer does not read', ('read',)),
    ('a writer does not read a size', ('read', 3)),
    ('a writer does not read what is there', ('read1',)),
    ('a writer does not read a line', ('readline',)),
    ('a writer does not read lines', ('readlines',)),
    ('a writer does not read into a block', ('readinto', bytearray(3))),
    ('it is not readable', ('readable',)),
    ('it is writable', ('writable',)),
    ('bytes are written', ('write', b'x')),
    ('lines are written', ('writelines', [b'x', b'y'])),
    ('flush gives nothing', ('flush',)),
    ('close gives nothing', ('close',)),
    ('flush after close', ('flush',)),
    ('bytes after close', ('write', b'x')),
    ('no bytes after close', ('write', b'')),
    ('a str after close', ('write', 'text')),
    ('no lines after close', ('writelines', [])),
    ('close after close', ('close',)),
    ('with, after close', ('__enter__',)),
]


def compare_calls():
    """Whether both are closed then, and what ours says."""
    ours, theirs = Writer(Raw(), 8), io.BufferedWriter(Raw(), 8)
    for words, (name, *args) in calls:
        rows.compare(words, *[outcome(lambda: getattr(w, name)(*args))
                              for w in (ours, theirs)])
    for words, size in [('a buffer of no bytes', 0),
                        ('a buffer of less than no bytes', -1)]:
        rows.compare(words, outcome(Writer, Raw(), size),
                     outcome(io.BufferedWriter, Raw(), size))
    return (ours.closed, theirs.closed), outcome(ours.write, b'x')


class Fails(Raw):
    def close(self):
        if not self.closed:
            super().close()
            raise KeyError('from close')


def close_after_a_flush_that_fails(make, raw):
    w = make(raw, 8)
    w.write(b'abc')
    try:
        w.close()
    except Exception as e:
        return repr(e), repr(e.__context__), w.closed


def closes():
    """Whether both do the same, and what ours does."""
    ours, theirs = [
        [close_after_a_flush_that_fails(make, kind(OSError(5, 'five')))
         for kind in (Raw, Fails)]
        for make in (Writer, io.BufferedWriter)]
    return ours == theirs, ours


# ---- Sockets, threads and signals

def sent(timeout, size):
    """Whether all arrives in order, though the socket takes little at once."""
    left, right = socket.socketpair()
    right.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    w = SocketWriter(right.detach(), timeout, size)
    got = bytearray()

    def read():
        while b := left.recv(10000):
            got.extend(b)

    reader = threading.Thread(target=read)
    reader.start()
    data = bytes(range(256)) * 2000
    for at in range(0, len(data), 7919):
        w.write(data[at:at + 7919])
    w.close()
    reader.join()
    left.close()
    return got == data


def length_and_order_of_four_threads():
    left, right = socket.socketpair()
    w = SocketWriter(right.detach(), -1, 10)
    threads = [threading.Thread(target=w.write, args=(bytes([c]) * 600000,))
               for c in b'abcd']
    for thread in threads:
        thread.start()

    def close_when_all_is_written():
        for thread in threads:
            thread.join()
        w.close()

    closer = threading.Thread(target=close_when_all_is_written)
    closer.start()
    got = b''.join(iter(lambda: left.recv(1 << 20), b''))
    closer.join()
    left.close()
    return len(got), sorted(re.sub(rb'(.)\1*', rb'\1', got))


class Reentrant(Raw):
    def write(self, b):
        self.raised = outcome(self.writer.write, b'x')
        return super().write(b)


def error_from_within():
    raw = Reentrant()
    raw.writer = w = Writer(raw, 4)
    w.write(b'abc')
    w.flush()
    del raw.writer
    return raw.raised[0], raw.raised[1][:22]


def write_that_a_signal_ends():
    left, right = socket.socketpair()
    w = SocketWriter(right.detach(), -1, 10)

    def handler(number, frame):
        # Once the write has begun.
        if select.select([left], [], [], 0)[0]:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyError('handler')

    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    raised = outcome(w.write, b'x' * 10000000)
    signal.signal(signal.SIGALRM, old)
    w.close()
    left.close()
    return raised
