/* Lib/socketserver.py: StreamRequestHandler. rfile and wfile over a socket. */
#ifndef CWSGIREF_SERVER_STREAM_REQUEST_HANDLER_H
#define CWSGIREF_SERVER_STREAM_REQUEST_HANDLER_H

#include "server/base_request_handler.h"
#include "io/buffered_io_base.h"
#include "io/socket.h"

typedef struct StreamRequestHandlerClass {
    BaseRequestHandlerClass base;

    int rbufsize;   /* bytes; -1: io.DEFAULT_BUFFER_SIZE */
    int wbufsize;   /* bytes; 0: unbuffered, by _SocketWriter */
    double timeout; /* seconds for each read and write; -1: None */
    bool disable_nagle_algorithm;
} StreamRequestHandlerClass;

typedef struct StreamRequestHandler {
    BaseRequestHandler base; /* must stay first */
    Socket *connection;      /* owned; the request */
    BufferedIOBase *rfile;   /* owned */
    BufferedIOBase *wfile;   /* owned */
} StreamRequestHandler;

extern PyTypeObject StreamRequestHandler_type;
extern const StreamRequestHandlerClass StreamRequestHandler_class;

int StreamRequestHandler_setup(BaseRequestHandler *self);
int StreamRequestHandler_finish(BaseRequestHandler *self);

int StreamRequestHandler_traverse(PyObject *op, visitproc visit, void *arg);
int StreamRequestHandler_clear(PyObject *op);

#endif
