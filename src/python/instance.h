/* An instance that is nothing but its attributes, like most that are written
 * in Python: a FileWrapper, or a wrapper of wsgiref.validate. C reads and sets
 * the attributes by name, as Python does, so that vars(), a property of a
 * subclass and `del` work as they do there. */
#ifndef CWSGIREF_INSTANCE_H
#define CWSGIREF_INSTANCE_H

#include <Python.h>
#include <stddef.h>

typedef struct Instance {
    PyObject_HEAD
    PyObject *dict;     /* owned; __dict__, NULL until something is in it */
    PyObject *weakrefs; /* CPython's list of the weak references to it */
} Instance;

/* Fills in what such a type has besides its name and its methods; before
 * PyType_Ready(). */
void instance_type(PyTypeObject *type);

#endif
