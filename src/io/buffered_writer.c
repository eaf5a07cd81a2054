#include "io/buffered_writer.h"

#include <errno.h>
#include <string.h>

static bool
is_closed(const BufferedWriter *self)
{
    return self->buffer == NULL || self->raw->is_closed;
}

/* raise BlockingIOError. Modules/_io/bufferedio.c: _set_BlockingIOError */
static void
set_blocking_error(void)
{
    PyObject *error = PyObject_CallFunction(
        PyExc_BlockingIOError, "isn", EAGAIN,
        "write could not complete without blocking", (Py_ssize_t)0);

    if (error != NULL) {
        PyErr_SetObject(PyExc_BlockingIOError, error);
        Py_DECREF(error);
    }
}

/* Modules/_io/bufferedio.c: _bufferedwriter_raw_write */
static Py_ssize_t
raw_write(BufferedWriter *self, const char *start, Py_ssize_t len)
{
    PyObject *view = PyMemoryView_FromMemory((char *)start, len, PyBUF_READ);
    RawIOBase *raw;
    Py_ssize_t n;

    if (view == NULL || buffered_check_attached(self) < 0) {
        Py_XDECREF(view);
        return -1;
    }
    raw = (RawIOBase *)Py_NewRef(self->raw); /* detach() takes no lock */
    n = raw->cls->write(raw, view);
    Py_DECREF(raw);
    Py_DECREF(view);
    if (n == RAW_WOULD_BLOCK) {
        set_blocking_error();
        return -1;
    }
    if (n < -1 || n > len) {
        PyErr_Format(PyExc_OSError,
                     "raw write() returned invalid length %zd (should have "
                     "been between 0 and %zd)",
                     n, len);
        return -1;
    }
    return n;
}

/* Hands all of the data to the raw stream. */
static int
raw_write_all(BufferedWriter *self, const char *data, Py_ssize_t size)
{
    while (size > 0) {
        Py_ssize_t n = raw_write(self, data, size);

        /* A signal may have come while a part went out. */
        if (n < 0 || PyErr_CheckSignals() < 0) {
            return -1;
        }
        data += n;
        size -= n;
    }
    return 0;
}

/* Modules/_io/bufferedio.c: _bufferedwriter_flush_unlocked */
static int
flush_unlocked(BufferedWriter *self)
{
    Py_ssize_t size = self->write_end;

    self->write_end = 0;
    return raw_write_all(self, self->buffer, size);
}

/* Modules/_io/bufferedio.c: BufferedWriter.__init__ */
BufferedIOBase *
BufferedWriter_new(const BufferedIOBaseClass *cls, RawIOBase *raw,
                   Py_ssize_t buffer_size)
{
    if (IOBase__checkWritable(raw) < 0) {
        return NULL;
    }
    return Buffered_new(cls, raw, buffer_size);
}

/* Modules/_io/bufferedio.c: buffered_flush */
int
BufferedWriter_flush(BufferedIOBase *self)
{
    BufferedWriter *writer = (BufferedWriter *)self;
    int result;

    if (buffered_check_attached(writer) < 0 || buffered_enter(writer) < 0) {
        return -1;
    }
    if (is_closed(writer)) {
        PyErr_SetString(PyExc_ValueError, "flush of closed file");
        result = -1;
    }
    else {
        result = flush_unlocked(writer);
    }
    buffered_leave(writer);
    return result;
}

/* What write() does with the lock held. Data that does not fit fills the
 * buffer up, so that what waits there does not leave alone, and then goes
 * out from where it is. (CPython sends the buffer as it is, and holds the end
 * of the data back.) */
static int
write_unlocked(BufferedWriter *self, const char *data, Py_ssize_t size)
{
    Py_ssize_t avail = self->buffer_size - self->write_end;
    bool fits = size <= avail;

    if (is_closed(self)) {
        PyErr_SetString(PyExc_ValueError, "write to closed file");
        return -1;
    }
    if (fits || self->write_end > 0) {
        Py_ssize_t n = fits ? size : avail;

        memcpy(self->buffer + self->write_end, data, (size_t)n);
        self->write_end += n;
        data += n;
        size -= n;
    }
    if (fits) {
        return 0;
    }
    if (flush_unlocked(self) < 0) {
        return -1;
    }
    return raw_write_all(self, data, size);
}

/* Modules/_io/bufferedio.c: BufferedWriter.write */
Py_ssize_t
BufferedWriter_write(BufferedIOBase *self, PyObject *b)
{
    BufferedWriter *writer = (BufferedWriter *)self;
    Py_ssize_t written = -1;
    Py_buffer view;

    if (PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (buffered_check_attached(writer) == 0 && buffered_enter(writer) == 0) {
        if (write_unlocked(writer, view.buf, view.len) == 0) {
            written = view.len;
        }
        buffered_leave(writer);
    }
    PyBuffer_Release(&view);
    return written;
}

PyTypeObject BufferedWriter_type = {
    .tp_name = "cwsgiref.io.BufferedWriter",
    .tp_base = &Buffered_type,
    .tp_basicsize = sizeof(BufferedWriter),
};

const BufferedIOBaseClass BufferedWriter_class = {
    .type = &BufferedWriter_type,

    .readable = IOBase_readable,
    .writable = Buffered_writable,
    .closed = Buffered_closed,
    .read = IOBase_read,
    .read1 = IOBase_read1,
    .readline = IOBase_readline,
    .peek = IOBase_peek,
    .readinto = BufferedIOBase_readinto,
    .write = BufferedWriter_write,
    .flush = BufferedWriter_flush,
    .close = Buffered_close,
    .fileno = Buffered_fileno,
};
