/* The callables of the application's module, for messages about them. */
#ifndef CWSGIREF_PROGRAM_CALLABLES_H
#define CWSGIREF_PROGRAM_CALLABLES_H

#include <Python.h>

#include <stdbool.h>

/* `async def`, a function or a method. */
bool is_coroutine_function(PyObject *callable);

/* A Python function that can be called as a factory: it has no parameters, or
 * all have defaults and the first is no environ. */
bool takes_nothing(PyObject *callable);

/* "its callables are wsgi, create_app()": a new str. */
PyObject *describe_callables(PyObject *module);

#endif
