#include "io/python_socket.h"

#include <stdbool.h>

#include "python/errors.h"
#include "python/objects.h"

/* _socket.socket.detach: borrowed, or NULL. Whoever makes a socket over a
 * descriptor of the server finds it first: a socket that could not be detached
 * would close the descriptor. */
static PyObject *
detach_method(void)
{
    static PyObject *method; /* owned; found once */

    if (method == NULL) {
        method = attribute_of(import_from("_socket", "socket"), "detach");
    }
    return method;
}

/* sock.detach(), of a socket.socket or a _socket.socket. The one is Python
 * code, in which the exception of a signal could come before the descriptor is
 * let go; so that of the other is called. 0, or -1 when the descriptor has been
 * let go, but not all has succeeded. */
static int
detach(PyObject *sock)
{
    PyObject *method = detach_method();

    if (discard(PyObject_CallOneArg(method, sock)) < 0) {
        return -1;
    }
    if (Py_IS_TYPE(sock, PyDescr_TYPE(method))) {
        return 0;
    }
    return PyObject_SetAttrString(sock, "_closed", Py_True);
}

/* sock.detach(), with whatever exception is pending: the server still uses
 * the descriptor. Takes `sock`. */
static void
let_go(PyObject *sock)
{
    Handled handled = finally_enter();

    if (detach(sock) < 0) {
        PyErr_Clear();
    }
    finally_leave(handled);
    Py_DECREF(sock);
}

/* module.socket(family, type, proto, fd) with this timeout. */
static PyObject *
open_over(const char *module, int family, int type, int proto, int fd,
          double timeout)
{
    PyObject *sock = NULL;
    PyObject *seconds = NULL;

    if (detach_method() != NULL) {
        sock =
            call_function(module, "socket", "(iiii)", family, type, proto, fd);
    }
    if (sock != NULL) {
        seconds =
            timeout < 0 ? Py_NewRef(Py_None) : PyFloat_FromDouble(timeout);
    }
    if (seconds != NULL &&
        discard(PyObject_CallMethod(sock, "settimeout", "N", seconds)) == 0)
    {
        return sock;
    }
    if (sock != NULL) {
        let_go(sock);
    }
    return NULL;
}

PyObject *
python_socket_new(int family, int type, int proto, int fd, double timeout)
{
    PyObject *sock = open_over("socket", family, type, proto, fd, timeout);

    /* A stream uses it, then: so its close() only marks it as closed. */
    if (sock != NULL &&
        set_attribute(sock, "_io_refs", PyLong_FromLong(1)) < 0) {
        let_go(sock);
        sock = NULL;
    }
    return sock;
}

/* _socket.socket(family, type, proto), closed. */
static PyObject *
closed_socket(int family, int type, int proto)
{
    PyObject *sock =
        call_function("_socket", "socket", "(iii)", family, type, proto);

    if (sock != NULL && discard(PyObject_CallMethod(sock, "close", NULL)) < 0)
    {
        Py_CLEAR(sock);
    }
    return sock;
}

PyObject *
python_socket_call(int family, int type, int proto, int fd, double timeout,
                   const char *method, PyObject *args)
{
    PyObject *sock =
        fd < 0 ? closed_socket(family, type, proto)
               : open_over("_socket", family, type, proto, fd, timeout);
    PyObject *bound = NULL, *result = NULL;

    if (sock != NULL) {
        bound = PyObject_GetAttrString(sock, method);
    }
    if (bound != NULL) {
        result = PyObject_CallObject(bound, args);
        Py_DECREF(bound);
    }
    if (sock != NULL) {
        let_go(sock);
    }
    return result;
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

int
python_socket_settimeout(PyObject *sock, double timeout)
{
    if (timeout < 0) {
        return discard(PyObject_CallMethod(sock, "settimeout", "O", Py_None));
    }
    return discard(PyObject_CallMethod(sock, "settimeout", "d", timeout));
}

void
python_socket_own(PyObject *sock)
{
    Handled handled = finally_enter();

    if (set_attribute(sock, "_io_refs", PyLong_FromLong(0)) < 0) {
        PyErr_Clear(); /* out of memory: it closes at its end, then */
    }
    finally_leave(handled);
}

void
python_socket_release(PyObject *sock, int *fd)
{
    if (is_detached(sock)) {
        *fd = -1;
    }
    let_go(sock);
}
