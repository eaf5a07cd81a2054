/* SIGINT and SIGTERM. */
#ifndef CWSGIREF_EMBED_SIGNALS_H
#define CWSGIREF_EMBED_SIGNALS_H

#include <stdbool.h>

/* Holds SIGINT and SIGTERM back until signals_set(): Python must not see them
 * while it starts. */
void signals_hold(void);

/* From now on SIGINT and SIGTERM set `*stop` and raise KeyboardInterrupt,
 * where nobody has set another handler and SIGINT is not ignored. The
 * exception ends what blocks and the application that runs, and is not raised
 * elsewhere; the flag ends the server also when the application catches the
 * exception. Ctrl-C at a debugger's prompt is the debugger's.
 *
 * signal.default_int_handler is then this handler, so that whoever compares
 * with it (asyncio, unittest) finds SIGINT as in any Python program. What the
 * application forks has the actions of any Python program, too.
 *
 * `stop` must live until the next call of one of these functions. 0 or -1. */
int signals_set(bool *stop);

/* SIGINT and SIGTERM do again what they do in any Python program, where ours
 * was the handler. One that has come and not been handled yet is forgotten.
 * 0 or -1. */
int signals_reset(void);

#endif
