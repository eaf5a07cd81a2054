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

/* The row of a PyMethodDef table for a method that binds its arguments so. */
#define BINDING_METHOD(name, function)                   \
    {                                                    \
        (name), (PyCFunction)(void (*)(void))(function), \
            METH_VARARGS | METH_KEYWORDS, NULL           \
    }

/* bind_arguments() for a call as METH_FASTCALL | METH_KEYWORDS has it. */
int bind_vector(PyObject *values[], const char *signature,
                PyObject *const *args, Py_ssize_t count, PyObject *kwnames);

/* A method in C as Python calls it, where it has no parameter besides self, or
 * one: binds the arguments and calls `method`, which gives 0 or -1. None, or
 * NULL. */
PyObject *call_with_none(int (*method)(PyObject *self), const char *signature,
                         PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *call_with_one(int (*method)(PyObject *self, PyObject *value),
                        const char *signature, PyObject *self, PyObject *args,
                        PyObject *kwargs);

/* The same of a method with any number of positional arguments. */
PyObject *call_with_all(PyObject *(*method)(PyObject *self, PyObject *args),
                        const char *signature, PyObject *self, PyObject *args,
                        PyObject *kwargs);

/* The same of an __init__ with one parameter: 0 or -1. */
int init_with_one(int (*init)(PyObject *self, PyObject *value),
                  const char *signature, PyObject *self, PyObject *args,
                  PyObject *kwargs);

#endif
