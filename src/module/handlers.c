/* The classes of wsgiref.handlers for Python: what calls an override, one
 * function for each slot; the class attributes; the fields; each __init__; and
 * the lists of all that. */
#include "module/handlers.h"

#include "handlers/cgi_handler.h"
#include "module/headers.h"
#include "module/family.h"
#include "module/kinds.h"
#include "python/objects.h"
#include "server/base_http_request_handler.h"
#include "server/server_handler.h"

/* ----- Overrides ----- */

static int
python_run(BaseHandler *self, PyObject *application)
{
    return discard(call_override(self, "run", 1, application));
}

static int
python_setup_environ(BaseHandler *self)
{
    return discard(call_override(self, "setup_environ", 0));
}

static int
python_finish_response(BaseHandler *self)
{
    return discard(call_override(self, "finish_response", 0));
}

static PyObject *
python_get_scheme(BaseHandler *self)
{
    return call_override(self, "get_scheme", 0);
}

static int
python_set_content_length(BaseHandler *self)
{
    return discard(call_override(self, "set_content_length", 0));
}

static int
python_cleanup_headers(BaseHandler *self)
{
    return discard(call_override(self, "cleanup_headers", 0));
}

static PyObject *
python_start_response(BaseHandler *self, PyObject *status, PyObject *headers,
                      PyObject *exc_info)
{
    return call_override(self, "start_response", exc_info == NULL ? 2 : 3,
                         status, headers, exc_info);
}

static int
python_send_preamble(BaseHandler *self)
{
    return discard(call_override(self, "send_preamble", 0));
}

static int
python_write(BaseHandler *self, PyObject *data)
{
    return discard(call_override(self, "write", 1, data));
}

static int
python_sendfile(BaseHandler *self)
{
    return truth(call_override(self, "sendfile", 0));
}

static int
python_finish_content(BaseHandler *self)
{
    return discard(call_override(self, "finish_content", 0));
}

static int
python_close(BaseHandler *self)
{
    return discard(call_override(self, "close", 0));
}

static int
python_send_headers(BaseHandler *self)
{
    return discard(call_override(self, "send_headers", 0));
}

static int
python_result_is_file(BaseHandler *self)
{
    return truth(call_override(self, "result_is_file", 0));
}

static int
python_client_is_modern(BaseHandler *self)
{
    return truth(call_override(self, "client_is_modern", 0));
}

static int
python_log_exception(BaseHandler *self, PyObject *exc_info)
{
    return discard(call_override(self, "log_exception", 1, exc_info));
}

static int
python_handle_error(BaseHandler *self)
{
    return discard(call_override(self, "handle_error", 0));
}

static PyObject *
python_error_output(BaseHandler *self, PyObject *environ_,
                    PyObject *start_response)
{
    return call_override(self, "error_output", 2, environ_, start_response);
}

static int
python__write(BaseHandler *self, PyObject *data)
{
    return discard(call_override(self, "_write", 1, data));
}

static int
python__flush(BaseHandler *self)
{
    return discard(call_override(self, "_flush", 0));
}

static PyObject *
python_get_stdin(BaseHandler *self)
{
    return call_override(self, "get_stdin", 0);
}

static PyObject *
python_get_stderr(BaseHandler *self)
{
    return call_override(self, "get_stderr", 0);
}

static int
python_add_cgi_vars(BaseHandler *self)
{
    return discard(call_override(self, "add_cgi_vars", 0));
}

/* ----- Calls from Python ----- */

/* log_exception(exc_info): C takes a tuple of three. */
static PyObject *
call_log_exception(PyObject *self, Function function, PyObject *values[])
{
    PyObject *exc_info = PyTuple_New(3);
    int result = exc_info == NULL ? -1 : 0;

    for (Py_ssize_t i = 0; i < 3 && result == 0; i++) {
        PyObject *index = PyLong_FromSsize_t(i);
        PyObject *item =
            index == NULL ? NULL : PyObject_GetItem(values[0], index);

        Py_XDECREF(index);
        result = item == NULL ? -1 : PyTuple_SetItem(exc_info, i, item);
    }
    if (result == 0) {
        result = ((int (*)(PyObject *, PyObject *))function)(self, exc_info);
    }
    Py_XDECREF(exc_info);
    return as_none(result);
}

