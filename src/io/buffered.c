/* In this file: the checks and the lock; the methods that the tables of
 * readers and writers share; those that only Python calls; and the type. */
#include "io/buffered.h"

#include <stddef.h>
#include <structmember.h>

#include "python/errors.h"
#include "python/objects.h"

_Static_assert(offsetof(Buffered, base) == 0, "the base must be first");

/* Modules/_io/bufferedio.c: CHECK_INITIALIZED */
int
buffered_check_attached(const Buffered *self)
{
    if (self->raw == NULL) {
        PyErr_SetString(PyExc_ValueError, "raw stream has been detached");
        return -1;
    }
    return 0;
}

/* Modules/_io/bufferedio.c: CHECK_CLOSED */
int
buffered_check_closed(const Buffered *self, const char *message)
{
    if (buffered_check_attached(self) < 0) {
        return -1;
    }
    if ((self->buffer == NULL || self->raw->is_closed) &&
        self->pos == self->read_end)
    {
        PyErr_SetString(PyExc_ValueError, message);
        return -1;
    }
    return 0;
}

/* Makes the lock that another thread has, once one has to wait for it. As a
 * rule none ever does: a request saves 2,000 instructions. The GIL is held. */
static int
make_lock(Buffered *self)
{
    self->lock = PyThread_allocate_lock();
    if (self->lock == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    PyThread_acquire_lock(self->lock, NOWAIT_LOCK);
    return 0;
}

/* Modules/_io/bufferedio.c: ENTER_BUFFERED */
int
buffered_enter(Buffered *self)
{
    unsigned long me = PyThread_get_thread_ident();

    if (self->owner == me) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %R", self);
        return -1;
    }
    if (self->owner != 0 && self->lock == NULL && make_lock(self) < 0) {
        return -1;
    }
    if (self->lock != NULL && !PyThread_acquire_lock(self->lock, NOWAIT_LOCK))
    {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
    self->owner = me;
    return 0;
}

/* Modules/_io/bufferedio.c: LEAVE_BUFFERED */
void
buffered_leave(Buffered *self)
{
    self->owner = 0;
    if (self->lock != NULL) {
        PyThread_release_lock(self->lock);
    }
}

/* The buffer of a stream that has been closed, for the next stream that wants
 * one of that size: a request saves 400 instructions. The GIL is held. */
static char *spare; /* owned; or NULL */
static Py_ssize_t spare_size;

/* Memory for a buffer, or NULL. */
static char *
new_buffer(Py_ssize_t size)
{
    char *buffer = spare;

    if (buffer == NULL || spare_size != size) {
        return PyMem_Malloc((size_t)size);
    }
    spare = NULL;
    return buffer;
}

/* The buffer of a stream becomes the spare one, unless it is a large one. */
static void
free_buffer(Buffered *self)
{
    const Py_ssize_t worth_keeping = 131072; /* that of Python 3.15's files */

    if (self->buffer == NULL) {
        return;
    }
    if (self->buffer_size <= worth_keeping) {
        PyMem_Free(spare);
        spare = self->buffer;
        spare_size = self->buffer_size;
    }
    else {
        PyMem_Free(self->buffer);
    }
    self->buffer = NULL;
}

/* Modules/_io/bufferedio.c: _buffered_init */
BufferedIOBase *
Buffered_new(const BufferedIOBaseClass *cls, RawIOBase *raw,
             Py_ssize_t buffer_size)
{
    Buffered *self;

    if (buffer_size <= 0) {
        PyErr_SetString(PyExc_ValueError,
                        "buffer size must be strictly positive");
        return NULL;
    }
    self = (Buffered *)cls->type->tp_alloc(cls->type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->base.cls = cls;
    self->buffer_size = buffer_size;
    self->buffer = new_buffer(buffer_size);
    if (self->buffer == NULL) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    self->raw = (RawIOBase *)Py_NewRef(raw);
    return &self->base;
}

/*
 * What tables have.
 */

/* Modules/_io/bufferedio.c: buffered_closed */
int
Buffered_closed(BufferedIOBase *self)
{
    Buffered *buffered = (Buffered *)self;

    if (buffered_check_attached(buffered) < 0) {
        return -1;
    }
    return buffered->raw->is_closed;
}

/* raw.close(), whatever becomes of the buffer. */
static int
close_raw(Buffered *self)
{
    RawIOBase *raw;
    int result;

    if (buffered_check_attached(self) < 0 || buffered_enter(self) < 0) {
        return -1;
    }
    raw = (RawIOBase *)Py_NewRef(self->raw); /* detach() takes no lock */
    result = raw->cls->close(raw);
    Py_DECREF(raw);
    free_buffer(self);
    self->pos = self->read_end = 0;
    buffered_leave(self);
    return result;
}

/* Modules/_io/bufferedio.c: buffered_close */
int
Buffered_close(BufferedIOBase *self)
{
    Buffered *buffered = (Buffered *)self;
    int result, closed;
    Handled handled;

    if (buffered_check_attached(buffered) < 0 || buffered_enter(buffered) < 0)
    {
        return -1;
    }
    closed = Buffered_closed(self);
    buffered_leave(buffered); /* flush() may want it */
    if (closed != 0) {
        return closed < 0 ? -1 : 0;
    }
    result = self->cls->flush(self);
    handled = finally_enter();
    if (close_raw(buffered) < 0) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}

/* self.raw, borrowed; NULL with ValueError if the raw stream is detached. */
static RawIOBase *
attached_raw(BufferedIOBase *self)
{
    Buffered *buffered = (Buffered *)self;

    return buffered_check_attached(buffered) < 0 ? NULL : buffered->raw;
}

/* Modules/_io/bufferedio.c: buffered_readable */
int
Buffered_readable(BufferedIOBase *self)
{
    RawIOBase *raw = attached_raw(self);

    return raw == NULL ? -1 : raw->cls->readable(raw);
}

/* Modules/_io/bufferedio.c: buffered_writable */
int
Buffered_writable(BufferedIOBase *self)
{
    RawIOBase *raw = attached_raw(self);

    return raw == NULL ? -1 : raw->cls->writable(raw);
}

/* Modules/_io/bufferedio.c: buffered_fileno */
int
Buffered_fileno(BufferedIOBase *self)
{
    RawIOBase *raw = attached_raw(self);

    return raw == NULL ? -1 : raw->cls->fileno(raw);
}

/*
 * What only Python code calls.
 */

/* Modules/_io/bufferedio.c: _io__Buffered_detach */
static PyObject *
Buffered_detach(PyObject *op, PyObject *Py_UNUSED(args))
{
    Buffered *self = (Buffered *)op;
    RawIOBase *raw;

    if (buffered_check_attached(self) < 0 ||
        self->base.cls->flush(&self->base) < 0)
    {
        return NULL;
    }
    raw = self->raw;
    self->raw = NULL;
    return (PyObject *)raw;
}

/* raw.name(), for a method that has no arguments. */
static PyObject *
call_raw(PyObject *op, const char *name)
{
    RawIOBase *raw = attached_raw((BufferedIOBase *)op);

    return raw == NULL ? NULL
                       : PyObject_CallMethod((PyObject *)raw, name, NULL);
}

/* Modules/_io/bufferedio.c: buffered_seekable */
static PyObject *
Buffered_seekable(PyObject *op, PyObject *Py_UNUSED(args))
{
    return call_raw(op, "seekable");
}

/* Modules/_io/bufferedio.c: buffered_isatty */
static PyObject *
Buffered_isatty(PyObject *op, PyObject *Py_UNUSED(args))
{
    return call_raw(op, "isatty");
}

/* Modules/_io/bufferedio.c: buffered_tell */
static PyObject *
Buffered_tell(PyObject *op, PyObject *Py_UNUSED(args))
{
    return call_raw(op, "tell");
}

/* Modules/_io/bufferedio.c: _io__Buffered_seek. No stream of ours can. */
static PyObject *
Buffered_seek(PyObject *op, PyObject *const *args, Py_ssize_t count)
{
    Buffered *self = (Buffered *)op;
    int whence = SEEK_SET;

    if (check_count("seek", count, 1, 2) < 0 ||
        (count > 1 && !PyArg_Parse(args[1], "i:seek", &whence)) ||
        buffered_check_attached(self) < 0)
    {
        return NULL;
    }
    if (whence < SEEK_SET || whence > SEEK_HOLE) {
        PyErr_Format(PyExc_ValueError, "whence value %d unsupported", whence);
        return NULL;
    }
    if (buffered_check_closed(self, "seek of closed file") == 0 &&
        discard(call_raw(op, "seekable")) == 0)
    {
        iobase_unsupported("File or stream is not seekable.");
    }
    return NULL;
}

/* Modules/_io/bufferedio.c: _io__Buffered_truncate */
static PyObject *
Buffered_truncate(PyObject *op, PyObject *args)
{
    Buffered *self = (Buffered *)op;

    if (PyTuple_GET_SIZE(args) > 1) {
        return truncate_as_linked("io.BufferedReader(io.BytesIO())", args);
    }
    if (buffered_check_closed(self, "truncate of closed file") == 0) {
        iobase_unsupported("truncate");
    }
    return NULL;
}

/* raw.name, for the attribute that `closure` names.
 * Modules/_io/bufferedio.c: buffered_name_get, buffered_mode_get */
static PyObject *
get_of_raw(PyObject *op, void *closure)
{
    RawIOBase *raw = attached_raw((BufferedIOBase *)op);

    return raw == NULL ? NULL
                       : PyObject_GetAttrString((PyObject *)raw, closure);
}

/* Modules/_io/bufferedio.c: buffered_repr */
static PyObject *
Buffered_repr(PyObject *op)
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
Buffered_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Buffered *)op)->raw);
    return IOBase_traverse(op, visit, arg);
}

