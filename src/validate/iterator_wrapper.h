/* Lib/wsgiref/validate.py: IteratorWrapper, what lint_app returns to the
 * server, and PartialIteratorWrapper, which makes one when it is iterated. */
#ifndef CWSGIREF_VALIDATE_ITERATOR_WRAPPER_H
#define CWSGIREF_VALIDATE_ITERATOR_WRAPPER_H

#include <Python.h>

/* Its instances have one attribute: `iterator`, the application's. */
extern PyTypeObject PartialIteratorWrapper_type;

/* Its instances have the attributes
 *
 * original_iterator:    what the application returned,
 * iterator:             iter() of that,
 * closed:               True after close(),
 * check_start_response: true once start_response was called; None once that
 *                       is known. */
extern PyTypeObject IteratorWrapper_type;

int PartialIteratorWrapper_init(PyObject *self, PyObject *wsgi_iterator);
PyObject *PartialIteratorWrapper_iter(PyObject *self);

/* IteratorWrapper(wsgi_iterator, check_start_response), a new reference. */
PyObject *IteratorWrapper_new(PyObject *wsgi_iterator,
                              PyObject *check_start_response);

int IteratorWrapper_init(PyObject *self, PyObject *wsgi_iterator,
                         PyObject *check_start_response);
PyObject *IteratorWrapper_iter(PyObject *self);
/* A tp_iternext: at the end, NULL without an exception. */
PyObject *IteratorWrapper_next(PyObject *self);
int IteratorWrapper_close(PyObject *self);
/* -1, with AssertionError, for one that was never closed. */
int IteratorWrapper_del(PyObject *self);

#endif
