#define PY_SSIZE_T_CLEAN
#include "support.h"

#include <sys/socket.h>

#include "types.h"
#include "io/address.h"
#include "io/makefile.h"

/* The C methods for Python: the same statements run over our socket and over
 * Python's. */

static PyObject *
none_or_error(int result)
{
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
sock_new(PyObject *module, PyObject *args)
{
    int family = -1, type = -1, proto = -1, fileno = -1;

    (void)module;
    if (!PyArg_ParseTuple(args, "|iiii", &family, &type, &proto, &fileno)) {
        return NULL;
    }
    return (PyObject *)Socket_new(&Socket_class, family, type, proto, fileno);
}

static PyObject *
sock_bind(PyObject *module, PyObject *args)
{
    PyObject *address;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &sock, &address)) {
        return NULL;
    }
    return none_or_error(sock->cls->bind(sock, address));
}

static PyObject *
sock_listen(PyObject *module, PyObject *args)
{
    Socket *sock;
    int backlog;

    (void)module;
    if (!PyArg_ParseTuple(args, "Oi", &sock, &backlog)) {
        return NULL;
    }
    return none_or_error(sock->cls->listen(sock, backlog));
}

static PyObject *
sock_accept(PyObject *module, PyObject *args)
{
    Socket *sock, *connection;
    PyObject *address;

    (void)module;
    if (!PyArg_ParseTuple(args, "O", &sock)) {
        return NULL;
    }
    if (sock->cls->accept(sock, &connection, &address) < 0) {
        return NULL;
    }
    if (Py_REFCNT(connection) != 1) {
        PyErr_SetString(PyExc_AssertionError, "a reference too many");
        return NULL;
    }
    return Py_BuildValue("(NN)", connection, address);
}

static PyObject *
sock_recv_into(PyObject *module, PyObject *args)
{
    Py_ssize_t n;
    Py_buffer view;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "Ow*", &sock, &view)) {
        return NULL;
    }
    n = sock->cls->recv_into(sock, view.buf, view.len);
    PyBuffer_Release(&view);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
sock_send(PyObject *module, PyObject *args)
{
    const char *data;
    Py_ssize_t size, n;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "Oy#", &sock, &data, &size)) {
        return NULL;
    }
    n = sock->cls->send(sock, data, size);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
sock_sendall(PyObject *module, PyObject *args)
{
    const char *data;
    Py_ssize_t size;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "Oy#", &sock, &data, &size)) {
        return NULL;
    }
    return none_or_error(sock->cls->sendall(sock, data, size));
}

static PyObject *
sock_recvfrom(PyObject *module, PyObject *args)
{
    PyObject *data = NULL, *address = NULL;
    Py_ssize_t size;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "On", &sock, &size) ||
        sock->cls->recvfrom(sock, size, &data, &address) < 0)
    {
        return NULL;
    }
    if (Py_REFCNT(data) != 1 && PyBytes_GET_SIZE(data) > 1) {
        PyErr_SetString(PyExc_AssertionError, "a reference too many");
        return NULL;
    }
    return Py_BuildValue("(NN)", data, address);
}

static PyObject *
sock_sendto(PyObject *module, PyObject *args)
{
    PyObject *address;
    const char *data;
    Py_ssize_t size, n;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "Oy#O", &sock, &data, &size, &address)) {
        return NULL;
    }
    n = sock->cls->sendto(sock, data, size, address);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
sock_shutdown(PyObject *module, PyObject *args)
{
    Socket *sock;
    int how;

    (void)module;
    if (!PyArg_ParseTuple(args, "Oi", &sock, &how)) {
        return NULL;
    }
    return none_or_error(sock->cls->shutdown(sock, how));
}

static PyObject *
sock_settimeout(PyObject *module, PyObject *args)
{
    PyObject *timeout;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &sock, &timeout)) {
        return NULL;
    }
    return none_or_error(Socket_settimeout(
        sock, timeout == Py_None ? -1 : PyFloat_AsDouble(timeout)));
}

static PyObject *
sock_setsockopt(PyObject *module, PyObject *args)
{
    int level, option, value;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "Oiii", &sock, &level, &option, &value)) {
        return NULL;
    }
    return none_or_error(Socket_setsockopt(sock, level, option, value));
}

