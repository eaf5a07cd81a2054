/* The list of all types; what they have in common; and types_ready(), with what
 * classes and modules hold that is made at run time. */
#include "types.h"

#include "handlers/base_cgi_handler.h"
#include "handlers/base_handler.h"
#include "handlers/cgi_handler.h"
#include "handlers/simple_handler.h"
#include "headers/headers.h"
#include "headers/http_message.h"
#include "io/any_socket.h"
#include "io/buffered_io_base.h"
#include "io/buffered_reader.h"
#include "io/buffered_writer.h"
#include "io/python_file.h"
#include "io/raw_io_base.h"
#include "io/socket.h"
#include "io/socket_io.h"
#include "io/socket_writer.h"
#include "python/instance.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/release.h"
#include "server/datagram_request_handler.h"
#include "server/mixed_servers.h"
#include "server/server_handler.h"
#include "server/threading_mix_in.h"
#include "server/unix_stream_server.h"
#include "server/version.h"
#include "server/wsgi_request_handler.h"
#include "util/file_wrapper.h"
#include "validate/checks.h"
#include "validate/error_wrapper.h"
#include "validate/input_wrapper.h"
#include "validate/iterator_wrapper.h"
#include "validate/write_wrapper.h"

/* The table of contents of the program: bases before what is made of them. */
static PyTypeObject *const types[] = {
    /* socket, io */
    &Socket_type,
    &AnySocket_type,
    &IOBase_type,
    &RawIOBase_type,
    &SocketIO_type,
    &BufferedIOBase_type,
    &Buffered_type,
    &BufferedReader_type,
    &BufferedWriter_type,
    &PythonFile_type,

    /* wsgiref.util, wsgiref.headers, http.client */
    &FileWrapper_type,
    &Headers_type,
    &HTTPMessage_type,

    /* wsgiref.handlers */
    &BaseHandler_type,
    &SimpleHandler_type,
    &BaseCGIHandler_type,
    &CGIHandler_type,
    &IISCGIHandler_type,

    /* wsgiref.validate */
    &InputWrapper_type,
    &InputLines_type,
    &ErrorWrapper_type,
    &WriteWrapper_type,
    &PartialIteratorWrapper_type,
    &IteratorWrapper_type,

    /* socketserver, http.server, wsgiref.simple_server: the servers */
    &BaseServer_type,
    &TCPServer_type,
    &UDPServer_type,
    &UnixStreamServer_type,
    &UnixDatagramServer_type,
    &HTTPServer_type,
    &WSGIServer_type,
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

    /* the handlers of their requests */
    &SocketWriter_type,
    &BaseRequestHandler_type,
    &StreamRequestHandler_type,
    &DatagramRequestHandler_type,
    &BaseHTTPRequestHandler_type,
    &WSGIRequestHandler_type,
    &ServerHandler_type,
};

/* Those of them whose instances are nothing but their attributes. */
static PyTypeObject *const types_of_instances[] = {
    &FileWrapper_type,  &InputWrapper_type,           &ErrorWrapper_type,
    &WriteWrapper_type, &PartialIteratorWrapper_type, &IteratorWrapper_type,
};

/* What all types have, and their files leave out: the head of an object;
 * subclasses, unless a type has flags of its own; the garbage collection of
 * what has fields for it; and, in a root, the way instances end. */
static int
type_ready(PyTypeObject *type)
{
    if (Py_REFCNT(type) == 0) {
        Py_SET_REFCNT(type, 1);
    }
    if (type->tp_flags == 0) {
        type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
    }
    if (type->tp_traverse != NULL) {
        type->tp_flags |= Py_TPFLAGS_HAVE_GC;
        if (type->tp_base == NULL && type->tp_dealloc == NULL) {
            type->tp_dealloc = instance_dealloc;
        }
    }
    return PyType_Ready(type);
}

/* The tables that are copies of their bases' with some slots of their own:
 * bases first, and before the types, which some of them make. */
static void
class_tables_ready(void)
{
    udp_server_ready();
    unix_stream_server_ready();
    mixed_servers_ready();
    base_cgi_handler_ready();
}

/* type.__module__ is then seen in its instances, too. */
static int
show_module(PyTypeObject *type)
{
    PyObject *module = PyObject_GetAttrString((PyObject *)type, "__module__");
    int result = -1;

    if (module != NULL) {
        result = PyDict_SetItemString(type->tp_dict, "__module__", module);
        PyType_Modified(type);
        Py_DECREF(module);
    }
    return result;
}

/* io.BufferedIOBase.register(type): isinstance() and issubclass() hold. */
static int
register_with_io(const char *base, PyTypeObject *type)
{
    PyObject *abstract = import_from("io", base);
    PyObject *registered = NULL;

    if (abstract != NULL) {
        registered = PyObject_CallMethod(abstract, "register", "O", type);
        Py_DECREF(abstract);
    }
    return discard(registered);
}

/* What our streams are to Python. */
static int
streams_ready(void)
{
    if (release()->types_have_module &&
        (show_module(&BufferedReader_type) < 0 ||
         show_module(&BufferedWriter_type) < 0))
    {
        return -1;
    }
    if (register_with_io("RawIOBase", &RawIOBase_type) < 0) {
        return -1;
    }
    return register_with_io("BufferedIOBase", &BufferedIOBase_type);
}

/* What classes and modules hold that is made at run time. */
static int
class_attributes_ready(void)
{
    if (base_handler_ready() < 0 || cgi_handler_ready() < 0 ||
        http_message_ready() < 0 || checks_ready() < 0 ||
        threading_mix_in_ready() < 0 || base_http_request_handler_ready() < 0)
    {
        return -1;
    }
    version_ready();
    return 0;
}

int
types_ready(void)
{
    if (names_ready() < 0 || release_ready() < 0) {
        return -1;
    }
    class_tables_ready();
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types_of_instances); i++) {
        instance_type(types_of_instances[i]);
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (type_ready(types[i]) < 0) {
            return -1;
        }
    }
    return streams_ready() < 0 ? -1 : class_attributes_ready();
}
