/* Lib/wsgiref/validate.py: InputWrapper. The wsgi.input that the application
 * gets. */
#ifndef CWSGIREF_VALIDATE_INPUT_WRAPPER_H
#define CWSGIREF_VALIDATE_INPUT_WRAPPER_H

#include <Python.h>
#include <stdbool.h>

typedef struct InputWrapper {
    PyObject_HEAD
    PyObject *dict;     /* owned; __dict__: `input`, the server's wsgi.input */
    PyObject *weakrefs; /* the list of weak references, which CPython keeps */
} InputWrapper;

/* What InputWrapper.__iter__, a generator in Python, gives: its lines. It has
 * no send(), throw() and close(). */
typedef struct InputLines {
    PyObject_HEAD
    InputWrapper *wrapper; /* owned; NULL after the end */
    bool running;          /* in readline(), which must not come back here */
} InputLines;

extern PyTypeObject InputWrapper_type;
extern PyTypeObject InputLines_type;

/* InputWrapper(wsgi_input), a new reference. */
PyObject *InputWrapper_new(PyObject *wsgi_input);

int InputWrapper_init(InputWrapper *self, PyObject *wsgi_input);
/* args: the tuple that the caller gave. */
PyObject *InputWrapper_read(InputWrapper *self, PyObject *args);
PyObject *InputWrapper_readline(InputWrapper *self, PyObject *args);
PyObject *InputWrapper_readlines(InputWrapper *self, PyObject *args);
/* A new InputLines. */
PyObject *InputWrapper_iter(InputWrapper *self);
/* Always -1, with AssertionError. */
int InputWrapper_close(InputWrapper *self);

#endif
