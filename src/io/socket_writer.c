/* Here are: _SocketWriter's methods, in Python's order, and before write() what
 * Python's has not: how data is held back, to leave with what comes next. */
#include "io/socket_writer.h"

#include <stddef.h>
#include <string.h>

#include "python/errors.h"

_Static_assert(offsetof(SocketWriter, base) == 0, "the base must be first");

BufferedIOBase *
SocketWriter_new(const BufferedIOBaseClass *cls, Socket *sock)
{
    BufferedIOBase *self = (BufferedIOBase *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls;
    SocketWriter_init(self, sock);
    return self;
}

/* Lib/socketserver.py: _SocketWriter.__init__ */
void
SocketWriter_init(BufferedIOBase *self, Socket *sock)
{
    SocketWriter *writer = (SocketWriter *)self;

    Py_XSETREF(writer->_sock, (Socket *)Py_NewRef(sock));
}

/* Lib/socketserver.py: _SocketWriter.writable */
int
SocketWriter_writable(BufferedIOBase *self)
{
    (void)self;
    return 1;
}

void
SocketWriter_hold(SocketWriter *self)
{
    self->holding = !Socket_hung_up(self->_sock);
}

void
SocketWriter_release(SocketWriter *self)
{
    self->holding = false;
}

/* Makes room behind what is held back. */
static int
make_room(SocketWriter *self, Py_ssize_t size)
{
    const Py_ssize_t enough_for_headers = 512;
    Py_ssize_t needed = self->held_size + size + 1;
    Py_ssize_t capacity = Py_MAX(2 * self->held_capacity, enough_for_headers);
    char *held;

    if (needed <= self->held_capacity) {
        return 0;
    }
    capacity = Py_MAX(capacity, needed);
    held = PyMem_Realloc(self->held, (size_t)capacity);
    if (held == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->held = held;
    self->held_capacity = capacity;
    return 0;
}

/* self.held += data. Bytes objects, each a copy of the one before it, would
 * cost 600 instructions a line and not 100. */
static int
hold_back(SocketWriter *self, const char *data, Py_ssize_t size)
{
    if (size == 0) {
        return 0;
    }
    if (make_room(self, size) < 0) {
        return -1;
    }
    memcpy(self->held + self->held_size, data, (size_t)size);
    self->held_size += size;
    self->held[self->held_size] = '\0'; /* for gdb, which shows it as text */
    return 0;
}

/* self._sock.sendall(data) */
static int
sendall(SocketWriter *self, const char *data, Py_ssize_t size)
{
    return self->_sock->cls->sendall(self->_sock, data, size);
}

/* Sends all that is held back. */
static int
send_held(SocketWriter *self)
{
    char *held = self->held; /* other threads may run meanwhile */
    Py_ssize_t size = self->held_size;
    int result;

    self->held = NULL;
    self->held_size = self->held_capacity = 0;
    result = sendall(self, held, size);
    PyMem_Free(held);
    return result;
}

/* Sends what is held back, and the data, without a copy of it. That is two
 * calls of send(), but the system has the first one wait for the second, so
 * that the client gets both at once. */
static int
send_held_and_data(SocketWriter *self, const char *data, Py_ssize_t size)
{
    int result;

    self->_sock->more_follows = true;
    result = send_held(self);
    self->_sock->more_follows = false;
    return result < 0 ? -1 : sendall(self, data, size);
}

/* Sends the data, behind what is held back: together, unless it is so much
 * that a copy takes longer than a send. */
static int
send_data(SocketWriter *self, const char *data, Py_ssize_t size)
{
    const Py_ssize_t worth_a_copy = 16384;

    if (self->held == NULL) {
        return sendall(self, data, size);
    }
    if (size > worth_a_copy) {
        return send_held_and_data(self, data, size);
    }
    return hold_back(self, data, size) < 0 ? -1 : send_held(self);
}

/* Holds the data back, or sends it. */
static int
write_data(SocketWriter *self, const char *data, Py_ssize_t size)
{
    return self->holding ? hold_back(self, data, size)
                         : send_data(self, data, size);
}

/* The same of bytes, which need no buffer to be asked for: 70 instructions
 * less. */
static int
write_bytes(SocketWriter *self, PyObject *b)
{
    int result;

    Py_INCREF(b); /* other threads may run meanwhile */
    result = write_data(self, PyBytes_AS_STRING(b), PyBytes_GET_SIZE(b));
    Py_DECREF(b);
    return result;
}

/* Lib/socketserver.py: _SocketWriter.write */
Py_ssize_t
SocketWriter_write(BufferedIOBase *self, PyObject *b)
{
    SocketWriter *writer = (SocketWriter *)self;
    Py_buffer view;
    Py_ssize_t nbytes;
    int result;

    if (PyBytes_CheckExact(b)) {
        return FAILED(write_bytes(writer, b) < 0) ? -1 : PyBytes_GET_SIZE(b);
    }
    if (FAILED(PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0)) {
        return -1;
    }
    nbytes = view.len;
    result = write_data(writer, view.buf, view.len);
    PyBuffer_Release(&view);
    return FAILED(result < 0) ? -1 : nbytes;
}

int
SocketWriter_flush(BufferedIOBase *self)
{
    SocketWriter *writer = (SocketWriter *)self;

    if (IOBase_flush(self) < 0) {
        return -1;
    }
    return writer->held != NULL && send_held(writer) < 0 ? -1 : 0;
}

/* Lib/socketserver.py: _SocketWriter.fileno */
int
SocketWriter_fileno(BufferedIOBase *self)
{
    return Socket_fileno(((SocketWriter *)self)->_sock);
}

static int
SocketWriter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SocketWriter *)op)->_sock);
    return IOBase_traverse(op, visit, arg);
}

static int
SocketWriter_clear(PyObject *op)
{
    SocketWriter *self = (SocketWriter *)op;

    Py_CLEAR(self->_sock);
    PyMem_Free(self->held);
    self->held = NULL;
    self->held_size = self->held_capacity = 0;
    return IOBase_clear(op);
}

PyTypeObject SocketWriter_type = {
    .tp_name = "cwsgiref.socketserver._SocketWriter",
    .tp_base = &BufferedIOBase_type,
    .tp_basicsize = sizeof(SocketWriter),
    .tp_traverse = SocketWriter_traverse,
    .tp_clear = SocketWriter_clear,
};

const BufferedIOBaseClass SocketWriter_class = {
    .type = &SocketWriter_type,

    .readable = IOBase_readable,
    .writable = SocketWriter_writable,
    .closed = IOBase_closed,
    .read = IOBase_read,
    .read1 = IOBase_read1,
    .readline = IOBase_readline,
    .peek = IOBase_peek,
    .readinto = BufferedIOBase_readinto,
    .write = SocketWriter_write,
    .flush = SocketWriter_flush,
    .close = IOBase_close,
    .fileno = SocketWriter_fileno,
};
