/* The classes of servers for Python: what calls an override; what calls C for
 * Python, where requests change their form; the class attributes and the
 * fields; and the lists of all that.
 *
 * Python's RequestHandlerClass is any callable, and the tables' is a table of
 * C: so finish_request() is another one here. */
#include "module/servers.h"

#include "module/family.h"
#include "module/kinds.h"
#include "module/sockets.h"
#include "python/errors.h"
#include "python/objects.h"
#include "python/unpack.h"
#include "server/base_request_handler.h"
#include "server/udp_server.h"
#include "server/unix_stream_server.h"
#include "server/wsgi_server.h"

/* ----- Overrides ----- */

static int
python_server_bind(BaseServer *self)
{
    return discard(call_override(self, "server_bind", 0));
}

static int
python_server_activate(BaseServer *self)
{
    return discard(call_override(self, "server_activate", 0));
}

/* fileno() of a Python class; the selector wants a descriptor. */
static int
python_fileno(BaseServer *self)
{
    PyObject *number = call_override(self, "fileno", 0);
    int fd = number == NULL ? -1 : (int)PyLong_AsLong(number);

    Py_XDECREF(number);
    if (fd < 0 && !PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError, "Invalid file descriptor: %d", fd);
    }
    return fd;
}

static int
python_service_actions(BaseServer *self)
{
    return discard(call_override(self, "service_actions", 0));
}

static int
python__handle_request_noblock(BaseServer *self)
{
    return discard(call_override(self, "_handle_request_noblock", 0));
}

static int
python_get_request(BaseServer *self, PyObject **request,
                   PyObject **client_address)
{
    PyObject *pair = call_override(self, "get_request", 0);
    PyObject *view;

    if (pair == NULL) {
        return -1;
    }
    if (unpack_pair(pair, &view, client_address) < 0) {
        Py_DECREF(pair);
        return -1;
    }
    Py_DECREF(pair);
    *request = c_view(view);
    Py_DECREF(view);
    if (*request == NULL) {
        Py_CLEAR(*client_address);
        return -1;
    }
    return 0;
}

static int
python_handle_timeout(BaseServer *self)
{
    return discard(call_override(self, "handle_timeout", 0));
}

/* self.name(request, client_address): a new reference, or NULL. */
static PyObject *
call_for_request(BaseServer *self, const char *name, PyObject *request,
                 PyObject *client_address)
{
    PyObject *view = python_view(request);

    if (view == NULL) {
        return NULL;
    }
    return call_override_with(
        self, name,
        client_address == NULL ? Py_BuildValue("(N)", view)
                               : Py_BuildValue("(NO)", view, client_address));
}

static int
python_verify_request(BaseServer *self, PyObject *request,
                      PyObject *client_address)
{
    return truth(
        call_for_request(self, "verify_request", request, client_address));
}

static int
python_process_request(BaseServer *self, PyObject *request,
                       PyObject *client_address)
{
    return discard(
        call_for_request(self, "process_request", request, client_address));
}

static int
python_server_close(BaseServer *self)
{
    return discard(call_override(self, "server_close", 0));
}

static int
python_finish_request(BaseServer *self, PyObject *request,
                      PyObject *client_address)
{
    return discard(
        call_for_request(self, "finish_request", request, client_address));
}

static int
python_shutdown_request(BaseServer *self, PyObject *request)
{
    return discard(call_for_request(self, "shutdown_request", request, NULL));
}

static int
python_close_request(BaseServer *self, PyObject *request)
{
    return discard(call_for_request(self, "close_request", request, NULL));
}

/* What it raises ends the server, and nobody has the request any more. */
static int
python_handle_error(BaseServer *self, PyObject *request,
                    PyObject *client_address)
{
    int result = discard(
        call_for_request(self, "handle_error", request, client_address));
    Handled handled;

    if (result < 0 && PyObject_TypeCheck(request, &Socket_type)) {
        handled = finally_enter();
        (void)((Socket *)request)->cls->close((Socket *)request);
        finally_leave(handled);
    }
    return result;
}

