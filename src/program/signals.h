/* SIGINT and SIGTERM. */
#ifndef CWSGIREF_PROGRAM_SIGNALS_H
#define CWSGIREF_PROGRAM_SIGNALS_H

#include <stdbool.h>

/* Holds SIGINT and SIGTERM back until signals_set(): Python must not see them
 * while it starts. */
void signals_hold(void);

/* From now on SIGINT and SIGTERM set `*stop` and raise KeyboardInterrupt,
 * unless the application sets a handler of its own or SIGINT is ignored.
 *
 * - The exception ends a call that blocks, or the application. In other places
 *   it is not raised.
 * - The flag ends the server even if the application catches the exception.
 * - Ctrl-C at the prompt of a debugger is for the debugger.
 * - signal.default_int_handler is this handler: asyncio and unittest compare
 *   with it, and so find SIGINT as in any Python program.
 * - Processes that the application forks handle signals as any Python program.
 *
 * `stop` must live until the next call of one of these functions. 0 or -1. */
int signals_set(bool *stop);

/* Takes our handler out: SIGINT and SIGTERM do again what they do in any
 * Python program. Drops a signal that is not handled yet. 0 or -1. */
int signals_reset(void);

#endif
