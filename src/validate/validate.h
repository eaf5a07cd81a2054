/* Lib/wsgiref/validate.py: middleware that checks whether the server and the
 * application obey PEP 3333. */
#ifndef CWSGIREF_VALIDATE_VALIDATE_H
#define CWSGIREF_VALIDATE_VALIDATE_H

#include <Python.h>

/* A WSGI application, lint_app, that calls `application` and checks what goes
 * in and out. A new reference. It is a built-in function, so it takes no
 * attributes; Python's is a closure.
 * Lib/wsgiref/validate.py: validator */
PyObject *validator(PyObject *application);

#endif
