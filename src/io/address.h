/* A socket's address in the system's form and in Python's: (host, port)
 * for AF_INET, (host, port[, flowinfo[, scope_id]]) for AF_INET6, a path as
 * str or bytes for AF_UNIX. And the name of a host. */
#ifndef CWSGIREF_IO_ADDRESS_H
#define CWSGIREF_IO_ADDRESS_H

#include <Python.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Any address that a socket may have. */
typedef union Address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
} Address;

/* Converts the system's address to Python's: a new reference.
 * Modules/socketmodule.c: makesockaddr */
PyObject *makesockaddr(const Address *address, socklen_t length);

/* The fully qualified name of a host, a new str; the host itself if there is
 * none. Lib/socket.py: getfqdn */
PyObject *getfqdn(PyObject *name);

#endif
