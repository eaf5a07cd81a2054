/* Modules/_io/bufferedio.c: BufferedReader. The rfile, and the application's
 * wsgi.input. */
#ifndef CWSGIREF_IO_BUFFERED_READER_H
#define CWSGIREF_IO_BUFFERED_READER_H

#include <Python.h>
#include <pythread.h>

#include "io/buffered_io_base.h"
#include "io/raw_io_base.h"

typedef struct BufferedReader {
    BufferedIOBase base;
    RawIOBase *raw; /* owned; NULL once detached */
    char *buffer;   /* owned; buffer_size bytes */
    Py_ssize_t buffer_size;
    Py_ssize_t pos;          /* the next byte to hand out */
    Py_ssize_t read_end;     /* one past the last byte read */
    PyThread_type_lock lock; /* owned; held while a method runs */
    unsigned long owner;     /* the thread that holds it, or 0 */
} BufferedReader;

extern PyTypeObject BufferedReader_type;
extern const BufferedIOBaseClass BufferedReader_class;

/* BufferedReader(raw, buffer_size). */
BufferedIOBase *BufferedReader_new(const BufferedIOBaseClass *cls,
                                   RawIOBase *raw, Py_ssize_t buffer_size);

int BufferedReader_readable(BufferedIOBase *self);
int BufferedReader_closed(BufferedIOBase *self);
PyObject *BufferedReader_read(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedReader_read1(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedReader_readline(BufferedIOBase *self, Py_ssize_t size);
PyObject *BufferedReader_peek(BufferedIOBase *self, Py_ssize_t size);
Py_ssize_t BufferedReader_readinto(BufferedIOBase *self, char *buffer,
                                   Py_ssize_t size);
int BufferedReader_flush(BufferedIOBase *self);
int BufferedReader_close(BufferedIOBase *self);
int BufferedReader_fileno(BufferedIOBase *self);

#endif
