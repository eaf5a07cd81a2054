/* Lib/socketserver.py: TCPServer, in Python's order: from the socket that
 * listens to that of a request, and how both are closed. */
#include "server/tcp_server.h"

#include <stddef.h>
#include <sys/socket.h>

#include "python/errors.h"
#include "python/objects.h"

_Static_assert(offsetof(TCPServer, base) == 0, "the base must be first");

/* Lib/socketserver.py: TCPServer.__init__ */
int
TCPServer_init(BaseServer *self, PyObject *server_address,
               const BaseRequestHandlerClass *RequestHandlerClass,
               bool bind_and_activate)
{
    Handled handled;

    if (FAILED(BaseServer_init(self, server_address, RequestHandlerClass,
                               bind_and_activate) < 0))
    {
        return -1;
    }
    self->socket = Socket_new(&Socket_class, self->cls->address_family,
                              self->cls->socket_type, 0, -1);
    if (FAILED(self->socket == NULL)) {
        return -1;
    }
    if (!bind_and_activate) {
        return 0;
    }
    /* try: */
    if (!FAILED(self->cls->server_bind(self) < 0) &&
        !FAILED(self->cls->server_activate(self) < 0))
    {
        return 0;
    }
    /* except: self.server_close(); raise */
    handled = except_enter();
    if (!FAILED(self->cls->server_close(self) < 0)) {
        RERAISE();
    }
    except_leave(handled);
    return -1;
}

/* Whether SO_REUSEPORT is to be set: Linux refuses it, since 6.12.9, but for
 * IPv4 and IPv6, and later releases do not ask for it. 1, 0 or -1. */
static int
reuses_port(BaseServer *self)
{
    int ip_only;

    if (!self->cls->allow_reuse_port) {
        return 0;
    }
    if (self->cls->address_family == AF_INET ||
        self->cls->address_family == AF_INET6)
    {
        return 1;
    }
    ip_only = release_asked(reuse_port_for_ip_only);
    return ip_only < 0 ? -1 : !ip_only;
}

/* Lib/socketserver.py: TCPServer.server_bind */
int
TCPServer_server_bind(BaseServer *self)
{
    Socket *sock = self->socket;
    PyObject *server_address;
    int reuse_port;

    if (self->cls->allow_reuse_address &&
        FAILED(Socket_setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, 1) < 0))
    {
        return -1;
    }
    reuse_port = reuses_port(self);
    if (FAILED(reuse_port < 0)) {
        return -1;
    }
    if (reuse_port &&
        FAILED(Socket_setsockopt(sock, SOL_SOCKET, SO_REUSEPORT, 1) < 0))
    {
        return -1;
    }
    if (self->server_address == NULL) {
        return TRACED(lacks_attribute(self, "server_address"));
    }
    if (FAILED(sock->cls->bind(sock, self->server_address) < 0)) {
        return -1;
    }
    server_address = Socket_getsockname(sock);
    if (FAILED(server_address == NULL)) {
        return -1;
    }
    Py_SETREF(self->server_address, server_address);
    return 0;
}

/* Lib/socketserver.py: TCPServer.server_activate */
int
TCPServer_server_activate(BaseServer *self)
{
    Socket *sock = self->socket;

    return TRACED(sock->cls->listen(sock, self->cls->request_queue_size));
}

/* Lib/socketserver.py: TCPServer.server_close */
int
TCPServer_server_close(BaseServer *self)
{
    Socket *sock = self->socket;

    return TRACED(sock->cls->close(sock));
}

/* Lib/socketserver.py: TCPServer.fileno */
int
TCPServer_fileno(BaseServer *self)
{
    int fd = Socket_fileno(self->socket);

    if (fd < 0) { /* what the selector says of it in Python */
        PyErr_Format(PyExc_ValueError, "Invalid file descriptor: %d", fd);
    }
    return fd;
}

/* Lib/socketserver.py: TCPServer.get_request */
int
TCPServer_get_request(BaseServer *self, PyObject **request,
                      PyObject **client_address)
{
    Socket *sock = self->socket;
    Socket *connection;

    if (FAILED(sock->cls->accept(sock, &connection, client_address) < 0)) {
        return -1;
    }
    *request = (PyObject *)connection;
    return 0;
}

/* Lib/socketserver.py: TCPServer.shutdown_request */
int
TCPServer_shutdown_request(BaseServer *self, PyObject *request)
{
    Socket *sock = (Socket *)request;

    /* Explicitly: what is left unread may make the close a reset, and the
     * client must see the end of the answer before that. */
    if (FAILED(sock->cls->shutdown(sock, SHUT_WR) < 0)) {
        if (!PyErr_ExceptionMatches(PyExc_OSError)) {
            return -1;
        }
        PyErr_Clear(); /* except OSError: pass */
    }
    return TRACED(self->cls->close_request(self, request));
}

/* Lib/socketserver.py: TCPServer.close_request */
int
TCPServer_close_request(BaseServer *self, PyObject *request)
{
    Socket *sock = (Socket *)request;

    (void)self;
    return TRACED(sock->cls->close(sock));
}

PyTypeObject TCPServer_type = {
    .tp_name = "cwsgiref.socketserver.TCPServer",
    .tp_base = &BaseServer_type,
    .tp_basicsize = sizeof(TCPServer),
};

const BaseServerClass TCPServer_class = {
    .type = &TCPServer_type,
    .timeout = -1,
    .address_family = AF_INET,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
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
