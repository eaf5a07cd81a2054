/* In this file: what is a socket in Python for one in C, and the other way; and
 * the fields that hold one. */
#include "module/sockets.h"

#include "io/any_socket.h"

#include "python/objects.h"

/* The sockets that Python has got, with the Socket of each, both by weak
 * references: the one owns the other. Not a WeakKeyDictionary: what that does at
 * the end of a key is Python code, which would lose the exception of a signal.
 */
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
    PyObject *value = PyWeakref_NewRef((PyObject *)sock, NULL);
    int result = -1;

    if (reference != NULL && value != NULL) {
        result = PyDict_SetItem(views, reference, value);
    }
    Py_XDECREF(reference);
    Py_XDECREF(value);
    return result;
}

/* The Socket of a view, if it still is there: a new reference. NULL without an
 * exception for any other object. */
static Socket *
find_view(PyObject *object)
{
    PyObject *reference = PyWeakref_NewRef(object, NULL);
    PyObject *value = NULL, *found = NULL;

    if (reference != NULL) {
        value = PyDict_GetItemWithError(views, reference);
        Py_DECREF(reference);
    }
    if (value != NULL) {
        found = PyObject_CallNoArgs(value); /* no Python code runs */
    }
    PyErr_Clear(); /* it can't be a key: it is none of those */
    if (found == Py_None) {
        Py_CLEAR(found);
    }
    return (Socket *)found;
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
    return found != NULL ? found : AnySocket_new(object);
}

/* view._io_refs = 0: its close() closes the descriptor, which our Socket then
 * finds to be gone. (That of an application only says that it is closed.) */
static int
let_close(PyObject *view)
{
    return set_attribute(view, "_io_refs", PyLong_FromLong(0));
}

/* A socket.socket that is closed. */
static PyObject *
closed_socket(void)
{
    PyObject *cls = import_from("socket", "socket");
    PyObject *sock =
        cls == NULL ? NULL : PyObject_CallMethod(cls, "__new__", "O", cls);

    Py_XDECREF(cls);
    if (sock != NULL &&
        (PyObject_SetAttrString(sock, "_closed", Py_True) < 0 ||
         let_close(sock) < 0))
    {
        Py_CLEAR(sock);
    }
    return sock;
}

static PyObject *
view_of_socket(Socket *sock)
{
    PyObject *view;
    bool is_new = sock->python == NULL;

    if (Py_IS_TYPE(sock, &AnySocket_type)) {
        return Py_NewRef(((AnySocket *)sock)->object);
    }
    if (sock->fd < 0 && is_new) {
        return closed_socket();
    }
    view = Socket_for_python(sock);
    if (view != NULL &&
        (remember_view(view, sock) < 0 || (is_new && let_close(view) < 0)))
    {
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
sockets_ready(void)
{
    views = PyDict_New();
    forget_view = views == NULL ? NULL : PyCFunction_New(&forget_def, NULL);
    return forget_view == NULL ? -1 : 0;
}
