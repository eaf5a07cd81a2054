/* Modules/_io/bufferedio.c: BufferedWriter. A wfile that holds what is
 * written until flush(), so that headers and first block leave in one send. */
#ifndef CWSGIREF_IO_BUFFERED_WRITER_H
#define CWSGIREF_IO_BUFFERED_WRITER_H

#include "io/buffered_io_base.h"
#include "io/raw_io_base.h"

typedef struct BufferedWriter {
    BufferedIOBase base;
    RawIOBase *raw; /* owned; NULL once detached */
    char *buffer;   /* owned; buffer_size bytes */
    Py_ssize_t buffer_size;
    Py_ssize_t write_end;    /* bytes that wait in the buffer */
    PyThread_type_lock lock; /* owned; held while a method runs */
    unsigned long owner;     /* the thread that holds it, or 0 */
} BufferedWriter;

extern PyTypeObject BufferedWriter_type;
extern const BufferedIOBaseClass BufferedWriter_class;

/* BufferedWriter(raw, buffer_size). */
BufferedIOBase *BufferedWriter_new(const BufferedIOBaseClass *cls,
                                   RawIOBase *raw, Py_ssize_t buffer_size);

int BufferedWriter_writable(BufferedIOBase *self);
int BufferedWriter_closed(BufferedIOBase *self);
/* Takes all of `b`. What does not fit the buffer fills it up, so that what
 * waits there leaves with it, and the rest goes out without a copy. */
Py_ssize_t BufferedWriter_write(BufferedIOBase *self, PyObject *b);
/* Sends what waits. If that fails the rest is dropped, as with _SocketWriter,
 * which holds nothing back either: close() does not fail for it once more.
 * (CPython's keeps it for another try.) */
int BufferedWriter_flush(BufferedIOBase *self);
int BufferedWriter_close(BufferedIOBase *self);
int BufferedWriter_fileno(BufferedIOBase *self);

#endif
