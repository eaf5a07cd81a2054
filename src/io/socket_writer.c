#include "io/socket_writer.h"

#include <stddef.h>

#include "errors.h"

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

/* Lib/socketserver.py: _SocketWriter.write */
Py_ssize_t
SocketWriter_write(BufferedIOBase *base, PyObject *b)
{
    Socket *sock = ((SocketWriter *)base)->_sock;
    Py_buffer view;
    Py_ssize_t nbytes;

    if (FAILED(PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0)) {
        return -1;
    }
    nbytes = view.len;
    if (FAILED(sock->cls->sendall(sock, view.buf, view.len) < 0)) {
        nbytes = -1;
    }
    PyBuffer_Release(&view);
    return nbytes;
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
    .flush = BufferedIOBase_flush,
    .close = BufferedIOBase_close,
    .fileno = SocketWriter_fileno,
};
