/* A library that is loaded before all others (LD_PRELOAD) and lets allocations
 * and system calls fail, as somebody outside of the process says: faults.py,
 * by a piece of memory that both share. CWSGIREF_FAULTS names its file. */
#define _GNU_SOURCE /* RTLD_NEXT, accept4 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the order of CALLS in faults.py, with the letters that they have there. */
enum call {
    ACCEPT,
    RECV,
    SEND,
    SENDFILE,
    SHUTDOWN,
    CLOSE,
    POLL,
    IOCTL,
    SOCKET,
    BIND,
    LISTEN,
    GETSOCKNAME,
    GETSOCKOPT,
    SETSOCKOPT,
    READ,
    CALLS
};

static const char letters[] = "arsfhcpiSBLNGOd";

/* The same in faults.py: Control. */
struct control {
    /* Allocations: these fail, counted from 1; and how many there have been. */
    atomic_long first_allocation;
    atomic_long failing_allocations;
    atomic_long allocated;

    /* System calls: these of that kind fail, counted from 1, with that errno;
     * and how many have failed. */
    atomic_long call;
    atomic_long first_call;
    atomic_long failing_calls;
    atomic_long error;
    atomic_long failed;

    /* Of a connection: it breaks before that byte of the answer, counted from
     * 0; -1 never. What was sent is sent. */
    atomic_long breaks_at;
    atomic_long sent;

    /* Whether a client that is asked for has hung up: 0 it is asked, 1 always.
     */
    atomic_long hung_up;

    /* Interruptions and short counts by these dice; 0 none. How many there
     * have been, and how often the dice were asked for each call. */
    atomic_long dice;
    atomic_long interrupted;
    atomic_long thrown[CALLS];

    /* How often each has been called, and in what order: the letters. */
    atomic_long called[CALLS];
    atomic_long traced;
    char trace[3000];
};

static struct control nobody = { .breaks_at = -1 };
static struct control *control = &nobody;

__attribute__((constructor)) static void
find_control(void)
{
    const char *path = getenv("CWSGIREF_FAULTS");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *memory;

    if (fd < 0) {
        return;
    }
    memory = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE,
                  MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED) {
        control = memory;
    }
}

/*
 * Allocations.
 */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static bool
is_among(long number, long first, long count)
{
    return first > 0 && number >= first && number < first + count;
}

/* Whether there is no memory for this one. */
static bool
lacks_memory(void)
{
    long number;

    if (atomic_load(&control->first_allocation) == 0) {
        return false;
    }
    number = atomic_fetch_add(&control->allocated, 1) + 1;
    if (!is_among(number, atomic_load(&control->first_allocation),
                  atomic_load(&control->failing_allocations)))
    {
        return false;
    }
    atomic_fetch_add(&control->failed, 1);
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t size)
{
    return lacks_memory() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return lacks_memory() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
    return lacks_memory() ? NULL : __libc_realloc(block, size);
}

/*
 * System calls.
 */

