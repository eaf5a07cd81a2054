/* Lib/socket.py: socket. */
#ifndef CWSGIREF_IO_SOCKET_H
#define CWSGIREF_IO_SOCKET_H

#include <Python.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct Socket Socket;
typedef struct SocketClass SocketClass;

struct SocketClass {
    PyTypeObject *type;

    int (*bind)(Socket *self, PyObject *address);
    int (*listen)(Socket *self, int backlog);
    /* A new socket and the address of its peer, both new references. */
    int (*accept)(Socket *self, Socket **connection, PyObject **address);
    /* How many bytes were received, 0 at the end; -1 on error. */
    Py_ssize_t (*recv_into)(Socket *self, char *buffer, Py_ssize_t size);
    /* A datagram of `size` bytes at most (the rest of a longer one is lost)
     * and who has sent it, both new references. */
    int (*recvfrom)(Socket *self, Py_ssize_t size, PyObject **data,
                    PyObject **address);
    Py_ssize_t (*send)(Socket *self, const char *data, Py_ssize_t size);
    int (*sendall)(Socket *self, const char *data, Py_ssize_t size);
    Py_ssize_t (*sendto)(Socket *self, const char *data, Py_ssize_t size,
                         PyObject *address);
    int (*shutdown)(Socket *self, int how);
    int (*close)(Socket *self);
};

struct Socket {
    PyObject_HEAD
    const SocketClass *cls;
    int fd;     /* -1 when closed */
    int family; /* AF_INET, AF_INET6, AF_UNIX */
    int type;   /* SOCK_STREAM, SOCK_DGRAM */
    int proto;
    double timeout; /* seconds; -1 is None: wait for ever */
    int _io_refs;   /* the streams that still use the descriptor */
    bool _closed;
    PyObject *python; /* owned; what the application has got, or NULL */
};

extern PyTypeObject Socket_type;
extern const SocketClass Socket_class;

/* socket.socket(family, type, proto, fileno): a new socket, close-on-exec; or
 * around `fileno`, which it owns from then on, unless that is -1. */
Socket *Socket_new(const SocketClass *cls, int family, int type, int proto,
                   int fileno);

/* `address` is what io/address.h says. */
int Socket_bind(Socket *self, PyObject *address);
int Socket_listen(Socket *self, int backlog);
int Socket_accept(Socket *self, Socket **connection, PyObject **address);

/* TimeoutError("timed out") after `timeout` seconds. EINTR runs Python's
 * signal handlers and resumes. The GIL is released while they block. */
Py_ssize_t Socket_recv_into(Socket *self, char *buffer, Py_ssize_t size);
int Socket_recvfrom(Socket *self, Py_ssize_t size, PyObject **data,
                    PyObject **address);
Py_ssize_t Socket_send(Socket *self, const char *data, Py_ssize_t size);
int Socket_sendall(Socket *self, const char *data, Py_ssize_t size);
Py_ssize_t Socket_sendto(Socket *self, const char *data, Py_ssize_t size,
                         PyObject *address);
/* Sends what the open file `fd` (borrowed) holds from `offset` on: how many
 * bytes. 0 also when the system can't send from such a file; -1 on error. The
 * timeout is for each part that the system takes at once.
 * Lib/socket.py: socket._sendfile_use_sendfile */
Py_ssize_t Socket_sendfile(Socket *self, int fd, off_t offset);

/* Whether the peer has closed the connection, or its half of it: the system
 * knows that from the moment the peer's FIN or RST is here, and it costs a
 * poll(2) that does not wait. */
bool Socket_hung_up(Socket *self);

/* The socket as the application gets it, made when it is first asked for: see
 * io/python_socket.h. A new reference. */
PyObject *Socket_for_python(Socket *self);

int Socket_shutdown(Socket *self, int how); /* SHUT_RD, SHUT_WR, SHUT_RDWR */
/* Closes the descriptor once the last stream over it is closed too. */
int Socket_close(Socket *self);

/* self._io_refs -= 1, for a stream that closes.
 * Lib/socket.py: socket._decref_socketios */
int Socket__decref_socketios(Socket *self);

PyObject *Socket_getsockname(Socket *self); /* a new address, as bind's */
int Socket_setsockopt(Socket *self, int level, int option, int value);
int Socket_settimeout(Socket *self, double timeout); /* seconds; -1: None */
int Socket_fileno(Socket *self);                     /* -1 when closed */

#endif
