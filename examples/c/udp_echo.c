/* An echo server for datagrams: UDPServer and DatagramRequestHandler. Nobody
 * connects: each datagram is a request, rfile holds it, and what is written
 * to wfile goes back as one datagram. In Python:
 *
 *     class EchoHandler(socketserver.DatagramRequestHandler):
 *         def handle(self):
 *             self.wfile.write(self.rfile.read())
 *
 *     with socketserver.UDPServer(('127.0.0.1', 8000), EchoHandler) as server:
 *         server.serve_forever()
 *
 * To run it, and to talk to it from a second terminal:
 *
 *     script/bootstrap study && build/study/examples/c/udp_echo 8000
 *     nc -u 127.0.0.1 8000
 */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>

#include "program/interpreter.h"
#include "program/signals.h"
#include "python/errors.h"
#include "server/datagram_request_handler.h"
#include "types.h"
#include "server/udp_server.h"

/* def handle(self): */
static int
EchoHandler_handle(BaseRequestHandler *self)
{
    BufferedIOBase *rfile = ((DatagramRequestHandler *)self)->rfile;
    BufferedIOBase *wfile = ((DatagramRequestHandler *)self)->wfile;
    PyObject *data = rfile->cls->read(rfile, -1);
    Py_ssize_t written;

    if (FAILED(data == NULL)) {
        return -1;
    }
    written = wfile->cls->write(wfile, data);
    Py_DECREF(data);
    return TRACED(written);
}

/* UDPServer(('127.0.0.1', port), EchoHandler) */
static BaseServer *
new_server(int port, const BaseRequestHandlerClass *handler_class)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", port);
    BaseServer *server;

    if (address == NULL) {
        return NULL;
    }
    server = BaseServer_new(&UDPServer_class, address, handler_class);
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
    BaseRequestHandlerClass EchoHandler_class = DatagramRequestHandler_class;
    BaseServer *server = NULL;
    int exit_code;

    EchoHandler_class.handle = EchoHandler_handle;

    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    if (types_ready() == 0) {
        server =
            new_server(argc > 1 ? atoi(argv[1]) : 8000, &EchoHandler_class);
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
