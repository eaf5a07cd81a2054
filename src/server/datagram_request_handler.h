/* Lib/socketserver.py: DatagramRequestHandler. rfile is the datagram, and what
 * is written to wfile is the datagram that answers it. */
#ifndef CWSGIREF_SERVER_DATAGRAM_REQUEST_HANDLER_H
#define CWSGIREF_SERVER_DATAGRAM_REQUEST_HANDLER_H

#include "server/base_request_handler.h"
#include "io/buffered_io_base.h"
#include "io/socket.h"

/* It adds no method: its class is a BaseRequestHandlerClass. */
typedef struct DatagramRequestHandler {
    BaseRequestHandler base; /* must stay first */
    PyObject *packet;        /* owned; bytes: the datagram */
    Socket *socket;          /* owned; the server's */
    BufferedIOBase *rfile;   /* owned; over an io.BytesIO */
    BufferedIOBase *wfile;   /* owned; over an io.BytesIO */
} DatagramRequestHandler;

extern PyTypeObject DatagramRequestHandler_type;
extern const BaseRequestHandlerClass DatagramRequestHandler_class;

int DatagramRequestHandler_setup(BaseRequestHandler *self);
int DatagramRequestHandler_finish(BaseRequestHandler *self);

int DatagramRequestHandler_traverse(PyObject *op, visitproc visit, void *arg);
int DatagramRequestHandler_clear(PyObject *op);

#endif
