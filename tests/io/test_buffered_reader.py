"""Our reader beside Python's, over the same raw streams and sockets."""

import gc
import io
import os
import random
import re
import signal
import socket
import sys
import threading

from ours import Reader, SocketReader
from rows import Rows

rows = Rows()


class Raw(io.RawIOBase):
    """Gives its chunks one by one, and notes what it was asked for."""

    def __init__(self, chunks):
        self.chunks, self.sizes = list(chunks), []

    def readable(self):
        return True

    def readinto(self, b):
        if self.closed:
            raise ValueError('I/O operation on closed file.')
        self.sizes.append(len(b))
        chunk = self.chunks.pop(0) if self.chunks else b''
        if chunk is None or isinstance(chunk, int):
            return chunk
        if isinstance(chunk, Exception):
            raise chunk
        size = min(len(chunk), len(b))
        b[:size] = chunk[:size]
        return size


class Long(Raw):
    """Keeps for the next time what did not fit."""

    def readinto(self, b):
        if self.chunks and isinstance(self.chunks[0], bytes):
            chunk = self.chunks.pop(0)
            if len(chunk) > len(b):
                self.chunks.insert(0, chunk[len(b):])
            self.chunks.insert(0, chunk[:len(b)])
        return super().readinto(b)


def same(text):
    """With what differs by design made the same."""
    for name in (r'_io\._Buffered', r'_io\.BufferedReader',
                 r'cwsgiref\.io\.BufferedReader',
                 r'cwsgiref\.io\.BufferedIOBase', r'_io\._BufferedIOBase',
                 r'_io\._IOBase', r'\b(_?Buffered(IOBase|Reader)?|_IOBase)\b'):
        text = re.sub(name, 'B', text)
    return re.sub(r'name=\d+', 'name=N', text)


def outcome(f, *args):
    """What a call gives or raises."""
    try:
        value = f(*args)
    except Exception as e:
        return type(e).__name__, same(str(e))
    return value


def call(reader, name, *args):
    if (name in ('readinto', 'readinto1') and args
            and isinstance(args[0], int)):
        b = bytearray(args[0])
        return outcome(getattr(reader, name), b), bytes(b)
    if name == 'next':
        return outcome(next, reader, 'the end')
    if name == 'list':
        return outcome(list, reader)
    return outcome(lambda: getattr(reader, name)(*args))


def compare(words, chunks, calls, size=8192, kind=Long):
    """The same calls of both, over the same chunks: what they give, and what
    the raw stream was asked for."""
    ours, theirs = kind(chunks), kind(chunks)
    a, b = Reader(ours, size), io.BufferedReader(theirs, size)
    got, wanted = [], []
    for c in calls:
        got.append((c, call(a, *c)))
        wanted.append((c, call(b, *c)))
    rows.compare(words, {'calls': got, 'sizes': ours.sizes},
                 {'calls': wanted, 'sizes': theirs.sizes})


def pair(kind, messages, timeout=None):
    """Our reader and Python's, each over a socket of its own."""
    readers, peers = [], []
    for make in (lambda s: SocketReader(s.detach(),
                                        -1 if timeout is None else timeout),
                 lambda s: s.makefile('rb')):
        left, right = socket.socketpair(socket.AF_UNIX, kind)
        right.settimeout(timeout)
        for message in messages:
            left.send(message)
        peers.append(left)
        readers.append(make(right))
        right.close()
    return readers, peers


def close_all(*files):
    for file in files:
        file.close()


# ---- Every split of the input

text = b'GET / HTTP/1.0\r\nA: b\n\nlong body\n\nend'

