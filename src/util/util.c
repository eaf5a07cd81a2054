#include "util/util.h"

#include "errors.h"

#include <stdbool.h>
#include <string.h>

/* `value in names`, as Python finds out: by comparing one after the other. */
static int
is_one_of(PyObject *value, const char *const names[])
{
    PyObject *tuple;
    int found;

    if (PyUnicode_CheckExact(value)) {
        for (; *names != NULL; names++) {
            if (PyUnicode_CompareWithASCIIString(value, *names) == 0) {
                return 1;
            }
        }
        return 0;
    }
    tuple = PyTuple_New(0);
    for (; *names != NULL && tuple != NULL; names++) {
        PyObject *more = Py_BuildValue("(s)", *names);

        Py_XSETREF(tuple,
                   more == NULL ? NULL : PySequence_Concat(tuple, more));
        Py_XDECREF(more);
    }
    if (tuple == NULL) {
        return -1;
    }
    found = PySequence_Contains(tuple, value);
    Py_DECREF(tuple);
    return found;
}

/* Lib/wsgiref/util.py: guess_scheme */
PyObject *
guess_scheme(PyObject *env)
{
    static const char *const on[] = { "yes", "on", "1", NULL };
    PyObject *https = PyObject_CallMethod(env, "get", "s", "HTTPS");
    int found;

    if (FAILED(https == NULL)) {
        return NULL;
    }
    found = is_one_of(https, on);
    Py_DECREF(https);
    if (FAILED(found < 0)) {
        return NULL;
    }
    return PyUnicode_FromString(found ? "https" : "http");
}

/* Lib/wsgiref/util.py: _hoppish */
static const char *const hoppish[] = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "te",         "trailers",   "transfer-encoding",  "upgrade",
};

/* Whether a name of ASCII characters is one of them, in any case. */
static bool
is_hoppish(PyObject *header_name)
{
    const char *name = (const char *)PyUnicode_1BYTE_DATA(header_name);
    size_t length = (size_t)PyUnicode_GET_LENGTH(header_name);

    for (size_t i = 0; i < Py_ARRAY_LENGTH(hoppish); i++) {
        if (strlen(hoppish[i]) == length &&
            PyOS_strnicmp(name, hoppish[i], (Py_ssize_t)length) == 0)
        {
            return true;
        }
    }
    return false;
}

/* Lib/wsgiref/util.py: is_hop_by_hop */
int
is_hop_by_hop(PyObject *header_name)
{
    PyObject *name;
    PyObject *set;
    int found = -1;

    if (PyUnicode_CheckExact(header_name) && PyUnicode_IS_ASCII(header_name)) {
        return is_hoppish(header_name);
    }
    /* Other characters may have a lower case within ASCII (U+212A has), and
     * other objects a lower() and a hash of their own. */
    name = PyObject_CallMethod(header_name, "lower", NULL);
    set = PySet_New(NULL);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(hoppish) && set != NULL; i++) {
        PyObject *member = PyUnicode_FromString(hoppish[i]);

        if (member == NULL || PySet_Add(set, member) < 0) {
            Py_CLEAR(set);
        }
        Py_XDECREF(member);
    }
    if (name != NULL && set != NULL) {
        found = PySequence_Contains(set, name);
    }
    Py_XDECREF(set);
    Py_XDECREF(name);
    return FAILED(found < 0) ? -1 : found;
}