static PyObject *
sock_makefile(PyObject *module, PyObject *args)
{
    const char *mode;
    int buffering = -1;
    Socket *sock;

    (void)module;
    if (!PyArg_ParseTuple(args, "Os|i", &sock, &mode, &buffering)) {
        return NULL;
    }
    return (PyObject *)Socket_makefile(sock, mode, buffering);
}

static PyObject *
sock_io_refs(PyObject *module, PyObject *sock)
{
    (void)module;
    return PyLong_FromLong(((Socket *)sock)->_io_refs);
}

static PyObject *
fqdn(PyObject *module, PyObject *name)
{
    (void)module;
    return getfqdn(name);
}

static PyMethodDef functions[] = {
    { "new", sock_new, METH_VARARGS, NULL },
    { "bind", sock_bind, METH_VARARGS, NULL },
    { "listen", sock_listen, METH_VARARGS, NULL },
    { "accept", sock_accept, METH_VARARGS, NULL },
    { "recv_into", sock_recv_into, METH_VARARGS, NULL },
    { "send", sock_send, METH_VARARGS, NULL },
    { "sendall", sock_sendall, METH_VARARGS, NULL },
    { "recvfrom", sock_recvfrom, METH_VARARGS, NULL },
    { "sendto", sock_sendto, METH_VARARGS, NULL },
    { "shutdown", sock_shutdown, METH_VARARGS, NULL },
    { "settimeout", sock_settimeout, METH_VARARGS, NULL },
    { "setsockopt", sock_setsockopt, METH_VARARGS, NULL },
    { "makefile", sock_makefile, METH_VARARGS, NULL },
    { "io_refs", sock_io_refs, METH_O, NULL },
    { "fqdn", fqdn, METH_O, NULL },
};

static const char shared_python[] =
    "import errno, gc, os, re, signal, socket, tempfile, threading, "
    "warnings\n"
    "\n"
    "class Ours:\n"
    "    'Our socket with the methods of Python\\'s.'\n"
    "    def __init__(self, *args):\n"
    "        self.sock = c['new'](*args)\n"
    "    def accept(self):\n"
    "        sock, address = c['accept'](self.sock)\n"
    "        other = object.__new__(Ours)\n"
    "        other.sock = sock\n"
    "        return other, address\n"
    "    def recv(self, size):\n"
    "        b = bytearray(size)\n"
    "        return bytes(b[:c['recv_into'](self.sock, b)])\n"
    "    def __repr__(self):\n"
    "        return repr(self.sock)\n"
    "    def __getattr__(self, name):\n"
    "        if name in c:\n"
    "            return lambda *args: c[name](self.sock, *args)\n"
    "        return getattr(self.sock, name)\n"
    "\n"
    "def theirs(family=-1, type=-1, proto=-1, fileno=None):\n"
    "    return socket.socket(family, type, proto, fileno)\n"
    "\n"
    "def outcome(f, *args):\n"
    "    try:\n"
    "        return f(*args)\n"
    "    except Exception as e:\n"
    "        return type(e), str(e)\n"
    "\n"
    "def both(f, *args):\n"
    "    'What f gives with our socket; it must be what Python\\'s gives.'\n"
    "    ours, others = outcome(f, Ours, *args), outcome(f, theirs, *args)\n"
    "    assert ours == others, (args, ours, others)\n"
    "    return ours\n"
    "\n"
    "def pair(make):\n"
    "    left, right = socket.socketpair()\n"
    "    return left, make(-1, -1, -1, right.detach())\n"
    "\n"
    "def open_fds():\n"
    "    return len(os.listdir('/proc/self/fd'))\n";

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&Socket_class, offsetof(SocketClass, bind),
                         sizeof(SocketClass));
}

static void
test_a_new_socket_is_what_python_makes(void **state)
{
    (void)state;
    run_python("def made(make, *args):\n"
               "    s = make(*args)\n"
               "    seen = (int(s.family), int(s.type), s.proto, "
               "os.get_inheritable(s.fileno()),\n"
               "            s.gettimeout(), os.get_blocking(s.fileno()))\n"
               "    s.close()\n"
               "    assert s.fileno() == -1\n"
               "    return seen\n"
               "first = both(made)\n"
               "both(made, socket.AF_INET6)\n"
               "both(made, socket.AF_UNIX, socket.SOCK_DGRAM)\n"
               "refused = both(made, 9999)\n"
               "both(made, socket.AF_INET, 99)");
    assert_repr(eval_python("first"), "(2, 1, 0, False, None, True)");
    assert_repr(eval_python("refused"),
                "(<class 'OSError'>, '[Errno 97] Address family not "
                "supported by protocol')");
}

