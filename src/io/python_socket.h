/* Python's own socket over the descriptor of ours. An application gets one as
 * wsgi.input.raw._sock, a socket.socket with all its methods: it shares the
 * descriptor until our socket closes it. And some methods of ours are its. */
#ifndef CWSGIREF_IO_PYTHON_SOCKET_H
#define CWSGIREF_IO_PYTHON_SOCKET_H

#include <Python.h>

/* socket.socket(family, type, proto, fd) with this timeout in seconds, -1 for
 * None. It never closes the descriptor. A new reference. */
PyObject *python_socket_new(int family, int type, int proto, int fd,
                            double timeout);

/* _socket.socket(family, type, proto, fd), the base of that class, with this
 * timeout: what its method returns for `args`, a tuple. A new reference. An fd
 * of -1 is a closed socket. */
PyObject *python_socket_call(int family, int type, int proto, int fd,
                             double timeout, const char *method,
                             PyObject *args);

/* Called before each operation of our socket: what the application has done to
 * its own then holds for ours, too. A timeout is copied; after a detach() *fd
 * is -1. If its socket cannot say, ours stays as it is. */
void python_socket_follow(PyObject *sock, int *fd, double *timeout);

/* What has been done to our socket then holds for the application's, too:
 * sock.settimeout(timeout), where -1 is None. 0 or -1. */
int python_socket_settimeout(PyObject *sock, double timeout);

/* Called when our socket ends without closing the descriptor: the application's
 * closes it, then. */
void python_socket_own(PyObject *sock);

/* Called before our socket closes the descriptor: detaches the application's
 * from it. Takes `sock`. *fd is -1 if the application has detached it. */
void python_socket_release(PyObject *sock, int *fd);

#endif
