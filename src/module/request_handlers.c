/* The classes of request handlers for Python: what calls an override; what
 * calls C for Python; what is different here, because a request may be any
 * object; the class attributes and the fields; and the lists of all that. */
#include "module/request_handlers.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "io/any_socket.h"
#include "io/python_file.h"
#include "io/socket_writer.h"
#include "module/class_attributes.h"
#include "module/family.h"
#include "module/kinds.h"
#include "module/sockets.h"
#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/unpack.h"
#include "server/datagram_request_handler.h"
#include "server/server_handler.h"
#include "server/wsgi_request_handler.h"
#include "server/wsgi_server.h"

/* ----- Overrides ----- */

static int
python_init(BaseRequestHandler *self, PyObject *request,
            PyObject *client_address, BaseServer *server)
{
    return discard(call_override_with(
        self, "__init__",
        Py_BuildValue("(NOO)", python_view(request), client_address, server)));
}

static int
python_setup(BaseRequestHandler *self)
{
    return discard(call_override(self, "setup", 0));
}

static int
python_handle(BaseRequestHandler *self)
{
    return discard(call_override(self, "handle", 0));
}

static int
python_finish(BaseRequestHandler *self)
{
    return discard(call_override(self, "finish", 0));
}

/* What C takes for granted when the request is to be answered: 1, or -1. */
static int
check_parsed(BaseHTTPRequestHandler *self)
{
    static const char *const attributes[] = { "command", "path",
                                              "request_version" };
    PyObject *values[] = { self->command, self->path, self->request_version };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(values); i++) {
        if (values[i] == NULL) {
            return lacks_attribute(self, attributes[i]);
        }
        if (!PyUnicode_Check(values[i])) {
            PyErr_Format(PyExc_TypeError, "%s must be a str, not %.200s",
                         attributes[i], Py_TYPE(values[i])->tp_name);
            return -1;
        }
    }
    return 1;
}

static int
python_parse_request(BaseHTTPRequestHandler *self)
{
    int parsed = truth(call_override(self, "parse_request", 0));

    return parsed > 0 ? check_parsed(self) : parsed;
}

static int
python_handle_expect_100(BaseHTTPRequestHandler *self)
{
    return truth(call_override(self, "handle_expect_100", 0));
}

static int
python_handle_one_request(BaseHTTPRequestHandler *self)
{
    return discard(call_override(self, "handle_one_request", 0));
}

/* (code, ...) of those that are there: a new tuple. */
static PyObject *
code_and_texts(int code, const char *message, const char *explain)
{
    if (explain != NULL) {
        return Py_BuildValue("(izs)", code, message, explain);
    }
    return message == NULL ? Py_BuildValue("(i)", code)
                           : Py_BuildValue("(is)", code, message);
}

static int
python_send_error(BaseHTTPRequestHandler *self, int code, const char *message,
                  const char *explain)
{
    return discard(call_override_with(self, "send_error",
                                      code_and_texts(code, message, explain)));
}

static int
python_send_response(BaseHTTPRequestHandler *self, int code,
                     const char *message)
{
    return discard(call_override_with(self, "send_response",
                                      code_and_texts(code, message, NULL)));
}

static int
python_send_response_only(BaseHTTPRequestHandler *self, int code,
                          const char *message)
{
    return discard(
        call_override_with(self, "send_response_only",
                           /* handle_expect_100() gives no more */
                           code == 100 && message == NULL
                               ? Py_BuildValue("(i)", code)
                               : Py_BuildValue("(iz)", code, message)));
}

static int
python_send_header(BaseHTTPRequestHandler *self, const char *keyword,
                   const char *value)
{
    return discard(call_override_with(self, "send_header",
                                      Py_BuildValue("(ss)", keyword, value)));
}

static int
python_end_headers(BaseHTTPRequestHandler *self)
{
    return discard(call_override(self, "end_headers", 0));
}

static int
python_flush_headers(BaseHTTPRequestHandler *self)
{
    return discard(call_override(self, "flush_headers", 0));
}

static int
python_log_request(BaseHTTPRequestHandler *self, PyObject *code,
                   PyObject *size)
{
    return discard(call_override(self, "log_request",
                                 code == NULL   ? 0
                                 : size == NULL ? 1
                                                : 2,
                                 code, size));
}

/* (format, *args): a new tuple. */
static PyObject *
format_and_args(const char *format, PyObject *args)
{
    PyObject *first = Py_BuildValue("(s)", format);
    PyObject *all = first == NULL ? NULL : PySequence_Concat(first, args);

    Py_XDECREF(first);
    return all;
}