scripts = [
    ('line by line, and beyond the end', [('readline',)] * 8),
    ('lines with a limit, which may be none',
     [('readline', n)
      for n in (1, 2, 3, 65537, 5, 0, None, -1, -7, 4, 4, 4)]),
    ('a line, some bytes, the rest',
     [('readline', 65537), ('read', 10), ('read',)]),
    ('a head, then as many bytes as a body has',
     [('readline',), ('readline',), ('readline',), ('read', 9)]),
    ('bytes in several sizes, and beyond the end',
     [('read', 1), ('read', 20), ('read', 0), ('read', 30)]),
    ('a line, the rest, and nothing more',
     [('readline',), ('read', -1), ('read', -1)]),
    ('everything, asked for with None', [('read', None)]),
    ('what is there, again and again', [('read1',)] * 4),
    ('what is there, up to a size',
     [('read1', 3), ('read1', 30), ('read1', -1), ('read1', 0),
      ('read1', 1)]),
    ('a look ahead takes nothing away',
     [('peek',), ('readline',), ('peek', 3), ('read1', 5), ('peek', 0),
      ('read', 90)]),
    ('into a block, until it is full',
     [('readinto', 7), ('readinto', 25), ('readinto', 0),
      ('readinto', 25)]),
    ('into a block, what is there',
     [('readinto1', 7), ('readinto1', 25), ('readinto1', 0),
      ('readinto1', 25)]),
    ('into a block larger than the buffer', [('readinto', 9000)]),
    ('into a block larger than the buffer, what is there',
     [('readinto1', 9000)]),
    ('a part of a line, then more than the buffer holds',
     [('readline', 5), ('readinto', 8200)]),
    ('all lines at once', [('readlines',)]),
    ('lines up to a number of bytes, then the others',
     [('readlines', 20), ('readlines', None)]),
    ('a hint of 0 is none', [('readlines', 0)]),
    ('a negative hint is none', [('readlines', -3)]),
    ('an iterator, and its end', [('next',)] * 8),
    ('an iterator as a list', [('list',)]),
]


def compare_every_split():
    """Over SOCK_SEQPACKET each recv() gives one message, so that both pieces
    can be sent beforehand."""
    for at in range(1, len(text)):
        for words, script in scripts:
            (ours, theirs), peers = pair(socket.SOCK_SEQPACKET,
                                         [text[:at], text[at:]])
            close_all(*peers)
            rows.compare('%s, in two pieces, the first of %d' % (words, at),
                         [(c, call(ours, *c)) for c in script],
                         [(c, call(theirs, *c)) for c in script])
            close_all(ours, theirs)
    return rows.count


# ---- The sizes that the raw stream is asked for

big = (b'x' * 99 + b'\n') * 300

inputs = [
    ('the raw stream has it all', [big]),
    ('the raw stream has pieces smaller than the buffer',
     [big[i:i + 5000] for i in range(0, len(big), 5000)]),
    ('the first piece fills the buffer', [big[:8192], big[8192:]]),
    ('the raw stream has two large pieces', [big] * 2),
]
requests = [
    ('everything', [('read',)]),
    ('everything, asked for with -1', [('read', -1)]),
    ('a line, then everything', [('readline',), ('read',)]),
    ('a line, then what the buffer has', [('readline',), ('read', 8000)]),
    ('a line, then more than the buffer has, then a line',
     [('readline',), ('read', 20000), ('readline',)]),
    ('just a buffer full', [('read', 8192)]),
    ('a byte more than a buffer full', [('read', 8193)]),
    ('two buffers full', [('read', 16384)]),
    ('many small pieces', [('read', 100)] * 100),
    ('more than there may be', [('read', 30001)]),
    ('what is there, in small and in large',
     [('read1', 100), ('read1', 20000), ('read1',)]),
    ('into a small and into a large block',
     [('readinto', 100), ('readinto', 20000)]),
    ('into a small and into a large block, what is there',
     [('readinto1', 100), ('readinto1', 20000)]),
    ('into a block as large as the buffer', [('readinto', 8192)]),
    ('into a block a byte larger than the buffer', [('readinto', 8193)]),
    ('into blocks about as large as the buffer, what is there',
     [('readinto1', 8192), ('readinto1', 8193)]),
    ('lines', [('readline', 65537)] * 5),
    ('all lines', [('readlines',)]),
    ('a look ahead before and after more than the buffer has',
     [('peek',), ('read', 20000), ('peek',)]),
]


def compare_sizes():
    for input_words, chunks in inputs:
        for words, calls in requests:
            compare(words + ', ' + input_words, chunks, calls)


def sizes_of_a_line_and_the_rest():
    raw = Long([big])
    reader = Reader(raw)
    head, body = reader.readline(), reader.read()
    return (set(raw.sizes) == {io.DEFAULT_BUFFER_SIZE}, len(raw.sizes) > 1,
            len(head + body))


# ---- Any sequence of calls, always the same ones

def compare_sequences():
    rng = random.Random(20)
    names = ['read', 'read1', 'readline', 'peek', 'readinto', 'readinto1',
             'readlines', 'next']

    def chunk():
        if rng.random() < .1:
            return rng.choice([None, b'', InterruptedError(4, 'eintr'),
                               OSError(5, 'no')])
        return bytes(rng.choices(b'ab\n', k=rng.randrange(1, 20)))

    def one():
        name = rng.choice(names)
        into = name.startswith('readinto')
        if name == 'next' or (not into and rng.random() < .2):
            return name,
        return name, rng.randrange(0 if into else -1, 30)

    for n in range(1500):
        chunks = [chunk() for i in range(rng.randrange(9))]
        calls = [one() for i in range(rng.randrange(1, 9))]
        size = rng.choice([1, 2, 3, 7, 8, 16, 8192])
        compare('at random, the %dth: a buffer of %d over %r' % (
            n, size, chunks), chunks, calls, size)


