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

/* _SocketWriter(sock): sets the class, then SocketWriter_init. */
BufferedIOBase *SocketWriter_new(const BufferedIOBaseClass *cls, Socket *sock);
int SocketWriter_init(BufferedIOBase *self, Socket *sock);

int SocketWriter_writable(BufferedIOBase *self);
Py_ssize_t SocketWriter_write(BufferedIOBase *self, PyObject *b);
/* Sends what is held back. If that fails, it is dropped. */
int SocketWriter_flush(BufferedIOBase *self);
int SocketWriter_fileno(BufferedIOBase *self);

/* Not in Python: what is written between these two waits for the write that
 * follows, so that one send carries it all. But not for a client that has hung
 * up, which gets each write at once: where an answer cannot be sent, the call
 * fails that fails in Python, with the same error. A later one would meet
 * other code. */
void SocketWriter_hold(SocketWriter *self);
void SocketWriter_release(SocketWriter *self);

#endif
