/* Pairs, unpacked as Python does it. */
#ifndef CWSGIREF_PYTHON_UNPACK_H
#define CWSGIREF_PYTHON_UNPACK_H

#include <Python.h>

/* `k, v = pair`, of any iterable: new references. 0, or -1 with what Python
 * raises ("too many values to unpack (expected 2)"), and nothing set. */
int unpack_pair(PyObject *pair, PyObject **k, PyObject **v);

/* `[k for k, v in pairs]` (0), or the list of the v (1): a new list. `pairs`
 * is a list. */
PyObject *list_column(PyObject *pairs, int column);

#endif
