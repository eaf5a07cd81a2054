#include "server/mixed_servers.h"

#include "server/forking_mix_in.h"
#include "server/threading_mix_in.h"

PyTypeObject ThreadingUDPServer_type;
PyTypeObject ThreadingTCPServer_type;
PyTypeObject ThreadingUnixStreamServer_type;
PyTypeObject ThreadingUnixDatagramServer_type;
PyTypeObject ThreadingHTTPServer_type;
PyTypeObject ThreadingWSGIServer_type;
PyTypeObject ForkingUDPServer_type;
PyTypeObject ForkingTCPServer_type;
PyTypeObject ForkingUnixStreamServer_type;
PyTypeObject ForkingUnixDatagramServer_type;
PyTypeObject ForkingWSGIServer_type;

BaseServerClass ThreadingUDPServer_class;
BaseServerClass ThreadingTCPServer_class;
BaseServerClass ThreadingUnixStreamServer_class;
BaseServerClass ThreadingUnixDatagramServer_class;
BaseServerClass ThreadingHTTPServer_class;
WSGIServerClass ThreadingWSGIServer_class;
BaseServerClass ForkingUDPServer_class;
BaseServerClass ForkingTCPServer_class;
BaseServerClass ForkingUnixStreamServer_class;
BaseServerClass ForkingUnixDatagramServer_class;
WSGIServerClass ForkingWSGIServer_class;

/* class <name>(<mix-in>, <over>): pass */
typedef struct MixedServer {
    const char *name;
    PyTypeObject *type;
    BaseServerClass *cls;
    const BaseServerClass *over;
} MixedServer;

/* Those of ThreadingMixIn. Python's library has no ThreadingWSGIServer and no
 * ForkingWSGIServer; every project that wants one writes that line. */
static const MixedServer threading[] = {
    { "cwsgiref.socketserver.ThreadingUDPServer", &ThreadingUDPServer_type,
      &ThreadingUDPServer_class, &UDPServer_class },
    { "cwsgiref.socketserver.ThreadingTCPServer", &ThreadingTCPServer_type,
      &ThreadingTCPServer_class, &TCPServer_class },
    { "cwsgiref.socketserver.ThreadingUnixStreamServer",
      &ThreadingUnixStreamServer_type, &ThreadingUnixStreamServer_class,
      &UnixStreamServer_class },
    { "cwsgiref.socketserver.ThreadingUnixDatagramServer",
      &ThreadingUnixDatagramServer_type, &ThreadingUnixDatagramServer_class,
      &UnixDatagramServer_class },
    { "cwsgiref.http.server.ThreadingHTTPServer", &ThreadingHTTPServer_type,
      &ThreadingHTTPServer_class, &HTTPServer_class },
    { "cwsgiref.simple_server.ThreadingWSGIServer", &ThreadingWSGIServer_type,
      &ThreadingWSGIServer_class.base, &WSGIServer_class.base },
};

/* Those of ForkingMixIn. The two over Unix sockets are there since 3.12, and
 * here under every release. */
static const MixedServer forking[] = {
    { "cwsgiref.socketserver.ForkingUDPServer", &ForkingUDPServer_type,
      &ForkingUDPServer_class, &UDPServer_class },
    { "cwsgiref.socketserver.ForkingTCPServer", &ForkingTCPServer_type,
      &ForkingTCPServer_class, &TCPServer_class },
    { "cwsgiref.socketserver.ForkingUnixStreamServer",
      &ForkingUnixStreamServer_type, &ForkingUnixStreamServer_class,
      &UnixStreamServer_class },
    { "cwsgiref.socketserver.ForkingUnixDatagramServer",
      &ForkingUnixDatagramServer_type, &ForkingUnixDatagramServer_class,
      &UnixDatagramServer_class },
    { "cwsgiref.simple_server.ForkingWSGIServer", &ForkingWSGIServer_type,
      &ForkingWSGIServer_class.base, &WSGIServer_class.base },
};

/* The type, once, and a copy of the table that the mix-in is laid over. */
static void
copy_base(const MixedServer *server)
{
    if (server->type->tp_name == NULL) {
        *server->type = (PyTypeObject){
            .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
            .tp_name = server->name,
            .tp_base = server->over->type,
            .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
        };
    }
    *server->cls = *server->over;
    server->cls->type = server->type;
}

void
mixed_servers_ready(void)
{
    ThreadingWSGIServer_class = WSGIServer_class;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(threading); i++) {
        copy_base(&threading[i]);
        ThreadingMixIn_lay_over(threading[i].cls, threading[i].over);
    }
    ThreadingHTTPServer_class.daemon_threads = true;

    ForkingWSGIServer_class = WSGIServer_class;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(forking); i++) {
        copy_base(&forking[i]);
        ForkingMixIn_lay_over(forking[i].cls, forking[i].over);
    }
}
