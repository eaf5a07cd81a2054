/* What the tests of BufferedReader and BufferedWriter share: a raw stream that
 * does what a Python one does, and files of a socket, for Python to make. */
#ifndef CWSGIREF_TESTS_IO_DOUBLE_H
#define CWSGIREF_TESTS_IO_DOUBLE_H

#include "support.h"

#include "types.h"
#include "io/makefile.h"
#include "io/raw_io_base.h"
#include "io/socket.h"

/* The same Python object stands under our stream and under Python's. */
typedef struct Double {
    RawIOBase base;
    PyObject *raw; /* owned */
} Double;

/* Each test adds what its stream asks for. */
static RawIOBaseClass Double_class;

/* What raw.readinto() or raw.write() has given, which is taken. */
static inline Py_ssize_t
double_count(PyObject *count)
{
    Py_ssize_t n = -1;

    if (count == Py_None) {
        n = RAW_WOULD_BLOCK;
    }
    else if (count != NULL) {
        n = PyLong_AsSsize_t(count);
    }
    Py_XDECREF(count);
    return n;
}

static int
Double_close(RawIOBase *self)
{
    PyObject *raw = ((Double *)self)->raw;
    PyObject *result = PyObject_CallMethod(raw, "close", NULL);

    Py_XDECREF(result);
    self->is_closed = true;
    return result == NULL ? -1 : 0;
}

static int
Double_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Double *)op)->raw);
    return IOBase_traverse(op, visit, arg);
}

static int
Double_clear(PyObject *op)
{
    Py_CLEAR(((Double *)op)->raw);
    return IOBase_clear(op);
}

static PyTypeObject Double_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "Double",
    .tp_base = &RawIOBase_type,
    .tp_basicsize = sizeof(Double),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = Double_traverse,
    .tp_clear = Double_clear,
};

static inline RawIOBase *
new_double(PyObject *raw)
{
    Double *self = (Double *)Double_type.tp_alloc(&Double_type, 0);

    assert_non_null(self);
    self->base.cls = &Double_class;
    self->raw = Py_NewRef(raw);
    return &self->base;
}

/* Of the arguments (fd, timeout=-1, buffer_size=-1): what makefile() gives,
 * which has the socket for itself. */
static inline PyObject *
new_socket_file(PyObject *args, const char *mode)
{
    BufferedIOBase *file = NULL;
    Socket *sock;
    double timeout = -1;
    int fd, size = -1;

    if (!PyArg_ParseTuple(args, "i|di", &fd, &timeout, &size)) {
        return NULL;
    }
    sock = Socket_new(&Socket_class, -1, -1, -1, fd);
    if (sock == NULL) {
        return NULL;
    }
    if (Socket_settimeout(sock, timeout) == 0) {
        file = Socket_makefile(sock, mode, size);
        sock->cls->close(sock);
    }
    Py_DECREF(sock);
    return (PyObject *)file;
}

/* `functions` are what Python imports from `ours`. */
static inline int
start_double(PyMethodDef functions[])
{
    if (start_python() < 0 || types_ready() < 0 ||
        PyType_Ready(&Double_type) < 0) {
        return -1;
    }
    Double_class = RawIOBase_class;
    Double_class.type = &Double_type;
    Double_class.close = Double_close;
    give_module("ours", functions);
    return 0;
}

#endif
