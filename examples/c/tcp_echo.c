/* An echo server, on the two classes that everything else is built on:
 * TCPServer, which accepts, and StreamRequestHandler, which makes rfile and
 * wfile of the connection. In Python:
 *
 *     class EchoHandler(socketserver.StreamRequestHandler):
 *         def handle(self):
 *             for line in self.rfile:
 *                 self.wfile.write(line)
 *
 *     class EchoServer(socketserver.TCPServer):
 *         allow_reuse_address = True
 *
 *     with EchoServer(('127.0.0.1', 8000), EchoHandler) as server:
 *         server.serve_forever()
 *
 * To run it, and to talk to it from a second terminal:
 *
 *     script/bootstrap study && build/study/examples/c/tcp_echo 8000
 *     nc 127.0.0.1 8000
 */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>

#include "program/interpreter.h"
#include "program/signals.h"
#include "python/errors.h"
#include "types.h"
#include "server/stream_request_handler.h"
#include "server/tcp_server.h"

/* def handle(self): */
static int
EchoHandler_handle(BaseRequestHandler *self)
{
    BufferedIOBase *rfile = ((StreamRequestHandler *)self)->rfile;
    BufferedIOBase *wfile = ((StreamRequestHandler *)self)->wfile;

    for (;;) {
        PyObject *line = rfile->cls->readline(rfile, -1);
        Py_ssize_t size, written;

        if (FAILED(line == NULL)) {
            return -1;
        }
        size = PyBytes_GET_SIZE(line);
        written = size == 0 ? 0 : wfile->cls->write(wfile, line);
        Py_DECREF(line);
        if (FAILED(written < 0)) {
            return -1;
        }
        if (size == 0) { /* the client has nothing more to say */
            return 0;
        }
    }
}

/* EchoServer(('127.0.0.1', port), EchoHandler) */
static BaseServer *
EchoServer_new(const BaseServerClass *cls, int port,
               const StreamRequestHandlerClass *handler_class)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", port);
    BaseServer *server;

    if (address == NULL) {
        return NULL;
    }
    server = BaseServer_new(cls, address, &handler_class->base);
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
    /* A subclass is a copy of its base's table with slots of its own. */
    StreamRequestHandlerClass EchoHandler_class = StreamRequestHandler_class;
    BaseServerClass EchoServer_class = TCPServer_class;
    BaseServer *server = NULL;
    int exit_code;

    EchoHandler_class.base.handle = EchoHandler_handle;
    EchoServer_class.allow_reuse_address = true;

    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    if (types_ready() == 0) {
        server =
            EchoServer_new(&EchoServer_class, argc > 1 ? atoi(argv[1]) : 8000,
                           &EchoHandler_class);
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
    return interpreter_stop(exit_code);
}