static void
test_a_descriptor_is_taken_over_and_described(void **state)
{
    (void)state;
    run_python(
        "def around(make, *args):\n"
        "    s = socket.socket(*args)\n"
        "    fd = s.fileno()\n"
        "    s = make(-1, -1, -1, s.detach())\n"
        "    assert s.fileno() == fd\n"
        "    seen = int(s.family), int(s.type), s.proto\n"
        "    s.close()\n"
        "    assert outcome(os.fstat, fd)[0] is OSError\n"
        "    return seen\n"
        "tcp = both(around)\n"
        "both(around, socket.AF_INET6, socket.SOCK_DGRAM)\n"
        "both(around, socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "def refused(make, fd, family=-1):\n"
        "    make(family, socket.SOCK_STREAM, 0, fd)\n"
        "pipe = os.pipe()\n"
        "both(refused, pipe[0]), both(refused, pipe[0], socket.AF_INET)\n"
        "assert os.fstat(pipe[0])\n"
        "os.close(pipe[0]), os.close(pipe[1])\n"
        "both(refused, pipe[0]), both(refused, pipe[0], socket.AF_INET)\n"
        "negative = both(refused, -7)");
    assert_repr(eval_python("tcp"), "(2, 1, 6)");
    assert_repr(eval_python("negative"),
                "(<class 'ValueError'>, 'negative file descriptor')");
}

static void
test_bind_takes_the_addresses_that_python_takes(void **state)
{
    (void)state;
    run_python(
        "folder = tempfile.mkdtemp()\n"
        "def bound(make, family, address):\n"
        "    s = make(family)\n"
        "    try:\n"
        "        s.bind(address)\n"
        "        name = s.getsockname()\n"
        "        if family != socket.AF_UNIX and address[1] == 0:\n"
        "            assert 0 < name[1] < 65536\n"
        "            name = name[:1] + name[2:]\n"
        "        return name\n"
        "    finally:\n"
        "        s.close()\n"
        "        for left in os.scandir(folder): os.unlink(left)\n"
        "four, six, unix = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX\n"
        "for host in ('127.0.0.1', b'127.0.0.1', bytearray(b'127.0.0.1'), "
        "'', 'localhost', '0.0.0.0', '127.1', 'l\\u00f6calhost.invalid:',\n"
        "             '::1', '192.0.2.1', '255.255.255.255', '<broadcast>', "
        "'a\\0b', 'a..\\xe4', None, 3):\n"
        "    both(bound, four, (host, 0))\n"
        "for address in (('::1', 0), ('', 0), ('::', 0, 0, 0), ('::1', 0, 5), "
        "('::1', 0, 0, 1), ('127.0.0.1', 0), ('<broadcast>', 0),\n"
        "                ('::1', 0, 1 << 20), ('::1', 0, -1), ('::1',), "
        "('::1', 0, 0, 0, 0), ('::1%lo', 0), ['::1', 0]):\n"
        "    both(bound, six, address)\n"
        "for address in (('127.0.0.1', -1), ('127.0.0.1', 65536), "
        "('127.0.0.1', 1 << 70), ('127.0.0.1', '0'), ('127.0.0.1', 1.5),\n"
        "                ('127.0.0.1',), ('127.0.0.1', 0, 0), (), "
        "['127.0.0.1', 0], '127.0.0.1', None, 0):\n"
        "    both(bound, four, address)\n"
        "path = folder + '/s\\xf6cket'\n"
        "for address in (path, os.fsencode(path), '', '\\0name-%d' % "
        "os.getpid(), b'\\0\\1\\0%d' % os.getpid(), 'x' * 108, '\\0' + 'x' * "
        "108, '\\0' + 'x' * 106, 3, None,\n"
        "                bytearray(os.fsencode(path)), ('a', 0), folder + "
        "'/no/such'):\n"
        "    if address != '':  # the system invents a name\n"
        "        both(bound, unix, address)\n"
        "assert bound(Ours, unix, '')[0] == 0\n"
        "twice = [both(bound, four, a) for a in [('127.0.0.1', 65536), "
        "('::1', 0)]]\n"
        "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
        "used = both(bound, four, s.getsockname()); s.close()\n"
        "os.rmdir(folder)");
    assert_repr(eval_python("twice[0]"),
                "(<class 'OverflowError'>, 'bind(): port must be 0-65535.')");
    assert_repr(eval_python("twice[1]"),
                "(<class 'socket.gaierror'>, '[Errno -9] Address family for "
                "hostname not supported')");
    assert_repr(eval_python("used"),
                "(<class 'OSError'>, '[Errno 98] Address already in use')");
}

