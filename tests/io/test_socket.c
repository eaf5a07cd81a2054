#define PY_SSIZE_T_CLEAN
#include "support.h"

#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "io/address.h"
#include "io/any_socket.h"
#include "io/makefile.h"
#include "no_memory.h"
#include "python/waits.h"
#include "socket_pair.h"

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
    { NULL, NULL, 0, NULL },
};

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
    assert_repr(eval_python("compare_new()"),
                "((2, 1, 0, False, None, True), (<class 'OSError'>, '[Errno "
                "97] Address family not "
                "supported by protocol'))");
    assert_nothing_differs("rows.report()");
}

static void
test_a_descriptor_is_taken_over_and_described(void **state)
{
    (void)state;
    assert_repr(
        eval_python("compare_descriptors()"),
        "((2, 1, 6), (<class 'ValueError'>, 'negative file descriptor'))");
    assert_nothing_differs("rows.report()");
}

static void
test_bind_takes_the_addresses_that_python_takes(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_addresses()"),
                "((<class 'OverflowError'>, 'bind(): port must be 0-65535.'), "
                "(<class 'socket.gaierror'>, '[Errno -9] Address family for "
                "hostname not supported'), "
                "(<class 'OSError'>, '[Errno 98] Address already in use'))");
    assert_nothing_differs("rows.report()");
}

static void
test_accept_gives_a_socket_and_its_peer(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_accept()"),
                "((2, 1, 0, False, None, b'hello', True, ('127.0.0.1',)), "
                "(2, 1, 0, False, 7.5, b'hello', False, ('127.0.0.1',)))");
    assert_nothing_differs("rows.report()");
}

static void
test_failing_calls_raise_what_python_raises(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_failures()"),
                "(<class 'BrokenPipeError'>, '[Errno 32] Broken pipe')");
    assert_nothing_differs("rows.report()");
}

static void
test_a_timeout_is_a_timeout_error(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_timeouts()"),
                "((<class 'TimeoutError'>, 'timed out'), (<class "
                "'BlockingIOError'>, '[Errno 11] Resource temporarily "
                "unavailable'))");
    assert_nothing_differs("rows.report()");
}

static void
test_sendall_sends_all_however_small_the_pieces(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_sendall()"), "(True, True, True, True)");
    assert_nothing_differs("rows.report()");
}

static void
test_a_signal_runs_its_handler_and_the_call_goes_on(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_signals()"),
                "(b'late', (<class 'KeyError'>, \"'handler'\"), (3000000, "
                "3000000))");
    assert_nothing_differs("rows.report()");
}

static void
test_datagrams_go_and_come_with_their_addresses(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_datagrams()"),
                "((b'hello', 5, b'olleh'), (b'hel', 3, b'leh'), (b'', 0, "
                "b''), (b'', 0, b''))");
    assert_nothing_differs("rows.report()");
}

static void
test_a_datagram_of_nobody_has_no_address(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_nameless()"),
                "((b'hello', None), (b'hello', None))");
    assert_nothing_differs("rows.report()");
}

static void
test_datagram_calls_fail_as_pythons_do(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_datagram_failures()"),
                "((<class 'OverflowError'>, 'sendto(): port must be "
                "0-65535.'), "
                "(<class 'ValueError'>, 'negative buffersize in recvfrom'), "
                "(<class 'TimeoutError'>, 'timed out'), "
                "(<class 'OSError'>, '[Errno 9] Bad file descriptor'), "
                "(<class 'KeyError'>, \"'handler'\"))");
    assert_nothing_differs("rows.report()");
}

/* The descriptor stays open until the last stream is closed too. */
static void
test_close_waits_for_the_streams(void **state)
{
    (void)state;
    run_python("compare_streams()");
    assert_nothing_differs("rows.report()");
    assert_repr(eval_python("counts_of_streams()"), "[2, 1, 0, -1]");
}