static int
python_log_error(BaseHTTPRequestHandler *self, const char *format,
                 PyObject *args)
{
    return discard(
        call_override_with(self, "log_error", format_and_args(format, args)));
}

static int
python_log_message(BaseHTTPRequestHandler *self, const char *format,
                   PyObject *args)
{
    return discard(call_override_with(self, "log_message",
                                      format_and_args(format, args)));
}

static PyObject *
python_version_string(BaseHTTPRequestHandler *self)
{
    return call_override(self, "version_string", 0);
}

static PyObject *
python_date_time_string(BaseHTTPRequestHandler *self, time_t timestamp)
{
    return call_override_with(
        self, "date_time_string",
        timestamp == -1 ? PyTuple_New(0)
                        : Py_BuildValue("(L)", (long long)timestamp));
}

static PyObject *
python_log_date_time_string(BaseHTTPRequestHandler *self)
{
    return call_override(self, "log_date_time_string", 0);
}

static PyObject *
python_address_string(BaseHTTPRequestHandler *self)
{
    return call_override(self, "address_string", 0);
}

/* A dict, which C goes on to fill. */
static PyObject *
python_get_environ(BaseHTTPRequestHandler *self)
{
    return call_override(self, "get_environ", 0);
}

static PyObject *
python_get_stderr(BaseHTTPRequestHandler *self)
{
    return call_override(self, "get_stderr", 0);
}

/* ----- Calls from Python ----- */

/* The fields are NULL before. */
static PyObject *
call_init(PyObject *op, Function function, PyObject *values[])
{
    BaseRequestHandler *self = (BaseRequestHandler *)op;
    PyObject *request = c_view(values[0]);
    int result;

    if (request == NULL) {
        return NULL;
    }
    Py_CLEAR(self->request);
    Py_CLEAR(self->client_address);
    Py_CLEAR(self->server);
    result = ((int (*)(BaseRequestHandler *, PyObject *, PyObject *,
                       BaseServer *))function)(self, request, values[1],
                                               (BaseServer *)values[2]);
    Py_DECREF(request);
    return as_none(result);
}

/* str(value) in UTF-8, for C; NULL for None, or with an exception. *held is
 * the str, which owns it: a new reference. */
static const char *
utf8_of(PyObject *value, PyObject **held)
{
    *held = value == NULL || value == Py_None ? NULL : PyObject_Str(value);
    return *held == NULL ? NULL : c_text(*held);
}

/* The code of an answer, as int() sees it. -1 with an exception. */
static int
code_of(PyObject *value)
{
    long code = PyLong_AsLong(value);

    if (code == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (code < 0 || code > 999999) {
        PyErr_SetString(PyExc_OverflowError, "a status code is needed");
        return -1;
    }
    return (int)code;
}

static PyObject *
call_send_error(PyObject *self, Function function, PyObject *values[])
{
    PyObject *message = NULL, *explain = NULL;
    const char *short_text = utf8_of(values[1], &message);
    const char *long_text =
        PyErr_Occurred() ? NULL : utf8_of(values[2], &explain);
    int code = PyErr_Occurred() ? -1 : code_of(values[0]);
    int result = -1;

    if (!PyErr_Occurred()) {
        result = ((int (*)(BaseHTTPRequestHandler *, int, const char *,
                           const char *))function)(
            (BaseHTTPRequestHandler *)self, code, short_text, long_text);
    }
    Py_XDECREF(message);
    Py_XDECREF(explain);
    return as_none(result);
}

/* method(code, message=None) */
static PyObject *
call_with_code(PyObject *self, Function function, PyObject *values[])
{
    PyObject *message;
    const char *text = utf8_of(values[1], &message);
    int code = PyErr_Occurred() ? -1 : code_of(values[0]);
    int result = -1;

    if (!PyErr_Occurred()) {
        result =
            ((int (*)(BaseHTTPRequestHandler *, int, const char *))function)(
                (BaseHTTPRequestHandler *)self, code, text);
    }
    Py_XDECREF(message);
    return as_none(result);
}

static PyObject *
call_send_header(PyObject *self, Function function, PyObject *values[])
{
    PyObject *name = PyObject_Str(values[0]);
    PyObject *text = name == NULL ? NULL : PyObject_Str(values[1]);
    const char *keyword = text == NULL ? NULL : c_text(name);
    const char *value = keyword == NULL ? NULL : c_text(text);
    int result = -1;

    if (value != NULL) {
        result = ((int (*)(BaseHTTPRequestHandler *, const char *,
                           const char *))function)(
            (BaseHTTPRequestHandler *)self, keyword, value);
    }
    Py_XDECREF(name);
    Py_XDECREF(text);
    return as_none(result);
}

/* (format % args,), or what Python's log_message() raises: a new tuple. */
static PyObject *
formatted(PyObject *format, PyObject *args)
{
    PyObject *message = PyNumber_Remainder(format, args);
    PyObject *result = NULL;

    if (message != NULL && !PyUnicode_Check(message)) {
        Py_SETREF(message, PyObject_CallMethod(message, "translate", "({})"));
    }
    if (message != NULL) {
        result = PyTuple_Pack(1, message);
        Py_DECREF(message);
    }
    return result;
}

/* method(format, *args). What is no text for C, as one with a NUL, or no str,
 * is formatted before. */
static PyObject *
call_with_format(PyObject *self, Function function, PyObject *values[])
{
    PyObject *args = Py_NewRef(values[1]);
    const char *format = PyUnicode_Check(values[0]) ? c_text(values[0]) : NULL;
    int result = -1;

    if (format == NULL &&
        (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_ValueError)))
    {
        PyErr_Clear();
        format = "%s";
        Py_SETREF(args, formatted(values[0], args));
    }
    if (format != NULL && args != NULL) {
        result = ((int (*)(BaseHTTPRequestHandler *, const char *, PyObject *))
                      function)((BaseHTTPRequestHandler *)self, format, args);
    }
    Py_XDECREF(args);
    return as_none(result);
}

