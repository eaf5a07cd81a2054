/* What an application gives start_response(): a status and headers, which are
 * checked and sent; and what a Headers does with the same. */
#include "fuzz.h"

#include "handlers/simple_handler.h"
#include "headers/headers.h"
#include "util/util.h"

/* A value of the application's: mostly a str. */
static PyObject *
value_of(Input piece)
{
    if (piece.size > 0 && piece.data[0] == '\x01') {
        return PyLong_FromLong((long)piece.size);
    }
    if (piece.size > 0 && piece.data[0] == '\x02') {
        return PyBytes_FromStringAndSize(piece.data, (Py_ssize_t)piece.size);
    }
    return input_text(piece);
}

/* A list of the pairs that the lines are. */
static PyObject *
pairs_of(Input *input)
{
    PyObject *pairs = PyList_New(0);

    while (pairs != NULL && input->size > 0) {
        PyObject *name = value_of(input_until(input, '\x1e'));
        PyObject *value = value_of(input_until(input, '\x1e'));
        PyObject *pair = name == NULL || value == NULL
                             ? NULL
                             : PyTuple_Pack(2, name, value);

        settle(pair == NULL || PyList_Append(pairs, pair) < 0);
        Py_XDECREF(name);
        Py_XDECREF(value);
        Py_XDECREF(pair);
    }
    return pairs;
}

static void
ask_headers(PyObject *pairs)
{
    Headers *headers = Headers_new(&Headers_class, NULL);

    settle(headers == NULL);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pairs); i++) {
        PyObject *pair = PyList_GET_ITEM(pairs, i);
        PyObject *name = PyTuple_GET_ITEM(pair, 0);
        PyObject *value = PyTuple_GET_ITEM(pair, 1);

        drop(Headers_setdefault(headers, name, value));
        settle(Headers_contains(headers, name) < 0);
        settle(Headers_add_header(headers, value, name, NULL) < 0);
        settle(Headers_setitem(headers, name, value) < 0);
        settle(Headers_delitem(headers, value) < 0);
        drop(Headers_get_all(headers, name));
        settle(is_hop_by_hop(name) < 0);
        drop(formatparam(name, value, i % 2));
    }
    drop(Headers_str(headers));
    drop(Headers_bytes(headers));
    drop(Headers_repr(headers));
    Py_DECREF(headers);
}

static BaseHandler *
new_base_handler(void)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);
    PyObject *env = Py_BuildValue("{ssss}", "SERVER_PROTOCOL", "HTTP/1.0",
                                  "wsgi.url_scheme", "http");

    settle(self == NULL || env == NULL ||
           SimpleHandler_init(self, Py_None, nowhere(), Py_None, env, false,
                              false) < 0);
    Py_XSETREF(self->environ, env);
    return self;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { (const char *)data, size };
    PyObject *status = value_of(input_until(&input, '\x1e'));
    PyObject *pairs = pairs_of(&input);
    BaseHandler *self = new_base_handler();
    PyObject *write;

    settle(status == NULL || pairs == NULL);
    ask_headers(pairs);
    write = self->cls->start_response(self, status, pairs, NULL);
    settle(write == NULL);
    if (write != NULL) {
        drop(PyObject_CallFunction(write, "y", "x"));
        Py_DECREF(write);
    }
    Py_DECREF(self);
    Py_DECREF(status);
    Py_DECREF(pairs);
    return 0;
}