static void
test_accept_gives_a_socket_and_its_peer(void **state)
{
    (void)state;
    run_python("def accepted(make, family, address):\n"
               "    s = make(family)\n"
               "    s.bind(address), s.listen(5)\n"
               "    client = socket.socket(family)\n"
               "    client.connect(s.getsockname())\n"
               "    connection, peer = s.accept()\n"
               "    assert peer == client.getsockname(), peer\n"
               "    assert connection.getsockname() == s.getsockname()\n"
               "    client.sendall(b'hello')\n"
               "    seen = (int(connection.family), int(connection.type), "
               "connection.proto,\n"
               "            os.get_inheritable(connection.fileno()), "
               "connection.gettimeout(), connection.recv(9),\n"
               "            os.get_blocking(connection.fileno()), peer[:1])\n"
               "    for f in (client, connection, s): f.close()\n"
               "    return seen\n"
               "four = both(accepted, socket.AF_INET, ('127.0.0.1', 0))\n"
               "both(accepted, socket.AF_INET6, ('::1', 0))\n"
               "both(accepted, socket.AF_UNIX, '\\0accept-%d' % os.getpid())\n"
               "socket.setdefaulttimeout(7.5)\n"
               "waits = both(accepted, socket.AF_INET, ('127.0.0.1', 0))\n"
               "socket.setdefaulttimeout(None)");
    assert_repr(eval_python("four"),
                "(2, 1, 0, False, None, b'hello', True, ('127.0.0.1',))");
    assert_repr(eval_python("waits"),
                "(2, 1, 0, False, 7.5, b'hello', False, ('127.0.0.1',))");
}

static void
test_failing_calls_raise_what_python_raises(void **state)
{
    (void)state;
    run_python(
        "def on_closed(make, name, *args):\n"
        "    s = make(); s.close()\n"
        "    getattr(s, name)(*args)\n"
        "for call in (('recv', 1), ('send', b'x'), ('sendall', b'x'), "
        "('sendall', b''), ('accept',), ('listen', 1),\n"
        "             ('shutdown', 1), ('getsockname',), ('settimeout', 1.0), "
        "('setsockopt', 1, 2, 1), ('bind', ('127.0.0.1', 0)), ('close',)):\n"
        "    both(on_closed, *call)\n"
        "def on_new(make, name, *args):\n"
        "    s = make()\n"
        "    try: getattr(s, name)(*args)\n"
        "    finally: s.close()\n"
        "for call in (('recv', 1), ('send', b'x'), ('accept',), "
        "('shutdown', 1), ('shutdown', 99), ('setsockopt', 1, 9999, 1),\n"
        "             ('settimeout', -2.0), ('settimeout', float('nan'))):\n"
        "    both(on_new, *call)\n"
        "def peer_gone(make):\n"
        "    left, s = pair(make)\n"
        "    left.close()\n"
        "    try: s.sendall(b'x' * 100)\n"
        "    finally: s.close()\n"
        "gone = both(peer_gone)");
    assert_repr(eval_python("gone"),
                "(<class 'BrokenPipeError'>, '[Errno 32] Broken pipe')");
}

static void
test_a_timeout_is_a_timeout_error(void **state)
{
    (void)state;
    run_python("def waits(make, name, seconds):\n"
               "    left, s = pair(make)\n"
               "    s.settimeout(seconds)\n"
               "    assert s.gettimeout() == seconds\n"
               "    assert os.get_blocking(s.fileno()) == (seconds is None)\n"
               "    try:\n"
               "        if name == 'recv': return s.recv(1)\n"
               "        if name == 'send':\n"
               "            while True: s.send(b'x' * 100000)\n"
               "        return s.sendall(b'x' * 10000000)\n"
               "    finally: s.close(), left.close()\n"
               "def accepts(make, seconds):\n"
               "    s = make()\n"
               "    s.listen(1), s.settimeout(seconds)\n"
               "    try: s.accept()\n"
               "    finally: s.close()\n"
               "for name in ('recv', 'send', 'sendall'):\n"
               "    timed_out = both(waits, name, 0.02)\n"
               "    blocking = both(waits, name, 0.0)\n"
               "both(accepts, 0.02), both(accepts, 0.0)");
    assert_repr(eval_python("timed_out, blocking"),
                "((<class 'TimeoutError'>, 'timed out'), (<class "
                "'BlockingIOError'>, '[Errno 11] Resource temporarily "
                "unavailable'))");
}

