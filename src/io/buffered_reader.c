#include "io/buffered_reader.h"

#include <stddef.h>
#include <string.h>

#include "python/errors.h"

_Static_assert(offsetof(BufferedReader, base) == 0,
               "BufferedReader is a BufferedIOBase");

/* Modules/_io/bufferedio.c: READAHEAD. How many bytes wait in the buffer.
 * While a thread reads into it there are none, so what is seen here without
 * the lock is good. */
static Py_ssize_t
readahead(const BufferedReader *self)
{
    return self->read_end - self->pos;
}

/* Modules/_io/bufferedio.c: _bufferedreader_reset_buf */
static void
reset_buf(BufferedReader *self)
{
    self->pos = self->read_end = 0;
}

/* Modules/_io/bufferedio.c: CHECK_INITIALIZED */
static int
check_attached(const BufferedReader *self)
{
    if (self->raw == NULL) {
        PyErr_SetString(PyExc_ValueError, "raw stream has been detached");
        return -1;
    }
    return 0;
}

/* Modules/_io/bufferedio.c: CHECK_CLOSED. What is in the buffer may still be
 * read when the stream below is closed. */
static int
check_closed(const BufferedReader *self, const char *message)
{
    if (check_attached(self) < 0) {
        return -1;
    }
    if ((self->buffer == NULL || self->raw->closed) && readahead(self) == 0) {
        PyErr_SetString(PyExc_ValueError, message);
        return -1;
    }
    return 0;
}

/* Takes the lock, for what needs the buffer: another thread may have closed
 * the stream meanwhile. */
static int
enter(BufferedReader *self)
{
    if (buffered_enter(&self->base, self->lock, &self->owner) < 0) {
        return -1;
    }
    if (self->buffer == NULL) {
        buffered_leave(self->lock, &self->owner);
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return -1;
    }
    return 0;
}

static void
leave(BufferedReader *self)
{
    buffered_leave(self->lock, &self->owner);
}

/* Modules/_io/bufferedio.c: _bufferedreader_raw_read */
static Py_ssize_t
raw_read(BufferedReader *self, char *start, Py_ssize_t len)
{
    RawIOBase *raw;
    Py_ssize_t n;

    if (check_attached(self) < 0) {
        return -1;
    }
    raw = (RawIOBase *)Py_NewRef(self->raw); /* detach() takes no lock */
    do {
        n = raw->cls->readinto(raw, start, len);
    } while (n == -1 && trap_eintr());
    Py_DECREF(raw);
    if (n < RAW_WOULD_BLOCK || n > len) {
        PyErr_Format(PyExc_OSError,
                     "raw readinto() returned invalid length %zd (should have "
                     "been between 0 and %zd)",
                     n, len);
        return -1;
    }
    return n;
}

/* Modules/_io/bufferedio.c: _bufferedreader_fill_buffer. Reads once, behind
 * what is in the buffer. */
static Py_ssize_t
fill_buffer(BufferedReader *self)
{
    Py_ssize_t n = raw_read(self, self->buffer + self->read_end,
                            self->buffer_size - self->read_end);

    if (n > 0) {
        self->read_end += n;
    }
    return n;
}

/* The next n bytes of the buffer, which has them. */
static PyObject *
take(BufferedReader *self, Py_ssize_t n)
{
    PyObject *data;

    if (n == 0) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    data = PyBytes_FromStringAndSize(self->buffer + self->pos, n);
    if (data != NULL) {
        self->pos += n;
    }
    return data;
}

/* The same, into memory. */
static void
copy(BufferedReader *self, char *out, Py_ssize_t n)
{
    if (n > 0) {
        memcpy(out, self->buffer + self->pos, (size_t)n);
        self->pos += n;
    }
}

/* The same, at the end of a bytes object; on error *data is NULL. */
static int
append(BufferedReader *self, PyObject **data, Py_ssize_t n)
{
    PyObject *part = take(self, n);

    if (*data == NULL) {
        *data = part;
    }
    else if (part == NULL) {
        Py_CLEAR(*data);
    }
    else {
        PyBytes_ConcatAndDel(data, part);
    }
    return *data == NULL ? -1 : 0;
}

