/* Arguments of the callables that the application holds. */
#ifndef CWSGIREF_ARGUMENTS_H
#define CWSGIREF_ARGUMENTS_H

#include <Python.h>

/* Binds the arguments of a call as Python does for `def method(self, ...)`.
 *
 * function: the qualified name for messages, "BaseHandler.start_response".
 * names:    the parameters after self, ended by NULL.
 * required: how many of them have no default.
 * values:   out, one per name: borrowed, NULL where the default holds.
 *
 * Returns 0, or -1 with the TypeError that Python raises for such a call,
 * word for word ("BaseHandler.start_response() missing 1 required positional
 * argument: 'headers'"). */
int bind_arguments(const char *function, const char *const names[],
                   Py_ssize_t required, PyObject *args, PyObject *kwargs,
                   PyObject *values[]);

#endif
