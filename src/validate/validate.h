/* Lib/wsgiref/validate.py: middleware that checks both sides, the server's and
 * the application's, for obedience to PEP 3333. */
#ifndef CWSGIREF_VALIDATE_VALIDATE_H
#define CWSGIREF_VALIDATE_VALIDATE_H

#include <Python.h>

/* A WSGI application, lint_app, that calls `application` and checks what goes
 * in and out. A new reference. It is a built-in function, where Python's is a
 * closure: it takes no attributes.
 * Lib/wsgiref/validate.py: validator */
PyObject *validator(PyObject *application);

#endif
