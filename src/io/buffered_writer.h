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

/* Takes all of `b`. What does not fit the buffer fills it up, so that what
 * waits there leaves with it, and the rest goes out without a copy. */
Py_ssize_t BufferedWriter_write(BufferedIOBase *self, PyObject *b);
/* Sends what waits. If that fails the rest is dropped, as with _SocketWriter,
 * which holds nothing back either: close() does not fail for it once more.
 * (CPython's keeps it for another try.) */
int BufferedWriter_flush(BufferedIOBase *self);

#endif
