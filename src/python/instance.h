/* An instance of a class that is nothing but its attributes, as most are that
 * are written in Python: FileWrapper's, and those of wsgiref.validate. C reads
 * and sets them by name, as Python does: vars(), a subclass's property and
 * `del` are then what they are there. Such a type has
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
    PyObject *weakrefs; /* the list of weak references, which CPython keeps */
} Instance;

extern PyGetSetDef Instance_getset[]; /* __dict__ */

int Instance_traverse(PyObject *self, visitproc visit, void *arg);
int Instance_clear(PyObject *self);

#endif
