#include "socket_pair.h"

#include <sys/socket.h>

Socket *
new_unix_socket(int *peer)
{
    int ends[2];
    Socket *sock;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    *peer = ends[0];
    sock = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, ends[1]);
    assert_non_null(sock);
    return sock;
}
