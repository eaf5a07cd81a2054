#include "objects.h"

#include <string.h>

#include "names.h"

int
has_attribute(PyObject *object, const char *name)
{
    PyObject *value = PyObject_GetAttrString(object, name);

    if (value != NULL) {
        Py_DECREF(value);
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

int
lacks_attribute(const void *self, const char *name)
{
    /* "cwsgiref.socketserver.UDPServer": the class alone is named */
    const char *type = Py_TYPE((PyObject *)self)->tp_name;
    const char *dot = strrchr(type, '.');

    PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%s'",
                 dot == NULL ? type : dot + 1, name);
    return -1;
}

int
set_item(PyObject *env, PyObject *key, PyObject *value)
{
    int result;

    if (value == NULL) {
        return -1;
    }
    result = PyDict_SetItem(env, key, value);
    Py_DECREF(value);
    return result;
}

PyObject *
sys_stderr(void)
{
    PyObject *err = PySys_GetObject("stderr");

    if (err == NULL) {
        PyErr_SetString(PyExc_AttributeError,
                        "module 'sys' has no attribute 'stderr'");
    }
    return err;
}

int
write_to_stderr(PyObject *line)
{
    PyObject *err = sys_stderr();
    PyObject *none;

    if (err == NULL) {
        return -1;
    }
    Py_INCREF(err); /* write() might replace it */
    none = PyObject_CallMethodOneArg(err, names.write, line);
    Py_DECREF(err);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}
