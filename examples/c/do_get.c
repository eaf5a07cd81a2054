/* A WSGI server without wsgiref: BaseHTTPRequestHandler reads the request and
 * calls do_GET or do_POST, which call the application with an environ and a
 * start_response of their own. What the classes of wsgiref.handlers do beyond
 * this is what they are worth reading for: write(), exc_info, a 500 when the
 * application fails, the checks of PEP 3333. In Python:
 *
 *     class Handler(BaseHTTPRequestHandler):
 *         def do_GET(self):
 *             self.handle_request()
 *
 *         do_POST = do_GET
 *
 *         def handle_request(self):
 *             environ = self.get_environ()
 *             result = application(environ, self.start_response)
 *             try:
 *                 for data in result:
 *                     self.wfile.write(data)
 *             finally:
 *                 if hasattr(result, 'close'):
 *                     result.close()
 *
 *         def start_response(self, status, headers, exc_info=None):
 *             code, message = status.split(' ', 1)
 *             self.send_response(int(code), message)
 *             for name, value in headers:
 *                 self.send_header(name, value)
 *             self.end_headers()
 *
 *         def get_environ(self):
 *             length = int(self.headers.get('Content-Length', 0))
 *             path, _, query = self.path.partition('?')
 *             env = {
 *                 'wsgi.version': (1, 0),
 *                 'wsgi.url_scheme': 'http',
 *                 'wsgi.input': io.BytesIO(self.rfile.read(length)),
 *                 'wsgi.errors': sys.stderr,
 *                 'wsgi.multithread': False,
 *                 'wsgi.multiprocess': False,
 *                 'wsgi.run_once': False,
 *                 'REQUEST_METHOD': self.command,
 *                 'SCRIPT_NAME': '',
 *                 'PATH_INFO': urllib.parse.unquote(path, 'latin-1'),
 *                 'QUERY_STRING': query,
 *                 'SERVER_NAME': self.server.server_name,
 *                 'SERVER_PORT': str(self.server.server_port),
 *                 'SERVER_PROTOCOL': self.request_version,
 *             }
 *             for name, value in self.headers.items():
 *                 key = name.replace('-', '_').upper()
 *                 if key not in ('CONTENT_TYPE', 'CONTENT_LENGTH'):
 *                     key = 'HTTP_' + key
 *                 env.setdefault(key, value)
 *             return env
 *
 *     with HTTPServer(('127.0.0.1', 8000), Handler) as httpd:
 *         httpd.serve_forever()
 *
 * To run it with demo_app, which shows the environ, or with another:
 *
 *     script/bootstrap study && build/study/examples/c/do_get 8000
 *     build/study/examples/c/do_get 8000 examples/flask_app.py
 */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>

#include "program/application.h"
#include "program/interpreter.h"
#include "program/signals.h"
#include "python/errors.h"
#include "types.h"
#include "server/simple_server.h"

static PyObject *application; /* owned; a global, as in the Python above */

/* int(self.headers.get('Content-Length', 0)), or -1 with an exception. */
static Py_ssize_t
content_length(HTTPMessage *headers)
{
    PyObject *value, *number;
    Py_ssize_t length;

    if (headers == NULL) { /* HTTP/0.9 */
        return 0;
    }
    value = HTTPMessage_get(headers, "Content-Length", NULL);
    if (value == NULL || value == Py_None) {
        Py_XDECREF(value);
        return value == NULL ? -1 : 0;
    }
    number = PyLong_FromUnicodeObject(value, 10);
    Py_DECREF(value);
    if (number == NULL) {
        return -1;
    }
    length = PyNumber_AsSsize_t(number, PyExc_OverflowError);
    Py_DECREF(number);
    if (length < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "Content-Length is negative");
    }
    return length;
}

/* io.BytesIO(self.rfile.read(length)) */
static PyObject *
read_input(BaseHTTPRequestHandler *self)
{
    BufferedIOBase *rfile = self->base.rfile;
    Py_ssize_t length = content_length(self->headers);
    PyObject *io = NULL, *body = NULL, *input = NULL;

    if (length >= 0) {
        body = rfile->cls->read(rfile, length);
    }
    if (body != NULL) {
        io = PyImport_ImportModule("io");
    }
    if (io != NULL) {
        input = PyObject_CallMethod(io, "BytesIO", "O", body);
    }
    Py_XDECREF(io);
    Py_XDECREF(body);
    return input;
}

