#include "server/http_server.h"

#include <stddef.h>
#include <sys/socket.h>

#include "io/address.h"
#include "python/errors.h"

_Static_assert(offsetof(HTTPServer, base) == 0, "the base must be first");

/* Lib/http/server.py: HTTPServer.server_bind */
int
HTTPServer_server_bind(BaseServer *self)
{
    HTTPServer *http = (HTTPServer *)self;
    PyObject *host = NULL, *port = NULL, *server_name = NULL;
    int result = -1;

    if (FAILED(TCPServer_server_bind(self) < 0)) {
        return -1;
    }
    host = PySequence_GetItem(self->server_address, 0);
    if (FAILED(host == NULL)) {
        goto done;
    }
    port = PySequence_GetItem(self->server_address, 1);
    if (FAILED(port == NULL)) {
        goto done;
    }
    server_name = getfqdn(host);
    if (FAILED(server_name == NULL)) {
        goto done;
    }
    Py_XSETREF(http->server_name, Py_NewRef(server_name));
    Py_XSETREF(http->server_port, Py_NewRef(port));
    result = 0;

done:
    Py_XDECREF(host);
    Py_XDECREF(port);
    Py_XDECREF(server_name);
    return result;
}

int
HTTPServer_traverse(PyObject *op, visitproc visit, void *arg)
{
    HTTPServer *http = (HTTPServer *)op;

    Py_VISIT(http->server_name);
    Py_VISIT(http->server_port);
    return BaseServer_traverse(op, visit, arg);
}

int
HTTPServer_clear(PyObject *op)
{
    HTTPServer *http = (HTTPServer *)op;

    Py_CLEAR(http->server_name);
    Py_CLEAR(http->server_port);
    return BaseServer_clear(op);
}

PyTypeObject HTTPServer_type = {
    .tp_name = "cwsgiref.http.server.HTTPServer",
    .tp_base = &TCPServer_type,
    .tp_basicsize = sizeof(HTTPServer),
    .tp_traverse = HTTPServer_traverse,
    .tp_clear = HTTPServer_clear,
};

const BaseServerClass HTTPServer_class = {
    .type = &HTTPServer_type,
    .timeout = -1,
    .address_family = AF_INET,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = true, /* restart at once */
    .allow_reuse_port = false,

    .init = TCPServer_init,
    .server_bind = HTTPServer_server_bind,
    .server_activate = TCPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
    ._handle_request_noblock = BaseServer__handle_request_noblock,
    .get_request = TCPServer_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = BaseServer_process_request,
    .server_close = TCPServer_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = TCPServer_shutdown_request,
    .close_request = TCPServer_close_request,
    .handle_error = BaseServer_handle_error,
};
