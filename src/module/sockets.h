/* Sockets between C and Python. The chain works with a Socket (io/socket.h);
 * Python code gets a socket.socket, and may give any object that is used as
 * one: an SSL socket, a mock, a pair of io.BytesIO. */
#ifndef CWSGIREF_MODULE_SOCKETS_H
#define CWSGIREF_MODULE_SOCKETS_H

#include "io/socket.h"
#include "module/kinds.h"

/* What C works with: `object` itself if it is a Socket; the Socket that
 * python_view() gave it for; or else an AnySocket. A new reference, or NULL. */
Socket *socket_of(PyObject *object);

/* What Python sees of a request, which is a Socket, or a UDPServer's pair of
 * bytes and Socket; of anything else, itself. A new reference, or NULL. */
PyObject *python_view(PyObject *request);

/* The other way: a new reference, or NULL. */
PyObject *c_view(PyObject *request);

extern const Kind socket_kind;  /* Socket *, owned, or NULL */
extern const Kind request_kind; /* PyObject *, owned: c_view() of it */

/* 0 or -1; call it once. */
int sockets_ready(void);

#endif
