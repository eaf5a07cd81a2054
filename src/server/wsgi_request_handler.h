/* Lib/wsgiref/simple_server.py: WSGIRequestHandler. */
#ifndef CWSGIREF_SERVER_WSGI_REQUEST_HANDLER_H
#define CWSGIREF_SERVER_WSGI_REQUEST_HANDLER_H

#include "server/base_http_request_handler.h"

typedef struct WSGIRequestHandlerClass {
    BaseHTTPRequestHandlerClass base;

    PyObject *(*get_environ)(BaseHTTPRequestHandler *self);
    PyObject *(*get_stderr)(BaseHTTPRequestHandler *self);
} WSGIRequestHandlerClass;

/* It adds no state: an instance is a BaseHTTPRequestHandler. Its server is a
 * WSGIServer. */
extern PyTypeObject WSGIRequestHandler_type;
extern const WSGIRequestHandlerClass WSGIRequestHandler_class;

/* The request's environ: a new dict. */
PyObject *WSGIRequestHandler_get_environ(BaseHTTPRequestHandler *self);
PyObject *WSGIRequestHandler_get_stderr(BaseHTTPRequestHandler *self);
/* Answers the one request. As in Python, it makes a ServerHandler by name: to
 * use another class of handler, replace this method, too. */
int WSGIRequestHandler_handle(BaseRequestHandler *self);

#endif