static void
test_sendall_sends_all_however_small_the_pieces(void **state)
{
    (void)state;
    run_python(
        "def sent(make, timeout):\n"
        "    left, s = pair(make)\n"
        "    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)\n"
        "    s.settimeout(timeout)\n"
        "    data = bytes(range(256)) * 4000\n"
        "    got = bytearray()\n"
        "    def read():\n"
        "        while True:\n"
        "            piece = left.recv(9999)\n"
        "            if not piece: return\n"
        "            got.extend(piece)\n"
        "    reader = threading.Thread(target=read); reader.start()\n"
        "    s.sendall(data), s.shutdown(socket.SHUT_WR), reader.join()\n"
        "    s.close(), left.close()\n"
        "    return got == data\n"
        "results = both(sent, None), both(sent, 30.0)");
    assert_repr(eval_python("results"), "(True, True)");
}

static void
test_a_signal_runs_its_handler_and_the_call_goes_on(void **state)
{
    (void)state;
    /* Again and again, until the handler has run: a signal just before the
     * call blocks is seen at the next one only. */
    run_python(
        "def interrupted(make, timeout, raises):\n"
        "    left, s = pair(make)\n"
        "    s.settimeout(timeout)\n"
        "    def handler(number, frame):\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "        if raises: raise KeyError('handler')\n"
        "        left.sendall(b'late')\n"
        "    old = signal.signal(signal.SIGALRM, handler)\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)\n"
        "    try: return s.recv(9)\n"
        "    finally:\n"
        "        signal.signal(signal.SIGALRM, old)\n"
        "        s.close(), left.close()\n"
        "def interrupted_send(make, timeout):\n"
        "    left, s = pair(make)\n"
        "    s.settimeout(timeout)\n"
        "    got = []\n"
        "    def handler(number, frame):\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "        reader.start()\n"
        "    def read():\n"
        "        while sum(got) < 3000000: got.append(len(left.recv(1 << "
        "20)))\n"
        "    reader = threading.Thread(target=read)\n"
        "    old = signal.signal(signal.SIGALRM, handler)\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)\n"
        "    s.sendall(b'x' * 3000000), reader.join()\n"
        "    signal.signal(signal.SIGALRM, old)\n"
        "    s.close(), left.close()\n"
        "    return sum(got)\n"
        "results = [both(interrupted, t, r) for t in (None, 20.0) for r in "
        "(False, True)]\n"
        "sums = both(interrupted_send, None), both(interrupted_send, 20.0)");
    assert_repr(eval_python("results[0], results[1], sums"),
                "(b'late', (<class 'KeyError'>, \"'handler'\"), (3000000, "
                "3000000))");
}

static void
test_datagrams_go_and_come_with_their_addresses(void **state)
{
    (void)state;
    run_python(
        "def echoed(make, family, address, data, size):\n"
        "    s, client = make(family, socket.SOCK_DGRAM), socket.socket(\n"
        "        family, socket.SOCK_DGRAM)\n"
        "    try:\n"
        "        s.bind(address), client.bind(address[:-1] + '-client' if\n"
        "            family == socket.AF_UNIX else address)\n"
        "        client.sendto(data, s.getsockname())\n"
        "        got, peer = s.recvfrom(size)\n"
        "        assert type(got) is bytes\n"
        "        assert peer == client.getsockname(), peer\n"
        "        sent = s.sendto(got[::-1], peer)\n"
        "        back, server = client.recvfrom(100000)\n"
        "        assert server == s.getsockname(), server\n"
        "        return got, sent, back\n"
        "    finally: s.close(), client.close()\n"
        "four = socket.AF_INET, ('127.0.0.1', 0)\n"
        "small = both(echoed, *four, b'hello', 8192)\n"
        "cut = both(echoed, *four, b'hello', 3)\n"
        "empty = both(echoed, *four, b'', 8192)\n"
        "nothing = both(echoed, *four, b'hello', 0)\n"
        "full = both(echoed, *four, bytes(range(250)) * 32, 8000)\n"
        "assert full[:2] == (bytes(range(250)) * 32, 8000)\n"
        "both(echoed, socket.AF_INET6, ('::1', 0), b'six', 99)\n"
        "both(echoed, socket.AF_UNIX, '\\0datagram-%d' % os.getpid(), "
        "b'unix', 99)");
    assert_repr(eval_python("small, cut, empty, nothing"),
                "((b'hello', 5, b'olleh'), (b'hel', 3, b'leh'), (b'', 0, "
                "b''), (b'', 0, b''))");
}

