/* A server for one application, made by hand: make_server binds and listens,
 * serve_forever runs the call graph of docs/callgraph.md for each request. The
 * application is Python, here in a string. In Python:
 *
 *     with make_server('127.0.0.1', 8000, application) as httpd:
 *         httpd.serve_forever()
 *
 * To run it with the application below, with one of a module or file, or with
 * one that is code on the command line:
 *
 *     script/bootstrap study && build/study/examples/c/make_server 8000
 *     build/study/examples/c/make_server 8000 examples/hello.py
 *     build/study/examples/c/make_server 8000 -c "$(cat examples/hello.py)"
 *
 * and to see the steps, each with its arguments:
 *
 *     gdb -ex 'rbreak ^BaseHandler_' --args build/study/examples/c/make_server
 */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/application.h"
#include "program/interpreter.h"
#include "program/signals.h"
#include "types.h"
#include "server/simple_server.h"

static const char code[] =
    "def application(environ, start_response):\n"
    "    name = environ['PATH_INFO'][1:] or 'world'\n"
    "    headers = [('Content-Type', 'text/plain; charset=utf-8')]\n"
    "    start_response('200 OK', headers)\n"
    "    return [f'Hello, {name}!\\n'.encode('latin-1')]\n";

/* What the code calls `application`: a new reference, or NULL.
 *     namespace = {}; exec(source, namespace); namespace['application'] */
static PyObject *
application_from_code(const char *source)
{
    PyObject *namespace = Py_BuildValue("{ss}", "__name__", "application");
    PyObject *none = NULL, *application = NULL;

    if (namespace != NULL) {
        none = PyRun_String(source, Py_file_input, namespace, namespace);
    }
    if (none != NULL) {
        application = PyMapping_GetItemString(namespace, "application");
    }
    Py_XDECREF(none);
    Py_XDECREF(namespace);
    return application;
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
    int port = argc > 1 ? atoi(argv[1]) : 8000;
    PyObject *application = NULL;
    BaseServer *server = NULL;
    int exit_code;

    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    if (types_ready() == 0) {
        if (argc > 3 && strcmp(argv[2], "-c") == 0) {
            application = application_from_code(argv[3]);
        }
        else if (argc > 2) {
            application = find_application(argv[2]);
        }
        else {
            application = application_from_code(code);
        }
    }
    if (application != NULL) {
        /* Its last two arguments are the classes; here those that Python's
         * make_server takes by itself. */
        server = (BaseServer *)make_server("127.0.0.1", port, application,
                                           &WSGIServer_class,
                                           &WSGIRequestHandler_class);
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
