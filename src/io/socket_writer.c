#include "io/socket_writer.h"

#include <stddef.h>

#include "python/errors.h"

_Static_assert(offsetof(SocketWriter, base) == 0,
               "SocketWriter is a BufferedIOBase");

BufferedIOBase *
SocketWriter_new(const BufferedIOBaseClass *cls, Socket *sock)
{
    BufferedIOBase *self = (BufferedIOBase *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls;
    if (SocketWriter_init(self, sock) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

/* Lib/socketserver.py: _SocketWriter.__init__ */
int
SocketWriter_init(BufferedIOBase *base, Socket *sock)
{
    SocketWriter *self = (SocketWriter *)base;

    Py_XSETREF(self->_sock, (Socket *)Py_NewRef(sock));
    return 0;
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

/* self.held += data */
static int
hold_back(SocketWriter *self, const Py_buffer *data)
{
    PyObject *more = PyBytes_FromStringAndSize(data->buf, data->len);

    if (more == NULL) {
        return -1;
    }
    if (self->held == NULL) {
        self->held = more;
        return 0;
    }
    PyBytes_ConcatAndDel(&self->held, more);
    return self->held == NULL ? -1 : 0;
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
    PyObject *held = self->held; /* other threads may run meanwhile */
    int result;

    self->held = NULL;
    result = sendall(self, PyBytes_AS_STRING(held), PyBytes_GET_SIZE(held));
    Py_DECREF(held);
    return result;
}

/* Sends the data, behind what is held back: together, unless it is so much
 * that a copy takes longer than a send. */
static int
send_data(SocketWriter *self, const Py_buffer *data)
{
    const Py_ssize_t worth_a_copy = 65536;

    if (self->held == NULL) {
        return sendall(self, data->buf, data->len);
    }
    if (data->len > worth_a_copy) {
        return send_held(self) < 0 ? -1 : sendall(self, data->buf, data->len);
    }
    return hold_back(self, data) < 0 ? -1 : send_held(self);
}

/* Lib/socketserver.py: _SocketWriter.write */
Py_ssize_t
SocketWriter_write(BufferedIOBase *base, PyObject *b)
{
    SocketWriter *self = (SocketWriter *)base;
    Py_buffer view;
    Py_ssize_t nbytes;
    int result;

    if (FAILED(PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0)) {
        return -1;
    }
    nbytes = view.len;
    result = self->holding ? hold_back(self, &view) : send_data(self, &view);
    PyBuffer_Release(&view);
    return FAILED(result < 0) ? -1 : nbytes;
}

int
SocketWriter_flush(BufferedIOBase *base)
{
    SocketWriter *self = (SocketWriter *)base;

    if (BufferedIOBase_flush(base) < 0) {
        return -1;
    }
    return self->held != NULL && send_held(self) < 0 ? -1 : 0;
}

/* Lib/socketserver.py: _SocketWriter.fileno */
int
SocketWriter_fileno(BufferedIOBase *base)
{
    return Socket_fileno(((SocketWriter *)base)->_sock);
}

static int
SocketWriter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SocketWriter *)op)->_sock);
    return BufferedIOBase_traverse(op, visit, arg);
}

static int
SocketWriter_clear(PyObject *op)
{
    Py_CLEAR(((SocketWriter *)op)->_sock);
    return 0;
}

static void
SocketWriter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    SocketWriter_clear(op);
    Py_CLEAR(((SocketWriter *)op)->held);
    BufferedIOBase_dealloc(op);
}

PyTypeObject SocketWriter_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver._SocketWriter",
    .tp_base = &BufferedIOBase_type,
    .tp_basicsize = sizeof(SocketWriter),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = SocketWriter_traverse,
    .tp_clear = SocketWriter_clear,
    .tp_dealloc = SocketWriter_dealloc,
};

const BufferedIOBaseClass SocketWriter_class = {
    .type = &SocketWriter_type,

    .readable = BufferedIOBase_readable,
    .writable = SocketWriter_writable,
    .closed = BufferedIOBase_closed,
    .read = BufferedIOBase_read,
    .read1 = BufferedIOBase_read1,
    .readline = BufferedIOBase_readline,
    .peek = BufferedIOBase_peek,
    .readinto = BufferedIOBase_readinto,
    .write = SocketWriter_write,
    .flush = SocketWriter_flush,
    .close = BufferedIOBase_close,
    .fileno = SocketWriter_fileno,
};
