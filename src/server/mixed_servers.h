/* Lib/socketserver.py and Lib/http/server.py: the servers that are made of
 * ThreadingMixIn or ForkingMixIn and another server. They add neither state
 * nor methods: each is one line in Python, and one row in mixed_servers.c. */
#ifndef CWSGIREF_SERVER_MIXED_SERVERS_H
#define CWSGIREF_SERVER_MIXED_SERVERS_H

#include "server/unix_stream_server.h"
#include "server/wsgi_server.h"

extern PyTypeObject ThreadingUDPServer_type;
extern PyTypeObject ThreadingTCPServer_type;
extern PyTypeObject ThreadingUnixStreamServer_type;
extern PyTypeObject ThreadingUnixDatagramServer_type;
extern PyTypeObject ThreadingHTTPServer_type;
extern PyTypeObject ThreadingWSGIServer_type;

extern PyTypeObject ForkingUDPServer_type;
extern PyTypeObject ForkingTCPServer_type;
extern PyTypeObject ForkingUnixStreamServer_type;
extern PyTypeObject ForkingUnixDatagramServer_type;
extern PyTypeObject ForkingWSGIServer_type;

/* Complete after types_ready(). */
extern BaseServerClass ThreadingUDPServer_class;
extern BaseServerClass ThreadingTCPServer_class;
extern BaseServerClass ThreadingUnixStreamServer_class;
extern BaseServerClass ThreadingUnixDatagramServer_class;
extern BaseServerClass ThreadingHTTPServer_class;
extern WSGIServerClass ThreadingWSGIServer_class;

extern BaseServerClass ForkingUDPServer_class;
extern BaseServerClass ForkingTCPServer_class;
extern BaseServerClass ForkingUnixStreamServer_class;
extern BaseServerClass ForkingUnixDatagramServer_class;
extern WSGIServerClass ForkingWSGIServer_class;

/* Makes the types, for PyType_Ready(), and the class tables; types_ready()
 * calls it when the tables that they are mixed over are complete. */
void mixed_servers_ready(void);

#endif