/* Modules/_io/bufferedio.c: BufferedReader.__init__ */
BufferedIOBase *
BufferedReader_new(const BufferedIOBaseClass *cls, RawIOBase *raw,
                   Py_ssize_t buffer_size)
{
    int readable = raw->cls->readable(raw);
    BufferedReader *self;

    if (readable <= 0) {
        if (readable == 0) {
            iobase_unsupported("File or stream is not readable.");
        }
        return NULL;
    }
    if (buffer_size <= 0) {
        PyErr_SetString(PyExc_ValueError,
                        "buffer size must be strictly positive");
        return NULL;
    }
    self = (BufferedReader *)cls->type->tp_alloc(cls->type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->base.cls = cls;
    self->buffer_size = buffer_size;
    self->buffer = PyMem_Malloc((size_t)buffer_size);
    self->lock = PyThread_allocate_lock();
    if (self->buffer == NULL || self->lock == NULL) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    self->raw = (RawIOBase *)Py_NewRef(raw);
    return &self->base;
}

/* Modules/_io/bufferedio.c: buffered_simple_flush */
int
BufferedReader_flush(BufferedIOBase *base)
{
    BufferedReader *self = (BufferedReader *)base;

    if (check_attached(self) < 0) {
        return -1;
    }
    if (self->raw->closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return -1;
    }
    return 0;
}

/* Modules/_io/bufferedio.c: buffered_closed */
int
BufferedReader_closed(BufferedIOBase *base)
{
    BufferedReader *self = (BufferedReader *)base;

    return check_attached(self) < 0 ? -1 : self->raw->closed;
}

/* Modules/_io/bufferedio.c: buffered_close */
int
BufferedReader_close(BufferedIOBase *base)
{
    BufferedReader *self = (BufferedReader *)base;
    int result = 0, closed;
    RawIOBase *raw;
    Handled handled;

    if (check_attached(self) < 0 ||
        buffered_enter(base, self->lock, &self->owner) < 0)
    {
        return -1;
    }
    closed = BufferedReader_closed(base);
    leave(self); /* flush() may want it */
    if (closed != 0) {
        return closed < 0 ? -1 : 0;
    }
    if (base->cls->flush(base) < 0) {
        result = -1;
    }
    handled = finally_enter();
    if (check_attached(self) < 0 ||
        buffered_enter(base, self->lock, &self->owner) < 0)
    {
        result = -1;
    }
    else {
        raw = (RawIOBase *)Py_NewRef(self->raw);
        if (raw->cls->close(raw) < 0) {
            result = -1;
        }
        Py_DECREF(raw);
        PyMem_Free(self->buffer);
        self->buffer = NULL;
        reset_buf(self);
        leave(self);
    }
    finally_leave(handled);
    return result;
}

/* Modules/_io/bufferedio.c: BufferedReader.detach */
static PyObject *
BufferedReader_detach(PyObject *op, PyObject *args)
{
    BufferedReader *self = (BufferedReader *)op;
    RawIOBase *raw;

    (void)args;
    if (check_attached(self) < 0 || self->base.cls->flush(&self->base) < 0) {
        return NULL;
    }
    raw = self->raw;
    self->raw = NULL;
    return (PyObject *)raw;
}

/* Modules/_io/bufferedio.c: buffered_readable */
int
BufferedReader_readable(BufferedIOBase *base)
{
    RawIOBase *raw = ((BufferedReader *)base)->raw;

    if (check_attached((BufferedReader *)base) < 0) {
        return -1;
    }
    return raw->cls->readable(raw);
}

/* Modules/_io/bufferedio.c: buffered_fileno */
int
BufferedReader_fileno(BufferedIOBase *base)
{
    RawIOBase *raw = ((BufferedReader *)base)->raw;

    if (check_attached((BufferedReader *)base) < 0) {
        return -1;
    }
    return raw->cls->fileno(raw);
}

/* Modules/_io/bufferedio.c: BufferedReader.peek. The size is a hint that
 * CPython does not take. */
PyObject *
BufferedReader_peek(BufferedIOBase *base, Py_ssize_t size)
{
    BufferedReader *self = (BufferedReader *)base;
    PyObject *data = NULL;
    Py_ssize_t n;

    (void)size;
    if (check_closed(self, "peek of closed file") < 0 || enter(self) < 0) {
        return NULL;
    }
    n = readahead(self);
    if (n == 0) {
        reset_buf(self);
        n = fill_buffer(self);
    }
    if (n != -1) { /* nothing without blocking counts as nothing */
        data =
            PyBytes_FromStringAndSize(self->buffer + self->pos, Py_MAX(n, 0));
    }
    leave(self);
    return data;
}

/* Modules/_io/bufferedio.c: _bufferedreader_read_all */
static PyObject *
read_all(BufferedReader *self)
{
    PyObject *data = take(self, readahead(self));
    PyObject *rest;
    RawIOBase *raw;

    reset_buf(self);
    if (data == NULL || check_attached(self) < 0) {
        Py_XDECREF(data);
        return NULL;
    }
    raw = (RawIOBase *)Py_NewRef(self->raw);
    rest = RawIOBase_readall(raw);
    Py_DECREF(raw);
    if (rest == NULL || PyBytes_GET_SIZE(data) == 0) {
        Py_DECREF(data);
        return rest;
    }
    if (rest == Py_None) {
        Py_DECREF(rest);
        return data;
    }
    PyBytes_ConcatAndDel(&data, rest);
    return data;
}

/* Modules/_io/bufferedio.c: _bufferedreader_read_generic. Reads on until n
 * bytes are there, or the end is, or the next read would block; whole
 * multiples of the buffer's size without a detour through the buffer. */
static PyObject *
read_generic(BufferedReader *self, Py_ssize_t n)
{
    PyObject *data = PyBytes_FromStringAndSize(NULL, n);
    Py_ssize_t written = Py_MIN(readahead(self), n), got = 1;
    char *out;

    if (data == NULL) {
        return NULL;
    }
    out = PyBytes_AS_STRING(data);
    copy(self, out, written);
    if (written < n) {
        reset_buf(self);
    }
    while (written < n && got > 0) {
        Py_ssize_t remaining = n - written;
        Py_ssize_t whole = remaining - remaining % self->buffer_size;

        if (whole > 0) {
            got = raw_read(self, out + written, whole);
            written += Py_MAX(got, 0);
        }
        else {
            got = fill_buffer(self);
            remaining = Py_MIN(remaining, readahead(self));
            copy(self, out + written, remaining);
            written += remaining;
        }
    }
    if (got == -1) {
        Py_CLEAR(data);
    }
    else if (got == RAW_WOULD_BLOCK && written == 0) {
        Py_SETREF(data, Py_NewRef(Py_None));
    }
    else if (written < n) {
        _PyBytes_Resize(&data, written);
    }
    return data;
}

/* Modules/_io/bufferedio.c: BufferedReader.read */
PyObject *
BufferedReader_read(BufferedIOBase *base, Py_ssize_t n)
{
    BufferedReader *self = (BufferedReader *)base;
    PyObject *data;

    if (check_attached(self) < 0) {
        return NULL;
    }
    if (n < -1) {
        PyErr_SetString(PyExc_ValueError,
                        "read length must be non-negative or -1");
        return NULL;
    }
    if (check_closed(self, "read of closed file") < 0) {
        return NULL;
    }
    if (n >= 0 && n <= readahead(self)) {
        return take(self, n);
    }
    if (enter(self) < 0) {
        return NULL;
    }
    data = n == -1 ? read_all(self) : read_generic(self, n);
    leave(self);
    return data;
}

/* Modules/_io/bufferedio.c: BufferedReader.read1 */
PyObject *
BufferedReader_read1(BufferedIOBase *base, Py_ssize_t n)
{
    BufferedReader *self = (BufferedReader *)base;
    PyObject *data;
    Py_ssize_t got;

    if (check_closed(self, "read of closed file") < 0) {
        return NULL;
    }
    if (n < 0) {
        n = self->buffer_size;
    }
    if (n == 0 || readahead(self) > 0) {
        return take(self, Py_MIN(n, readahead(self)));
    }
    data = PyBytes_FromStringAndSize(NULL, n);
    if (data == NULL) {
        return NULL;
    }
    if (enter(self) < 0) {
        Py_DECREF(data);
        return NULL;
    }
    reset_buf(self);
    got = raw_read(self, PyBytes_AS_STRING(data), n);
    leave(self);
    if (got == -1) {
        Py_CLEAR(data);
    }
    else if (got < n) {
        _PyBytes_Resize(&data, Py_MAX(got, 0));
    }
    return data;
}

/* Modules/_io/bufferedio.c: _buffered_readinto_generic */
static Py_ssize_t
readinto_generic(BufferedReader *self, char *buffer, Py_ssize_t size,
                 bool readinto1)
{
    Py_ssize_t written, got = 1;

    if (check_closed(self, "readinto of closed file") < 0) {
        return -1;
    }
    written = Py_MIN(readahead(self), size);
    copy(self, buffer, written);
    if (written == size) {
        return written;
    }
    if (enter(self) < 0) {
        return -1;
    }
    reset_buf(self);
    while (written < size && got > 0) {
        Py_ssize_t remaining = size - written;

        if (remaining > self->buffer_size) {
            got = raw_read(self, buffer + written, remaining);
            written += Py_MAX(got, 0);
        }
        else if (readinto1 && written > 0) {
            break; /* the buffer is not filled for what comes later */
        }
        else {
            got = fill_buffer(self);
            remaining = Py_MIN(remaining, readahead(self));
            copy(self, buffer + written, remaining);
            written += remaining;
        }
        if (readinto1) {
            break;
        }
    }
    leave(self);
    if (got == -1 || (got == RAW_WOULD_BLOCK && written == 0)) {
        return got;
    }
    return written;
}

/* Modules/_io/bufferedio.c: BufferedReader.readinto */
Py_ssize_t
BufferedReader_readinto(BufferedIOBase *base, char *buffer, Py_ssize_t size)
{
    return readinto_generic((BufferedReader *)base, buffer, size, false);
}

/* Modules/_io/bufferedio.c: BufferedReader.readinto1 */
static PyObject *
BufferedReader_readinto1(PyObject *op, PyObject *b)
{
    Py_buffer view;
    Py_ssize_t n;

    if (!PyArg_Parse(b, "w*:readinto1", &view)) {
        return NULL;
    }
    n = readinto_generic((BufferedReader *)op, view.buf, view.len, true);
    PyBuffer_Release(&view);
    if (n == RAW_WOULD_BLOCK) {
        Py_RETURN_NONE;
    }
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

/* How many bytes the line has that begins in the buffer, `limit` at most (or
 * all that are there); *complete tells whether it ends there. */
static Py_ssize_t
measure_line(const BufferedReader *self, Py_ssize_t limit, bool *complete)
{
    Py_ssize_t n = readahead(self);
    const char *start = self->buffer + self->pos;
    const char *newline;

    if (limit >= 0 && n > limit) {
        n = limit;
    }
    newline = n > 0 ? memchr(start, '\n', (size_t)n) : NULL;
    if (newline != NULL) {
        n = newline - start + 1;
    }
    *complete = newline != NULL || n == limit;
    return n;
}

/* Modules/_io/bufferedio.c: _buffered_readline, for a line that goes on
 * beyond the buffer. */
static PyObject *
readline_generic(BufferedReader *self, Py_ssize_t limit)
{
    PyObject *line = NULL;
    bool complete;

    for (;;) {
        Py_ssize_t n = measure_line(self, limit, &complete);

        if (append(self, &line, n) < 0 || complete) {
            break;
        }
        if (limit >= 0) {
            limit -= n;
        }
        reset_buf(self);
        n = fill_buffer(self);
        if (n <= 0) {
            if (n == -1) {
                Py_CLEAR(line);
            }
            break; /* the end, or nothing without blocking */
        }
    }
    return line;
}

/* Modules/_io/bufferedio.c: BufferedReader.readline */
PyObject *
BufferedReader_readline(BufferedIOBase *base, Py_ssize_t limit)
{
    BufferedReader *self = (BufferedReader *)base;
    PyObject *line;
    Py_ssize_t n;
    bool complete;

    if (check_closed(self, "readline of closed file") < 0) {
        return NULL;
    }
    n = measure_line(self, limit, &complete);
    if (complete) {
        return take(self, n);
    }
    if (enter(self) < 0) {
        return NULL;
    }
    line = readline_generic(self, limit);
    leave(self);
    return line;
}

/* Modules/_io/bufferedio.c: buffered_tell */
static PyObject *
BufferedReader_tell(PyObject *op, PyObject *args)
{
    BufferedReader *self = (BufferedReader *)op;

    (void)args;
    if (check_attached(self) < 0) {
        return NULL;
    }
    return PyObject_CallMethod((PyObject *)self->raw, "tell", NULL);
}

/* Modules/_io/bufferedio.c: BufferedReader.seek. No stream of ours can. */
static PyObject *
BufferedReader_seek(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    BufferedReader *self = (BufferedReader *)op;
    PyObject *seekable;
    int whence = SEEK_SET;

    if (check_count("seek", count, 1, 2) < 0 ||
        (count > 1 && !PyArg_Parse(args[1], "i:seek", &whence)) ||
        check_attached(self) < 0)
    {
        return NULL;
    }
    if (whence < SEEK_SET || whence > SEEK_HOLE) {
        PyErr_Format(PyExc_ValueError, "whence value %d unsupported", whence);
        return NULL;
    }
    if (check_closed(self, "seek of closed file") < 0) {
        return NULL;
    }
    seekable = PyObject_CallMethod((PyObject *)self->raw, "seekable", NULL);
    if (seekable != NULL) {
        Py_DECREF(seekable);
        iobase_unsupported("File or stream is not seekable.");
    }
    return NULL;
}

/* Modules/_io/bufferedio.c: BufferedReader.truncate */
static PyObject *
BufferedReader_truncate(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    BufferedReader *self = (BufferedReader *)op;

    (void)args;
    if (check_count("truncate", count, 0, 1) == 0 &&
        check_closed(self, "truncate of closed file") == 0)
    {
        iobase_unsupported("truncate");
    }
    return NULL;
}

/* Modules/_io/bufferedio.c: buffered_seekable */
static PyObject *
BufferedReader_seekable(PyObject *op, PyObject *args)
{
    BufferedReader *self = (BufferedReader *)op;

    (void)args;
    if (check_attached(self) < 0) {
        return NULL;
    }
    return PyObject_CallMethod((PyObject *)self->raw, "seekable", NULL);
}

/* Modules/_io/bufferedio.c: buffered_isatty */
static PyObject *
BufferedReader_isatty(PyObject *op, PyObject *args)
{
    BufferedReader *self = (BufferedReader *)op;

    (void)args;
    if (check_attached(self) < 0) {
        return NULL;
    }
    return PyObject_CallMethod((PyObject *)self->raw, "isatty", NULL);
}

/* Modules/_io/bufferedio.c: buffered_name_get */
static PyObject *
BufferedReader_name(PyObject *op, void *closure)
{
    BufferedReader *self = (BufferedReader *)op;

    (void)closure;
    if (check_attached(self) < 0) {
        return NULL;
    }
    return PyObject_GetAttrString((PyObject *)self->raw, "name");
}

/* Modules/_io/bufferedio.c: buffered_mode_get */
static PyObject *
BufferedReader_mode(PyObject *op, void *closure)
{
    BufferedReader *self = (BufferedReader *)op;

    (void)closure;
    if (check_attached(self) < 0) {
        return NULL;
    }
    return PyObject_GetAttrString((PyObject *)self->raw, "mode");
}

static PyObject *
get_raw(PyObject *op, void *closure)
{
    RawIOBase *raw = ((BufferedReader *)op)->raw;

    (void)closure;
    return Py_NewRef(raw == NULL ? Py_None : (PyObject *)raw);
}

/* `self.peek`, as the application gets it. */
static PyObject *
call_peek(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    BufferedIOBase *self = (BufferedIOBase *)op;
    Py_ssize_t size = 0;

    if (check_count("peek", count, 0, 1) < 0 ||
        (count > 0 && !PyArg_Parse(args[0], "n:peek", &size)))
    {
        return NULL;
    }
    return self->cls->peek(self, size);
}

/* Modules/_io/bufferedio.c: buffered_repr */
static PyObject *
BufferedReader_repr(PyObject *op)
{
    PyObject *name = PyObject_GetAttrString(op, "name");
    PyObject *text;

    if (name == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError) &&
            !PyErr_ExceptionMatches(PyExc_AttributeError))
        {
            return NULL;
        }
        PyErr_Clear();
        return PyUnicode_FromFormat("<%s>", Py_TYPE(op)->tp_name);
    }
    text = PyUnicode_FromFormat("<%s name=%R>", Py_TYPE(op)->tp_name, name);
    Py_DECREF(name);
    return text;
}

