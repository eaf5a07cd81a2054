/* A handler whose wsgi.input ends where the request's body does. The input of
 * wsgiref is the connection itself: read() without a size waits for the client
 * to close it, while the client waits for the answer. In Python:
 *
 *     class LimitedIO(io.RawIOBase):
 *         def __init__(self, stream, left):
 *             self.stream, self.left = stream, left
 *
 *         def readable(self):
 *             return True
 *
 *         def readinto(self, b):
 *             n = self.stream.readinto(memoryview(b)[:self.left])
 *             self.left -= n
 *             return n
 *
 *         def close(self):
 *             self.stream.close()
 *             super().close()
 *
 *     class Handler(WSGIRequestHandler):
 *         def parse_request(self):
 *             if not super().parse_request():
 *                 return False
 *             try:
 *                 left = int(self.headers.get('Content-Length', 0))
 *             except ValueError:
 *                 left = -1
 *             if left < 0:
 *                 self.send_error(400, 'Bad Content-Length')
 *                 return False
 *             self.rfile = io.BufferedReader(LimitedIO(self.rfile, left))
 *             return True
 *
 *     with make_server('127.0.0.1', 8000, application,
 *                      handler_class=Handler) as httpd:
 *         httpd.serve_forever()
 *
 * To run it, and to see that the answer comes at once (under any other server
 * here, this application waits for ever):
 *
 *     script/bootstrap study
 *     build/study/examples/c/content_length_input 8000
 *     curl --data hello http://127.0.0.1:8000/
 */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>
#include <stddef.h>

#include "program/interpreter.h"
#include "program/signals.h"
#include "python/errors.h"
#include "io/buffered_reader.h"
#include "python/release.h"
#include "types.h"
#include "server/simple_server.h"

static const char code[] =
    "def application(environ, start_response):\n"
    "    body = environ['wsgi.input'].read()\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    return [b'%d bytes: %s\\n' % (len(body), body)]\n";

/* class LimitedIO(io.RawIOBase): */
typedef struct LimitedIO {
    RawIOBase base;         /* must stay first */
    BufferedIOBase *stream; /* owned */
    Py_ssize_t left;        /* bytes */
} LimitedIO;

_Static_assert(offsetof(LimitedIO, base) == 0, "the base must be first");

/* def readable(self): */
static int
LimitedIO_readable(RawIOBase *self)
{
    (void)self;
    return 1;
}

/* def readinto(self, b): */
static Py_ssize_t
LimitedIO_readinto(RawIOBase *self, char *buffer, Py_ssize_t size)
{
    LimitedIO *limited = (LimitedIO *)self;
    BufferedIOBase *stream = limited->stream;
    Py_ssize_t n =
        stream->cls->readinto(stream, buffer, Py_MIN(size, limited->left));

    if (n > 0) {
        limited->left -= n;
    }
    return n;
}

/* def close(self): */
static int
LimitedIO_close(RawIOBase *self)
{
    BufferedIOBase *stream = ((LimitedIO *)self)->stream;

    if (stream->cls->close(stream) < 0) {
        return -1;
    }
    return IOBase_close(self); /* super().close() */
}

static int
LimitedIO_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((LimitedIO *)op)->stream);
    return IOBase_traverse(op, visit, arg);
}

static int
LimitedIO_clear(PyObject *op)
{
    Py_CLEAR(((LimitedIO *)op)->stream);
    return IOBase_clear(op);
}

static PyTypeObject LimitedIO_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "example.LimitedIO",
    .tp_base = &RawIOBase_type,
    .tp_basicsize = sizeof(LimitedIO),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = LimitedIO_traverse,
    .tp_clear = LimitedIO_clear,
};

static const RawIOBaseClass LimitedIO_class = {
    .type = &LimitedIO_type,

    .readable = LimitedIO_readable,
    .writable = IOBase_writable,
    .closed = IOBase_closed,
    .read = RawIOBase_read,
    .read1 = IOBase_read1,
    .readline = IOBase_readline,
    .peek = IOBase_peek,
    .readinto = LimitedIO_readinto,
    .write = IOBase_write,
    .flush = IOBase_flush,
    .close = LimitedIO_close,
    .fileno = IOBase_fileno,
};

/* LimitedIO(stream, left) */
static RawIOBase *
LimitedIO_new(BufferedIOBase *stream, Py_ssize_t left)
{
    LimitedIO *self = (LimitedIO *)LimitedIO_type.tp_alloc(&LimitedIO_type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->base.cls = &LimitedIO_class;
    self->stream = (BufferedIOBase *)Py_NewRef((PyObject *)stream);
    self->left = left;
    return &self->base;
}

/* int(self.headers.get('Content-Length', 0)): 0, and out the length, at most
 * what fits; or -1 with an exception. */
static int
content_length(HTTPMessage *headers, Py_ssize_t *length)
{
    PyObject *value, *number;

    *length = 0;
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
    *length = PyNumber_AsSsize_t(number, NULL);
    Py_DECREF(number);
    return 0;
}

/* def parse_request(self): */
static int
Handler_parse_request(BaseHTTPRequestHandler *self)
{
    StreamRequestHandler *stream = &self->base;
    int parsed = BaseHTTPRequestHandler_parse_request(self); /* super() */
    Py_ssize_t left;
    RawIOBase *raw;
    BufferedIOBase *rfile;

    if (FAILED(parsed < 0)) {
        return -1;
    }
    if (!parsed) {
        return 0;
    }
    if (FAILED(content_length(self->headers, &left) < 0)) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
            return -1;
        }
        PyErr_Clear(); /* except ValueError: */
        left = -1;
    }
    if (left < 0) {
        const BaseHTTPRequestHandlerClass *cls =
            (const BaseHTTPRequestHandlerClass *)stream->base.cls;

        return FAILED(cls->send_error(self, 400, "Bad Content-Length", NULL) <
                      0)
                   ? -1
                   : 0;
    }
    raw = LimitedIO_new(stream->rfile, left);
    if (FAILED(raw == NULL)) {
        return -1;
    }
    rfile = BufferedReader_new(&BufferedReader_class, raw,
                               release()->default_buffer_size);
    Py_DECREF(raw);
    if (FAILED(rfile == NULL)) {
        return -1;
    }
    Py_SETREF(stream->rfile, rfile);
    return 1;
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
    /* A subclass is a copy of its base's table with slots of its own. */
    WSGIRequestHandlerClass Handler_class = WSGIRequestHandler_class;
    PyObject *application = NULL;
    BaseServer *server = NULL;
    int exit_code;

    Handler_class.base.parse_request = Handler_parse_request;

    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    if (types_ready() == 0 && PyType_Ready(&LimitedIO_type) == 0 &&
        PyRun_SimpleString(code) == 0)
    {
        application = PyObject_GetAttrString(PyImport_AddModule("__main__"),
                                             "application");
    }
    if (application != NULL) {
        server = (BaseServer *)make_server("127.0.0.1",
                                           argc > 1 ? atoi(argv[1]) : 8000,
                                           application, NULL, &Handler_class);
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
