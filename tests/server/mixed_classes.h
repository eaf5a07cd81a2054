/* What the tests of the two mix-ins share: a class table beside the class
 * that Python makes of the same bases, and servers that call Python. */
#ifndef CWSGIREF_TESTS_SERVER_MIXED_CLASSES_H
#define CWSGIREF_TESTS_SERVER_MIXED_CLASSES_H

#include "doubles.h"

#include <string.h>
#include <sys/socket.h>

#include "python/errors.h"
#include "server/datagram_request_handler.h"
#include "server/forking_mix_in.h"
#include "server/threading_mix_in.h"
#include "server/unix_stream_server.h"

typedef void (*AnyFunction)(void);

/* A table, and its class in Python. */
typedef struct MixedClass {
    const BaseServerClass *table;
    const char *python;
} MixedClass;

/* What each class has of the methods that a table names. */
static const struct {
    const char *qualified_name;
    AnyFunction function;
} functions[] = {
    { "BaseServer.service_actions", (AnyFunction)BaseServer_service_actions },
    { "BaseServer._handle_request_noblock",
      (AnyFunction)BaseServer__handle_request_noblock },
    { "BaseServer.handle_timeout", (AnyFunction)BaseServer_handle_timeout },
    { "BaseServer.verify_request", (AnyFunction)BaseServer_verify_request },
    { "BaseServer.finish_request", (AnyFunction)BaseServer_finish_request },
    { "BaseServer.handle_error", (AnyFunction)BaseServer_handle_error },
    { "TCPServer.__init__", (AnyFunction)TCPServer_init },
    { "TCPServer.server_bind", (AnyFunction)TCPServer_server_bind },
    { "TCPServer.server_activate", (AnyFunction)TCPServer_server_activate },
    { "TCPServer.fileno", (AnyFunction)TCPServer_fileno },
    { "TCPServer.get_request", (AnyFunction)TCPServer_get_request },
    { "TCPServer.shutdown_request", (AnyFunction)TCPServer_shutdown_request },
    { "TCPServer.close_request", (AnyFunction)TCPServer_close_request },
    { "UDPServer.server_activate", (AnyFunction)UDPServer_server_activate },
    { "UDPServer.get_request", (AnyFunction)UDPServer_get_request },
    { "UDPServer.shutdown_request", (AnyFunction)UDPServer_shutdown_request },
    { "UDPServer.close_request", (AnyFunction)UDPServer_close_request },
    { "HTTPServer.server_bind", (AnyFunction)HTTPServer_server_bind },
    { "WSGIServer.server_bind", (AnyFunction)WSGIServer_server_bind },
    { "ThreadingMixIn.process_request",
      (AnyFunction)ThreadingMixIn_process_request },
    { "ThreadingMixIn.server_close",
      (AnyFunction)ThreadingMixIn_server_close },
    { "ForkingMixIn.handle_timeout",
      (AnyFunction)ForkingMixIn_handle_timeout },
    { "ForkingMixIn.service_actions",
      (AnyFunction)ForkingMixIn_service_actions },
    { "ForkingMixIn.process_request",
      (AnyFunction)ForkingMixIn_process_request },
    { "ForkingMixIn.server_close", (AnyFunction)ForkingMixIn_server_close },
};

static const struct {
    const char *name;
    size_t offset;
} slots[] = {
    { "__init__", offsetof(BaseServerClass, init) },
    { "server_bind", offsetof(BaseServerClass, server_bind) },
    { "server_activate", offsetof(BaseServerClass, server_activate) },
    { "fileno", offsetof(BaseServerClass, fileno) },
    { "service_actions", offsetof(BaseServerClass, service_actions) },
    { "_handle_request_noblock",
      offsetof(BaseServerClass, _handle_request_noblock) },
    { "get_request", offsetof(BaseServerClass, get_request) },
    { "handle_timeout", offsetof(BaseServerClass, handle_timeout) },
    { "verify_request", offsetof(BaseServerClass, verify_request) },
    { "process_request", offsetof(BaseServerClass, process_request) },
    { "server_close", offsetof(BaseServerClass, server_close) },
    { "finish_request", offsetof(BaseServerClass, finish_request) },
    { "shutdown_request", offsetof(BaseServerClass, shutdown_request) },
    { "close_request", offsetof(BaseServerClass, close_request) },
    { "handle_error", offsetof(BaseServerClass, handle_error) },
};

