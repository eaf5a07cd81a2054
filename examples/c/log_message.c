/* A request handler that overrides log_message: all that the server logs comes
 * through it. This one leaves out what a load balancer asks every second. In
 * Python:
 *
 *     class Handler(WSGIRequestHandler):
 *         def log_message(self, format, *args):
 *             if getattr(self, 'path', None) != '/health':
 *                 super().log_message(format, *args)
 *
 *     with make_server('127.0.0.1', 8000, demo_app,
 *                      handler_class=Handler) as httpd:
 *         httpd.serve_forever()
 *
 * To run it, and to see that the second request is logged and the first not:
 *
 *     script/bootstrap study && build/study/examples/c/log_message 8000
 *     curl http://127.0.0.1:8000/health http://127.0.0.1:8000/
 */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>

#include "program/interpreter.h"
#include "program/signals.h"
#include "types.h"
#include "server/simple_server.h"

/* def log_message(self, format, *args): */
static int
Handler_log_message(BaseHTTPRequestHandler *self, const char *format,
                    PyObject *args)
{
    /* The path is NULL as long as no request line has been understood. */
    if (self->path != NULL &&
        PyUnicode_CompareWithASCIIString(self->path, "/health") == 0)
    {
        return 0;
    }
    /* super().log_message(format, *args) */
    return BaseHTTPRequestHandler_log_message(self, format, args);
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

    Handler_class.base.log_message = Handler_log_message;

    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    if (types_ready() == 0) {
        application = demo_app_new();
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
