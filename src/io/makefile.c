#include "io/makefile.h"

#include <string.h>

#include "io/buffered_reader.h"
#include "io/buffered_writer.h"
#include "io/socket_io.h"
#include "python/errors.h"
#include "python/release.h"

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
