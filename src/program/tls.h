/* --tls-cert: a server whose connections are of TLS, as those of Python's
 * http.server.HTTPSServer, by Python's ssl. */
#ifndef CWSGIREF_TLS_H
#define CWSGIREF_TLS_H

#include "program/options.h"
#include "server/wsgi_server.h"

/* Reads the certificate and the key of the options. 0, or -1 with a SystemExit
 * that says what is wrong with them. */
int tls_start(const Options *options);

/* Lets go of them. */
void tls_end(void);

/* Makes the class one that speaks TLS; mix-ins come over it. `seconds`: how
 * long a client may stay silent in the handshake; -1: for ever. */
void tls_lay_into(WSGIServerClass *cls, double seconds);

#endif
