/* Lib/socketserver.py: ForkingMixIn, mixed over each server. They add neither
 * state nor methods. */
#ifndef CWSGIREF_SERVER_FORKING_SERVERS_H
#define CWSGIREF_SERVER_FORKING_SERVERS_H

#include "server/unix_stream_server.h"
#include "server/wsgi_server.h"

/* class ForkingUDPServer(ForkingMixIn, UDPServer): pass */
extern PyTypeObject ForkingUDPServer_type;
extern const BaseServerClass ForkingUDPServer_class;

/* class ForkingTCPServer(ForkingMixIn, TCPServer): pass */
extern PyTypeObject ForkingTCPServer_type;
extern const BaseServerClass ForkingTCPServer_class;

/* class ForkingUnixStreamServer(ForkingMixIn, UnixStreamServer): pass. Since
 * 3.12, and here under every release, like the next. */
extern PyTypeObject ForkingUnixStreamServer_type;
extern const BaseServerClass ForkingUnixStreamServer_class;

/* class ForkingUnixDatagramServer(ForkingMixIn, UnixDatagramServer): pass */
extern PyTypeObject ForkingUnixDatagramServer_type;
extern const BaseServerClass ForkingUnixDatagramServer_class;

/* class ForkingWSGIServer(ForkingMixIn, WSGIServer): pass. Python's library
 * has none; every project that wants one writes this line. */
extern PyTypeObject ForkingWSGIServer_type;
extern const WSGIServerClass ForkingWSGIServer_class;

#endif
