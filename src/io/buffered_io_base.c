#include "io/buffered_io_base.h"

#include <stddef.h>

#include <string.h>

#include "python/errors.h"
#include "io/raw_io_base.h"

/* Modules/_io/iobase.c: iobase_unsupported */
void
iobase_unsupported(const char *message)
{
    PyObject *module = PyImport_ImportModule("io");
    PyObject *type = NULL;

    if (module != NULL) {
        type = PyObject_GetAttrString(module, "UnsupportedOperation");
    }
    if (type != NULL) {
        PyErr_SetString(type, message);
    }
    Py_XDECREF(type);
    Py_XDECREF(module);
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

/* Modules/_io/bufferedio.c: ENTER_BUFFERED */
int
buffered_enter(BufferedIOBase *self, PyThread_type_lock lock,
               unsigned long *owner)
{
    unsigned long me = PyThread_get_thread_ident();

    if (!PyThread_acquire_lock(lock, NOWAIT_LOCK)) {
        if (*owner == me) {
            PyErr_Format(PyExc_RuntimeError, "reentrant call inside %R", self);
            return -1;
        }
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
    *owner = me;
    return 0;
}

/* Modules/_io/bufferedio.c: LEAVE_BUFFERED */
void
buffered_leave(PyThread_type_lock lock, unsigned long *owner)
{
    *owner = 0;
    PyThread_release_lock(lock);
}

/* Modules/_io/iobase.c: iobase_check_closed */
static int
check_closed(BufferedIOBase *self)
{
    int closed = self->cls->closed(self);

    if (closed > 0) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
    }
    return closed == 0 ? 0 : -1;
}

/* Lib/io.py: IOBase.readable */
int
BufferedIOBase_readable(BufferedIOBase *self)
{
    (void)self;
    return 0;
}

/* Lib/io.py: IOBase.writable */
int
BufferedIOBase_writable(BufferedIOBase *self)
{
    (void)self;
    return 0;
}

/* Lib/io.py: IOBase.closed */
int
BufferedIOBase_closed(BufferedIOBase *self)
{
    return self->is_closed;
}

/* Lib/io.py: BufferedIOBase.read */
PyObject *
BufferedIOBase_read(BufferedIOBase *self, Py_ssize_t size)
{
    (void)self;
    (void)size;
    iobase_unsupported("read");
    return NULL;
}

/* Lib/io.py: BufferedIOBase.read1 */
PyObject *
BufferedIOBase_read1(BufferedIOBase *self, Py_ssize_t size)
{
    (void)self;
    (void)size;
    iobase_unsupported("read1");
    return NULL;
}

/* Lib/io.py: IOBase.readline, for a stream without peek(): byte by byte. */
PyObject *
BufferedIOBase_readline(BufferedIOBase *self, Py_ssize_t size)
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

/* Python's BufferedIOBase has no peek; a stream that has none is asked in
 * vain. */
PyObject *
BufferedIOBase_peek(BufferedIOBase *self, Py_ssize_t size)
{
    (void)self;
    (void)size;
    iobase_unsupported("peek");
    return NULL;
}

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

/* Lib/io.py: BufferedIOBase.write */
Py_ssize_t
BufferedIOBase_write(BufferedIOBase *self, PyObject *b)
{
    (void)self;
    (void)b;
    iobase_unsupported("write");
    return -1;
}

/* Lib/io.py: IOBase.flush */
int
BufferedIOBase_flush(BufferedIOBase *self)
{
    return check_closed(self);
}

/* Lib/io.py: IOBase.close */
int
BufferedIOBase_close(BufferedIOBase *self)
{
    int result;

    if (self->is_closed) {
        return 0;
    }
    result = self->cls->flush(self);
    self->is_closed = true;
    return result;
}

/* Lib/io.py: IOBase.fileno */
int
BufferedIOBase_fileno(BufferedIOBase *self)
{
    (void)self;
    iobase_unsupported("fileno");
    return -1;
}

/* Lib/io.py: IOBase.__del__ */
void
BufferedIOBase_del(PyObject *op)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
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

int
BufferedIOBase_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((BufferedIOBase *)op)->dict);
    return 0;
}

void
BufferedIOBase_dealloc(PyObject *op)
{
    BufferedIOBase *self = (BufferedIOBase *)op;

    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    Py_CLEAR(self->dict);
    Py_TYPE(op)->tp_free(op);
}

/* What Python code calls, by the same names. */

/* The one argument of method `name`: a size that may be left out or None. */
static int
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

static PyObject *
call_readable(PyObject *op, PyObject *args)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    int readable = self->cls->readable(self);

    (void)args;
    return readable < 0 ? NULL : PyBool_FromLong(readable);
}

