#include "server/datagram_request_handler.h"

#include <stddef.h>

#include "io/python_file.h"
#include "python/errors.h"
#include "python/objects.h"

_Static_assert(offsetof(DatagramRequestHandler, base) == 0,
               "the base must be first");

/* The stream over a file in memory; takes the file, which may be NULL. */
static BufferedIOBase *
stream_over(PyObject *file)
{
    BufferedIOBase *stream =
        file == NULL ? NULL : PythonFile_new(&PythonFile_class, file);

    Py_XDECREF(file);
    return stream;
}

/* Lib/socketserver.py: DatagramRequestHandler.setup */
int
DatagramRequestHandler_setup(BaseRequestHandler *self)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)self;
    PyObject *packet, *sock;

    if (!PyTuple_Check(self->request)) { /* a TCPServer's, for example */
        RAISE(PyExc_TypeError, "cannot unpack non-iterable %.200s object",
              Py_TYPE(self->request)->tp_name);
        return -1;
    }
    if (FAILED(!PyArg_ParseTuple(self->request, "OO!", &packet, &Socket_type,
                                 &sock)))
    {
        return -1;
    }
    datagram->packet = Py_NewRef(packet);
    datagram->socket = (Socket *)Py_NewRef(sock);
    datagram->rfile =
        stream_over(call_function("io", "BytesIO", "(O)", packet));
    if (FAILED(datagram->rfile == NULL)) {
        return -1;
    }
    datagram->wfile = stream_over(call_function("io", "BytesIO", "()"));
    return FAILED(datagram->wfile == NULL) ? -1 : 0;
}

/* Lib/socketserver.py: DatagramRequestHandler.finish */
int
DatagramRequestHandler_finish(BaseRequestHandler *self)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)self;
    Socket *sock = datagram->socket;
    PyObject *data =
        PyObject_CallMethod((PyObject *)datagram->wfile, "getvalue", NULL);
    Py_buffer view;
    Py_ssize_t sent = -1;

    if (FAILED(data == NULL)) {
        return -1;
    }
    if (!FAILED(PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0)) {
        sent =
            sock->cls->sendto(sock, view.buf, view.len, self->client_address);
        (void)FAILED(sent < 0);
        PyBuffer_Release(&view);
    }
    Py_DECREF(data);
    return sent < 0 ? -1 : 0;
}

int
DatagramRequestHandler_traverse(PyObject *op, visitproc visit, void *arg)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)op;

    Py_VISIT(datagram->packet);
    Py_VISIT(datagram->socket);
    Py_VISIT(datagram->rfile);
    Py_VISIT(datagram->wfile);
    return BaseRequestHandler_traverse(op, visit, arg);
}

int
DatagramRequestHandler_clear(PyObject *op)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)op;

    Py_CLEAR(datagram->packet);
    Py_CLEAR(datagram->socket);
    Py_CLEAR(datagram->rfile);
    Py_CLEAR(datagram->wfile);
    return BaseRequestHandler_clear(op);
}

PyTypeObject DatagramRequestHandler_type = {
    .tp_name = "cwsgiref.socketserver.DatagramRequestHandler",
    .tp_base = &BaseRequestHandler_type,
    .tp_basicsize = sizeof(DatagramRequestHandler),
    .tp_traverse = DatagramRequestHandler_traverse,
    .tp_clear = DatagramRequestHandler_clear,
};

const BaseRequestHandlerClass DatagramRequestHandler_class = {
    .type = &DatagramRequestHandler_type,

    .init = BaseRequestHandler_init,
    .setup = DatagramRequestHandler_setup,
    .handle = BaseRequestHandler_handle,
    .finish = DatagramRequestHandler_finish,
};
