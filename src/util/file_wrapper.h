/* Lib/wsgiref/util.py: FileWrapper. A file's blocks as an iterable. */
#ifndef CWSGIREF_UTIL_FILE_WRAPPER_H
#define CWSGIREF_UTIL_FILE_WRAPPER_H

#include <Python.h>

/* Given to the application as environ['wsgi.file_wrapper'], which calls the
 * type itself: FileWrapper(filelike, blksize=8192). */
typedef struct FileWrapper {
    PyObject_HEAD
    PyObject *filelike; /* owned; anything with read(blksize) */
    PyObject *blksize;  /* owned; handed to read() as it was given */
    PyObject *close;    /* owned; filelike.close, NULL if it has none */
    PyObject *dict;     /* owned; __dict__: attributes set from outside */
    PyObject *weakrefs; /* the list of weak references, which CPython keeps */
} FileWrapper;

extern PyTypeObject FileWrapper_type;

/* blksize: NULL is 8192. next is a tp_iternext: at the end, NULL without an
 * exception. */
int FileWrapper_init(FileWrapper *self, PyObject *filelike, PyObject *blksize);
PyObject *FileWrapper_iter(FileWrapper *self);
PyObject *FileWrapper_next(FileWrapper *self);

#endif
