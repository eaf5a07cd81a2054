#include "server/simple_server.h"

#include "python/errors.h"

/* "Hello world!", and each variable of `items`, a list of pairs, in a line of
 * its own. A new str. */
static PyObject *
greeting(PyObject *items)
{
    PyObject *lines = PyList_New(0);
    PyObject *empty = PyUnicode_FromString("");
    PyObject *line = PyUnicode_FromString("Hello world!\n\n");
    PyObject *text = NULL;

    if (lines == NULL || empty == NULL || line == NULL ||
        PyList_Append(lines, line) < 0)
    {
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *k, *v;

        if (!PyArg_UnpackTuple(PyList_GET_ITEM(items, i), "items", 2, 2, &k,
                               &v)) {
            goto done;
        }
        /* print(k, '=', repr(v), file=stdout) */
        Py_SETREF(line, PyUnicode_FromFormat("%S = %R\n", k, v));
        if (line == NULL || PyList_Append(lines, line) < 0) {
            goto done;
        }
    }
    text = PyUnicode_Join(empty, lines);

done:
    Py_XDECREF(lines);
    Py_XDECREF(empty);
    Py_XDECREF(line);
    return text;
}

/* Lib/wsgiref/simple_server.py: demo_app */
PyObject *
demo_app(PyObject *env, PyObject *start_response)
{
    PyObject *h = PyMapping_Items(env);
    PyObject *text = NULL, *write = NULL, *body = NULL, *result = NULL;

    if (FAILED(h == NULL) || FAILED(PyList_Sort(h) < 0)) {
        goto done;
    }
    text = greeting(h);
    if (FAILED(text == NULL)) {
        goto done;
    }
    write = PyObject_CallFunction(start_response, "s[(ss)]", "200 OK",
                                  "Content-Type", "text/plain; charset=utf-8");
    if (FAILED(write == NULL)) {
        goto done;
    }
    body = PyUnicode_AsUTF8String(text);
    if (FAILED(body == NULL)) {
        goto done;
    }
    result = Py_BuildValue("[O]", body);

done:
    Py_XDECREF(h);
    Py_XDECREF(text);
    Py_XDECREF(write);
    Py_XDECREF(body);
    return result;
}

/* demo_app, as Python calls it. */
static PyObject *
call_demo_app(PyObject *self, PyObject *args)
{
    PyObject *env, *start_response;

    (void)self;
    if (!PyArg_UnpackTuple(args, "demo_app", 2, 2, &env, &start_response)) {
        return NULL;
    }
    return demo_app(env, start_response);
}

PyObject *
demo_app_new(void)
{
    static PyMethodDef def = { "demo_app", call_demo_app, METH_VARARGS, NULL };

    return PyCFunction_New(&def, NULL);
}

/* Lib/wsgiref/simple_server.py: make_server */
WSGIServer *
make_server(const char *host, int port, PyObject *app,
            const WSGIServerClass *server_class,
            const WSGIRequestHandlerClass *handler_class)
{
    PyObject *server_address = Py_BuildValue("(si)", host, port);
    BaseServer *server = NULL;

    if (server_address == NULL) {
        return NULL;
    }
    if (server_class == NULL) {
        server_class = &WSGIServer_class;
    }
    if (handler_class == NULL) {
        handler_class = &WSGIRequestHandler_class;
    }
    server = BaseServer_new(&server_class->base, server_address,
                            &handler_class->base.base.base);
    Py_DECREF(server_address);
    if (server == NULL) {
        return NULL;
    }
    if (server_class->set_app((WSGIServer *)server, app) < 0) {
        Py_DECREF(server);
        return NULL;
    }
    return (WSGIServer *)server;
}
