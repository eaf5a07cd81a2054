/* The functions of wsgiref.util, wsgiref.headers, wsgiref.handlers and
 * wsgiref.validate, in the order of their modules. */
#include "module/functions.h"

#include <string.h>

#include "handlers/handlers.h"
#include "headers/headers.h"
#include "python/objects.h"
#include "python/release.h"
#include "server/simple_server.h"
#include "util/util.h"
#include "validate/checks.h"
#include "validate/validate.h"

/* ----- util ----- */

static PyObject *
call_request_uri(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                 PyObject *values[])
{
    int include_query = values[1] == NULL ? 1 : PyObject_IsTrue(values[1]);

    return include_query < 0 ? NULL : request_uri(values[0], include_query);
}

static PyObject *
call_is_hop_by_hop(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                   PyObject *values[])
{
    if (!PyUnicode_Check(values[0])) {
        lacks_attribute(values[0], "lower");
        return NULL;
    }
    return as_bool(is_hop_by_hop(values[0]));
}

/* ----- headers ----- */

static PyObject *
call_formatparam(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                 PyObject *values[])
{
    int quote = values[2] == NULL ? 1 : PyObject_IsTrue(values[2]);

    return quote < 0 ? NULL : formatparam(values[0], values[1], quote);
}

/* ----- handlers ----- */

static PyObject *
call_read_environ(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                  PyObject *Py_UNUSED(values[]))
{
    return read_environ();
}

static PyObject *
call_format_date_time(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                      PyObject *values[])
{
    double timestamp = PyFloat_AsDouble(values[0]);

    if (timestamp == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return format_date_time((time_t)timestamp);
}

/* ----- validate ----- */

static PyObject *
call_check_string_type(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                       PyObject *values[])
{
    const char *title = PyUnicode_AsUTF8(values[1]);

    if (title == NULL || check_string_type(values[0], title) < 0) {
        return NULL;
    }
    return Py_NewRef(values[0]);
}

/* ----- and one of the package's own ----- */

static PyObject *
call_ask_release(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                 PyObject *Py_UNUSED(values[]))
{
    for (int question = 0; question < QUESTIONS; question++) {
        if (release_asked((Question)question) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

/* type.__module__ = module, of one of our types: Python reads it from the
 * name, which is not made anew. */
static PyObject *
call_set_module(PyObject *Py_UNUSED(self), Function Py_UNUSED(function),
                PyObject *values[])
{
    PyTypeObject *type = (PyTypeObject *)values[0];
    const char *module = PyUnicode_AsUTF8(values[1]);
    char *name;
    size_t size;

    if (module == NULL) {
        return NULL;
    }
    size = strlen(module) + strlen(strrchr(type->tp_name, '.')) + 1;
    name = PyMem_RawMalloc(size);
    if (name == NULL) {
        return PyErr_NoMemory();
    }
    PyOS_snprintf(name, size, "%s%s", module, strrchr(type->tp_name, '.'));
    type->tp_name = name;
    PyType_Modified(type);
    Py_RETURN_NONE;
}

const Slot functions[] = {
    { "guess_scheme", "environ", 0, OBJECT, NULL, (Function)guess_scheme,
      "The scheme of the request: https if HTTPS is on, or else http." },
    { "application_uri", "environ", 0, OBJECT, NULL, (Function)application_uri,
      "The URI of the application, without path and query." },
    { "request_uri", "environ, include_query=True", 0, OTHER, call_request_uri,
      NULL, "The URI of the request." },
    { "shift_path_info", "environ", 0, OBJECT, NULL, (Function)shift_path_info,
      "Move the next name of PATH_INFO to SCRIPT_NAME, and return it." },
    { "setup_testing_defaults", "environ", 0, NOTHING, NULL,
      (Function)setup_testing_defaults,
      "Add to the environ what a test needs there." },
    { "is_hop_by_hop", "header_name", 0, OTHER, call_is_hop_by_hop, NULL,
      "Whether HTTP/1.1 defines that header for one connection." },
    { "_formatparam", "param, value=None, quote=1", 0, OTHER, call_formatparam,
      NULL, "A parameter of a header: param=\"value\"." },
    { "read_environ", "", 0, OTHER, call_read_environ, NULL,
      "The environment of the process, in the form that PEP 3333 wants." },
    { "format_date_time", "timestamp", 0, OTHER, call_format_date_time, NULL,
      "The value of a Date header." },
    { "validator", "application", 0, OBJECT, NULL, (Function)validator,
      "A WSGI application that calls this one, and checks both sides." },
    { "check_string_type", "value, title", 0, OTHER, call_check_string_type,
      NULL, "AssertionError if the value is no str." },
    { "check_environ", "environ", 0, NOTHING, NULL, (Function)check_environ,
      "AssertionError if PEP 3333 forbids such an environ." },
    { "check_input", "wsgi_input", 0, NOTHING, NULL, (Function)check_input,
      "AssertionError if a method of wsgi.input is missing." },
    { "check_errors", "wsgi_errors", 0, NOTHING, NULL, (Function)check_errors,
      "AssertionError if a method of wsgi.errors is missing." },
    { "check_status", "status", 0, NOTHING, NULL, (Function)check_status,
      "AssertionError if PEP 3333 forbids such a status." },
    { "check_headers", "headers", 0, NOTHING, NULL, (Function)check_headers,
      "AssertionError if PEP 3333 forbids such headers." },
    { "check_content_type", "status, headers", 0, NOTHING, NULL,
      (Function)check_content_type,
      "AssertionError if Content-Type is missing, or there without a body." },
    { "check_exc_info", "exc_info", 0, NOTHING, NULL, (Function)check_exc_info,
      "AssertionError if it is neither None nor a tuple." },
    { "check_iterator", "iterator", 0, NOTHING, NULL, (Function)check_iterator,
      "AssertionError if it is a str or bytes." },
    { "demo_app", "environ, start_response", 0, OBJECT, NULL,
      (Function)demo_app, "A WSGI application that shows its environ." },
    { "_ask_release", "", 0, OTHER, call_ask_release, NULL,
      "Find out from Python's own modules what this release does." },
    { "_set_module", "type, module", 0, OTHER, call_set_module, NULL,
      "Set the __module__ of one of these types." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};
