"""The same steps with our socket and with Python's."""

import contextlib
import gc
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import warnings

import ours
from rows import Rows

rows = Rows()


class Ours:
    """Our socket with the methods of Python's."""

    def __init__(self, *args):
        self.sock = ours.new(*args)

    def accept(self):
        sock, address = ours.accept(self.sock)
        other = object.__new__(Ours)
        other.sock = sock
        return other, address

    def recv(self, size):
        b = bytearray(size)
        return bytes(b[:ours.recv_into(self.sock, b)])

    def __repr__(self):
        return repr(self.sock)

    def __getattr__(self, name):
        if hasattr(ours, name):
            return lambda *args: getattr(ours, name)(self.sock, *args)
        return getattr(self.sock, name)


def theirs(family=-1, type=-1, proto=-1, fileno=None):
    return socket.socket(family, type, proto, fileno)


def outcome(f, *args):
    """What a call gives or raises."""
    try:
        return f(*args)
    except Exception as e:
        return type(e), str(e)


def both(words, f, *args):
    """What f gives with our socket; a row says whether Python's gives it,
    too."""
    got, wanted = outcome(f, Ours, *args), outcome(f, theirs, *args)
    rows.compare(words, got, wanted)
    return got


def pair(make):
    left, right = socket.socketpair()
    return left, make(-1, -1, -1, right.detach())


def close_all(*sockets):
    for s in sockets:
        s.close()


def open_fds():
    return len(os.listdir('/proc/self/fd'))


fds_at_start = open_fds()


# ---- New ones

def made(make, *args):
    s = make(*args)
    seen = (int(s.family), int(s.type), s.proto,
            os.get_inheritable(s.fileno()), s.gettimeout(),
            os.get_blocking(s.fileno()))
    s.close()
    assert s.fileno() == -1
    return seen


def compare_new():
    first = both('without arguments', made)
    both('IPv6', made, socket.AF_INET6)
    both('datagrams of Unix', made, socket.AF_UNIX, socket.SOCK_DGRAM)
    refused = both('a family that is none', made, 9999)
    both('a type that is none', made, socket.AF_INET, 99)
    return first, refused


def around(make, *args):
    s = socket.socket(*args)
    fd = s.fileno()
    s = make(-1, -1, -1, s.detach())
    assert s.fileno() == fd
    seen = int(s.family), int(s.type), s.proto
    s.close()
    assert outcome(os.fstat, fd)[0] is OSError
    return seen


def refused(make, fd, family=-1):
    make(family, socket.SOCK_STREAM, 0, fd)


def compare_descriptors():
    tcp = both('a descriptor of TCP', around)
    both('a descriptor of UDP', around, socket.AF_INET6, socket.SOCK_DGRAM)
    both('a descriptor of packets of Unix', around, socket.AF_UNIX,
         socket.SOCK_SEQPACKET)
    pipe = os.pipe()
    both('a pipe is no socket', refused, pipe[0])
    both('a pipe is no socket of IPv4', refused, pipe[0], socket.AF_INET)
    assert os.fstat(pipe[0])
    os.close(pipe[0])
    os.close(pipe[1])
    both('a closed descriptor', refused, pipe[0])
    both('a closed descriptor with a family', refused, pipe[0],
         socket.AF_INET)
    return tcp, both('a negative descriptor', refused, -7)


# ---- Addresses

folder = tempfile.mkdtemp()
path = folder + '/s\xf6cket'

hosts = [
    ('an address of four numbers', '127.0.0.1'),
    ('an address as bytes', b'127.0.0.1'),
    ('an address as a bytearray', bytearray(b'127.0.0.1')),
    ('no host is every address', ''),
    ('a name', 'localhost'),
    ('every address', '0.0.0.0'),
    ('an address of two numbers', '127.1'),
    ('a name that cannot be, which is encoded by IDNA',
     'l\u00f6calhost.invalid:'),
    ('an address of IPv6', '::1'),
    ('an address of another machine', '192.0.2.1'),
    ('the address of all machines', '255.255.255.255'),
    ('the word for all machines', '<broadcast>'),
    ('a NUL in a name', 'a\0b'),
    ('an empty label in a name beyond ASCII', 'a..\xe4'),
    ('None for the host', None),
    ('a number for the host', 3),
]

