#include "server/unix_stream_server.h"

#include <sys/socket.h>

#include "python/errors.h"

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

PyTypeObject UnixStreamServer_type = {
    .tp_name = "cwsgiref.socketserver.UnixStreamServer",
    .tp_base = &TCPServer_type,
};

PyTypeObject UnixDatagramServer_type = {
    .tp_name = "cwsgiref.socketserver.UnixDatagramServer",
    .tp_base = &UDPServer_type,
};

PyTypeObject UnixWSGIServer_type = {
    .tp_name = "cwsgiref.simple_server.UnixWSGIServer",
    .tp_base = &WSGIServer_type,
};

BaseServerClass UnixStreamServer_class;
BaseServerClass UnixDatagramServer_class;
WSGIServerClass UnixWSGIServer_class;

void
unix_stream_server_ready(void)
{
    /* class UnixStreamServer(TCPServer): */
    UnixStreamServer_class = TCPServer_class;
    UnixStreamServer_class.type = &UnixStreamServer_type;
    UnixStreamServer_class.address_family = AF_UNIX;

    /* class UnixDatagramServer(UDPServer): */
    UnixDatagramServer_class = UDPServer_class;
    UnixDatagramServer_class.type = &UnixDatagramServer_type;
    UnixDatagramServer_class.address_family = AF_UNIX;

    /* class UnixWSGIServer(UnixStreamServer, WSGIServer): */
    UnixWSGIServer_class = WSGIServer_class;
    UnixWSGIServer_class.base.type = &UnixWSGIServer_type;
    UnixWSGIServer_class.base.address_family = AF_UNIX;
    UnixWSGIServer_class.base.server_bind = UnixWSGIServer_server_bind;
    UnixWSGIServer_class.base.get_request = UnixWSGIServer_get_request;
}