/* The qualified name of what is in the slot; Python's str. */
static inline PyObject *
name_in_slot(const BaseServerClass *table, size_t offset)
{
    AnyFunction slot;

    memcpy(&slot, (const char *)table + offset, sizeof(slot));
    for (size_t i = 0; i < Py_ARRAY_LENGTH(functions); i++) {
        if (functions[i].function == slot) {
            return PyUnicode_FromString(functions[i].qualified_name);
        }
    }
    return PyUnicode_FromString("what is not among the functions");
}

/* Each slot is what Python's method resolution finds, and so is each class
 * attribute, and the base that it is mixed over. */
static inline void
assert_class_equals_pythons(const MixedClass *mixed)
{
    const BaseServerClass *table = mixed->table;
    const char *base = strrchr(table->type->tp_base->tp_name, '.') + 1;

    give_python("cls", eval_python(mixed->python));
    for (size_t i = 0; i < Py_ARRAY_LENGTH(slots); i++) {
        give_python("name", PyUnicode_FromString(slots[i].name));
        give_python("got", name_in_slot(table, slots[i].offset));
        run_python("mixed_classes.compare_slot(cls, name, got)");
    }
    give_python("got", Py_BuildValue(
                           "[sdiiiiiiiii]", base, table->timeout,
                           table->address_family, table->socket_type,
                           table->request_queue_size,
                           table->allow_reuse_address, table->allow_reuse_port,
                           table->max_packet_size, table->daemon_threads,
                           table->block_on_close, table->max_children));
    run_python("mixed_classes.compare_attributes(cls, got)");
    assert_ptr_equal(table->mixed_over->type, table->type->tp_base);
    assert_null(table->mixed_over->mixed_over);
}

static inline void
assert_classes_equal_pythons(const MixedClass *classes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_class_equals_pythons(&classes[i]);
    }
    assert_nothing_differs("mixed_classes.rows.report()");
}

static inline void
assert_no_empty_slots(const MixedClass *classes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_no_empty_slot(classes[i].table, offsetof(BaseServerClass, init),
                             sizeof(BaseServerClass));
    }
}

/* What is laid over a copy of the base at run time is the class that is
 * written out, but for its type. */
static inline void
assert_laid_over(const BaseServerClass *laid, const BaseServerClass *written)
{
    size_t first = offsetof(BaseServerClass, init);

    assert_memory_equal((const char *)laid + first,
                        (const char *)written + first, sizeof(*laid) - first);
    assert_ptr_equal(laid->mixed_over, written->mixed_over);
    assert_true(laid->timeout == written->timeout);
    assert_int_equal(laid->address_family, written->address_family);
    assert_int_equal(laid->socket_type, written->socket_type);
    assert_int_equal(laid->allow_reuse_address, written->allow_reuse_address);
    assert_int_equal(laid->max_packet_size, written->max_packet_size);
    assert_int_equal(laid->daemon_threads, written->daemon_threads);
    assert_int_equal(laid->block_on_close, written->block_on_close);
    assert_int_equal(laid->max_children, written->max_children);
}

/* mixed_classes.name(*arguments), in Python; takes the arguments. Runs in any
 * thread and process, so that it cannot fail the test. */
