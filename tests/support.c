#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types.h"

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

/* sys.path[:0] = [the folder of tests/`path`, tests/, the project's]; what is
 * there stays. */
static const char put_first_in_sys_path[] =
    "import os, sys\n"
    "for folder in (os.path.dirname(tests), tests,\n"
    "               os.path.dirname(__file__)):\n"
    "    if folder in sys.path: sys.path.remove(folder)\n"
    "    sys.path.insert(0, folder)\n"
    "del folder, tests, os, sys\n";

void
run_python_file(const char *path)
{
    PyObject *name = PyUnicode_FromFormat("%s/%s", CWSGIREF_TESTS, path);
    FILE *file;
    PyObject *result;

    assert_non_null(name);
    file = fopen(PyUnicode_AsUTF8(name), "r");
    if (file == NULL) {
        fail_msg("cannot open %s", PyUnicode_AsUTF8(name));
    }
    set_python("__file__", name);
    give_python("tests", PyUnicode_FromString(CWSGIREF_TESTS));
    run_python(put_first_in_sys_path);
    result = PyRun_FileEx(file, PyUnicode_AsUTF8(name), Py_file_input,
                          namespace, namespace, 1);
    if (result == NULL) {
        PyErr_Print();
        fail_msg("Python raised in: %s", path);
    }
    Py_DECREF(result);
    Py_DECREF(name);
}

void
set_python(const char *name, PyObject *value)
{
    assert_int_equal(PyDict_SetItemString(namespace, name, value), 0);
}

void
give_python(const char *name, PyObject *value)
{
    assert_non_null(value);
    set_python(name, value);
    Py_DECREF(value);
}

PyObject *
give_module(const char *name, PyMethodDef functions[])
{
    PyObject *module = PyImport_AddModule(name);

    assert_non_null(module);
    assert_int_equal(PyModule_AddFunctions(module, functions), 0);
    return module;
}

int
start_python_file(const char *path, PyMethodDef functions[])
{
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    give_module("ours", functions);
    run_python_file(path);
    return 0;
}

void
assert_nothing_differs(const char *expression)
{
    PyObject *text = eval_python(expression);
    bool differs = PyUnicode_GET_LENGTH(text) > 0;

    if (differs) { /* fail_msg is for a line or two */
        fprintf(stderr, "%s\n", PyUnicode_AsUTF8(text));
    }
    Py_DECREF(text);
    if (differs) {
        fail_msg("not as expected, see above: %s", expression);
    }
}

PyObject *
take_exception(void)
{
    PyObject *type, *value, *traceback;

    if (!PyErr_Occurred()) {
        Py_RETURN_NONE;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
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
