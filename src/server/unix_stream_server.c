#include "server/unix_stream_server.h"

#include <sys/socket.h>

#include "python/errors.h"

PyTypeObject UnixStreamServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.UnixStreamServer",
    .tp_base = &TCPServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass UnixStreamServer_class = {
    .type = &UnixStreamServer_type,
    .mixed_over = NULL,
    .timeout = -1,
    .address_family = AF_UNIX,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = TCPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
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

PyTypeObject UnixDatagramServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.UnixDatagramServer",
    .tp_base = &UDPServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass UnixDatagramServer_class = {
    .type = &UnixDatagramServer_type,
    .mixed_over = NULL,
    .timeout = -1,
    .address_family = AF_UNIX,
    .socket_type = SOCK_DGRAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .max_packet_size = 8192,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = UDPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
    .get_request = UDPServer_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = BaseServer_process_request,
    .server_close = TCPServer_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = UDPServer_shutdown_request,
    .close_request = UDPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

/* HTTPServer.server_bind would take the first two characters of the path for
 * host and port. PEP 3333 wants a SERVER_NAME and a SERVER_PORT that are never
 * empty; they only count when the client sends no Host. "localhost" is where
 * the client is, and port 80 is the one that request_uri() leaves out.
 * Lib/test/test_asyncio/utils.py: UnixWSGIServer.server_bind */
int
UnixWSGIServer_server_bind(BaseServer *self)
{
    const WSGIServerClass *cls = (const WSGIServerClass *)self->cls;
    HTTPServer *http = (HTTPServer *)self;
    PyObject *server_name, *server_port;

    /* UnixStreamServer.server_bind(self) */
    if (FAILED(TCPServer_server_bind(self) < 0)) {
        return -1;
    }
    server_name = PyUnicode_FromString("localhost");
    if (FAILED(server_name == NULL)) {
        return -1;
    }
    Py_XSETREF(http->server_name, server_name);
    server_port = PyLong_FromLong(80);
    if (FAILED(server_port == NULL)) {
        return -1;
    }
    Py_XSETREF(http->server_port, server_port);
    return TRACED(cls->setup_environ((WSGIServer *)self));
}

/* A client has no address but '' here, and what is above takes its host from
 * client_address[0], for the log and REMOTE_ADDR. It runs on this machine:
 * 127.0.0.1, which is also what applications that parse REMOTE_ADDR expect of
 * a proxy on it. It has no port: 0.
 * Lib/test/test_asyncio/utils.py: UnixWSGIServer.get_request */
int
UnixWSGIServer_get_request(BaseServer *self, PyObject **request,
                           PyObject **client_address)
{
    PyObject *address;

    if (FAILED(TCPServer_get_request(self, request, client_address) < 0)) {
        return -1;
    }
    address = Py_BuildValue("(si)", "127.0.0.1", 0);
    if (FAILED(address == NULL)) {
        Py_CLEAR(*request);
        Py_CLEAR(*client_address);
        return -1;
    }
    Py_SETREF(*client_address, address);
    return 0;
}

PyTypeObject UnixWSGIServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.simple_server.UnixWSGIServer",
    .tp_base = &WSGIServer_type,
    .tp_basicsize = sizeof(WSGIServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const WSGIServerClass UnixWSGIServer_class = {
    .base = {
        .type = &UnixWSGIServer_type,
        .mixed_over = NULL,
        .timeout = -1,
        .address_family = AF_UNIX,
        .socket_type = SOCK_STREAM,
        .request_queue_size = REQUEST_QUEUE_SIZE,
        .allow_reuse_address = true, /* HTTPServer's; means nothing here */
        .allow_reuse_port = false,

        .init = TCPServer_init,
        .server_bind = UnixWSGIServer_server_bind,
        .server_activate = TCPServer_server_activate,
        .fileno = TCPServer_fileno,
        .service_actions = BaseServer_service_actions,
        .get_request = UnixWSGIServer_get_request,
        .handle_timeout = BaseServer_handle_timeout,
        .verify_request = BaseServer_verify_request,
        .process_request = BaseServer_process_request,
        .server_close = TCPServer_server_close,
        .finish_request = BaseServer_finish_request,
        .shutdown_request = TCPServer_shutdown_request,
        .close_request = TCPServer_close_request,
        .handle_error = BaseServer_handle_error,
    },
    .setup_environ = WSGIServer_setup_environ,
    .get_app = WSGIServer_get_app,
    .set_app = WSGIServer_set_app,
};