/* urllib.parse.unquote(path, 'latin-1') */
static PyObject *
unquote(PyObject *path)
{
    PyObject *module = PyImport_ImportModule("urllib.parse");
    PyObject *unquoted = NULL;

    if (module != NULL) {
        unquoted =
            PyObject_CallMethod(module, "unquote", "Os", path, "latin-1");
    }
    Py_XDECREF(module);
    return unquoted;
}

/* for name, value in self.headers.items(): ... */
static int
add_headers(HTTPMessage *headers, PyObject *env)
{
    PyObject *items, *key;

    if (headers == NULL) { /* HTTP/0.9 */
        return 0;
    }
    items = HTTPMessage_items(headers);
    if (items == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *name = PyTuple_GET_ITEM(PyList_GET_ITEM(items, i), 0);
        PyObject *value = PyTuple_GET_ITEM(PyList_GET_ITEM(items, i), 1);

        key = PyObject_CallMethod(name, "replace", "ss", "-", "_");
        if (key != NULL) {
            Py_SETREF(key, PyObject_CallMethod(key, "upper", NULL));
        }
        if (key != NULL &&
            PyUnicode_CompareWithASCIIString(key, "CONTENT_TYPE") != 0 &&
            PyUnicode_CompareWithASCIIString(key, "CONTENT_LENGTH") != 0)
        {
            Py_SETREF(key, PyUnicode_FromFormat("HTTP_%U", key));
        }
        if (key == NULL || PyDict_SetDefault(env, key, value) == NULL) {
            Py_XDECREF(key);
            Py_DECREF(items);
            return -1;
        }
        Py_DECREF(key);
    }
    Py_DECREF(items);
    return 0;
}

/* def get_environ(self): */
static PyObject *
Handler_get_environ(BaseHTTPRequestHandler *self)
{
    HTTPServer *server = (HTTPServer *)self->base.base.server;
    PyObject *parts = NULL, *path = NULL, *port = NULL, *env = NULL;
    PyObject *input = read_input(self);

    if (FAILED(input == NULL)) {
        goto done;
    }
    parts = PyObject_CallMethod(self->path, "partition", "s", "?");
    if (FAILED(parts == NULL)) {
        goto done;
    }
    path = unquote(PyTuple_GET_ITEM(parts, 0));
    port = PyObject_Str(server->server_port);
    if (FAILED(path == NULL || port == NULL)) {
        goto done;
    }
    env = Py_BuildValue("{s(ii)sssOsOsOsOsOsOsssOsOsOsOsO}", /* */
                        "wsgi.version", 1, 0,                /* */
                        "wsgi.url_scheme", "http",           /* */
                        "wsgi.input", input,                 /* */
                        "wsgi.errors", PySys_GetObject("stderr"),
                        "wsgi.multithread", Py_False,    /* */
                        "wsgi.multiprocess", Py_False,   /* */
                        "wsgi.run_once", Py_False,       /* */
                        "REQUEST_METHOD", self->command, /* */
                        "SCRIPT_NAME", "",               /* */
                        "PATH_INFO", path,               /* */
                        "QUERY_STRING", PyTuple_GET_ITEM(parts, 2),
                        "SERVER_NAME", server->server_name, /* */
                        "SERVER_PORT", port,                /* */
                        "SERVER_PROTOCOL", self->request_version);
    if (FAILED(env == NULL) || FAILED(add_headers(self->headers, env) < 0)) {
        Py_CLEAR(env);
    }

done:
    Py_XDECREF(input);
    Py_XDECREF(parts);
    Py_XDECREF(path);
    Py_XDECREF(port);
    return env;
}