/* The function of that name that this library hides. */
static void *
hidden(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* POSIX wants an object's pointer for a function's to be possible. */
#define FIND_REAL(name)                  \
    static __typeof__(name) *real;       \
    if (real == NULL) {                  \
        *(void **)&real = hidden(#name); \
    }

static bool
is_of_kind(int fd, mode_t kind)
{
    struct stat status;
    int error = errno;
    bool result = fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind;

    errno = error;
    return result;
}

/* Dice that say the same of the n-th call of a kind to both servers, whatever
 * calls they make besides. `use`: what is decided. */
static unsigned long
throw_dice(enum call call, long number, int use)
{
    uint64_t x = (uint64_t)atomic_load(&control->dice);

    x += (uint64_t)number * 0x9e3779b97f4a7c15u;
    x += ((uint64_t)call * 16 + (uint64_t)use) * 0xd1b54a32d192ed03u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (unsigned long)((x ^ (x >> 31)) >> 8);
}

/* Whether a signal comes before the call has done anything: one in three. */
static bool
is_interrupted(enum call call)
{
    long number;

    if (atomic_load(&control->dice) == 0) {
        return false;
    }
    number = atomic_fetch_add(&control->thrown[call], 1);
    if (throw_dice(call, number, 0) % 3 != 0) {
        return false;
    }
    atomic_fetch_add(&control->interrupted, 1);
    errno = EINTR;
    return true;
}

/* So much of `size` is done at once: one in two does not do all. */
static size_t
part_of(enum call call, size_t size)
{
    long number = atomic_load(&control->thrown[call]);
    unsigned long few;

    if (size < 2 || atomic_load(&control->dice) == 0 ||
        throw_dice(call, number, 1) % 2 == 0)
    {
        return size;
    }
    atomic_fetch_add(&control->interrupted, 1);
    few = throw_dice(call, number, 2) % 2 == 0 && size > 16 ? 16 : size - 1;
    return 1 + throw_dice(call, number, 3) % few;
}

/* Notes the call. Whether it fails. */
static bool
fails(enum call call)
{
    long number = atomic_fetch_add(&control->called[call], 1) + 1;
    long at = atomic_fetch_add(&control->traced, 1);

    if (at < (long)sizeof(control->trace)) {
        control->trace[at] = letters[call];
    }
    if (atomic_load(&control->call) != (long)call ||
        !is_among(number, atomic_load(&control->first_call),
                  atomic_load(&control->failing_calls)))
    {
        return false;
    }
    atomic_fetch_add(&control->failed, 1);
    errno = (int)atomic_load(&control->error);
    return true;
}

/* glibc's accept4(), bind() and getsockname() take a union of pointers, which
 * ISO C cannot declare again. */
#pragma GCC diagnostic ignored "-Wpedantic"

int
accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    FIND_REAL(accept4)
    if (is_interrupted(ACCEPT) || fails(ACCEPT)) {
        return -1;
    }
    atomic_store(&control->sent, 0);
    return real(fd, address, length, flags);
}

ssize_t
recv(int fd, void *buffer, size_t size, int flags)
{
    FIND_REAL(recv)
    if (is_interrupted(RECV) || fails(RECV)) {
        return -1;
    }
    return real(fd, buffer, part_of(RECV, size), flags);
}

/* How much of `size` goes out before the connection breaks: 0 if it is broken,
 * and then errno says how. */
static size_t
until_break(size_t size)
{
    long left = atomic_load(&control->breaks_at);

    if (left < 0) {
        return size;
    }
    left -= atomic_load(&control->sent);
    if (left > 0) {
        return size < (size_t)left ? size : (size_t)left;
    }
    atomic_fetch_add(&control->failed, 1);
    errno = (int)atomic_load(&control->error);
    return 0;
}

/* Of what send() or sendfile() has given. */
static ssize_t
count_sent(ssize_t sent)
{
    if (sent > 0) {
        atomic_fetch_add(&control->sent, sent);
    }
    return sent;
}

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
    size_t part;

    FIND_REAL(send)
    if ((flags & MSG_DONTWAIT) != 0 &&
        atomic_load(&control->error) == EAGAIN &&
        atomic_load(&control->call) == SEND)
    {
        errno = EAGAIN; /* the one that waits comes next, and counts */
        return -1;
    }
    if (is_interrupted(SEND) || fails(SEND)) {
        return -1;
    }
    part = until_break(part_of(SEND, size));
    if (part == 0 && size > 0) {
        return -1;
    }
    return count_sent(real(fd, data, part, flags));
}

ssize_t
sendfile64(int to, int from, off64_t *offset, size_t size)
{
    size_t part;

    FIND_REAL(sendfile64)
    if (is_interrupted(SENDFILE) || fails(SENDFILE)) {
        return -1;
    }
    part = until_break(part_of(SENDFILE, size));
    if (part == 0 && size > 0) {
        return -1;
    }
    return count_sent(real(to, from, offset, part));
}

int
shutdown(int fd, int how)
{
    FIND_REAL(shutdown)
    return fails(SHUTDOWN) ? -1 : real(fd, how);
}

/* The descriptor is gone, whatever close() says. */
int
close(int fd)
{
    bool failing;
    int error;

    FIND_REAL(close)
    if (!is_of_kind(fd, S_IFSOCK)) {
        return real(fd);
    }
    failing = fails(CLOSE);
    error = errno;
    if (failing) {
        real(fd);
        errno = error;
        return -1;
    }
    return real(fd);
}

/* Whether somebody asks if a client has hung up. */
static bool
asks_for_hang_up(const struct pollfd *fds, nfds_t count)
{
    return count == 1 && fds[0].events == POLLRDHUP;
}

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
    FIND_REAL(poll)
    if (asks_for_hang_up(fds, count)) {
        return atomic_load(&control->hung_up) ? 1 : real(fds, count, timeout);
    }
    if (is_interrupted(POLL) || fails(POLL)) {
        return -1;
    }
    return real(fds, count, timeout);
}

int
ioctl(int fd, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, ...);
    va_list arguments;
    void *argument;

    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    if (real == NULL) {
        *(void **)&real = hidden("ioctl");
    }
    if (request == FIONBIO && fails(IOCTL)) {
        return -1;
    }
    return real(fd, request, argument);
}

int
socket(int family, int type, int protocol)
{
    FIND_REAL(socket)
    return fails(SOCKET) ? -1 : real(family, type, protocol);
}

int
bind(int fd, const struct sockaddr *address, socklen_t length)
{
    FIND_REAL(bind)
    return fails(BIND) ? -1 : real(fd, address, length);
}

int
listen(int fd, int backlog)
{
    FIND_REAL(listen)
    return fails(LISTEN) ? -1 : real(fd, backlog);
}

int
getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    FIND_REAL(getsockname)
    return fails(GETSOCKNAME) ? -1 : real(fd, address, length);
}

int
getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    FIND_REAL(getsockopt)
    return fails(GETSOCKOPT) ? -1 : real(fd, level, name, value, length);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    FIND_REAL(setsockopt)
    return fails(SETSOCKOPT) ? -1 : real(fd, level, name, value, length);
}

/* Of a file that an application sends. */
ssize_t
read(int fd, void *buffer, size_t size)
{
    FIND_REAL(read)
    if (is_of_kind(fd, S_IFREG) && fails(READ)) {
        return -1;
    }
    return real(fd, buffer, size);
}
