/* SIGINT and SIGTERM. */
#ifndef CWSGIREF_EMBED_SIGNALS_H
#define CWSGIREF_EMBED_SIGNALS_H

#include <stdbool.h>

/* Holds SIGINT and SIGTERM back until signals_set(): Python must not see them
 * while it starts. */
void signals_hold(void);

/* From now on SIGINT and SIGTERM set `*stop` and raise KeyboardInterrupt. The
 * exception ends what blocks; the flag ends the server also when the
 * application catches the exception. `stop` must live until the next call of
 * one of these functions. 0 or -1. */
int signals_set(bool *stop);

/* SIGINT and SIGTERM do again what they do in any Python program. One that has
 * come and not been handled yet is forgotten. 0 or -1. */
int signals_reset(void);

#endif
