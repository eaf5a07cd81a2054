/* Lib/http/server.py: HTTPServer. */
#ifndef CWSGIREF_SERVER_HTTP_SERVER_H
#define CWSGIREF_SERVER_HTTP_SERVER_H

#include "server/tcp_server.h"

typedef struct HTTPServer {
    TCPServer base;        /* must stay first */
    PyObject *server_name; /* owned; a str: the host's full name */
    PyObject *server_port; /* owned; an int */
} HTTPServer;

extern PyTypeObject HTTPServer_type;
extern const BaseServerClass HTTPServer_class;

int HTTPServer_server_bind(BaseServer *self);

int HTTPServer_traverse(PyObject *op, visitproc visit, void *arg);
int HTTPServer_clear(PyObject *op);

#endif
