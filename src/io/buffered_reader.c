/* In this file: the buffer of a reader, and how it is filled; BufferedReader's
 * methods, in Python's order, each with the helper that Modules/_io has for
 * it; and the type. What a writer has, too, is in buffered.c.
 *
 * Reading a request takes a third of this. The rest is here because rfile is
 * the application's wsgi.input: every method answers as Python's does, on a
 * socket that does not block, in several threads, after close() or detach(),
 * and within a signal handler. */
#include "io/buffered_reader.h"

#include <string.h>

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

/* Takes the lock, for what needs the buffer: another thread may have closed
 * the stream meanwhile. */
static int
enter(BufferedReader *self)
{
    if (buffered_enter(self) < 0) {
        return -1;
    }
    if (self->buffer == NULL) {
        buffered_leave(self);
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return -1;
    }
    return 0;
}

/* Modules/_io/bufferedio.c: _bufferedreader_raw_read */
static Py_ssize_t
raw_read(BufferedReader *self, char *start, Py_ssize_t len)
{
    RawIOBase *raw;
    Py_ssize_t n;

    if (buffered_check_attached(self) < 0) {
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

/*
 * BufferedReader's methods.
 */

/* Modules/_io/bufferedio.c: BufferedReader.__init__ */
BufferedIOBase *
BufferedReader_new(const BufferedIOBaseClass *cls, RawIOBase *raw,
                   Py_ssize_t buffer_size)
{
    if (IOBase__checkReadable(raw) < 0) {
        return NULL;
    }
    return Buffered_new(cls, raw, buffer_size);
}

/* Modules/_io/bufferedio.c: buffered_simple_flush */
int
BufferedReader_flush(BufferedIOBase *self)
{
    BufferedReader *reader = (BufferedReader *)self;

    if (buffered_check_attached(reader) < 0) {
        return -1;
    }
    if (reader->raw->is_closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
        return -1;
    }
    return 0;
}

/* Modules/_io/bufferedio.c: BufferedReader.peek. The size is a hint that
 * CPython does not take. */
PyObject *
BufferedReader_peek(BufferedIOBase *self, Py_ssize_t size)
{
    BufferedReader *reader = (BufferedReader *)self;
    PyObject *data = NULL;
    Py_ssize_t n;

    (void)size;
    if (buffered_check_closed(reader, "peek of closed file") < 0 ||
        enter(reader) < 0)
    {
        return NULL;
    }
    n = readahead(reader);
    if (n == 0) {
        reset_buf(reader);
        n = fill_buffer(reader);
    }
    if (n != -1) { /* nothing without blocking counts as nothing */
        data = PyBytes_FromStringAndSize(reader->buffer + reader->pos,
                                         Py_MAX(n, 0));
    }
    buffered_leave(reader);
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
    if (data == NULL || buffered_check_attached(self) < 0) {
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
BufferedReader_read(BufferedIOBase *self, Py_ssize_t n)
{
    BufferedReader *reader = (BufferedReader *)self;
    PyObject *data;

    if (buffered_check_attached(reader) < 0) {
        return NULL;
    }
    if (n < -1) {
        PyErr_SetString(PyExc_ValueError,
                        "read length must be non-negative or -1");
        return NULL;
    }
    if (buffered_check_closed(reader, "read of closed file") < 0) {
        return NULL;
    }
    if (n >= 0 && n <= readahead(reader)) {
        return take(reader, n);
    }
    if (enter(reader) < 0) {
        return NULL;
    }
    data = n == -1 ? read_all(reader) : read_generic(reader, n);
    buffered_leave(reader);
    return data;
}

/* Modules/_io/bufferedio.c: BufferedReader.read1 */
PyObject *
BufferedReader_read1(BufferedIOBase *self, Py_ssize_t n)
{
    BufferedReader *reader = (BufferedReader *)self;
    PyObject *data;
    Py_ssize_t got;

    if (buffered_check_closed(reader, "read of closed file") < 0) {
        return NULL;
    }
    if (n < 0) {
        n = reader->buffer_size;
    }
    if (n == 0 || readahead(reader) > 0) {
        return take(reader, Py_MIN(n, readahead(reader)));
    }
    data = PyBytes_FromStringAndSize(NULL, n);
    if (data == NULL) {
        return NULL;
    }
    if (enter(reader) < 0) {
        Py_DECREF(data);
        return NULL;
    }
    reset_buf(reader);
    got = raw_read(reader, PyBytes_AS_STRING(data), n);
    buffered_leave(reader);
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

    if (buffered_check_closed(self, "readinto of closed file") < 0) {
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
    buffered_leave(self);
    if (got == -1 || (got == RAW_WOULD_BLOCK && written == 0)) {
        return got;
    }
    return written;
}

/* Modules/_io/bufferedio.c: BufferedReader.readinto */
Py_ssize_t
BufferedReader_readinto(BufferedIOBase *self, char *buffer, Py_ssize_t size)
{
    return readinto_generic((BufferedReader *)self, buffer, size, false);
}

/* Modules/_io/bufferedio.c: BufferedReader.readinto1 */
static Py_ssize_t
BufferedReader_readinto1(BufferedIOBase *self, char *buffer, Py_ssize_t size)
{
    return readinto_generic((BufferedReader *)self, buffer, size, true);
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

        if ((n > 0 || complete) && append(self, &line, n) < 0) {
            return NULL;
        }
        if (complete) {
            return line;
        }
        if (limit >= 0) {
            limit -= n;
        }
        reset_buf(self);
        n = fill_buffer(self);
        if (n == -1) {
            Py_XDECREF(line);
            return NULL;
        }
        if (n <= 0) { /* the end, or nothing without blocking */
            return line == NULL ? take(self, 0) : line;
        }
    }
}

/* Modules/_io/bufferedio.c: BufferedReader.readline */
PyObject *
BufferedReader_readline(BufferedIOBase *self, Py_ssize_t limit)
{
    BufferedReader *reader = (BufferedReader *)self;
    PyObject *line;
    Py_ssize_t n;
    bool complete;

    if (buffered_check_closed(reader, "readline of closed file") < 0) {
        return NULL;
    }
    n = measure_line(reader, limit, &complete);
    if (complete) {
        return take(reader, n);
    }
    if (enter(reader) < 0) {
        return NULL;
    }
    line = readline_generic(reader, limit);
    buffered_leave(reader);
    return line;
}

/*
 * What Python code calls, and the type.
 */

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

static PyObject *
call_readinto1(PyObject *op, PyObject *b)
{
    return read_into((BufferedIOBase *)op, b, "w*:readinto1",
                     BufferedReader_readinto1);
}

static PyMethodDef methods[] = {
    { "peek", (PyCFunction)(void (*)(void))call_peek, METH_FASTCALL, NULL },
    { "readinto1", call_readinto1, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

PyTypeObject BufferedReader_type = {
    .tp_name = "cwsgiref.io.BufferedReader",
    .tp_base = &Buffered_type,
    .tp_basicsize = sizeof(BufferedReader),
    .tp_methods = methods,
};

const BufferedIOBaseClass BufferedReader_class = {
    .type = &BufferedReader_type,

    .readable = Buffered_readable,
    .writable = IOBase_writable,
    .closed = Buffered_closed,
    .read = BufferedReader_read,
    .read1 = BufferedReader_read1,
    .readline = BufferedReader_readline,
    .peek = BufferedReader_peek,
    .readinto = BufferedReader_readinto,
    .write = IOBase_write,
    .flush = BufferedReader_flush,
    .close = Buffered_close,
    .fileno = Buffered_fileno,
};
