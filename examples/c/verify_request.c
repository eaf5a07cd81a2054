/* A server that overrides verify_request: whom it refuses gets no answer, and
 * no request handler is made for him. In Python:
 *
 *     class Server(WSGIServer):
 *         def verify_request(self, request, client_address):
 *             return client_address[0] == '127.0.0.1'
 *
 *     with make_server('127.0.0.1', 8000, demo_app, Server) as httpd:
 *         httpd.serve_forever()
 *
 * To run it, and to ask it as 127.0.0.1 and as another address of the machine
 * (on Linux, all of 127.x.x.x is):
 *
 *     script/bootstrap study && build/study/examples/c/verify_request 8000
 *     curl http://127.0.0.1:8000/
 *     curl --interface 127.0.0.2 http://127.0.0.1:8000/
 */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>

#include "program/interpreter.h"
#include "program/signals.h"
#include "python/errors.h"
#include "types.h"
#include "server/simple_server.h"

/* def verify_request(self, request, client_address): */
static int
Server_verify_request(BaseServer *self, PyObject *request,
                      PyObject *client_address)
{
    PyObject *host = PyTuple_GetItem(client_address, 0); /* borrowed */

    (void)self;
    (void)request;
    if (FAILED(host == NULL)) {
        return -1;
    }
    return PyUnicode_CompareWithASCIIString(host, "127.0.0.1") == 0;
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
    WSGIServerClass Server_class = WSGIServer_class;
    PyObject *application = NULL;
    BaseServer *server = NULL;
    int exit_code;

    Server_class.base.verify_request = Server_verify_request;

    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    if (types_ready() == 0) {
        application = demo_app_new();
    }
    if (application != NULL) {
        server = (BaseServer *)make_server("127.0.0.1",
                                           argc > 1 ? atoi(argv[1]) : 8000,
                                           application, &Server_class, NULL);
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