static int
python_setup_environ(WSGIServer *self)
{
    return discard(call_override(self, "setup_environ", 0));
}

static PyObject *
python_get_app(WSGIServer *self)
{
    return call_override(self, "get_app", 0);
}

static int
python_set_app(WSGIServer *self, PyObject *application)
{
    return discard(call_override(self, "set_app", 1, application));
}

/* ----- Calls from Python ----- */

/* method(request), method(request, client_address) */
static int
call_on_request(PyObject *self, Function function, PyObject *values[])
{
    PyObject *request = c_view(values[0]);
    int result;

    if (request == NULL) {
        return -1;
    }
    result = ((int (*)(BaseServer *, PyObject *, PyObject *))function)(
        (BaseServer *)self, request, values[1]);
    Py_DECREF(request);
    return result;
}

static PyObject *
call_with_request(PyObject *self, Function function, PyObject *values[])
{
    return as_none(call_on_request(self, function, values));
}

static PyObject *
call_verify_request(PyObject *self, Function function, PyObject *values[])
{
    int result = call_on_request(self, function, values);

    return as_bool(result);
}

static PyObject *
call_close_request(PyObject *self, Function function, PyObject *values[])
{
    PyObject *request = c_view(values[0]);
    int result = -1;

    if (request != NULL) {
        result = ((int (*)(BaseServer *, PyObject *))function)(
            (BaseServer *)self, request);
        Py_DECREF(request);
    }
    return as_none(result);
}

static PyObject *
call_get_request(PyObject *self, Function function, PyObject *values[])
{
    PyObject *request, *client_address, *view;

    (void)values;
    if (((int (*)(BaseServer *, PyObject **, PyObject **))function)(
            (BaseServer *)self, &request, &client_address) < 0)
    {
        return NULL;
    }
    view = python_view(request);
    Py_DECREF(request);
    if (view == NULL) {
        Py_DECREF(client_address);
        return NULL;
    }
    return Py_BuildValue("(NN)", view, client_address);
}

static PyObject *
call_fileno(PyObject *self, Function function, PyObject *values[])
{
    int fd = ((int (*)(BaseServer *))function)((BaseServer *)self);

    (void)values;
    return fd < 0 ? NULL : PyLong_FromLong(fd);
}