static void
test_makefile_refuses_what_it_cannot_do(void **state)
{
    (void)state;
    assert_repr(eval_python("refused_streams()"),
                "([(<class 'ValueError'>, 'buffer size must be strictly "
                "positive'), "
                "(<class 'ValueError'>, \"invalid mode 'rwb' (only rb, wb "
                "allowed)\"), (<class 'ValueError'>, \"invalid mode 'x' (only "
                "rb, wb allowed)\")], 0)");
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

/* Fails unless such an exception is in flight, with these frames. */
static void
assert_frames(const char *expected)
{
    give_python("error", take_exception());
    run_python("import traceback");
    assert_repr(eval_python("type(error).__name__, [frame.name for frame in "
                            "traceback.extract_tb(error.__traceback__)]"),
                expected);
}

static void
test_a_socket_that_cannot_be_made_has_the_frame_of_python(void **state)
{
    (void)state;
    assert_null(Socket_new(&Socket_class, AF_INET, SOCK_STREAM, 0, -2));
    assert_frames("('ValueError', ['__init__'])");
}

/* The descriptor is gone, which the system says at the close. */
static void
test_a_close_that_fails_has_the_frames_of_python(void **state)
{
    Socket *sock;

    (void)state;
    sock = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, -1);
    assert_int_equal(close(sock->fd), 0);
    assert_int_equal(sock->cls->close(sock), -1);
    assert_frames("('OSError', ['close', '_real_close'])");
    assert_int_equal(sock->cls->close(sock), 0); /* there is none any more */
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
    assert_repr(
        eval_python("compare_left_open()"),
        "(((<class 'ResourceWarning'>, \"unclosed <, family=2, type=1, "
        "proto=0, laddr=('0.0.0.0', 0)>\", \", family=2, type=1, proto=0, "
        "laddr=('0.0.0.0', 0)>\", True), True), True, [<class "
        "'ResourceWarning'>, <class 'ResourceWarning'>])");
    assert_nothing_differs("rows.report()");
}

static void
test_repr_is_pythons(void **state)
{
    (void)state;
    assert_repr(eval_python("both('open and closed', shown)[1]"),
                "'< [closed] fd, family=1, type=1, proto=0>'");
    assert_repr(
        eval_python("both('connected', shown, connected_pair)[0]"),
        "\"< fd, family=2, type=1, proto=6, laddr=('127.0.0.1', port), "
        "raddr=('127.0.0.1', port)>\"");
    assert_nothing_differs("rows.report()");
}

static void
test_getfqdn_is_pythons(void **state)
{
    (void)state;
    assert_repr(eval_python("issubclass(compare_getfqdn(), UnicodeError)"),
                "True");
    assert_nothing_differs("rows.report()");
}

static void
test_another_thread_can_run_if_there_is_one(void **state)
{
    PyThreadState *me = let_others_run();

    (void)state;
    assert_null(me);
    run_again(me);
    run_python("done = threading.Event()\n"
               "other = threading.Thread(target=done.wait)\n"
               "other.start()");
    me = let_others_run();
    assert_non_null(me);
    assert_int_equal(PyGILState_Check(), 0); /* it has given the GIL away */
    run_again(me);
    assert_ptr_equal(PyThreadState_Get(), me);
    run_python("done.set()\n"
               "other.join()\n"
               "del other, done");
}

static void
test_an_address_of_another_family_is_its_bytes(void **state)
{
    Address address = { .any = { AF_APPLETALK, "address of 14" } };

    (void)state;
    assert_repr(makesockaddr(&address, sizeof(address.any)),
                "(5, b'address of 14\\x00')");
    assert_repr(makesockaddr(&address, 0), "None");
}

static void
close_with_peer(Socket *sock, int peer)
{
    assert_int_equal(sock->cls->close(sock), 0);
    Py_DECREF(sock);
    close(peer);
}

