/* The tables of all classes, when src/types.c has readied them: what is NULL
 * in them is only what their headers say. tests/test_house.py sees to it that
 * every table is here. */
#include "support.h"

#include <string.h>

#include "handlers/base_cgi_handler.h"
#include "handlers/cgi_handler.h"
#include "handlers/simple_handler.h"
#include "headers/headers.h"
#include "headers/http_message.h"
#include "io/buffered_reader.h"
#include "io/buffered_writer.h"
#include "io/python_file.h"
#include "io/socket_io.h"
#include "io/socket_writer.h"
#include "server/datagram_request_handler.h"
#include "server/mixed_servers.h"
#include "server/server_handler.h"
#include "server/threading_mix_in.h"
#include "server/wsgi_request_handler.h"
#include "types.h"

/* Bytes of a table that are methods, from the first to the end. */
typedef struct Range {
    size_t first;
    size_t end;
} Range;

/* A struct that tables are of. */
typedef struct Family {
    Range methods[2];     /* the second may be empty */
    size_t attributes[8]; /* where pointers are that may not be NULL; then 0 */
} Family;

static const Family server = {
    .methods = { { offsetof(BaseServerClass, init),
                   sizeof(BaseServerClass) } },
};
static const Family wsgi_server = {
    .methods = { { offsetof(WSGIServerClass, base.init),
                   sizeof(WSGIServerClass) } },
};
static const Family threads = {
    .methods = { { offsetof(ThreadsClass, append), sizeof(ThreadsClass) } },
};

static const Family request_handler = {
    .methods = { { offsetof(BaseRequestHandlerClass, init),
                   sizeof(BaseRequestHandlerClass) } },
};
static const Family http_handler = {
    .methods = { { offsetof(BaseRequestHandlerClass, init),
                   sizeof(BaseRequestHandlerClass) },
                 { offsetof(BaseHTTPRequestHandlerClass, parse_request),
                   sizeof(BaseHTTPRequestHandlerClass) } },
    .attributes = { offsetof(BaseHTTPRequestHandlerClass, server_version),
                    offsetof(BaseHTTPRequestHandlerClass,
                             error_message_format),
                    offsetof(BaseHTTPRequestHandlerClass, error_content_type),
                    offsetof(BaseHTTPRequestHandlerClass,
                             default_request_version),
                    offsetof(BaseHTTPRequestHandlerClass, protocol_version),
                    offsetof(BaseHTTPRequestHandlerClass, MessageClass),
                    offsetof(BaseHTTPRequestHandlerClass, do_methods) },
};
/* What it has besides http_handler, which is looked at, too. */
static const Family wsgi_request_handler = {
    .methods = { { offsetof(WSGIRequestHandlerClass, get_environ),
                   sizeof(WSGIRequestHandlerClass) } },
};

static const Family handler = {
    .methods = { { offsetof(BaseHandlerClass, run),
                   sizeof(BaseHandlerClass) } },
    .attributes = { offsetof(BaseHandlerClass, http_version),
                    offsetof(BaseHandlerClass, os_environ),
                    offsetof(BaseHandlerClass, headers_class),
                    offsetof(BaseHandlerClass, error_status),
                    offsetof(BaseHandlerClass, error_headers),
                    offsetof(BaseHandlerClass, error_body) },
};
static const Family headers = {
    .methods = { { offsetof(HeadersClass, init), sizeof(HeadersClass) } },
};
static const Family message = { .methods = { { 0, 0 } } }; /* it has none */

static const Family stream = {
    .methods = { { offsetof(IOBaseClass, readable), sizeof(IOBaseClass) } },
};
static const Family sock = {
    .methods = { { offsetof(SocketClass, bind), sizeof(SocketClass) } },
};

typedef struct Table {
    const char *name; /* Python's */
    const void *table;
    const PyTypeObject *type;
    const Family *family;
} Table;

