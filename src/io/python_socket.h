/* The socket of the request for an application: wsgi.input.raw._sock is a
 * socket.socket of Python's, with all that one can do. It shares the
 * descriptor with ours, as long as ours has it. */
#ifndef CWSGIREF_IO_PYTHON_SOCKET_H
#define CWSGIREF_IO_PYTHON_SOCKET_H

#include <Python.h>

/* socket.socket(family, type, proto, fd) with this timeout in seconds, -1 for
 * None. It never closes the descriptor. A new reference. */
PyObject *python_socket_new(int family, int type, int proto, int fd,
                            double timeout);

/* Before each operation of ours: what the application has done to its socket
 * holds for ours, too, a timeout or a detach(), which makes *fd -1. An error
 * there is none here. */
void python_socket_follow(PyObject *sock, int *fd, double *timeout);

/* Before ours closes the descriptor: the application's socket loses it. Takes
 * `sock`; *fd is -1 if it had lost it before. */
void python_socket_release(PyObject *sock, int *fd);

#endif
