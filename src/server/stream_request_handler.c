#include "server/stream_request_handler.h"

#include <stddef.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "io/makefile.h"
#include "io/socket_writer.h"
#include "python/errors.h"

_Static_assert(offsetof(StreamRequestHandler, base) == 0,
               "the base must be first");

/* Lib/socketserver.py: StreamRequestHandler.setup */
int
StreamRequestHandler_setup(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;
    const StreamRequestHandlerClass *cls =
        (const StreamRequestHandlerClass *)self->cls;
    Socket *connection = (Socket *)self->request;

    stream->connection = (Socket *)Py_NewRef((PyObject *)connection);
    if (cls->timeout >= 0 &&
        FAILED(Socket_settimeout(connection, cls->timeout) < 0))
    {
        return -1;
    }
    if (cls->disable_nagle_algorithm &&
        FAILED(Socket_setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, 1) < 0))
    {
        return -1;
    }
    stream->rfile = Socket_makefile(connection, "rb", cls->rbufsize);
    if (FAILED(stream->rfile == NULL)) {
        return -1;
    }
    if (cls->wbufsize == 0) {
        stream->wfile = SocketWriter_new(&SocketWriter_class, connection);
    }
    else {
        stream->wfile = Socket_makefile(connection, "wb", cls->wbufsize);
    }
    return FAILED(stream->wfile == NULL) ? -1 : 0;
}

/* Lib/socketserver.py: StreamRequestHandler.finish */
int
StreamRequestHandler_finish(BaseRequestHandler *self)
{
    BufferedIOBase *rfile = ((StreamRequestHandler *)self)->rfile;
    BufferedIOBase *wfile = ((StreamRequestHandler *)self)->wfile;
    int closed = wfile->cls->closed(wfile);

    if (FAILED(closed < 0)) {
        return -1;
    }
    if (!closed && FAILED(wfile->cls->flush(wfile) < 0)) {
        if (!PyErr_ExceptionMatches(PyExc_OSError)) {
            return -1;
        }
        PyErr_Clear(); /* except socket.error: pass */
    }
    if (FAILED(wfile->cls->close(wfile) < 0)) {
        return -1;
    }
    return TRACED(rfile->cls->close(rfile));
}

int
StreamRequestHandler_traverse(PyObject *op, visitproc visit, void *arg)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)op;

    Py_VISIT(stream->connection);
    Py_VISIT(stream->rfile);
    Py_VISIT(stream->wfile);
    return BaseRequestHandler_traverse(op, visit, arg);
}

int
StreamRequestHandler_clear(PyObject *op)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)op;

    Py_CLEAR(stream->connection);
    Py_CLEAR(stream->rfile);
    Py_CLEAR(stream->wfile);
    return BaseRequestHandler_clear(op);
}

PyTypeObject StreamRequestHandler_type = {
    .tp_name = "cwsgiref.socketserver.StreamRequestHandler",
    .tp_base = &BaseRequestHandler_type,
    .tp_basicsize = sizeof(StreamRequestHandler),
    .tp_traverse = StreamRequestHandler_traverse,
    .tp_clear = StreamRequestHandler_clear,
};

const StreamRequestHandlerClass StreamRequestHandler_class = {
    .base = {
        .type = &StreamRequestHandler_type,

        .init = BaseRequestHandler_init,
        .setup = StreamRequestHandler_setup,
        .handle = BaseRequestHandler_handle,
        .finish = StreamRequestHandler_finish,
    },
    .rbufsize = -1,
    .wbufsize = 0,
    .timeout = -1,
    .disable_nagle_algorithm = false,
};
