#include "python/event.h"

#include <Python.h>
#include <pythread.h>

#include "python/waits.h"

/* A thread that waits, on its own stack. */
struct EventWaiter {
    PyThread_type_lock lock; /* owned; released when the event comes */
    EventWaiter *next;
};

/* Lib/threading.py: Event.set */
void
Event_set(Event *self)
{
    self->is_set = true;
    while (self->waiters != NULL) {
        EventWaiter *waiter = self->waiters;

        self->waiters = waiter->next; /* gone with the release */
        PyThread_release_lock(waiter->lock);
    }
}

/* Lib/threading.py: Event.clear */
void
Event_clear(Event *self)
{
    self->is_set = false;
}

static void
remove_waiter(Event *self, EventWaiter *waiter)
{
    EventWaiter **at = &self->waiters;

    while (*at != NULL && *at != waiter) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = waiter->next;
    }
}

/* Lib/threading.py: Event.wait */
int
Event_wait(Event *self)
{
    EventWaiter waiter = { .next = self->waiters };
    PyLockStatus status = PY_LOCK_FAILURE;
    int result = 0;

    if (self->is_set) {
        return 0;
    }
    waiter.lock = PyThread_allocate_lock();
    if (waiter.lock == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    PyThread_acquire_lock(waiter.lock, WAIT_LOCK);
    self->waiters = &waiter;
    while (status != PY_LOCK_ACQUIRED && result == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = PyThread_acquire_lock_timed(waiter.lock, -1, 1);
        Py_END_ALLOW_THREADS
        if (status == PY_LOCK_INTR) {
            result = look_for_signals();
        }
    }
    remove_waiter(self, &waiter);
    PyThread_release_lock(waiter.lock);
    PyThread_free_lock(waiter.lock);
    return result;
}
