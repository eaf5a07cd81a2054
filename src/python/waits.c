#include "python/waits.h"

#include <Python.h>

static bool looking;
static bool interrupted;
static _Thread_local bool waiting;
static unsigned long main_thread; /* the one that runs handlers */

int
look_for_signals(void)
{
    int result;

    looking = true;
    result = PyErr_CheckSignals();
    looking = false;
    if (result == 0 && interrupted &&
        PyThread_get_thread_ident() == main_thread) {
        interrupted = false;
        PyErr_SetNone(PyExc_KeyboardInterrupt);
        result = -1;
    }
    return result;
}

bool
is_before_a_wait(void)
{
    return looking;
}

bool
signals_wait(void)
{
    return waiting;
}

void
let_signals_wait(bool wait)
{
    waiting = wait;
}

void
interrupt_next_wait(bool interrupt)
{
    main_thread = PyThread_get_thread_ident();
    interrupted = interrupt;
}
