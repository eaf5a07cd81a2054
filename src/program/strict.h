/* --strict: requests that two servers may read in two ways are refused. The
 * reference takes them; docs/differences.md lists what it is lax in. */
#ifndef CWSGIREF_PROGRAM_STRICT_H
#define CWSGIREF_PROGRAM_STRICT_H

#include "server/base_http_request_handler.h"

/* The parse_request of a request handler under --strict: after the base's, it
 * answers 400 to what is ambiguous. 1, 0 (an answer has been sent), or -1. */
int parse_request_strictly(BaseHTTPRequestHandler *self);

#endif
