/* Lib/wsgiref/validate.py: ErrorWrapper. The wsgi.errors that the application
 * gets. */
#ifndef CWSGIREF_VALIDATE_ERROR_WRAPPER_H
#define CWSGIREF_VALIDATE_ERROR_WRAPPER_H

#include <Python.h>

typedef struct ErrorWrapper {
    PyObject_HEAD
    PyObject *dict;     /* owned; __dict__: `errors`, the server's */
    PyObject *weakrefs; /* the list of weak references, which CPython keeps */
} ErrorWrapper;

extern PyTypeObject ErrorWrapper_type;

/* ErrorWrapper(wsgi_errors), a new reference. */
PyObject *ErrorWrapper_new(PyObject *wsgi_errors);

int ErrorWrapper_init(ErrorWrapper *self, PyObject *wsgi_errors);
int ErrorWrapper_write(ErrorWrapper *self, PyObject *s);
int ErrorWrapper_flush(ErrorWrapper *self);
int ErrorWrapper_writelines(ErrorWrapper *self, PyObject *seq);
/* Always -1, with AssertionError. */
int ErrorWrapper_close(ErrorWrapper *self);

#endif
