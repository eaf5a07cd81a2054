/* Lib/wsgiref/simple_server.py: ServerHandler. */
#ifndef CWSGIREF_SERVER_SERVER_HANDLER_H
#define CWSGIREF_SERVER_SERVER_HANDLER_H

#include "handlers/simple_handler.h"

typedef struct BaseHTTPRequestHandler BaseHTTPRequestHandler;

/* It adds no method: its class is a BaseHandlerClass. */
typedef struct ServerHandler {
    SimpleHandler base;                      /* must stay first */
    BaseHTTPRequestHandler *request_handler; /* owned; for the log, or NULL */
} ServerHandler;

extern PyTypeObject ServerHandler_type;
extern const BaseHandlerClass ServerHandler_class;

int ServerHandler_close(BaseHandler *self);

int ServerHandler_traverse(PyObject *op, visitproc visit, void *arg);
int ServerHandler_clear(PyObject *op);
void ServerHandler_dealloc(PyObject *op);

#endif
