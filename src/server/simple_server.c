#include "server/simple_server.h"

#include "python/errors.h"
#include "python/objects.h"
#include "python/unpack.h"

/* "Hello world!", and each variable of `items`, a list of pairs, in a line of
 * its own. A new str. */
static PyObject *
greeting(PyObject *items)
{
    PyObject *text = PyUnicode_FromString("Hello world!\n\n");

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items) && text != NULL; i++) {
        PyObject *k, *v;

        if (unpack_pair(PyList_GET_ITEM(items, i), &k, &v) < 0) {
            Py_CLEAR(text);
            break;
        }
        /* print(k, '=', repr(v), file=stdout) */
        PyUnicode_AppendAndDel(&text, PyUnicode_FromFormat("%S = %R\n", k, v));
        Py_DECREF(k);
        Py_DECREF(v);
    }
    return text;
}

/* Lib/wsgiref/simple_server.py: demo_app */
PyObject *
demo_app(PyObject *env, PyObject *start_response)
{
    PyObject *h = PyMapping_Items(env);
    PyObject *text = NULL, *body = NULL;

    if (FAILED(h == NULL) || FAILED(PyList_Sort(h) < 0)) {
        goto done;
    }
    text = greeting(h);
    if (FAILED(text == NULL) ||
        FAILED(discard(PyObject_CallFunction(
                   start_response, "s[(ss)]", "200 OK", "Content-Type",
                   "text/plain; charset=utf-8")) < 0))
    {
        goto done;
    }
    body = PyUnicode_AsUTF8String(text);
    (void)FAILED(body == NULL);

done:
    Py_XDECREF(h);
    Py_XDECREF(text);
    return body == NULL ? NULL : Py_BuildValue("[N]", body);
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
    BaseServer *server;

    if (FAILED(server_address == NULL)) {
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
    if (FAILED(server == NULL)) {
        return NULL;
    }
    if (FAILED(server_class->set_app((WSGIServer *)server, app) < 0)) {
        Py_DECREF(server);
        return NULL;
    }
    return (WSGIServer *)server;
}
