/* Lib/wsgiref/validate.py: WriteWrapper. What start_response() returns to the
 * application. */
#ifndef CWSGIREF_VALIDATE_WRITE_WRAPPER_H
#define CWSGIREF_VALIDATE_WRITE_WRAPPER_H

#include <Python.h>

/* Its instances have one attribute: `writer`, the server's write(). */
extern PyTypeObject WriteWrapper_type;

/* WriteWrapper(wsgi_writer), a new reference. */
PyObject *WriteWrapper_new(PyObject *wsgi_writer);

int WriteWrapper_init(PyObject *self, PyObject *wsgi_writer);
int WriteWrapper_call(PyObject *self, PyObject *s);

#endif