static const Table tables[] = {
    { "BaseServer", &BaseServer_class, &BaseServer_type, &server },
    { "TCPServer", &TCPServer_class, &TCPServer_type, &server },
    { "UDPServer", &UDPServer_class, &UDPServer_type, &server },
    { "UnixStreamServer", &UnixStreamServer_class, &UnixStreamServer_type,
      &server },
    { "UnixDatagramServer", &UnixDatagramServer_class,
      &UnixDatagramServer_type, &server },
    { "HTTPServer", &HTTPServer_class, &HTTPServer_type, &server },
    { "WSGIServer", &WSGIServer_class, &WSGIServer_type, &wsgi_server },
    { "UnixWSGIServer", &UnixWSGIServer_class, &UnixWSGIServer_type,
      &wsgi_server },
    { "ThreadingUDPServer", &ThreadingUDPServer_class,
      &ThreadingUDPServer_type, &server },
    { "ThreadingTCPServer", &ThreadingTCPServer_class,
      &ThreadingTCPServer_type, &server },
    { "ThreadingUnixStreamServer", &ThreadingUnixStreamServer_class,
      &ThreadingUnixStreamServer_type, &server },
    { "ThreadingUnixDatagramServer", &ThreadingUnixDatagramServer_class,
      &ThreadingUnixDatagramServer_type, &server },
    { "ThreadingHTTPServer", &ThreadingHTTPServer_class,
      &ThreadingHTTPServer_type, &server },
    { "ThreadingWSGIServer", &ThreadingWSGIServer_class,
      &ThreadingWSGIServer_type, &wsgi_server },
    { "ForkingUDPServer", &ForkingUDPServer_class, &ForkingUDPServer_type,
      &server },
    { "ForkingTCPServer", &ForkingTCPServer_class, &ForkingTCPServer_type,
      &server },
    { "ForkingUnixStreamServer", &ForkingUnixStreamServer_class,
      &ForkingUnixStreamServer_type, &server },
    { "ForkingUnixDatagramServer", &ForkingUnixDatagramServer_class,
      &ForkingUnixDatagramServer_type, &server },
    { "ForkingWSGIServer", &ForkingWSGIServer_class, &ForkingWSGIServer_type,
      &wsgi_server },
    { "_Threads", &Threads_class, &Threads_type, &threads },
    { "_NoThreads", &NoThreads_class, &NoThreads_type, &threads },

    { "BaseRequestHandler", &BaseRequestHandler_class,
      &BaseRequestHandler_type, &request_handler },
    { "StreamRequestHandler", &StreamRequestHandler_class,
      &StreamRequestHandler_type, &request_handler },
    { "DatagramRequestHandler", &DatagramRequestHandler_class,
      &DatagramRequestHandler_type, &request_handler },
    { "BaseHTTPRequestHandler", &BaseHTTPRequestHandler_class,
      &BaseHTTPRequestHandler_type, &http_handler },
    { "WSGIRequestHandler", &WSGIRequestHandler_class,
      &WSGIRequestHandler_type, &http_handler },
    { "WSGIRequestHandler", &WSGIRequestHandler_class,
      &WSGIRequestHandler_type, &wsgi_request_handler },

    { "BaseHandler", &BaseHandler_class, &BaseHandler_type, &handler },
    { "SimpleHandler", &SimpleHandler_class, &SimpleHandler_type, &handler },
    { "BaseCGIHandler", &BaseCGIHandler_class, &BaseCGIHandler_type,
      &handler },
    { "CGIHandler", &CGIHandler_class, &CGIHandler_type, &handler },
    { "IISCGIHandler", &IISCGIHandler_class, &IISCGIHandler_type, &handler },
    { "ServerHandler", &ServerHandler_class, &ServerHandler_type, &handler },
    { "Headers", &Headers_class, &Headers_type, &headers },
    { "HTTPMessage", &HTTPMessage_class, &HTTPMessage_type, &message },

    { "socket", &Socket_class, &Socket_type, &sock },
    { "RawIOBase", &RawIOBase_class, &RawIOBase_type, &stream },
    { "SocketIO", &SocketIO_class, &SocketIO_type, &stream },
    { "BufferedIOBase", &BufferedIOBase_class, &BufferedIOBase_type, &stream },
    { "BufferedReader", &BufferedReader_class, &BufferedReader_type, &stream },
    { "BufferedWriter", &BufferedWriter_class, &BufferedWriter_type, &stream },
    { "_SocketWriter", &SocketWriter_class, &SocketWriter_type, &stream },
    { "PythonFile", &PythonFile_class, &PythonFile_type, &stream },
};

static void *
pointer_at(const void *table, size_t offset)
{
    void *pointer;

    memcpy(&pointer, (const char *)table + offset, sizeof(pointer));
    return pointer;
}

/* The first field of each is the type, which has its name. */
static void
test_each_table_has_its_own_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tables); i++) {
        const Table *row = &tables[i];

        assert_ptr_equal(pointer_at(row->table, 0), row->type);
        assert_true(row->type->tp_flags & Py_TPFLAGS_READY);
        assert_string_equal(strrchr(row->type->tp_name, '.') + 1, row->name);
    }
}

static void
test_no_method_is_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tables); i++) {
        const Range *methods = tables[i].family->methods;

        for (size_t n = 0; n < 2; n++) {
            for (size_t at = methods[n].first; at < methods[n].end;
                 at += sizeof(void (*)(void)))
            {
                if (pointer_at(tables[i].table, at) == NULL) {
                    fail_msg("%s_class: the slot at byte %zu is empty",
                             tables[i].name, at);
                }
            }
        }
    }
}

static void
test_no_attribute_is_missing_but_what_may_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tables); i++) {
        for (const size_t *at = tables[i].family->attributes; *at != 0; at++) {
            if (pointer_at(tables[i].table, *at) == NULL) {
                fail_msg("%s_class: the attribute at byte %zu is NULL",
                         tables[i].name, *at);
            }
        }
    }
}

static int
setup(void **state)
{
    (void)state;
    return start_python() < 0 || types_ready() < 0 ? -1 : 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_each_table_has_its_own_type),
        python_test(test_no_method_is_missing),
        python_test(test_no_attribute_is_missing_but_what_may_be),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
