/* Lib/io.py: RawIOBase: what stands under a buffered stream. */
#ifndef CWSGIREF_IO_RAW_IO_BASE_H
#define CWSGIREF_IO_RAW_IO_BASE_H

#include <Python.h>
#include <stdbool.h>

typedef struct RawIOBase RawIOBase;
typedef struct RawIOBaseClass RawIOBaseClass;

/* readinto() and write() answer this where Python's answer None: nothing
 * without blocking, and no exception. */
#define RAW_WOULD_BLOCK ((Py_ssize_t)-2)

struct RawIOBaseClass {
    PyTypeObject *type;

    /* Predicates: 1, 0, or -1 with an exception. */
    int (*readable)(RawIOBase *self);
    int (*writable)(RawIOBase *self);
    /* One read of at most `size` bytes: how many, 0 at the end,
     * RAW_WOULD_BLOCK, or -1 with an exception. */
    Py_ssize_t (*readinto)(RawIOBase *self, char *buffer, Py_ssize_t size);
    /* One write: how many bytes were taken, RAW_WOULD_BLOCK, or -1. */
    Py_ssize_t (*write)(RawIOBase *self, const char *data, Py_ssize_t size);
    int (*close)(RawIOBase *self);
    int (*fileno)(RawIOBase *self);
};

struct RawIOBase {
    PyObject_HEAD
    const RawIOBaseClass *cls;
    bool closed;
};

extern PyTypeObject RawIOBase_type;
extern const RawIOBaseClass RawIOBase_class;

int RawIOBase_readable(RawIOBase *self);
int RawIOBase_writable(RawIOBase *self);
Py_ssize_t RawIOBase_readinto(RawIOBase *self, char *buffer, Py_ssize_t size);
Py_ssize_t RawIOBase_write(RawIOBase *self, const char *data, Py_ssize_t size);
int RawIOBase_close(RawIOBase *self);
int RawIOBase_fileno(RawIOBase *self);
/* self.readinto() in steps of io.DEFAULT_BUFFER_SIZE up to the end: a new
 * bytes object, or None where nothing is there without blocking. */
PyObject *RawIOBase_readall(RawIOBase *self);
/* except InterruptedError: the signal handlers have run, try again.
 * Modules/_io/bufferedio.c: _PyIO_trap_eintr */
bool trap_eintr(void);
/* What close() raises in __del__ is told by later releases, and by others
 * not. */
void ignore_close_error(PyObject *op);
/* IOBase.__del__, for the tp_finalize of what wants to be closed. */
void RawIOBase_del(PyObject *op);
void RawIOBase_dealloc(PyObject *op);

#endif
