/* In this file: AnySocket's operations, each of which is a call of a method in
 * Python; the type and the table; and how one is made. */
#include "io/any_socket.h"

#include <stddef.h>

#include "python/objects.h"
#include "python/unpack.h"

_Static_assert(offsetof(AnySocket, base) == 0, "the base must be first");

static PyObject *
object_of(Socket *self)
{
    return ((AnySocket *)self)->object;
}

static int
AnySocket_bind(Socket *self, PyObject *address)
{
    return discard(
        PyObject_CallMethod(object_of(self), "bind", "(O)", address));
}

static int
AnySocket_listen(Socket *self, int backlog)
{
    return discard(
        PyObject_CallMethod(object_of(self), "listen", "i", backlog));
}

static int
AnySocket_accept(Socket *self, Socket **connection, PyObject **address)
{
    PyObject *pair = PyObject_CallMethod(object_of(self), "accept", NULL);
    PyObject *object;
    int result = -1;

    if (pair != NULL && unpack_pair(pair, &object, address) == 0) {
        *connection = AnySocket_new(object);
        Py_DECREF(object);
        if (*connection != NULL) {
            result = 0;
        }
        else {
            Py_CLEAR(*address);
        }
    }
    Py_XDECREF(pair);
    return result;
}

/* A count that a method has given: takes it. */
static Py_ssize_t
count_of(PyObject *value)
{
    Py_ssize_t count =
        value == NULL ? -1 : PyNumber_AsSsize_t(value, PyExc_OverflowError);

    Py_XDECREF(value);
    return count;
}

static Py_ssize_t
AnySocket_recv_into(Socket *self, char *buffer, Py_ssize_t size)
{
    PyObject *view = PyMemoryView_FromMemory(buffer, size, PyBUF_WRITE);
    PyObject *count = NULL;

    if (view != NULL) {
        count = PyObject_CallMethod(object_of(self), "recv_into", "O", view);
        Py_DECREF(view);
    }
    return count_of(count);
}

static int
AnySocket_recvfrom(Socket *self, Py_ssize_t size, PyObject **data,
                   PyObject **address)
{
    PyObject *pair =
        PyObject_CallMethod(object_of(self), "recvfrom", "n", size);
    int result = pair == NULL ? -1 : unpack_pair(pair, data, address);

    Py_XDECREF(pair);
    return result;
}

/* object.name(data), or with an address object.name(data, address): the object
 * may keep what it gets. */
static PyObject *
call_with_data(Socket *self, const char *name, const char *data,
               Py_ssize_t size, PyObject *address)
{
    PyObject *bytes = PyBytes_FromStringAndSize(data, size);
    PyObject *result = NULL;

    if (bytes != NULL) {
        result = PyObject_CallMethod(object_of(self), name,
                                     address == NULL ? "(O)" : "(OO)", bytes,
                                     address);
        Py_DECREF(bytes);
    }
    return result;
}

static Py_ssize_t
AnySocket_send(Socket *self, const char *data, Py_ssize_t size)
{
    return count_of(call_with_data(self, "send", data, size, NULL));
}

static int
AnySocket_sendall(Socket *self, const char *data, Py_ssize_t size)
{
    return discard(call_with_data(self, "sendall", data, size, NULL));
}

static Py_ssize_t
AnySocket_sendto(Socket *self, const char *data, Py_ssize_t size,
                 PyObject *address)
{
    return count_of(call_with_data(self, "sendto", data, size, address));
}

static double
AnySocket_gettimeout(Socket *self)
{
    PyObject *value = PyObject_CallMethod(object_of(self), "gettimeout", NULL);
    double timeout = -2;

    if (value == Py_None) {
        timeout = -1;
    }
    else if (value != NULL) {
        timeout = PyFloat_AsDouble(value);
        if (timeout < 0 && !PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "Timeout value out of range");
        }
        timeout = PyErr_Occurred() ? -2 : timeout;
    }
    Py_XDECREF(value);
    return timeout;
}

static int
AnySocket_shutdown(Socket *self, int how)
{
    return discard(PyObject_CallMethod(object_of(self), "shutdown", "i", how));
}

static int
AnySocket_close(Socket *self)
{
    return discard(PyObject_CallMethod(object_of(self), "close", NULL));
}

/* The object closes itself. */
static void
AnySocket_del(PyObject *Py_UNUSED(op))
{
}

static int
AnySocket_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((AnySocket *)op)->object);
    Py_VISIT(((Socket *)op)->python);
    return 0;
}

static int
AnySocket_clear(PyObject *op)
{
    Py_CLEAR(((AnySocket *)op)->object);
    Py_CLEAR(((Socket *)op)->python);
    return 0;
}

PyTypeObject AnySocket_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socket.AnySocket",
    .tp_base = &Socket_type,
    .tp_basicsize = sizeof(AnySocket),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = AnySocket_traverse,
    .tp_clear = AnySocket_clear,
    .tp_finalize = AnySocket_del,
    .tp_dealloc = instance_dealloc,
};

static const SocketClass AnySocket_class = {
    .type = &AnySocket_type,

    .bind = AnySocket_bind,
    .listen = AnySocket_listen,
    .accept = AnySocket_accept,
    .recv_into = AnySocket_recv_into,
    .recvfrom = AnySocket_recvfrom,
    .send = AnySocket_send,
    .sendall = AnySocket_sendall,
    .sendto = AnySocket_sendto,
    .gettimeout = AnySocket_gettimeout,
    .shutdown = AnySocket_shutdown,
    .close = AnySocket_close,
};

/* What an object says, if it is an int; or else another number. Takes it. */
static int
int_or(PyObject *value, int other)
{
    int result = other;

    if (value != NULL && PyLong_Check(value)) {
        result = (int)PyLong_AsLong(value);
    }
    PyErr_Clear();
    Py_XDECREF(value);
    return result;
}

/* What C asks the system itself, with the descriptor: an object that is not a
 * real socket may have none of these. */
static void
read_fields(AnySocket *self)
{
    PyObject *object = self->object;

    self->base.fd = int_or(PyObject_CallMethod(object, "fileno", NULL), -1);
    self->base.family = int_or(PyObject_GetAttrString(object, "family"), 0);
    self->base.type = int_or(PyObject_GetAttrString(object, "type"), 0);
    self->base.proto = int_or(PyObject_GetAttrString(object, "proto"), 0);
}

Socket *
AnySocket_new(PyObject *object)
{
    AnySocket *self = (AnySocket *)AnySocket_type.tp_alloc(&AnySocket_type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->base.cls = &AnySocket_class;
    self->object = Py_NewRef(object);
    self->base.python = Py_NewRef(object);
    self->base.fd = -1;
    self->base.timeout = -1; /* the object knows */
    read_fields(self);
    return &self->base;
}
