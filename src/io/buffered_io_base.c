#include "io/buffered_io_base.h"

#include <string.h>

/* Copies what read() or read1() gave to where readinto() wants it. Takes the
 * reference. */
static Py_ssize_t
copy_data(PyObject *data, char *buffer, Py_ssize_t size)
{
    Py_ssize_t n = -1;

    if (data == NULL) {
        return -1;
    }
    if (!PyBytes_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "read() should return bytes");
    }
    else if (PyBytes_GET_SIZE(data) > size) {
        PyErr_Format(PyExc_ValueError,
                     "read() returned too much data: %zd bytes requested, %zd "
                     "returned",
                     size, PyBytes_GET_SIZE(data));
    }
    else {
        n = PyBytes_GET_SIZE(data);
        memcpy(buffer, PyBytes_AS_STRING(data), (size_t)n);
    }
    Py_DECREF(data);
    return n;
}

/* Lib/io.py: BufferedIOBase.readinto */
Py_ssize_t
BufferedIOBase_readinto(BufferedIOBase *self, char *buffer, Py_ssize_t size)
{
    return copy_data(self->cls->read(self, size), buffer, size);
}

/* Lib/io.py: BufferedIOBase.readinto1 */
static Py_ssize_t
BufferedIOBase_readinto1(BufferedIOBase *self, char *buffer, Py_ssize_t size)
{
    return copy_data(self->cls->read1(self, size), buffer, size);
}

/* What Python code calls, by the same names. */

static PyObject *
call_detach(PyObject *op, PyObject *Py_UNUSED(args))
{
    (void)op;
    return iobase_unsupported("detach");
}

static PyObject *
call_read(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    Py_ssize_t size;

    if (parse_size_or_none("read", args, count, &size) < 0) {
        return NULL;
    }
    return self->cls->read(self, size);
}

static PyObject *
call_read1(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    Py_ssize_t size = -1;

    if (check_count("read1", count, 0, 1) < 0 ||
        (count > 0 && !PyArg_Parse(args[0], "n:read1", &size)))
    {
        return NULL;
    }
    return self->cls->read1(self, size);
}

static PyObject *
call_readinto1(PyObject *op, PyObject *b)
{
    return read_into((BufferedIOBase *)op, b, "w*:readinto1",
                     BufferedIOBase_readinto1);
}

static PyMethodDef methods[] = {
    { "detach", call_detach, METH_NOARGS, NULL },
    { "read", (PyCFunction)(void (*)(void))call_read, METH_FASTCALL, NULL },
    { "read1", (PyCFunction)(void (*)(void))call_read1, METH_FASTCALL, NULL },
    { "readinto1", call_readinto1, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

PyTypeObject BufferedIOBase_type = {
    .tp_name = "cwsgiref.io.BufferedIOBase",
    .tp_base = &IOBase_type,
    .tp_basicsize = sizeof(BufferedIOBase),
    .tp_methods = methods,
};

const BufferedIOBaseClass BufferedIOBase_class = {
    .type = &BufferedIOBase_type,

    .readable = IOBase_readable,
    .writable = IOBase_writable,
    .closed = IOBase_closed,
    .read = IOBase_read,
    .read1 = IOBase_read1,
    .readline = IOBase_readline,
    .peek = IOBase_peek,
    .readinto = BufferedIOBase_readinto,
    .write = IOBase_write,
    .flush = IOBase_flush,
    .close = IOBase_close,
    .fileno = IOBase_fileno,
};
