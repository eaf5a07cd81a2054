#include "python/errors.h"

#include <frameobject.h>

#include <ctype.h>
#include <string.h>

#include "python/release.h"

/* The special methods of Python that have lost their underscores in C. */
static const char *const dunders[] = {
    "init", "len", "getitem", "setitem", "delitem", "contains", "iter", "next",
    "repr", "str", "bytes",   "enter",   "exit",    "call",     "del",
};

/* The module functions of Python that have lost an underscore in C. */
static const char *const private_functions[] = { "read_headers",
                                                 "parse_header_lines",
                                                 "formatparam" };

/* Writes the Python name of a C function: Class_method is `method`, and a
 * module function keeps its own. */
static void
python_name(const char *function, char *name, size_t size)
{
    const char *method =
        isupper((unsigned char)function[0]) ? strchr(function, '_') : NULL;

    if (method == NULL) {
        const char *underscore = "";

        for (size_t i = 0; i < Py_ARRAY_LENGTH(private_functions); i++) {
            if (strcmp(function, private_functions[i]) == 0) {
                underscore = "_";
            }
        }
        PyOS_snprintf(name, size, "%s%s", underscore, function);
        return;
    }
    method++;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(dunders); i++) {
        if (strcmp(method, dunders[i]) == 0) {
            PyOS_snprintf(name, size, "__%s__", method);
            return;
        }
    }
    PyOS_snprintf(name, size, "%s", method);
}

/* The exception in flight, normalized, with its traceback: a new reference,
 * and none is in flight afterwards. */
static PyObject *
take_raised(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

/* Puts an exception in flight as it is; takes the reference. */
static void
restore_raised(PyObject *exception)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(exception);
#else
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(exception)), exception,
                  PyException_GetTraceback(exception));
#endif
}

void
traceback_here(const char *function, const char *file, int line)
{
    PyObject *exception = take_raised(); /* compiling wants none in flight */
    PyObject *globals = PyDict_New();
    PyCodeObject *code = NULL;
    PyFrameObject *frame = NULL;
    char name[100];

    if (exception == NULL) {
        exception = PyObject_CallFunction(PyExc_SystemError, "ss", function,
                                          "failed without an exception");
    }
    python_name(function, name, sizeof(name));
    code = PyCode_NewEmpty(file, name, line);
    if (code != NULL && globals != NULL) {
        frame = PyFrame_New(PyThreadState_Get(), code, globals, NULL);
    }
    /* Out of memory: the exception goes on without this line. */
    PyErr_Clear();
    restore_raised(exception);
    if (frame != NULL) {
        PyTraceBack_Here(frame);
    }
    Py_XDECREF(frame);
    Py_XDECREF(code);
    Py_XDECREF(globals);
}

void
reraise(const char *function, const char *file, int line)
{
    PyObject *handled = PyErr_GetHandledException();

    if (handled == NULL || handled == Py_None) {
        Py_XDECREF(handled);
        PyErr_SetString(PyExc_RuntimeError, "No active exception to reraise");
        traceback_here(function, file, line);
        return;
    }
    restore_raised(handled);
}

Handled
except_enter(void)
{
    Handled handled = { .outer = PyErr_GetHandledException(),
                        .raised = take_raised() };

    PyErr_SetHandledException(handled.raised);
    return handled;
}

void
except_leave(Handled handled)
{
    PyErr_SetHandledException(handled.outer);
    Py_XDECREF(handled.outer);
    Py_XDECREF(handled.raised);
}

Handled
finally_enter(void)
{
    if (!PyErr_Occurred()) {
        return (Handled){ NULL, NULL };
    }
    return except_enter();
}

void
finally_leave(Handled handled)
{
    if (handled.raised == NULL) {
        return;
    }
    if (!PyErr_Occurred()) {
        restore_raised(Py_NewRef(handled.raised));
    }
    except_leave(handled);
}

void
ignore_exception(const char *doing, PyObject *object)
{
#if PY_VERSION_HEX >= 0x030D0000 /* the function is new there */
    if (release()->unraisable_names_deallocator) {
        PyErr_FormatUnraisable("Exception ignored while %s %R", doing, object);
        return;
    }
#endif
    (void)doing;
    PyErr_WriteUnraisable(object);
}

PyObject *
sys_exc_info(void)
{
    PyObject *handled = PyErr_GetHandledException();
    PyObject *traceback;
    PyObject *result;

    if (handled == NULL || handled == Py_None) {
        Py_XDECREF(handled);
        return PyTuple_Pack(3, Py_None, Py_None, Py_None);
    }
    traceback = PyException_GetTraceback(handled);
    result = PyTuple_Pack(3, (PyObject *)Py_TYPE(handled), handled,
                          traceback == NULL ? Py_None : traceback);
    Py_XDECREF(traceback);
    Py_DECREF(handled);
    return result;
}
