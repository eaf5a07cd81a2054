/* Lib/socket.py: SocketIO. The raw stream over a socket. */
#ifndef CWSGIREF_IO_SOCKET_IO_H
#define CWSGIREF_IO_SOCKET_IO_H

#include "io/raw_io_base.h"
#include "io/socket.h"

typedef struct SocketIO {
    RawIOBase base;
    Socket *_sock; /* owned; NULL when closed */
    bool _reading;
    bool _writing;
    bool _timeout_occurred;
} SocketIO;

extern PyTypeObject SocketIO_type;
extern const RawIOBaseClass SocketIO_class;

/* SocketIO(sock, mode): mode is "r", "w" or "rw". It counts as one of
 * the socket's streams: the caller has raised _io_refs, as makefile does. */
RawIOBase *SocketIO_new(const RawIOBaseClass *cls, Socket *sock,
                        const char *mode);

int SocketIO_readable(RawIOBase *self);
int SocketIO_writable(RawIOBase *self);
Py_ssize_t SocketIO_readinto(RawIOBase *self, char *buffer, Py_ssize_t size);
Py_ssize_t SocketIO_write(RawIOBase *self, PyObject *b);
int SocketIO_close(RawIOBase *self);
int SocketIO_fileno(RawIOBase *self);

#endif