# ---- Wrong calls

wrong_calls = [
    ('no size is below -1', ('read', -2)),
    ('no size is far below -1', ('read', -10**9)),
    ('a float is no size', ('read', 1.5)),
    ('a str is no size', ('read', '1')),
    ('a size that is no Py_ssize_t', ('read', 10**30)),
    ('two sizes', ('read', 1, 2)),
    ('read1 does not take None', ('read1', None)),
    ('read1 does not take a str', ('read1', 'x')),
    ('read1 of a size that is no Py_ssize_t', ('read1', 10**30)),
    ('read1 of two sizes', ('read1', 1, 2)),
    ('a float is no limit of a line', ('readline', 1.5)),
    ('a limit of a line that is no Py_ssize_t', ('readline', 10**30)),
    ('two limits of a line', ('readline', 1, 2)),
    ('peek does not take None', ('peek', None)),
    ('peek of two sizes', ('peek', 1, 2)),
    ('peek of a size that is no Py_ssize_t', ('peek', 10**30)),
    ('a float is no hint', ('readlines', 1.5)),
    ('two hints', ('readlines', 1, 2)),
    ('bytes cannot be read into', ('readinto', b'fixed')),
    ('None cannot be read into', ('readinto', None)),
    ('readinto1 does not read into bytes', ('readinto1', b'fixed')),
    ('readinto1 does not read into a str', ('readinto1', 'x')),
    ('into nothing', ('readinto',)),
    ('a reader does not write', ('write', b'x')),
    ('a reader does not write lines', ('writelines', [b'x'])),
    ('no lines are nothing to write', ('writelines', [])),
    ('a number is no lines', ('writelines', 3)),
    ('a reader does not truncate', ('truncate',)),
    ('a reader does not truncate to a size', ('truncate', 3)),
    ('the raw stream has no descriptor', ('fileno',)),
    ('close takes no argument', ('close', 1)),
    ('flush takes no argument', ('flush', 1)),
]


def compare_wrong_calls():
    for words, c in wrong_calls:
        compare(words, [b'abc\n'], [c, ('readline',)])
    for name in ('read', 'read1', 'readline', 'peek', 'readlines'):
        got, wanted = [
            outcome(lambda: getattr(r, name)(size=1))
            for r in (Reader(Raw([])), io.BufferedReader(Raw([])))]
        rows.compare('%s takes no size by its name' % name, got, wanted)
    for words, size in [('a buffer of no bytes', 0),
                        ('a buffer of less than no bytes', -1)]:
        rows.compare(words, outcome(Reader, Raw([]), size),
                     outcome(io.BufferedReader, Raw([]), size))


# ---- All that Python code may ask, in each state

asked = [
    ('read',), ('read', 0), ('read', -2), ('read1',), ('read1', 0),
    ('readline',), ('readline', 0), ('readlines',), ('peek',),
    ('readinto', 3), ('readinto1', 3), ('readinto', 0), ('next',),
    ('list',), ('flush',), ('seekable',), ('readable',), ('writable',),
    ('isatty',), ('tell',), ('seek', 0), ('seek', 0, 1), ('seek', 0, 9),
    ('seek', 'x'), ('seek',), ('truncate',), ('truncate', 1, 2),
    ('write', b'x'),
    ('writelines', [b'x']), ('writelines', []), ('__enter__',),
    ('__exit__', 1, 2), ('close',), ('detach',), ('close',),
]


def fresh(reader):
    pass


def read_from(reader):
    reader.readline()


def closed(reader):
    reader.close()


def closed_after_a_line(reader):
    reader.readline()
    reader.close()


def with_its_raw_stream_closed(reader):
    reader.readline()
    reader.raw.close()


def detached(reader):
    reader.detach().close()


states = [fresh, read_from, closed, closed_after_a_line,
          with_its_raw_stream_closed, detached]


def readers(state):
    both, peers = pair(socket.SOCK_STREAM, [b'one\ntwo\n'])
    close_all(*peers)
    for reader in both:
        state(reader)
    return both