static PyObject *
call_date_time_string(PyObject *self, Function function, PyObject *values[])
{
    time_t timestamp = -1;

    if (values[0] != NULL && values[0] != Py_None) {
        double seconds = PyFloat_AsDouble(values[0]);

        if (seconds == -1 && PyErr_Occurred()) {
            return NULL;
        }
        timestamp = (time_t)seconds;
    }
    return ((PyObject * (*)(BaseHTTPRequestHandler *, time_t))
                function)((BaseHTTPRequestHandler *)self, timestamp);
}

static PyObject *
call_parse_request(PyObject *op, Function function, PyObject *values[])
{
    BaseHTTPRequestHandler *self = (BaseHTTPRequestHandler *)op;
    int parsed;

    (void)values;
    if (self->raw_requestline == NULL) {
        lacks_attribute(self, "raw_requestline");
        return NULL;
    }
    parsed = ((int (*)(BaseHTTPRequestHandler *))function)(self);
    return as_bool(parsed);
}

/* ----- What is different here ----- */

/* connection.name(...): what it gives, in `stream`. */
static int
make_stream(BufferedIOBase **stream, PyObject *file)
{
    if (file != NULL) {
        *stream = stream_of(file);
        Py_DECREF(file);
    }
    return *stream == NULL ? -1 : 0;
}

/* StreamRequestHandler.setup, by the methods of Python's object for the
 * connection: where it is any object, or where nothing is to be buffered,
 * which a stream in C can't do.
 * Lib/socketserver.py: StreamRequestHandler.setup */
static int
setup_by(StreamRequestHandler *self, PyObject *object)
{
    const StreamRequestHandlerClass *cls =
        (const StreamRequestHandlerClass *)self->base.cls;

    if (cls->timeout >= 0 && discard(PyObject_CallMethod(
                                 object, "settimeout", "d", cls->timeout)) < 0)
    {
        return -1;
    }
    if (cls->disable_nagle_algorithm &&
        discard(PyObject_CallMethod(object, "setsockopt", "iiO", IPPROTO_TCP,
                                    TCP_NODELAY, Py_True)) < 0)
    {
        return -1;
    }
    if (make_stream(&self->rfile, PyObject_CallMethod(object, "makefile", "si",
                                                      "rb", cls->rbufsize)) <
        0)
    {
        return -1;
    }
    if (cls->wbufsize == 0) {
        self->wfile = SocketWriter_new(&SocketWriter_class, self->connection);
        return self->wfile == NULL ? -1 : 0;
    }
    return make_stream(
        &self->wfile,
        PyObject_CallMethod(object, "makefile", "si", "wb", cls->wbufsize));
}

/* `field` is what it was if setup() has failed before it: C finds no NULL there.
 * Takes `earlier`. */
static void
put_back(void *field, void *earlier)
{
    PyObject **place = field;

    if (*place == NULL) {
        *place = earlier;
    }
    else {
        Py_XDECREF((PyObject *)earlier);
    }
}

