/* The request's socket, as an application gets it: wsgi.input.raw._sock is one
 * of Python's own, a socket.socket with all its methods. It shares our
 * socket's descriptor until ours closes it. */
#ifndef CWSGIREF_IO_PYTHON_SOCKET_H
#define CWSGIREF_IO_PYTHON_SOCKET_H

#include <Python.h>

/* socket.socket(family, type, proto, fd) with this timeout in seconds, -1 for
 * None. It never closes the descriptor. A new reference. */
PyObject *python_socket_new(int family, int type, int proto, int fd,
                            double timeout);

/* Called before each operation of our socket: what the application has done to
 * its own then holds for ours, too. A timeout is copied; after a detach() *fd
 * is -1. If its socket cannot say, ours stays as it is. */
void python_socket_follow(PyObject *sock, int *fd, double *timeout);

/* Called before our socket closes the descriptor: detaches the application's
 * from it. Takes `sock`. *fd is -1 if the application has detached it. */
void python_socket_release(PyObject *sock, int *fd);

#endif
