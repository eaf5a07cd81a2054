/* Lib/socketserver.py: UDPServer. */
#ifndef CWSGIREF_SERVER_UDP_SERVER_H
#define CWSGIREF_SERVER_UDP_SERVER_H

#include "server/tcp_server.h"

/* It adds neither state nor methods: an instance is a TCPServer whose socket
 * takes datagrams. A request is the tuple (data, socket). */
extern PyTypeObject UDPServer_type;
extern BaseServerClass UDPServer_class;

/* Makes the class table, which is complete after types_ready(). */
void udp_server_ready(void);

int UDPServer_get_request(BaseServer *self, PyObject **request,
                          PyObject **client_address);
int UDPServer_server_activate(BaseServer *self);
int UDPServer_shutdown_request(BaseServer *self, PyObject *request);
int UDPServer_close_request(BaseServer *self, PyObject *request);

#endif
