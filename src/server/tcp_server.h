/* Lib/socketserver.py: TCPServer. */
#ifndef CWSGIREF_SERVER_TCP_SERVER_H
#define CWSGIREF_SERVER_TCP_SERVER_H

#include "server/base_server.h"

/* It adds no method: its class is a BaseServerClass. The socket that listens
 * is a field of BaseServer, whose handle_request needs it. */
typedef struct TCPServer {
    BaseServer base; /* must stay first */
} TCPServer;

extern PyTypeObject TCPServer_type;
extern const BaseServerClass TCPServer_class;

int TCPServer_init(BaseServer *self, PyObject *server_address,
                   const BaseRequestHandlerClass *RequestHandlerClass,
                   bool bind_and_activate);
int TCPServer_server_bind(BaseServer *self);
int TCPServer_server_activate(BaseServer *self);
int TCPServer_server_close(BaseServer *self);
int TCPServer_fileno(BaseServer *self);
int TCPServer_get_request(BaseServer *self, PyObject **request,
                          PyObject **client_address);
int TCPServer_shutdown_request(BaseServer *self, PyObject *request);
int TCPServer_close_request(BaseServer *self, PyObject *request);

#endif
