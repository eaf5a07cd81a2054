#include "server/udp_server.h"

#include <sys/socket.h>

#include "python/errors.h"

/* Lib/socketserver.py: UDPServer.get_request */
int
UDPServer_get_request(BaseServer *self, PyObject **request,
                      PyObject **client_address)
{
    Socket *sock = self->socket;
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
    .tp_name = "cwsgiref.socketserver.UDPServer",
    .tp_base = &TCPServer_type,
};

BaseServerClass UDPServer_class;

/* class UDPServer(TCPServer): */
void
udp_server_ready(void)
{
    BaseServerClass *cls = &UDPServer_class;

    *cls = TCPServer_class;
    cls->type = &UDPServer_type;
    cls->allow_reuse_address = false;
    cls->allow_reuse_port = false;
    cls->socket_type = SOCK_DGRAM;
    cls->max_packet_size = 8192;

    cls->get_request = UDPServer_get_request;
    cls->server_activate = UDPServer_server_activate;
    cls->shutdown_request = UDPServer_shutdown_request;
    cls->close_request = UDPServer_close_request;
}
