#include "program/callables.h"

#include "python/objects.h"

/* The code of a Python function or method, borrowed; NULL for other
 * callables. */
static PyCodeObject *
code_of(PyObject *callable)
{
    if (PyMethod_Check(callable)) {
        callable = PyMethod_GET_FUNCTION(callable);
    }
    if (!PyFunction_Check(callable)) {
        return NULL;
    }
    return (PyCodeObject *)PyFunction_GET_CODE(callable);
}

bool
is_coroutine_function(PyObject *callable)
{
    PyCodeObject *code = code_of(callable);

    return code != NULL && (code->co_flags & CO_COROUTINE) != 0;
}

/* Whether each parameter has a default. */
static bool
has_defaults(PyObject *function, PyCodeObject *code)
{
    PyObject *defaults = PyFunction_GetDefaults(function);  /* borrowed */
    PyObject *by_name = PyFunction_GetKwDefaults(function); /* borrowed */

    return code->co_argcount ==
               (defaults == NULL ? 0 : PyTuple_GET_SIZE(defaults)) &&
           code->co_kwonlyargcount ==
               (by_name == NULL ? 0 : PyDict_GET_SIZE(by_name));
}

/* Whether the first parameter is an environ, by its name. */
static bool
wants_environ(PyCodeObject *code)
{
    PyObject *names = PyCode_GetVarnames(code);
    int result = -1;

    if (names != NULL) {
        result = code->co_argcount == 0
                     ? 0
                     : is_in(PyTuple_GET_ITEM(names, 0),
                             Py_BuildValue("(ss)", "env", "environ"));
        Py_DECREF(names);
    }
    PyErr_Clear();
    return result != 0;
}

bool
takes_nothing(PyObject *callable)
{
    PyCodeObject *code = code_of(callable);

    return code != NULL && PyFunction_Check(callable) &&
           (code->co_flags & CO_VARARGS) == 0 &&
           has_defaults(callable, code) && !wants_environ(code);
}

/* Whether the module has imported it: a function or a class of another module,
 * or an object of typing, such as Optional. */
static bool
is_imported(PyObject *value, PyObject *module_name)
{
    bool defined = PyFunction_Check(value) || PyType_Check(value) ||
                   PyCFunction_Check(value);
    PyObject *origin = PyObject_GetAttrString(
        defined ? value : (PyObject *)Py_TYPE(value), "__module__");
    bool result = defined;

    if (origin != NULL && PyUnicode_Check(origin)) {
        result = defined
                     ? PyUnicode_Compare(origin, module_name) != 0
                     : PyUnicode_CompareWithASCIIString(origin, "typing") == 0;
    }
    Py_XDECREF(origin);
    PyErr_Clear();
    return result;
}

/* Whether it seems to take (environ, start_response). */
static bool
is_likely(PyObject *value)
{
    PyCodeObject *code = code_of(value);

    return code == NULL ? !PyType_Check(value) : code->co_argcount == 2;
}

/* Adds the public callables of a module to the list: those that are likely to
 * be an application, or the others. */
static int
add_callables(PyObject *list, PyObject *dict, PyObject *module_name,
              bool likely)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    int result = 0;

    while (result == 0 && PyDict_Next(dict, &at, &name, &value)) {
        if (PyUnicode_Check(name) && PyUnicode_READ_CHAR(name, 0) != '_' &&
            PyCallable_Check(value) && !is_imported(value, module_name) &&
            is_likely(value) == likely)
        {
            result = append_new(
                list, PyUnicode_FromFormat(
                          takes_nothing(value) ? "%U()" : "%U", name));
        }
    }
    return result;
}

/* The first ten callables of a module: a new list. NULL for an object that is
 * no real module. */
static PyObject *
list_callables(PyObject *module)
{
    PyObject *list = PyList_New(0);
    PyObject *dict = PyObject_GetAttrString(module, "__dict__");
    PyObject *name =
        dict == NULL ? NULL : PyObject_GetAttrString(module, "__name__");

    if (list == NULL || name == NULL || !PyDict_Check(dict) ||
        !PyUnicode_Check(name) || add_callables(list, dict, name, true) < 0 ||
        add_callables(list, dict, name, false) < 0 ||
        PyList_SetSlice(list, 10, PY_SSIZE_T_MAX, NULL) < 0)
    {
        Py_CLEAR(list);
    }
    Py_XDECREF(name);
    Py_XDECREF(dict);
    return list;
}

PyObject *
describe_callables(PyObject *module)
{
    PyObject *list = list_callables(module);
    PyObject *names, *text;

    if (list == NULL) {
        PyErr_Clear();
        return PyUnicode_FromString("name its callable");
    }
    if (PyList_GET_SIZE(list) == 0) {
        Py_DECREF(list);
        return PyUnicode_FromString(
            PyObject_HasAttrString(module, "__path__")
                ? "it is a package without callables: name a module in it"
                : "it has no callables");
    }
    names = join(", ", list);
    text = names == NULL ? NULL
                         : PyUnicode_FromFormat("its callables are %U", names);
    Py_XDECREF(names);
    Py_DECREF(list);
    return text;
}