static const Slot BaseHandler_slots[] = {
    { "run", "application", offsetof(BaseHandlerClass, run), NOTHING, NULL,
      (Function)python_run, "Invoke the application." },
    { "setup_environ", "", offsetof(BaseHandlerClass, setup_environ), NOTHING,
      NULL, (Function)python_setup_environ,
      "Make the environment of one request." },
    { "finish_response", "", offsetof(BaseHandlerClass, finish_response),
      NOTHING, NULL, (Function)python_finish_response,
      "Send what the application has returned, then close it." },
    { "get_scheme", "", offsetof(BaseHandlerClass, get_scheme), OBJECT, NULL,
      (Function)python_get_scheme, "The scheme of the URL: http or https." },
    { "set_content_length", "", offsetof(BaseHandlerClass, set_content_length),
      NOTHING, NULL, (Function)python_set_content_length,
      "Set Content-Length, where the length is known." },
    { "cleanup_headers", "", offsetof(BaseHandlerClass, cleanup_headers),
      NOTHING, NULL, (Function)python_cleanup_headers,
      "Make the last changes to the headers, as a rule the length." },
    { "start_response", "status, headers, exc_info=None",
      offsetof(BaseHandlerClass, start_response), OBJECT, NULL,
      (Function)python_start_response,
      "The start_response() that PEP 3333 describes." },
    { "send_preamble", "", offsetof(BaseHandlerClass, send_preamble), NOTHING,
      NULL, (Function)python_send_preamble,
      "Send the status line, Date and Server." },
    { "write", "data", offsetof(BaseHandlerClass, write), NOTHING, NULL,
      (Function)python_write, "The write() that PEP 3333 describes." },
    { "sendfile", "", offsetof(BaseHandlerClass, sendfile), TRUTH, NULL,
      (Function)python_sendfile,
      "Send a file in a way of the system's; true if that was done." },
    { "finish_content", "", offsetof(BaseHandlerClass, finish_content),
      NOTHING, NULL, (Function)python_finish_content,
      "See to it that the headers are sent." },
    { "close", "", offsetof(BaseHandlerClass, close), NOTHING, NULL,
      (Function)python_close, "Close the iterable, and forget the request." },
    { "send_headers", "", offsetof(BaseHandlerClass, send_headers), NOTHING,
      NULL, (Function)python_send_headers, "Send the headers." },
    { "result_is_file", "", offsetof(BaseHandlerClass, result_is_file), TRUTH,
      NULL, (Function)python_result_is_file,
      "Whether the result is of the class wsgi_file_wrapper." },
    { "client_is_modern", "", offsetof(BaseHandlerClass, client_is_modern),
      TRUTH, NULL, (Function)python_client_is_modern,
      "Whether the client understands a status line and headers." },
    { "log_exception", "exc_info", offsetof(BaseHandlerClass, log_exception),
      OTHER, call_log_exception, (Function)python_log_exception,
      "Write the traceback to the error stream." },
    { "handle_error", "", offsetof(BaseHandlerClass, handle_error), NOTHING,
      NULL, (Function)python_handle_error,
      "Log the exception, and send the error page if that is possible." },
    { "error_output", "environ, start_response",
      offsetof(BaseHandlerClass, error_output), OBJECT, NULL,
      (Function)python_error_output, "The WSGI application of an error." },
    { "_write", "data", offsetof(BaseHandlerClass, _write), NOTHING, NULL,
      (Function)python__write, "Send the data, maybe buffered." },
    { "_flush", "", offsetof(BaseHandlerClass, _flush), NOTHING, NULL,
      (Function)python__flush, "Send what is buffered." },
    { "get_stdin", "", offsetof(BaseHandlerClass, get_stdin), OBJECT, NULL,
      (Function)python_get_stdin, "The object for wsgi.input." },
    { "get_stderr", "", offsetof(BaseHandlerClass, get_stderr), OBJECT, NULL,
      (Function)python_get_stderr, "The object for wsgi.errors." },
    { "add_cgi_vars", "", offsetof(BaseHandlerClass, add_cgi_vars), NOTHING,
      NULL, (Function)python_add_cgi_vars,
      "Put the variables of the request into self.environ." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

/* ----- Class attributes ----- */

/* wsgi_version: int[2], a tuple */
static PyObject *
get_version(const void *place)
{
    const int *numbers = place;

    return Py_BuildValue("(ii)", numbers[0], numbers[1]);
}

static PyObject *
set_version(void *place, PyObject *value)
{
    int *numbers = place;

    if (value == NULL || !PyTuple_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "wsgi_version must be a tuple");
        return NULL;
    }
    if (!PyArg_ParseTuple(value, "ii;wsgi_version must be two ints",
                          &numbers[0], &numbers[1]))
    {
        return NULL;
    }
    return Py_NewRef(Py_None);
}

static const Kind version_kind = { get_version, set_version };

/* os_environ: where a dict is */
static PyObject *
get_environ(const void *place)
{
    PyObject *const *const *environ_ = place;

    return Py_XNewRef(**environ_);
}

static PyObject *
set_environ(void *place, PyObject *value)
{
    PyObject *holder;

    if (value == NULL || !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "os_environ must be a dict");
        return NULL;
    }
    holder = PyTuple_Pack(1, value);
    if (holder != NULL) {
        *(PyObject ***)place = &PyTuple_GET_ITEM(holder, 0);
    }
    return holder;
}

