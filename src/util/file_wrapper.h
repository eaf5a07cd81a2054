/* Lib/wsgiref/util.py: FileWrapper. A file's blocks as an iterable. */
#ifndef CWSGIREF_UTIL_FILE_WRAPPER_H
#define CWSGIREF_UTIL_FILE_WRAPPER_H

#include <Python.h>

/* The application gets the type itself as environ['wsgi.file_wrapper'], and
 * calls it: FileWrapper(filelike, blksize=8192). An instance has the
 * attributes
 *
 * filelike: anything with read(blksize),
 * blksize:  as it was given,
 * close:    filelike.close, if there is one. */
extern PyTypeObject FileWrapper_type;

/* blksize: NULL is 8192. next is a tp_iternext: at the end, NULL with
 * StopIteration. */
int FileWrapper_init(PyObject *self, PyObject *filelike, PyObject *blksize);
PyObject *FileWrapper_iter(PyObject *self);
PyObject *FileWrapper_next(PyObject *self);

#endif