ipv6_addresses = [
    ('of IPv6', ('::1', 0)),
    ('no host', ('', 0)),
    ('all four members', ('::', 0, 0, 0)),
    ('a flow label', ('::1', 0, 5)),
    ('a scope', ('::1', 0, 0, 1)),
    ('of IPv4', ('127.0.0.1', 0)),
    ('the word for all machines', ('<broadcast>', 0)),
    ('a flow label of 21 bits', ('::1', 0, 1 << 20)),
    ('a negative flow label', ('::1', 0, -1)),
    ('no port', ('::1',)),
    ('five members', ('::1', 0, 0, 0, 0)),
    ('a scope by its name', ('::1%lo', 0)),
    ('a list', ['::1', 0]),
]

wrong_addresses = [
    ('a negative port', ('127.0.0.1', -1)),
    ('a port of 17 bits', ('127.0.0.1', 65536)),
    ('a port that is no long of C', ('127.0.0.1', 1 << 70)),
    ('a port as text', ('127.0.0.1', '0')),
    ('a float for a port', ('127.0.0.1', 1.5)),
    ('no port', ('127.0.0.1',)),
    ('three members', ('127.0.0.1', 0, 0)),
    ('an empty tuple', ()),
    ('a list', ['127.0.0.1', 0]),
    ('text', '127.0.0.1'),
    ('None', None),
    ('a number', 0),
]

# The empty one is left out: the system invents a name.
paths = [
    ('a path beyond ASCII', path),
    ('a path as bytes', os.fsencode(path)),
    ('an abstract name', '\0name-%d' % os.getpid()),
    ('an abstract name with a NUL', b'\0\1\0%d' % os.getpid()),
    ('a path that leaves no room for a NUL', 'x' * 108),
    ('an abstract name that is too long', '\0' + 'x' * 108),
    ('a long abstract name that fits', '\0' + 'x' * 106),
    ('a number', 3),
    ('None', None),
    ('a path as a bytearray', bytearray(os.fsencode(path))),
    ('an address of IPv4', ('a', 0)),
    ('a path in a folder that is not there', folder + '/no/such'),
]


def bound(make, family, address):
    s = make(family)
    try:
        s.bind(address)
        name = s.getsockname()
        if family != socket.AF_UNIX and address[1] == 0:
            assert 0 < name[1] < 65536
            name = name[:1] + name[2:]
        return name
    finally:
        s.close()
        for left in os.scandir(folder):
            os.unlink(left)


def compare_addresses():
    """What ours makes of two wrong addresses and of one in use."""
    for words, host in hosts:
        both('IPv4: ' + words, bound, socket.AF_INET, (host, 0))
    for words, address in ipv6_addresses:
        both('IPv6: ' + words, bound, socket.AF_INET6, address)
    for words, address in wrong_addresses:
        both('IPv4: ' + words, bound, socket.AF_INET, address)
    for words, address in paths:
        both('Unix: ' + words, bound, socket.AF_UNIX, address)
    assert bound(Ours, socket.AF_UNIX, '')[0] == 0
    port = both('a port of 17 bits, once more', bound, socket.AF_INET,
                ('127.0.0.1', 65536))
    family = both('an address of IPv6, once more', bound, socket.AF_INET,
                  ('::1', 0))
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        used = both('a port in use', bound, socket.AF_INET, s.getsockname())
    os.rmdir(folder)
    return port, family, used


# ---- Connections

