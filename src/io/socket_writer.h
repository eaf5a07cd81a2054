/* Lib/socketserver.py: _SocketWriter. A wfile without a buffer. */
#ifndef CWSGIREF_IO_SOCKET_WRITER_H
#define CWSGIREF_IO_SOCKET_WRITER_H

#include "io/buffered_io_base.h"
#include "io/socket.h"

typedef struct SocketWriter {
    BufferedIOBase base;
    Socket *_sock; /* owned */
} SocketWriter;

extern PyTypeObject SocketWriter_type;
extern const BufferedIOBaseClass SocketWriter_class;

/* _SocketWriter(sock): sets the class, then SocketWriter_init. */
BufferedIOBase *SocketWriter_new(const BufferedIOBaseClass *cls, Socket *sock);
int SocketWriter_init(BufferedIOBase *self, Socket *sock);

int SocketWriter_writable(BufferedIOBase *self);
Py_ssize_t SocketWriter_write(BufferedIOBase *self, PyObject *b);
int SocketWriter_fileno(BufferedIOBase *self);

#endif
