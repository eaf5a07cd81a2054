#include "io/buffered_writer.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "python/errors.h"

_Static_assert(offsetof(BufferedWriter, base) == 0,
               "BufferedWriter is a BufferedIOBase");

/* Modules/_io/bufferedio.c: CHECK_INITIALIZED */
static int
check_attached(const BufferedWriter *self)
{
    if (self->raw == NULL) {
        PyErr_SetString(PyExc_ValueError, "raw stream has been detached");
        return -1;
    }
    return 0;
}

static bool
is_closed(const BufferedWriter *self)
{
    return self->buffer == NULL || self->raw->closed;
}

static int
enter(BufferedWriter *self)
{
    return buffered_enter(&self->base, self->lock, &self->owner);
}

static void
leave(BufferedWriter *self)
{
    buffered_leave(self->lock, &self->owner);
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

/* Hands all of the data to the raw stream. */
static int
raw_write_all(BufferedWriter *self, const char *data, Py_ssize_t size)
{
    RawIOBase *raw = self->raw;

    while (size > 0) {
        Py_ssize_t n = raw->cls->write(raw, data, size);

        if (n == RAW_WOULD_BLOCK) {
            set_blocking_error();
        }
        else if (n < -1 || n > size) {
            PyErr_Format(PyExc_OSError,
                         "raw write() returned invalid length %zd (should "
                         "have been between 0 and %zd)",
                         n, size);
        }
        /* A signal may have come while a part went out. */
        if (n < 0 || n > size || PyErr_CheckSignals() < 0) {
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
    int writable = raw->cls->writable(raw);
    BufferedWriter *self;

    if (writable <= 0) {
        if (writable == 0) {
            iobase_unsupported("File or stream is not writable.");
        }
        return NULL;
    }
    if (buffer_size <= 0) {
        PyErr_SetString(PyExc_ValueError,
                        "buffer size must be strictly positive");
        return NULL;
    }
    self = (BufferedWriter *)cls->type->tp_alloc(cls->type, 0);
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

/* Modules/_io/bufferedio.c: buffered_closed */
int
BufferedWriter_closed(BufferedIOBase *base)
{
    BufferedWriter *self = (BufferedWriter *)base;

    return check_attached(self) < 0 ? -1 : self->raw->closed;
}

/* Modules/_io/bufferedio.c: buffered_close */
int
BufferedWriter_close(BufferedIOBase *base)
{
    BufferedWriter *self = (BufferedWriter *)base;
    int result = 0, closed;
    Handled handled;

    if (check_attached(self) < 0 || enter(self) < 0) {
        return -1;
    }
    closed = BufferedWriter_closed(base);
    leave(self); /* flush() wants it */
    if (closed != 0) {
        return closed < 0 ? -1 : 0;
    }
    if (base->cls->flush(base) < 0) {
        result = -1;
    }
    handled = finally_enter();
    if (enter(self) < 0) {
        result = -1;
    }
    else {
        if (self->raw->cls->close(self->raw) < 0) {
            result = -1;
        }
        PyMem_Free(self->buffer);
        self->buffer = NULL;
        leave(self);
    }
    finally_leave(handled);
    return result;
}

/* Modules/_io/bufferedio.c: buffered_writable */
int
BufferedWriter_writable(BufferedIOBase *base)
{
    RawIOBase *raw = ((BufferedWriter *)base)->raw;

    if (check_attached((BufferedWriter *)base) < 0) {
        return -1;
    }
    return raw->cls->writable(raw);
}

/* Modules/_io/bufferedio.c: buffered_fileno */
int
BufferedWriter_fileno(BufferedIOBase *base)
{
    RawIOBase *raw = ((BufferedWriter *)base)->raw;

    if (check_attached((BufferedWriter *)base) < 0) {
        return -1;
    }
    return raw->cls->fileno(raw);
}

/* Modules/_io/bufferedio.c: buffered_flush */
int
BufferedWriter_flush(BufferedIOBase *base)
{
    BufferedWriter *self = (BufferedWriter *)base;
    int result;

    if (check_attached(self) < 0 || enter(self) < 0) {
        return -1;
    }
    if (is_closed(self)) {
        PyErr_SetString(PyExc_ValueError, "flush of closed file");
        result = -1;
    }
    else {
        result = flush_unlocked(self);
    }
    leave(self);
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
BufferedWriter_write(BufferedIOBase *base, PyObject *b)
{
    BufferedWriter *self = (BufferedWriter *)base;
    Py_ssize_t written = -1;
    Py_buffer view;

    if (PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (check_attached(self) == 0 && enter(self) == 0) {
        if (write_unlocked(self, view.buf, view.len) == 0) {
            written = view.len;
        }
        leave(self);
    }
    PyBuffer_Release(&view);
    return written;
}

static int
BufferedWriter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((BufferedWriter *)op)->raw);
    return BufferedIOBase_traverse(op, visit, arg);
}

static int
BufferedWriter_clear(PyObject *op)
{
    Py_CLEAR(((BufferedWriter *)op)->raw);
    return 0;
}

static void
BufferedWriter_dealloc(PyObject *op)
{
    BufferedWriter *self = (BufferedWriter *)op;

    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return;
    }
    PyObject_GC_UnTrack(op);
    BufferedWriter_clear(op);
    PyMem_Free(self->buffer);
    if (self->lock != NULL) {
        PyThread_free_lock(self->lock);
    }
    BufferedIOBase_dealloc(op);
}

PyTypeObject BufferedWriter_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.io.BufferedWriter",
    .tp_base = &BufferedIOBase_type,
    .tp_basicsize = sizeof(BufferedWriter),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_finalize = BufferedIOBase_del,
    .tp_traverse = BufferedWriter_traverse,
    .tp_clear = BufferedWriter_clear,
    .tp_dealloc = BufferedWriter_dealloc,
};

const BufferedIOBaseClass BufferedWriter_class = {
    .type = &BufferedWriter_type,

    .readable = BufferedIOBase_readable,
    .writable = BufferedWriter_writable,
    .closed = BufferedWriter_closed,
    .read = BufferedIOBase_read,
    .read1 = BufferedIOBase_read1,
    .readline = BufferedIOBase_readline,
    .peek = BufferedIOBase_peek,
    .readinto = BufferedIOBase_readinto,
    .write = BufferedWriter_write,
    .flush = BufferedWriter_flush,
    .close = BufferedWriter_close,
    .fileno = BufferedWriter_fileno,
};
