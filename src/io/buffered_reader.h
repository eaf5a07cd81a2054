/* Modules/_io/bufferedio.c: BufferedReader. The rfile, and the application's
 * wsgi.input. */
#ifndef CWSGIREF_IO_BUFFERED_READER_H
#define CWSGIREF_IO_BUFFERED_READER_H

#include "io/buffered.h"

/* The part of Buffered that reads. */
typedef Buffered BufferedReader;

extern PyTypeObject BufferedReader_type;
extern const BufferedIOBaseClass BufferedReader_class;

/* BufferedReader(raw, buffer_size). */
BufferedIOBase *BufferedReader_new(const BufferedIOBaseClass *cls,
                                   RawIOBase *raw, Py_ssize_t buffer_size);

PyObject *BufferedReader_read(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedReader_read1(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedReader_readline(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedReader_peek(BufferedIOBase *self, Py_ssize_t size);
Py_ssize_t BufferedReader_readinto(BufferedIOBase *self, char *buffer,
                                   Py_ssize_t size);
int BufferedReader_flush(BufferedIOBase *self);

#endif
