/* The module _cwsgiref: every class and function that Python may use, in one
 * flat list. The package `cwsgiref` gives them the names of the modules that
 * Python has. */
#ifndef CWSGIREF_MODULE_MODULE_H
#define CWSGIREF_MODULE_MODULE_H

#include <Python.h>

/* For a program that has the module built in; the extension module does it by
 * itself. Prepares the classes for it; call it once, before types_ready(). */
void module_prepare(void);

/* For PyImport_AppendInittab(). In a program, not before types_ready(). */
PyMODINIT_FUNC PyInit__cwsgiref(void);

#endif
