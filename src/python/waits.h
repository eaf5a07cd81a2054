/* What may block looks for signals first. (Python does so between any two
 * instructions.) */
#ifndef CWSGIREF_WAITS_H
#define CWSGIREF_WAITS_H

#include <Python.h>

#include <stdbool.h>

/* Runs the handlers of signals that have come. Call it before a call that may
 * block, and before trying again one that a signal has ended. 0, or -1 with
 * what a handler has raised, or with the KeyboardInterrupt of
 * interrupt_next_wait(). */
int look_for_signals(void);

/* Whether Python knows of no other thread, which could want the GIL. */
bool is_only_thread(void);

/* Around a system call that does not block, as Py_BEGIN_ALLOW_THREADS and
 * Py_END_ALLOW_THREADS are around others: lets another thread have the GIL
 * meanwhile, if there is another one. */
PyThreadState *let_others_run(void);
void run_again(PyThreadState *me);

/* True while look_for_signals() runs a handler. */
bool is_before_a_wait(void);

/* True between let_signals_wait(true) and (false) of the same thread: for
 * Python code that our own C calls, as for the C itself. */
bool signals_wait(void);
void let_signals_wait(bool wait);

/* Makes the main thread's next look_for_signals() raise KeyboardInterrupt: for
 * a handler that runs where an exception would only do harm. False cancels
 * that. */
void interrupt_next_wait(bool interrupt);

#endif
