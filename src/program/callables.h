/* The callables of the application's module, for messages about them. */
#ifndef CWSGIREF_PROGRAM_CALLABLES_H
#define CWSGIREF_PROGRAM_CALLABLES_H

#include <Python.h>

#include <stdbool.h>

/* Whether it is an `async def`, function or method. */
bool is_coroutine_function(PyObject *callable);

/* Whether a Python function can be called as a factory: all its parameters
 * have defaults, and the first is not an environ. */
bool takes_nothing(PyObject *callable);

/* "its callables are wsgi, create_app()": a new str. */
PyObject *describe_callables(PyObject *module);

#endif
