#include "io/raw_io_base.h"

#include "python/release.h"

/* Modules/_io/bufferedio.c: _PyIO_trap_eintr */
bool
trap_eintr(void)
{
    if (!PyErr_ExceptionMatches(PyExc_InterruptedError)) {
        return false;
    }
    PyErr_Clear();
    return true;
}

/* Lib/io.py: RawIOBase.read */
PyObject *
RawIOBase_read(RawIOBase *self, Py_ssize_t size)
{
    PyObject *data;
    Py_ssize_t n;

    if (size < 0) {
        return RawIOBase_readall(self);
    }
    data = PyBytes_FromStringAndSize(NULL, size);
    if (data == NULL) {
        return NULL;
    }
    n = self->cls->readinto(self, PyBytes_AS_STRING(data), size);
    if (n < 0) {
        Py_DECREF(data);
        return n == -1 ? NULL : Py_NewRef(Py_None);
    }
    _PyBytes_Resize(&data, n);
    return data;
}

/* Lib/io.py: RawIOBase.readall */
PyObject *
RawIOBase_readall(RawIOBase *self)
{
    const Py_ssize_t step = release()->default_buffer_size;
    PyObject *data = PyBytes_FromStringAndSize(NULL, step);
    Py_ssize_t size = 0, room = step;

    while (data != NULL) {
        Py_ssize_t n;

        if (room - size < step) {
            room += Py_MAX(room / 2, step);
            if (_PyBytes_Resize(&data, room) < 0) {
                return NULL;
            }
        }
        do {
            n = self->cls->readinto(self, PyBytes_AS_STRING(data) + size,
                                    step);
        } while (n == -1 && trap_eintr());
        if (n == -1) {
            Py_CLEAR(data);
        }
        else if (n == RAW_WOULD_BLOCK && size == 0) {
            Py_SETREF(data, Py_NewRef(Py_None));
            break;
        }
        else if (n <= 0) {
            _PyBytes_Resize(&data, size);
            break;
        }
        else {
            size += n;
        }
    }
    return data;
}

/* What Python code sees of it, as `wsgi.input.raw`. */

static PyObject *
call_read(PyObject *op, PyObject *args)
{
    RawIOBase *self = (RawIOBase *)op;
    Py_ssize_t size = -1;

    if (!PyArg_ParseTuple(args, "|n:read", &size)) {
        return NULL;
    }
    return self->cls->read(self, size);
}

static PyObject *
call_readall(PyObject *op, PyObject *Py_UNUSED(args))
{
    return RawIOBase_readall((RawIOBase *)op);
}

static PyMethodDef methods[] = {
    { "read", call_read, METH_VARARGS, NULL },
    { "readall", call_readall, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL },
};

PyTypeObject RawIOBase_type = {
    .tp_name = "cwsgiref.io.RawIOBase",
    .tp_base = &IOBase_type,
    .tp_basicsize = sizeof(RawIOBase),
    .tp_methods = methods,
};

const RawIOBaseClass RawIOBase_class = {
    .type = &RawIOBase_type,

    .readable = IOBase_readable,
    .writable = IOBase_writable,
    .closed = IOBase_closed,
    .read = RawIOBase_read,
    .read1 = IOBase_read1,
    .readline = IOBase_readline,
    .peek = IOBase_peek,
    .readinto = IOBase_readinto,
    .write = IOBase_write,
    .flush = IOBase_flush,
    .close = IOBase_close,
    .fileno = IOBase_fileno,
};
