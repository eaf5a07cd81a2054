/* Modules/_io/bufferedio.c: _io._Buffered: what BufferedReader and
 * BufferedWriter share, a raw stream and a buffer before it. */
#ifndef CWSGIREF_IO_BUFFERED_H
#define CWSGIREF_IO_BUFFERED_H

#include <Python.h>
#include <pythread.h>

#include "io/buffered_io_base.h"
#include "io/raw_io_base.h"

typedef struct Buffered {
    BufferedIOBase base; /* must stay first */
    RawIOBase *raw;      /* owned; NULL once detached */
    char *buffer;        /* owned; buffer_size bytes; NULL once closed */
    Py_ssize_t buffer_size;
    Py_ssize_t pos;          /* a reader's: the next byte to hand out */
    Py_ssize_t read_end;     /* one past the last byte read */
    Py_ssize_t write_end;    /* a writer's: how many bytes wait */
    PyThread_type_lock lock; /* owned; held while a method runs; NULL as long
                              * as no thread has had to wait for another */
    unsigned long owner;     /* the thread that holds it, or 0 */
} Buffered;

extern PyTypeObject Buffered_type;

/* An instance of `cls`, a reader or a writer. ValueError for a size below 1.
 * Modules/_io/bufferedio.c: _buffered_init */
BufferedIOBase *Buffered_new(const BufferedIOBaseClass *cls, RawIOBase *raw,
                             Py_ssize_t buffer_size);

int Buffered_readable(BufferedIOBase *self);
int Buffered_writable(BufferedIOBase *self);
int Buffered_closed(BufferedIOBase *self);
int Buffered_close(BufferedIOBase *self);
int Buffered_fileno(BufferedIOBase *self);

/* ValueError if the raw stream is detached. 0 or -1.
 * Modules/_io/bufferedio.c: CHECK_INITIALIZED */
int buffered_check_attached(const Buffered *self);

/* The same, and ValueError(message) if the stream is closed. What is in the
 * buffer may still be read when the stream below is closed. 0 or -1.
 * Modules/_io/bufferedio.c: CHECK_CLOSED */
int buffered_check_closed(const Buffered *self, const char *message);

/* Only one thread at a time uses a buffer. Waits for its lock without the GIL.
 * RuntimeError if this thread holds it already (in a signal handler). 0 or -1.
 * Modules/_io/bufferedio.c: ENTER_BUFFERED, LEAVE_BUFFERED */
int buffered_enter(Buffered *self);
void buffered_leave(Buffered *self);

#endif
