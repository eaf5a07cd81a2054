/* The socket of the request for an application: wsgi.input.raw._sock is a
 * socket.socket of Python's, with all that one can do. It shares the
 * descriptor with ours, as long as ours has it. */
#ifndef CWSGIREF_IO_PYTHON_SOCKET_H
#define CWSGIREF_IO_PYTHON_SOCKET_H

#include <Python.h>

#include "io/socket.h"

/* That socket, made when it is first asked for; a new reference. */
PyObject *python_socket(Socket *self);

/* Before each operation of ours: what the application has done to its socket
 * holds for ours, too, a timeout or a detach(). An error there is none here.
 */
void follow_python_socket(Socket *self);

/* Before ours closes the descriptor: the application's socket loses it. */
void release_python_socket(Socket *self);

#endif
