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
     * and the address of its sender, both new references. */
    int (*recvfrom)(Socket *self, Py_ssize_t size, PyObject **data,
                    PyObject **address);
    Py_ssize_t (*send)(Socket *self, const char *data, Py_ssize_t size);
    int (*sendall)(Socket *self, const char *data, Py_ssize_t size);
    Py_ssize_t (*sendto)(Socket *self, const char *data, Py_ssize_t size,
                         PyObject *address);
    double (*gettimeout)(Socket *self); /* seconds; -1: None; -2: error */
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
    bool more_follows; /* at once, behind what is sent now: MSG_MORE */
    PyObject *python;  /* owned; the application's socket, or NULL */
    PyObject *weakrefs;
};

extern PyTypeObject Socket_type;
extern const SocketClass Socket_class;

/* socket.socket(family, type, proto, fileno): a socket over `fileno`, which it
 * owns from then on; or, if that is -1, over a new one, close-on-exec. */
Socket *Socket_new(const SocketClass *cls, int family, int type, int proto,
                   int fileno);

/* `address` is as in io/address.h. */
int Socket_bind(Socket *self, PyObject *address);
int Socket_listen(Socket *self, int backlog);
int Socket_accept(Socket *self, Socket **connection, PyObject **address);

/* These raise TimeoutError("timed out") after `timeout` seconds. On EINTR they
 * run Python's signal handlers and go on. They block without the GIL. */
Py_ssize_t Socket_recv_into(Socket *self, char *buffer, Py_ssize_t size);
int Socket_recvfrom(Socket *self, Py_ssize_t size, PyObject **data,
                    PyObject **address);
Py_ssize_t Socket_send(Socket *self, const char *data, Py_ssize_t size);
int Socket_sendall(Socket *self, const char *data, Py_ssize_t size);
Py_ssize_t Socket_sendto(Socket *self, const char *data, Py_ssize_t size,
                         PyObject *address);
/* Sends the open file `fd` (borrowed) from `offset` on. Returns how many bytes
 * were sent, 0 also if the system can't send from such a file; -1 on error.
 * The timeout is for each part that the system sends at once.
 * Lib/socket.py: socket._sendfile_use_sendfile */
Py_ssize_t Socket_sendfile(Socket *self, int fd, off_t offset);

/* True if the peer has closed the connection, or its half of it. The system
 * knows that as soon as the peer's FIN or RST is here. It costs a poll(2) that
 * does not wait. */
bool Socket_hung_up(Socket *self);

/* The socket that the application gets, made when first asked for: see
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
double Socket_gettimeout(Socket *self);
int Socket_fileno(Socket *self); /* -1 when closed */

#endif
