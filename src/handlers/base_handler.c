/* Lib/wsgiref/handlers.py: BaseHandler, in Python's order: run, which makes the
 * environ and calls the application; start_response and write, which the
 * application calls; what they send; what happens to an error; and at the end
 * what a subclass fills in, the type and the table.
 *
 * The fields may change while Python code runs: the application can call
 * start_response, or close the handler, from within a call that we make. So a
 * function that calls Python with a field holds it until the call is over. */
#include "handlers/base_handler.h"

#include <string.h>

#include "handlers/handlers.h"
#include "handlers/run_frame.h"
#include "python/arguments.h"
#include "python/errors.h"
#include "python/latin1.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/release.h"
#include "python/unpack.h"
#include "util/file_wrapper.h"
#include "util/util.h"

PyObject *BaseHandler_os_environ;

const HeaderPair BaseHandler_error_headers[] = {
    { "Content-Type", "text/plain" },
    { NULL, NULL },
};

/* ----- Running the application ----- */

void
copy_class_attributes(BaseHandler *self)
{
    const BaseHandlerClass *cls = self->cls;

    self->wsgi_multithread = cls->wsgi_multithread;
    self->wsgi_multiprocess = cls->wsgi_multiprocess;
    self->wsgi_run_once = cls->wsgi_run_once;
    self->origin_server = cls->origin_server;
    self->http_version = cls->http_version;
    self->server_software = cls->server_software;
}

