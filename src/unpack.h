/* Unpacking, as Python does it. */
#ifndef CWSGIREF_UNPACK_H
#define CWSGIREF_UNPACK_H

#include <Python.h>

/* `k, v = pair`, of any iterable: new references. 0, or -1 with what Python
 * raises ("too many values to unpack (expected 2)"), and nothing set. */
int unpack_pair(PyObject *pair, PyObject **k, PyObject **v);

#endif
