/* The file of the Unix socket that the program listens on. */
#ifndef CWSGIREF_EMBED_SOCKET_FILE_H
#define CWSGIREF_EMBED_SOCKET_FILE_H

#include <Python.h>

#include <sys/types.h>

typedef struct SocketFile {
    char path[256]; /* "" until it is there */
    dev_t device;
    ino_t inode;
} SocketFile;

/* Makes `path` absolute, from the current directory, in `size` bytes: 0, or -1
 * where it is then too long for a socket. A name ('@' first) stays. */
int socket_file_resolve(char *path, size_t size);

/* Before it is bound: removes a socket on which nobody listens, which a
 * connection to it finds out. All else stays, for bind() to refuse. */
void socket_file_take_over(const char *path);

/* After it is bound: remembers which file that is. */
void socket_file_remember(SocketFile *self, const char *path);

/* Removes the file, if it still is that one. 0, or -1 with OSError. */
int socket_file_remove(const SocketFile *self);

#endif
