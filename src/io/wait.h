/* Waiting for a file descriptor. */
#ifndef CWSGIREF_IO_WAIT_H
#define CWSGIREF_IO_WAIT_H

/* The clock of deadlines, in seconds.
 * Lib/time.py: monotonic */
double monotonic(void);

/* Waits until one of `events`, POLLIN or POLLOUT, is there for `fd`, without
 * the GIL: 1. 0 when the deadline, a time of monotonic(), has passed; a
 * negative one never does. -1 if a signal handler raises, or poll(2) fails.
 * Looks once in any case. */
int wait_for(int fd, short events, double deadline);

#endif