static const Kind environ_kind = { get_environ, set_environ };

/* traceback_limit: -1 is None */
static PyObject *
get_limit(const void *place)
{
    int limit = *(const int *)place;

    return limit < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(limit);
}

static PyObject *
set_limit(void *place, PyObject *value)
{
    if (value == Py_None) {
        *(int *)place = -1;
        return Py_NewRef(Py_None);
    }
    return int_kind.set(place, value);
}

static const Kind limit_kind = { get_limit, set_limit };

/* error_headers: pairs of text, ended by NULL; a list of tuples */
static PyObject *
get_pairs(const void *place)
{
    return list_of_pairs(*(const HeaderPair *const *)place);
}

static void
free_pairs(PyObject *capsule)
{
    Py_XDECREF(PyCapsule_GetContext(capsule));
    PyMem_Free(PyCapsule_GetPointer(capsule, NULL));
}

/* The capsule owns the pairs, and holds the strings that they point into. */
static PyObject *
set_pairs(void *place, PyObject *value)
{
    PyObject *tuple = value == NULL ? NULL : PySequence_Tuple(value);
    PyObject *capsule = NULL;
    HeaderPair *pairs = NULL;
    Py_ssize_t count;

    if (tuple == NULL) {
        goto done;
    }
    count = PyTuple_GET_SIZE(tuple);
    pairs = PyMem_Calloc((size_t)count + 1, sizeof(*pairs));
    if (pairs == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!PyArg_Parse(PyTuple_GET_ITEM(tuple, i),
                         "(ss);error_headers must be pairs of str",
                         &pairs[i].name, &pairs[i].value))
        {
            goto done;
        }
    }
    capsule = PyCapsule_New(pairs, NULL, free_pairs);
    if (capsule != NULL) {
        *(const HeaderPair **)place = pairs;
        pairs = NULL;
        (void)PyCapsule_SetContext(capsule, Py_NewRef(tuple));
    }

done:
    PyMem_Free(pairs);
    Py_XDECREF(tuple);
    return capsule;
}

static const Kind pairs_kind = { get_pairs, set_pairs };

static const Constant BaseHandler_constants[] = {
    { "wsgi_version", offsetof(BaseHandlerClass, wsgi_version),
      &version_kind },
    { "wsgi_multithread", offsetof(BaseHandlerClass, wsgi_multithread),
      &bool_kind },
    { "wsgi_multiprocess", offsetof(BaseHandlerClass, wsgi_multiprocess),
      &bool_kind },
    { "wsgi_run_once", offsetof(BaseHandlerClass, wsgi_run_once), &bool_kind },
    { "origin_server", offsetof(BaseHandlerClass, origin_server), &bool_kind },
    { "http_version", offsetof(BaseHandlerClass, http_version), &text_kind },
    { "server_software", offsetof(BaseHandlerClass, server_software),
      &text_or_none_kind },
    { "os_environ", offsetof(BaseHandlerClass, os_environ), &environ_kind },
    { "wsgi_file_wrapper", offsetof(BaseHandlerClass, wsgi_file_wrapper),
      &borrowed_kind },
    { "headers_class", offsetof(BaseHandlerClass, headers_class),
      &headers_class_kind },
    { "traceback_limit", offsetof(BaseHandlerClass, traceback_limit),
      &limit_kind },
    { "error_status", offsetof(BaseHandlerClass, error_status), &text_kind },
    { "error_headers", offsetof(BaseHandlerClass, error_headers),
      &pairs_kind },
    { "error_body", offsetof(BaseHandlerClass, error_body), &bytes_kind },
    { NULL, 0, NULL },
};