def accepted(make, family, address):
    s = make(family)
    s.bind(address)
    s.listen(5)
    client = socket.socket(family)
    client.connect(s.getsockname())
    connection, peer = s.accept()
    assert peer == client.getsockname(), peer
    assert connection.getsockname() == s.getsockname()
    client.sendall(b'hello')
    seen = (int(connection.family), int(connection.type), connection.proto,
            os.get_inheritable(connection.fileno()), connection.gettimeout(),
            connection.recv(9), os.get_blocking(connection.fileno()),
            peer[:1])
    close_all(client, connection, s)
    return seen


def compare_accept():
    """What ours gives without and with a default timeout."""
    four = both('IPv4', accepted, socket.AF_INET, ('127.0.0.1', 0))
    both('IPv6', accepted, socket.AF_INET6, ('::1', 0))
    both('Unix', accepted, socket.AF_UNIX, '\0accept-%d' % os.getpid())
    socket.setdefaulttimeout(7.5)
    waits = both('a default timeout', accepted, socket.AF_INET,
                 ('127.0.0.1', 0))
    socket.setdefaulttimeout(None)
    return four, waits


# ---- Failures

def on_closed(make, name, *args):
    s = make()
    s.close()
    getattr(s, name)(*args)


def on_new(make, name, *args):
    s = make()
    try:
        getattr(s, name)(*args)
    finally:
        s.close()


def peer_gone(make):
    left, s = pair(make)
    left.close()
    try:
        s.sendall(b'x' * 100)
    finally:
        s.close()


of_closed = [
    ('recv', 1), ('send', b'x'), ('sendall', b'x'), ('sendall', b''),
    ('accept',), ('listen', 1), ('shutdown', 1), ('getsockname',),
    ('settimeout', 1.0), ('setsockopt', 1, 2, 1),
    ('bind', ('127.0.0.1', 0)), ('close',),
]
of_new = [
    ('recv without a peer', 'recv', 1),
    ('send without a peer', 'send', b'x'),
    ('accept without listen', 'accept'),
    ('shutdown without a peer', 'shutdown', 1),
    ('shutdown of no direction', 'shutdown', 99),
    ('an option that is none', 'setsockopt', 1, 9999, 1),
    ('a negative timeout', 'settimeout', -2.0),
    ('a timeout that is no number', 'settimeout', float('nan')),
]


def compare_failures():
    """What ours raises when the peer has gone."""
    for name, *args in of_closed:
        both('%s(%s) of a closed one' % (
            name, ', '.join(map(repr, args))), on_closed, name, *args)
    for words, name, *args in of_new:
        both(words, on_new, name, *args)
    return both('the peer has gone', peer_gone)


# ---- Timeouts

def waits(make, name, seconds):
    left, s = pair(make)
    s.settimeout(seconds)
    assert s.gettimeout() == seconds
    assert os.get_blocking(s.fileno()) == (seconds is None)
    try:
        if name == 'recv':
            return s.recv(1)
        if name == 'send':
            while True:
                s.send(b'x' * 100000)
        return s.sendall(b'x' * 10000000)
    finally:
        close_all(s, left)


def accepts(make, seconds):
    s = make()
    s.listen(1)
    s.settimeout(seconds)
    try:
        s.accept()
    finally:
        s.close()


def compare_timeouts():
    """What ours raises with a timeout, and without waiting."""
    for name in ('recv', 'send', 'sendall'):
        timed_out = both('%s with a timeout' % name, waits, name, 0.02)
        blocking = both('%s without waiting' % name, waits, name, 0.0)
    both('accept with a timeout', accepts, 0.02)
    both('accept without waiting', accepts, 0.0)
    return timed_out, blocking


def sent(make, timeout):
    """Whether all arrives, though the socket takes little at once."""
    left, s = pair(make)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    s.settimeout(timeout)
    data = bytes(range(256)) * 4000
    got = bytearray()

    def read():
        while piece := left.recv(9999):
            got.extend(piece)

    reader = threading.Thread(target=read)
    reader.start()
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    reader.join()
    close_all(s, left)
    return got == data