/* Without `raw` no method gets as far as the buffer and the lock. */
static int
Buffered_clear(PyObject *op)
{
    Buffered *self = (Buffered *)op;

    Py_CLEAR(self->raw);
    free_buffer(self);
    if (self->lock != NULL) {
        PyThread_free_lock(self->lock);
        self->lock = NULL;
    }
    return IOBase_clear(op);
}

static PyMethodDef methods[] = {
    { "detach", Buffered_detach, METH_NOARGS, NULL },
    { "seekable", Buffered_seekable, METH_NOARGS, NULL },
    { "isatty", Buffered_isatty, METH_NOARGS, NULL },
    { "tell", Buffered_tell, METH_NOARGS, NULL },
    { "seek", (PyCFunction)(void (*)(void))Buffered_seek, METH_FASTCALL,
      NULL },
    { "truncate", Buffered_truncate, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyMemberDef members[] = {
    { "raw", T_OBJECT, offsetof(Buffered, raw), READONLY, NULL },
    { NULL, 0, 0, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "name", get_of_raw, NULL, NULL, "name" },
    { "mode", get_of_raw, NULL, NULL, "mode" },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject Buffered_type = {
    .tp_name = "cwsgiref.io._Buffered",
    .tp_base = &BufferedIOBase_type,
    .tp_basicsize = sizeof(Buffered),
    .tp_repr = Buffered_repr,
    .tp_methods = methods,
    .tp_members = members,
    .tp_getset = getset,
    .tp_finalize = IOBase_del,
    .tp_traverse = Buffered_traverse,
    .tp_clear = Buffered_clear,
};
