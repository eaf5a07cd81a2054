/* Pairs, unpacked as Python does it. */
#ifndef CWSGIREF_PYTHON_UNPACK_H
#define CWSGIREF_PYTHON_UNPACK_H

#include <Python.h>

/* `k, v = pair`, of any iterable: new references. 0, or -1 with what Python
 * raises ("too many values to unpack (expected 2)"), and nothing set. */
int unpack_pair(PyObject *pair, PyObject **k, PyObject **v);

/* The k of a pair, or its v: a new reference. The context is not used, for
 * map_list: `[k for k, v in pairs]`. */
PyObject *k_of_pair(PyObject *context, PyObject *pair);
PyObject *v_of_pair(PyObject *context, PyObject *pair);

#endif
