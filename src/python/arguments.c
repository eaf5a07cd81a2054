#include "python/arguments.h"

#include <string.h>

/* "'status' and 'headers'", "'a', 'b', and 'c'": the names whose value is
 * NULL, as Python lists them. A new str. */
static PyObject *
list_missing(const char *const names[], PyObject *values[],
             Py_ssize_t required, Py_ssize_t missing)
{
    PyObject *text = PyUnicode_FromString("");
    Py_ssize_t listed = 0;

    for (Py_ssize_t i = 0; i < required && text != NULL; i++) {
        const char *join = "";

        if (values[i] != NULL) {
            continue;
        }
        if (listed > 0) {
            join = listed < missing - 1 ? ", "
                   : missing > 2        ? ", and "
                                        : " and ";
        }
        Py_XSETREF(text,
                   PyUnicode_FromFormat("%U%s'%s'", text, join, names[i]));
        listed++;
    }
    return text;
}

/* Where the parameter `name` stands, or -1. */
static Py_ssize_t
find_name(const char *const names[], PyObject *name)
{
    for (Py_ssize_t i = 0; names[i] != NULL; i++) {
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int
bind_arguments(const char *function, const char *const names[],
               Py_ssize_t required, PyObject *args, PyObject *kwargs,
               PyObject *values[])
{
    Py_ssize_t given = PyTuple_GET_SIZE(args);
    Py_ssize_t count = 0, position = 0, missing = 0;
    PyObject *key, *value;

    for (; names[count] != NULL; count++) {
        values[count] = count < given ? PyTuple_GET_ITEM(args, count) : NULL;
    }
    /* f(**{5: 1}): CPython asks only functions that are written in Python */
    if (kwargs != NULL && !PyArg_ValidateKeywordArguments(kwargs)) {
        return -1;
    }
    while (kwargs != NULL && PyDict_Next(kwargs, &position, &key, &value)) {
        Py_ssize_t i = find_name(names, key);

        if (i < 0) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got an unexpected keyword argument '%U'",
                         function, key);
            return -1;
        }
        if (values[i] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got multiple values for argument '%s'",
                         function, names[i]);
            return -1;
        }
        values[i] = value;
    }
    if (given > count) { /* the messages count self in */
        if (required < count) {
            PyErr_Format(PyExc_TypeError,
                         "%s() takes from %zd to %zd positional arguments "
                         "but %zd were given",
                         function, required + 1, count + 1, given + 1);
        }
        else {
            PyErr_Format(PyExc_TypeError,
                         "%s() takes %zd positional argument%s but %zd were "
                         "given",
                         function, count + 1, count == 0 ? "" : "s",
                         given + 1);
        }
        return -1;
    }
    for (Py_ssize_t i = 0; i < required; i++) {
        missing += values[i] == NULL;
    }
    if (missing > 0) {
        PyObject *list = list_missing(names, values, required, missing);

        if (list != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%s() missing %zd required positional argument%s: "
                         "%U",
                         function, missing, missing == 1 ? "" : "s", list);
            Py_DECREF(list);
        }
        return -1;
    }
    return 0;
}