static void
test_a_datagram_of_nobody_has_no_address(void **state)
{
    (void)state;
    run_python("def unnamed(make):\n"
               "    left, right = socket.socketpair(\n"
               "        socket.AF_UNIX, socket.SOCK_DGRAM)\n"
               "    s = make(-1, -1, -1, right.detach())\n"
               "    left.send(b'hello')\n"
               "    try: return s.recvfrom(9)\n"
               "    finally: s.close(), left.close()\n"
               "def connected(make):\n"
               "    left, s = pair(make)\n"
               "    left.sendall(b'hello')\n"
               "    try: return s.recvfrom(9)\n"
               "    finally: s.close(), left.close()\n"
               "results = both(unnamed), both(connected)");
    assert_repr(eval_python("results"),
                "((b'hello', None), (b'hello', None))");
}

static void
test_datagram_calls_fail_as_pythons_do(void **state)
{
    (void)state;
    run_python(
        "def call(make, family, name, *args):\n"
        "    s = make(family, socket.SOCK_DGRAM)\n"
        "    s.settimeout(0.02)\n"
        "    try: return getattr(s, name)(*args)\n"
        "    finally: s.close()\n"
        "four, six, unix = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX\n"
        "for address in (None, 'x', (), ('127.0.0.1',), ('127.0.0.1', -1),\n"
        "                ('127.0.0.1', 65536), ('127.0.0.1', 'x'),\n"
        "                ('127.0.0.1', 1, 2), ('::1', 1), ['h', 1]):\n"
        "    both(call, four, 'sendto', b'x', address)\n"
        "port = both(call, four, 'sendto', b'x', ('127.0.0.1', 65536))\n"
        "for address in (('::1',), ('::1', 1 << 16), ('::1', 1, 1 << 20)):\n"
        "    both(call, six, 'sendto', b'x', address)\n"
        "for address in (None, 3, ('127.0.0.1', 0), '/no/such', 'x' * 200):\n"
        "    both(call, unix, 'sendto', b'x', address)\n"
        "both(call, four, 'sendto', b'x' * 70000, ('127.0.0.1', 9))\n"
        "negative = both(call, four, 'recvfrom', -1)\n"
        "late = both(call, four, 'recvfrom', 9)\n"
        "for name, args in (('recvfrom', (9,)), ('sendto', (b'x', four))):\n"
        "    both(on_closed, name, *args)\n"
        "closed = both(on_closed, 'sendto', b'x', ('127.0.0.1', 9))\n"
        "def interrupted_datagram(make):\n"
        "    s = make(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "    def handler(number, frame):\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "        raise KeyError('handler')\n"
        "    old = signal.signal(signal.SIGALRM, handler)\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)\n"
        "    try: return s.recvfrom(9)\n"
        "    finally: signal.signal(signal.SIGALRM, old), s.close()\n"
        "signalled = both(interrupted_datagram)");
    assert_repr(eval_python("port"),
                "(<class 'OverflowError'>, 'sendto(): port must be "
                "0-65535.')");
    assert_repr(eval_python("negative, late"),
                "((<class 'ValueError'>, 'negative buffersize in recvfrom'), "
                "(<class 'TimeoutError'>, 'timed out'))");
    assert_repr(eval_python("closed, signalled"),
                "((<class 'OSError'>, '[Errno 9] Bad file descriptor'), "
                "(<class 'KeyError'>, \"'handler'\"))");
}

