#include "python/unpack.h"

#include "python/release.h"

/* len() of a list, tuple or dict; -1 of anything else. */
static Py_ssize_t
known_length(PyObject *pair)
{
    if (PyTuple_CheckExact(pair) || PyList_CheckExact(pair)) {
        return PySequence_Fast_GET_SIZE(pair);
    }
    return PyDict_CheckExact(pair) ? PyDict_GET_SIZE(pair) : -1;
}

int
unpack_pair(PyObject *pair, PyObject **k, PyObject **v)
{
    PyObject *iterator, *more = NULL;

    if (PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2) {
        *k = Py_NewRef(PyTuple_GET_ITEM(pair, 0)); /* nearly every one */
        *v = Py_NewRef(PyTuple_GET_ITEM(pair, 1));
        return 0;
    }
    if (known_length(pair) == 2 && !PyDict_CheckExact(pair)) {
        *k = Py_NewRef(PySequence_Fast_GET_ITEM(pair, 0));
        *v = Py_NewRef(PySequence_Fast_GET_ITEM(pair, 1));
        return 0;
    }
    *k = *v = NULL;
    iterator = PyObject_GetIter(pair);
    if (iterator == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) &&
            Py_TYPE(pair)->tp_iter == NULL && !PySequence_Check(pair))
        {
            PyErr_Format(PyExc_TypeError,
                         "cannot unpack non-iterable %.200s object",
                         Py_TYPE(pair)->tp_name);
        }
        return -1;
    }
    *k = PyIter_Next(iterator);
    *v = *k == NULL ? NULL : PyIter_Next(iterator);
    more = *v == NULL ? NULL : PyIter_Next(iterator);
    Py_DECREF(iterator);
    if (more != NULL) {
        Py_ssize_t length = known_length(pair);

        if (length > 2 && release()->unpack_says_got) {
            PyErr_Format(PyExc_ValueError,
                         "too many values to unpack (expected 2, got %zd)",
                         length);
        }
        else {
            PyErr_SetString(PyExc_ValueError,
                            "too many values to unpack (expected 2)");
        }
    }
    else if (*v == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError,
                     "not enough values to unpack (expected 2, got %d)",
                     *k == NULL ? 0 : 1);
    }
    Py_XDECREF(more);
    if (PyErr_Occurred()) {
        Py_CLEAR(*k);
        Py_CLEAR(*v);
        return -1;
    }
    return 0;
}

PyObject *
k_of_pair(PyObject *Py_UNUSED(context), PyObject *pair)
{
    PyObject *k, *v;

    if (unpack_pair(pair, &k, &v) < 0) {
        return NULL;
    }
    Py_DECREF(v);
    return k;
}

PyObject *
v_of_pair(PyObject *Py_UNUSED(context), PyObject *pair)
{
    PyObject *k, *v;

    if (unpack_pair(pair, &k, &v) < 0) {
        return NULL;
    }
    Py_DECREF(k);
    return v;
}
