#include "io/wait.h"

#include <Python.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <time.h>

#include "python/waits.h"

double
monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The milliseconds until then, as poll(2) takes them: -1 for no end. */
static int
milliseconds_until(double deadline)
{
    double left;

    if (deadline < 0) {
        return -1;
    }
    left = ceil((deadline - monotonic()) * 1e3);
    return left < 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

int
wait_for(int fd, short events, double deadline)
{
    struct pollfd poller = { .fd = fd, .events = events };
    int ready;

    do {
        int milliseconds;

        /* Python looks for signals between any two instructions. */
        if (look_for_signals() < 0) {
            return -1;
        }
        milliseconds = milliseconds_until(deadline);
        Py_BEGIN_ALLOW_THREADS
        ready = poll(&poller, 1, milliseconds);
        Py_END_ALLOW_THREADS
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return ready;
}