/* The descriptor stays open until the last stream is closed too. */
static void
test_close_waits_for_the_streams(void **state)
{
    (void)state;
    run_python(
        "def streams(make, order):\n"
        "    left, s = pair(make)\n"
        "    fd, seen = s.fileno(), []\n"
        "    r, w = s.makefile('rb', -1), s.makefile('wb', 4)\n"
        "    left.sendall(b'line\\n' * 9)\n"
        "    for name in order:\n"
        "        {'s': s, 'r': r, 'w': w}[name].close()\n"
        "        if name != 'r' and not r.closed: seen.append(r.readline())\n"
        "        if name != 'w' and not w.closed: "
        "seen.append(w.write(b'ab')), w.flush()\n"
        "        seen.append((s.fileno() == fd, outcome(os.fstat, fd)[0] is "
        "not OSError))\n"
        "    left.close()\n"
        "    return seen\n"
        "for order in ('srw', 'swr', 'rsw', 'wsr', 'rws', 'wrs'):\n"
        "    last = both(streams, order)[-1]\n"
        "    assert last == (False, False), (order, last)\n"
        "left, s = pair(Ours)\n"
        "r, w = s.makefile('rb'), s.makefile('wb')\n"
        "counts = [s.io_refs()]\n"
        "r.close(), r.close(); counts.append(s.io_refs())\n"
        "del w; counts.append(s.io_refs())\n"
        "s.close(), left.close()\n"
        "counts.append(s.fileno()); del s, r, left\n");
    assert_repr(eval_python("counts"), "[2, 1, 0, -1]");
}

static void
test_makefile_refuses_what_it_cannot_do(void **state)
{
    (void)state;
    run_python("left, s = pair(Ours)\n"
               "raised = [outcome(s.makefile, 'rb', 0), "
               "outcome(s.makefile, 'rwb'), outcome(s.makefile, 'x')]\n"
               "refs = s.io_refs(); s.close(), left.close()");
    assert_repr(eval_python("raised[0], refs"),
                "((<class 'ValueError'>, 'buffer size must be strictly "
                "positive'), 0)");
    assert_repr(eval_python("raised[1:]"),
                "[(<class 'ValueError'>, \"invalid mode 'rwb' (only rb, wb "
                "allowed)\"), (<class 'ValueError'>, \"invalid mode 'x' (only "
                "rb, wb allowed)\")]");
}

static void
test_a_stream_keeps_its_socket_alive(void **state)
{
    Socket *sock;
    BufferedIOBase *reader;

    (void)state;
    sock = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, -1);
    assert_non_null(sock);
    assert_int_equal(Py_REFCNT(sock), 1);
    reader = Socket_makefile(sock, "rb", -1);
    assert_non_null(reader);
    assert_int_equal(Py_REFCNT(reader), 1);
    assert_int_equal(Py_REFCNT(sock), 2);
    assert_int_equal(sock->_io_refs, 1);
    assert_int_equal(sock->cls->close(sock), 0);
    assert_int_not_equal(sock->fd, -1);
    Py_DECREF(reader); /* closes: the last stream */
    assert_int_equal(sock->fd, -1);
    assert_int_equal(Py_REFCNT(sock), 1);
    Py_DECREF(sock);
}

static int closes;

static int
counting_close(Socket *self)
{
    closes++;
    return Socket_close(self);
}

static void
test_the_last_stream_closes_through_the_class(void **state)
{
    SocketClass cls = Socket_class;
    Socket *sock;

    (void)state;
    cls.close = counting_close;
    sock = Socket_new(&cls, AF_UNIX, SOCK_STREAM, 0, -1);
    sock->_io_refs = 2;
    sock->_closed = true;
    assert_int_equal(Socket__decref_socketios(sock), 0);
    assert_int_not_equal(sock->fd, -1);
    assert_int_equal(Socket__decref_socketios(sock), 0);
    assert_int_equal(sock->fd, -1);
    assert_int_equal(Socket__decref_socketios(sock), 0);
    assert_int_equal(sock->_io_refs, 0);
    assert_int_equal(closes, 3);
    Py_DECREF(sock);
}

