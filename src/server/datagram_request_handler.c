#include "server/datagram_request_handler.h"

#include <stddef.h>

#include "io/python_file.h"
#include "python/errors.h"
#include "python/objects.h"

_Static_assert(offsetof(DatagramRequestHandler, base) == 0,
               "the base must be first");

/* BytesIO(), or BytesIO(initial_bytes) unless that is NULL. */
static BufferedIOBase *
bytes_io(PyObject *BytesIO, PyObject *initial_bytes)
{
    PyObject *file =
        PyObject_CallFunctionObjArgs(BytesIO, initial_bytes, NULL);
    BufferedIOBase *stream;

    if (file == NULL) {
        return NULL;
    }
    stream = PythonFile_new(&PythonFile_class, file);
    Py_DECREF(file);
    return stream;
}

/* Lib/socketserver.py: DatagramRequestHandler.setup */
int
DatagramRequestHandler_setup(BaseRequestHandler *self)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)self;
    PyObject *BytesIO = import_from("io", "BytesIO");
    PyObject *packet, *sock;
    int result = -1;

    if (FAILED(BytesIO == NULL)) {
        return -1;
    }
    if (!PyTuple_Check(self->request)) { /* a TCPServer's, for example */
        RAISE(PyExc_TypeError, "cannot unpack non-iterable %.200s object",
              Py_TYPE(self->request)->tp_name);
        goto done;
    }
    if (FAILED(!PyArg_ParseTuple(self->request, "OO!", &packet, &Socket_type,
                                 &sock)))
    {
        goto done;
    }
    datagram->packet = Py_NewRef(packet);
    datagram->socket = (Socket *)Py_NewRef(sock);
    datagram->rfile = bytes_io(BytesIO, packet);
    if (FAILED(datagram->rfile == NULL)) {
        goto done;
    }
    datagram->wfile = bytes_io(BytesIO, NULL);
    if (FAILED(datagram->wfile == NULL)) {
        goto done;
    }
    result = 0;

done:
    Py_DECREF(BytesIO);
    return result;
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
    int result = 0;

    if (FAILED(data == NULL)) {
        return -1;
    }
    if (FAILED(PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0)) {
        Py_DECREF(data);
        return -1;
    }
    if (FAILED(sock->cls->sendto(sock, view.buf, view.len,
                                 self->client_address) < 0))
    {
        result = -1;
    }
    PyBuffer_Release(&view);
    Py_DECREF(data);
    return result;
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
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.DatagramRequestHandler",
    .tp_base = &BaseRequestHandler_type,
    .tp_basicsize = sizeof(DatagramRequestHandler),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
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
