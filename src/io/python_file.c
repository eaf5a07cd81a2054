/* In this file: how a method of the file is called, and what it gives is
 * checked; the methods of the table, each a call of the file's own; what
 * Python sees of it, which is the file's attributes; and the type. */
#include "io/python_file.h"

#include <stddef.h>

#include "python/objects.h"

_Static_assert(offsetof(PythonFile, base) == 0, "the base must be first");

/* file.name(), or file.name(size) where there is a limit: not every file
 * takes a size. */
static PyObject *
call_with_size(BufferedIOBase *self, const char *name, Py_ssize_t size)
{
    PyObject *file = ((PythonFile *)self)->file;

    if (size < 0) {
        return PyObject_CallMethod(file, name, NULL);
    }
    return PyObject_CallMethod(file, name, "n", size);
}

/* The same for what must give bytes. */
static PyObject *
call_for_bytes(BufferedIOBase *self, const char *name, Py_ssize_t size)
{
    PyObject *data = call_with_size(self, name, size);

    if (data != NULL && !PyBytes_Check(data)) {
        PyErr_Format(PyExc_TypeError,
                     "%s() should have returned a bytes object, not '%.200s'",
                     name, Py_TYPE(data)->tp_name);
        Py_CLEAR(data);
    }
    return data;
}

/* A new reference to an int that counts bytes. None counts as `none`, unless
 * that is -1. */
static Py_ssize_t
as_count(PyObject *value, Py_ssize_t none)
{
    Py_ssize_t count = none;

    if (value != Py_None || none == -1) {
        count = value == NULL ? -1
                              : PyNumber_AsSsize_t(value, PyExc_OverflowError);
        if (count < 0 && !PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError, "%zd is not a count", count);
        }
    }
    Py_XDECREF(value);
    return count < 0 ? -1 : count;
}

BufferedIOBase *
PythonFile_new(const BufferedIOBaseClass *cls, PyObject *file)
{
    PythonFile *self = (PythonFile *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->base.cls = cls;
    self->file = Py_NewRef(file);
    return &self->base;
}

int
PythonFile_readable(BufferedIOBase *self)
{
    return truth(call_with_size(self, "readable", -1));
}

int
PythonFile_writable(BufferedIOBase *self)
{
    return truth(call_with_size(self, "writable", -1));
}

int
PythonFile_closed(BufferedIOBase *self)
{
    return truth(PyObject_GetAttrString(((PythonFile *)self)->file, "closed"));
}

PyObject *
PythonFile_read(BufferedIOBase *self, Py_ssize_t size)
{
    return call_for_bytes(self, "read", size);
}

PyObject *
PythonFile_read1(BufferedIOBase *self, Py_ssize_t size)
{
    return call_for_bytes(self, "read1", size);
}

PyObject *
PythonFile_readline(BufferedIOBase *self, Py_ssize_t size)
{
    return call_for_bytes(self, "readline", size);
}

PyObject *
PythonFile_peek(BufferedIOBase *self, Py_ssize_t size)
{
    return call_for_bytes(self, "peek", size);
}

Py_ssize_t
PythonFile_readinto(BufferedIOBase *self, char *buffer, Py_ssize_t size)
{
    PyObject *file = ((PythonFile *)self)->file;
    PyObject *view = PyMemoryView_FromMemory(buffer, size, PyBUF_WRITE);
    PyObject *count;

    if (view == NULL) {
        return -1;
    }
    count = PyObject_CallMethod(file, "readinto", "O", view);
    /* The memory is the caller's: nobody may keep the view of it. */
    if (count != NULL &&
        discard(PyObject_CallMethod(view, "release", NULL)) < 0) {
        Py_CLEAR(count);
    }
    Py_DECREF(view);
    return as_count(count, 0);
}

Py_ssize_t
PythonFile_write(BufferedIOBase *self, PyObject *b)
{
    PyObject *file = ((PythonFile *)self)->file;
    Py_buffer view;
    Py_ssize_t size;

    if (PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    size = view.len;
    PyBuffer_Release(&view);
    return as_count(PyObject_CallMethod(file, "write", "O", b), size);
}

int
PythonFile_flush(BufferedIOBase *self)
{
    return discard(call_with_size(self, "flush", -1));
}

int
PythonFile_close(BufferedIOBase *self)
{
    return discard(call_with_size(self, "close", -1));
}

int
PythonFile_fileno(BufferedIOBase *self)
{
    return (int)as_count(call_with_size(self, "fileno", -1), -1);
}

/*
 * What Python code sees.
 */

/* The object's own attribute, whatever it is. What Python asks of a type
 * (__class__ and its like) is answered for PythonFile itself. */
static PyObject *
PythonFile_getattro(PyObject *op, PyObject *name)
{
    if (PyUnicode_GET_LENGTH(name) > 2 &&
        PyUnicode_READ_CHAR(name, 0) == '_' &&
        PyUnicode_READ_CHAR(name, 1) == '_')
    {
        return PyObject_GenericGetAttr(op, name);
    }
    return PyObject_GetAttr(((PythonFile *)op)->file, name);
}

static PyObject *
PythonFile_iter(PyObject *op)
{
    return PyObject_GetIter(((PythonFile *)op)->file);
}

static PyObject *
PythonFile_next(PyObject *op)
{
    PyObject *file = ((PythonFile *)op)->file;

    if (!PyIter_Check(file)) {
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not an iterator",
                     Py_TYPE(file)->tp_name);
        return NULL;
    }
    return PyIter_Next(file);
}

static PyObject *
PythonFile_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<%s %R>", Py_TYPE(op)->tp_name,
                                ((PythonFile *)op)->file);
}

static int
PythonFile_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((PythonFile *)op)->file);
    return IOBase_traverse(op, visit, arg);
}

/* The object is not closed with it: others may hold it. */
static int
PythonFile_clear(PyObject *op)
{
    Py_CLEAR(((PythonFile *)op)->file);
    return IOBase_clear(op);
}

PyTypeObject PythonFile_type = {
    .tp_name = "cwsgiref.io.PythonFile",
    .tp_base = &BufferedIOBase_type,
    .tp_basicsize = sizeof(PythonFile),
    .tp_repr = PythonFile_repr,
    .tp_getattro = PythonFile_getattro,
    .tp_iter = PythonFile_iter,
    .tp_iternext = PythonFile_next,
    .tp_traverse = PythonFile_traverse,
    .tp_clear = PythonFile_clear,
};

const BufferedIOBaseClass PythonFile_class = {
    .type = &PythonFile_type,

    .readable = PythonFile_readable,
    .writable = PythonFile_writable,
    .closed = PythonFile_closed,
    .read = PythonFile_read,
    .read1 = PythonFile_read1,
    .readline = PythonFile_readline,
    .peek = PythonFile_peek,
    .readinto = PythonFile_readinto,
    .write = PythonFile_write,
    .flush = PythonFile_flush,
    .close = PythonFile_close,
    .fileno = PythonFile_fileno,
};
