/* In this file: AnySocket, whose every operation is a call of a method in
 * Python; what is a socket in Python for one in C, and the other way; and the
 * fields that hold one. */
#include "module/any_socket.h"

#include "python/objects.h"
#include "python/unpack.h"

/* The sockets that Python has got, by weak references, with the Socket of each,
 * which owns the other one until it is closed. Not a WeakKeyDictionary: what
 * that does at the end of a key is Python code, which would lose the exception
 * of a signal. */
static PyObject *views;
static PyObject *forget_view; /* called at the end of one */

static PyObject *
forget(PyObject *Py_UNUSED(module), PyObject *reference)
{
    if (PyDict_DelItem(views, reference) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef forget_def = { "forget_view", forget, METH_O, NULL };

/* views[view] = sock */
static int
remember_view(PyObject *view, Socket *sock)
{
    PyObject *reference = PyWeakref_NewRef(view, forget_view);
    int result = -1;

    if (reference != NULL) {
        result = PyDict_SetItem(views, reference, (PyObject *)sock);
        Py_DECREF(reference);
    }
    return result;
}

/* views.get(object): borrowed, or NULL without an exception. */
static Socket *
find_view(PyObject *object)
{
    PyObject *reference = PyWeakref_NewRef(object, NULL);
    PyObject *found = NULL;

    if (reference != NULL) {
        found = PyDict_GetItemWithError(views, reference);
        Py_DECREF(reference);
    }
    PyErr_Clear(); /* it can't be a key: it is none of those */
    return (Socket *)found;
}

/* ----- AnySocket ----- */

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
        *connection = socket_of(object);
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
    return 0;
}

static int
AnySocket_clear(PyObject *op)
{
    Py_CLEAR(((AnySocket *)op)->object);
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

static Socket *
AnySocket_new(PyObject *object)
{
    AnySocket *self = (AnySocket *)AnySocket_type.tp_alloc(&AnySocket_type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->base.cls = &AnySocket_class;
    self->object = Py_NewRef(object);
    self->base.fd = -1;
    self->base.timeout = -1; /* the object knows */
    if (object != missing) {
        read_fields(self);
    }
    return &self->base;
}

/* ----- From one to the other ----- */

Socket *
socket_of(PyObject *object)
{
    Socket *found;

    if (PyObject_TypeCheck(object, &Socket_type)) {
        return (Socket *)Py_NewRef(object);
    }
    found = find_view(object);
    return found != NULL ? (Socket *)Py_NewRef(found) : AnySocket_new(object);
}

/* A socket.socket that is closed. */
static PyObject *
closed_socket(void)
{
    PyObject *cls = import_from("socket", "socket");
    PyObject *sock = NULL, *zero = PyLong_FromLong(0);

    if (cls != NULL && zero != NULL) {
        sock = PyObject_CallMethod(cls, "__new__", "O", cls);
    }
    if (sock != NULL &&
        (PyObject_SetAttrString(sock, "_closed", Py_True) < 0 ||
         PyObject_SetAttrString(sock, "_io_refs", zero) < 0))
    {
        Py_CLEAR(sock);
    }
    Py_XDECREF(zero);
    Py_XDECREF(cls);
    return sock;
}

static PyObject *
view_of_socket(Socket *sock)
{
    PyObject *view;

    if (Py_IS_TYPE(sock, &AnySocket_type)) {
        return Py_NewRef(object_of(sock));
    }
    if (sock->fd < 0 && sock->python == NULL) {
        return closed_socket();
    }
    view = Socket_for_python(sock);
    if (view != NULL && remember_view(view, sock) < 0) {
        Py_CLEAR(view);
    }
    return view;
}

/* Whether it is a UDPServer's request. */
static bool
is_datagram(PyObject *request)
{
    return PyTuple_CheckExact(request) && PyTuple_GET_SIZE(request) == 2 &&
           PyBytes_Check(PyTuple_GET_ITEM(request, 0));
}

PyObject *
python_view(PyObject *request)
{
    if (PyObject_TypeCheck(request, &Socket_type)) {
        return view_of_socket((Socket *)request);
    }
    if (is_datagram(request) &&
        PyObject_TypeCheck(PyTuple_GET_ITEM(request, 1), &Socket_type))
    {
        return Py_BuildValue(
            "(ON)", PyTuple_GET_ITEM(request, 0),
            view_of_socket((Socket *)PyTuple_GET_ITEM(request, 1)));
    }
    return Py_NewRef(request);
}

PyObject *
c_view(PyObject *request)
{
    if (is_datagram(request)) {
        return Py_BuildValue("(ON)", PyTuple_GET_ITEM(request, 0),
                             socket_of(PyTuple_GET_ITEM(request, 1)));
    }
    return (PyObject *)socket_of(request);
}

/* ----- Fields ----- */

static PyObject *
get_request(const void *place)
{
    PyObject *request = *(PyObject *const *)place;
    PyObject *view = request == NULL ? NULL : python_view(request);

    if (view == missing) {
        Py_CLEAR(view);
    }
    return view;
}

static PyObject *
set_socket(void *place, PyObject *value)
{
    PyObject **field = place;
    PyObject *sock = (PyObject *)socket_of(value == NULL ? missing : value);

    if (sock == NULL) {
        return NULL;
    }
    Py_XSETREF(*field, sock);
    return Py_NewRef(Py_None);
}

static PyObject *
set_request(void *place, PyObject *value)
{
    PyObject **field = place;
    PyObject *request = c_view(value == NULL ? missing : value);

    if (request == NULL) {
        return NULL;
    }
    Py_XSETREF(*field, request);
    return Py_NewRef(Py_None);
}

const Kind socket_kind = { get_request, set_socket };
const Kind request_kind = { get_request, set_request };

/* ----- The module ----- */

int
any_socket_ready(void)
{
    views = PyDict_New();
    forget_view = PyCFunction_New(&forget_def, NULL);
    return views == NULL || forget_view == NULL
               ? -1
               : PyType_Ready(&AnySocket_type);
}