/* The fields are NULL before. */
static int
set_up(BaseRequestHandler *op)
{
    StreamRequestHandler *self = (StreamRequestHandler *)op;
    PyObject *view;
    int result;

    if (op->request == NULL) {
        return lacks_attribute(op, "request");
    }
    if (!PyObject_TypeCheck(op->request, &Socket_type)) {
        return lacks_attribute(op->request, "makefile");
    }
    if (!Py_IS_TYPE(op->request, &AnySocket_type) &&
        ((const StreamRequestHandlerClass *)op->cls)->rbufsize != 0)
    {
        return StreamRequestHandler_setup(op);
    }
    self->connection = (Socket *)Py_NewRef(op->request);
    view = python_view(op->request);
    if (view == NULL) {
        return -1;
    }
    result = setup_by(self, view);
    Py_DECREF(view);
    return result;
}

static int
setup(BaseRequestHandler *op)
{
    StreamRequestHandler *self = (StreamRequestHandler *)op;
    BufferedIOBase *rfile, *wfile;
    int result;

    if (family_refresh((PyObject *)op) < 0) {
        return -1;
    }
    Py_CLEAR(self->connection);
    rfile = self->rfile;
    wfile = self->wfile;
    self->rfile = NULL;
    self->wfile = NULL;
    result = set_up(op);
    put_back(&self->rfile, rfile);
    put_back(&self->wfile, wfile);
    return result;
}

static int
setup_datagram(BaseRequestHandler *op)
{
    DatagramRequestHandler *self = (DatagramRequestHandler *)op;
    Socket *sock = self->socket;
    BufferedIOBase *rfile = self->rfile, *wfile = self->wfile;
    int result;

    if (op->request == NULL) {
        return lacks_attribute(op, "request");
    }
    Py_CLEAR(self->packet);
    self->socket = NULL;
    self->rfile = NULL;
    self->wfile = NULL;
    result = DatagramRequestHandler_setup(op);
    put_back(&self->socket, sock);
    put_back(&self->rfile, rfile);
    put_back(&self->wfile, wfile);
    return result;
}

/* The first of the client's address is what C reads: 0 or -1. */
static int
check_client_address(BaseHTTPRequestHandler *self)
{
    return self->base.base.client_address == NULL
               ? lacks_attribute(self, "client_address")
               : 0;
}

static PyObject *
address_string(BaseHTTPRequestHandler *self)
{
    return check_client_address(self) < 0
               ? NULL
               : BaseHTTPRequestHandler_address_string(self);
}

/* The server, if its application is for C. */
static int
check_server(BaseHTTPRequestHandler *self)
{
    PyObject *server = (PyObject *)self->base.base.server;

    if (server == NULL) {
        return lacks_attribute(self, "server");
    }
    if (!PyObject_TypeCheck(server, &WSGIServer_type)) {
        PyErr_Format(PyExc_TypeError,
                     "the server must be a WSGIServer of cwsgiref, not a "
                     "%.200s",
                     Py_TYPE(server)->tp_name);
        return -1;
    }
    return 0;
}

/* The name under which an instance keeps what Python has got as its headers: a
 * pair of that and of the message in C that it stands for. The next request on
 * the connection has another message. */
static const char headers_view[] = "_cwsgiref_headers";

/* What Python has got for self->headers: a new reference. NULL without an
 * exception: nothing. */
