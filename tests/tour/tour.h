/* What the exercises of docs/tour.md share: a server on a free port of the
 * loopback, one request to it, and what comes of it. Client and server are in
 * one thread: the request waits in the connection until the server takes it.
 */
#ifndef CWSGIREF_TESTS_TOUR_H
#define CWSGIREF_TESTS_TOUR_H

#include "support.h"

#include "types.h"
#include "server/simple_server.h"

/* The application, and the client. What the application has seen, and what
 * the client got, are left in Python's `environ`, `answer` and `log`. */
static const char client[] =
    "import io, socket, sys\n"
    "status, body = '200 OK', b'Hello, World!\\n'\n"
    "def app(e, start_response):\n"
    "    global environ\n"
    "    environ = e\n"
    "    start_response(status, [('Content-Type', 'text/plain')])\n"
    "    return [body]\n"
    "def send(port, request, source='127.0.0.1'):\n"
    "    global connection\n"
    "    connection = socket.create_connection(('127.0.0.1', port), 10,\n"
    "                                          (source, 0))\n"
    "    connection.sendall(request.encode('latin-1'))\n"
    "    sys.stderr = io.StringIO()\n"
    "def receive():\n"
    "    global answer, log\n"
    "    with connection, connection.makefile('rb') as file:\n"
    "        answer = file.read().decode('latin-1')\n"
    "    log = sys.stderr.getvalue()\n"
    "    sys.stderr = sys.__stderr__\n";

static inline int
start_tour(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        PyErr_Print();
        return -1;
    }
    run_python(client);
    return 0;
}

/* A server of these classes (NULL: WSGIServer, WSGIRequestHandler). */
static inline BaseServer *
new_server(const WSGIServerClass *server_class,
           const WSGIRequestHandlerClass *handler_class)
{
    PyObject *app = eval_python("app");
    WSGIServer *server =
        make_server("127.0.0.1", 0, app, server_class, handler_class);

    Py_DECREF(app);
    assert_non_null(server);
    set_python("port", server->base.server_port);
    return (BaseServer *)server;
}

/* Python's `send` (a call of send, to `port`), and the server's answer. */
static inline void
serve(BaseServer *server, const char *send)
{
    run_python(send);
    assert_int_equal(BaseServer_handle_request(server), 0);
    run_python("receive()");
}

/* server_close(); the server's reference is given up. */
static inline void
close_server(BaseServer *server)
{
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

/* The same as serve() with a server that is there for one request only. */
static inline void
serve_once(const char *send)
{
    BaseServer *server = new_server(NULL, NULL);

    serve(server, send);
    close_server(server);
}

#endif
