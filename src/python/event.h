/* Lib/threading.py: Event. If gevent has patched the locks that Python's own
 * is made of, that one waits for greenlets, which never run here. */
#ifndef CWSGIREF_PYTHON_EVENT_H
#define CWSGIREF_PYTHON_EVENT_H

#include <stdbool.h>

typedef struct EventWaiter EventWaiter;

/* It is a field of its owner. All zero is an event that is not set. The GIL
 * guards it. */
typedef struct Event {
    bool is_set;
    EventWaiter *waiters; /* borrowed; the threads that wait, if any */
} Event;

/* Wakes every thread that waits now, even if the event is cleared again before
 * the thread runs. */
void Event_set(Event *self);

void Event_clear(Event *self);

/* Waits until the event is set, or a signal handler raises: 0 or -1. */
int Event_wait(Event *self);

#endif
