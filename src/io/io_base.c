/* In this file: the errors of all streams and what parses arguments; IOBase's
 * methods, in Python's order; those that it has only in its table; the methods
 * as Python calls them; and the type. */
#include "io/io_base.h"

#include <stddef.h>

#include "python/errors.h"
#include "python/objects.h"
#include "python/release.h"

/* Modules/_io/iobase.c: iobase_unsupported */
PyObject *
iobase_unsupported(const char *message)
{
    PyObject *type = import_from("io", "UnsupportedOperation");

    if (type != NULL) {
        PyErr_SetString(type, message);
        Py_DECREF(type);
    }
    return NULL;
}

int
check_count(const char *name, Py_ssize_t count, Py_ssize_t least,
            Py_ssize_t most)
{
    Py_ssize_t bound = count < least ? least : most;

    if (count >= least && count <= most) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "%s expected at %s %zd argument%s, got %zd",
                 name, count < least ? "least" : "most", bound,
                 bound == 1 ? "" : "s", count);
    return -1;
}

int
parse_size_or_none(const char *name, PyObject *const *args, Py_ssize_t count,
                   Py_ssize_t *size)
{
    PyObject *value = count > 0 ? args[0] : Py_None;

    *size = -1;
    if (check_count(name, count, 0, 1) < 0) {
        return -1;
    }
    if (value == Py_None) {
        return 0;
    }
    if (!PyIndex_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "argument should be integer or None, not '%.200s'",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    *size = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    return *size == -1 && PyErr_Occurred() ? -1 : 0;
}

/*
 * IOBase's methods.
 */

/* Lib/io.py: IOBase.flush */
int
IOBase_flush(IOBase *self)
{
    return IOBase__checkClosed(self);
}

/* Lib/io.py: IOBase.close */
int
IOBase_close(IOBase *self)
{
    int result;

    if (self->is_closed) {
        return 0;
    }
    result = self->cls->flush(self);
    self->is_closed = true;
    return result;
}

/* What close() raises in __del__ is told by later releases, and by others
 * not. */
static void
ignore_close_error(PyObject *op)
{
    if (release()->close_error_told) {
        ignore_exception("finalizing file", op);
    }
    else {
        PyErr_Clear();
    }
}

/* Lib/io.py: IOBase.__del__ */
void
IOBase_del(PyObject *op)
{
    IOBase *self = (IOBase *)op;
    Handled handled = finally_enter();
    int closed = self->cls->closed(self);

    if (closed < 0) {
        PyErr_Clear();
    }
    else if (closed == 0 && self->cls->close(self) < 0) {
        ignore_close_error(op);
    }
    finally_leave(handled);
}

/* Lib/io.py: IOBase.readable */
int
IOBase_readable(IOBase *self)
{
    (void)self;
    return 0;
}

/* Modules/_io/iobase.c: IOBase._checkReadable */
int
IOBase__checkReadable(IOBase *self)
{
    int readable = self->cls->readable(self);

    if (readable == 0) {
        iobase_unsupported("File or stream is not readable.");
    }
    return readable > 0 ? 0 : -1;
}

/* Lib/io.py: IOBase.writable */
int
IOBase_writable(IOBase *self)
{
    (void)self;
    return 0;
}

/* Modules/_io/iobase.c: IOBase._checkWritable */
int
IOBase__checkWritable(IOBase *self)
{
    int writable = self->cls->writable(self);

    if (writable == 0) {
        iobase_unsupported("File or stream is not writable.");
    }
    return writable > 0 ? 0 : -1;
}

/* Lib/io.py: IOBase.closed */
int
IOBase_closed(IOBase *self)
{
    return self->is_closed;
}

/* Modules/_io/iobase.c: IOBase._checkClosed */
int
IOBase__checkClosed(IOBase *self)
{
    int closed = self->cls->closed(self);

    if (closed > 0) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
    }
    return closed == 0 ? 0 : -1;
}

/* Lib/io.py: IOBase.fileno */
int
IOBase_fileno(IOBase *self)
{
    (void)self;
    iobase_unsupported("fileno");
    return -1;
}

