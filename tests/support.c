#include "support.h"

#include <stdlib.h>
#include <string.h>

static PyObject *namespace; /* owned; where run_python and eval_python work */

int
start_python(void)
{
    PyConfig config;
    PyStatus status;

    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.install_signal_handlers = 1;
    status = PyConfig_SetBytesString(&config, &config.program_name,
                                     CWSGIREF_PYTHON);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "%s\n", status.err_msg);
        return -1;
    }
    namespace = PyDict_New();
    return namespace == NULL || PyDict_SetItemString(namespace, "__builtins__",
                                                     PyEval_GetBuiltins()) < 0
               ? -1
               : 0;
}

int
stop_python(void **state)
{
    (void)state;
    Py_CLEAR(namespace);
    return Py_FinalizeEx();
}

int
no_exception_left(void **state)
{
    (void)state;
    if (PyErr_Occurred()) {
        PyErr_Print();
        return -1;
    }
    return 0;
}

static PyObject *
evaluate(const char *source, int start)
{
    PyObject *value = PyRun_String(source, start, namespace, namespace);

    if (value == NULL) {
        PyErr_Print();
        fail_msg("Python raised in: %s", source);
    }
    return value;
}

void
run_python(const char *statements)
{
    Py_DECREF(evaluate(statements, Py_file_input));
}

PyObject *
eval_python(const char *expression)
{
    return evaluate(expression, Py_eval_input);
}

void
set_python(const char *name, PyObject *value)
{
    assert_int_equal(PyDict_SetItemString(namespace, name, value), 0);
}

void
assert_raised(PyObject *type, const char *message)
{
    PyObject *raised, *value, *traceback, *text;

    if (!PyErr_ExceptionMatches(type)) {
        if (PyErr_Occurred()) {
            PyErr_Print();
        }
        fail_msg("%s was not raised", ((PyTypeObject *)type)->tp_name);
    }
    PyErr_Fetch(&raised, &value, &traceback);
    PyErr_NormalizeException(&raised, &value, &traceback);
    text = PyObject_Str(value);
    assert_non_null(text);
    if (message != NULL) {
        assert_string_equal(PyUnicode_AsUTF8(text), message);
    }
    Py_DECREF(text);
    Py_XDECREF(raised);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

void
assert_repr(PyObject *object, const char *expected)
{
    PyObject *text;

    if (object == NULL) {
        PyErr_Print();
        fail_msg("expected %s, but Python raised", expected);
    }
    text = PyObject_Repr(object);
    assert_non_null(text);
    assert_string_equal(PyUnicode_AsUTF8(text), expected);
    Py_DECREF(text);
    Py_DECREF(object);
}

void
leave_out(const char *reason)
{
    print_message("left out: %s\n", reason);
    skip();
}

void
assert_no_empty_slot(const void *table, size_t first, size_t size)
{
    for (size_t at = first; at < size; at += sizeof(void (*)(void))) {
        void (*slot)(void);

        memcpy(&slot, (const char *)table + at, sizeof(slot));
        if (slot == NULL) {
            fail_msg("the slot at byte %zu of the table is empty", at);
        }
    }
}
