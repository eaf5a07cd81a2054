#include "io/address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "python/errors.h"
#include "python/latin1.h"
#include "python/objects.h"

/* "127.0.0.1": the number of an AF_INET address, a new str. inet_ntop() goes
 * through a format: 1,700 instructions for these 150. */
static PyObject *
make_ipv4_number(const struct in_addr *address)
{
    const unsigned char *bytes = (const unsigned char *)&address->s_addr;
    char text[INET_ADDRSTRLEN];
    char *to = text;

    for (int i = 0; i < 4; i++) {
        if (bytes[i] >= 100) {
            *to++ = (char)('0' + bytes[i] / 100);
        }
        if (bytes[i] >= 10) {
            *to++ = (char)('0' + bytes[i] / 10 % 10);
        }
        *to++ = (char)('0' + bytes[i] % 10);
        *to++ = '.';
    }
    return str_of_piece((Piece){ text, to - 1 - text });
}

/* The same: a new reference. The one before is kept: a proxy sends request
 * after request from the same address, and they save 200 instructions each. */
static PyObject *
ipv4_number(const struct in_addr *address)
{
    static PyObject *kept; /* owned; or NULL */
    static in_addr_t kept_address;

    if (kept == NULL || kept_address != address->s_addr) {
        Py_XSETREF(kept, make_ipv4_number(address));
        kept_address = address->s_addr;
    }
    return Py_XNewRef(kept);
}

/* Modules/socketmodule.c: makesockaddr */
PyObject *
makesockaddr(const Address *address, socklen_t length)
{
    char host[INET6_ADDRSTRLEN] = "";

    if (length == 0) {
        Py_RETURN_NONE;
    }
    switch (address->any.sa_family) {
    case AF_INET:
        return pair_of(ipv4_number(&address->in.sin_addr),
                       PyLong_FromLong(ntohs(address->in.sin_port)));
    case AF_INET6:
        inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof(host));
        return Py_BuildValue("(siII)", host, ntohs(address->in6.sin6_port),
                             ntohl(address->in6.sin6_flowinfo),
                             address->in6.sin6_scope_id);
    case AF_UNIX:
        length -= (socklen_t)offsetof(struct sockaddr_un, sun_path);
        if (length > 0 && address->un.sun_path[0] == '\0') {
            return PyBytes_FromStringAndSize(address->un.sun_path,
                                             (Py_ssize_t)length);
        }
        return PyUnicode_DecodeFSDefaultAndSize(
            address->un.sun_path,
            (Py_ssize_t)strnlen(address->un.sun_path, length));
    default:
        return Py_BuildValue(
            "(iN)", address->any.sa_family,
            PyBytes_FromStringAndSize(address->any.sa_data,
                                      sizeof(address->any.sa_data)));
    }
}

/* Whether a name stands for this host, whatever it is called. */
static bool
is_this_host(PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) == 0 ||
           PyUnicode_CompareWithASCIIString(name, "0.0.0.0") == 0 ||
           PyUnicode_CompareWithASCIIString(name, "::") == 0;
}

static bool
has_dot(PyObject *name)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);

    return PyUnicode_FindChar(name, '.', 0, length, 1) >= 0;
}

/* The first name with a dot of what gethostbyaddr() has found: (hostname,
 * aliases, addresses). The hostname if there is none. A new reference. */
static PyObject *
first_with_dot(PyObject *found)
{
    PyObject *hostname = PyTuple_GET_ITEM(found, 0);
    PyObject *aliases = PyTuple_GET_ITEM(found, 1);

    if (has_dot(hostname)) {
        return Py_NewRef(hostname);
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(aliases); i++) {
        PyObject *alias = PyList_GET_ITEM(aliases, i);

        if (has_dot(alias)) {
            return Py_NewRef(alias);
        }
    }
    return Py_NewRef(hostname);
}

/* Lib/socket.py: getfqdn */
PyObject *
getfqdn(PyObject *name)
{
    PyObject *host = PyObject_CallMethod(name, "strip", NULL);
    PyObject *found;

    if (host != NULL && is_this_host(host)) {
        Py_SETREF(host, call_function("_socket", "gethostname", "()"));
    }
    if (FAILED(host == NULL)) {
        return NULL;
    }
    found = call_function("_socket", "gethostbyaddr", "(O)", host);
    if (FAILED(found == NULL)) {
        if (!PyErr_ExceptionMatches(PyExc_OSError)) {
            Py_DECREF(host);
            return NULL;
        }
        PyErr_Clear(); /* except error: pass */
        return host;
    }
    Py_SETREF(host, first_with_dot(found));
    Py_DECREF(found);
    return host;
}
