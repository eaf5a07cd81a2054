/* Lib/socket.py: socket.makefile, which needs both sockets and buffers. */
#ifndef CWSGIREF_IO_MAKEFILE_H
#define CWSGIREF_IO_MAKEFILE_H

#include "io/buffered_io_base.h"
#include "io/socket.h"

/* Makes a stream over the socket: mode "rb" gives a BufferedReader, "wb" a
 * BufferedWriter. buffering: the buffer's size in bytes, -1 for
 * io.DEFAULT_BUFFER_SIZE.
 * Lib/socket.py: socket.makefile. A new reference. */
BufferedIOBase *Socket_makefile(Socket *self, const char *mode, int buffering);

#endif