/* Lib/io.py: IOBase.readline, for a stream without peek(): byte by byte. */
PyObject *
IOBase_readline(IOBase *self, Py_ssize_t size)
{
    PyObject *line = PyBytes_FromStringAndSize(NULL, 0);

    while (line != NULL && (size < 0 || PyBytes_GET_SIZE(line) < size)) {
        PyObject *byte = self->cls->read(self, 1);

        if (byte != NULL && !PyBytes_Check(byte)) {
            PyErr_Format(PyExc_OSError,
                         "read() should have returned a bytes object, not "
                         "'%.200s'",
                         Py_TYPE(byte)->tp_name);
            Py_CLEAR(byte);
        }
        if (byte == NULL) {
            Py_CLEAR(line);
            break;
        }
        if (PyBytes_GET_SIZE(byte) == 0) {
            Py_DECREF(byte);
            break;
        }
        PyBytes_ConcatAndDel(&line, byte);
        if (line != NULL &&
            PyBytes_AS_STRING(line)[PyBytes_GET_SIZE(line) - 1] == '\n')
        {
            break;
        }
    }
    return line;
}

/*
 * What only some streams have.
 */

PyObject *
IOBase_read(IOBase *self, Py_ssize_t size)
{
    (void)self;
    (void)size;
    return iobase_unsupported("read");
}

PyObject *
IOBase_read1(IOBase *self, Py_ssize_t size)
{
    (void)self;
    (void)size;
    return iobase_unsupported("read1");
}

PyObject *
IOBase_peek(IOBase *self, Py_ssize_t size)
{
    (void)self;
    (void)size;
    return iobase_unsupported("peek");
}

Py_ssize_t
IOBase_readinto(IOBase *self, char *buffer, Py_ssize_t size)
{
    (void)self;
    (void)buffer;
    (void)size;
    iobase_unsupported("readinto");
    return -1;
}

Py_ssize_t
IOBase_write(IOBase *self, PyObject *b)
{
    (void)self;
    (void)b;
    iobase_unsupported("write");
    return -1;
}

/*
 * What Python code calls, by the same names.
 */

/* What Python gets for a number of bytes. */
static PyObject *
as_count(Py_ssize_t n)
{
    if (n == RAW_WOULD_BLOCK) {
        Py_RETURN_NONE;
    }
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
call_readable(PyObject *op, PyObject *Py_UNUSED(args))
{
    return as_bool(((IOBase *)op)->cls->readable((IOBase *)op));
}

static PyObject *
call_writable(PyObject *op, PyObject *Py_UNUSED(args))
{
    return as_bool(((IOBase *)op)->cls->writable((IOBase *)op));
}

static PyObject *
call_seekable(PyObject *op, PyObject *Py_UNUSED(args))
{
    (void)op;
    Py_RETURN_FALSE;
}

static PyObject *
call_isatty(PyObject *op, PyObject *Py_UNUSED(args))
{
    if (IOBase__checkClosed((IOBase *)op) < 0) {
        return NULL;
    }
    Py_RETURN_FALSE;
}

static PyObject *
call_seek(PyObject *op, PyObject *Py_UNUSED(args))
{
    (void)op;
    return iobase_unsupported("seek");
}

PyObject *
truncate_as_linked(const char *stream, PyObject *args)
{
    PyObject *truncate =
        attribute_of(evaluate("import io", stream), "truncate");
    PyObject *result =
        truncate == NULL ? NULL : PyObject_CallObject(truncate, args);

    Py_XDECREF(truncate);
    return result;
}

/* Modules/_io/iobase.c: iobase_truncate */
static PyObject *
call_truncate(PyObject *op, PyObject *args)
{
    (void)op;
    if (PyTuple_GET_SIZE(args) > 1) {
        return truncate_as_linked("io.IOBase()", args);
    }
    return iobase_unsupported("truncate");
}

static PyObject *
call_flush(PyObject *op, PyObject *Py_UNUSED(args))
{
    return as_none(((IOBase *)op)->cls->flush((IOBase *)op));
}

static PyObject *
call_close(PyObject *op, PyObject *Py_UNUSED(args))
{
    return as_none(((IOBase *)op)->cls->close((IOBase *)op));
}

static PyObject *
call_fileno(PyObject *op, PyObject *Py_UNUSED(args))
{
    IOBase *self = (IOBase *)op;
    int fd = self->cls->fileno(self);

    return fd < 0 && PyErr_Occurred() ? NULL : PyLong_FromLong(fd);
}

static PyObject *
call_enter(PyObject *op, PyObject *Py_UNUSED(args))
{
    return IOBase__checkClosed((IOBase *)op) < 0 ? NULL : Py_NewRef(op);
}

static PyObject *
call_readline(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    IOBase *self = (IOBase *)op;
    Py_ssize_t size;

    if (parse_size_or_none("readline", args, count, &size) < 0) {
        return NULL;
    }
    return self->cls->readline(self, size);
}

/* Lib/io.py: IOBase.__iter__ */
static PyObject *
IOBase_iter(PyObject *op)
{
    return IOBase__checkClosed((IOBase *)op) < 0 ? NULL : Py_NewRef(op);
}

/* Lib/io.py: IOBase.__next__ */
static PyObject *
IOBase_next(PyObject *op)
{
    IOBase *self = (IOBase *)op;
    PyObject *line = self->cls->readline(self, -1);

    if (line != NULL && PyBytes_GET_SIZE(line) == 0) {
        Py_CLEAR(line); /* the end, or nothing without blocking */
    }
    return line;
}

/* Lib/io.py: IOBase.readlines */
static PyObject *
IOBase_readlines(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    PyObject *lines, *line = NULL;
    Py_ssize_t hint, size = 0;

    if (parse_size_or_none("readlines", args, count, &hint) < 0 ||
        IOBase__checkClosed((IOBase *)op) < 0)
    {
        return NULL;
    }
    lines = PyList_New(0);
    while (lines != NULL && (line = IOBase_next(op)) != NULL) {
        size += PyBytes_GET_SIZE(line);
        if (PyList_Append(lines, line) < 0) {
            Py_CLEAR(lines);
        }
        Py_DECREF(line);
        if (hint > 0 && size > hint) {
            break;
        }
    }
    if (line == NULL && PyErr_Occurred()) {
        Py_CLEAR(lines);
    }
    return lines;
}

PyObject *
read_into(IOBase *self, PyObject *b, const char *format,
          Py_ssize_t (*readinto)(IOBase *self, char *buffer, Py_ssize_t size))
{
    Py_buffer view;
    Py_ssize_t n;

    if (!PyArg_Parse(b, format, &view)) {
        return NULL;
    }
    n = readinto(self, view.buf, view.len);
    PyBuffer_Release(&view);
    return as_count(n);
}

static PyObject *
call_readinto(PyObject *op, PyObject *b)
{
    IOBase *self = (IOBase *)op;

    return read_into(self, b, "w*:readinto", self->cls->readinto);
}

static PyObject *
call_write(PyObject *op, PyObject *b)
{
    return as_count(((IOBase *)op)->cls->write((IOBase *)op, b));
}

/* self.write(line) */
static int
write_line(void *self, PyObject *line)
{
    return ((IOBase *)self)->cls->write(self, line) == -1 ? -1 : 0;
}

/* Lib/io.py: IOBase.writelines */
static PyObject *
IOBase_writelines(PyObject *op, PyObject *lines)
{
    if (IOBase__checkClosed((IOBase *)op) < 0) {
        return NULL;
    }
    return as_none(for_each(lines, write_line, op));
}

static PyObject *
get_closed(PyObject *op, void *Py_UNUSED(closure))
{
    return as_bool(((IOBase *)op)->cls->closed((IOBase *)op));
}

int
IOBase_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((IOBase *)op)->dict);
    return 0;
}

