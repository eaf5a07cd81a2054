/* The file of the Unix socket that the program listens on. */
#ifndef CWSGIREF_PROGRAM_SOCKET_FILE_H
#define CWSGIREF_PROGRAM_SOCKET_FILE_H

#include <Python.h>

#include <sys/types.h>

typedef struct SocketFile {
    char path[256]; /* "" before bind() */
    dev_t device;
    ino_t inode;
} SocketFile;

/* Makes `path` absolute, in `size` bytes: 0, or -1 if it is too long for a
 * socket then. A name, which begins with '@', stays. */
int socket_file_resolve(char *path, size_t size);

/* Before bind(): removes the file if it is a socket that refuses a connection.
 * Anything else stays, and bind() refuses it. */
void socket_file_take_over(const char *path);

/* After bind(): remembers which file it is. */
void socket_file_remember(SocketFile *self, const char *path);

/* Removes the file if it is still the same one. 0, or -1 with OSError. */
int socket_file_remove(const SocketFile *self);

#endif
