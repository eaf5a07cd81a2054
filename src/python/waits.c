#include "python/waits.h"

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
is_only_thread(void)
{
    PyThreadState *me = PyThreadState_Get();

    return PyInterpreterState_ThreadHead(PyInterpreterState_Get()) == me &&
           PyThreadState_Next(me) == NULL;
}

/* To give the GIL away and to take it again costs 390 instructions. */
PyThreadState *
let_others_run(void)
{
    return is_only_thread() ? NULL : PyEval_SaveThread();
}

void
run_again(PyThreadState *me)
{
    if (me != NULL) {
        PyEval_RestoreThread(me);
    }
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
