#include "server/server_types.h"

#include "handlers/handlers_types.h"
#include "server/datagram_request_handler.h"
#include "server/forking_servers.h"
#include "server/server_handler.h"
#include "server/simple_server.h"
#include "server/threading_mix_in.h"
#include "server/threading_servers.h"
#include "server/unix_stream_server.h"

int
server_types_ready(void)
{
    static PyTypeObject *const types[] = {
        &BaseServer_type,
        &TCPServer_type,
        &HTTPServer_type,
        &WSGIServer_type,
        &UDPServer_type,
        &UnixStreamServer_type,
        &UnixDatagramServer_type,
        &UnixWSGIServer_type,
        &Threads_type,
        &NoThreads_type,
        &ThreadingUDPServer_type,
        &ThreadingTCPServer_type,
        &ThreadingUnixStreamServer_type,
        &ThreadingUnixDatagramServer_type,
        &ThreadingHTTPServer_type,
        &ThreadingWSGIServer_type,
        &ForkingUDPServer_type,
        &ForkingTCPServer_type,
        &ForkingUnixStreamServer_type,
        &ForkingUnixDatagramServer_type,
        &ForkingWSGIServer_type,
        &BaseRequestHandler_type,
        &StreamRequestHandler_type,
        &DatagramRequestHandler_type,
        &BaseHTTPRequestHandler_type,
        &WSGIRequestHandler_type,
        &ServerHandler_type,
    };

    if (handlers_types_ready() < 0 || threading_mix_in_ready() < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyType_Ready(types[i]) < 0) {
            return -1;
        }
    }
    fill_versions();
    return fill_class_attributes();
}
