#include "program/messages.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "python/errors.h"
#include "python/objects.h"

/* print(line, end='', flush=True): takes the line. */
static int
print_line(PyObject *line)
{
    PyObject *out = PySys_GetObject("stdout"); /* borrowed */
    Handled handled;
    int result = -1;

    if (line != NULL && (out == NULL || out == Py_None)) {
        result = 0; /* closed: print() does nothing */
    }
    else if (line != NULL && PyFile_WriteObject(line, out, Py_PRINT_RAW) == 0)
    {
        result = discard(PyObject_CallMethod(out, "flush", NULL));
    }
    if (result < 0 && PyErr_ExceptionMatches(PyExc_OSError)) {
        handled = except_enter();
        PyErr_SetHandledException(NULL); /* from None */
        PyErr_Format(PyExc_SystemExit, "cannot write to stdout: %S",
                     handled.raised);
        except_leave(handled);
    }
    Py_XDECREF(line);
    return result;
}

/* Serving HTTP on unix:PATH ..., or unix:@NAME: a new str. The address of a
 * name is b'\0name'. */
static PyObject *
announcement_of_unix(PyObject *address, const char *protocol)
{
    if (PyBytes_Check(address)) {
        return PyUnicode_FromFormat("Serving %s on unix:@%s ...\n", protocol,
                                    PyBytes_AS_STRING(address) + 1);
    }
    return PyUnicode_FromFormat("Serving %s on unix:%S ...\n", protocol,
                                address);
}

/* The host, with the zone of an IPv6 address if it has one: a new str. */
static PyObject *
host_with_zone(PyObject *host, unsigned int scope_id)
{
    char zone[IF_NAMESIZE];

    if (scope_id == 0) {
        return PyObject_Str(host);
    }
    if (if_indextoname(scope_id, zone) == NULL) {
        return PyUnicode_FromFormat("%S%%%u", host, scope_id);
    }
    return PyUnicode_FromFormat("%S%%%s", host, zone);
}

/* Serving HTTP on HOST port PORT (http://HOST:PORT/) ...: a new str. */
static PyObject *
announcement(BaseServer *server, bool is_https)
{
    const char *protocol = is_https ? "HTTPS" : "HTTP";
    const char *scheme = is_https ? "https" : "http";
    PyObject *address = server->server_address;
    bool is_ipv6 = server->cls->address_family == AF_INET6;
    unsigned int flow_info, scope_id = 0;
    PyObject *host, *port, *line;

    if (server->cls->address_family == AF_UNIX) {
        return announcement_of_unix(address, protocol);
    }
    if (!PyArg_ParseTuple(address, "OO|II", &host, &port, &flow_info,
                          &scope_id)) {
        return NULL;
    }
    host = host_with_zone(host, scope_id);
    if (host == NULL) {
        return NULL;
    }
    line = PyUnicode_FromFormat(
        is_ipv6 ? "Serving %s on %U port %S (%s://[%U]:%S/) ...\n"
                : "Serving %s on %U port %S (%s://%U:%S/) ...\n",
        protocol, host, port, scheme, host, port);
    Py_DECREF(host);
    return line;
}

int
announce(BaseServer *server, bool is_https)
{
    return print_line(announcement(server, is_https));
}

/* The errno of the handled exception; 0 if it has none. */
static int
errno_of(PyObject *raised)
{
    PyObject *number = PyObject_GetAttrString(raised, "errno");
    long value = number == NULL ? 0 : PyLong_AsLong(number);

    Py_XDECREF(number);
    PyErr_Clear();
    return (int)value;
}

/* What explain_bind_error() says of a Unix socket. */
static const char *
unix_error(int number)
{
    return number == EADDRINUSE
               ? "%s already exists: stop the program that listens there or, "
                 "if it is not a socket, choose another path"
               : "cannot listen on %s: %S; its directory must exist, and you "
                 "must be allowed to write to it";
}

/* explain_bind_error() for a host and a port. */
static void
explain_tcp_error(const Options *options, int number, PyObject *raised)
{
    const char *host = options->host[0] == '\0' ? "0.0.0.0" : options->host;

    switch (number) {
    case EADDRINUSE:
        PyErr_Format(PyExc_SystemExit,
                     "port %d of %s is in use: stop the program that listens "
                     "there, or choose another port with --port (0 picks a "
                     "free one)",
                     options->port, host);
        return;
    case EACCES:
    case EPERM:
        PyErr_Format(PyExc_SystemExit,
                     "port %d is not permitted: ports below 1024 are for "
                     "root; choose another with --port, such as 8000",
                     options->port);
        return;
    case EADDRNOTAVAIL:
        PyErr_Format(PyExc_SystemExit,
                     "%s is not an address of this machine: --bind needs one, "
                     "such as 127.0.0.1, or 0.0.0.0 for all of them",
                     host);
        return;
    case EAFNOSUPPORT:
        PyErr_Format(PyExc_SystemExit,
                     "this machine has no %s: choose another address with "
                     "--bind",
                     options->ipv6 ? "IPv6" : "IPv4");
        return;
    default:
        PyErr_Format(PyExc_SystemExit,
                     number < 0 /* socket.gaierror */
                         ? "host '%s' is unknown: %S; --bind takes an address "
                           "or a name of this machine, such as 127.0.0.1"
                         : "cannot listen on '%s': %S; try another address, "
                           "such as 127.0.0.1",
                     host, raised);
    }
}

void
explain_bind_error(const Options *options)
{
    Handled handled;
    int number;

    if (!PyErr_ExceptionMatches(PyExc_OSError)) {
        return;
    }
    handled = except_enter();
    PyErr_SetHandledException(NULL); /* from None */
    number = errno_of(handled.raised);
    if (options->unix_socket) {
        PyErr_Format(PyExc_SystemExit, unix_error(number), options->host,
                     handled.raised);
    }
    else {
        explain_tcp_error(options, number, handled.raised);
    }
    except_leave(handled);
}
