/* Waiting for a file descriptor. */
#ifndef CWSGIREF_IO_WAIT_H
#define CWSGIREF_IO_WAIT_H

/* The clock of deadlines, in seconds.
 * Lib/time.py: monotonic */
double monotonic(void);

/* Waits without the GIL until `fd` has one of `events`, POLLIN or POLLOUT.
 * Returns 1; or 0 when the deadline, a time of monotonic(), has passed (a
 * negative one never does); or -1 if a signal handler raises or poll(2) fails.
 * It looks at least once. */
int wait_for(int fd, short events, double deadline);

#endif