def ask(state, both, calls):
    words = '%s(%s) of a reader that is ' + state.__name__.replace('_', ' ')
    for name, *args in calls:
        results = [call(r, name, *args) for r in both]
        if results[0] is both[0]:
            results = [True, results[1] is both[1]]
        rows.compare(words % (name, ', '.join(map(repr, args))), *results)
    for name in ('closed', 'name', 'mode'):
        results = [outcome(getattr, r, name) for r in both]
        if name == 'name' and isinstance(results[0], int):
            results = [r > 0 for r in results]
        rows.compare(words % ('getattr', repr(name)), *results)
    rows.compare(words % ('repr', ''), *[same(repr(r)) for r in both])


def compare_attributes():
    for state in states:
        for c in asked:
            if c[0] != 'detach' or state in (closed, detached):
                both = readers(state)
                ask(state, both, [c])
                for reader in both:
                    outcome(reader.close)
        ask(state, readers(state),
            [c for c in asked if c[0] not in ('detach', 'close', '__exit__')])


def missing_attributes():
    both = readers(fresh)
    ours, theirs = map(dir, both)
    close_all(*both)
    return [name for name in theirs if name[0] != '_' and name not in ours]


def check_module():
    """__module__ is there where Python's reader has one."""
    both = readers(fresh)
    ours, theirs = both
    assert hasattr(ours, '__module__') == hasattr(theirs, '__module__')
    if hasattr(ours, '__module__'):
        assert ours.__module__ == type(ours).__module__
    close_all(*both)


# ---- Failures of the raw stream

failures = [
    ('an error', OSError(5, 'five')),
    ('a timeout', TimeoutError('timed out')),
    ('nothing now', None),
    ('a count above the size', 99999),
    ('a negative count', -3),
    ('an interrupted call', InterruptedError(4, 'eintr')),
]


def compare_failures():
    for name in ('read', 'read1', 'readline', 'peek', 'readlines', 'next',
                 'list'):
        for size in (3, 8192):
            for words, bad in failures:
                # Python's own readall() trusts a count
                if name == 'read' and isinstance(bad, int):
                    continue
                for where, first in [('at first', []),
                                     ('after some bytes', [b'abcdefg'])]:
                    compare('%s %s, for %s with a buffer of %d' % (
                        words, where, name, size),
                        first + [bad, b'x\ny'], [(name,)] * 3, size, Raw)
    for name in ('read', 'readinto', 'readinto1', 'readline'):
        for words, bad in failures:
            if bad is None or bad == -3 or type(bad) is OSError:
                compare('%s between bytes, for %s of five' % (words, name),
                        [b'abc', bad, b'defg', bad, b'hi'],
                        [(name, 5)] * 4, 3, Raw)


# ---- What becomes of it in other hands

def text_over_both():
    """Whether a TextIOWrapper reads the same, the lines, and what has
    happened to our reader."""
    (ours, theirs), peers = pair(socket.SOCK_STREAM,
                                 ['\xe4\n\u20ac'.encode()])
    close_all(*peers)
    texts = [io.TextIOWrapper(r, encoding='utf-8') for r in (ours, theirs)]
    lines = [t.readlines() for t in texts]
    with ours as entered:
        pass
    kinds = (isinstance(ours, io.BufferedIOBase),
             isinstance(ours.raw, io.RawIOBase),
             issubclass(type(ours), io.IOBase))
    theirs.close()
    return (kinds, lines[0] == lines[1], lines[0], entered is ours,
            ours.closed, texts[0].closed)


class Reentrant(Raw):
    def readinto(self, b):
        self.raised = outcome(self.reader.readline)
        return super().readinto(b)


def line_and_error_from_within():
    raw, other = Reentrant([b'x\n']), Reentrant([b'x\n'])
    raw.reader, other.reader = Reader(raw), io.BufferedReader(other)
    lines = raw.reader.readline(), other.reader.readline()
    kind, message = other.raised
    theirs = kind, re.sub(r' name=.*>', '>', message)
    del raw.reader, other.reader
    return lines, raw.raised, raw.raised == theirs


class Detaching(Raw):
    """Takes itself out of its reader, which nobody else holds it for."""

    def readinto(self, b):
        if not self.sizes:
            self.reader.detach()
        return super().readinto(b)


def data_of_a_detached_stream():
    """What a reader whose raw stream leaves meanwhile gives, and says
    then."""
    raw = Detaching([b'abc', b'defg'])
    reader = raw.reader = Reader(raw)
    del raw
    return reader.read(), outcome(reader.read)


def size_of_a_detached_stream():
    """The same, when more is wanted than the first read gives. (Python's own
    reader dies of it.)"""
    raw = Detaching([b'abc', b'defg'])
    reader = raw.reader = Reader(raw, 4)
    del raw
    return outcome(reader.read, 7)


# ---- Threads and signals