static void
test_a_socket_left_open_warns_and_closes(void **state)
{
    (void)state;
    run_python(
        "def left_open(make):\n"
        "    with warnings.catch_warnings(record=True) as caught:\n"
        "        warnings.simplefilter('always')\n"
        "        s = make(socket.AF_INET)\n"
        "        fd, text = s.fileno(), repr(s)\n"
        "        del s; gc.collect()\n"
        "        w, = caught\n"
        "        seen = (w.category, re.sub(r'<\\S+ fd=\\d+', '<', "
        "str(w.message)),\n"
        "                re.sub(r'.* fd=\\d+', '', text), w.source is not "
        "None)\n"
        "        del caught[:], w\n"
        "    gc.collect()\n"
        "    return seen, outcome(os.fstat, fd)[0] is OSError\n"
        "def as_error(make):\n"
        "    with warnings.catch_warnings():\n"
        "        warnings.simplefilter('error')\n"
        "        s = make(socket.AF_INET); fd = s.fileno()\n"
        "        del s; gc.collect()\n"
        "    return outcome(os.fstat, fd)[0] is OSError\n"
        "import sys\n"
        "hook, sys.unraisablehook = sys.unraisablehook, lambda u: "
        "unraisable.append(u.exc_type)\n"
        "unraisable = []\n"
        "warned = both(left_open)\n"
        "closed = both(as_error)\n"
        "sys.unraisablehook = hook");
    assert_repr(
        eval_python("warned, closed, unraisable"),
        "(((<class 'ResourceWarning'>, \"unclosed <, family=2, type=1, "
        "proto=0, laddr=('0.0.0.0', 0)>\", \", family=2, type=1, proto=0, "
        "laddr=('0.0.0.0', 0)>\", True), True), True, [<class "
        "'ResourceWarning'>, <class 'ResourceWarning'>])");
}

static void
test_repr_is_pythons(void **state)
{
    (void)state;
    run_python(
        "def shown(make):\n"
        "    left, s = pair(make)\n"
        "    texts = [repr(s)]\n"
        "    s.close(), left.close(), texts.append(repr(s))\n"
        "    return [re.sub(r'<\\S+( .closed.|) fd=-?\\d+', r'<\\1 fd', t) "
        "for t in texts]\n"
        "text = both(shown)");
    assert_repr(eval_python("text[1]"),
                "'< [closed] fd, family=1, type=1, proto=0>'");
}

static void
test_getfqdn_is_pythons(void **state)
{
    (void)state;
    run_python(
        "for name in ('', ' ', '0.0.0.0', '::', '127.0.0.1', '::1', "
        "' localhost ', '127.0.1.1', 'localhost', socket.gethostname(),\n"
        "             'a' * 70, 'a..b', '255.255.255.255'):\n"
        "    ours, others = outcome(c['fqdn'], name), "
        "outcome(socket.getfqdn, name)\n"
        "    assert ours == others, (name, ours, others)\n"
        "raised = outcome(c['fqdn'], 'a..b')");
    assert_repr(eval_python("issubclass(raised[0], UnicodeError)"), "True");
}

static void
test_no_descriptor_is_left_behind(void **state)
{
    (void)state;
    run_python("gc.collect()");
    assert_repr(eval_python("open_fds() - fds_at_start"), "0");
}

static int
setup(void **state)
{
    PyObject *table;

    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    run_python(shared_python);
    table = PyDict_New();
    for (size_t i = 0; i < Py_ARRAY_LENGTH(functions); i++) {
        PyObject *function = PyCFunction_New(&functions[i], NULL);

        PyDict_SetItemString(table, functions[i].ml_name, function);
        Py_DECREF(function);
    }
    set_python("c", table);
    Py_DECREF(table);
    run_python("fds_at_start = open_fds()");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_a_new_socket_is_what_python_makes),
        python_test(test_a_descriptor_is_taken_over_and_described),
        python_test(test_bind_takes_the_addresses_that_python_takes),
        python_test(test_accept_gives_a_socket_and_its_peer),
        python_test(test_failing_calls_raise_what_python_raises),
        python_test(test_a_timeout_is_a_timeout_error),
        python_test(test_sendall_sends_all_however_small_the_pieces),
        python_test(test_a_signal_runs_its_handler_and_the_call_goes_on),
        python_test(test_datagrams_go_and_come_with_their_addresses),
        python_test(test_a_datagram_of_nobody_has_no_address),
        python_test(test_datagram_calls_fail_as_pythons_do),
        python_test(test_close_waits_for_the_streams),
        python_test(test_makefile_refuses_what_it_cannot_do),
        python_test(test_a_stream_keeps_its_socket_alive),
        python_test(test_the_last_stream_closes_through_the_class),
        python_test(test_a_socket_left_open_warns_and_closes),
        python_test(test_repr_is_pythons),
        python_test(test_getfqdn_is_pythons),
        python_test(test_no_descriptor_is_left_behind),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
