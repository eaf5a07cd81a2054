/* What the test files of this folder share: a server that only is there,
 * request handlers on memory streams, and sys.stderr in memory. */
#ifndef CWSGIREF_TESTS_SERVER_DOUBLES_H
#define CWSGIREF_TESTS_SERVER_DOUBLES_H

#include "support.h"

#include "io/python_file.h"
#include "types.h"
#include "server/base_server.h"
#include "server/stream_request_handler.h"

/* The group setup of every file here. */
static inline int
start_server_types(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        PyErr_Print();
        return -1;
    }
    return 0;
}

/* ... of those with a Python file beside them. */
static inline int
start_with(void **state, const char *path)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python_file(path);
    return 0;
}

/* sys.stderr becomes a new io.StringIO. */
static inline void
capture_stderr(void)
{
    run_python("import io, sys; sys.stderr = io.StringIO()");
}

/* What has been written there, a new str; sys.stderr is back. */
static inline PyObject *
captured_stderr(void)
{
    PyObject *text = eval_python("sys.stderr.getvalue()");

    run_python("sys.stderr = sys.__stderr__");
    return text;
}

/* Fails unless a == b in Python. Both are stolen, for results of calls. */
static inline void
assert_equal(PyObject *a, PyObject *b)
{
    int equal;

    if (a == NULL || b == NULL) {
        PyErr_Print();
        fail_msg("Python raised");
    }
    equal = PyObject_RichCompareBool(a, b, Py_EQ);
    if (equal != 1) {
        PyObject_Print(a, stderr, 0);
        fprintf(stderr, "\n!=\n");
        PyObject_Print(b, stderr, 0);
        fprintf(stderr, "\n");
        fail_msg("two objects differ");
    }
    Py_DECREF(a);
    Py_DECREF(b);
}

/* Fails unless the class attributes are those that the expression gives. */
static inline void
assert_attributes(const BaseServerClass *cls, const char *expression)
{
    assert_equal(eval_python(expression),
                 Py_BuildValue("(OiiiNNi)", Py_None, cls->address_family,
                               cls->socket_type, cls->request_queue_size,
                               PyBool_FromLong(cls->allow_reuse_address),
                               PyBool_FromLong(cls->allow_reuse_port),
                               cls->max_packet_size));
    assert_true(cls->timeout < 0);
}

/* A server that listens to nothing. */
static inline BaseServer *
new_idle_server(void)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 80);
    BaseServer *server = BaseServer_new(&BaseServer_class, address, NULL);

    Py_DECREF(address);
    assert_non_null(server);
    return server;
}

/* A StreamRequestHandler.setup for which the request is a tuple: the Python
 * files that rfile and wfile are made of. */
static inline int
memory_setup(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;

    stream->rfile =
        PythonFile_new(&PythonFile_class, PyTuple_GET_ITEM(self->request, 0));
    stream->wfile =
        PythonFile_new(&PythonFile_class, PyTuple_GET_ITEM(self->request, 1));
    return stream->rfile == NULL || stream->wfile == NULL ? -1 : 0;
}

/* ... and its finish: what has been written can still be read. */
static inline int
memory_finish(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

/* A handle() that does nothing: the test calls the methods. */
static inline int
idle_handle(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

/* cls(request, client_address, server), where `number` is that of the class.
 * Takes `request`. */
typedef PyObject *(*NewNumberedHandler)(long number, PyObject *request);

/* Handles each of Python's `cases`: words, the bytes, the number of a class,
 * and what both streams are. `begin_case` has Python's handler do it, and gives
 * the request for ours; `end_case` compares what can be seen of the two. */
static inline void
compare_every_case(NewNumberedHandler new_handler)
{
    PyObject *cases = eval_python("cases");

    assert_true(PyList_GET_SIZE(cases) > 1500);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(cases); i++) {
        PyObject *this = PyList_GET_ITEM(cases, i);
        long number = PyLong_AsLong(PyTuple_GET_ITEM(this, 2));
        PyObject *self;

        set_python("case", this);
        self = new_handler(number, eval_python("begin_case(*case)"));
        assert_int_equal(self == NULL, PyErr_Occurred() != NULL);
        give_python("error", take_exception());
        Py_XDECREF(self);
        run_python("end_case(case, error); del error");
    }
    Py_DECREF(cases);
    assert_nothing_differs("rows.report()");
}

#endif