static inline int
call_python(const char *name, PyObject *arguments)
{
    PyObject *module = PyImport_AddModule("mixed_classes"); /* borrowed */
    PyObject *function = PyObject_GetAttrString(module, name);
    PyObject *result = NULL;

    if (function != NULL && arguments != NULL) {
        result = PyObject_Call(function, arguments, NULL);
    }
    Py_XDECREF(function);
    Py_XDECREF(arguments);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static inline int
python_finish_request(BaseServer *self, PyObject *request,
                      PyObject *client_address)
{
    (void)self;
    return call_python("finish_request",
                       Py_BuildValue("(OO)", request, client_address));
}

static inline int
python_handle_error(BaseServer *self, PyObject *request,
                    PyObject *client_address)
{
    (void)self;
    return call_python("handle_error",
                       Py_BuildValue("(OO)", request, client_address));
}

static inline int
python_shutdown_request(BaseServer *self, PyObject *request)
{
    (void)self;
    return call_python("shutdown_request", Py_BuildValue("(O)", request));
}

static inline int
python_close_request(BaseServer *self, PyObject *request)
{
    (void)self;
    return call_python("close_request", Py_BuildValue("(O)", request));
}

static inline int
python_server_close(BaseServer *self)
{
    (void)self;
    return call_python("server_close", PyTuple_New(0));
}

/* class Base(BaseServer): what a request goes through are functions of
 * mixed_classes.py. */
static const BaseServerClass *
python_class(void)
{
    static BaseServerClass cls;

    cls = BaseServer_class;
    cls.finish_request = python_finish_request;
    cls.handle_error = python_handle_error;
    cls.shutdown_request = python_shutdown_request;
    cls.close_request = python_close_request;
    cls.server_close = python_server_close;
    return &cls;
}

/* class cls(MixIn, Base) */
static inline BaseServerClass
mixed_over_python(void (*lay_over)(BaseServerClass *, const BaseServerClass *))
{
    const BaseServerClass *over = python_class();
    BaseServerClass cls = *over;

    lay_over(&cls, over);
    return cls;
}

static inline BaseServer *
new_mixed_server(const BaseServerClass *cls)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 0);
    BaseServer *server = BaseServer_new(cls, address, NULL);

    Py_DECREF(address);
    assert_non_null(server);
    return server;
}

/* server.process_request('request', 'address') */
static inline int
process_request(BaseServer *server)
{
    PyObject *request = PyUnicode_FromString("request");
    PyObject *client_address = PyUnicode_FromString("address");
    int result = server->cls->process_request(server, request, client_address);

    Py_DECREF(request);
    Py_DECREF(client_address);
    return result;
}

/* What the test's server answers to a line; NULL with an exception. */
static PyObject *answer_to(PyObject *line);

static inline int
echo(BufferedIOBase *rfile, BufferedIOBase *wfile)
{
    PyObject *line = rfile->cls->readline(rfile, -1);
    PyObject *answer = line == NULL ? NULL : answer_to(line);
    Py_ssize_t written =
        answer == NULL ? -1 : wfile->cls->write(wfile, answer);

    Py_XDECREF(line);
    Py_XDECREF(answer);
    return written < 0 ? -1 : 0;
}

static inline int
Echo_handle(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;

    return FAILED(echo(stream->rfile, stream->wfile) < 0) ? -1 : 0;
}

static inline int
DatagramEcho_handle(BaseRequestHandler *self)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)self;

    return FAILED(echo(datagram->rfile, datagram->wfile) < 0) ? -1 : 0;
}

/* A server of the class that answers, at Python's `address`. */
static inline BaseServer *
new_echo_server(const BaseServerClass *cls)
{
    static StreamRequestHandlerClass stream;
    static BaseRequestHandlerClass datagram;
    char expression[100];
    PyObject *address;
    BaseServer *server;

    stream = StreamRequestHandler_class;
    stream.base.handle = Echo_handle;
    datagram = DatagramRequestHandler_class;
    datagram.handle = DatagramEcho_handle;
    PyOS_snprintf(expression, sizeof(expression),
                  "mixed_classes.new_address(%d)", cls->address_family);
    address = eval_python(expression);
    server = BaseServer_new(cls, address,
                            cls->socket_type == SOCK_DGRAM ? &datagram
                                                           : &stream.base);
    Py_DECREF(address);
    if (server == NULL) {
        PyErr_Print();
    }
    assert_non_null(server);
    set_python("address", server->server_address);
    return server;
}

/* Python's `client` asks the server of the class, which handles it. */
static inline void
ask(BaseServer *server)
{
    char statement[100];

    PyOS_snprintf(statement, sizeof(statement),
                  "client = mixed_classes.ask(b'hello\\n', address, %d, %d)",
                  server->cls->address_family, server->cls->socket_type);
    run_python(statement);
    assert_int_equal(BaseServer_handle_request(server), 0);
}

static inline void
close_echo_server(BaseServer *server)
{
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
    run_python("mixed_classes.remove_address()");
}

#endif
