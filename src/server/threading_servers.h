/* Lib/socketserver.py and Lib/http/server.py: ThreadingMixIn, mixed over each
 * server. They add neither state nor methods. */
#ifndef CWSGIREF_SERVER_THREADING_SERVERS_H
#define CWSGIREF_SERVER_THREADING_SERVERS_H

#include "server/unix_stream_server.h"
#include "server/wsgi_server.h"

/* class ThreadingUDPServer(ThreadingMixIn, UDPServer): pass */
extern PyTypeObject ThreadingUDPServer_type;
extern const BaseServerClass ThreadingUDPServer_class;

/* class ThreadingTCPServer(ThreadingMixIn, TCPServer): pass */
extern PyTypeObject ThreadingTCPServer_type;
extern const BaseServerClass ThreadingTCPServer_class;

/* class ThreadingUnixStreamServer(ThreadingMixIn, UnixStreamServer): pass */
extern PyTypeObject ThreadingUnixStreamServer_type;
extern const BaseServerClass ThreadingUnixStreamServer_class;

/* class ThreadingUnixDatagramServer(ThreadingMixIn, UnixDatagramServer): pass
 */
extern PyTypeObject ThreadingUnixDatagramServer_type;
extern const BaseServerClass ThreadingUnixDatagramServer_class;

/* class ThreadingHTTPServer(ThreadingMixIn, HTTPServer):
 *     daemon_threads = True */
extern PyTypeObject ThreadingHTTPServer_type;
extern const BaseServerClass ThreadingHTTPServer_class;

/* class ThreadingWSGIServer(ThreadingMixIn, WSGIServer): pass. Python's
 * library has none; every project that wants one writes this line. */
extern PyTypeObject ThreadingWSGIServer_type;
extern const WSGIServerClass ThreadingWSGIServer_class;

#endif
