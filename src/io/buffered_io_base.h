/* Lib/io.py: BufferedIOBase: rfile, wfile, and a handler's stdout.
 *
 * Our streams are registered with io.BufferedIOBase and have its methods,
 * because the application gets the rfile as wsgi.input. */
#ifndef CWSGIREF_IO_BUFFERED_IO_BASE_H
#define CWSGIREF_IO_BUFFERED_IO_BASE_H

#include "io/io_base.h"

/* It adds no state and no slot: its class is an IOBaseClass. */
typedef IOBase BufferedIOBase;
typedef IOBaseClass BufferedIOBaseClass;

extern PyTypeObject BufferedIOBase_type;
extern const BufferedIOBaseClass BufferedIOBase_class;

/* Fills the buffer from self.read(). */
Py_ssize_t BufferedIOBase_readinto(BufferedIOBase *self, char *buffer,
                                   Py_ssize_t size);

#endif
