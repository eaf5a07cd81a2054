/* Lib/socketserver.py: _SocketWriter. A wfile without a buffer: every write is
 * a send, unless it is held back for the next one. */
#ifndef CWSGIREF_IO_SOCKET_WRITER_H
#define CWSGIREF_IO_SOCKET_WRITER_H

#include "io/buffered_io_base.h"
#include "io/socket.h"

typedef struct SocketWriter {
    BufferedIOBase base;
    Socket *_sock; /* owned */
    bool holding;  /* what is written now is held back */
    char *held;    /* owned; bytes that leave with the next write, or NULL */
    Py_ssize_t held_size;
    Py_ssize_t held_capacity;
} SocketWriter;

extern PyTypeObject SocketWriter_type;
extern const BufferedIOBaseClass SocketWriter_class;

/* _SocketWriter(sock): makes the instance and calls SocketWriter_init. */
BufferedIOBase *SocketWriter_new(const BufferedIOBaseClass *cls, Socket *sock);
void SocketWriter_init(BufferedIOBase *self, Socket *sock);

int SocketWriter_writable(BufferedIOBase *self);
Py_ssize_t SocketWriter_write(BufferedIOBase *self, PyObject *b);
/* Sends what is held back. If that fails, it is dropped. */
int SocketWriter_flush(BufferedIOBase *self);
int SocketWriter_fileno(BufferedIOBase *self);

/* Not in Python: what is written between these two calls waits for the next
 * write, so that one send carries it all. But if the client has hung up, each
 * write is sent at once: then the same call fails as in Python, with the same
 * error. */
void SocketWriter_hold(SocketWriter *self);
void SocketWriter_release(SocketWriter *self);

#endif
