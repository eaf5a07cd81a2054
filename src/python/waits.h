/* Whatever may block looks for signals first: Python does so between any two
 * instructions. */
#ifndef CWSGIREF_WAITS_H
#define CWSGIREF_WAITS_H

#include <stdbool.h>

/* Runs the handlers of signals that have come, before a call that may block,
 * or one that a signal has ended. 0, or -1 with what a handler has raised, or
 * with the KeyboardInterrupt of interrupt_next_wait(). */
int look_for_signals(void);

/* Whether a handler runs because of such a look. */
bool is_before_a_wait(void);

/* The main thread's next look raises KeyboardInterrupt: for a handler that
 * runs where an exception would only do harm. False: it does not, after all.
 */
void interrupt_next_wait(bool interrupt);

#endif
