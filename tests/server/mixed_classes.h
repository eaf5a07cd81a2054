/* What the tests of the two mix-ins share: a class table beside the class
 * that Python makes of the same bases, and servers that call Python. */
#ifndef CWSGIREF_TESTS_SERVER_MIXED_CLASSES_H
#define CWSGIREF_TESTS_SERVER_MIXED_CLASSES_H

#include "doubles.h"

#include <string.h>

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

static inline AnyFunction
function_named(const char *qualified_name)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(functions); i++) {
        if (strcmp(functions[i].qualified_name, qualified_name) == 0) {
            return functions[i].function;
        }
    }
    fail_msg("%s is not among the functions", qualified_name);
    return NULL;
}

/* Each slot is what Python's method resolution finds. */
static inline void
assert_slots_equal_pythons(const MixedClass *mixed)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(slots); i++) {
        char expression[300];
        PyObject *name;
        AnyFunction slot;

        PyOS_snprintf(expression, sizeof(expression), "%s.%s.__qualname__",
                      mixed->python, slots[i].name);
        name = eval_python(expression);
        memcpy(&slot, (const char *)mixed->table + slots[i].offset,
               sizeof(slot));
        if (slot != function_named(PyUnicode_AsUTF8(name))) {
            fail_msg("%s is not %s", expression, PyUnicode_AsUTF8(name));
        }
        Py_DECREF(name);
    }
}

/* So is each class attribute, and the base that it is mixed over. */
static inline void
assert_attributes_equal_pythons(const MixedClass *mixed)
{
    const BaseServerClass *table = mixed->table;
    const char *base = strrchr(table->type->tp_base->tp_name, '.') + 1;
    char expression[800];

    PyOS_snprintf(expression, sizeof(expression),
                  "(lambda cls: [cls.__bases__[1].__name__,"
                  " -1.0 if cls.timeout is None else float(cls.timeout)] +"
                  " [int(getattr(cls, name, 0)) for name in"
                  " 'address_family socket_type request_queue_size"
                  " allow_reuse_address allow_reuse_port max_packet_size"
                  " daemon_threads block_on_close max_children'.split()]"
                  ")(%s)",
                  mixed->python);
    assert_equal(Py_BuildValue("[sdiiiiiiiii]", base, table->timeout,
                               table->address_family, table->socket_type,
                               table->request_queue_size,
                               table->allow_reuse_address,
                               table->allow_reuse_port, table->max_packet_size,
                               table->daemon_threads, table->block_on_close,
                               table->max_children),
                 eval_python(expression));
    assert_ptr_equal(table->mixed_over->type, table->type->tp_base);
    assert_null(table->mixed_over->mixed_over);
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

/* name(*arguments), in Python; both are given as in Py_BuildValue. Runs in
 * any thread and process, so that it cannot fail the test. */
static inline int
call_python(const char *name, PyObject *arguments)
{
    PyObject *module = PyImport_AddModule("__main__"); /* borrowed */
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

/* class Base(BaseServer): what a request goes through are functions in
 * Python's __main__, which the test has put there. */
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

/* Those functions: each notes that it has been called, and raises what `plan`
 * has for it. `same(mix_in)` is the class that Python makes of them. */
static inline void
define_python_class(void)
{
    run_python(
        "import __main__, os, socketserver, sys, threading\n"
        "events, plan = [], {}\n"
        "def step(name, *arguments):\n"
        "    handled = sys.exc_info()[1]\n"
        "    events.append((name, repr(handled), *arguments))\n"
        "    if plan.get(name):\n"
        "        raise plan[name](name)\n"
        "def method(name):\n"
        "    return lambda self, *arguments: step(name, *arguments)\n"
        "def function(name):\n"
        "    return lambda *arguments: step(name, *arguments)\n"
        "names = ['finish_request', 'handle_error', 'shutdown_request',\n"
        "         'close_request', 'server_close']\n"
        "for name in names:\n"
        "    setattr(__main__, name, function(name))\n"
        "Base = type('Base', (), {name: method(name) for name in names})\n"
        "def same(mix_in):\n"
        "    return type('Same', (mix_in, Base), {})\n"
        "def describe(error):\n"
        "    return error and (repr(error), describe(error.__context__))\n"
        "def outcome(function, *arguments):\n"
        "    try:\n"
        "        function(*arguments)\n"
        "    except BaseException as error:\n"
        "        return describe(error)\n");
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

/* The exception in flight as `describe` has it, which is gone then; None. */
static inline PyObject *
described_raised(void)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    set_python("raised", value == NULL ? Py_None : value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return eval_python("describe(raised)");
}

#endif
