/* An instance that is nothing but its attributes, like most that are written
 * in Python: a FileWrapper, or a wrapper of wsgiref.validate. C reads and sets
 * the attributes by name, as Python does, so that vars(), a property of a
 * subclass and `del` work as they do there. Such a type has
 *
 *     .tp_basicsize = sizeof(Instance),
 *     .tp_dictoffset = offsetof(Instance, dict),
 *     .tp_weaklistoffset = offsetof(Instance, weakrefs),
 *     .tp_getset = Instance_getset,
 *     .tp_traverse = Instance_traverse,
 *     .tp_clear = Instance_clear,
 *     .tp_dealloc = instance_dealloc,
 */
#ifndef CWSGIREF_INSTANCE_H
#define CWSGIREF_INSTANCE_H

#include <Python.h>
#include <stddef.h>

typedef struct Instance {
    PyObject_HEAD
    PyObject *dict;     /* owned; __dict__, NULL until something is in it */
    PyObject *weakrefs; /* CPython's list of the weak references to it */
} Instance;

extern PyGetSetDef Instance_getset[]; /* __dict__ */

int Instance_traverse(PyObject *self, visitproc visit, void *arg);
int Instance_clear(PyObject *self);

#endif