/* Here poll() refuses one descriptor. */
static void
test_a_wait_that_the_system_refuses_is_told(void **state)
{
    int peer;
    Socket *sock = new_unix_socket(&peer);
    struct rlimit limit, none;
    char buffer[1];
    Py_ssize_t n;

    (void)state;
    assert_int_equal(Socket_settimeout(sock, 5), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    n = sock->cls->recv_into(sock, buffer, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(n, -1);
    assert_raised(PyExc_OSError, "[Errno 22] Invalid argument");
    close_with_peer(sock, peer);
}

static void
test_sendfile_stops_at_a_timeout(void **state)
{
    int peer, file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    Socket *sock = new_unix_socket(&peer);

    (void)state;
    assert_int_equal(Socket_settimeout(sock, 0.01), 0);
    while (Socket_sendfile(sock, file, 0) >= 0) { /* it is small, perhaps */
    }
    assert_raised(PyExc_TimeoutError, "timed out");
    close(file);
    close_with_peer(sock, peer);
}

/* The caller sends its blocks, then. */
static void
test_sendfile_of_what_is_no_file_sends_nothing(void **state)
{
    int peer, folder = open("/", O_RDONLY | O_CLOEXEC);
    Socket *sock = new_unix_socket(&peer);

    (void)state;
    assert_int_equal(Socket_sendfile(sock, folder, 0), 0);
    close(folder);
    close_with_peer(sock, peer);
}

/* The signal comes with the data, and the handler when all has been sent. */
static void
test_an_error_of_a_signal_handler_ends_sendall(void **state)
{
    int peer;
    Socket *sock = new_unix_socket(&peer);
    char buffer[4];

    (void)state;
    run_python("def fails(number, frame):\n"
               "    raise KeyError('handler')\n"
               "old = signal.signal(signal.SIGIO, fails)");
    assert_int_equal(fcntl(peer, F_SETOWN, getpid()), 0);
    assert_int_equal(fcntl(peer, F_SETFL, O_ASYNC), 0);
    assert_int_equal(sock->cls->sendall(sock, "x", 1), -1);
    assert_raised(PyExc_KeyError, "'handler'");
    assert_int_equal(recv(peer, buffer, 4, MSG_DONTWAIT), 1);
    assert_int_equal(fcntl(peer, F_SETFL, 0), 0);
    run_python("signal.signal(signal.SIGIO, old)");
    close_with_peer(sock, peer);
}

static void
test_an_error_of_pythons_socket_ends_settimeout(void **state)
{
    int peer;
    Socket *sock = new_unix_socket(&peer);

    (void)state;
    run_python("class Refuses:\n"
               "    def settimeout(self, seconds):\n"
               "        raise KeyError(seconds)");
    sock->python = eval_python("Refuses()");
    assert_int_equal(Socket_settimeout(sock, 5), -1);
    assert_raised(PyExc_KeyError, "5.0");
    assert_int_equal(Socket_settimeout(sock, -1), -1);
    assert_raised(PyExc_KeyError, "None");
    Py_CLEAR(sock->python);
    close_with_peer(sock, peer);
}

/* The timeout of new sockets is a float, for which there is no memory. The
 * descriptor is the caller's, still. */
static void
test_a_socket_without_memory_lets_its_descriptor_alone(void **state)
{
    int ends[2];
    Socket *sock;
    long number = 0;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    run_python("socket.setdefaulttimeout(7.5)\n"
               "floats = []");
    do {
        run_python("floats += [n / 2 for n in range(1000)]");
        fail_allocation(number);
        sock = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, ends[1]);
        fail_allocation(-1);
        if (sock == NULL) {
            assert_raised(PyExc_MemoryError, NULL);
        }
        assert_true(fcntl(ends[1], F_GETFD) >= 0);
        number++;
    } while (sock == NULL);
    assert_true(number > 2);
    run_python("socket.setdefaulttimeout(None)\n"
               "del floats");
    assert_true(fabs(sock->timeout - 7.5) < .1);
    close_with_peer(sock, ends[0]);
}

/* A Python socket, of any class. */
static void
test_any_socket_sends_and_has_a_timeout(void **state)
{
    PyObject *object;
    Socket *sock;

    (void)state;
    run_python("class Any:\n"
               "    timeout = -5\n"
               "    def send(self, data):\n"
               "        self.sent = data\n"
               "        return 2\n"
               "    def gettimeout(self):\n"
               "        return self.timeout\n"
               "    def close(self):\n"
               "        self.sent = 'closed'\n"
               "any_socket = Any()");
    object = eval_python("any_socket");
    sock = AnySocket_new(object);
    Py_DECREF(object);
    assert_non_null(sock);
    assert_int_equal(sock->cls->send(sock, "abc", 3), 2);
    assert_repr(eval_python("any_socket.sent"), "b'abc'");
    assert_true(sock->cls->gettimeout(sock) < -1.5);
    assert_raised(PyExc_ValueError, "Timeout value out of range");
    assert_int_equal(sock->cls->close(sock), 0);
    assert_repr(eval_python("any_socket.sent"), "'closed'");
    Py_DECREF(sock);
    run_python("del any_socket");
}

static Socket *listener; /* of a Python class */
static PyObject *address_of_any;

static int
accept_any(void)
{
    Py_ssize_t owned = Py_REFCNT(address_of_any);
    PyObject *address = NULL;
    Socket *connection = NULL;
    int result = listener->cls->accept(listener, &connection, &address);

    if (result < 0) {
        assert_true(PyErr_ExceptionMatches(PyExc_MemoryError));
        assert_null(connection);
        assert_null(address);
    }
    else {
        assert_ptr_equal(address, address_of_any);
        Py_DECREF(connection);
        Py_DECREF(address);
    }
    assert_int_equal(Py_REFCNT(address_of_any), owned);
    return result;
}

/* What accept() gives is a socket of any class, too. */
static void
test_any_socket_accepts_without_memory(void **state)
{
    Operation operation = { "accept", NULL, accept_any, NULL };
    PyObject *object;

    (void)state;
    run_python("import itertools\n"
               "class Any: pass\n"
               "address = ('127.0.0.1', 5)\n"
               "any_socket = Any()\n" /* no Python code runs */
               "any_socket.accept = itertools.repeat((Any(), "
               "address)).__next__");
    object = eval_python("any_socket");
    listener = AnySocket_new(object);
    assert_non_null(listener);
    address_of_any = eval_python("address");
    assert_true(each_allocation_fails(&operation) > 0);
    Py_DECREF(address_of_any);
    Py_DECREF(listener);
    Py_DECREF(object);
    run_python("del any_socket, address");
}

/* Of a Unix socket poll() says that it is writable, and sendto() that the queue
 * of the other one is full: it asks again until the timeout. */
static void
test_a_full_queue_is_a_timeout(void **state)
{
    PyObject *address, *queue;
    Socket *sock;
    int i = 0;

    (void)state;
    run_python("queue = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
               "queue.bind(b'\\0cwsgiref-full-queue-%d' % os.getpid())");
    queue = eval_python("queue");
    address = eval_python("queue.getsockname()");
    sock = Socket_new(&Socket_class, AF_UNIX, SOCK_DGRAM, 0, -1);
    assert_int_equal(Socket_settimeout(sock, 0.02), 0);
    while (sock->cls->sendto(sock, "x", 1, address) == 1) {
        assert_true(++i < 100000);
    }
    assert_raised(PyExc_TimeoutError, "timed out");
    assert_true(i > 0);
    Py_DECREF(address);
    Py_DECREF(queue);
    run_python("queue.close()\n"
               "del queue");
    assert_int_equal(sock->cls->close(sock), 0);
    Py_DECREF(sock);
}

/* The application keeps the socket that it has asked for: when ours ends, that
 * one owns the descriptor, and closes it. */
static void
test_the_socket_of_the_application_lives_on(void **state)
{
    int peer;
    Socket *sock = new_unix_socket(&peer);
    PyObject *kept = Socket_for_python(sock);
    char buffer[4];

    (void)state;
    Py_DECREF(sock);
    assert_repr(PyObject_CallMethod(kept, "send", "y", "x"), "1");
    assert_int_equal(recv(peer, buffer, 4, 0), 1);
    assert_repr(PyObject_CallMethod(kept, "close", NULL), "None");
    assert_int_equal(recv(peer, buffer, 4, 0), 0);
    Py_DECREF(kept);
    assert_int_equal(close(peer), 0);
}

/* close() waits, with SO_LINGER, until the peer has it all. Who reads there is
 * another thread, and it begins when close() has. */
static void
test_a_close_that_waits_lets_others_run(void **state)
{
    const struct linger linger = { 1, 30 };
    time_t begun;
    PyObject *fd;
    Socket *sock;

    (void)state;
    run_python("read = FullConnection()");
    fd = eval_python("read.fd");
    sock = Socket_new(&Socket_class, -1, -1, -1, (int)PyLong_AsLong(fd));
    Py_DECREF(fd);
    assert_int_equal(
        setsockopt(sock->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
        0);
    run_python("reader = threading.Thread(target=read)\n"
               "reader.start()");
    begun = time(NULL);
    assert_int_equal(sock->cls->close(sock), 0);
    assert_true(time(NULL) - begun < linger.l_linger);
    run_python("reader.join()");
    assert_repr(eval_python("read.got == read.sent > 1 << 16"), "True");
    run_python("del reader, read");
    Py_DECREF(sock);
}

/* Its descriptor is gone already: nobody hears of it, as in Python. */
static void
test_a_last_close_that_fails_is_not_told(void **state)
{
    Socket *sock = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, -1);

    (void)state;
    run_python("told = []\n"
               "sys.unraisablehook = told.append\n"
               "warnings.simplefilter('ignore')");
    assert_int_equal(close(sock->fd), 0);
    Py_DECREF(sock);
    assert_null(PyErr_Occurred());
    run_python("sys.unraisablehook = sys.__unraisablehook__\n"
               "warnings.resetwarnings()");
    assert_repr(eval_python("told"), "[]");
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
    (void)state;
    return start_python_file("io/test_socket.py", functions);
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
        python_test(test_a_socket_that_cannot_be_made_has_the_frame_of_python),
        python_test(test_a_close_that_fails_has_the_frames_of_python),
        python_test(test_the_last_stream_closes_through_the_class),
        python_test(test_a_socket_left_open_warns_and_closes),
        python_test(test_repr_is_pythons),
        python_test(test_getfqdn_is_pythons),
        python_test(test_another_thread_can_run_if_there_is_one),
        python_test(test_an_address_of_another_family_is_its_bytes),
        python_test(test_a_wait_that_the_system_refuses_is_told),
        python_test(test_sendfile_stops_at_a_timeout),
        python_test(test_sendfile_of_what_is_no_file_sends_nothing),
        python_test(test_an_error_of_a_signal_handler_ends_sendall),
        python_test(test_an_error_of_pythons_socket_ends_settimeout),
        python_test(test_a_socket_without_memory_lets_its_descriptor_alone),
        python_test(test_any_socket_sends_and_has_a_timeout),
        python_test(test_any_socket_accepts_without_memory),
        python_test(test_a_full_queue_is_a_timeout),
        python_test(test_the_socket_of_the_application_lives_on),
        python_test(test_a_close_that_waits_lets_others_run),
        python_test(test_a_last_close_that_fails_is_not_told),
        python_test(test_no_descriptor_is_left_behind),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
