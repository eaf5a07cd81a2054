#include "server/udp_server.h"

#include <sys/socket.h>

#include "python/errors.h"

/* Lib/socketserver.py: UDPServer.get_request */
int
UDPServer_get_request(BaseServer *self, PyObject **request,
                      PyObject **client_address)
{
    Socket *sock = ((TCPServer *)self)->socket;
    PyObject *data;

    if (FAILED(sock->cls->recvfrom(sock, self->cls->max_packet_size, &data,
                                   client_address) < 0))
    {
        return -1;
    }
    *request = PyTuple_Pack(2, data, (PyObject *)sock);
    Py_DECREF(data);
    if (FAILED(*request == NULL)) {
        Py_CLEAR(*client_address);
        return -1;
    }
    return 0;
}

/* Lib/socketserver.py: UDPServer.server_activate */
int
UDPServer_server_activate(BaseServer *self)
{
    (void)self; /* nobody connects: there is nothing to listen for */
    return 0;
}

/* Lib/socketserver.py: UDPServer.shutdown_request */
int
UDPServer_shutdown_request(BaseServer *self, PyObject *request)
{
    return TRACED(self->cls->close_request(self, request));
}

/* Lib/socketserver.py: UDPServer.close_request */
int
UDPServer_close_request(BaseServer *self, PyObject *request)
{
    (void)self;
    (void)request; /* its socket is the server's */
    return 0;
}

PyTypeObject UDPServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.UDPServer",
    .tp_base = &TCPServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass UDPServer_class = {
    .type = &UDPServer_type,
    .mixed_over = NULL,
    .timeout = -1,
    .address_family = AF_INET,
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
