/* A stream that is any Python object with a file's methods: io.BytesIO in a
 * test, sys.stdout.buffer of a CGI program. C uses it as a BufferedIOBase.
 * Python may get it as wsgi.input, and sees the attributes of that object
 * through it. */
#ifndef CWSGIREF_IO_PYTHON_FILE_H
#define CWSGIREF_IO_PYTHON_FILE_H

#include "io/buffered_io_base.h"

typedef struct PythonFile {
    BufferedIOBase base;
    PyObject *file; /* owned; the Python object */
} PythonFile;

extern PyTypeObject PythonFile_type;
extern const BufferedIOBaseClass PythonFile_class;

BufferedIOBase *PythonFile_new(const BufferedIOBaseClass *cls, PyObject *file);

int PythonFile_readable(BufferedIOBase *self);
int PythonFile_writable(BufferedIOBase *self);
int PythonFile_closed(BufferedIOBase *self);
PyObject *PythonFile_read(BufferedIOBase *self, Py_ssize_t size);
PyObject *PythonFile_read1(BufferedIOBase *self, Py_ssize_t size);
PyObject *PythonFile_readline(BufferedIOBase *self, Py_ssize_t size);
PyObject *PythonFile_peek(BufferedIOBase *self, Py_ssize_t size);
Py_ssize_t PythonFile_readinto(BufferedIOBase *self, char *buffer,
                               Py_ssize_t size);
Py_ssize_t PythonFile_write(BufferedIOBase *self, PyObject *b);
int PythonFile_flush(BufferedIOBase *self);
int PythonFile_close(BufferedIOBase *self);
int PythonFile_fileno(BufferedIOBase *self);

#endif
