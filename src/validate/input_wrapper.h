/* Lib/wsgiref/validate.py: InputWrapper. The wsgi.input that the application
 * gets. */
#ifndef CWSGIREF_VALIDATE_INPUT_WRAPPER_H
#define CWSGIREF_VALIDATE_INPUT_WRAPPER_H

#include <Python.h>
#include <stdbool.h>

/* The iterator that InputWrapper.__iter__ returns. Python's is a generator;
 * this one has no send(), throw() and close(). */
typedef struct InputLines {
    PyObject_HEAD
    PyObject *wrapper; /* owned; the InputWrapper, NULL after the end */
    bool running;      /* readline() runs: it must not call __next__ */
} InputLines;

/* Its instances have one attribute: `input`, the server's wsgi.input. */
extern PyTypeObject InputWrapper_type;
extern PyTypeObject InputLines_type;

/* InputWrapper(wsgi_input), a new reference. */
PyObject *InputWrapper_new(PyObject *wsgi_input);

int InputWrapper_init(PyObject *self, PyObject *wsgi_input);
/* args: the tuple that the caller gave. */
PyObject *InputWrapper_read(PyObject *self, PyObject *args);
PyObject *InputWrapper_readline(PyObject *self, PyObject *args);
PyObject *InputWrapper_readlines(PyObject *self, PyObject *args);
/* A new InputLines. */
PyObject *InputWrapper_iter(PyObject *self);
/* Always -1, with AssertionError. */
int InputWrapper_close(PyObject *self);

#endif
