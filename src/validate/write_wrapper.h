/* Lib/wsgiref/validate.py: WriteWrapper. What start_response() returns to the
 * application. */
#ifndef CWSGIREF_VALIDATE_WRITE_WRAPPER_H
#define CWSGIREF_VALIDATE_WRITE_WRAPPER_H

#include <Python.h>

typedef struct WriteWrapper {
    PyObject_HEAD
    PyObject *dict;     /* owned; __dict__: `writer`, the server's write() */
    PyObject *weakrefs; /* the list of weak references, which CPython keeps */
} WriteWrapper;

extern PyTypeObject WriteWrapper_type;

/* WriteWrapper(wsgi_writer), a new reference. */
PyObject *WriteWrapper_new(PyObject *wsgi_writer);

int WriteWrapper_init(WriteWrapper *self, PyObject *wsgi_writer);
int WriteWrapper_call(WriteWrapper *self, PyObject *s);

#endif