/* ----- Fields ----- */

/* request_handler: an object of ours, whose log_request() is called */
static PyObject *
set_request_handler(void *place, PyObject *value)
{
    if (value != NULL &&
        !PyObject_TypeCheck(value, &BaseHTTPRequestHandler_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "request_handler must be a BaseHTTPRequestHandler");
        return NULL;
    }
    return set_object(place, value);
}

static const Kind request_handler_kind = { get_object, set_request_handler };

static const Field BaseHandler_fields[] = {
    { "environ", offsetof(BaseHandler, environ), &object_kind },
    { "status", offsetof(BaseHandler, status), &object_or_none_kind },
    { "result", offsetof(BaseHandler, result), &object_or_none_kind },
    { "headers", offsetof(BaseHandler, headers), &headers_kind },
    { "headers_sent", offsetof(BaseHandler, headers_sent), &bool_kind },
    { "bytes_sent", offsetof(BaseHandler, bytes_sent), &size_kind },
    { NULL, 0, NULL },
};

static const Field SimpleHandler_fields[] = {
    { "stdin", offsetof(SimpleHandler, stdin), &object_kind },
    { "stdout", offsetof(SimpleHandler, stdout), &stream_kind },
    { "stderr", offsetof(SimpleHandler, stderr), &object_kind },
    { "base_env", offsetof(SimpleHandler, base_env), &object_kind },
    { NULL, 0, NULL },
};

static const Field ServerHandler_fields[] = {
    { "request_handler", offsetof(ServerHandler, request_handler),
      &request_handler_kind },
    { NULL, 0, NULL },
};

/* ----- __init__ ----- */

/* What SimpleHandler_init() has set in the fields, for those who read the
 * attributes. */
static int
show_flags(BaseHandler *self, PyObject *multithread, PyObject *multiprocess)
{
    if (PyObject_SetAttrString((PyObject *)self, "wsgi_multithread",
                               multithread) < 0)
    {
        return -1;
    }
    return PyObject_SetAttrString((PyObject *)self, "wsgi_multiprocess",
                                  multiprocess);
}

static PyObject *
call_SimpleHandler_init(PyObject *op, Function function, PyObject *values[])
{
    BaseHandler *self = (BaseHandler *)op;
    PyObject *multithread = values[4] == NULL ? Py_True : values[4];
    PyObject *multiprocess = values[5] == NULL ? Py_False : values[5];
    BufferedIOBase *out = NULL;
    int result = 0;

    (void)function;
    if (values[1] != Py_None) {
        out = stream_of(values[1]);
        result = out == NULL ? -1 : 0;
    }
    if (result == 0) {
        result = SimpleHandler_init(self, values[0], out, values[2], values[3],
                                    true, false);
    }
    Py_XDECREF(out);
    if (result == 0) {
        result = show_flags(self, multithread, multiprocess);
    }
    return as_none(result);
}

