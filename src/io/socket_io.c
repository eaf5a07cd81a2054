/* In this file: SocketIO's methods, in Python's order; what Python code sees
 * of its socket; and the type. */
#include "io/socket_io.h"

#include <stddef.h>
#include <string.h>

#include "python/errors.h"

_Static_assert(offsetof(SocketIO, base) == 0, "the base must be first");

/* Lib/socket.py: SocketIO.__init__ */
RawIOBase *
SocketIO_new(const RawIOBaseClass *cls, Socket *sock, const char *mode)
{
    static const char *const modes[] = { "r", "w", "rw", "rb", "wb", "rwb" };
    SocketIO *self;
    size_t i = 0;

    while (i < Py_ARRAY_LENGTH(modes) && strcmp(mode, modes[i]) != 0) {
        i++;
    }
    if (i == Py_ARRAY_LENGTH(modes)) {
        PyErr_Format(PyExc_ValueError, "invalid mode: '%s'", mode);
        return NULL;
    }
    self = (SocketIO *)cls->type->tp_alloc(cls->type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->base.cls = cls;
    self->_sock = (Socket *)Py_NewRef(sock);
    self->_reading = strchr(mode, 'r') != NULL;
    self->_writing = strchr(mode, 'w') != NULL;
    return &self->base;
}

/* Lib/socket.py: SocketIO.readinto */
Py_ssize_t
SocketIO_readinto(RawIOBase *self, char *buffer, Py_ssize_t size)
{
    SocketIO *stream = (SocketIO *)self;
    Socket *sock;
    Py_ssize_t n;

    if (FAILED(IOBase__checkClosed(self) < 0) ||
        FAILED(IOBase__checkReadable(self) < 0))
    {
        return -1;
    }
    if (stream->_timeout_occurred) {
        RAISE(PyExc_OSError, "cannot read from timed out object");
        return -1;
    }
    sock = (Socket *)Py_NewRef(stream->_sock); /* close() may drop it */
    n = sock->cls->recv_into(sock, buffer, size);
    Py_DECREF(sock);
    if (FAILED(n < 0)) {
        if (PyErr_ExceptionMatches(PyExc_TimeoutError)) {
            stream->_timeout_occurred = true;
        }
        else if (PyErr_ExceptionMatches(PyExc_BlockingIOError)) {
            PyErr_Clear(); /* EAGAIN */
            return RAW_WOULD_BLOCK;
        }
        return -1;
    }
    return n;
}

/* self._sock.send(b) */
static Py_ssize_t
send_buffer(SocketIO *self, PyObject *b)
{
    Socket *sock;
    Py_buffer view;
    Py_ssize_t n;

    if (PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    sock = (Socket *)Py_NewRef(self->_sock); /* close() may drop it */
    n = sock->cls->send(sock, view.buf, view.len);
    Py_DECREF(sock);
    PyBuffer_Release(&view);
    return n;
}

/* Lib/socket.py: SocketIO.write */
Py_ssize_t
SocketIO_write(RawIOBase *self, PyObject *b)
{
    Py_ssize_t n;

    if (FAILED(IOBase__checkClosed(self) < 0) ||
        FAILED(IOBase__checkWritable(self) < 0))
    {
        return -1;
    }
    n = send_buffer((SocketIO *)self, b);
    if (FAILED(n < 0)) {
        if (PyErr_ExceptionMatches(PyExc_BlockingIOError)) {
            PyErr_Clear(); /* EAGAIN */
            return RAW_WOULD_BLOCK;
        }
        return -1;
    }
    return n;
}

/* Lib/socket.py: SocketIO.readable */
int
SocketIO_readable(RawIOBase *self)
{
    if (self->is_closed) {
        RAISE(PyExc_ValueError, "I/O operation on closed socket.");
        return -1;
    }
    return ((SocketIO *)self)->_reading;
}

/* Lib/socket.py: SocketIO.writable */
int
SocketIO_writable(RawIOBase *self)
{
    if (self->is_closed) {
        RAISE(PyExc_ValueError, "I/O operation on closed socket.");
        return -1;
    }
    return ((SocketIO *)self)->_writing;
}

/* Lib/socket.py: SocketIO.seekable */
static PyObject *
SocketIO_seekable(PyObject *op, PyObject *Py_UNUSED(args))
{
    if (((RawIOBase *)op)->is_closed) {
        RAISE(PyExc_ValueError, "I/O operation on closed socket.");
        return NULL;
    }
    Py_RETURN_FALSE;
}

/* Lib/socket.py: SocketIO.fileno */
int
SocketIO_fileno(RawIOBase *self)
{
    if (FAILED(IOBase__checkClosed(self) < 0)) {
        return -1;
    }
    return Socket_fileno(((SocketIO *)self)->_sock);
}

/* Lib/socket.py: SocketIO.name */
static PyObject *
SocketIO_name(PyObject *op, void *Py_UNUSED(closure))
{
    RawIOBase *self = (RawIOBase *)op;

    return PyLong_FromLong(self->is_closed ? -1 : self->cls->fileno(self));
}

/* Lib/socket.py: SocketIO.mode */
static PyObject *
SocketIO_mode(PyObject *op, void *Py_UNUSED(closure))
{
    SocketIO *self = (SocketIO *)op;

    return PyUnicode_FromFormat("%s%sb", self->_reading ? "r" : "",
                                self->_writing ? "w" : "");
}

/* Lib/socket.py: SocketIO.close */
int
SocketIO_close(RawIOBase *self)
{
    SocketIO *stream = (SocketIO *)self;
    Socket *sock = stream->_sock;
    int result = 0;

    if (self->is_closed) {
        return 0;
    }
    if (FAILED(IOBase_close(self) < 0)) { /* RawIOBase.close(self) */
        return -1;
    }
    stream->_sock = NULL;
    if (sock != NULL) {
        result = TRACED(Socket__decref_socketios(sock));
        Py_DECREF(sock);
    }
    return result;
}

static int
SocketIO_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SocketIO *)op)->_sock);
    return IOBase_traverse(op, visit, arg);
}

static int
SocketIO_clear(PyObject *op)
{
    Py_CLEAR(((SocketIO *)op)->_sock);
    return IOBase_clear(op);
}

static PyObject *
get__sock(PyObject *op, void *Py_UNUSED(closure))
{
    Socket *sock = ((SocketIO *)op)->_sock;

    return sock == NULL ? Py_NewRef(Py_None) : Socket_for_python(sock);
}

static PyMethodDef methods[] = {
    { "seekable", SocketIO_seekable, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "name", SocketIO_name, NULL, NULL, NULL },
    { "mode", SocketIO_mode, NULL, NULL, NULL },
    { "_sock", get__sock, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject SocketIO_type = {
    .tp_name = "cwsgiref.socket.SocketIO",
    .tp_base = &RawIOBase_type,
    .tp_basicsize = sizeof(SocketIO),
    .tp_methods = methods,
    .tp_getset = getset,
    .tp_finalize = IOBase_del,
    .tp_traverse = SocketIO_traverse,
    .tp_clear = SocketIO_clear,
};

const RawIOBaseClass SocketIO_class = {
    .type = &SocketIO_type,

    .readable = SocketIO_readable,
    .writable = SocketIO_writable,
    .closed = IOBase_closed,
    .read = RawIOBase_read,
    .read1 = IOBase_read1,
    .readline = IOBase_readline,
    .peek = IOBase_peek,
    .readinto = SocketIO_readinto,
    .write = SocketIO_write,
    .flush = IOBase_flush,
    .close = SocketIO_close,
    .fileno = SocketIO_fileno,
};
