/* Modules/_io/bufferedio.c: BufferedWriter. A wfile that holds what is
 * written until flush(), so that headers and first block leave in one send. */
#ifndef CWSGIREF_IO_BUFFERED_WRITER_H
#define CWSGIREF_IO_BUFFERED_WRITER_H

#include "io/buffered.h"

/* The part of Buffered that writes. */
typedef Buffered BufferedWriter;

extern PyTypeObject BufferedWriter_type;
extern const BufferedIOBaseClass BufferedWriter_class;

/* BufferedWriter(raw, buffer_size). */
BufferedIOBase *BufferedWriter_new(const BufferedIOBaseClass *cls,
                                   RawIOBase *raw, Py_ssize_t buffer_size);

/* Writes all of `b`. If it does not fit, its beginning fills the buffer, which
 * is sent, and the rest is sent without a copy. */
Py_ssize_t BufferedWriter_write(BufferedIOBase *self, PyObject *b);
/* Sends what waits. If that fails, the rest is dropped, so that close() does
 * not fail again. (CPython's keeps it for another try.) */
int BufferedWriter_flush(BufferedIOBase *self);

#endif