BaseHandler *
BaseHandler_new(const BaseHandlerClass *cls)
{
    BaseHandler *self = (BaseHandler *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls;
    copy_class_attributes(self);
    self->_flush = cls->_flush;
    self->environ = Py_NewRef(Py_None);
    self->status = Py_NewRef(Py_None);
    self->result = Py_NewRef(Py_None);
    return self;
}

/* A loop over what the application gives: mostly a list. Python code that runs
 * meanwhile may change it. */
typedef struct Loop {
    PyObject *iterator; /* owned; a list is its own */
    Py_ssize_t next;    /* of a list */
} Loop;

/* `for data in iterable` begins. A list needs no iterator: 250 instructions
 * less. 0 or -1. */
static int
loop_begin(Loop *loop, PyObject *iterable)
{
    loop->next = 0;
    loop->iterator = PyList_CheckExact(iterable) ? Py_NewRef(iterable)
                                                 : PyObject_GetIter(iterable);
    return loop->iterator == NULL ? -1 : 0;
}

/* What is next, a new reference; NULL at the end, or with an exception. */
static PyObject *
loop_next(Loop *loop)
{
    PyObject *data;

    if (!PyList_CheckExact(loop->iterator)) {
        return PyIter_Next(loop->iterator);
    }
    if (loop->next >= PyList_GET_SIZE(loop->iterator)) {
        return NULL;
    }
    data = PyList_GET_ITEM(loop->iterator, loop->next);
    loop->next++;
    return Py_NewRef(data);
}

/* self.headers, held: a new reference, or NULL for None. */
static Headers *
hold_headers(BaseHandler *self)
{
    return (Headers *)Py_XNewRef((PyObject *)self->headers);
}

/* `self.start_response`, as the application calls it. Nearly every one gives
 * the two arguments by their places: they need no tuple, and the signature is
 * not looked at. That is 600 instructions less. */
static PyObject *
call_start_response(PyObject *self, PyObject *const *args, Py_ssize_t count,
                    PyObject *kwnames)
{
    BaseHandler *handler = (BaseHandler *)self;
    PyObject *values[3];

    if (count == 2 && kwnames == NULL) {
        return handler->cls->start_response(handler, args[0], args[1], NULL);
    }
    if (bind_vector(values,
                    "BaseHandler.start_response(status, headers, exc_info=)",
                    args, count, kwnames) < 0)
    {
        return NULL;
    }
    return handler->cls->start_response(handler, values[0], values[1],
                                        values[2]);
}

static PyMethodDef start_response_def = {
    "start_response",
    (PyCFunction)(void (*)(void))call_start_response,
    METH_FASTCALL | METH_KEYWORDS,
    /* for inspect.signature() and help(), which know Python's by themselves */
    "start_response($self, /, status, headers, exc_info=None)\n--\n\n"
    "'start_response()' callable as specified by PEP 3333",
};

/* `self.write`, as the application calls it. */
static PyObject *
call_write(PyObject *self, PyObject *args, PyObject *kwargs)
{
    BaseHandler *handler = (BaseHandler *)self;
    PyObject *data;

    if (bind_arguments(&data, "BaseHandler.write(data)", args, kwargs) < 0) {
        return NULL;
    }
    if (handler->cls->write(handler, data) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef write_def = {
    "write",
    (PyCFunction)(void (*)(void))call_write,
    METH_VARARGS | METH_KEYWORDS,
    "write($self, /, data)\n--\n\n"
    "'write()' callable as specified by PEP 3333",
};

/* application(self.environ, self.start_response), on that line: a new
 * reference, or NULL, with the frame of run() in the traceback. */
static PyObject *
call_application(BaseHandler *self, PyObject *application, int line)
{
    PyObject *run = run_frame(__FILE__, line); /* borrowed */
    PyObject *env = hold(self->environ);
    PyObject *start_response = NULL, *result = NULL;

    if (run != NULL) {
        start_response =
            PyCFunction_NewEx(&start_response_def, (PyObject *)self, NULL);
    }
    if (!FAILED_IN(BaseHandler_run, start_response == NULL)) {
        result = PyObject_Vectorcall(
            run, (PyObject *[]){ application, env, start_response }, 3, NULL);
        Py_DECREF(start_response);
    }
    Py_DECREF(env);
    return result;
}

/* Lib/wsgiref/handlers.py: BaseHandler.run
 *
 * It does not close, but for the case that reporting an error fails: a
 * subclass whose finish_response() only begins the output is still at it when
 * run() returns. */
int
BaseHandler_run(BaseHandler *self, PyObject *application)
{
    PyObject *iterable;
    Handled handled, second;
    int result = 0;

    /* try: */
    if (FAILED(self->cls->setup_environ(self) < 0)) {
        goto except;
    }
    iterable = call_application(self, application, __LINE__);
    if (iterable == NULL) {
        goto except;
    }
    Py_XSETREF(self->result, iterable);
    if (FAILED(self->cls->finish_response(self) < 0)) {
        goto except;
    }
    return 0;

except:
    if (PyErr_ExceptionMatches(PyExc_ConnectionAbortedError) ||
        PyErr_ExceptionMatches(PyExc_BrokenPipeError) ||
        PyErr_ExceptionMatches(PyExc_ConnectionResetError))
    {
        /* The client may close the connection at any time. */
        PyErr_Clear();
        return 0;
    }
    handled = except_enter();
    if (FAILED(self->cls->handle_error(self) < 0)) { /* try: */
        /* except: self.close(); raise */
        second = except_enter();
        if (!FAILED(self->cls->close(self) < 0)) {
            RERAISE(); /* the server above takes it from here */
        }
        except_leave(second);
        result = -1;
    }
    except_leave(handled);
    return result;
}

/* env.setdefault('SERVER_SOFTWARE', server_software) */
static int
set_default_software(PyObject *env, const char *server_software)
{
    int known = PyDict_Contains(env, names.SERVER_SOFTWARE);

    if (known != 0) {
        return known < 0 ? -1 : 0;
    }
    return set_item(env, names.SERVER_SOFTWARE,
                    PyUnicode_FromString(server_software));
}

/* self.wsgi_version, a tuple: a new reference. As in Python it is the same one
 * for every request; that of the last one is kept. */
static PyObject *
wsgi_version(const BaseHandlerClass *cls)
{
    static PyObject *pair; /* owned; that of `kept`, or NULL */
    static int kept[2];
    const int *wanted = cls->wsgi_version;

    if (pair == NULL || kept[0] != wanted[0] || kept[1] != wanted[1]) {
        Py_XSETREF(pair, Py_BuildValue("(ii)", wanted[0], wanted[1]));
        kept[0] = wanted[0];
        kept[1] = wanted[1];
    }
    return Py_XNewRef(pair);
}

/* Lib/wsgiref/handlers.py: BaseHandler.setup_environ */
int
BaseHandler_setup_environ(BaseHandler *self)
{
    const BaseHandlerClass *cls = self->cls;
    PyObject *env = PyDict_Copy(*cls->os_environ);
    int result = -1;

    if (FAILED(env == NULL)) {
        return -1;
    }
    Py_XSETREF(self->environ, Py_NewRef(env));
    if (FAILED(cls->add_cgi_vars(self) < 0) ||
        FAILED(set_item(env, names.wsgi_input, cls->get_stdin(self)) < 0) ||
        FAILED(set_item(env, names.wsgi_errors, cls->get_stderr(self)) < 0) ||
        FAILED(set_item(env, names.wsgi_version, wsgi_version(cls)) < 0) ||
        FAILED(set_item(env, names.wsgi_run_once,
                        PyBool_FromLong(self->wsgi_run_once)) < 0) ||
        FAILED(set_item(env, names.wsgi_url_scheme, cls->get_scheme(self)) <
               0) ||
        FAILED(set_item(env, names.wsgi_multithread,
                        PyBool_FromLong(self->wsgi_multithread)) < 0) ||
        FAILED(set_item(env, names.wsgi_multiprocess,
                        PyBool_FromLong(self->wsgi_multiprocess)) < 0))
    {
        goto done;
    }
    if (cls->wsgi_file_wrapper != NULL &&
        FAILED(set_item(env, names.wsgi_file_wrapper,
                        Py_NewRef((PyObject *)cls->wsgi_file_wrapper)) < 0))
    {
        goto done;
    }
    if (self->origin_server && self->server_software != NULL &&
        self->server_software[0] != '\0' &&
        FAILED(set_default_software(env, self->server_software) < 0))
    {
        goto done;
    }
    result = 0;

done:
    Py_DECREF(env);
    return result;
}

/* if hasattr(self.result, 'close'): self.result.close() */
static int
close_result(BaseHandler *self)
{
    PyObject *iterable = hold(self->result);
    int result = close_if_any(iterable);

    Py_DECREF(iterable);
    return result;
}

/* Lib/wsgiref/handlers.py: BaseHandler.finish_response */
int
BaseHandler_finish_response(BaseHandler *self)
{
    Loop loop = { NULL, 0 };
    PyObject *data;
    Handled handled;
    int sent, written;

    /* try: */
    sent = self->cls->result_is_file(self);
    if (FAILED(sent < 0)) {
        goto except;
    }
    if (sent) {
        sent = self->cls->sendfile(self);
        if (FAILED(sent < 0)) {
            goto except;
        }
    }
    if (!sent) {
        PyObject *result = self->result == NULL ? Py_None : self->result;

        if (FAILED(loop_begin(&loop, result) < 0)) {
            goto except;
        }
        while ((data = loop_next(&loop)) != NULL) {
            written = self->cls->write(self, data);
            Py_DECREF(data);
            if (FAILED(written < 0)) {
                goto except;
            }
        }
        if (FAILED(PyErr_Occurred() != NULL)) {
            goto except;
        }
        Py_CLEAR(loop.iterator); /* before finish_content(), as in Python */
        if (FAILED(self->cls->finish_content(self) < 0)) {
            goto except;
        }
    }
    /* else: not in case of an exception, for close() sets status, result,
     * headers, and environ to None. */
    return TRACED(self->cls->close(self));

except:
    Py_XDECREF(loop.iterator);
    handled = except_enter();
    if (!FAILED(close_result(self) < 0)) {
        RERAISE();
    }
    except_leave(handled);
    return -1;
}

/* Lib/wsgiref/handlers.py: BaseHandler.get_scheme */
PyObject *
BaseHandler_get_scheme(BaseHandler *self)
{
    PyObject *env = hold(self->environ);
    PyObject *scheme = guess_scheme(env);

    Py_DECREF(env);
    return FAILED(scheme == NULL) ? NULL : scheme;
}

/* ----- The response ----- */

/* self.headers[name] = value; takes the value. */
static int
set_header(BaseHandler *self, PyObject *name, PyObject *value)
{
    Headers *headers;
    int result;

    if (value == NULL) {
        return -1;
    }
    headers = hold_headers(self);
    result = headers == NULL
                 ? PyObject_SetItem(Py_None, name, value) /* raises */
                 : headers->cls->setitem(headers, name, value);
    Py_XDECREF(headers);
    Py_DECREF(value);
    return result;
}

/* Lib/wsgiref/handlers.py: BaseHandler.set_content_length
 *
 * self.result is None while the application itself calls write(). */
int
BaseHandler_set_content_length(BaseHandler *self)
{
    PyObject *iterable = hold(self->result);
    /* A generator has no length: the TypeError would cost 5,700 instructions,
     * and be thrown away. */
    Py_ssize_t blocks = has_length(iterable) ? PyObject_Size(iterable) : 0;

    Py_DECREF(iterable);
    if (FAILED(blocks < 0)) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError) &&
            !PyErr_ExceptionMatches(PyExc_AttributeError) &&
            !PyErr_ExceptionMatches(PyExc_NotImplementedError))
        {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    if (blocks != 1) {
        return 0;
    }
    return TRACED(
        set_header(self, names.Content_Length, decimal(self->bytes_sent)));
}

/* name in self.headers */
static int
has_header(BaseHandler *self, PyObject *name)
{
    Headers *headers = hold_headers(self);
    int result = headers == NULL
                     ? PySequence_Contains(Py_None, name) /* raises */
                     : headers->cls->contains(headers, name);

    Py_XDECREF(headers);
    return result;
}

/* Lib/wsgiref/handlers.py: BaseHandler.cleanup_headers */
int
BaseHandler_cleanup_headers(BaseHandler *self)
{
    int has_length = has_header(self, names.Content_Length);

    if (FAILED(has_length < 0)) {
        return -1;
    }
    if (has_length) {
        return 0;
    }
    return TRACED(self->cls->set_content_length(self));
}

static bool
has_control_character(PyObject *status)
{
    int kind = (int)PyUnicode_KIND(status);
    const void *data = PyUnicode_DATA(status);
    Py_ssize_t length = PyUnicode_GET_LENGTH(status);

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);

        if (c <= 0x1F || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* What a status (a str) must be; `asserts`: the asserts count as well. 0, or
 * -1 with ValueError or AssertionError. */
static int
require_valid_status(PyObject *status, bool asserts)
{
    int refused = has_control_character(status)
                      ? release_asked(status_control_characters_refused)
                      : 0;

    if (refused < 0) {
        return -1;
    }
    if (refused) {
        PyErr_SetString(PyExc_ValueError,
                        "Control characters are not allowed in status");
        return -1;
    }
    if (!asserts) {
        return 0;
    }
    if (PyUnicode_GET_LENGTH(status) < 4) {
        PyErr_SetString(PyExc_AssertionError,
                        "Status must be at least 4 characters");
        return -1;
    }
    for (Py_ssize_t i = 0; i < 3; i++) {
        if (!Py_UNICODE_ISDIGIT(PyUnicode_READ_CHAR(status, i))) {
            PyErr_SetString(PyExc_AssertionError,
                            "Status message must begin w/3-digit code");
            return -1;
        }
    }
    if (PyUnicode_READ_CHAR(status, 3) != ' ') {
        PyErr_SetString(PyExc_AssertionError,
                        "Status message must have a space after code");
        return -1;
    }
    return 0;
}

/* What start_response asserts of one header, a pair. */
static int
require_valid_header(BaseHandler *self, PyObject *pair)
{
    PyObject *name, *val;
    int hop_by_hop;
    int result = -1;

    if (unpack_pair(pair, &name, &val) < 0) {
        return -1;
    }
    Py_SETREF(name,
              BaseHandler__convert_string_type(self, name, "Header name"));
    if (name == NULL) {
        goto done;
    }
    Py_SETREF(val,
              BaseHandler__convert_string_type(self, val, "Header value"));
    if (val == NULL) {
        goto done;
    }
    hop_by_hop = is_hop_by_hop(name);
    if (hop_by_hop > 0) {
        PyErr_Format(PyExc_AssertionError,
                     "Hop-by-hop header, '%U: %U', not allowed", name, val);
    }
    result = hop_by_hop == 0 ? 0 : -1;

done:
    Py_XDECREF(name);
    Py_XDECREF(val);
    return result;
}

/* for name, val in headers: ... */
static int
require_valid_headers(BaseHandler *self, PyObject *headers)
{
    PyObject *pair;
    Loop loop;
    int result = 0;

    if (loop_begin(&loop, headers) < 0) {
        return -1;
    }
    while (result == 0 && (pair = loop_next(&loop)) != NULL) {
        result = require_valid_header(self, pair);
        Py_DECREF(pair);
    }
    Py_DECREF(loop.iterator);
    return PyErr_Occurred() ? -1 : 0;
}

/* Lib/wsgiref/handlers.py: BaseHandler.start_response */
PyObject *
BaseHandler_start_response(BaseHandler *self, PyObject *status,
                           PyObject *headers, PyObject *exc_info)
{
    int after_error = exc_info == NULL ? 0 : PyObject_IsTrue(exc_info);
    PyObject *result = NULL;
    Headers *wrapped;

    if (FAILED(after_error < 0)) {
        return NULL;
    }
    if (after_error) {
        if (self->headers_sent) {
            RERAISE();
            return NULL;
        }
    }
    else if (self->headers != NULL) {
        RAISE(PyExc_AssertionError, "Headers already set!");
        return NULL;
    }

    Py_XSETREF(self->status, Py_NewRef(status));
    wrapped = Headers_new(self->cls->headers_class, headers);
    if (FAILED(wrapped == NULL)) {
        return NULL;
    }
    Py_XSETREF(self->headers, wrapped);
    status = BaseHandler__convert_string_type(self, status, "Status");
    if (FAILED(status == NULL)) {
        return NULL;
    }
    if (release()->validate_status) {
        if (FAILED(BaseHandler__validate_status(self, status) < 0)) {
            goto done;
        }
    }
    else if (FAILED(require_valid_status(status, python_debug()) < 0)) {
        goto done;
    }
    if (python_debug() && FAILED(require_valid_headers(self, headers) < 0)) {
        goto done;
    }
    result = PyCFunction_NewEx(&write_def, (PyObject *)self, NULL);

done:
    Py_DECREF(status);
    return result;
}

/* Lib/wsgiref/handlers.py: BaseHandler._validate_status */
int
BaseHandler__validate_status(BaseHandler *self, PyObject *status)
{
    (void)self;
    return TRACED(require_valid_status(status, true));
}

/* Lib/wsgiref/handlers.py: BaseHandler._convert_string_type */
PyObject *
BaseHandler__convert_string_type(BaseHandler *self, PyObject *value,
                                 const char *title)
{
    PyObject *repr;

    (void)self;
    if (PyUnicode_CheckExact(value)) {
        return Py_NewRef(value);
    }
    repr = PyObject_Repr(value);
    if (FAILED(repr == NULL)) {
        return NULL;
    }
    RAISE(PyExc_AssertionError, "%s must be of type str (got %U)", title,
          repr);
    Py_DECREF(repr);
    return NULL;
}

/* self._write(line); takes the line, which may be NULL. */
static int
write_line(BaseHandler *self, PyObject *line)
{
    int result;

    if (line == NULL) {
        return -1;
    }
    result = self->cls->_write(self, line);
    Py_DECREF(line);
    return result;
}

/* line.encode('iso-8859-1'), new bytes; takes the line, which may be NULL. */
static PyObject *
encode_line(PyObject *line)
{
    PyObject *bytes = line == NULL ? NULL : PyUnicode_AsLatin1String(line);

    Py_XDECREF(line);
    return bytes;
}

/* 'HTTP/1.0 200 OK\r\n', new bytes. */
static PyObject *
make_status_line(const char *http_version, PyObject *status)
{
    Piece http = { "HTTP/", 5 }, space = { " ", 1 }, end = { "\r\n", 2 };
    Piece version, words;

    if (piece_of_text(http_version, &version) && piece_of_str(status, &words))
    {
        return join_bytes((Piece[]){ http, version, space, words, end }, 5);
    }
    return encode_line(
        PyUnicode_FromFormat("HTTP/%s %S\r\n", http_version, status));
}

/* The same of this response: a new reference. The one of "1.0" and the last
 * status is kept, which is mostly the same str in the application's code: 250
 * instructions less. */
static PyObject *
status_line(BaseHandler *self)
{
    static PyObject *kept_status; /* owned; exactly a str, or NULL */
    static PyObject *kept_line;   /* owned; that of kept_status, or NULL */
    PyObject *status = hold(self->status);
    bool usual = strcmp(self->http_version, "1.0") == 0;
    PyObject *line;

    if (usual && kept_line != NULL && status == kept_status) {
        line = Py_NewRef(kept_line);
    }
    else {
        line = make_status_line(self->http_version, status);
        if (usual && line != NULL && PyUnicode_CheckExact(status)) {
            Py_XSETREF(kept_status, Py_NewRef(status));
            Py_XSETREF(kept_line, Py_NewRef(line));
        }
    }
    Py_DECREF(status);
    return line;
}

/* 'Status: 200 OK\r\n', new bytes. */
static PyObject *
cgi_status_line(BaseHandler *self)
{
    PyObject *status = hold(self->status);
    PyObject *line =
        encode_line(PyUnicode_FromFormat("Status: %S\r\n", status));

    Py_DECREF(status);
    return line;
}

/* 'Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n' of such a str, new bytes. */
static PyObject *
make_date_line(PyObject *date)
{
    Piece name = { "Date: ", 6 }, end = { "\r\n", 2 };
    Piece value = { "", 0 };

    piece_of_str(date, &value); /* it is ASCII */
    return join_bytes((Piece[]){ name, value, end }, 3);
}

/* The same of now: a new reference. As long as format_date_time() gives the
 * same str, its line is the same: 250 instructions less. */
static PyObject *
date_line(void)
{
    static PyObject *kept_date; /* owned, or NULL */
    static PyObject *kept_line; /* owned; that of kept_date, or NULL */
    PyObject *date = format_date_time(time(NULL));

    if (date == NULL) {
        return NULL;
    }
    if (kept_line == NULL || date != kept_date) {
        Py_XSETREF(kept_line, make_date_line(date));
        Py_XSETREF(kept_date, Py_NewRef(date));
    }
    Py_DECREF(date);
    return Py_XNewRef(kept_line);
}

/* Whether that is the line 'Server: <software>\r\n'. */
static bool
is_server_line(PyObject *line, const char *software)
{
    size_t size = strlen(software);

    return (size_t)PyBytes_GET_SIZE(line) == size + 10 &&
           memcmp(PyBytes_AS_STRING(line) + 8, software, size) == 0;
}

/* 'Server: WSGIServer/0.2 CPython/3.11.2\r\n', bytes: a new reference. The line
 * of the response before this one is kept: mostly it is the same, 250
 * instructions less. */
static PyObject *
server_line(BaseHandler *self)
{
    static PyObject *kept; /* owned; ASCII, or NULL */
    Piece name = { "Server: ", 8 }, end = { "\r\n", 2 };
    Piece software;

    if (kept != NULL && is_server_line(kept, self->server_software)) {
        return Py_NewRef(kept);
    }
    if (piece_of_text(self->server_software, &software)) {
        Py_XSETREF(kept, join_bytes((Piece[]){ name, software, end }, 3));
        return Py_XNewRef(kept);
    }
    return encode_line(
        PyUnicode_FromFormat("Server: %s\r\n", self->server_software));
}

/* Lib/wsgiref/handlers.py: BaseHandler.send_preamble */
int
BaseHandler_send_preamble(BaseHandler *self)
{
    int modern, has_date, has_server;

    if (!self->origin_server) {
        return TRACED(write_line(self, cgi_status_line(self)));
    }
    modern = self->cls->client_is_modern(self);
    if (FAILED(modern < 0)) {
        return -1;
    }
    if (!modern) {
        return 0;
    }
    if (FAILED(write_line(self, status_line(self)) < 0)) {
        return -1;
    }
    has_date = has_header(self, names.Date);
    if (FAILED(has_date < 0)) {
        return -1;
    }
    if (!has_date && FAILED(write_line(self, date_line()) < 0)) {
        return -1;
    }
    if (self->server_software == NULL || self->server_software[0] == '\0') {
        return 0;
    }
    has_server = has_header(self, names.Server);
    if (FAILED(has_server < 0)) {
        return -1;
    }
    if (!has_server && FAILED(write_line(self, server_line(self)) < 0)) {
        return -1;
    }
    return 0;
}

/* bool(self.status): 1, 0 or -1. A str says it at once: 80 instructions less
 * for each block. */
static int
has_status(BaseHandler *self)
{
    PyObject *status = self->status;

    return status != NULL && PyUnicode_CheckExact(status)
               ? PyUnicode_GET_LENGTH(status) > 0
               : truth(hold(status));
}

/* Lib/wsgiref/handlers.py: BaseHandler.write */
int
BaseHandler_write(BaseHandler *self, PyObject *data)
{
    int started;
    Py_ssize_t size;

    if (python_debug() && !PyBytes_CheckExact(data)) {
        RAISE(PyExc_AssertionError,
              "write() argument must be a bytes instance");
        return -1;
    }
    started = has_status(self);
    if (FAILED(started < 0)) {
        return -1;
    }
    if (!started) {
        RAISE(PyExc_AssertionError, "write() before start_response()");
        return -1;
    }
    size = length_of(data);
    if (FAILED(size < 0)) {
        return -1;
    }
    if (!self->headers_sent) {
        /* The headers have waited for this. */
        self->bytes_sent = size; /* for set_content_length */
        if (FAILED(self->cls->send_headers(self) < 0)) {
            return -1;
        }
    }
    else {
        self->bytes_sent += size;
    }

    if (FAILED(self->cls->_write(self, data) < 0)) {
        return -1;
    }
    return TRACED(self->_flush(self));
}

/* Lib/wsgiref/handlers.py: BaseHandler.sendfile */
int
BaseHandler_sendfile(BaseHandler *self)
{
    (void)self;
    return 0; /* a subclass may know how */
}

/* self.headers.setdefault(name, value); takes the value. */
static int
set_default_header(BaseHandler *self, PyObject *name, PyObject *value)
{
    Headers *headers;
    PyObject *result;

    if (value == NULL) {
        return -1;
    }
    headers = hold_headers(self);
    result = headers == NULL
                 ? PyObject_GetAttr(Py_None, names.setdefault) /* raises */
                 : headers->cls->setdefault(headers, name, value);
    Py_XDECREF(headers);
    Py_DECREF(value);
    return discard(result);
}

/* Lib/wsgiref/handlers.py: BaseHandler.finish_content */
int
BaseHandler_finish_content(BaseHandler *self)
{
    if (self->headers_sent) {
        return 0;
    }
    /* An application that answers HEAD may have said how long the body would
     * be. */
    if (FAILED(set_default_header(self, names.Content_Length,
                                  Py_NewRef(names.zero)) < 0))
    {
        return -1;
    }
    return TRACED(self->cls->send_headers(self));
}

/* Lib/wsgiref/handlers.py: BaseHandler.close */
int
BaseHandler_close(BaseHandler *self)
{
    Handled handled;
    int result = 0;

    /* try: */
    if (FAILED(close_result(self) < 0)) {
        result = -1;
    }
    /* finally: */
    handled = finally_enter();
    Py_XSETREF(self->result, Py_NewRef(Py_None));
    Py_CLEAR(self->headers);
    Py_XSETREF(self->status, Py_NewRef(Py_None));
    Py_XSETREF(self->environ, Py_NewRef(Py_None));
    self->bytes_sent = 0;
    self->headers_sent = false;
    finally_leave(handled);
    return result;
}

/* bytes(self.headers), a new reference. */
static PyObject *
headers_bytes(BaseHandler *self)
{
    Headers *headers = hold_headers(self);
    PyObject *bytes = headers == NULL ? PyObject_Bytes(Py_None) /* raises */
                                      : headers->cls->bytes(headers);

    Py_XDECREF(headers);
    return bytes;
}

/* Lib/wsgiref/handlers.py: BaseHandler.send_headers */
int
BaseHandler_send_headers(BaseHandler *self)
{
    PyObject *bytes;
    int modern, written;

    if (FAILED(self->cls->cleanup_headers(self) < 0)) {
        return -1;
    }
    self->headers_sent = true;
    if (self->origin_server) {
        modern = self->cls->client_is_modern(self);
        if (FAILED(modern < 0)) {
            return -1;
        }
        if (!modern) {
            return 0;
        }
    }
    if (FAILED(self->cls->send_preamble(self) < 0)) {
        return -1;
    }
    bytes = headers_bytes(self);
    if (FAILED(bytes == NULL)) {
        return -1;
    }
    written = self->cls->_write(self, bytes);
    Py_DECREF(bytes);
    return TRACED(written);
}

/* Lib/wsgiref/handlers.py: BaseHandler.result_is_file */
int
BaseHandler_result_is_file(BaseHandler *self)
{
    PyObject *wrapper = (PyObject *)self->cls->wsgi_file_wrapper;
    PyObject *iterable;
    int result;

    if (wrapper == NULL) {
        return 0;
    }
    iterable = hold(self->result);
    /* To ask costs 500 instructions. */
    result = is_list_or_tuple(iterable)
                 ? 0
                 : PyObject_IsInstance(iterable, wrapper);
    Py_DECREF(iterable);
    return FAILED(result < 0) ? -1 : result;
}

/* protocol.upper() != 'HTTP/0.9': 1, 0, or -1 on error. */
static int
upper_differs(PyObject *protocol)
{
    PyObject *upper = PyObject_CallMethodNoArgs(protocol, names.upper);
    PyObject *differs = NULL;

    if (upper != NULL) {
        differs = PyObject_RichCompare(upper, names.HTTP_0_9, Py_NE);
        Py_DECREF(upper);
    }
    return truth(differs);
}

/* env[name]: a new reference. A dict has no __getitem__ of its own to be looked
 * for: 60 instructions less. */
static PyObject *
get_item(PyObject *env, PyObject *name)
{
    PyObject *value =
        PyDict_CheckExact(env) ? PyDict_GetItemWithError(env, name) : NULL;

    return value != NULL || PyErr_Occurred() ? Py_XNewRef(value)
                                             : PyObject_GetItem(env, name);
}

/* self.environ['SERVER_PROTOCOL'].upper() != 'HTTP/0.9': 1, 0, or -1 on error.
 * What begins as that of a later client needs no copy in capitals: 200
 * instructions and not 800. */
static int
protocol_is_modern(BaseHandler *self)
{
    PyObject *env = hold(self->environ);
    PyObject *protocol = get_item(env, names.SERVER_PROTOCOL);
    Piece characters;
    int result = -1;

    if (protocol != NULL) {
        result = piece_of_str(protocol, &characters) && characters.size > 5 &&
                         memcmp(characters.data, "HTTP/1", 6) == 0
                     ? 1
                     : upper_differs(protocol);
        Py_DECREF(protocol);
    }
    Py_DECREF(env);
    return result;
}

/* Lib/wsgiref/handlers.py: BaseHandler.client_is_modern */
int
BaseHandler_client_is_modern(BaseHandler *self)
{
    int result = protocol_is_modern(self);

    return FAILED(result < 0) ? -1 : result;
}

/* ----- Errors ----- */

/* Lib/wsgiref/handlers.py: BaseHandler.log_exception */
int
BaseHandler_log_exception(BaseHandler *self, PyObject *exc_info)
{
    PyObject *print_exception = import_from("traceback", "print_exception");
    PyObject *errors = NULL, *limit = NULL;
    int result = -1;

    if (FAILED(print_exception == NULL)) {
        goto done;
    }
    errors = self->cls->get_stderr(self);
    if (FAILED(errors == NULL)) {
        goto done;
    }
    limit = self->cls->traceback_limit < 0
                ? Py_NewRef(Py_None)
                : PyLong_FromLong(self->cls->traceback_limit);
    if (!FAILED(limit == NULL) &&
        !FAILED(discard(PyObject_CallFunctionObjArgs(
                    print_exception, PyTuple_GET_ITEM(exc_info, 0),
                    PyTuple_GET_ITEM(exc_info, 1),
                    PyTuple_GET_ITEM(exc_info, 2), limit, errors, NULL)) < 0))
    {
        result =
            TRACED(discard(PyObject_CallMethodNoArgs(errors, names.flush)));
    }

done:
    Py_XDECREF(limit);
    Py_XDECREF(errors);
    Py_XDECREF(print_exception);
    return result;
}

/* Lib/wsgiref/handlers.py: BaseHandler.handle_error */
int
BaseHandler_handle_error(BaseHandler *self)
{
    PyObject *exc_info = sys_exc_info();
    PyObject *env, *start_response, *output;
    int logged;

    if (FAILED(exc_info == NULL)) {
        return -1;
    }
    logged = self->cls->log_exception(self, exc_info);
    Py_DECREF(exc_info);
    if (FAILED(logged < 0)) {
        return -1;
    }
    if (self->headers_sent) {
        return 0;
    }
    start_response =
        PyCFunction_NewEx(&start_response_def, (PyObject *)self, NULL);
    if (FAILED(start_response == NULL)) {
        return -1;
    }
    env = hold(self->environ);
    output = self->cls->error_output(self, env, start_response);
    Py_DECREF(env);
    Py_DECREF(start_response);
    if (FAILED(output == NULL)) {
        return -1;
    }
    Py_XSETREF(self->result, output);
    return TRACED(self->cls->finish_response(self));
}

PyObject *
list_of_pairs(const HeaderPair *pair)
{
    PyObject *headers = PyList_New(0);

    for (; headers != NULL && pair->name != NULL; pair++) {
        if (append_new(headers,
                       Py_BuildValue("(ss)", pair->name, pair->value)) < 0) {
            Py_CLEAR(headers);
        }
    }
    return headers;
}

/* Lib/wsgiref/handlers.py: BaseHandler.error_output */
PyObject *
BaseHandler_error_output(BaseHandler *self, PyObject *environ_,
                         PyObject *start_response)
{
    PyObject *status = PyUnicode_FromString(self->cls->error_status);
    /* self.error_headers[:] */
    PyObject *headers = list_of_pairs(self->cls->error_headers);
    PyObject *exc_info = sys_exc_info();
    PyObject *result = NULL;

    (void)environ_;
    if (FAILED(status == NULL || headers == NULL || exc_info == NULL)) {
        goto done;
    }
    if (FAILED(discard(PyObject_CallFunctionObjArgs(
                   start_response, status, headers, exc_info, NULL)) < 0))
    {
        goto done;
    }
    result = Py_BuildValue("[y]", self->cls->error_body);

done:
    Py_XDECREF(exc_info);
    Py_XDECREF(headers);
    Py_XDECREF(status);
    return result;
}

/* ----- For subclasses to fill in ----- */

/* Lib/wsgiref/handlers.py: BaseHandler._write */
int
BaseHandler__write(BaseHandler *self, PyObject *data)
{
    (void)self;
    (void)data;
    RAISE_NONE(PyExc_NotImplementedError);
    return -1;
}

/* Lib/wsgiref/handlers.py: BaseHandler._flush */
int
BaseHandler__flush(BaseHandler *self)
{
    (void)self;
    RAISE_NONE(PyExc_NotImplementedError);
    return -1;
}

/* Lib/wsgiref/handlers.py: BaseHandler.get_stdin */
PyObject *
BaseHandler_get_stdin(BaseHandler *self)
{
    (void)self;
    RAISE_NONE(PyExc_NotImplementedError);
    return NULL;
}

/* Lib/wsgiref/handlers.py: BaseHandler.get_stderr */
PyObject *
BaseHandler_get_stderr(BaseHandler *self)
{
    (void)self;
    RAISE_NONE(PyExc_NotImplementedError);
    return NULL;
}

/* Lib/wsgiref/handlers.py: BaseHandler.add_cgi_vars */
int
BaseHandler_add_cgi_vars(BaseHandler *self)
{
    (void)self;
    RAISE_NONE(PyExc_NotImplementedError);
    return -1;
}

/* ----- The class ----- */

int
BaseHandler_traverse(PyObject *op, visitproc visit, void *arg)
{
    BaseHandler *self = (BaseHandler *)op;

    Py_VISIT(self->environ);
    Py_VISIT(self->status);
    Py_VISIT(self->result);
    Py_VISIT(self->headers);
    return 0;
}

int
BaseHandler_clear(PyObject *op)
{
    BaseHandler *self = (BaseHandler *)op;

    Py_CLEAR(self->environ);
    Py_CLEAR(self->status);
    Py_CLEAR(self->result);
    Py_CLEAR(self->headers);
    return 0;
}

PyTypeObject BaseHandler_type = {
    .tp_name = "cwsgiref.handlers.BaseHandler",
    .tp_basicsize = sizeof(BaseHandler),
    .tp_traverse = BaseHandler_traverse,
    .tp_clear = BaseHandler_clear,
};

/* class BaseHandler: */
const BaseHandlerClass BaseHandler_class = {
    .type = &BaseHandler_type,

    .wsgi_version = { 1, 0 },
    .wsgi_multithread = true,
    .wsgi_multiprocess = true,
    .wsgi_run_once = false,
    .origin_server = true,
    .http_version = "1.0",
    .server_software = NULL,
    .os_environ = &BaseHandler_os_environ,
    .wsgi_file_wrapper = &FileWrapper_type,
    .headers_class = &Headers_class,
    .traceback_limit = -1,
    .error_status = "500 Internal Server Error",
    .error_headers = BaseHandler_error_headers,
    .error_body =
        "A server error occurred.  Please contact the administrator.",

    .run = BaseHandler_run,
    .setup_environ = BaseHandler_setup_environ,
    .finish_response = BaseHandler_finish_response,
    .get_scheme = BaseHandler_get_scheme,
    .set_content_length = BaseHandler_set_content_length,
    .cleanup_headers = BaseHandler_cleanup_headers,
    .start_response = BaseHandler_start_response,
    .send_preamble = BaseHandler_send_preamble,
    .write = BaseHandler_write,
    .sendfile = BaseHandler_sendfile,
    .finish_content = BaseHandler_finish_content,
    .close = BaseHandler_close,
    .send_headers = BaseHandler_send_headers,
    .result_is_file = BaseHandler_result_is_file,
    .client_is_modern = BaseHandler_client_is_modern,
    .log_exception = BaseHandler_log_exception,
    .handle_error = BaseHandler_handle_error,
    .error_output = BaseHandler_error_output,
    ._write = BaseHandler__write,
    ._flush = BaseHandler__flush,
    .get_stdin = BaseHandler_get_stdin,
    .get_stderr = BaseHandler_get_stderr,
    .add_cgi_vars = BaseHandler_add_cgi_vars,
};

int
base_handler_ready(void)
{
    Py_XSETREF(BaseHandler_os_environ, read_environ());
    /* Every request copies it, and puts some thirty more into the copy. */
    return BaseHandler_os_environ == NULL ? -1
                                          : make_room(BaseHandler_os_environ);
}
