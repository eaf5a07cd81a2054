/* Runs applications in our SimpleHandler and in Python's, both in this process,
 * on equal streams and environs, and compares all that can be seen.
 *
 *     assert_same_as_python("STATUSES");
 *
 * The applications are in the Python beside the test, in tables whose rows say
 * what each shows; same_as_python.py has what they are made of. */
#ifndef CWSGIREF_TESTS_SAME_AS_PYTHON_H
#define CWSGIREF_TESTS_SAME_AS_PYTHON_H

#include "support.h"

#include "types.h"
#include "handlers/simple_handler.h"
#include "io/python_file.h"
#include "python/release.h"

/* The class that run_c makes its handlers of. */
static BaseHandlerClass tested_class;

/* A handler on Python streams; `out` may be None. A new reference. */
static inline BaseHandler *
new_handler(const BaseHandlerClass *cls, PyObject *in, PyObject *out,
            PyObject *err, PyObject *env)
{
    BaseHandler *self = BaseHandler_new(cls);
    BufferedIOBase *stream = NULL;

    assert_non_null(self);
    if (out != Py_None) {
        stream = PythonFile_new(&PythonFile_class, out);
        assert_non_null(stream);
    }
    assert_int_equal(
        SimpleHandler_init(self, in, stream, err, env, false, false), 0);
    Py_XDECREF(stream);
    return self;
}

/* self.run(app): what was raised, and what the handler, which is released,
 * holds afterwards. */
static inline PyObject *
run_and_release(BaseHandler *self, PyObject *app)
{
    PyObject *raised, *state;
    int result = self->cls->run(self, app);

    assert_int_equal(result < 0, PyErr_Occurred() != NULL);
    raised = take_exception();
    state =
        Py_BuildValue("(NOOOiiin)", raised, self->status, self->environ,
                      self->result, self->headers == NULL, self->headers_sent,
                      Py_REFCNT(self) > 1, self->bytes_sent);
    Py_DECREF(self);
    return state;
}

/* run_c(app, stdin, stdout, stderr, environ) */
static PyObject *
run_c(PyObject *module, PyObject *args)
{
    PyObject *app, *in, *out, *err, *env;

    (void)module;
    if (!PyArg_ParseTuple(args, "OOOOO", &app, &in, &out, &err, &env)) {
        return NULL;
    }
    return run_and_release(new_handler(&tested_class, in, out, err, env), app);
}

/* The module that same_as_python.py imports. */
static PyMethodDef functions_of_ours[] = {
    { "run_c", run_c, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

/* The first part of start_handlers(): the interpreter, the types, and what the
 * Python imports from `ours`. */
static inline int
ready_handlers(void)
{
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    tested_class = SimpleHandler_class;
    tested_class.server_software = "Test/1.0";
    give_module("ours", functions_of_ours);
    return 0;
}

/* The second: the Python of the test, tests/`path`. */
static inline void
run_handlers_file(const char *path)
{
    run_python_file(path);
    run_python("import same_as_python");
}

/* Group setup. */
static inline int
start_handlers(const char *path)
{
    if (ready_handlers() < 0) {
        return -1;
    }
    run_handlers_file(path);
    return 0;
}

/* Fails unless what the class sets is what Python's class of that name sets;
 * what wsgi_file_wrapper and headers_class are is not compared. */
static inline void
assert_class_attributes_of_python(const BaseHandlerClass *cls,
                                  const char *name)
{
    give_python("name", PyUnicode_FromString(name));
    give_python("attributes",
                Py_BuildValue(
                    "{sysss[(ss)]s(ii)sNsNsNsssssNsO}", "error_body",
                    cls->error_body, "error_status", cls->error_status,
                    "error_headers", cls->error_headers[0].name,
                    cls->error_headers[0].value, "wsgi_version",
                    cls->wsgi_version[0], cls->wsgi_version[1],
                    "wsgi_multithread", PyBool_FromLong(cls->wsgi_multithread),
                    "wsgi_multiprocess",
                    PyBool_FromLong(cls->wsgi_multiprocess), "wsgi_run_once",
                    PyBool_FromLong(cls->wsgi_run_once), "http_version",
                    cls->http_version, "server_software", cls->server_software,
                    "origin_server", PyBool_FromLong(cls->origin_server),
                    "os_environ", *cls->os_environ));
    assert_null(cls->error_headers[1].name);
    assert_nothing_differs(
        "same_as_python.class_differences(name, attributes)");
    run_python("del name, attributes");
    assert_int_equal(cls->traceback_limit, -1);
}

/* Fails, and names every row that differs, unless the applications of a table
 * of the test's Python fare as with Python's handler. */
static inline void
assert_same_as_python(const char *table)
{
    char call[80];

    PyOS_snprintf(call, sizeof(call), "same_as_python.not_as_in_python(%s)",
                  table);
    assert_nothing_differs(call);
}

#endif
