/* In this file: how an operation waits, and is tried again after a signal; the
 * methods of Lib/socket.py, from __init__ to close; what they inherit from
 * _socket.socket, from bind to shutdown; and the type. */
#define _GNU_SOURCE /* POLLRDHUP */
#include "io/socket.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <structmember.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/address.h"
#include "io/python_socket.h"
#include "io/wait.h"
#include "python/errors.h"
#include "python/objects.h"
#include "python/waits.h"

/*
 * Timeouts, signals and errors.
 */

/* When an operation that begins now has timed out; -1 is never. */
static double
deadline_from_now(Socket *self)
{
    double timeout = Socket_gettimeout(self);

    return timeout > 0 ? monotonic() + timeout : -1;
}

/* A socket with a timeout waits here, before the system call, until it is
 * ready; any other lets the call itself wait. 0, or -1 with an exception.
 * Modules/socketmodule.c: internal_select */
static int
wait_until_ready(Socket *self, short events, double deadline)
{
    int ready = 0;

    if (self->timeout <= 0 || self->fd < 0) {
        return look_for_signals();
    }
    if (monotonic() < deadline) {
        ready = wait_for(self->fd, events, deadline);
    }
    if (ready == 0) {
        PyErr_SetString(PyExc_TimeoutError, "timed out");
    }
    return ready > 0 ? 0 : -1;
}

