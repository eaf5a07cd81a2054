#include "server/server_types.h"

#include "handlers/handlers_types.h"
#include "release.h"
#include "server/server_handler.h"
#include "server/simple_server.h"

int
server_types_ready(void)
{
    static PyTypeObject *const types[] = {
        &BaseServer_type,
        &TCPServer_type,
        &HTTPServer_type,
        &WSGIServer_type,
        &BaseRequestHandler_type,
        &StreamRequestHandler_type,
        &BaseHTTPRequestHandler_type,
        &WSGIRequestHandler_type,
        &ServerHandler_type,
    };

    if (handlers_types_ready() < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyType_Ready(types[i]) < 0) {
            return -1;
        }
    }
    PyOS_snprintf(software_version, sizeof(software_version), "%s CPython/%s",
                  server_version, python_version());
    return fill_class_attributes();
}
