#include "validate/validate.h"

#include "python/errors.h"
#include "validate/checks.h"
#include "validate/error_wrapper.h"
#include "validate/input_wrapper.h"
#include "validate/iterator_wrapper.h"
#include "validate/write_wrapper.h"

/* The variables of lint_app that start_response_wrapper uses: its `self` is a
 * tuple of the two. */
enum { START_RESPONSE, START_RESPONSE_STARTED };

/* Lib/wsgiref/validate.py: validator.lint_app.start_response_wrapper */
static PyObject *
start_response_wrapper(PyObject *closure, PyObject *args, PyObject *kw)
{
    PyObject *start_response = PyTuple_GET_ITEM(closure, START_RESPONSE);
    PyObject *start_response_started =
        PyTuple_GET_ITEM(closure, START_RESPONSE_STARTED);
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    PyObject *status, *headers, *exc_info, *writer, *wrapper;

    if (kw != NULL && !PyArg_ValidateKeywordArguments(kw)) {
        return NULL;
    }
    if (FAILED(assert_(count == 2 || count == 3,
                       "Invalid number of arguments: %S", args) < 0) ||
        FAILED(assert_(kw == NULL || PyDict_GET_SIZE(kw) == 0,
                       "No keyword arguments allowed") < 0))
    {
        return NULL;
    }
    status = PyTuple_GET_ITEM(args, 0);
    headers = PyTuple_GET_ITEM(args, 1);
    exc_info = count == 3 ? PyTuple_GET_ITEM(args, 2) : Py_None;
    if (FAILED(check_status(status) < 0) ||
        FAILED(check_headers(headers) < 0) ||
        FAILED(check_content_type(status, headers) < 0) ||
        FAILED(check_exc_info(exc_info) < 0) ||
        FAILED(PyList_Append(start_response_started, Py_None) < 0))
    {
        return NULL;
    }
    writer = PyObject_Call(start_response, args, NULL);
    if (FAILED(writer == NULL)) {
        return NULL;
    }
    wrapper = WriteWrapper_new(writer);
    Py_DECREF(writer);
    return FAILED(wrapper == NULL) ? NULL : wrapper;
}

static PyMethodDef start_response_wrapper_def = {
    "start_response_wrapper",
    (PyCFunction)(void (*)(void))start_response_wrapper,
    METH_VARARGS | METH_KEYWORDS,
    "start_response_wrapper($self, /, *args, **kw)\n--\n\n",
};

/* A start_response_wrapper around one call's start_response. */
static PyObject *
make_start_response_wrapper(PyObject *start_response,
                            PyObject *start_response_started)
{
    PyObject *closure =
        PyTuple_Pack(2, start_response, start_response_started);
    PyObject *wrapper = NULL;

    if (closure != NULL) {
        wrapper = PyCFunction_New(&start_response_wrapper_def, closure);
        Py_DECREF(closure);
    }
    return wrapper;
}

/* environ[key] = Wrapper(environ[key]) */
static int
wrap_item(PyObject *env, const char *key, PyObject *(*wrap)(PyObject *))
{
    PyObject *item = PyMapping_GetItemString(env, key);
    PyObject *wrapper = item == NULL ? NULL : wrap(item);
    int result =
        wrapper == NULL ? -1 : PyDict_SetItemString(env, key, wrapper);

    Py_XDECREF(wrapper);
    Py_XDECREF(item);
    return result;
}

/* iterator is not None and iterator != False: a new reference. */
static PyObject *
is_iterator(PyObject *iterator)
{
    if (iterator == Py_None) {
        return Py_NewRef(Py_False);
    }
    return PyObject_RichCompare(iterator, Py_False, Py_NE);
}

/* Calls the application with the wrappers between it and the server: what it
 * returns, a new reference. */
static PyObject *
call_between(PyObject *application, PyObject *env, PyObject *start_response,
             PyObject *start_response_started)
{
    PyObject *wrapper =
        make_start_response_wrapper(start_response, start_response_started);
    PyObject *iterator = NULL;

    if (wrapper != NULL &&
        wrap_item(env, "wsgi.input", InputWrapper_new) == 0 &&
        wrap_item(env, "wsgi.errors", ErrorWrapper_new) == 0)
    {
        iterator =
            PyObject_CallFunctionObjArgs(application, env, wrapper, NULL);
    }
    Py_XDECREF(wrapper);
    return iterator;
}

/* Lib/wsgiref/validate.py: validator.lint_app */
static PyObject *
lint_app(PyObject *application, PyObject *args, PyObject *kw)
{
    PyObject *env, *start_response, *start_response_started;
    PyObject *iterator = NULL, *result = NULL;

    if (FAILED(assert_(PyTuple_GET_SIZE(args) == 2, "Two arguments required") <
               0) ||
        FAILED(assert_(kw == NULL || PyDict_GET_SIZE(kw) == 0,
                       "No keyword arguments allowed") < 0))
    {
        return NULL;
    }
    env = PyTuple_GET_ITEM(args, 0);
    start_response = PyTuple_GET_ITEM(args, 1);
    if (FAILED(check_environ(env) < 0)) {
        return NULL;
    }
    /* Whether the application returns without calling start_response. */
    start_response_started = PyList_New(0);
    if (FAILED(start_response_started == NULL)) {
        return NULL;
    }
    iterator =
        call_between(application, env, start_response, start_response_started);
    if (!FAILED(iterator == NULL) &&
        !FAILED(assert_(assert_truth(is_iterator(iterator)),
                        "The application must return an iterator, if only an "
                        "empty list") < 0) &&
        !FAILED(check_iterator(iterator) < 0))
    {
        result = IteratorWrapper_new(iterator, start_response_started);
        (void)FAILED(result == NULL);
    }
    Py_XDECREF(iterator);
    Py_DECREF(start_response_started);
    return result;
}

static PyMethodDef lint_app_def = {
    "lint_app",
    (PyCFunction)(void (*)(void))lint_app,
    METH_VARARGS | METH_KEYWORDS,
    "lint_app($self, /, *args, **kw)\n--\n\n",
};

/* Lib/wsgiref/validate.py: validator */
PyObject *
validator(PyObject *application)
{
    return PyCFunction_New(&lint_app_def, application);
}
