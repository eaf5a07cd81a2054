/* Lib/wsgiref/validate.py: ErrorWrapper. The wsgi.errors that the application
 * gets. */
#ifndef CWSGIREF_VALIDATE_ERROR_WRAPPER_H
#define CWSGIREF_VALIDATE_ERROR_WRAPPER_H

#include <Python.h>

/* Its instances have one attribute: `errors`, the server's wsgi.errors. */
extern PyTypeObject ErrorWrapper_type;

/* ErrorWrapper(wsgi_errors), a new reference. */
PyObject *ErrorWrapper_new(PyObject *wsgi_errors);

int ErrorWrapper_init(PyObject *self, PyObject *wsgi_errors);
int ErrorWrapper_write(PyObject *self, PyObject *s);
int ErrorWrapper_flush(PyObject *self);
int ErrorWrapper_writelines(PyObject *self, PyObject *seq);
/* Always -1, with AssertionError. */
int ErrorWrapper_close(PyObject *self);

#endif
