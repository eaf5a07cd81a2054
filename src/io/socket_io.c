#include "io/socket_io.h"

#include <stddef.h>
#include <string.h>

#include "python/errors.h"
#include "io/buffered_io_base.h"

_Static_assert(offsetof(SocketIO, base) == 0, "SocketIO is a RawIOBase");

/* Modules/_io/iobase.c: IOBase._checkClosed */
static int
check_closed(RawIOBase *self)
{
    if (self->closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return -1;
    }
    return 0;
}

/* IOBase._checkReadable and _checkWritable, on what the predicate says. */
static int
check_able(int able, const char *message)
{
    if (able == 0) {
        iobase_unsupported(message);
    }
    return able > 0 ? 0 : -1;
}

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
SocketIO_readinto(RawIOBase *raw, char *buffer, Py_ssize_t size)
{
    SocketIO *self = (SocketIO *)raw;
    Socket *sock;
    Py_ssize_t n;
    int readable;

    if (FAILED(check_closed(raw) < 0)) {
        return -1;
    }
    readable = raw->cls->readable(raw);
    if (FAILED(check_able(readable, "File or stream is not readable.") < 0)) {
        return -1;
    }
    if (self->_timeout_occurred) {
        RAISE(PyExc_OSError, "cannot read from timed out object");
        return -1;
    }
    sock = (Socket *)Py_NewRef(self->_sock); /* close() may drop it */
    n = sock->cls->recv_into(sock, buffer, size);
    Py_DECREF(sock);
    if (FAILED(n < 0)) {
        if (PyErr_ExceptionMatches(PyExc_TimeoutError)) {
            self->_timeout_occurred = true;
        }
        else if (PyErr_ExceptionMatches(PyExc_BlockingIOError)) {
            PyErr_Clear(); /* EAGAIN */
            return RAW_WOULD_BLOCK;
        }
        return -1;
    }
    return n;
}

/* Lib/socket.py: SocketIO.write */
Py_ssize_t
SocketIO_write(RawIOBase *raw, const char *data, Py_ssize_t size)
{
    SocketIO *self = (SocketIO *)raw;
    Socket *sock;
    Py_ssize_t n;
    int writable;

    if (FAILED(check_closed(raw) < 0)) {
        return -1;
    }
    writable = raw->cls->writable(raw);
    if (FAILED(check_able(writable, "File or stream is not writable.") < 0)) {
        return -1;
    }
    sock = (Socket *)Py_NewRef(self->_sock);
    n = sock->cls->send(sock, data, size);
    Py_DECREF(sock);
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
SocketIO_readable(RawIOBase *raw)
{
    if (raw->closed) {
        RAISE(PyExc_ValueError, "I/O operation on closed socket.");
        return -1;
    }
    return ((SocketIO *)raw)->_reading;
}

/* Lib/socket.py: SocketIO.writable */
int
SocketIO_writable(RawIOBase *raw)
{
    if (raw->closed) {
        RAISE(PyExc_ValueError, "I/O operation on closed socket.");
        return -1;
    }
    return ((SocketIO *)raw)->_writing;
}

/* Lib/socket.py: SocketIO.seekable */
static PyObject *
SocketIO_seekable(PyObject *op, PyObject *args)
{
    (void)args;
    if (((RawIOBase *)op)->closed) {
        RAISE(PyExc_ValueError, "I/O operation on closed socket.");
        return NULL;
    }
    Py_RETURN_FALSE;
}

/* Lib/socket.py: SocketIO.fileno */
int
SocketIO_fileno(RawIOBase *raw)
{
    if (FAILED(check_closed(raw) < 0)) {
        return -1;
    }
    return Socket_fileno(((SocketIO *)raw)->_sock);
}

/* Lib/socket.py: SocketIO.name */
static PyObject *
SocketIO_name(PyObject *op, void *closure)
{
    RawIOBase *self = (RawIOBase *)op;

    (void)closure;
    return PyLong_FromLong(self->closed ? -1 : self->cls->fileno(self));
}

/* Lib/socket.py: SocketIO.mode */
static PyObject *
SocketIO_mode(PyObject *op, void *closure)
{
    SocketIO *self = (SocketIO *)op;

    (void)closure;
    return PyUnicode_FromFormat("%s%sb", self->_reading ? "r" : "",
                                self->_writing ? "w" : "");
}

/* Lib/socket.py: SocketIO.close */
int
SocketIO_close(RawIOBase *raw)
{
    SocketIO *self = (SocketIO *)raw;
    Socket *sock = self->_sock;
    int result = 0;

    if (raw->closed) {
        return 0;
    }
    if (FAILED(RawIOBase_close(raw) < 0)) {
        return -1;
    }
    self->_sock = NULL;
    if (sock != NULL && FAILED(Socket__decref_socketios(sock) < 0)) {
        result = -1;
    }
    Py_XDECREF(sock);
    return result;
}

static int
SocketIO_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SocketIO *)op)->_sock);
    return 0;
}

static int
SocketIO_clear(PyObject *op)
{
    Py_CLEAR(((SocketIO *)op)->_sock);
    return 0;
}

static void
SocketIO_dealloc(PyObject *op)
{
    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return;
    }
    PyObject_GC_UnTrack(op);
    SocketIO_clear(op);
    RawIOBase_dealloc(op);
}

static PyObject *
get__sock(PyObject *op, void *closure)
{
    Socket *sock = ((SocketIO *)op)->_sock;

    (void)closure;
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
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socket.SocketIO",
    .tp_base = &RawIOBase_type,
    .tp_basicsize = sizeof(SocketIO),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_methods = methods,
    .tp_getset = getset,
    .tp_finalize = RawIOBase_del,
    .tp_traverse = SocketIO_traverse,
    .tp_clear = SocketIO_clear,
    .tp_dealloc = SocketIO_dealloc,
};

const RawIOBaseClass SocketIO_class = {
    .type = &SocketIO_type,

    .readable = SocketIO_readable,
    .writable = SocketIO_writable,
    .readinto = SocketIO_readinto,
    .write = SocketIO_write,
    .close = SocketIO_close,
    .fileno = SocketIO_fileno,
};
