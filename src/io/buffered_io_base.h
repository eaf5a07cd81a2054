/* Lib/io.py: BufferedIOBase, with what IOBase gives it. The root of every
 * stream: rfile, wfile, and a handler's stdout.
 *
 * To Python our streams are io.BufferedIOBase by registration, and have its
 * methods, because the application is given the rfile as wsgi.input. */
#ifndef CWSGIREF_IO_BUFFERED_IO_BASE_H
#define CWSGIREF_IO_BUFFERED_IO_BASE_H

#include <Python.h>
#include <pythread.h>
#include <stdbool.h>

typedef struct BufferedIOBase BufferedIOBase;
typedef struct BufferedIOBaseClass BufferedIOBaseClass;

struct BufferedIOBaseClass {
    PyTypeObject *type;

    /* Predicates: 1, 0, or -1 with an exception. */
    int (*readable)(BufferedIOBase *self);
    int (*writable)(BufferedIOBase *self);
    int (*closed)(BufferedIOBase *self);

    /* New bytes objects. A size of -1 means no limit. Over a non-blocking
     * stream read() may be None. */
    PyObject *(*read)(BufferedIOBase *self, Py_ssize_t size);
    PyObject *(*read1)(BufferedIOBase *self, Py_ssize_t size);
    PyObject *(*readline)(BufferedIOBase *self, Py_ssize_t size);
    PyObject *(*peek)(BufferedIOBase *self, Py_ssize_t size);
    /* How many bytes were read into `buffer`; -1 on error. Over a
     * non-blocking stream also RAW_WOULD_BLOCK. */
    Py_ssize_t (*readinto)(BufferedIOBase *self, char *buffer,
                           Py_ssize_t size);

    /* `b` is bytes or another object with a buffer. How many bytes were
     * taken; -1 on error. A stream that answers None has taken all. */
    Py_ssize_t (*write)(BufferedIOBase *self, PyObject *b);
    int (*flush)(BufferedIOBase *self);
    int (*close)(BufferedIOBase *self);
    /* A file descriptor (borrowed), or -1 with an exception. */
    int (*fileno)(BufferedIOBase *self);
};

struct BufferedIOBase {
    PyObject_HEAD
    const BufferedIOBaseClass *cls;
    bool is_closed; /* what closed() answers, where no stream below does */
    PyObject *dict; /* owned; attributes that Python code has set, or NULL */
    PyObject *weakrefs; /* CPython's; the weak references to the stream */
};

extern PyTypeObject BufferedIOBase_type;
extern const BufferedIOBaseClass BufferedIOBase_class;

/* What BufferedIOBase itself does: each operation that a subclass has not is
 * io.UnsupportedOperation, with the operation's name; flush() and close() do
 * what IOBase's do. */
int BufferedIOBase_readable(BufferedIOBase *self);
int BufferedIOBase_writable(BufferedIOBase *self);
int BufferedIOBase_closed(BufferedIOBase *self);
PyObject *BufferedIOBase_read(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedIOBase_read1(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedIOBase_readline(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedIOBase_peek(BufferedIOBase *self, Py_ssize_t size);
Py_ssize_t BufferedIOBase_readinto(BufferedIOBase *self, char *buffer,
                                   Py_ssize_t size);
Py_ssize_t BufferedIOBase_write(BufferedIOBase *self, PyObject *b);
int BufferedIOBase_flush(BufferedIOBase *self);
int BufferedIOBase_close(BufferedIOBase *self);
int BufferedIOBase_fileno(BufferedIOBase *self);
/* IOBase.__del__, for the tp_finalize of what wants to be closed. */
void BufferedIOBase_del(PyObject *op);
int BufferedIOBase_traverse(PyObject *op, visitproc visit, void *arg);
void BufferedIOBase_dealloc(PyObject *op);

/* raise io.UnsupportedOperation(message).
 * Modules/_io/iobase.c: iobase_unsupported */
void iobase_unsupported(const char *message);

/* The TypeError of Python's positional-only methods for a wrong count of
 * arguments. 0 or -1. */
int check_count(const char *name, Py_ssize_t count, Py_ssize_t least,
                Py_ssize_t most);

/* One thread at a time in a buffer: waits for the lock without the GIL.
 * RuntimeError for a call from within (a signal handler's). 0 or -1.
 * Modules/_io/bufferedio.c: ENTER_BUFFERED, LEAVE_BUFFERED */
int buffered_enter(BufferedIOBase *self, PyThread_type_lock lock,
                   unsigned long *owner);
void buffered_leave(PyThread_type_lock lock, unsigned long *owner);

#endif
