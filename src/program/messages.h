/* The messages about the server that the program starts. */
#ifndef CWSGIREF_MESSAGES_H
#define CWSGIREF_MESSAGES_H

#include <stdbool.h>

#include "program/options.h"
#include "server/base_server.h"

/* Prints "Serving HTTP on HOST port PORT (http://HOST:PORT/) ..." on
 * sys.stdout, or the same with HTTPS: 0, or -1 with SystemExit. */
int announce(BaseServer *server, bool is_https);

/* Replaces the exception in flight, if it is an OSError of the server's start,
 * by a SystemExit that names the cause and the remedy. */
void explain_bind_error(const Options *options);

#endif