/* What a system call has given: 0, or -1 with its OSError. */
static int
check_call(int result)
{
    if (result < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Whether a system call that has failed is tried again; if not, its exception
 * is set. Modules/socketmodule.c: sock_call_impl */
static bool
try_again(const Socket *self)
{
    if (errno == EINTR) {
        return look_for_signals() == 0;
    }
    if (self->timeout > 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return true;
    }
    PyErr_SetFromErrno(PyExc_OSError);
    return false;
}

/*
 * Lib/socket.py: socket.
 */

/* Modules/socketmodule.c: internal_setblocking */
static int
set_blocking(Socket *self, bool blocking)
{
    int nonblocking = !blocking;
    int fd = self->fd; /* read with the GIL held */
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = ioctl(fd, FIONBIO, &nonblocking);
    Py_END_ALLOW_THREADS
    return check_call(result);
}

/* socket.getdefaulttimeout(), which the application may have set; -1 for
 * None, -2 with an exception. */
static double
getdefaulttimeout(void)
{
    static PyObject *function; /* owned; found once */
    PyObject *value;
    double timeout;

    if (function == NULL) {
        function = import_from("_socket", "getdefaulttimeout");
    }
    value = function == NULL ? NULL : PyObject_CallNoArgs(function);
    if (value == NULL) {
        return -2;
    }
    timeout = value == Py_None ? -1 : PyFloat_AsDouble(value);
    Py_DECREF(value);
    return timeout;
}

/* What the system knows of `fd`, for what the caller has left open. */
static int
describe(int fd, int *family, int *type, int *proto)
{
    Address address = { 0 };
    socklen_t length = sizeof(address);
    socklen_t size = sizeof(int);

    if (getsockname(fd, &address.any, &length) < 0) {
        if (*family == -1 || errno == EBADF || errno == ENOTSOCK) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
    }
    else if (*family == -1) {
        *family = address.any.sa_family;
    }
    if ((*type == -1 &&
         getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &size) < 0) ||
        (*proto == -1 &&
         getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, proto, &size) < 0))
    {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* A descriptor for socket.__init__: `fileno`, or else a new one; -1 on error.
 * What the caller has left open is filled in. */
static int
find_descriptor(int *family, int *type, int *proto, int fileno)
{
    int fd;

    if (fileno < -1) {
        PyErr_SetString(PyExc_ValueError, "negative file descriptor");
        return -1;
    }
    if (fileno >= 0) {
        return describe(fileno, family, type, proto) < 0 ? -1 : fileno;
    }
    *family = *family == -1 ? AF_INET : *family;
    *type = *type == -1 ? SOCK_STREAM : *type;
    *proto = *proto == -1 ? 0 : *proto;
    Py_BEGIN_ALLOW_THREADS
    fd = socket(*family, *type | SOCK_CLOEXEC, *proto);
    Py_END_ALLOW_THREADS
    if (fd < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return fd;
}

/* An instance with that descriptor, of which all is known. The caller keeps
 * the descriptor if it fails. */
static Socket *
make_socket(const SocketClass *cls, int family, int type, int proto, int fd)
{
    Socket *self = (Socket *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls;
    self->fd = fd;
    self->family = family;
    self->type = type;
    self->proto = proto;
    self->timeout = getdefaulttimeout();
    if (self->timeout == -2 ||
        (self->timeout >= 0 && set_blocking(self, false) < 0))
    {
        self->fd = -1;
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

/* Lib/socket.py: socket.__init__
 * Modules/socketmodule.c: sock_initobj_impl */
Socket *
Socket_new(const SocketClass *cls, int family, int type, int proto, int fileno)
{
    int fd = find_descriptor(&family, &type, &proto, fileno);
    Socket *self = fd < 0 ? NULL : make_socket(cls, family, type, proto, fd);

    if (self == NULL) {
        traceback_here("Socket_init", __FILE__, __LINE__);
        if (fd >= 0 && fileno == -1) {
            close(fd);
        }
    }
    return self;
}

/* Lib/socket.py: socket.accept */
int
Socket_accept(Socket *self, Socket **connection, PyObject **address)
{
    double deadline = deadline_from_now(self);
    Address peer;
    socklen_t length;
    int fd;

    do {
        if (FAILED(wait_until_ready(self, POLLIN, deadline) < 0)) {
            return -1;
        }
        memset(&peer, 0, sizeof(peer));
        length = sizeof(peer);
        fd = self->fd;
        Py_BEGIN_ALLOW_THREADS
        fd = accept4(fd, &peer.any, &length, SOCK_CLOEXEC);
        Py_END_ALLOW_THREADS
    } while (fd < 0 && try_again(self));
    if (FAILED(fd < 0)) {
        return -1;
    }
    *address = makesockaddr(&peer, length);
    *connection = NULL;
    if (*address != NULL) {
        /* A socket, whatever class self is of, as in Python. What it is, is
         * known: Python asks the system with a getsockname(), 1 us. */
        *connection = make_socket(&Socket_class, self->family, self->type,
                                  self->proto, fd);
        if (*connection == NULL) {
            traceback_here("Socket_init", __FILE__, __LINE__);
        }
    }
    if (FAILED(*connection == NULL)) {
        Py_CLEAR(*address);
        close(fd);
        return -1;
    }
    return 0;
}

/* Lib/socket.py: socket.sendfile */
Py_ssize_t
Socket_sendfile(Socket *self, int fd, off_t offset)
{
    const size_t block_size = 1 << 30; /* as much as Python asks for */
    Py_ssize_t total_sent = 0;
    ssize_t sent;

    do {
        int to;

        if (wait_until_ready(self, POLLOUT, deadline_from_now(self)) < 0) {
            return -1;
        }
        to = self->fd;
        Py_BEGIN_ALLOW_THREADS
        sent = sendfile(to, fd, &offset, block_size);
        Py_END_ALLOW_THREADS
        if (sent < 0) {
            if (total_sent == 0 && (errno == EINVAL || errno == ENOSYS)) {
                return 0;
            }
            if (!try_again(self)) {
                return -1;
            }
        }
        else {
            total_sent += sent;
        }
    } while (sent != 0);
    return total_sent;
}

/* Lib/socket.py: socket._decref_socketios */
int
Socket__decref_socketios(Socket *self)
{
    if (self->_io_refs > 0) {
        self->_io_refs -= 1;
    }
    return self->_closed ? TRACED(self->cls->close(self)) : 0;
}

/* The socket that the application has got loses the descriptor. */
static void
release_python(Socket *self)
{
    PyObject *sock = self->python;

    if (sock != NULL) {
        self->python = NULL;
        python_socket_release(sock, &self->fd);
    }
}

/* Modules/socketmodule.c: sock_close */
static int
close_descriptor(Socket *self)
{
    PyThreadState *me;
    int result;
    int fd;

    release_python(self);
    fd = self->fd;
    if (fd < 0) {
        return 0;
    }
    self->fd = -1;
    me = let_others_run();
    result = close(fd);
    run_again(me);
    /* That the peer has gone is nobody's fault here. */
    if (result < 0 && errno != ECONNRESET) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Lib/socket.py: socket._real_close */
static int
Socket__real_close(Socket *self)
{
    return TRACED(close_descriptor(self));
}

/* Lib/socket.py: socket.close */
int
Socket_close(Socket *self)
{
    self->_closed = true;
    return self->_io_refs <= 0 ? TRACED(Socket__real_close(self)) : 0;
}

PyObject *
Socket_for_python(Socket *self)
{
    if (self->python == NULL) {
        self->python = python_socket_new(self->family, self->type, self->proto,
                                         self->fd, self->timeout);
    }
    return Py_XNewRef(self->python);
}

/*
 * Modules/socketmodule.c: _socket.socket, its base.
 */

/* self.method(args), as the linked Python's own socket does it, which takes
 * every form of an address: what it returns, a new reference. Takes `args`. */
static PyObject *
call_python(Socket *self, const char *method, PyObject *args)
{
    PyObject *result = NULL;
    double timeout = Socket_gettimeout(self);

    if (args != NULL && timeout != -2) {
        result = python_socket_call(self->family, self->type, self->proto,
                                    self->fd, timeout, method, args);
    }
    Py_XDECREF(args);
    return result;
}

/* Modules/socketmodule.c: socket.bind */
int
Socket_bind(Socket *self, PyObject *address)
{
    return discard(call_python(self, "bind", PyTuple_Pack(1, address)));
}

/* Modules/socketmodule.c: socket.fileno */
int
Socket_fileno(Socket *self)
{
    return self->fd;
}

/* Modules/socketmodule.c: socket.getsockname */
PyObject *
Socket_getsockname(Socket *self)
{
    return call_python(self, "getsockname", PyTuple_New(0));
}

/* Modules/socketmodule.c: socket.listen */
int
Socket_listen(Socket *self, int backlog)
{
    int fd = self->fd; /* read with the GIL held */
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = listen(fd, Py_MAX(backlog, 0));
    Py_END_ALLOW_THREADS
    return check_call(result);
}

/* Modules/socketmodule.c: socket.recv_into */
Py_ssize_t
Socket_recv_into(Socket *self, char *buffer, Py_ssize_t size)
{
    double deadline = deadline_from_now(self);
    ssize_t n;

    do {
        int fd;

        if (wait_until_ready(self, POLLIN, deadline) < 0) {
            return -1;
        }
        fd = self->fd;
        Py_BEGIN_ALLOW_THREADS
        n = recv(fd, buffer, (size_t)size, 0);
        Py_END_ALLOW_THREADS
    } while (n < 0 && try_again(self));
    return n;
}

/* Modules/socketmodule.c: socket.recvfrom */
int
Socket_recvfrom(Socket *self, Py_ssize_t size, PyObject **data,
                PyObject **address)
{
    PyObject *got = call_python(self, "recvfrom", Py_BuildValue("(n)", size));
    int result = -1;

    if (got != NULL && PyArg_ParseTuple(got, "OO", data, address)) {
        Py_INCREF(*data);
        Py_INCREF(*address);
        result = 0;
    }
    Py_XDECREF(got);
    return result;
}

/* A send() that waits as long as it takes, without the GIL. */
static ssize_t
send_and_wait(int fd, const char *data, size_t size, int flags)
{
    ssize_t n;

    Py_BEGIN_ALLOW_THREADS
    n = send(fd, data, size, flags);
    Py_END_ALLOW_THREADS
    return n;
}

/* One that has until `deadline`; `how` is one of the two. */
static Py_ssize_t
send_before(Socket *self, const char *data, Py_ssize_t size, double deadline,
            ssize_t (*how)(int, const char *, size_t, int))
{
    int flags = MSG_NOSIGNAL | (self->more_follows ? MSG_MORE : 0);
    ssize_t n;

    do {
        if (wait_until_ready(self, POLLOUT, deadline) < 0) {
            return -1;
        }
        n = how(self->fd, data, (size_t)size, flags);
    } while (n < 0 && try_again(self));
    return n;
}

/* Modules/socketmodule.c: socket.send */
Py_ssize_t
Socket_send(Socket *self, const char *data, Py_ssize_t size)
{
    return send_before(self, data, size, deadline_from_now(self),
                       send_and_wait);
}

/* A send() for sendall(), which asks for the rest. A short answer goes into the
 * system's buffer at once: where no other thread wants the GIL, it is not given
 * away for that, 390 instructions less. */
static ssize_t
send_at_once(int fd, const char *data, size_t size, int flags)
{
    const size_t short_answer = 16384;
    ssize_t n;

    if (size > short_answer || !is_only_thread()) {
        return send_and_wait(fd, data, size, flags);
    }
    n = send(fd, data, size, flags | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
               ? send_and_wait(fd, data, size, flags)
               : n;
}

/* Modules/socketmodule.c: socket.sendall. The timeout is for all of it. */
int
Socket_sendall(Socket *self, const char *data, Py_ssize_t size)
{
    double deadline = deadline_from_now(self);

    do {
        Py_ssize_t n = send_before(self, data, size, deadline, send_at_once);

        if (n < 0) {
            return -1;
        }
        data += n;
        size -= n;
        /* A signal may have come while a part went out. */
        if (PyErr_CheckSignals() < 0) {
            return -1;
        }
    } while (size > 0);
    return 0;
}

/* Modules/socketmodule.c: socket.sendto */
Py_ssize_t
Socket_sendto(Socket *self, const char *data, Py_ssize_t size,
              PyObject *address)
{
    PyObject *bytes = PyBytes_FromStringAndSize(data, size);
    PyObject *sent = NULL;
    Py_ssize_t n = -1;

    if (bytes != NULL) {
        sent = call_python(self, "sendto", PyTuple_Pack(2, bytes, address));
        Py_DECREF(bytes);
    }
    if (sent != NULL) {
        n = PyLong_AsSsize_t(sent);
        Py_DECREF(sent);
    }
    return n;
}

/* Modules/socketmodule.c: socket.settimeout */
int
Socket_settimeout(Socket *self, double timeout)
{
    if (isnan(timeout)) {
        PyErr_SetString(PyExc_ValueError, "Invalid value NaN (not a number)");
        return -1;
    }
    if (timeout < 0 && timeout != -1) {
        PyErr_SetString(PyExc_ValueError, "Timeout value out of range");
        return -1;
    }
    self->timeout = timeout;
    if (self->python != NULL &&
        python_socket_settimeout(self->python, timeout) < 0)
    {
        return -1;
    }
    return set_blocking(self, timeout < 0);
}

/* Modules/socketmodule.c: socket.gettimeout */
double
Socket_gettimeout(Socket *self)
{
    if (self->python != NULL) {
        python_socket_follow(self->python, &self->fd, &self->timeout);
    }
    return self->timeout;
}

/* Modules/socketmodule.c: socket.setsockopt */
int
Socket_setsockopt(Socket *self, int level, int option, int value)
{
    return check_call(
        setsockopt(self->fd, level, option, &value, sizeof(value)));
}

/* Modules/socketmodule.c: socket.shutdown */
int
Socket_shutdown(Socket *self, int how)
{
    int fd = self->fd; /* read with the GIL held */
    PyThreadState *me = let_others_run();
    int result = shutdown(fd, how);

    run_again(me);
    return check_call(result);
}

bool
Socket_hung_up(Socket *self)
{
    struct pollfd peer = { .fd = self->fd, .events = POLLRDHUP };

    return poll(&peer, 1, 0) > 0;
}

/*
 * What Python code sees of it, and the type.
 */

/* text += ", NAME=ADDRESS", unless the address is empty or not known: takes
 * both. */
static PyObject *
append_address(PyObject *text, const char *name, PyObject *address)
{
    if (address == NULL) {
        PyErr_Clear();
    }
    else if (text != NULL && PyObject_IsTrue(address)) {
        Py_SETREF(text,
                  PyUnicode_FromFormat("%U, %s=%S", text, name, address));
    }
    Py_XDECREF(address);
    return text;
}

/* Lib/socket.py: socket.__repr__ */
static PyObject *
Socket_repr(PyObject *op)
{
    Socket *self = (Socket *)op;
    PyObject *text = PyUnicode_FromFormat(
        "<%s%s fd=%d, family=%d, type=%d, proto=%d", Py_TYPE(op)->tp_name,
        self->_closed ? " [closed]" : "", self->fd, self->family, self->type,
        self->proto);

    if (text != NULL && !self->_closed) {
        text = append_address(text, "laddr", Socket_getsockname(self));
    }
    if (text != NULL && !self->_closed) {
        text = append_address(
            text, "raddr", call_python(self, "getpeername", PyTuple_New(0)));
    }
    if (text != NULL) {
        Py_SETREF(text, PyUnicode_FromFormat("%U>", text));
    }
    return text;
}

/* Whether the application still has its socket, and this one is not closed:
 * then that one owns the descriptor from now on. */
static bool
hand_over(Socket *self)
{
    if (self->python == NULL || Py_REFCNT(self->python) == 1) {
        return false;
    }
    python_socket_own(self->python);
    Py_CLEAR(self->python);
    self->fd = -1;
    return true;
}

/* Modules/socketmodule.c: sock_finalize */
static void
Socket_del(PyObject *op)
{
    Socket *self = (Socket *)op;
    Handled handled;

    if (self->fd < 0 || hand_over(self)) {
        return;
    }
    handled = finally_enter();
    if (PyErr_ResourceWarning(op, 1, "unclosed %R", op) < 0) {
        if (PyErr_ExceptionMatches(PyExc_Warning)) {
            ignore_exception("finalizing socket", op);
        }
        PyErr_Clear();
    }
    if (close_descriptor(self) < 0) {
        PyErr_Clear();
    }
    finally_leave(handled);
}

static void
Socket_dealloc(PyObject *op)
{
    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return; /* the warning has kept it */
    }
    if (((Socket *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    release_python((Socket *)op);
    Py_TYPE(op)->tp_free(op);
}

static PyObject *
call_fileno(PyObject *op, PyObject *Py_UNUSED(args))
{
    return PyLong_FromLong(Socket_fileno((Socket *)op));
}

static PyObject *
call_getsockname(PyObject *op, PyObject *Py_UNUSED(args))
{
    return Socket_getsockname((Socket *)op);
}

static PyObject *
call_close(PyObject *op, PyObject *Py_UNUSED(args))
{
    Socket *self = (Socket *)op;

    return as_none(self->cls->close(self));
}

static PyObject *
call_gettimeout(PyObject *op, PyObject *Py_UNUSED(args))
{
    Socket *self = (Socket *)op;

    if (self->timeout < 0) {
        Py_RETURN_NONE;
    }
    return PyFloat_FromDouble(self->timeout);
}

static PyMethodDef methods[] = {
    { "fileno", call_fileno, METH_NOARGS, NULL },
    { "getsockname", call_getsockname, METH_NOARGS, NULL },
    { "gettimeout", call_gettimeout, METH_NOARGS, NULL },
    { "close", call_close, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyMemberDef members[] = {
    { "family", T_INT, offsetof(Socket, family), READONLY, NULL },
    { "type", T_INT, offsetof(Socket, type), READONLY, NULL },
    { "proto", T_INT, offsetof(Socket, proto), READONLY, NULL },
    { NULL, 0, 0, 0, NULL },
};

PyTypeObject Socket_type = {
    .tp_name = "cwsgiref.socket.socket",
    .tp_basicsize = sizeof(Socket),
    .tp_repr = Socket_repr,
    .tp_methods = methods,
    .tp_members = members,
    .tp_weaklistoffset = offsetof(Socket, weakrefs),
    .tp_finalize = Socket_del,
    .tp_dealloc = Socket_dealloc,
};

const SocketClass Socket_class = {
    .type = &Socket_type,

    .bind = Socket_bind,
    .listen = Socket_listen,
    .accept = Socket_accept,
    .recv_into = Socket_recv_into,
    .recvfrom = Socket_recvfrom,
    .send = Socket_send,
    .sendall = Socket_sendall,
    .sendto = Socket_sendto,
    .gettimeout = Socket_gettimeout,
    .shutdown = Socket_shutdown,
    .close = Socket_close,
};