def lines_of_four_threads():
    left, right = socket.socketpair()
    reader = SocketReader(right.detach())
    lines = []
    threads = [threading.Thread(
        target=lambda: lines.append(reader.readline())) for i in range(4)]
    for thread in threads:
        thread.start()
    left.sendall(b'a\nb\nc\n')
    left.sendall(b'd\n')
    for thread in threads:
        thread.join()
    close_all(left, reader)
    return sorted(lines)


def until_they_wait(threads):
    for thread in threads:
        path = '/proc/self/task/%d/stat' % thread.native_id
        while True:
            with open(path, 'rb') as file:
                if b') S ' in file.read():
                    break
            os.sched_yield()


class Closes(Raw):
    """While it is read from for the first time, `threads` come in."""
    late = 0

    def readinto(self, b):
        if self.closed:
            self.late += 1
            return 0
        if not self.sizes:
            for thread in self.threads:
                thread.start()
            until_they_wait(self.threads)
        return super().readinto(b)


def check_close_meanwhile():
    for order in range(20):
        raw, results = Closes([b'line\n', b'more']), []
        reader = Reader(raw)
        calls = [reader.readline, reader.read, reader.peek, reader.read1]
        threads = [threading.Thread(
            target=lambda f=f: results.append(outcome(f))) for f in calls]
        threads.insert(order % 5, threading.Thread(target=reader.close))
        raw.threads = threads
        assert reader.readline() == b'line\n'
        for thread in threads:
            thread.join()
        assert len(results) == 4
        for r in results:
            assert r in (b'', b'more') or r[0] == 'ValueError', r
        assert reader.closed and raw.closed and not raw.late
        del raw.threads


def reads_with_signals():
    """A line after a signal, an error of a signal handler, another line. The
    timer goes on until the handler has run: a signal just before the call
    blocks is seen at the next one only."""
    (ours, theirs), peers = pair(socket.SOCK_STREAM, [])

    def sends(number, frame):
        signal.setitimer(signal.ITIMER_REAL, 0)
        peers[0].sendall(b'late\n')

    def raises(number, frame):
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise KeyError('from the handler')

    old = signal.signal(signal.SIGALRM, sends)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    line = ours.readline()
    signal.signal(signal.SIGALRM, raises)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    raised = outcome(ours.readline)
    peers[0].sendall(b'again\n')
    after = ours.readline()
    signal.signal(signal.SIGALRM, old)
    close_all(ours, theirs, *peers)
    return line, raised, after


def compare_without_data():
    for words, message in [('nothing', []), ('no whole line', [b'ab']),
                           ('a line and a half', [b'a\nb'])]:
        for name in ('read', 'read1', 'readline', 'peek', 'readlines',
                     'next'):
            both, peers = pair(socket.SOCK_STREAM, message, 0)
            for times in ('once', 'twice', 'three times'):
                rows.compare('%s %s, where %s is there' % (
                    name, times, words), *[call(r, name) for r in both])
            rows.compare('readinto after %s, where %s is there' % (
                name, words), *[call(r, 'readinto', 3) for r in both])
            close_all(*both, *peers)


# ---- The end

def what_peers_get_after_a_cycle():
    """The collector finds our reader in a cycle; Python's is freed at once."""
    (ours, theirs), peers = pair(socket.SOCK_STREAM, [])
    keeper = [ours]
    keeper.append(keeper)
    del keeper, ours, theirs
    gc.collect()
    for peer in peers:
        peer.settimeout(5)
    ends = [peer.recv(1) for peer in peers]
    close_all(*peers)
    return ends


class Fails(Raw):
    def close(self):
        if self.chunks:
            self.chunks = []
            raise OSError('no close')
        super().close()


def close_that_fails():
    """What ours has raised, and whether Python's does the same."""
    raws = Fails([b'x\ny']), Fails([b'x\ny'])
    both = Reader(raws[0]), io.BufferedReader(raws[1])
    for raw in raws:
        raw.chunks.append(b'more')
    ours, theirs = [
        (r.readline(), outcome(r.close), outcome(r.read),
         outcome(r.readline)) for r in both]
    return ours[1], ours == theirs


def compare_last_closes():
    """What sys.unraisablehook is told, when nobody has a reader any more."""
    told = []
    old, sys.unraisablehook = sys.unraisablehook, lambda info: told.append(
        (type(info.exc_value), str(info.exc_value)))
    results = []
    for make in Reader, io.BufferedReader:
        raw = Fails([b'x'])
        make(raw)
        results.append((told[:], raw.chunks, raw.closed))
        raw.close()
        told.clear()
    sys.unraisablehook = old
    rows.compare('a close that fails in __del__', *results)
