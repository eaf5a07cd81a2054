/* In this file: names of hosts to addresses; Python's addresses to the
 * system's (getsockaddrarg), and back (makesockaddr); and getfqdn. */
#include "io/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>

#include "python/errors.h"
#include "python/objects.h"

/* raise socket.gaierror(code, text) */
static void
set_gaierror(int code)
{
    PyObject *type = import_from("_socket", "gaierror");
    PyObject *arguments = Py_BuildValue("(is)", code, gai_strerror(code));

    if (type != NULL && arguments != NULL) {
        PyErr_SetObject(type, arguments);
    }
    Py_XDECREF(arguments);
    Py_XDECREF(type);
}

/* The address of a host that is a number, without a look-up: whether it is.
 * The port is not set. */
static bool
parse_number(const char *name, int family, Address *address)
{
    if (family == AF_INET) {
        address->in.sin_family = AF_INET;
        return inet_pton(AF_INET, name, &address->in.sin_addr) > 0;
    }
    address->in6.sin6_family = AF_INET6;
    return strchr(name, '%') == NULL &&
           inet_pton(AF_INET6, name, &address->in6.sin6_addr) > 0;
}

/* Modules/socketmodule.c: setipaddr */
static int
setipaddr(const char *name, int family, Address *address)
{
    struct addrinfo hints = { .ai_family = family }, *found = NULL;
    const char *host = name;
    int error;

    if (strcmp(name, "255.255.255.255") == 0 ||
        strcmp(name, "<broadcast>") == 0) {
        if (family == AF_INET6) {
            PyErr_SetString(PyExc_OSError, "address family mismatched");
            return -1;
        }
        address->in.sin_family = AF_INET;
        address->in.sin_addr.s_addr = INADDR_BROADCAST;
        return 0;
    }
    if (parse_number(name, family, address)) {
        return 0;
    }
    if (name[0] == '\0') { /* every address */
        host = NULL;
        hints.ai_socktype = SOCK_DGRAM;
        hints.ai_flags = AI_PASSIVE;
    }
    Py_BEGIN_ALLOW_THREADS
    error = getaddrinfo(host, host == NULL ? "0" : NULL, &hints, &found);
    Py_END_ALLOW_THREADS
    if (error == EAI_SYSTEM) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    if (error != 0) {
        set_gaierror(error);
        return -1;
    }
    memcpy(address, found->ai_addr,
           Py_MIN((size_t)found->ai_addrlen, sizeof(*address)));
    freeaddrinfo(found);
    return 0;
}

/* Modules/socketmodule.c: idna_converter. The name as C reads it; *owner
 * (owned, or NULL) keeps it alive. */
static const char *
convert_host(PyObject *host, PyObject **owner)
{
    const char *name;
    Py_ssize_t size;

    *owner = NULL;
    if (PyBytes_Check(host)) {
        name = PyBytes_AS_STRING(host);
        size = PyBytes_GET_SIZE(host);
    }
    else if (PyByteArray_Check(host)) {
        name = PyByteArray_AsString(host);
        size = PyByteArray_Size(host);
    }
    else if (PyUnicode_Check(host) && PyUnicode_IS_ASCII(host)) {
        name = PyUnicode_AsUTF8AndSize(host, &size);
    }
    else if (PyUnicode_Check(host)) {
        *owner = PyUnicode_AsEncodedString(host, "idna", NULL);
        if (*owner == NULL) {
            PyErr_SetString(PyExc_TypeError, "encoding of hostname failed");
            return NULL;
        }
        name = PyBytes_AS_STRING(*owner);
        size = PyBytes_GET_SIZE(*owner);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "str, bytes or bytearray expected, not %s",
                     Py_TYPE(host)->tp_name);
        return NULL;
    }
    if (name != NULL && strlen(name) != (size_t)size) {
        PyErr_SetString(PyExc_TypeError,
                        "host name must not contain null character");
        Py_CLEAR(*owner);
        return NULL;
    }
    return name;
}

