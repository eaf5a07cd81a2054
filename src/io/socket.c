#define _GNU_SOURCE /* POLLRDHUP */
#include "io/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "python/errors.h"
#include "io/buffered_reader.h"
#include "io/buffered_writer.h"
#include "io/python_socket.h"
#include "io/socket_io.h"
#include "python/release.h"
#include "python/waits.h"

/* Any address that a socket may have. */
typedef union Address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
} Address;

/* raise socket.gaierror(code, text), or socket.herror. */
static void
set_resolver_error(const char *name, int code, const char *text)
{
    PyObject *module = PyImport_ImportModule("_socket");
    PyObject *type = NULL, *arguments = NULL;

    if (module != NULL) {
        type = PyObject_GetAttrString(module, name);
        arguments = Py_BuildValue("(is)", code, text);
    }
    if (type != NULL && arguments != NULL) {
        PyErr_SetObject(type, arguments);
    }
    Py_XDECREF(arguments);
    Py_XDECREF(type);
    Py_XDECREF(module);
}

/* Modules/socketmodule.c: setipaddr. `family` may be AF_UNSPEC. */
static int
setipaddr(const char *name, int family, Address *address)
{
    struct addrinfo hints = { .ai_family = family }, *found = NULL;
    const char *host = name;
    int error;

    memset(address, 0, sizeof(*address));
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
    /* no name look-up for a numeric address */
    if (family != AF_INET6 &&
        inet_pton(AF_INET, name, &address->in.sin_addr) > 0) {
        address->in.sin_family = AF_INET;
        return 0;
    }
    if (family != AF_INET && strchr(name, '%') == NULL &&
        inet_pton(AF_INET6, name, &address->in6.sin6_addr) > 0)
    {
        address->in6.sin6_family = AF_INET6;
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
        set_resolver_error("gaierror", error, gai_strerror(error));
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
static int
getsockaddrarg(Socket *self, PyObject *value, const char *caller,
               Address *address, socklen_t *length)
{
    memset(address, 0, sizeof(*address));
    switch (self->family) {
    case AF_UNIX:
        return convert_unix_address(value, address, length);
    case AF_INET:
    case AF_INET6:
        return convert_internet_address(self->family, value, caller, address,
                                        length);
    default:
        PyErr_Format(PyExc_OSError, "%s(): bad family", caller);
        return -1;
    }
}

/* Modules/socketmodule.c: makesockaddr */
static PyObject *
makesockaddr(const Address *address, socklen_t length)
{
    char host[INET6_ADDRSTRLEN] = "";

    if (length == 0) {
        Py_RETURN_NONE;
    }
    switch (address->any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof(host));
        return Py_BuildValue("(si)", host, ntohs(address->in.sin_port));
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

/* The clock that timeouts are measured on, in seconds. */
static double
monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* When an operation that begins now has timed out. */
static double
deadline_from_now(Socket *self)
{
    follow_python_socket(self);
    return self->timeout > 0 ? monotonic() + self->timeout : 0;
}

/* A socket with a timeout waits here, before the system call, until it is
 * ready; any other lets the call itself wait. 0, or -1 with an exception.
 * Modules/socketmodule.c: internal_select */
static int
wait_until_ready(Socket *self, short events, double deadline)
{
    /* Python looks for signals between any two instructions. */
    if (look_for_signals() < 0) {
        return -1;
    }
    while (self->timeout > 0 && self->fd >= 0) {
        struct pollfd ready = { .fd = self->fd, .events = events };
        double left = deadline - monotonic();
        int count = 0;

        if (left > 0) {
            int milliseconds =
                left < INT_MAX / 1000 ? (int)ceil(left * 1000) : INT_MAX;

            Py_BEGIN_ALLOW_THREADS
            count = poll(&ready, 1, milliseconds);
            Py_END_ALLOW_THREADS
        }
        if (count > 0) {
            return 0;
        }
        if (count == 0) {
            PyErr_SetString(PyExc_TimeoutError, "timed out");
            return -1;
        }
        if (errno != EINTR) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        if (look_for_signals() < 0) {
            return -1;
        }
    }
    return 0;
}

/* Whether a system call that has failed is tried again; if not, its exception
 * is set. Modules/socketmodule.c: sock_call_impl */
static bool
try_again(const Socket *self)
{
    if (errno == EINTR) {
        return look_for_signals() == 0;
    }
    if (self->timeout > 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return true;
    }
    PyErr_SetFromErrno(PyExc_OSError);
    return false;
}

/* Modules/socketmodule.c: internal_setblocking */
static int
set_blocking(Socket *self, bool blocking)
{
    int nonblocking = !blocking;
    int fd = self->fd; /* read with the GIL held */
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = ioctl(fd, FIONBIO, &nonblocking);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* socket.getdefaulttimeout(), which the application may have set; -1 for
 * None, -2 with an exception. */
static double
getdefaulttimeout(void)
{
    PyObject *name = PyUnicode_InternFromString("_socket");
    PyObject *module, *value = NULL;
    double timeout = -2;

    if (name == NULL) {
        return -2;
    }
    module = PyImport_GetModule(name);
    Py_DECREF(name);
    if (module == NULL) { /* nobody has imported it */
        return PyErr_Occurred() ? -2 : -1;
    }
    value = PyObject_CallMethod(module, "getdefaulttimeout", NULL);
    if (value == Py_None) {
        timeout = -1;
    }
    else if (value != NULL) {
        timeout = PyFloat_AsDouble(value);
    }
    Py_XDECREF(value);
    Py_DECREF(module);
    return PyErr_Occurred() ? -2 : timeout;
}

/* What the system knows of `fd`, for what the caller has left open. */
static int
describe(int fd, int *family, int *type, int *proto)
{
    Address address = { 0 };
    socklen_t length = sizeof(address);
    socklen_t size = sizeof(int);

    if (getsockname(fd, &address.any, &length) < 0) {
        if (*family == -1 || errno == EBADF || errno == ENOTSOCK) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
    }
    else if (*family == -1) {
        *family = address.any.sa_family;
    }
    if ((*type == -1 &&
         getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &size) < 0) ||
        (*proto == -1 &&
         getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, proto, &size) < 0))
    {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Modules/socketmodule.c: sock_initobj_impl. The caller keeps `fileno` if it
 * fails. */
static int
init_socket(Socket *self, int family, int type, int proto, int fileno)
{
    int fd = fileno;

    if (fileno != -1) {
        if (fileno < 0) {
            PyErr_SetString(PyExc_ValueError, "negative file descriptor");
            return -1;
        }
        if (describe(fileno, &family, &type, &proto) < 0) {
            return -1;
        }
    }
    else {
        family = family == -1 ? AF_INET : family;
        type = type == -1 ? SOCK_STREAM : type;
        proto = proto == -1 ? 0 : proto;
        Py_BEGIN_ALLOW_THREADS
        fd = socket(family, type | SOCK_CLOEXEC, proto);
        Py_END_ALLOW_THREADS
        if (fd < 0) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
    }
    self->fd = fd;
    self->family = family;
    self->type = type;
    self->proto = proto;
    self->timeout = getdefaulttimeout();
    if (self->timeout == -2 ||
        (self->timeout >= 0 && set_blocking(self, false) < 0))
    {
        if (fileno == -1) {
            close(fd);
        }
        self->fd = -1;
        return -1;
    }
    return 0;
}

/* Lib/socket.py: socket.__init__ */
Socket *
Socket_new(const SocketClass *cls, int family, int type, int proto, int fileno)
{
    Socket *self = (Socket *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls;
    self->fd = -1;
    self->timeout = -1;
    if (init_socket(self, family, type, proto, fileno) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

/* Lib/socket.py: socket.accept */
int
Socket_accept(Socket *self, Socket **connection, PyObject **address)
{
    double deadline = deadline_from_now(self);
    Address peer;
    socklen_t length;
    int fd;

    do {
        if (FAILED(wait_until_ready(self, POLLIN, deadline) < 0)) {
            return -1;
        }
        memset(&peer, 0, sizeof(peer));
        length = sizeof(peer);
        fd = self->fd;
        Py_BEGIN_ALLOW_THREADS
        fd = accept4(fd, &peer.any, &length, SOCK_CLOEXEC);
        Py_END_ALLOW_THREADS
    } while (fd < 0 && try_again(self));
    if (FAILED(fd < 0)) {
        return -1;
    }
    *address = makesockaddr(&peer, length);
    *connection = NULL;
    if (*address != NULL) {
        /* A socket, whatever class self is of, as in Python. */
        *connection = Socket_new(&Socket_class, self->family, self->type,
                                 self->proto, fd);
    }
    if (FAILED(*connection == NULL)) {
        Py_CLEAR(*address);
        close(fd);
        return -1;
    }
    return 0;
}

/* Lib/socket.py: socket.makefile */
BufferedIOBase *
Socket_makefile(Socket *self, const char *mode, int buffering)
{
    bool reading = strcmp(mode, "rb") == 0;
    RawIOBase *raw;
    BufferedIOBase *buffer;

    if (!reading && strcmp(mode, "wb") != 0) {
        RAISE(PyExc_ValueError, "invalid mode '%s' (only rb, wb allowed)",
              mode);
        return NULL;
    }
    raw = SocketIO_new(&SocketIO_class, self, reading ? "r" : "w");
    if (FAILED(raw == NULL)) {
        return NULL;
    }
    self->_io_refs += 1;
    if (buffering < 0) {
        buffering = (int)release()->default_buffer_size;
    }
    if (reading) {
        buffer = BufferedReader_new(&BufferedReader_class, raw, buffering);
    }
    else {
        buffer = BufferedWriter_new(&BufferedWriter_class, raw, buffering);
    }
    Py_DECREF(raw); /* the buffer's; without one it closes here */
    (void)FAILED(buffer == NULL);
    return buffer;
}

/* Lib/socket.py: socket._decref_socketios */
int
Socket__decref_socketios(Socket *self)
{
    if (self->_io_refs > 0) {
        self->_io_refs -= 1;
    }
    if (self->_closed && FAILED(self->cls->close(self) < 0)) {
        return -1;
    }
    return 0;
}

/* Lib/socket.py: socket._real_close */
static int
real_close(Socket *self)
{
    int result;
    int fd;

    release_python_socket(self);
    fd = self->fd;
    if (fd < 0) {
        return 0;
    }
    self->fd = -1;
    Py_BEGIN_ALLOW_THREADS
    result = close(fd);
    Py_END_ALLOW_THREADS
    /* That the peer has gone is nobody's fault here. */
    if (result < 0 && errno != ECONNRESET) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Lib/socket.py: socket.close */
int
Socket_close(Socket *self)
{
    self->_closed = true;
    if (self->_io_refs <= 0 && FAILED(real_close(self) < 0)) {
        return -1;
    }
    return 0;
}

/* Modules/socketmodule.c: socket.settimeout */
int
Socket_settimeout(Socket *self, double timeout)
{
    if (isnan(timeout)) {
        PyErr_SetString(PyExc_ValueError, "Invalid value NaN (not a number)");
        return -1;
    }
    if (timeout < 0 && timeout != -1) {
        PyErr_SetString(PyExc_ValueError, "Timeout value out of range");
        return -1;
    }
    self->timeout = timeout;
    return set_blocking(self, timeout < 0);
}

/* Modules/socketmodule.c: socket.setsockopt */
int
Socket_setsockopt(Socket *self, int level, int option, int value)
{
    if (setsockopt(self->fd, level, option, &value, sizeof(value)) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Modules/socketmodule.c: socket.bind */
int
Socket_bind(Socket *self, PyObject *address)
{
    Address raw;
    socklen_t length;
    int fd = self->fd; /* read with the GIL held */
    int result;

    if (getsockaddrarg(self, address, "bind", &raw, &length) < 0) {
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    result = bind(fd, &raw.any, length);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Modules/socketmodule.c: socket.fileno */
int
Socket_fileno(Socket *self)
{
    return self->fd;
}

/* Modules/socketmodule.c: socket.getsockname */
PyObject *
Socket_getsockname(Socket *self)
{
    Address address = { 0 };
    socklen_t length = sizeof(address);
    int fd = self->fd; /* read with the GIL held */
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = getsockname(fd, &address.any, &length);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return makesockaddr(&address, length);
}

/* Modules/socketmodule.c: socket.listen */
int
Socket_listen(Socket *self, int backlog)
{
    int fd = self->fd; /* read with the GIL held */
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = listen(fd, Py_MAX(backlog, 0));
    Py_END_ALLOW_THREADS
    if (result < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Modules/socketmodule.c: socket.recv_into */
Py_ssize_t
Socket_recv_into(Socket *self, char *buffer, Py_ssize_t size)
{
    double deadline = deadline_from_now(self);
    ssize_t n;

    do {
        int fd;

        if (wait_until_ready(self, POLLIN, deadline) < 0) {
            return -1;
        }
        fd = self->fd;
        Py_BEGIN_ALLOW_THREADS
        n = recv(fd, buffer, (size_t)size, 0);
        Py_END_ALLOW_THREADS
    } while (n < 0 && try_again(self));
    return n;
}

/* Modules/socketmodule.c: socket.recvfrom */
int
Socket_recvfrom(Socket *self, Py_ssize_t size, PyObject **data,
                PyObject **address)
{
    double deadline = deadline_from_now(self);
    PyObject *buffer;
    socklen_t length;
    Address peer;
    ssize_t n;

    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recvfrom");
        return -1;
    }
    buffer = PyBytes_FromStringAndSize(NULL, size);
    if (buffer == NULL) {
        return -1;
    }
    do {
        char *bytes = PyBytes_AS_STRING(buffer);
        int fd;

        if (wait_until_ready(self, POLLIN, deadline) < 0) {
            Py_DECREF(buffer);
            return -1;
        }
        memset(&peer, 0, sizeof(peer));
        length = sizeof(peer);
        fd = self->fd;
        Py_BEGIN_ALLOW_THREADS
        n = recvfrom(fd, bytes, (size_t)size, 0, &peer.any, &length);
        Py_END_ALLOW_THREADS
    } while (n < 0 && try_again(self));
    if (n < 0 || _PyBytes_Resize(&buffer, n) < 0) {
        Py_XDECREF(buffer);
        return -1;
    }
    *address = makesockaddr(&peer, length);
    if (*address == NULL) {
        Py_DECREF(buffer);
        return -1;
    }
    *data = buffer;
    return 0;
}

/* Modules/socketmodule.c: socket.recv */
PyObject *
Socket_recv(Socket *self, Py_ssize_t bufsize)
{
    PyObject *bytes;
    Py_ssize_t n;

    if (bufsize < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recv");
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, bufsize);
    if (bytes == NULL) {
        return NULL;
    }
    n = self->cls->recv_into(self, PyBytes_AS_STRING(bytes), bufsize);
    if (n < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    if (n < bufsize) {
        _PyBytes_Resize(&bytes, n);
    }
    return bytes;
}

/* One send(), which has until `deadline`. */
static Py_ssize_t
send_before(Socket *self, const char *data, Py_ssize_t size, double deadline)
{
    ssize_t n;

    do {
        int fd;

        if (wait_until_ready(self, POLLOUT, deadline) < 0) {
            return -1;
        }
        fd = self->fd;
        Py_BEGIN_ALLOW_THREADS
        n = send(fd, data, (size_t)size, MSG_NOSIGNAL);
        Py_END_ALLOW_THREADS
    } while (n < 0 && try_again(self));
    return n;
}

/* Modules/socketmodule.c: socket.send */
Py_ssize_t
Socket_send(Socket *self, const char *data, Py_ssize_t size)
{
    return send_before(self, data, size, deadline_from_now(self));
}

/* Modules/socketmodule.c: socket.sendall. The timeout is for all of it. */
int
Socket_sendall(Socket *self, const char *data, Py_ssize_t size)
{
    double deadline = deadline_from_now(self);

    do {
        Py_ssize_t n = send_before(self, data, size, deadline);

        if (n < 0) {
            return -1;
        }
        data += n;
        size -= n;
        /* A signal may have come while a part went out. */
        if (PyErr_CheckSignals() < 0) {
            return -1;
        }
    } while (size > 0);
    return 0;
}

/* Modules/socketmodule.c: socket.sendto */
Py_ssize_t
Socket_sendto(Socket *self, const char *data, Py_ssize_t size,
              PyObject *address)
{
    double deadline;
    socklen_t length;
    Address peer;
    ssize_t n;

    if (getsockaddrarg(self, address, "sendto", &peer, &length) < 0) {
        return -1;
    }
    deadline = deadline_from_now(self);
    do {
        int fd;

        if (wait_until_ready(self, POLLOUT, deadline) < 0) {
            return -1;
        }
        fd = self->fd;
        Py_BEGIN_ALLOW_THREADS
        n = sendto(fd, data, (size_t)size, MSG_NOSIGNAL, &peer.any, length);
        Py_END_ALLOW_THREADS
    } while (n < 0 && try_again(self));
    return n;
}

/* Lib/socket.py: socket.sendfile */
Py_ssize_t
Socket_sendfile(Socket *self, int fd, off_t offset)
{
    const size_t block_size = 1 << 30; /* as much as Python asks for */
    Py_ssize_t total_sent = 0;
    ssize_t sent;

    do {
        int to;

        if (wait_until_ready(self, POLLOUT, deadline_from_now(self)) < 0) {
            return -1;
        }
        to = self->fd;
        Py_BEGIN_ALLOW_THREADS
        sent = sendfile(to, fd, &offset, block_size);
        Py_END_ALLOW_THREADS
        if (sent < 0) {
            if (total_sent == 0 && (errno == EINVAL || errno == ENOSYS)) {
                return 0;
            }
            if (!try_again(self)) {
                return -1;
            }
        }
        else {
            total_sent += sent;
        }
    } while (sent != 0);
    return total_sent;
}

bool
Socket_hung_up(Socket *self)
{
    struct pollfd peer = { .fd = self->fd, .events = POLLRDHUP };

    return poll(&peer, 1, 0) > 0;
}

/* Modules/socketmodule.c: socket.shutdown */
int
Socket_shutdown(Socket *self, int how)
{
    int fd = self->fd; /* read with the GIL held */
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = shutdown(fd, how);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* Lib/socket.py: socket.__repr__ */
static PyObject *
Socket_repr(PyObject *op)
{
    Socket *self = (Socket *)op;
    PyObject *text = PyUnicode_FromFormat(
        "<%s%s fd=%d, family=%d, type=%d, proto=%d", Py_TYPE(op)->tp_name,
        self->_closed ? " [closed]" : "", self->fd, self->family, self->type,
        self->proto);

    for (int peer = 0; text != NULL && !self->_closed && peer < 2; peer++) {
        Address address = { 0 };
        socklen_t length = sizeof(address);
        PyObject *value = NULL;

        if ((peer ? getpeername(self->fd, &address.any, &length)
                  : getsockname(self->fd, &address.any, &length)) == 0)
        {
            value = makesockaddr(&address, length);
            if (value == NULL) {
                PyErr_Clear();
            }
            else if (PyObject_IsTrue(value)) {
                Py_SETREF(text, PyUnicode_FromFormat("%U, %caddr=%S", text,
                                                     peer ? 'r' : 'l', value));
            }
        }
        Py_XDECREF(value);
    }
    if (text != NULL) {
        Py_SETREF(text, PyUnicode_FromFormat("%U>", text));
    }
    return text;
}

/* Modules/socketmodule.c: sock_finalize */
static void
Socket_del(PyObject *op)
{
    Socket *self = (Socket *)op;
    Handled handled;

    if (self->fd < 0) {
        return;
    }
    handled = finally_enter();
    if (PyErr_ResourceWarning(op, 1, "unclosed %R", op) < 0) {
        if (PyErr_ExceptionMatches(PyExc_Warning)) {
            ignore_exception("finalizing socket", op);
        }
        PyErr_Clear();
    }
    if (real_close(self) < 0) {
        PyErr_Clear();
    }
    finally_leave(handled);
}

static void
Socket_dealloc(PyObject *op)
{
    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return; /* the warning has kept it */
    }
    release_python_socket((Socket *)op);
    Py_TYPE(op)->tp_free(op);
}

static PyObject *
call_fileno(PyObject *op, PyObject *args)
{
    (void)args;
    return PyLong_FromLong(Socket_fileno((Socket *)op));
}

static PyObject *
call_getsockname(PyObject *op, PyObject *args)
{
    (void)args;
    return Socket_getsockname((Socket *)op);
}

static PyObject *
call_close(PyObject *op, PyObject *args)
{
    Socket *self = (Socket *)op;

    (void)args;
    if (self->cls->close(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_gettimeout(PyObject *op, PyObject *args)
{
    Socket *self = (Socket *)op;

    (void)args;
    if (self->timeout < 0) {
        Py_RETURN_NONE;
    }
    return PyFloat_FromDouble(self->timeout);
}

static PyObject *
get_family(PyObject *op, void *closure)
{
    (void)closure;
    return PyLong_FromLong(((Socket *)op)->family);
}

static PyObject *
get_type(PyObject *op, void *closure)
{
    (void)closure;
    return PyLong_FromLong(((Socket *)op)->type);
}

static PyObject *
get_proto(PyObject *op, void *closure)
{
    (void)closure;
    return PyLong_FromLong(((Socket *)op)->proto);
}

static PyMethodDef methods[] = {
    { "fileno", call_fileno, METH_NOARGS, NULL },
    { "getsockname", call_getsockname, METH_NOARGS, NULL },
    { "gettimeout", call_gettimeout, METH_NOARGS, NULL },
    { "close", call_close, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "family", get_family, NULL, NULL, NULL },
    { "type", get_type, NULL, NULL, NULL },
    { "proto", get_proto, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject Socket_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socket.socket",
    .tp_basicsize = sizeof(Socket),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_repr = Socket_repr,
    .tp_methods = methods,
    .tp_getset = getset,
    .tp_finalize = Socket_del,
    .tp_dealloc = Socket_dealloc,
};

const SocketClass Socket_class = {
    .type = &Socket_type,

    .bind = Socket_bind,
    .listen = Socket_listen,
    .accept = Socket_accept,
    .recv_into = Socket_recv_into,
    .recvfrom = Socket_recvfrom,
    .send = Socket_send,
    .sendall = Socket_sendall,
    .sendto = Socket_sendto,
    .shutdown = Socket_shutdown,
    .close = Socket_close,
};

/* socket.gethostname() */
static PyObject *
host_name(void)
{
    char name[1024];
    int result;

    Py_BEGIN_ALLOW_THREADS
    result = gethostname(name, sizeof(name) - 1);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    name[sizeof(name) - 1] = '\0';
    return PyUnicode_DecodeFSDefault(name);
}

static int
append_name(PyObject *names, const char *text)
{
    PyObject *name = PyUnicode_DecodeFSDefault(text);
    int result = name == NULL ? -1 : PyList_Append(names, name);

    Py_XDECREF(name);
    return result;
}

/* What socket.gethostbyaddr(name) knows of a host: a new list of its name and
 * then its aliases. */
static PyObject *
names_of_host(PyObject *name)
{
    PyObject *encoded = PyUnicode_AsEncodedString(name, "idna", NULL);
    PyObject *names;
    Address address;
    struct hostent host, *found = NULL;
    char buffer[16384];
    int result, error = 0;

    if (encoded == NULL) {
        return NULL;
    }
    result = setipaddr(PyBytes_AS_STRING(encoded), AF_UNSPEC, &address);
    Py_DECREF(encoded);
    if (result < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    if (address.any.sa_family == AF_INET6) {
        gethostbyaddr_r(&address.in6.sin6_addr, sizeof(struct in6_addr),
                        AF_INET6, &host, buffer, sizeof(buffer), &found,
                        &error);
    }
    else {
        gethostbyaddr_r(&address.in.sin_addr, sizeof(struct in_addr), AF_INET,
                        &host, buffer, sizeof(buffer), &found, &error);
    }
    Py_END_ALLOW_THREADS
    if (found == NULL) {
        set_resolver_error("herror", error, hstrerror(error));
        return NULL;
    }
    names = PyList_New(0);
    if (names != NULL && append_name(names, host.h_name) < 0) {
        Py_CLEAR(names);
    }
    for (char **alias = host.h_aliases; names != NULL && *alias; alias++) {
        if (append_name(names, *alias) < 0) {
            Py_CLEAR(names);
        }
    }
    return names;
}

/* Whether a name stands for this host, whatever it is called. */
static bool
is_this_host(PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) == 0 ||
           PyUnicode_CompareWithASCIIString(name, "0.0.0.0") == 0 ||
           PyUnicode_CompareWithASCIIString(name, "::") == 0;
}

/* Lib/socket.py: getfqdn */
PyObject *
getfqdn(PyObject *name)
{
    PyObject *found = PyObject_CallMethod(name, "strip", NULL);
    PyObject *names;

    if (found != NULL && is_this_host(found)) {
        Py_SETREF(found, host_name());
    }
    if (FAILED(found == NULL)) {
        return NULL;
    }
    names = names_of_host(found);
    if (FAILED(names == NULL)) {
        if (!PyErr_ExceptionMatches(PyExc_OSError)) {
            Py_DECREF(found);
            return NULL;
        }
        PyErr_Clear(); /* except error: pass */
        return found;
    }
    /* The first with a dot; the host's own name if there is none. */
    Py_SETREF(found, Py_NewRef(PyList_GET_ITEM(names, 0)));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        PyObject *alias = PyList_GET_ITEM(names, i);
        Py_ssize_t length = PyUnicode_GET_LENGTH(alias);

        if (PyUnicode_FindChar(alias, '.', 0, length, 1) >= 0) {
            Py_SETREF(found, Py_NewRef(alias));
            break;
        }
    }
    Py_DECREF(names);
    return found;
}
