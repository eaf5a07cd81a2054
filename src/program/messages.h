/* What the program says of the server that it starts. */
#ifndef CWSGIREF_MESSAGES_H
#define CWSGIREF_MESSAGES_H

#include "program/options.h"
#include "server/base_server.h"

/* Prints "Serving HTTP on HOST port PORT (http://HOST:PORT/) ..." on
 * sys.stdout: 0, or -1 with SystemExit. */
int announce(BaseServer *server);

/* Makes the OSError that opening the server has failed with, the exception in
 * flight, a SystemExit that names the cause and the remedy. Another exception
 * stays as it is. */
void explain_bind_error(const Options *options);

#endif
