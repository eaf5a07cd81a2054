#include "io/raw_io_base.h"

#include "python/errors.h"
#include "io/buffered_io_base.h"
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

/* Lib/io.py: RawIOBase.readable, which is IOBase's */
int
RawIOBase_readable(RawIOBase *self)
{
    (void)self;
    return 0;
}

/* Lib/io.py: RawIOBase.writable, which is IOBase's */
int
RawIOBase_writable(RawIOBase *self)
{
    (void)self;
    return 0;
}

/* Lib/io.py: RawIOBase.readinto */
Py_ssize_t
RawIOBase_readinto(RawIOBase *self, char *buffer, Py_ssize_t size)
{
    (void)self;
    (void)buffer;
    (void)size;
    iobase_unsupported("readinto");
    return -1;
}

/* Lib/io.py: RawIOBase.write */
Py_ssize_t
RawIOBase_write(RawIOBase *self, const char *data, Py_ssize_t size)
{
    (void)self;
    (void)data;
    (void)size;
    iobase_unsupported("write");
    return -1;
}

/* Lib/io.py: RawIOBase.close, which is IOBase's. There is nothing to flush. */
int
RawIOBase_close(RawIOBase *self)
{
    self->closed = true;
    return 0;
}

/* Lib/io.py: RawIOBase.fileno, which is IOBase's */
int
RawIOBase_fileno(RawIOBase *self)
{
    (void)self;
    iobase_unsupported("fileno");
    return -1;
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

/* Lib/io.py: IOBase.__del__ */
void
RawIOBase_del(PyObject *op)
{
    RawIOBase *self = (RawIOBase *)op;
    Handled handled;

    if (self->closed) {
        return;
    }
    handled = finally_enter();
    if (self->cls->close(self) < 0) {
        ignore_close_error(op);
    }
    finally_leave(handled);
}

void
ignore_close_error(PyObject *op)
{
    if (release()->close_error_told) {
        ignore_exception("finalizing file", op);
    }
    else {
        PyErr_Clear();
    }
}

void
RawIOBase_dealloc(PyObject *op)
{
    Py_TYPE(op)->tp_free(op);
}

/* What Python code sees of it, as `wsgi.input.raw`. */

static int
check_closed(RawIOBase *self)
{
    if (self->closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return -1;
    }
    return 0;
}

static PyObject *
call_readable(PyObject *op, PyObject *args)
{
    RawIOBase *self = (RawIOBase *)op;
    int readable = self->cls->readable(self);

    (void)args;
    return readable < 0 ? NULL : PyBool_FromLong(readable);
}

static PyObject *
call_writable(PyObject *op, PyObject *args)
{
    RawIOBase *self = (RawIOBase *)op;
    int writable = self->cls->writable(self);

    (void)args;
    return writable < 0 ? NULL : PyBool_FromLong(writable);
}

static PyObject *
call_seekable(PyObject *op, PyObject *args)
{
    (void)op;
    (void)args;
    Py_RETURN_FALSE;
}

static PyObject *
call_isatty(PyObject *op, PyObject *args)
{
    (void)args;
    if (check_closed((RawIOBase *)op) < 0) {
        return NULL;
    }
    Py_RETURN_FALSE;
}

static PyObject *
call_seek(PyObject *op, PyObject *args)
{
    (void)op;
    (void)args;
    iobase_unsupported("seek");
    return NULL;
}

static PyObject *
call_truncate(PyObject *op, PyObject *args)
{
    (void)op;
    (void)args;
    iobase_unsupported("truncate");
    return NULL;
}

static PyObject *
call_readinto(PyObject *op, PyObject *b)
{
    RawIOBase *self = (RawIOBase *)op;
    Py_buffer view;
    Py_ssize_t n;

    if (!PyArg_Parse(b, "w*:readinto", &view)) {
        return NULL;
    }
    n = self->cls->readinto(self, view.buf, view.len);
    PyBuffer_Release(&view);
    if (n == -1) {
        return NULL;
    }
    if (n == RAW_WOULD_BLOCK) {
        Py_RETURN_NONE;
    }
    return PyLong_FromSsize_t(n);
}

static PyObject *
call_readall(PyObject *op, PyObject *args)
{
    (void)args;
    return RawIOBase_readall((RawIOBase *)op);
}

static PyObject *
call_read(PyObject *op, PyObject *args)
{
    RawIOBase *self = (RawIOBase *)op;
    Py_ssize_t size = -1, n;
    PyObject *data;

    if (!PyArg_ParseTuple(args, "|n:read", &size)) {
        return NULL;
    }
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

static PyObject *
call_write(PyObject *op, PyObject *b)
{
    RawIOBase *self = (RawIOBase *)op;
    Py_buffer view;
    Py_ssize_t n;

    if (PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    n = self->cls->write(self, view.buf, view.len);
    PyBuffer_Release(&view);
    if (n == -1) {
        return NULL;
    }
    if (n == RAW_WOULD_BLOCK) {
        Py_RETURN_NONE;
    }
    return PyLong_FromSsize_t(n);
}

static PyObject *
call_flush(PyObject *op, PyObject *args)
{
    (void)args;
    if (check_closed((RawIOBase *)op) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_close(PyObject *op, PyObject *args)
{
    RawIOBase *self = (RawIOBase *)op;

    (void)args;
    if (self->cls->close(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_fileno(PyObject *op, PyObject *args)
{
    RawIOBase *self = (RawIOBase *)op;
    int fd = self->cls->fileno(self);

    (void)args;
    return fd < 0 && PyErr_Occurred() ? NULL : PyLong_FromLong(fd);
}

static PyObject *
call_enter(PyObject *op, PyObject *args)
{
    (void)args;
    return check_closed((RawIOBase *)op) < 0 ? NULL : Py_NewRef(op);
}

static PyObject *
get_closed(PyObject *op, void *closure)
{
    (void)closure;
    return PyBool_FromLong(((RawIOBase *)op)->closed);
}

static PyMethodDef methods[] = {
    { "readable", call_readable, METH_NOARGS, NULL },
    { "writable", call_writable, METH_NOARGS, NULL },
    { "seekable", call_seekable, METH_NOARGS, NULL },
    { "isatty", call_isatty, METH_NOARGS, NULL },
    { "seek", call_seek, METH_VARARGS, NULL },
    { "tell", call_seek, METH_NOARGS, NULL }, /* IOBase's is seek(0, 1) */
    { "truncate", call_truncate, METH_VARARGS, NULL },
    { "readinto", call_readinto, METH_O, NULL },
    { "readall", call_readall, METH_NOARGS, NULL },
    { "read", call_read, METH_VARARGS, NULL },
    { "write", call_write, METH_O, NULL },
    { "flush", call_flush, METH_NOARGS, NULL },
    { "close", call_close, METH_NOARGS, NULL },
    { "fileno", call_fileno, METH_NOARGS, NULL },
    { "__enter__", call_enter, METH_NOARGS, NULL },
    { "__exit__", call_close, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "closed", get_closed, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject RawIOBase_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.io.RawIOBase",
    .tp_basicsize = sizeof(RawIOBase),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = methods,
    .tp_getset = getset,
    .tp_dealloc = RawIOBase_dealloc,
};

const RawIOBaseClass RawIOBase_class = {
    .type = &RawIOBase_type,

    .readable = RawIOBase_readable,
    .writable = RawIOBase_writable,
    .readinto = RawIOBase_readinto,
    .write = RawIOBase_write,
    .close = RawIOBase_close,
    .fileno = RawIOBase_fileno,
};
