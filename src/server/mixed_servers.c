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

/* class <name>(<mix-in>, <over>): pass
 *
 * Python's library has no ThreadingWSGIServer and no ForkingWSGIServer; every
 * project that wants one writes that line. The two of ForkingMixIn over Unix
 * sockets are there since 3.12, and here under every release. */
static const struct {
    const char *name;
    void (*lay_over)(BaseServerClass *cls, const BaseServerClass *over);
    PyTypeObject *type;
    BaseServerClass *cls;
    const BaseServerClass *over;
} mixed[] = {
    { "cwsgiref.socketserver.ThreadingUDPServer", ThreadingMixIn_lay_over,
      &ThreadingUDPServer_type, &ThreadingUDPServer_class, &UDPServer_class },
    { "cwsgiref.socketserver.ThreadingTCPServer", ThreadingMixIn_lay_over,
      &ThreadingTCPServer_type, &ThreadingTCPServer_class, &TCPServer_class },
    { "cwsgiref.socketserver.ThreadingUnixStreamServer",
      ThreadingMixIn_lay_over, &ThreadingUnixStreamServer_type,
      &ThreadingUnixStreamServer_class, &UnixStreamServer_class },
    { "cwsgiref.socketserver.ThreadingUnixDatagramServer",
      ThreadingMixIn_lay_over, &ThreadingUnixDatagramServer_type,
      &ThreadingUnixDatagramServer_class, &UnixDatagramServer_class },
    { "cwsgiref.http.server.ThreadingHTTPServer", ThreadingMixIn_lay_over,
      &ThreadingHTTPServer_type, &ThreadingHTTPServer_class,
      &HTTPServer_class },
    { "cwsgiref.simple_server.ThreadingWSGIServer", ThreadingMixIn_lay_over,
      &ThreadingWSGIServer_type, &ThreadingWSGIServer_class.base,
      &WSGIServer_class.base },
    { "cwsgiref.socketserver.ForkingUDPServer", ForkingMixIn_lay_over,
      &ForkingUDPServer_type, &ForkingUDPServer_class, &UDPServer_class },
    { "cwsgiref.socketserver.ForkingTCPServer", ForkingMixIn_lay_over,
      &ForkingTCPServer_type, &ForkingTCPServer_class, &TCPServer_class },
    { "cwsgiref.socketserver.ForkingUnixStreamServer", ForkingMixIn_lay_over,
      &ForkingUnixStreamServer_type, &ForkingUnixStreamServer_class,
      &UnixStreamServer_class },
    { "cwsgiref.socketserver.ForkingUnixDatagramServer", ForkingMixIn_lay_over,
      &ForkingUnixDatagramServer_type, &ForkingUnixDatagramServer_class,
      &UnixDatagramServer_class },
    { "cwsgiref.simple_server.ForkingWSGIServer", ForkingMixIn_lay_over,
      &ForkingWSGIServer_type, &ForkingWSGIServer_class.base,
      &WSGIServer_class.base },
};

void
mixed_servers_ready(void)
{
    ThreadingWSGIServer_class = WSGIServer_class;
    ForkingWSGIServer_class = WSGIServer_class;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(mixed); i++) {
        PyTypeObject *type = mixed[i].type;

        type->tp_name = mixed[i].name;
        type->tp_base = mixed[i].over->type;
        *mixed[i].cls = *mixed[i].over;
        mixed[i].cls->type = type;
        mixed[i].lay_over(mixed[i].cls, mixed[i].over);
    }
    ThreadingHTTPServer_class.daemon_threads = true;
}