static int
BufferedReader_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((BufferedReader *)op)->raw);
    return BufferedIOBase_traverse(op, visit, arg);
}

static int
BufferedReader_clear(PyObject *op)
{
    Py_CLEAR(((BufferedReader *)op)->raw);
    return 0;
}

static void
BufferedReader_dealloc(PyObject *op)
{
    BufferedReader *self = (BufferedReader *)op;

    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return;
    }
    PyObject_GC_UnTrack(op);
    BufferedReader_clear(op);
    PyMem_Free(self->buffer);
    if (self->lock != NULL) {
        PyThread_free_lock(self->lock);
    }
    BufferedIOBase_dealloc(op);
}

static PyMethodDef methods[] = {
    { "detach", BufferedReader_detach, METH_NOARGS, NULL },
    { "peek", (PyCFunction)(void (*)(void))call_peek, METH_FASTCALL, NULL },
    { "readinto1", BufferedReader_readinto1, METH_O, NULL },
    { "tell", BufferedReader_tell, METH_NOARGS, NULL },
    { "seek", (PyCFunction)(void (*)(void))BufferedReader_seek, METH_FASTCALL,
      NULL },
    { "truncate", (PyCFunction)(void (*)(void))BufferedReader_truncate,
      METH_FASTCALL, NULL },
    { "seekable", BufferedReader_seekable, METH_NOARGS, NULL },
    { "isatty", BufferedReader_isatty, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "raw", get_raw, NULL, NULL, NULL },
    { "name", BufferedReader_name, NULL, NULL, NULL },
    { "mode", BufferedReader_mode, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject BufferedReader_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.io.BufferedReader",
    .tp_base = &BufferedIOBase_type,
    .tp_basicsize = sizeof(BufferedReader),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_repr = BufferedReader_repr,
    .tp_methods = methods,
    .tp_getset = getset,
    .tp_finalize = BufferedIOBase_del,
    .tp_traverse = BufferedReader_traverse,
    .tp_clear = BufferedReader_clear,
    .tp_dealloc = BufferedReader_dealloc,
};

const BufferedIOBaseClass BufferedReader_class = {
    .type = &BufferedReader_type,

    .readable = BufferedReader_readable,
    .writable = BufferedIOBase_writable,
    .closed = BufferedReader_closed,
    .read = BufferedReader_read,
    .read1 = BufferedReader_read1,
    .readline = BufferedReader_readline,
    .peek = BufferedReader_peek,
    .readinto = BufferedReader_readinto,
    .write = BufferedIOBase_write,
    .flush = BufferedReader_flush,
    .close = BufferedReader_close,
    .fileno = BufferedReader_fileno,
};
