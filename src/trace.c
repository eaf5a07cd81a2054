/* What `-finstrument-functions` calls at each entry and exit of a function:
 * the trace preset, and no other build, has this file. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOT_RECORDED __attribute__((no_instrument_function))

extern char __executable_start; /* the linker's: where the program begins */

void __cyg_profile_func_enter(void *function, void *caller);
void __cyg_profile_func_exit(void *function, void *caller);

/* The file that TRACE_FILE names, opened at the first event; -1: none. */
NOT_RECORDED static int
trace_file(void)
{
    static int fd = -2;

    if (fd == -2) {
        const char *path = getenv("TRACE_FILE");

        fd = path == NULL
                 ? -1
                 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
    return fd;
}

/* "E 4711 1a2b0\n": what, the thread, where in the program. Written at once,
 * so that nothing is lost when the program crashes. */
NOT_RECORDED static void
record(char what, void *function)
{
    int saved = errno;
    int fd = trace_file();

    if (fd >= 0) {
        char line[64];
        int size = snprintf(line, sizeof(line), "%c %ld %tx\n", what,
                            (long)syscall(SYS_gettid),
                            (char *)function - &__executable_start);

        if (write(fd, line, (size_t)size) < 0) {
            abort(); /* rather than a tree with a hole */
        }
    }
    errno = saved;
}

NOT_RECORDED void
__cyg_profile_func_enter(void *function, void *caller)
{
    (void)caller;
    record('E', function);
}

NOT_RECORDED void
__cyg_profile_func_exit(void *function, void *caller)
{
    (void)caller;
    record('X', function);
}