def sent_by_the_only_thread(make, timeout):
    """Whether short pieces all arrive at another process, though the socket
    takes few of them at once."""
    left, s = pair(make)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    s.settimeout(timeout)
    data = bytes(range(256)) * 50
    child = os.fork()
    if child == 0:
        os.close(s.fileno())
        got = bytearray()
        while piece := left.recv(999):
            got.extend(piece)
        os._exit(got == data * 200)
    for _ in range(200):
        s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    status = os.waitpid(child, 0)[1]
    close_all(s, left)
    return os.waitstatus_to_exitcode(status) == 1


def compare_sendall():
    return (both('sendall that blocks', sent, None),
            both('sendall with a timeout', sent, 30.0),
            both('sendall without another thread',
                 sent_by_the_only_thread, None),
            both('sendall without another thread, with a timeout',
                 sent_by_the_only_thread, 30.0))


# ---- Signals. The timer goes on until the handler has run: a signal just
# before the call blocks is seen at the next one only.

def interrupted(make, timeout, raises):
    left, s = pair(make)
    s.settimeout(timeout)

    def handler(number, frame):
        signal.setitimer(signal.ITIMER_REAL, 0)
        if raises:
            raise KeyError('handler')
        left.sendall(b'late')

    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        return s.recv(9)
    finally:
        signal.signal(signal.SIGALRM, old)
        close_all(s, left)


def interrupted_send(make, timeout):
    left, s = pair(make)
    s.settimeout(timeout)
    got = []

    def handler(number, frame):
        signal.setitimer(signal.ITIMER_REAL, 0)
        reader.start()

    def read():
        while sum(got) < 3000000:
            got.append(len(left.recv(1 << 20)))

    reader = threading.Thread(target=read)
    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    s.sendall(b'x' * 3000000)
    reader.join()
    signal.signal(signal.SIGALRM, old)
    close_all(s, left)
    return sum(got)


def compare_signals():
    """What ours receives, raises and sends."""
    results = [both('recv %s, the handler %s' % (how, what), interrupted,
                    timeout, raises)
               for how, timeout in [('that blocks', None),
                                    ('with a timeout', 20.0)]
               for what, raises in [('goes on', False), ('raises', True)]]
    sums = (both('sendall that blocks', interrupted_send, None),
            both('sendall with a timeout', interrupted_send, 20.0))
    return results[0], results[1], sums


# ---- Datagrams

def echoed(make, family, address, data, size):
    s = make(family, socket.SOCK_DGRAM)
    client = socket.socket(family, socket.SOCK_DGRAM)
    try:
        s.bind(address)
        client.bind(address[:-1] + '-client' if family == socket.AF_UNIX
                    else address)
        client.sendto(data, s.getsockname())
        got, peer = s.recvfrom(size)
        assert type(got) is bytes
        assert peer == client.getsockname(), peer
        sent = s.sendto(got[::-1], peer)
        back, server = client.recvfrom(100000)
        assert server == s.getsockname(), server
        return got, sent, back
    finally:
        close_all(s, client)


def compare_datagrams():
    four = socket.AF_INET, ('127.0.0.1', 0)
    small = both('less than there is room for', echoed, *four, b'hello', 8192)
    cut = both('more than there is room for', echoed, *four, b'hello', 3)
    empty = both('an empty one', echoed, *four, b'', 8192)
    nothing = both('no room', echoed, *four, b'hello', 0)
    full = both('just as much as there is room for', echoed, *four,
                bytes(range(250)) * 32, 8000)
    assert full[:2] == (bytes(range(250)) * 32, 8000)
    both('over IPv6', echoed, socket.AF_INET6, ('::1', 0), b'six', 99)
    both('over Unix', echoed, socket.AF_UNIX,
         '\0datagram-%d' % os.getpid(), b'unix', 99)
    return small, cut, empty, nothing


def unnamed(make):
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    s = make(-1, -1, -1, right.detach())
    left.send(b'hello')
    try:
        return s.recvfrom(9)
    finally:
        close_all(s, left)


def connected(make):
    left, s = pair(make)
    left.sendall(b'hello')
    try:
        return s.recvfrom(9)
    finally:
        close_all(s, left)


