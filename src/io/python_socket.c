#include "io/python_socket.h"

#include "python/errors.h"

/* Python's socket.socket() on our descriptor. */
static PyObject *
new_python_socket(const Socket *self)
{
    PyObject *module = PyImport_ImportModule("socket");
    PyObject *sock = NULL, *done = NULL, *one;

    if (module != NULL) {
        sock = PyObject_CallMethod(module, "socket", "iiii", self->family,
                                   self->type, self->proto, self->fd);
        Py_DECREF(module);
    }
    if (sock == NULL) {
        return NULL;
    }
    done = self->timeout < 0
               ? PyObject_CallMethod(sock, "settimeout", "O", Py_None)
               : PyObject_CallMethod(sock, "settimeout", "d", self->timeout);
    Py_XDECREF(done);
    /* Its close() only marks it as closed: the server's streams still use the
     * descriptor. */
    one = PyLong_FromLong(1);
    if (done == NULL || one == NULL ||
        PyObject_SetAttrString(sock, "_io_refs", one) < 0)
    {
        Handled handled = finally_enter();
        PyObject *fd = PyObject_CallMethod(sock, "detach", NULL);

        Py_XDECREF(fd);
        finally_leave(handled);
        Py_CLEAR(sock);
    }
    Py_XDECREF(one);
    return sock;
}

PyObject *
python_socket(Socket *self)
{
    if (self->python == NULL) {
        self->python = new_python_socket(self);
    }
    return Py_XNewRef(self->python);
}

/* Whether the application has taken the descriptor away, by detach(). */
static bool
is_detached(PyObject *sock)
{
    PyObject *fd = PyObject_CallMethod(sock, "fileno", NULL);
    bool result = fd != NULL && PyLong_AsLong(fd) == -1;

    Py_XDECREF(fd);
    return result;
}

void
follow_python_socket(Socket *self)
{
    PyObject *timeout;

    if (self->python == NULL) {
        return;
    }
    if (is_detached(self->python)) {
        self->fd = -1;
    }
    timeout = PyObject_CallMethod(self->python, "gettimeout", NULL);
    if (timeout == Py_None) {
        self->timeout = -1;
    }
    else if (timeout != NULL && PyFloat_Check(timeout)) {
        self->timeout = PyFloat_AS_DOUBLE(timeout);
    }
    Py_XDECREF(timeout);
    PyErr_Clear();
}

void
release_python_socket(Socket *self)
{
    PyObject *sock = self->python;
    PyObject *fd;

    if (sock == NULL) {
        return;
    }
    if (is_detached(sock)) {
        self->fd = -1;
    }
    self->python = NULL;
    fd = PyObject_CallMethod(sock, "detach", NULL);
    if (fd == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(fd);
    Py_DECREF(sock);
}
