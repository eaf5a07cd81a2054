/* Runs the same Python on wsgiref.validate and on src/validate, both in this
 * process, and compares all that can be seen.
 *
 *     assert_all_same("STATUSES");
 *
 * What is run is in the Python beside the test, in tables whose rows say what
 * each shows; same_as_original.py has what they are made of. */
#ifndef CWSGIREF_TESTS_VALIDATE_SAME_AS_ORIGINAL_H
#define CWSGIREF_TESTS_VALIDATE_SAME_AS_ORIGINAL_H

#include "support.h"

#include "validate/checks.h"
#include "validate/error_wrapper.h"
#include "validate/input_wrapper.h"
#include "validate/iterator_wrapper.h"
#include "validate/validate.h"
#include "types.h"
#include "validate/write_wrapper.h"

static inline PyObject *
none_or_null(int result)
{
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
call_assert_(PyObject *module, PyObject *args)
{
    PyObject *cond, *message = NULL;

    (void)module;
    if (!PyArg_ParseTuple(args, "O|U", &cond, &message)) {
        return NULL;
    }
    return none_or_null(
        message == NULL
            ? assert_(assert_truth(Py_NewRef(cond)), NULL)
            : assert_(assert_truth(Py_NewRef(cond)), "%U", message));
}

static PyObject *
call_check_string_type(PyObject *module, PyObject *args)
{
    PyObject *value;
    const char *title;

    (void)module;
    if (!PyArg_ParseTuple(args, "Os", &value, &title)) {
        return NULL;
    }
    return check_string_type(value, title) < 0 ? NULL : Py_NewRef(value);
}

static PyObject *
call_check_environ(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_environ(value));
}

static PyObject *
call_check_input(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_input(value));
}

static PyObject *
call_check_errors(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_errors(value));
}

static PyObject *
call_check_status(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_status(value));
}

static PyObject *
call_check_headers(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_headers(value));
}

static PyObject *
call_check_content_type(PyObject *module, PyObject *args)
{
    PyObject *status, *headers;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &status, &headers)) {
        return NULL;
    }
    return none_or_null(check_content_type(status, headers));
}

static PyObject *
call_check_exc_info(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_exc_info(value));
}

static PyObject *
call_check_iterator(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_iterator(value));
}

static PyObject *
call_validator(PyObject *module, PyObject *application)
{
    (void)module;
    return validator(application);
}

static PyMethodDef functions[] = {
    { "assert_", call_assert_, METH_VARARGS, NULL },
    { "check_string_type", call_check_string_type, METH_VARARGS, NULL },
    { "validator", call_validator, METH_O, NULL },
    { "check_environ", call_check_environ, METH_O, NULL },
    { "check_input", call_check_input, METH_O, NULL },
    { "check_errors", call_check_errors, METH_O, NULL },
    { "check_status", call_check_status, METH_O, NULL },
    { "check_headers", call_check_headers, METH_O, NULL },
    { "check_content_type", call_check_content_type, METH_VARARGS, NULL },
    { "check_exc_info", call_check_exc_info, METH_O, NULL },
    { "check_iterator", call_check_iterator, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

/* Gives Python files a module `ours`: the functions, the types, the warning. */
static inline void
give_ours(void)
{
    static PyTypeObject *const types[] = {
        &InputWrapper_type,    &ErrorWrapper_type,
        &WriteWrapper_type,    &PartialIteratorWrapper_type,
        &IteratorWrapper_type,
    };
    PyObject *ours = give_module("ours", functions);

    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        assert_int_equal(PyModule_AddType(ours, types[i]), 0);
    }
    assert_int_equal(PyModule_AddObjectRef(ours, "WSGIWarning", WSGIWarning),
                     0);
}

/* Group setup: the interpreter, the types, and the Python of the test,
 * tests/`path`. */
static inline int
start_validate(const char *path)
{
    if (start_python() < 0) {
        return -1;
    }
    if (types_ready() < 0) {
        PyErr_Print();
        return -1;
    }
    give_ours();
    run_python_file(path);
    run_python("import gc, ours, same_as_original");
    return 0;
}

/* Fails, and names every row that differs, unless the rows of a table of the
 * test's Python fare as with the original. */
static inline void
assert_all_same(const char *table)
{
    char call[100];

    PyOS_snprintf(call, sizeof(call),
                  "same_as_original.not_as_in_the_original(%s)", table);
    assert_nothing_differs(call);
}

/* Fails, and names the rows, when ours leaves something behind each time it
 * runs one. (Nothing is counted where PYTHONMALLOC=malloc leaves that to
 * LeakSanitizer.) */
static inline void
assert_none_leaks(const char *table)
{
    char call[100];

    PyOS_snprintf(call, sizeof(call), "same_as_original.leaking(%s)", table);
    assert_nothing_differs(call);
}

#endif