int
IOBase_clear(PyObject *op)
{
    Py_CLEAR(((IOBase *)op)->dict);
    return 0;
}

static PyMethodDef methods[] = {
    { "readable", call_readable, METH_NOARGS, NULL },
    { "writable", call_writable, METH_NOARGS, NULL },
    { "seekable", call_seekable, METH_NOARGS, NULL },
    { "isatty", call_isatty, METH_NOARGS, NULL },
    { "seek", call_seek, METH_VARARGS, NULL },
    { "tell", call_seek, METH_NOARGS, NULL }, /* it is seek(0, 1) */
    { "truncate", call_truncate, METH_VARARGS, NULL },
    { "flush", call_flush, METH_NOARGS, NULL },
    { "close", call_close, METH_NOARGS, NULL },
    { "fileno", call_fileno, METH_NOARGS, NULL },
    { "__enter__", call_enter, METH_NOARGS, NULL },
    { "__exit__", call_close, METH_VARARGS, NULL },
    { "readline", (PyCFunction)(void (*)(void))call_readline, METH_FASTCALL,
      NULL },
    { "readlines", (PyCFunction)(void (*)(void))IOBase_readlines,
      METH_FASTCALL, NULL },
    { "readinto", call_readinto, METH_O, NULL },
    { "write", call_write, METH_O, NULL },
    { "writelines", IOBase_writelines, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "closed", get_closed, NULL, NULL, NULL },
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject IOBase_type = {
    .tp_name = "cwsgiref.io.IOBase",
    .tp_basicsize = sizeof(IOBase),
    .tp_dictoffset = offsetof(IOBase, dict),
    .tp_weaklistoffset = offsetof(IOBase, weakrefs),
    .tp_iter = IOBase_iter,
    .tp_iternext = IOBase_next,
    .tp_methods = methods,
    .tp_getset = getset,
    .tp_traverse = IOBase_traverse,
    .tp_clear = IOBase_clear,
};
