/* Lib/io.py: IOBase. The root of every stream: of rfile, wfile, a handler's
 * stdout, and of the raw stream under a buffer.
 *
 * As in Python, read() and write() are no methods of IOBase, but part of its
 * interface: the table has a slot for all that a stream may do. */
#ifndef CWSGIREF_IO_IO_BASE_H
#define CWSGIREF_IO_IO_BASE_H

#include <Python.h>
#include <stdbool.h>

typedef struct IOBase IOBase;
typedef struct IOBaseClass IOBaseClass;

/* What readinto() and write() return where Python's return None: nothing can
 * be done without blocking. No exception is pending. */
#define RAW_WOULD_BLOCK ((Py_ssize_t)-2)

struct IOBaseClass {
    PyTypeObject *type;

    /* Predicates: 1, 0, or -1 with an exception. */
    int (*readable)(IOBase *self);
    int (*writable)(IOBase *self);
    int (*closed)(IOBase *self);

    /* New bytes objects. A size of -1 means no limit. Over a non-blocking
     * stream read() may be None. */
    PyObject *(*read)(IOBase *self, Py_ssize_t size);
    PyObject *(*read1)(IOBase *self, Py_ssize_t size);
    PyObject *(*readline)(IOBase *self, Py_ssize_t size);
    PyObject *(*peek)(IOBase *self, Py_ssize_t size);
    /* How many bytes were read into `buffer`, 0 at the end, RAW_WOULD_BLOCK,
     * or -1 with an exception. A raw stream reads once. */
    Py_ssize_t (*readinto)(IOBase *self, char *buffer, Py_ssize_t size);

    /* `b` is bytes or another object with a buffer. How many bytes were
     * taken, RAW_WOULD_BLOCK (a raw stream's), or -1 with an exception. */
    Py_ssize_t (*write)(IOBase *self, PyObject *b);
    int (*flush)(IOBase *self);
    int (*close)(IOBase *self);
    /* A file descriptor (borrowed), or -1 with an exception. */
    int (*fileno)(IOBase *self);
};

struct IOBase {
    PyObject_HEAD
    const IOBaseClass *cls;
    bool is_closed; /* what closed() returns, if no stream below knows */
    PyObject *dict; /* owned; attributes that Python code has set, or NULL */
    PyObject *weakrefs; /* CPython's list of the weak references to it */
};

extern PyTypeObject IOBase_type;

/* What a stream does by default. An operation that only some streams have
 * raises io.UnsupportedOperation with its name. */
int IOBase_readable(IOBase *self); /* no */
int IOBase_writable(IOBase *self); /* no */
int IOBase_closed(IOBase *self);
PyObject *IOBase_read(IOBase *self, Py_ssize_t size);
PyObject *IOBase_read1(IOBase *self, Py_ssize_t size);
PyObject *IOBase_readline(IOBase *self, Py_ssize_t size);
PyObject *IOBase_peek(IOBase *self, Py_ssize_t size);
Py_ssize_t IOBase_readinto(IOBase *self, char *buffer, Py_ssize_t size);
Py_ssize_t IOBase_write(IOBase *self, PyObject *b);
int IOBase_flush(IOBase *self);
int IOBase_close(IOBase *self);
int IOBase_fileno(IOBase *self);

/* Closes the stream: the tp_finalize of streams that close themselves.
 * Lib/io.py: IOBase.__del__ */
void IOBase_del(PyObject *op);
int IOBase_traverse(PyObject *op, visitproc visit, void *arg);
int IOBase_clear(PyObject *op);

/* ValueError if the stream is closed, io.UnsupportedOperation if it is not
 * readable, or not writable. 0 or -1. */
int IOBase__checkClosed(IOBase *self);
int IOBase__checkReadable(IOBase *self);
int IOBase__checkWritable(IOBase *self);

/* raise io.UnsupportedOperation(message). Always NULL.
 * Modules/_io/iobase.c: iobase_unsupported */
PyObject *iobase_unsupported(const char *message);

/* What truncate() of Python's own stream says of more than one argument, which
 * releases differ in: TypeError, or UnsupportedOperation. Always NULL.
 * `stream`: an expression that makes one. */
PyObject *truncate_as_linked(const char *stream, PyObject *args);

/* Checks the count of positional arguments. A wrong one is a TypeError, in
 * Python's words. 0 or -1. */
int check_count(const char *name, Py_ssize_t count, Py_ssize_t least,
                Py_ssize_t most);

/* Parses the one argument of method `name`: a size, which is -1 if it is left
 * out or None. 0, or -1 with an exception. */
int parse_size_or_none(const char *name, PyObject *const *args,
                       Py_ssize_t count, Py_ssize_t *size);

/* readinto(b) and its like, as Python calls them: `readinto` fills `b`, what
 * `format` parses, "w*:readinto". A new int, None for RAW_WOULD_BLOCK, or
 * NULL. */
PyObject *read_into(IOBase *self, PyObject *b, const char *format,
                    Py_ssize_t (*readinto)(IOBase *self, char *buffer,
                                           Py_ssize_t size));

#endif
