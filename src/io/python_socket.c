#include "io/python_socket.h"

#include <stdbool.h>

#include "python/errors.h"
#include "python/objects.h"

/* sock.settimeout(timeout), and a stream that uses it, so that its close()
 * only marks it as closed: the server's streams still use the descriptor. */
static int
set_up(PyObject *sock, double timeout)
{
    PyObject *one;
    int result;

    if (timeout < 0) {
        result =
            discard(PyObject_CallMethod(sock, "settimeout", "O", Py_None));
    }
    else {
        result =
            discard(PyObject_CallMethod(sock, "settimeout", "d", timeout));
    }
    if (result < 0) {
        return -1;
    }
    one = PyLong_FromLong(1);
    if (one == NULL) {
        return -1;
    }
    result = PyObject_SetAttrString(sock, "_io_refs", one);
    Py_DECREF(one);
    return result;
}

PyObject *
python_socket_new(int family, int type, int proto, int fd, double timeout)
{
    PyObject *cls = import_from("socket", "socket");
    PyObject *sock = NULL;

    if (cls != NULL) {
        sock = PyObject_CallFunction(cls, "iiii", family, type, proto, fd);
        Py_DECREF(cls);
    }
    if (sock != NULL && set_up(sock, timeout) < 0) {
        Handled handled = finally_enter();

        (void)discard(PyObject_CallMethod(sock, "detach", NULL));
        finally_leave(handled);
        Py_CLEAR(sock);
    }
    return sock;
}

/* Whether the application has taken the descriptor away, by detach(). */
static bool
is_detached(PyObject *sock)
{
    PyObject *fd = PyObject_CallMethod(sock, "fileno", NULL);
    bool result;

    if (fd == NULL) {
        PyErr_Clear();
        return false;
    }
    result = PyLong_AsLong(fd) == -1;
    Py_DECREF(fd);
    return result;
}

void
python_socket_follow(PyObject *sock, int *fd, double *timeout)
{
    PyObject *value;

    if (is_detached(sock)) {
        *fd = -1;
    }
    value = PyObject_CallMethod(sock, "gettimeout", NULL);
    if (value == Py_None) {
        *timeout = -1;
    }
    else if (value != NULL && PyFloat_Check(value)) {
        *timeout = PyFloat_AS_DOUBLE(value);
    }
    Py_XDECREF(value);
    PyErr_Clear();
}

void
python_socket_release(PyObject *sock, int *fd)
{
    if (is_detached(sock)) {
        *fd = -1;
    }
    if (discard(PyObject_CallMethod(sock, "detach", NULL)) < 0) {
        PyErr_Clear();
    }
    Py_DECREF(sock);
}