def compare_nameless():
    return (both('a peer without a name', unnamed),
            both('a connected peer', connected))


def call(make, family, name, *args):
    s = make(family, socket.SOCK_DGRAM)
    s.settimeout(0.02)
    try:
        return getattr(s, name)(*args)
    finally:
        s.close()


def interrupted_datagram(make):
    s = make(socket.AF_INET, socket.SOCK_DGRAM)

    def handler(number, frame):
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise KeyError('handler')

    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        return s.recvfrom(9)
    finally:
        signal.signal(signal.SIGALRM, old)
        s.close()


no_addresses = [
    ('IPv4: None', socket.AF_INET, None),
    ('IPv4: text', socket.AF_INET, 'x'),
    ('IPv4: an empty tuple', socket.AF_INET, ()),
    ('IPv4: no port', socket.AF_INET, ('127.0.0.1',)),
    ('IPv4: a negative port', socket.AF_INET, ('127.0.0.1', -1)),
    ('IPv4: a port of 17 bits', socket.AF_INET, ('127.0.0.1', 65536)),
    ('IPv4: a port as text', socket.AF_INET, ('127.0.0.1', 'x')),
    ('IPv4: three members', socket.AF_INET, ('127.0.0.1', 1, 2)),
    ('IPv4: an address of IPv6', socket.AF_INET, ('::1', 1)),
    ('IPv4: a list', socket.AF_INET, ['h', 1]),
    ('IPv6: no port', socket.AF_INET6, ('::1',)),
    ('IPv6: a port of 17 bits', socket.AF_INET6, ('::1', 1 << 16)),
    ('IPv6: a flow label of 21 bits', socket.AF_INET6, ('::1', 1, 1 << 20)),
    ('Unix: None', socket.AF_UNIX, None),
    ('Unix: a number', socket.AF_UNIX, 3),
    ('Unix: an address of IPv4', socket.AF_UNIX, ('127.0.0.1', 0)),
    ('Unix: a path that is not there', socket.AF_UNIX, '/no/such'),
    ('Unix: a path too long', socket.AF_UNIX, 'x' * 200),
]


def compare_datagram_failures():
    """What ours raises for a port, a size, a timeout, a closed socket and by
    a signal handler."""
    for words, family, address in no_addresses:
        both(words, call, family, 'sendto', b'x', address)
    port = both('a port of 17 bits, once more', call, socket.AF_INET,
                'sendto', b'x', ('127.0.0.1', 65536))
    both('more than a datagram holds', call, socket.AF_INET, 'sendto',
         b'x' * 70000, ('127.0.0.1', 9))
    negative = both('a negative size', call, socket.AF_INET, 'recvfrom', -1)
    late = both('no datagram', call, socket.AF_INET, 'recvfrom', 9)
    both('recvfrom of a closed one', on_closed, 'recvfrom', 9)
    both('sendto of a closed one, to what is no address', on_closed,
         'sendto', b'x', socket.AF_INET)
    closed = both('sendto of a closed one', on_closed, 'sendto', b'x',
                  ('127.0.0.1', 9))
    signalled = both('a signal handler raises', interrupted_datagram)
    return port, negative, late, closed, signalled


# ---- Streams

def streams(make, order):
    left, s = pair(make)
    fd, seen = s.fileno(), []
    r, w = s.makefile('rb', -1), s.makefile('wb', 4)
    left.sendall(b'line\n' * 9)
    for name in order:
        {'s': s, 'r': r, 'w': w}[name].close()
        if name != 'r' and not r.closed:
            seen.append(r.readline())
        if name != 'w' and not w.closed:
            seen.append(w.write(b'ab'))
            w.flush()
        seen.append((s.fileno() == fd,
                     outcome(os.fstat, fd)[0] is not OSError))
    left.close()
    return seen


