/* Lib/socketserver.py: UnixStreamServer and UnixDatagramServer, and a
 * WSGIServer over such a socket. The address is a path, as str or bytes; one
 * that begins with NUL has no file (Linux). As in Python, the file stays when
 * the server closes. */
#ifndef CWSGIREF_SERVER_UNIX_STREAM_SERVER_H
#define CWSGIREF_SERVER_UNIX_STREAM_SERVER_H

#include "server/udp_server.h"
#include "server/wsgi_server.h"

/* Both are only another address_family: an instance is a TCPServer. */
extern PyTypeObject UnixStreamServer_type;
extern BaseServerClass UnixStreamServer_class;

extern PyTypeObject UnixDatagramServer_type;
extern BaseServerClass UnixDatagramServer_class;

/* class UnixWSGIServer(UnixStreamServer, WSGIServer): an instance is a
 * WSGIServer. Lib/test/test_asyncio/utils.py: UnixWSGIServer */
extern PyTypeObject UnixWSGIServer_type;
extern WSGIServerClass UnixWSGIServer_class;

/* Makes the class tables, which are complete after types_ready(). Call it
 * after udp_server_ready(). */
void unix_stream_server_ready(void);

int UnixWSGIServer_server_bind(BaseServer *self);
int UnixWSGIServer_get_request(BaseServer *self, PyObject **request,
                               PyObject **client_address);

#endif
