/* Lib/threading.py: Event. Python's own does not help where gevent has patched
 * the locks that it is made of: it waits for greenlets, which never run here. */
#ifndef CWSGIREF_PYTHON_EVENT_H
#define CWSGIREF_PYTHON_EVENT_H

#include <stdbool.h>

typedef struct EventWaiter EventWaiter;

/* A field of who owns it; all zero is an event that is not set. Guarded by the
 * GIL. */
typedef struct Event {
    bool is_set;
    EventWaiter *waiters; /* borrowed; the threads that wait, if any */
} Event;

/* Whoever waits now goes on, even if the event is cleared again before it
 * runs. */
void Event_set(Event *self);

void Event_clear(Event *self);

/* Waits until the event is set, or a signal handler raises: 0 or -1. */
int Event_wait(Event *self);

#endif