def compare_streams():
    """Closed in each order: the socket, the reader, the writer."""
    for order in ('srw', 'swr', 'rsw', 'wsr', 'rws', 'wrs'):
        seen = both('closed in the order ' + order, streams, order)
        rows.compare('open after the order ' + order, seen[-1],
                     (False, False))


def counts_of_streams():
    """How many streams there are, step by step, and the descriptor."""
    left, s = pair(Ours)
    r, w = s.makefile('rb'), s.makefile('wb')
    counts = [s.io_refs()]
    r.close()
    r.close()
    counts.append(s.io_refs())
    del w
    counts.append(s.io_refs())
    s.close()
    left.close()
    counts.append(s.fileno())
    return counts


def refused_streams():
    left, s = pair(Ours)
    raised = [outcome(s.makefile, 'rb', 0), outcome(s.makefile, 'rwb'),
              outcome(s.makefile, 'x')]
    refs = s.io_refs()
    close_all(s, left)
    return raised, refs


# ---- The end

def left_open(make):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        s = make(socket.AF_INET)
        fd, text = s.fileno(), repr(s)
        del s
        gc.collect()
        w, = caught
        seen = (w.category, re.sub(r'<\S+ fd=\d+', '<', str(w.message)),
                re.sub(r'.* fd=\d+', '', text), w.source is not None)
        del caught[:], w
    gc.collect()
    return seen, outcome(os.fstat, fd)[0] is OSError


def as_error(make):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        s = make(socket.AF_INET)
        fd = s.fileno()
        del s
        gc.collect()
    return outcome(os.fstat, fd)[0] is OSError


def compare_left_open():
    unraisable = []
    hook = sys.unraisablehook
    sys.unraisablehook = lambda u: unraisable.append(u.exc_type)
    warned = both('left open', left_open)
    closed = both('left open where warnings are errors', as_error)
    sys.unraisablehook = hook
    return warned, closed, unraisable


def connected_pair(make):
    """As pair() gives them, of sockets that have addresses."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        left = socket.create_connection(server.getsockname())
        right, _ = server.accept()
    return left, make(-1, -1, -1, right.detach())


def shown(make, connect=pair):
    left, s = connect(make)
    texts = [repr(s)]
    close_all(s, left)
    texts.append(repr(s))
    texts = [re.sub(r'(127.0.0.1., )\d+', r'\1port', t) for t in texts]
    return [re.sub(r'<\S+( .closed.|) fd=-?\d+', r'<\1 fd', t)
            for t in texts]


names = [
    ('no name', ''),
    ('a blank', ' '),
    ('every address', '0.0.0.0'),
    ('every address of IPv6', '::'),
    ('an address', '127.0.0.1'),
    ('an address of IPv6', '::1'),
    ('blanks around a name', ' localhost '),
    ('another address', '127.0.1.1'),
    ('a name', 'localhost'),
    ('the name of this machine', socket.gethostname()),
    ('a label that is too long', 'a' * 70),
    ('an empty label', 'a..b'),
    ('an address that has no name', '255.255.255.255'),
]


def compare_getfqdn():
    """What ours raises for an empty label."""
    for words, name in names:
        rows.compare(words, outcome(ours.fqdn, name),
                     outcome(socket.getfqdn, name))
    return outcome(ours.fqdn, 'a..b')[0]


# ---- A close() that waits

class FullConnection:
    """More has been sent by the descriptor than there is room for. The client
    reads when that side has begun to close."""

    def __init__(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            self.client = socket.create_connection(listener.getsockname())
            served, _ = listener.accept()
        self.ends = ' %s %s 01 ' % tuple(
            '0100007F:%04X' % end.getsockname()[1]
            for end in (served, self.client))
        served.setblocking(False)
        self.sent = self.got = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self.sent += served.send(bytes(1 << 16))
        assert self.is_open()
        self.fd = served.detach()

    def is_open(self):
        with open('/proc/net/tcp') as table:
            return self.ends in table.read()

    def __call__(self):
        while self.is_open():
            pass
        while data := self.client.recv(1 << 20):
            self.got += len(data)
        self.client.close()
