/* A Socket that is any object of Python's: each operation is a call of the
 * object's method. It may be an SSL socket, or, from Python, a mock. */
#ifndef CWSGIREF_IO_ANY_SOCKET_H
#define CWSGIREF_IO_ANY_SOCKET_H

#include "io/socket.h"

typedef struct AnySocket {
    Socket base;      /* must stay first */
    PyObject *object; /* owned */
} AnySocket;

extern PyTypeObject AnySocket_type;

/* A new reference, or NULL. */
Socket *AnySocket_new(PyObject *object);

#endif