static PyObject *
call_CGIHandler_init(PyObject *self, Function function, PyObject *values[])
{
    (void)function;
    (void)values;
    if (CGIHandler_init((BaseHandler *)self) < 0 ||
        show_flags((BaseHandler *)self, Py_False, Py_True) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_IISCGIHandler_init(PyObject *self, Function function, PyObject *values[])
{
    (void)function;
    (void)values;
    if (IISCGIHandler_init((BaseHandler *)self) < 0 ||
        show_flags((BaseHandler *)self, Py_False, Py_True) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const Slot SimpleHandler_methods[] = {
    { "__init__",
      "stdin, stdout, stderr, environ, multithread=True, multiprocess=False",
      0, OTHER, call_SimpleHandler_init, NULL,
      "Set the streams, the environ to begin with and the flags." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Slot CGIHandler_methods[] = {
    { "__init__", "", 0, OTHER, call_CGIHandler_init, NULL,
      "Take the streams and the environment of the process." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Slot IISCGIHandler_methods[] = {
    { "__init__", "", 0, OTHER, call_IISCGIHandler_init, NULL,
      "Take them, and PATH_INFO without SCRIPT_NAME in it." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

/* ----- Methods without a slot ----- */

static PyObject *
call__convert_string_type(PyObject *self, Function function,
                          PyObject *values[])
{
    const char *title =
        PyUnicode_Check(values[1]) ? PyUnicode_AsUTF8(values[1]) : "the value";

    (void)function;
    return title == NULL ? NULL
                         : BaseHandler__convert_string_type(
                               (BaseHandler *)self, values[0], title);
}

static const Slot BaseHandler_methods[] = {
    { "_convert_string_type", "value, title", 0, OTHER,
      call__convert_string_type, NULL,
      "The value, if it is a str; AssertionError if not." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

/* ----- The classes ----- */

/* As BaseHandler_new(). */
static void
refreshed(PyObject *op)
{
    BaseHandler *self = (BaseHandler *)op;

    copy_class_attributes(self);
    /* else self._flush() has replaced itself by now */
    if (self->_flush == NULL || self->_flush == SimpleHandler_class._flush ||
        self->_flush == BaseHandler_class._flush)
    {
        self->_flush = self->cls->_flush;
    }
}

/* self.name, a field: a new reference, or NULL. */
static PyObject *
get_stream(const BaseHandler *self, PyObject *field, const char *name)
{
    if (field == NULL) {
        lacks_attribute(self, name);
    }
    return Py_XNewRef(field);
}

static PyObject *
get_stdin(BaseHandler *self)
{
    return get_stream(self, ((SimpleHandler *)self)->stdin, "stdin");
}

static PyObject *
get_stderr(BaseHandler *self)
{
    return get_stream(self, ((SimpleHandler *)self)->stderr, "stderr");
}

/* The tables of C, but that what is set on Headers is seen, and a stream that
 * is not there. */
static BaseHandlerClass BaseHandler_table, SimpleHandler_table,
    BaseCGIHandler_table, CGIHandler_table, IISCGIHandler_table,
    ServerHandler_table;

void
handlers_copy_tables(void)
{
    BaseHandlerClass *const simple[] = {
        &SimpleHandler_table, &BaseCGIHandler_table, &CGIHandler_table,
        &IISCGIHandler_table, &ServerHandler_table,
    };

    BaseHandler_table = BaseHandler_class;
    SimpleHandler_table = SimpleHandler_class;
    BaseCGIHandler_table = BaseCGIHandler_class;
    CGIHandler_table = CGIHandler_class;
    IISCGIHandler_table = IISCGIHandler_class;
    ServerHandler_table = ServerHandler_class;
    BaseHandler_table.headers_class = &Headers_as_it_is;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(simple); i++) {
        simple[i]->headers_class = &Headers_as_it_is;
        simple[i]->get_stdin = get_stdin;
        simple[i]->get_stderr = get_stderr;
    }
}

static const Class classes[] = {
    { &BaseHandler_type, &BaseHandler_table, sizeof(BaseHandler_table),
      BaseHandler_slots, BaseHandler_constants, BaseHandler_fields,
      BaseHandler_methods, "Runs a WSGI application, and sends its answer." },
    { &SimpleHandler_type, &SimpleHandler_table, sizeof(SimpleHandler_table),
      NULL, NULL, SimpleHandler_fields, SimpleHandler_methods,
      "A handler over three streams and an environment." },
    { &BaseCGIHandler_type, &BaseCGIHandler_table,
      sizeof(BaseCGIHandler_table), NULL, NULL, NULL, NULL,
      "The same behind a web server, to which it speaks CGI." },
    { &CGIHandler_type, &CGIHandler_table, sizeof(CGIHandler_table), NULL,
      NULL, NULL, CGIHandler_methods, "The one request of a CGI program." },
    { &IISCGIHandler_type, &IISCGIHandler_table, sizeof(IISCGIHandler_table),
      NULL, NULL, NULL, IISCGIHandler_methods,
      "The same under IIS, which repeats SCRIPT_NAME in PATH_INFO." },
    { &ServerHandler_type, &ServerHandler_table, sizeof(ServerHandler_table),
      NULL, NULL, ServerHandler_fields, NULL,
      "The handler of a server's request, which logs it." },
    { NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL },
};

const Family handlers_family = {
    .classes = classes,
    .instance_size = sizeof(ServerHandler),
    .table_size = sizeof(BaseHandlerClass),
    .cls = offsetof(BaseHandler, cls),
    .refresh = family_refresh,
    .refreshed = refreshed,
};
