/* Lib/io.py: RawIOBase: what stands under a buffered stream. */
#ifndef CWSGIREF_IO_RAW_IO_BASE_H
#define CWSGIREF_IO_RAW_IO_BASE_H

#include "io/io_base.h"

/* It adds no state and no slot: its class is an IOBaseClass. */
typedef IOBase RawIOBase;
typedef IOBaseClass RawIOBaseClass;

extern PyTypeObject RawIOBase_type;
extern const RawIOBaseClass RawIOBase_class;

/* Calls readinto() once: new bytes, or None if nothing is there without
 * blocking. A size of -1 reads up to the end. */
PyObject *RawIOBase_read(RawIOBase *self, Py_ssize_t size);
/* Calls readinto() in steps of io.DEFAULT_BUFFER_SIZE up to the end: a new
 * bytes object, or None if nothing is there without blocking. */
PyObject *RawIOBase_readall(RawIOBase *self);

/* `except InterruptedError`: true if the pending exception is one; clears it.
 * The signal handlers have run, and the caller tries again.
 * Modules/_io/bufferedio.c: _PyIO_trap_eintr */
bool trap_eintr(void);

#endif
