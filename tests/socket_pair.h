/* A socket that is connected, for tests. */
#ifndef CWSGIREF_TESTS_SOCKET_PAIR_H
#define CWSGIREF_TESTS_SOCKET_PAIR_H

#include "support.h"

#include "io/socket.h"

/* One end of a pair of Unix sockets; the other one, a descriptor, is the
 * caller's to close. Fails the test when there is none. */
Socket *new_unix_socket(int *peer);

#endif
