/* Arguments of the callables that the application holds. */
#ifndef CWSGIREF_ARGUMENTS_H
#define CWSGIREF_ARGUMENTS_H

#include <Python.h>

/* Binds the arguments of a call as Python does for `def method(self, ...)`.
 *
 * values:    out, one per parameter: borrowed, NULL where the default holds.
 * signature: the qualified name, which the messages begin with, and the
 *            parameters after self: "Headers.get(name, default=)". One that
 *            ends with "=" has a default. "*args" allows more positional
 *            arguments, and "**kwargs" other keywords: neither has a place
 *            in `values`.
 *
 * Returns 0, or -1 with the TypeError that Python raises for such a call,
 * word for word ("BaseHandler.start_response() missing 1 required positional
 * argument: 'headers'"). */
int bind_arguments(PyObject *values[], const char *signature, PyObject *args,
                   PyObject *kwargs);

#endif