static PyObject *
view_of_headers(BaseHTTPRequestHandler *self)
{
    PyObject *name = PyUnicode_InternFromString(headers_view);
    PyObject *pair = NULL, *view = NULL;

    if (name != NULL) {
        pair = PyObject_GenericGetAttr((PyObject *)self, name);
        Py_DECREF(name);
    }
    if (pair == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    if (PyTuple_GET_ITEM(pair, 1) == (PyObject *)self->headers) {
        view = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
    }
    Py_DECREF(pair);
    return view;
}

/* From now on Python has got `view` for self->headers; NULL: nothing. 0 or
 * -1. */
static int
keep_view(BaseHTTPRequestHandler *self, PyObject *view)
{
    PyObject *name = PyUnicode_InternFromString(headers_view);
    PyObject *pair = NULL;
    int result = -1;

    if (view != NULL) {
        pair = PyTuple_Pack(2, view, self->headers);
    }
    if (name != NULL && (view == NULL || pair != NULL)) {
        result = PyObject_GenericSetAttr((PyObject *)self, name, pair);
    }
    Py_XDECREF(pair);
    Py_XDECREF(name);
    return result;
}

/* A header as in a request: 'name: value\r\n', a new str. */
static PyObject *
header_line(PyObject *Py_UNUSED(context), PyObject *pair)
{
    PyObject *name, *value, *line;

    if (unpack_pair(pair, &name, &value) < 0) {
        return NULL;
    }
    line = PyUnicode_FromFormat("%S: %S\r\n", name, value);
    Py_DECREF(name);
    Py_DECREF(value);
    return line;
}

/* What Python code has changed in self.headers is what C reads. */
static int
read_back_headers(BaseHTTPRequestHandler *self)
{
    PyObject *view, *items, *lines, *block;
    HTTPMessage *headers = NULL;
    int result = -1;

    if (self->headers == NULL) {
        return 0;
    }
    view = view_of_headers(self);
    if (view == NULL) {
        return PyErr_Occurred() ? -1 : 0; /* Python has not asked for them */
    }
    items = PyMapping_Items(view);
    lines = items == NULL ? NULL : map_list(items, header_line, NULL);
    block = lines == NULL ? NULL : join("", lines);
    if (block != NULL) {
        headers = HTTPMessage_parsestr(&HTTPMessage_class, block);
        Py_DECREF(block);
    }
    Py_XDECREF(lines);
    Py_XDECREF(items);
    if (headers != NULL) {
        Py_XSETREF(self->headers, headers);
        result = keep_view(self, view);
    }
    Py_DECREF(view);
    return result;
}

static PyObject *
get_environ(BaseHTTPRequestHandler *self)
{
    WSGIServer *server = (WSGIServer *)self->base.base.server;

    if (check_server(self) < 0 || check_client_address(self) < 0 ||
        check_parsed(self) < 0 || read_back_headers(self) < 0)
    {
        return NULL;
    }
    if (server->base_environ == NULL || !PyDict_Check(server->base_environ)) {
        lacks_attribute(server, "base_environ");
        return NULL;
    }
    return WSGIRequestHandler_get_environ(self);
}

/* The module cwsgiref.simple_server: borrowed, or NULL. */
static PyObject *
simple_server(void)
{
    static PyObject *module;

    if (module == NULL) {
        module = PyImport_ImportModule("cwsgiref.simple_server");
    }
    return module;
}

/* Whether what handle() makes is what C would make: Python code may have set
 * something of these classes, or the name ServerHandler. 1, 0, or -1. */
static int
server_handler_changed(void)
{
    PyObject *module = simple_server();
    PyObject *found = module == NULL
                          ? NULL
                          : PyObject_GetAttrString(module, "ServerHandler");
    int is_changed;

    if (found == NULL) {
        return -1;
    }
    Py_DECREF(found);
    if (found != (PyObject *)&ServerHandler_type) {
        return 1;
    }
    is_changed = family_changed(&ServerHandler_type);
    return is_changed == 0 ? family_changed(&Headers_type) : is_changed;
}

static int
handle(BaseRequestHandler *self)
{
    int is_changed = server_handler_changed();

    if (is_changed < 0 || check_server((BaseHTTPRequestHandler *)self) < 0) {
        return -1;
    }
    if (is_changed) {
        return discard(
            PyObject_CallMethod(simple_server(), "_handle", "O", self));
    }
    return WSGIRequestHandler_handle(self);
}

/* A do_* method of a Python class, of the name that the request has. */
static int
call_do_method(BaseHTTPRequestHandler *self)
{
    PyObject *name = PyUnicode_FromFormat("do_%S", self->command);
    PyObject *none = NULL;

    if (name != NULL) {
        none = PyObject_CallMethodNoArgs((PyObject *)self, name);
        Py_DECREF(name);
    }
    return discard(none);
}

static const DoMethod *
other_do_method(BaseHTTPRequestHandler *self, PyObject *mname)
{
    static const DoMethod method = { "do_*", call_do_method };
    PyObject *found = PyObject_GetAttr((PyObject *)self, mname);

    if (found == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    Py_DECREF(found);
    return &method;
}

/* ----- Methods ----- */

static const Slot BaseRequestHandler_slots[] = {
    { "__init__", "request, client_address, server",
      offsetof(BaseRequestHandlerClass, init), OTHER, call_init,
      (Function)python_init,
      "Handle the request: setup(), handle(), and always finish()." },
    { "setup", "", offsetof(BaseRequestHandlerClass, setup), NOTHING, NULL,
      (Function)python_setup, "What is done before handle()." },
    { "handle", "", offsetof(BaseRequestHandlerClass, handle), NOTHING, NULL,
      (Function)python_handle, "Answer the request." },
    { "finish", "", offsetof(BaseRequestHandlerClass, finish), NOTHING, NULL,
      (Function)python_finish, "What is done after handle()." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Slot BaseHTTPRequestHandler_slots[] = {
    { "parse_request", "",
      offsetof(BaseHTTPRequestHandlerClass, parse_request), OTHER,
      call_parse_request, (Function)python_parse_request,
      "Parse the request line and the headers; false if it is refused." },
    { "handle_expect_100", "",
      offsetof(BaseHTTPRequestHandlerClass, handle_expect_100), TRUTH, NULL,
      (Function)python_handle_expect_100,
      "Answer Expect: 100-continue; false if the request is refused." },
    { "handle_one_request", "",
      offsetof(BaseHTTPRequestHandlerClass, handle_one_request), NOTHING, NULL,
      (Function)python_handle_one_request,
      "Read one request, and call its do_ method." },
    { "send_error", "code, message=None, explain=None",
      offsetof(BaseHTTPRequestHandlerClass, send_error), OTHER,
      call_send_error, (Function)python_send_error,
      "Send an error with its page, and log it." },
    { "send_response", "code, message=None",
      offsetof(BaseHTTPRequestHandlerClass, send_response), OTHER,
      call_with_code, (Function)python_send_response,
      "Log the request, and begin the answer: status line, Server, Date." },
    { "send_response_only", "code, message=None",
      offsetof(BaseHTTPRequestHandlerClass, send_response_only), OTHER,
      call_with_code, (Function)python_send_response_only,
      "Add the status line to the headers." },
    { "send_header", "keyword, value",
      offsetof(BaseHTTPRequestHandlerClass, send_header), OTHER,
      call_send_header, (Function)python_send_header, "Add a header." },
    { "end_headers", "", offsetof(BaseHTTPRequestHandlerClass, end_headers),
      NOTHING, NULL, (Function)python_end_headers,
      "Add the blank line, and send the headers." },
    { "flush_headers", "",
      offsetof(BaseHTTPRequestHandlerClass, flush_headers), NOTHING, NULL,
      (Function)python_flush_headers, "Send the headers." },
    { "log_request", "code='-', size='-'",
      offsetof(BaseHTTPRequestHandlerClass, log_request), NOTHING, NULL,
      (Function)python_log_request, "Log a request that is answered." },
    { "log_error", "format, *args",
      offsetof(BaseHTTPRequestHandlerClass, log_error), OTHER,
      call_with_format, (Function)python_log_error, "Log an error." },
    { "log_message", "format, *args",
      offsetof(BaseHTTPRequestHandlerClass, log_message), OTHER,
      call_with_format, (Function)python_log_message,
      "Write a line of the log." },
    { "version_string", "",
      offsetof(BaseHTTPRequestHandlerClass, version_string), OBJECT, NULL,
      (Function)python_version_string, "The value of the header Server." },
    { "date_time_string", "timestamp=None",
      offsetof(BaseHTTPRequestHandlerClass, date_time_string), OTHER,
      call_date_time_string, (Function)python_date_time_string,
      "The value of the header Date." },
    { "log_date_time_string", "",
      offsetof(BaseHTTPRequestHandlerClass, log_date_time_string), OBJECT,
      NULL, (Function)python_log_date_time_string, "The time for the log." },
    { "address_string", "",
      offsetof(BaseHTTPRequestHandlerClass, address_string), OBJECT, NULL,
      (Function)python_address_string, "The client for the log." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Slot WSGIRequestHandler_slots[] = {
    { "get_environ", "", offsetof(WSGIRequestHandlerClass, get_environ),
      OBJECT, NULL, (Function)python_get_environ,
      "The environ of the request." },
    { "get_stderr", "", offsetof(WSGIRequestHandlerClass, get_stderr), OBJECT,
      NULL, (Function)python_get_stderr, "The stream for wsgi.errors." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

/* ----- Attributes ----- */

static const Constant StreamRequestHandler_constants[] = {
    { "rbufsize", offsetof(StreamRequestHandlerClass, rbufsize), &int_kind },
    { "wbufsize", offsetof(StreamRequestHandlerClass, wbufsize), &int_kind },
    { "timeout", offsetof(StreamRequestHandlerClass, timeout), &seconds_kind },
    { "disable_nagle_algorithm",
      offsetof(StreamRequestHandlerClass, disable_nagle_algorithm),
      &bool_kind },
    { NULL, 0, NULL },
};

static const Constant BaseHTTPRequestHandler_constants[] = {
    { "server_version", offsetof(BaseHTTPRequestHandlerClass, server_version),
      &text_kind },
    { "error_message_format",
      offsetof(BaseHTTPRequestHandlerClass, error_message_format),
      &text_kind },
    { "error_content_type",
      offsetof(BaseHTTPRequestHandlerClass, error_content_type), &text_kind },
    { "default_request_version",
      offsetof(BaseHTTPRequestHandlerClass, default_request_version),
      &text_kind },
    { "protocol_version",
      offsetof(BaseHTTPRequestHandlerClass, protocol_version), &text_kind },
    { NULL, 0, NULL },
};

/* A str, or None. */
static PyObject *
set_str(void *place, PyObject *value)
{
    if (value != NULL && value != Py_None && !PyUnicode_Check(value)) {
        return PyErr_Format(PyExc_TypeError, "a str is needed, not %.200s",
                            Py_TYPE(value)->tp_name);
    }
    return set_object(place, value);
}

static const Kind str_kind = { get_object, set_str };

/* bytes */
static PyObject *
set_line(void *place, PyObject *value)
{
    if (value != NULL && !PyBytes_Check(value)) {
        return PyErr_Format(PyExc_TypeError, "bytes are needed, not %.200s",
                            Py_TYPE(value)->tp_name);
    }
    return set_object(place, value);
}

static const Kind line_kind = { get_object, set_line };

/* Whose field it is. */
static BaseHTTPRequestHandler *
handler_of_headers(const void *place)
{
    size_t offset = offsetof(BaseHTTPRequestHandler, headers);

    return (BaseHTTPRequestHandler *)((char *)place - offset);
}

/* self.headers: Python has a Message with the same headers. */
static PyObject *
get_headers(const void *place)
{
    BaseHTTPRequestHandler *self = handler_of_headers(place);
    PyObject *view = view_of_headers(self);
    PyObject *cls, *items;

    if (view != NULL || PyErr_Occurred()) {
        return view;
    }
    if (self->headers == NULL) {
        return self->is_http_0_9 ? PyDict_New() : NULL;
    }
    cls = PyObject_GetAttrString((PyObject *)self, "MessageClass");
    view = cls == NULL ? NULL : PyObject_CallNoArgs(cls);
    items = view == NULL ? NULL : HTTPMessage_items(self->headers);
    if (items == NULL || PyObject_SetAttrString(view, "_headers", items) < 0 ||
        keep_view(self, view) < 0)
    {
        Py_CLEAR(view);
    }
    Py_XDECREF(items);
    Py_XDECREF(cls);
    return view;
}

/* `del self.headers` */
static int
delete_headers(BaseHTTPRequestHandler *self)
{
    if (self->headers == NULL && !self->is_http_0_9) {
        return lacks_attribute(self, "headers");
    }
    self->is_http_0_9 = false;
    if (keep_view(self, NULL) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
    }
    Py_CLEAR(self->headers);
    return 0;
}

/* C has an empty message until it needs one. */
static PyObject *
set_headers(void *place, PyObject *value)
{
    BaseHTTPRequestHandler *self = handler_of_headers(place);
    PyObject *empty;
    HTTPMessage *headers = NULL;

    if (value == NULL) {
        return as_none(delete_headers(self));
    }
    empty = PyUnicode_FromString("");
    if (empty != NULL) {
        headers = HTTPMessage_parsestr(&HTTPMessage_class, empty);
        Py_DECREF(empty);
    }
    if (headers == NULL) {
        return NULL;
    }
    Py_XSETREF(self->headers, headers);
    return as_none(keep_view(self, value));
}

static const Kind headers_kind = { get_headers, set_headers };

static const Field BaseRequestHandler_fields[] = {
    { "request", offsetof(BaseRequestHandler, request), &request_kind },
    { "client_address", offsetof(BaseRequestHandler, client_address),
      &object_kind },
    { "server", offsetof(BaseRequestHandler, server), &object_kind },
    { NULL, 0, NULL },
};

static const Field StreamRequestHandler_fields[] = {
    { "connection", offsetof(StreamRequestHandler, connection), &socket_kind },
    { "rfile", offsetof(StreamRequestHandler, rfile), &stream_kind },
    { "wfile", offsetof(StreamRequestHandler, wfile), &stream_kind },
    { NULL, 0, NULL },
};

static const Field DatagramRequestHandler_fields[] = {
    { "packet", offsetof(DatagramRequestHandler, packet), &object_kind },
    { "socket", offsetof(DatagramRequestHandler, socket), &socket_kind },
    { "rfile", offsetof(DatagramRequestHandler, rfile), &stream_kind },
    { "wfile", offsetof(DatagramRequestHandler, wfile), &stream_kind },
    { NULL, 0, NULL },
};

static const Field BaseHTTPRequestHandler_fields[] = {
    { "raw_requestline", offsetof(BaseHTTPRequestHandler, raw_requestline),
      &line_kind },
    { "requestline", offsetof(BaseHTTPRequestHandler, requestline),
      &str_kind },
    { "command", offsetof(BaseHTTPRequestHandler, command), &str_kind },
    { "path", offsetof(BaseHTTPRequestHandler, path), &str_kind },
    { "request_version", offsetof(BaseHTTPRequestHandler, request_version),
      &str_kind },
    { "headers", offsetof(BaseHTTPRequestHandler, headers), &headers_kind },
    { "close_connection", offsetof(BaseHTTPRequestHandler, close_connection),
      &bool_kind },
    { NULL, 0, NULL },
};

/* ----- The classes ----- */

static BaseRequestHandlerClass BaseRequestHandler_table,
    DatagramRequestHandler_table;
static StreamRequestHandlerClass StreamRequestHandler_table;
static BaseHTTPRequestHandlerClass BaseHTTPRequestHandler_table;
static WSGIRequestHandlerClass WSGIRequestHandler_table;

void
request_handlers_copy_tables(void)
{
    BaseHTTPRequestHandlerClass *http = &BaseHTTPRequestHandler_table;
    WSGIRequestHandlerClass *wsgi = &WSGIRequestHandler_table;

    BaseRequestHandler_table = BaseRequestHandler_class;
    DatagramRequestHandler_table = DatagramRequestHandler_class;
    StreamRequestHandler_table = StreamRequestHandler_class;
    *http = BaseHTTPRequestHandler_class;
    *wsgi = WSGIRequestHandler_class;

    DatagramRequestHandler_table.setup = setup_datagram;
    StreamRequestHandler_table.base.setup = setup;
    http->base.base.setup = setup;
    http->other_do_method = other_do_method;
    http->address_string = address_string;
    class_attributes_look(http);
    wsgi->base.base.base.setup = setup;
    wsgi->base.base.base.handle = handle;
    wsgi->base.other_do_method = other_do_method;
    wsgi->base.address_string = address_string;
    class_attributes_look(&wsgi->base);
    wsgi->get_environ = get_environ;
}

static const Class classes[] = {
    { &BaseRequestHandler_type, &BaseRequestHandler_table,
      sizeof(BaseRequestHandler_table), BaseRequestHandler_slots, NULL,
      BaseRequestHandler_fields, NULL,
      "Handles one request: an instance is made for it." },
    { &DatagramRequestHandler_type, &DatagramRequestHandler_table,
      sizeof(DatagramRequestHandler_table), NULL, NULL,
      DatagramRequestHandler_fields, NULL,
      "Handles a datagram: rfile is it, wfile its answer." },
    { &StreamRequestHandler_type, &StreamRequestHandler_table,
      sizeof(StreamRequestHandler_table), NULL, StreamRequestHandler_constants,
      StreamRequestHandler_fields, NULL,
      "Handles a connection: rfile and wfile are its two directions." },
    { &BaseHTTPRequestHandler_type, &BaseHTTPRequestHandler_table,
      sizeof(BaseHTTPRequestHandler_table), BaseHTTPRequestHandler_slots,
      BaseHTTPRequestHandler_constants, BaseHTTPRequestHandler_fields, NULL,
      "Handles an HTTP request: do_GET() answers a GET." },
    { &WSGIRequestHandler_type, &WSGIRequestHandler_table,
      sizeof(WSGIRequestHandler_table), WSGIRequestHandler_slots, NULL, NULL,
      NULL, "Handles an HTTP request by a WSGI application." },
    { NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL },
};

/* Until Python code sets them, the streams are there and have no methods. */
static int new (PyObject *op)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)op;
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)op;

    if (PyObject_TypeCheck(op, &StreamRequestHandler_type)) {
        stream->rfile = stream_of(missing);
        stream->wfile = stream_of(missing);
        return stream->rfile == NULL || stream->wfile == NULL ? -1 : 0;
    }
    if (PyObject_TypeCheck(op, &DatagramRequestHandler_type)) {
        datagram->rfile = stream_of(missing);
        datagram->wfile = stream_of(missing);
        datagram->socket = socket_of(missing);
        return datagram->rfile == NULL || datagram->wfile == NULL ||
                       datagram->socket == NULL
                   ? -1
                   : 0;
    }
    return 0;
}

/* The structs share a beginning. The largest one has room for all. */
_Static_assert(sizeof(BaseHTTPRequestHandler) >=
                   sizeof(DatagramRequestHandler),
               "the largest struct");

const Family request_handlers_family = {
    .classes = classes,
    .instance_size = sizeof(BaseHTTPRequestHandler),
    .table_size = sizeof(WSGIRequestHandlerClass),
    .cls = offsetof(BaseRequestHandler, cls),
    .refresh = family_refresh,
    .new = new,
};
