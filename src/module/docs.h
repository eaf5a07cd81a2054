/* What inspect.signature() and help() say of our types. */
#ifndef CWSGIREF_MODULE_DOCS_H
#define CWSGIREF_MODULE_DOCS_H

#include <Python.h>

/* Gives a type its __doc__, and what inspect.signature() reads: the parameters
 * of its __init__. They live as long as the process. Whoever calls this says
 * PyType_Modified(). 0 or -1. */
int set_doc(PyTypeObject *type, const char *parameters, const char *doc);

/* Gives the types that are in no family their docs, and the methods that are
 * not of src/module. Call it once, when the types are ready. 0 or -1. */
int docs_ready(void);

#endif