static PyObject *
call_writable(PyObject *op, PyObject *args)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
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
    if (check_closed((BufferedIOBase *)op) < 0) {
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
call_detach(PyObject *op, PyObject *args)
{
    (void)op;
    (void)args;
    iobase_unsupported("detach");
    return NULL;
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
call_readline(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    Py_ssize_t size;

    if (parse_size_or_none("readline", args, count, &size) < 0) {
        return NULL;
    }
    return self->cls->readline(self, size);
}

static PyObject *
call_readinto(PyObject *op, PyObject *b)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    Py_buffer view;
    Py_ssize_t n;

    if (!PyArg_Parse(b, "w*:readinto", &view)) {
        return NULL;
    }
    n = self->cls->readinto(self, view.buf, view.len);
    PyBuffer_Release(&view);
    if (n == RAW_WOULD_BLOCK) {
        Py_RETURN_NONE;
    }
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
call_readinto1(PyObject *op, PyObject *b)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    Py_buffer view;
    Py_ssize_t n;

    if (!PyArg_Parse(b, "w*:readinto1", &view)) {
        return NULL;
    }
    n = copy_data(self->cls->read1(self, view.len), view.buf, view.len);
    PyBuffer_Release(&view);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

/* IOBase.__iter__ */
static PyObject *
BufferedIOBase_iter(PyObject *op)
{
    return check_closed((BufferedIOBase *)op) < 0 ? NULL : Py_NewRef(op);
}

/* IOBase.__next__ */
static PyObject *
BufferedIOBase_next(PyObject *op)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    PyObject *line = self->cls->readline(self, -1);

    if (line != NULL && PyBytes_GET_SIZE(line) == 0) {
        Py_CLEAR(line); /* the end, or nothing without blocking */
    }
    return line;
}

static PyObject *
call_readlines(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    PyObject *lines, *line = NULL;
    Py_ssize_t hint, size = 0;

    if (parse_size_or_none("readlines", args, count, &hint) < 0 ||
        check_closed((BufferedIOBase *)op) < 0)
    {
        return NULL;
    }
    lines = PyList_New(0);
    while (lines != NULL && (line = BufferedIOBase_next(op)) != NULL) {
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

static PyObject *
call_write(PyObject *op, PyObject *b)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    Py_ssize_t n = self->cls->write(self, b);

    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
call_writelines(PyObject *op, PyObject *lines)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    PyObject *iterator, *line;

    if (check_closed(self) < 0) {
        return NULL;
    }
    iterator = PyObject_GetIter(lines);
    if (iterator == NULL) {
        return NULL;
    }
    while ((line = PyIter_Next(iterator)) != NULL) {
        Py_ssize_t n = self->cls->write(self, line);

        Py_DECREF(line);
        if (n < 0) {
            break;
        }
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_flush(PyObject *op, PyObject *args)
{
    BufferedIOBase *self = (BufferedIOBase *)op;

    (void)args;
    if (self->cls->flush(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_close(PyObject *op, PyObject *args)
{
    BufferedIOBase *self = (BufferedIOBase *)op;

    (void)args;
    if (self->cls->close(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_fileno(PyObject *op, PyObject *args)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    int fd = self->cls->fileno(self);

    (void)args;
    return fd < 0 && PyErr_Occurred() ? NULL : PyLong_FromLong(fd);
}

static PyObject *
call_enter(PyObject *op, PyObject *args)
{
    (void)args;
    return check_closed((BufferedIOBase *)op) < 0 ? NULL : Py_NewRef(op);
}

static PyObject *
get_closed(PyObject *op, void *closure)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    int closed = self->cls->closed(self);

    (void)closure;
    return closed < 0 ? NULL : PyBool_FromLong(closed);
}

static PyMethodDef methods[] = {
    { "readable", call_readable, METH_NOARGS, NULL },
    { "writable", call_writable, METH_NOARGS, NULL },
    { "seekable", call_seekable, METH_NOARGS, NULL },
    { "isatty", call_isatty, METH_NOARGS, NULL },
    { "seek", call_seek, METH_VARARGS, NULL },
    { "tell", call_seek, METH_NOARGS, NULL }, /* IOBase's is seek(0, 1) */
    { "truncate", call_truncate, METH_VARARGS, NULL },
    { "detach", call_detach, METH_NOARGS, NULL },
    { "read", (PyCFunction)(void (*)(void))call_read, METH_FASTCALL, NULL },
    { "read1", (PyCFunction)(void (*)(void))call_read1, METH_FASTCALL, NULL },
    { "readline", (PyCFunction)(void (*)(void))call_readline, METH_FASTCALL,
      NULL },
    { "readlines", (PyCFunction)(void (*)(void))call_readlines, METH_FASTCALL,
      NULL },
    { "readinto", call_readinto, METH_O, NULL },
    { "readinto1", call_readinto1, METH_O, NULL },
    { "write", call_write, METH_O, NULL },
    { "writelines", call_writelines, METH_O, NULL },
    { "flush", call_flush, METH_NOARGS, NULL },
    { "close", call_close, METH_NOARGS, NULL },
    { "fileno", call_fileno, METH_NOARGS, NULL },
    { "__enter__", call_enter, METH_NOARGS, NULL },
    { "__exit__", call_close, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "closed", get_closed, NULL, NULL, NULL },
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject BufferedIOBase_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.io.BufferedIOBase",
    .tp_basicsize = sizeof(BufferedIOBase),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = BufferedIOBase_traverse,
    .tp_dictoffset = offsetof(BufferedIOBase, dict),
    .tp_weaklistoffset = offsetof(BufferedIOBase, weakrefs),
    .tp_iter = BufferedIOBase_iter,
    .tp_iternext = BufferedIOBase_next,
    .tp_methods = methods,
    .tp_getset = getset,
    .tp_dealloc = BufferedIOBase_dealloc,
};

const BufferedIOBaseClass BufferedIOBase_class = {
    .type = &BufferedIOBase_type,

    .readable = BufferedIOBase_readable,
    .writable = BufferedIOBase_writable,
    .closed = BufferedIOBase_closed,
    .read = BufferedIOBase_read,
    .read1 = BufferedIOBase_read1,
    .readline = BufferedIOBase_readline,
    .peek = BufferedIOBase_peek,
    .readinto = BufferedIOBase_readinto,
    .write = BufferedIOBase_write,
    .flush = BufferedIOBase_flush,
    .close = BufferedIOBase_close,
    .fileno = BufferedIOBase_fileno,
};