static const Slot BaseServer_slots[] = {
    { "server_activate", "", offsetof(BaseServerClass, server_activate),
      NOTHING, NULL, (Function)python_server_activate,
      "Begin to listen, where the server has something for that." },
    { "service_actions", "", offsetof(BaseServerClass, service_actions),
      NOTHING, NULL, (Function)python_service_actions,
      "What serve_forever() does after each wait." },
    { "_handle_request_noblock", "",
      offsetof(BaseServerClass, _handle_request_noblock), NOTHING, NULL,
      (Function)python__handle_request_noblock,
      "Handle the request that is there." },
    { "handle_timeout", "", offsetof(BaseServerClass, handle_timeout), NOTHING,
      NULL, (Function)python_handle_timeout,
      "What handle_request() does if no request comes in time." },
    { "verify_request", "request, client_address",
      offsetof(BaseServerClass, verify_request), OTHER, call_verify_request,
      (Function)python_verify_request,
      "Whether the request is to be handled." },
    { "process_request", "request, client_address",
      offsetof(BaseServerClass, process_request), OTHER, call_with_request,
      (Function)python_process_request,
      "Handle the request: here and now, or in a thread or process." },
    { "server_close", "", offsetof(BaseServerClass, server_close), NOTHING,
      NULL, (Function)python_server_close, "Close what the server has open." },
    { "finish_request", "request, client_address",
      offsetof(BaseServerClass, finish_request), OTHER, call_with_request,
      (Function)python_finish_request,
      "Make an instance of RequestHandlerClass, which handles it." },
    { "shutdown_request", "request",
      offsetof(BaseServerClass, shutdown_request), OTHER, call_close_request,
      (Function)python_shutdown_request, "End a request, and close it." },
    { "close_request", "request", offsetof(BaseServerClass, close_request),
      OTHER, call_close_request, (Function)python_close_request,
      "Close a request." },
    { "handle_error", "request, client_address",
      offsetof(BaseServerClass, handle_error), OTHER, call_with_request,
      (Function)python_handle_error,
      "Write the exception to sys.stderr, and go on." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Slot TCPServer_slots[] = {
    { "server_bind", "", offsetof(BaseServerClass, server_bind), NOTHING, NULL,
      (Function)python_server_bind, "Bind the socket to the address." },
    { "fileno", "", offsetof(BaseServerClass, fileno), OTHER, call_fileno,
      (Function)python_fileno, "The descriptor of the socket." },
    { "get_request", "", offsetof(BaseServerClass, get_request), OTHER,
      call_get_request, (Function)python_get_request,
      "The next request, and the address of the client." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Slot WSGIServer_slots[] = {
    { "setup_environ", "", offsetof(WSGIServerClass, setup_environ), NOTHING,
      NULL, (Function)python_setup_environ,
      "Make base_environ, which is the same in all requests." },
    { "get_app", "", offsetof(WSGIServerClass, get_app), OBJECT, NULL,
      (Function)python_get_app, "The application." },
    { "set_app", "application", offsetof(WSGIServerClass, set_app), NOTHING,
      NULL, (Function)python_set_app, "Set the application." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

/* ----- Methods without a slot ----- */

/* BaseServer.__init__, TCPServer.__init__: what was there of an earlier one
 * goes. */
static int
init(PyObject *op, PyObject *values[],
     int (*function)(BaseServer *self, PyObject *server_address,
                     const BaseRequestHandlerClass *RequestHandlerClass,
                     bool bind_and_activate))
{
    BaseServer *self = (BaseServer *)op;
    int activate = values[2] == NULL ? 1 : PyObject_IsTrue(values[2]);

    if (activate < 0 ||
        PyObject_SetAttrString(op, "RequestHandlerClass", values[1]) < 0)
    {
        return -1;
    }
    Py_CLEAR(self->server_address);
    return function(self, values[0], NULL, activate);
}

static PyObject *
call_BaseServer_init(PyObject *self, Function function, PyObject *values[])
{
    (void)function;
    return as_none(init(self, values, BaseServer_init));
}

/* The socket is NULL before. Where none could be made, there is the one that
 * stands for none. */
static PyObject *
call_TCPServer_init(PyObject *op, Function function, PyObject *values[])
{
    BaseServer *self = (BaseServer *)op;
    Socket *none = socket_of(missing);
    int result;

    (void)function;
    if (none == NULL) {
        return NULL;
    }
    Py_CLEAR(self->socket);
    result = init(op, values, TCPServer_init);
    if (self->socket == NULL) {
        self->socket = none;
    }
    else {
        Py_DECREF(none);
    }
    return as_none(result);
}

static PyObject *
call_serve_forever(PyObject *self, Function function, PyObject *values[])
{
    double interval = 0.5;

    (void)function;
    if (values[0] != NULL && values[0] != Py_None) {
        interval = PyFloat_AsDouble(values[0]);
        if (interval == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    else if (values[0] == Py_None) {
        interval = -1;
    }
    if (BaseServer_serve_forever((BaseServer *)self, interval) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_enter(PyObject *self, Function function, PyObject *values[])
{
    (void)function;
    (void)values;
    return Py_NewRef(self);
}

static PyObject *
call_exit(PyObject *self, Function function, PyObject *values[])
{
    BaseServer *server = (BaseServer *)self;

    (void)function;
    (void)values;
    if (server->cls->server_close(server) < 0) {
        traceback_here("BaseServer_exit", __FILE__, __LINE__);
        return NULL;
    }
    Py_RETURN_NONE;
}

static const Slot BaseServer_methods[] = {
    { "__init__", "server_address, RequestHandlerClass", 0, OTHER,
      call_BaseServer_init, NULL,
      "Set both; a server of this class has no socket." },
    { "serve_forever", "poll_interval=0.5", 0, OTHER, call_serve_forever, NULL,
      "Handle requests until shutdown() is called in another thread." },
    { "shutdown", "", 0, NOTHING, NULL, (Function)BaseServer_shutdown,
      "End serve_forever(), and wait for that." },
    { "handle_request", "", 0, NOTHING, NULL,
      (Function)BaseServer_handle_request,
      "Handle one request, for which it waits as long as timeout says." },
    { "__enter__", "", 0, OTHER, call_enter, NULL, "The server itself." },
    { "__exit__", "*args", 0, OTHER, call_exit, NULL, "Call server_close()." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Slot TCPServer_methods[] = {
    { "__init__",
      "server_address, RequestHandlerClass, bind_and_activate=True", 0, OTHER,
      call_TCPServer_init, NULL,
      "Make a socket; bind it and listen, if asked to." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

/* ----- Attributes ----- */

static const Constant BaseServer_constants[] = {
    { "timeout", offsetof(BaseServerClass, timeout), &seconds_kind },
    { NULL, 0, NULL },
};

static const Constant TCPServer_constants[] = {
    { "address_family", offsetof(BaseServerClass, address_family), &int_kind },
    { "socket_type", offsetof(BaseServerClass, socket_type), &int_kind },
    { "request_queue_size", offsetof(BaseServerClass, request_queue_size),
      &int_kind },
    { "allow_reuse_address", offsetof(BaseServerClass, allow_reuse_address),
      &bool_kind },
    { "allow_reuse_port", offsetof(BaseServerClass, allow_reuse_port),
      &bool_kind },
    { NULL, 0, NULL },
};

static const Constant UDPServer_constants[] = {
    { "max_packet_size", offsetof(BaseServerClass, max_packet_size),
      &int_kind },
    { NULL, 0, NULL },
};

static const Field BaseServer_fields[] = {
    { "server_address", offsetof(BaseServer, server_address), &object_kind },
    { "socket", offsetof(BaseServer, socket), &socket_kind },
    { NULL, 0, NULL },
};

static const Field HTTPServer_fields[] = {
    { "server_name", offsetof(HTTPServer, server_name), &object_kind },
    { "server_port", offsetof(HTTPServer, server_port), &object_kind },
    { NULL, 0, NULL },
};

static const Field WSGIServer_fields[] = {
    { "application", offsetof(WSGIServer, application), &object_or_none_kind },
    { "base_environ", offsetof(WSGIServer, base_environ), &object_kind },
    { NULL, 0, NULL },
};

/* ----- The classes ----- */

/* The tables of C, with what is different for Python. */
static BaseServerClass BaseServer_table, TCPServer_table, UDPServer_table,
    UnixStreamServer_table, UnixDatagramServer_table, HTTPServer_table;
static WSGIServerClass WSGIServer_table;

static const Class classes[] = {
    { &BaseServer_type, &BaseServer_table, sizeof(BaseServer_table),
      BaseServer_slots, BaseServer_constants, BaseServer_fields,
      BaseServer_methods, "A server: what all of them have in common." },
    { &TCPServer_type, &TCPServer_table, sizeof(TCPServer_table),
      TCPServer_slots, TCPServer_constants, NULL, TCPServer_methods,
      "A server over TCP." },
    { &UDPServer_type, &UDPServer_table, sizeof(UDPServer_table), NULL,
      UDPServer_constants, NULL, NULL, "A server over UDP." },
    { &UnixStreamServer_type, &UnixStreamServer_table,
      sizeof(UnixStreamServer_table), NULL, NULL, NULL, NULL,
      "A server over a stream socket of the file system." },
    { &UnixDatagramServer_type, &UnixDatagramServer_table,
      sizeof(UnixDatagramServer_table), NULL, NULL, NULL, NULL,
      "A server over a datagram socket of the file system." },
    { &HTTPServer_type, &HTTPServer_table, sizeof(HTTPServer_table), NULL,
      NULL, HTTPServer_fields, NULL, "A server that knows its name." },
    { &WSGIServer_type, &WSGIServer_table, sizeof(WSGIServer_table),
      WSGIServer_slots, NULL, WSGIServer_fields, NULL,
      "An HTTP server of one WSGI application." },
    { NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL },
};

/* Whether a call of it makes an instance and calls __init__, and nothing else:
 * a class of ours, or one in Python without a __new__ of its own. */
static bool
is_plain_handler(PyObject *cls)
{
    PyTypeObject *type = (PyTypeObject *)cls;

    return PyType_Check(cls) && Py_TYPE(cls)->tp_call == PyType_Type.tp_call &&
           PyType_IsSubtype(type, &BaseRequestHandler_type) &&
           type->tp_new == BaseRequestHandler_type.tp_new &&
           (type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) == 0;
}

/* cls(request, client_address, server), without a socket for Python if nobody
 * in Python gets it: a new reference, or NULL. */
static PyObject *
new_handler(PyObject *cls, PyObject *request, PyObject *client_address,
            BaseServer *server)
{
    BaseRequestHandler *handler =
        (BaseRequestHandler *)family_instance((PyTypeObject *)cls);

    if (handler != NULL &&
        handler->cls->init(handler, request, client_address, server) < 0)
    {
        Py_CLEAR(handler);
    }
    return (PyObject *)handler;
}

/* The same, where a call of it may be anything. */
static PyObject *
call_handler(PyObject *cls, PyObject *request, PyObject *client_address,
             BaseServer *server)
{
    PyObject *view = python_view(request), *handler = NULL;

    if (view != NULL) {
        handler = PyObject_CallFunctionObjArgs(cls, view, client_address,
                                               server, NULL);
        Py_DECREF(view);
    }
    return handler;
}

/* self.RequestHandlerClass(request, client_address, self) */
static int
finish_request(BaseServer *self, PyObject *request, PyObject *client_address)
{
    PyObject *cls =
        PyObject_GetAttrString((PyObject *)self, "RequestHandlerClass");
    PyObject *handler = NULL;

    if (cls != NULL) {
        handler = is_plain_handler(cls)
                      ? new_handler(cls, request, client_address, self)
                      : call_handler(cls, request, client_address, self);
        Py_DECREF(cls);
    }
    (void)FAILED_IN(BaseServer_finish_request, handler == NULL);
    return discard(handler);
}

/* The fields that C reads are NULL before server_bind(). */
static int
setup_environ(WSGIServer *self)
{
    if (self->base.server_name == NULL) {
        return lacks_attribute(self, "server_name");
    }
    if (self->base.server_port == NULL) {
        return lacks_attribute(self, "server_port");
    }
    return WSGIServer_setup_environ(self);
}

void
servers_copy_tables(void)
{
    BaseServer_table = BaseServer_class;
    TCPServer_table = TCPServer_class;
    UDPServer_table = UDPServer_class;
    UnixStreamServer_table = UnixStreamServer_class;
    UnixDatagramServer_table = UnixDatagramServer_class;
    HTTPServer_table = HTTPServer_class;
    WSGIServer_table = WSGIServer_class;

    BaseServer_table.finish_request = finish_request;
    TCPServer_table.finish_request = finish_request;
    UDPServer_table.finish_request = finish_request;
    UnixStreamServer_table.finish_request = finish_request;
    UnixDatagramServer_table.finish_request = finish_request;
    HTTPServer_table.finish_request = finish_request;
    WSGIServer_table.base.finish_request = finish_request;
    WSGIServer_table.setup_environ = setup_environ;
}

static int new (PyObject *op)
{
    BaseServer *self = (BaseServer *)op;

    self->socket = socket_of(missing);
    return self->socket == NULL ? -1 : 0;
}

const Family servers_family = {
    .classes = classes,
    .instance_size = sizeof(WSGIServer),
    .table_size = sizeof(WSGIServerClass),
    .cls = offsetof(BaseServer, cls),
    .refresh = family_refresh,
    .new = new,
};