/* An AF_UNIX address: a path, or on Linux a name that begins with NUL. */
static int
convert_unix_address(PyObject *path, Address *address, socklen_t *length)
{
    Py_buffer view = { 0 };
    PyObject *encoded;
    int result = -1;

    if (PyUnicode_Check(path)) {
        encoded = PyUnicode_EncodeFSDefault(path);
    }
    else {
        encoded = Py_NewRef(path);
    }
    if (encoded == NULL || !PyArg_Parse(encoded, "y*", &view)) {
        goto done;
    }
    if ((size_t)view.len >= sizeof(address->un.sun_path)) {
        PyErr_SetString(PyExc_OSError, "AF_UNIX path too long");
        goto done;
    }
    memcpy(address->un.sun_path, view.buf, (size_t)view.len);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + view.len);
    if (address->un.sun_path[0] != '\0') {
        *length += 1; /* the NUL that ends a path counts */
    }
    address->un.sun_family = AF_UNIX;
    result = 0;

done:
    PyBuffer_Release(&view);
    Py_XDECREF(encoded);
    return result;
}

/* An AF_INET or AF_INET6 address. */
static int
convert_internet_address(int family, PyObject *value, const char *caller,
                         Address *address, socklen_t *length)
{
    unsigned int flowinfo = 0, scope_id = 0;
    PyObject *host, *owner = NULL;
    const char *name;
    int port, parsed, found;

    if (!PyTuple_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s(): %s address must be tuple, not %s",
                     caller, family == AF_INET ? "AF_INET" : "AF_INET6",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    if (family == AF_INET) {
        parsed = PyArg_ParseTuple(
            value, "Oi;AF_INET address must be a pair (host, port)", &host,
            &port);
    }
    else {
        parsed = PyArg_ParseTuple(value,
                                  "Oi|II;AF_INET6 address must be a tuple "
                                  "(host, port[, flowinfo[, scopeid]])",
                                  &host, &port, &flowinfo, &scope_id);
    }
    if (!parsed) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_Format(PyExc_OverflowError, "%s(): port must be 0-65535.",
                         caller);
        }
        return -1;
    }
    name = convert_host(host, &owner);
    if (name == NULL) {
        return -1;
    }
    found = setipaddr(name, family, address);
    Py_XDECREF(owner);
    if (found < 0) {
        return -1;
    }
    if (port < 0 || port > 0xffff) {
        PyErr_Format(PyExc_OverflowError, "%s(): port must be 0-65535.",
                     caller);
        return -1;
    }
    if (flowinfo > 0xfffff) {
        PyErr_Format(PyExc_OverflowError, "%s(): flowinfo must be 0-1048575.",
                     caller);
        return -1;
    }
    if (family == AF_INET) {
        address->in.sin_port = htons((uint16_t)port);
        *length = sizeof(address->in);
    }
    else {
        address->in6.sin6_port = htons((uint16_t)port);
        address->in6.sin6_flowinfo = htonl(flowinfo);
        address->in6.sin6_scope_id = scope_id;
        *length = sizeof(address->in6);
    }
    return 0;
}

/* Modules/socketmodule.c: getsockaddrarg */
int
getsockaddrarg(int family, PyObject *value, const char *caller,
               Address *address, socklen_t *length)
{
    memset(address, 0, sizeof(*address));
    switch (family) {
    case AF_UNIX:
        return convert_unix_address(value, address, length);
    case AF_INET:
    case AF_INET6:
        return convert_internet_address(family, value, caller, address,
                                        length);
    default:
        PyErr_Format(PyExc_OSError, "%s(): bad family", caller);
        return -1;
    }
}

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
    return PyUnicode_FromStringAndSize(text, to - 1 - text);
}

/* (host, port), a new tuple; takes the host, which may be NULL. */
static PyObject *
make_host_and_port(PyObject *host, in_port_t port)
{
    PyObject *number = PyLong_FromLong(ntohs(port));
    PyObject *pair =
        host == NULL || number == NULL ? NULL : PyTuple_Pack(2, host, number);

    Py_XDECREF(host);
    Py_XDECREF(number);
    return pair;
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
        return make_host_and_port(make_ipv4_number(&address->in.sin_addr),
                                  address->in.sin_port);
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

/* _socket.name(argument), or _socket.name() where that is NULL. */
static PyObject *
call_socket_module(const char *name, PyObject *argument)
{
    PyObject *function = import_from("_socket", name);
    PyObject *result = NULL;

    if (function != NULL) {
        result = PyObject_CallFunctionObjArgs(function, argument, NULL);
        Py_DECREF(function);
    }
    return result;
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
        Py_SETREF(host, call_socket_module("gethostname", NULL));
    }
    if (FAILED(host == NULL)) {
        return NULL;
    }
    found = call_socket_module("gethostbyaddr", host);
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
