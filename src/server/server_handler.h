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

/* As BaseHandler's, but what it sends leaves together with the first block.
 * Status line, Date, Server, headers and block are five sends in Python, and
 * one here. */
int ServerHandler_send_headers(BaseHandler *self);
/* As BaseHandler's; the headers of an answer without a block leave here. */
int ServerHandler_finish_content(BaseHandler *self);
int ServerHandler_close(BaseHandler *self);
/* Fills the hook that Python's ServerHandler leaves empty: sends a real file
 * by sendfile(2), from its position to its end, and leaves the position there.
 * Returns 1; 0 for anything else, which is then iterated over; or -1. The
 * bytes and the log are the same as without it. */
int ServerHandler_sendfile(BaseHandler *self);

int ServerHandler_traverse(PyObject *op, visitproc visit, void *arg);
int ServerHandler_clear(PyObject *op);

#endif
