#include "program/socket_file.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whether it is a name without a file. */
static bool
is_abstract(const char *path)
{
    return path[0] == '@';
}

int
socket_file_resolve(char *path, size_t size)
{
    char directory[PATH_MAX];
    char absolute[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int length;

    if (is_abstract(path) || path[0] == '/') {
        return 0;
    }
    if (getcwd(directory, sizeof(directory)) == NULL) {
        return 0; /* it is gone: bind() says so */
    }
    length = snprintf(absolute, sizeof(absolute), "%s/%s", directory, path);
    if (length < 0 || (size_t)length >= sizeof(absolute) ||
        (size_t)length >= size) {
        return -1;
    }
    memcpy(path, absolute, (size_t)length + 1);
    return 0;
}

/* Whether a connection to it is refused. The options have no longer path. */
static bool
is_refused(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;
    bool refused;

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    memcpy(address.sun_path, path, strlen(path));
    refused = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
              errno == ECONNREFUSED;
    close(fd);
    return refused;
}

void
socket_file_take_over(const char *path)
{
    struct stat status;

    if (!is_abstract(path) && lstat(path, &status) == 0 &&
        S_ISSOCK(status.st_mode) && is_refused(path))
    {
        unlink(path);
    }
}

void
socket_file_remember(SocketFile *self, const char *path)
{
    struct stat status;

    if (is_abstract(path) || lstat(path, &status) < 0) {
        return;
    }
    snprintf(self->path, sizeof(self->path), "%s", path);
    self->device = status.st_dev;
    self->inode = status.st_ino;
}

int
socket_file_remove(const SocketFile *self)
{
    struct stat status;

    if (self->path[0] == '\0' || lstat(self->path, &status) < 0 ||
        status.st_dev != self->device || status.st_ino != self->inode)
    {
        return 0; /* none, gone, or another server's */
    }
    if (unlink(self->path) < 0 && errno != ENOENT) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, self->path);
        return -1;
    }
    return 0;
}