/* def start_response(self, status, headers, exc_info=None): */
static PyObject *
Handler_start_response(PyObject *op, PyObject *args)
{
    BaseHTTPRequestHandler *self = (BaseHTTPRequestHandler *)op;
    const BaseHTTPRequestHandlerClass *cls =
        (const BaseHTTPRequestHandlerClass *)self->base.base.cls;
    PyObject *headers, *exc_info;
    const char *status;
    char *message;
    int code;

    if (!PyArg_ParseTuple(args, "sO!|O:start_response", &status, &PyList_Type,
                          &headers, &exc_info))
    {
        return NULL;
    }
    code = (int)strtol(status, &message, 10);
    if (FAILED(cls->send_response(self, code, message + (*message == ' ')) <
               0)) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++) {
        const char *name, *value;

        if (!PyArg_Parse(PyList_GET_ITEM(headers, i), "(ss)", &name, &value) ||
            FAILED(cls->send_header(self, name, value) < 0))
        {
            return NULL;
        }
    }
    if (FAILED(cls->end_headers(self) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* for data in result: self.wfile.write(data) */
static int
write_all(BufferedIOBase *wfile, PyObject *result)
{
    PyObject *iterator = PyObject_GetIter(result);
    PyObject *data;

    if (FAILED(iterator == NULL)) {
        return -1;
    }
    while ((data = PyIter_Next(iterator)) != NULL) {
        Py_ssize_t written = wfile->cls->write(wfile, data);

        Py_DECREF(data);
        if (written < 0) {
            break;
        }
    }
    Py_DECREF(iterator);
    return FAILED(PyErr_Occurred() != NULL) ? -1 : 0;
}

/* def handle_request(self): */
static int
Handler_handle_request(BaseHTTPRequestHandler *self)
{
    static PyMethodDef def = { "start_response", Handler_start_response,
                               METH_VARARGS, NULL };
    PyObject *env = Handler_get_environ(self);
    PyObject *start_response = NULL, *result = NULL;
    Handled handled;
    int status = -1;

    if (FAILED(env == NULL)) {
        return -1;
    }
    start_response = PyCFunction_New(&def, (PyObject *)self);
    if (start_response != NULL) {
        result = PyObject_CallFunctionObjArgs(application, env, start_response,
                                              NULL);
    }
    Py_XDECREF(start_response);
    Py_DECREF(env);
    if (FAILED(result == NULL)) {
        return -1;
    }
    /* try: */
    if (!FAILED(write_all(self->base.wfile, result) < 0)) {
        status = 0;
    }
    /* finally: */
    handled = finally_enter();
    if (PyObject_HasAttrString(result, "close")) {
        PyObject *none = PyObject_CallMethod(result, "close", NULL);

        if (FAILED(none == NULL)) {
            status = -1;
        }
        Py_XDECREF(none);
    }
    finally_leave(handled);
    Py_DECREF(result);
    return status;
}

/* def do_GET(self): */
static int
Handler_do_GET(BaseHTTPRequestHandler *self)
{
    return TRACED(Handler_handle_request(self));
}

/* HTTPServer(('127.0.0.1', port), Handler) */
static BaseServer *
new_server(int port, const BaseHTTPRequestHandlerClass *handler_class)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", port);
    BaseServer *server;

    if (address == NULL) {
        return NULL;
    }
    server =
        BaseServer_new(&HTTPServer_class, address, &handler_class->base.base);
    Py_DECREF(address);
    return server;
}

/* Serves until SIGINT or SIGTERM raises KeyboardInterrupt. */
static void
serve(BaseServer *server)
{
    PyObject *port = PyTuple_GetItem(server->server_address, 1);

    if (port != NULL && signals_set(&server->shutdown_request) == 0) {
        printf("Serving on port %ld ...\n", PyLong_AsLong(port));
        fflush(stdout);
        BaseServer_serve_forever(server, 0.5);
    }
}

int
main(int argc, char *argv[])
{
    /* What getattr(self, 'do_' + self.command) finds; 501 for the rest. */
    static const DoMethod do_methods[] = { { "do_GET", Handler_do_GET },
                                           { "do_POST", Handler_do_GET },
                                           { NULL, NULL } };
    BaseHTTPRequestHandlerClass Handler_class = BaseHTTPRequestHandler_class;
    BaseServer *server = NULL;
    int exit_code;

    Handler_class.do_methods = do_methods;

    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    if (types_ready() == 0) {
        application = argc > 2 ? find_application(argv[2]) : demo_app_new();
    }
    if (application != NULL) {
        server = new_server(argc > 1 ? atoi(argv[1]) : 8000, &Handler_class);
    }
    if (server != NULL) {
        serve(server);
    }
    exit_code = interpreter_exit_code(); /* prints any other exception */
    if (server != NULL) {
        signals_reset(); /* before the server is gone that they point to */
        server->cls->server_close(server);
        Py_DECREF(server);
    }
    Py_XDECREF(application);
    return interpreter_stop(exit_code);
}
