/* Lib/wsgiref/validate.py: IteratorWrapper, what lint_app returns to the
 * server, and PartialIteratorWrapper, which makes one when it is iterated. */
#ifndef CWSGIREF_VALIDATE_ITERATOR_WRAPPER_H
#define CWSGIREF_VALIDATE_ITERATOR_WRAPPER_H

#include <Python.h>

typedef struct PartialIteratorWrapper {
    PyObject_HEAD
    PyObject *dict;     /* owned; __dict__: `iterator`, the application's */
    PyObject *weakrefs; /* the list of weak references, which CPython keeps */
} PartialIteratorWrapper;

typedef struct IteratorWrapper {
    PyObject_HEAD
    /* owned; __dict__: `original_iterator`, what the application returned,
     * `iterator`, iter() of that, `closed`, True after close(), and
     * `check_start_response`, true once it was called, None once that is
     * known */
    PyObject *dict;
    PyObject *weakrefs; /* the list of weak references, which CPython keeps */
} IteratorWrapper;

extern PyTypeObject PartialIteratorWrapper_type;
extern PyTypeObject IteratorWrapper_type;

/* IteratorWrapper(wsgi_iterator, check_start_response), a new reference. */
PyObject *IteratorWrapper_new(PyObject *wsgi_iterator,
                              PyObject *check_start_response);

int PartialIteratorWrapper_init(PartialIteratorWrapper *self,
                                PyObject *wsgi_iterator);
PyObject *PartialIteratorWrapper_iter(PartialIteratorWrapper *self);

int IteratorWrapper_init(IteratorWrapper *self, PyObject *wsgi_iterator,
                         PyObject *check_start_response);
PyObject *IteratorWrapper_iter(IteratorWrapper *self);
/* A tp_iternext: at the end, NULL without an exception. */
PyObject *IteratorWrapper_next(IteratorWrapper *self);
int IteratorWrapper_close(IteratorWrapper *self);
/* -1, with AssertionError, for one that was never closed. */
int IteratorWrapper_del(IteratorWrapper *self);

#endif
