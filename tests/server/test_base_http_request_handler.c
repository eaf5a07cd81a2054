#include "doubles.h"

#include <string.h>

#include "python/release.h"
#include "server/base_http_request_handler.h"
#include "server/responses.h"

static int
write_bytes(BaseHTTPRequestHandler *self, const char *text)
{
    BufferedIOBase *wfile = self->base.wfile;
    PyObject *bytes = PyBytes_FromString(text);
    Py_ssize_t written = wfile->cls->write(wfile, bytes);

    Py_DECREF(bytes);
    return written < 0 ? -1 : 0;
}

static const BaseHTTPRequestHandlerClass *
class_of(BaseHTTPRequestHandler *self)
{
    return (const BaseHTTPRequestHandlerClass *)self->base.base.cls;
}

static int
do_GET(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 200, NULL) < 0 ||
        cls->send_header(self, "Content-Length", "3") < 0 ||
        cls->end_headers(self) < 0)
    {
        return -1;
    }
    return write_bytes(self, "ok\n");
}

static int
do_HEAD(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 299, NULL) < 0) {
        return -1;
    }
    return cls->end_headers(self);
}

static int
do_POST(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);
    BufferedIOBase *rfile = self->base.rfile, *wfile = self->base.wfile;
    PyObject *header = HTTPMessage_get(self->headers, "Content-Length", NULL);
    PyObject *size = PyNumber_Long(header);
    PyObject *body = NULL;
    char length[32];
    int result = -1;

    if (size == NULL) {
        goto done;
    }
    body = rfile->cls->read(rfile, PyLong_AsSsize_t(size));
    PyOS_snprintf(length, sizeof(length), "%zd", PyBytes_GET_SIZE(body));
    if (cls->send_response(self, 201, "Made") == 0 &&
        cls->send_header(self, "Connection", "Keep-Alive") == 0 &&
        cls->send_header(self, "Content-Length", length) == 0 &&
        cls->end_headers(self) == 0 && wfile->cls->write(wfile, body) >= 0)
    {
        result = 0;
    }

done:
    Py_XDECREF(header);
    Py_XDECREF(size);
    Py_XDECREF(body);
    return result;
}

static int
do_CLOSE(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 204, "") < 0 ||
        cls->send_header(self, "CONNECTION", "CLOSE") < 0)
    {
        return -1;
    }
    return cls->end_headers(self);
}

static int
do_ERROR(BaseHTTPRequestHandler *self)
{
    return class_of(self)->send_error(self, 404, NULL, NULL);
}

static int
do_TIMEOUT(BaseHTTPRequestHandler *self)
{
    (void)self;
    PyErr_SetString(PyExc_TimeoutError, "timed out");
    return -1;
}

static int
do_FAIL(BaseHTTPRequestHandler *self)
{
    (void)self;
    PyErr_SetString(PyExc_ValueError, "fail");
    return -1;
}

static int
do_EARLY(BaseHTTPRequestHandler *self)
{
    return class_of(self)->end_headers(self);
}

static int
do_LATIN(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 200, "caf\xc3\xa9") < 0 ||
        cls->send_header(self, "X-\xc3\xa9", "\xc3\xbf") < 0)
    {
        return -1;
    }
    return cls->end_headers(self);
}

static int
do_BEYOND(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response_only(self, 200, NULL) < 0) {
        return -1;
    }
    return cls->send_header(self, "X", "\xe2\x82\xac");
}

static const DoMethod do_methods[] = {
    { "do_GET", do_GET },     { "do_HEAD", do_HEAD },
    { "do_POST", do_POST },   { "do_CLOSE", do_CLOSE },
    { "do_ERROR", do_ERROR }, { "do_TIMEOUT", do_TIMEOUT },
    { "do_FAIL", do_FAIL },   { "do_EARLY", do_EARLY },
    { "do_LATIN", do_LATIN }, { "do_BEYOND", do_BEYOND },
    { NULL, NULL },
};

/* attributes[name] = value, if it is there; steals the value. */
static void
keep(PyObject *attributes, const char *name, PyObject *value)
{
    if (value != NULL) {
        assert_int_equal(PyDict_SetItemString(attributes, name, value), 0);
        Py_DECREF(value);
    }
}

static int
keep_attributes(BaseRequestHandler *self)
{
    BaseHTTPRequestHandler *http = (BaseHTTPRequestHandler *)self;
    PyObject *attributes = eval_python("attributes");

    keep(attributes, "raw_requestline", Py_XNewRef(http->raw_requestline));
    keep(attributes, "requestline", Py_XNewRef(http->requestline));
    keep(attributes, "command", Py_XNewRef(http->command));
    keep(attributes, "path", Py_XNewRef(http->path));
    keep(attributes, "request_version", Py_XNewRef(http->request_version));
    keep(attributes, "_headers_buffer", Py_XNewRef(http->_headers_buffer));
    keep(attributes, "close_connection",
         PyBool_FromLong(http->close_connection));
    if (http->headers != NULL) {
        keep(attributes, "headers", HTTPMessage_items(http->headers));
    }
    Py_DECREF(attributes);
    return 0;
}

static int
keep_attributes_finally(BaseRequestHandler *self)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    keep_attributes(self);
    PyErr_Restore(type, value, traceback);
    return 0;
}

static int
refuse_expect_100(BaseHTTPRequestHandler *self)
{
    return class_of(self)->send_error(self, 417, NULL, NULL);
}

/* The C classes that stand for the Python list `classes`. */
static BaseHTTPRequestHandlerClass classes[3];

static void
fill_classes(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        classes[i] = BaseHTTPRequestHandler_class;
        classes[i].base.base.setup = memory_setup;
        classes[i].base.base.finish = keep_attributes_finally;
        classes[i].do_methods = do_methods;
        if (i > 0) {
            classes[i].protocol_version = "HTTP/1.1";
        }
    }
    classes[2].handle_expect_100 = refuse_expect_100;
}

static BaseServer *server;

/* cls(request, ('127.0.0.1', 4711), server); `request` is stolen. */
static BaseHTTPRequestHandler *
new_handler(const BaseHTTPRequestHandlerClass *cls, PyObject *request)
{
    PyObject *client_address = eval_python("client_address");
    BaseRequestHandler *self = BaseRequestHandler_new(&cls->base.base, request,
                                                      client_address, server);

    Py_DECREF(client_address);
    Py_DECREF(request);
    return (BaseHTTPRequestHandler *)self;
}

static PyObject *
new_numbered_handler(long number, PyObject *request)
{
    return (PyObject *)new_handler(&classes[number], request);
}

static void
test_every_request_is_answered_as_by_python(void **state)
{
    (void)state;
    compare_every_case(new_numbered_handler);
}

static BaseHTTPRequestHandlerClass
idle_class(void)
{
    BaseHTTPRequestHandlerClass cls = classes[0];

    cls.base.base.handle = idle_handle;
    return cls;
}

/* As if such a request line had been parsed. */
static void
pretend(BaseHTTPRequestHandler *self, const char *command,
        const char *request_version)
{
    Py_XSETREF(self->requestline, PyUnicode_FromString("the request line"));
    Py_XSETREF(self->command, PyUnicode_FromString(command));
    Py_XSETREF(self->request_version, PyUnicode_FromString(request_version));
}

/* A str as UTF-8, None as NULL. */
static const char *
text_of(PyObject *text)
{
    return text == Py_None ? NULL : PyUnicode_AsUTF8(text);
}

static void
test_send_error_sends_and_logs_what_pythons_does(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    PyObject *errors;

    (void)state;
    errors = eval_python("errors");
    assert_true(PyList_GET_SIZE(errors) > 500);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(errors); i++) {
        PyObject *this = PyList_GET_ITEM(errors, i);
        BaseHTTPRequestHandler *self;

        set_python("case", this);
        self = new_handler(&cls, eval_python("begin_error(*case)"));
        assert_non_null(self);
        pretend(self, text_of(PyTuple_GET_ITEM(this, 1)),
                text_of(PyTuple_GET_ITEM(this, 2)));
        (void)cls.send_error(self,
                             (int)PyLong_AsLong(PyTuple_GET_ITEM(this, 3)),
                             text_of(PyTuple_GET_ITEM(this, 4)),
                             text_of(PyTuple_GET_ITEM(this, 5)));
        give_python("error", take_exception());
        run_python("attributes.clear()");
        keep_attributes(&self->base.base);
        run_python("end_case(case, error); del error");
        Py_DECREF(self);
    }
    Py_DECREF(errors);
    assert_nothing_differs("rows.report()");
}

/* A handler to call methods of, with sys.stderr in memory; its wfile is
 * Python's request[1]. */
static BaseHTTPRequestHandler *
new_idle_handler(const BaseHTTPRequestHandlerClass *cls)
{
    BaseHTTPRequestHandler *self;

    self = new_handler(cls, eval_python("start_idle()"));
    assert_non_null(self);
    return self;
}

static void
end_idle_handler(BaseHTTPRequestHandler *self)
{
    run_python("sys.stderr = sys.__stderr__");
    Py_DECREF(self);
}

static void
test_before_parsing_the_attributes_are_missing(void **state)
{
    static const char no_version[] = "'BaseHTTPRequestHandler' object has no "
                                     "attribute 'request_version'";
    static const char no_line[] = "'BaseHTTPRequestHandler' object has no "
                                  "attribute 'requestline'";
    static const char no_command[] = "'BaseHTTPRequestHandler' object has no "
                                     "attribute 'command'";
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    assert_int_equal(cls.send_response_only(self, 200, NULL), -1);
    assert_raised(PyExc_AttributeError, no_version);
    assert_int_equal(cls.send_header(self, "X", "y"), -1);
    assert_raised(PyExc_AttributeError, no_version);
    assert_int_equal(cls.end_headers(self), -1);
    assert_raised(PyExc_AttributeError, no_version);
    assert_int_equal(cls.send_response(self, 200, NULL), -1);
    assert_raised(PyExc_AttributeError, no_line);
    assert_int_equal(cls.log_request(self, NULL, NULL), -1);
    assert_raised(PyExc_AttributeError, no_line);
    assert_int_equal(cls.send_error(self, 404, NULL, NULL), -1);
    assert_raised(PyExc_AttributeError, no_line);
    pretend(self, "GET", "HTTP/1.1");
    Py_CLEAR(self->command);
    assert_int_equal(cls.send_error(self, 404, NULL, NULL), -1);
    assert_raised(PyExc_AttributeError, no_command);
    end_idle_handler(self);
}

static void
test_end_headers_before_send_response_is_an_attribute_error(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.end_headers(self), -1);
    assert_raised(PyExc_AttributeError, "'BaseHTTPRequestHandler' object has "
                                        "no attribute '_headers_buffer'");
    assert_repr(eval_python("request[1].getvalue()"), "b''");
    end_idle_handler(self);
}

static void
test_headers_wait_in_the_buffer_until_they_are_flushed(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.flush_headers(self), 0); /* there are none */
    assert_int_equal(cls.send_response_only(self, 200, NULL), 0);
    assert_int_equal(cls.send_header(self, "X", "y"), 0);
    assert_repr(eval_python("request[1].getvalue()"), "b''");
    assert_repr(Py_NewRef(self->_headers_buffer),
                "[b'HTTP/1.0 200 OK\\r\\n', b'X: y\\r\\n']");
    assert_int_equal(cls.flush_headers(self), 0);
    assert_repr(eval_python("request[1].getvalue()"),
                "b'HTTP/1.0 200 OK\\r\\nX: y\\r\\n'");
    assert_repr(Py_NewRef(self->_headers_buffer), "[]");
    assert_int_equal(cls.end_headers(self), 0);
    assert_repr(eval_python("request[1].getvalue()"),
                "b'HTTP/1.0 200 OK\\r\\nX: y\\r\\n\\r\\n'");
    end_idle_handler(self);
}

static void
test_a_header_beyond_latin_1_is_a_unicode_error(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.send_header(self, "X", "\xe2\x82\xac"), -1);
    assert_raised(PyExc_UnicodeEncodeError,
                  "'latin-1' codec can't encode character '\\u20ac' in "
                  "position 3: ordinal not in range(256)");
    assert_repr(Py_NewRef(self->_headers_buffer), "[]"); /* made before */
    end_idle_handler(self);
}

static void
test_the_connection_header_decides_in_any_version(void **state)
{
    static const struct {
        const char *keyword, *value;
        bool before, after;
    } rows[] = {
        { "Connection", "close", false, true },
        { "CONNECTION", "Close", false, true },
        { "Connection", "keep-alive", true, false },
        { "connection", "Keep-Alive", true, false },
        { "Connection", "upgrade", true, true },
        { "Connection", "upgrade", false, false },
        { "Connection", " close", false, false },
        { "X-Connection", "close", false, false },
    };

    (void)state;
    for (size_t i = 0; i < 2 * Py_ARRAY_LENGTH(rows); i++) {
        BaseHTTPRequestHandlerClass cls = idle_class();
        BaseHTTPRequestHandler *self = new_idle_handler(&cls);

        pretend(self, "GET", i % 2 ? "HTTP/1.1" : "HTTP/0.9");
        self->close_connection = rows[i / 2].before;
        assert_int_equal(
            cls.send_header(self, rows[i / 2].keyword, rows[i / 2].value), 0);
        assert_int_equal(self->close_connection, rows[i / 2].after);
        assert_int_equal(self->_headers_buffer != NULL, i % 2);
        end_idle_handler(self);
    }
}

/* By its control_char_table. */
static void
test_log_message_escapes_as_python_does(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *args;

    (void)state;
    args = eval_python("(escaped_text, 17)");
    assert_int_equal(cls.log_message(self, "a\n%s b %d%%", args), 0);
    run_python("check_escapes()");
    Py_DECREF(args);
    end_idle_handler(self);
}

/* As on a terminal, where releases have that. */
static void
test_a_log_has_the_colours_of_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *logs;

    (void)state;
    run_python("begin_colours()");
    logs = eval_python("logs");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(logs); i++) {
        PyObject *args = PyList_GET_ITEM(logs, i);
        PyObject *code = PyTuple_GET_ITEM(args, 2);
        PyObject *size = PyTuple_GET_ITEM(args, 3);
        PyObject *error = Py_BuildValue("(s)", "an error");
        PyObject *no_error = Py_BuildValue("(s)", "no error");

        set_python("args", args);
        run_python("begin_log(*args)");
        Py_XSETREF(self->requestline, Py_NewRef(PyTuple_GET_ITEM(args, 1)));
        assert_int_equal(cls.log_request(self, code == Py_None ? NULL : code,
                                         size == Py_None ? NULL : size),
                         0);
        assert_int_equal(cls.log_error(self, "%s", error), 0);
        assert_int_equal(cls.log_message(self, "%s", no_error), 0);
        run_python("end_log(*args)");
        Py_DECREF(error);
        Py_DECREF(no_error);
    }
    run_python("end_colours()");
    assert_nothing_differs("rows.report()");
    Py_DECREF(logs);
    end_idle_handler(self);
}

/* The colours of a later release, under any. */
static void
test_a_later_log_has_the_colours_of_its_theme(void **state)
{
    static const char *const lines[] = { "GET /a HTTP/1.0", "GET /" };
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    Release *linked = (Release *)release();
    bool log_colour = linked->log_colour;
    PyObject *code = PyLong_FromLong(200), *size = PyLong_FromLong(12);
    PyObject *error = Py_BuildValue("(s)", "an error");
    PyObject *no_error = Py_BuildValue("(s)", "no error");

    (void)state;
    run_python("colorize = Colorize()");
    linked->log_colour = true;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(lines); i++) {
        Py_XSETREF(self->requestline, PyUnicode_FromString(lines[i]));
        assert_int_equal(cls.log_request(self, code, size), 0);
    }
    assert_int_equal(cls.log_error(self, "%s", error), 0);
    assert_int_equal(cls.log_message(self, "%s", no_error), 0);
    run_python("check_later_log(); del Colorize.get_theme");
    assert_int_equal(cls.log_message(self, "%s", no_error), -1);
    assert_raised(PyExc_AttributeError,
                  "'Colorize' object has no attribute 'get_theme'");
    linked->log_colour = log_colour;
    run_python("colorize.leave()");
    Py_DECREF(no_error);
    Py_DECREF(error);
    Py_DECREF(size);
    Py_DECREF(code);
    end_idle_handler(self);
}

static void
test_every_log_goes_through_log_message(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *code = PyLong_FromLong(200), *size = PyUnicode_FromString("12");
    PyObject *args = Py_BuildValue("(is)", 400, "bad");

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.log_request(self, NULL, NULL), 0);
    assert_int_equal(cls.log_request(self, code, NULL), 0);
    assert_int_equal(cls.log_request(self, code, size), 0);
    assert_int_equal(cls.log_error(self, "code %d, message %s", args), 0);
    run_python("check_logs()");
    Py_DECREF(code);
    Py_DECREF(size);
    Py_DECREF(args);
    end_idle_handler(self);
}

static void
test_log_message_lets_through_what_fails(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *none = PyTuple_New(0);
    PyObject *message;

    (void)state;
    message = eval_python("message_of_too_few_arguments()");
    assert_int_equal(cls.log_message(self, "%s", none), -1);
    assert_raised(PyExc_TypeError, PyUnicode_AsUTF8(message));
    Py_DECREF(message);
    run_python("sys.stderr = None");
    assert_int_equal(cls.log_message(self, "text", none), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'write'");
    run_python("del sys.stderr");
    assert_int_equal(cls.log_message(self, "text", none), -1);
    assert_raised(PyExc_AttributeError,
                  "module 'sys' has no attribute 'stderr'");
    Py_SETREF(self->base.base.client_address, PyUnicode_FromString(""));
    run_python("sys.stderr = io.StringIO()");
    assert_int_equal(cls.log_message(self, "text", none), -1);
    assert_raised(PyExc_IndexError, "string index out of range");
    Py_DECREF(none);
    end_idle_handler(self);
}

static void
test_version_string_is_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    assert_equal(cls.version_string(self),
                 eval_python("Reference.version_string(Reference)"));
    end_idle_handler(self);
}

static void
test_date_time_string_is_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *timestamps = eval_python("timestamps");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(timestamps); i++) {
        PyObject *this = PyList_GET_ITEM(timestamps, i);
        long long timestamp = PyLong_AsLongLong(PyTuple_GET_ITEM(this, 1));

        set_python("timestamp", this);
        give_python("date", cls.date_time_string(self, (time_t)timestamp));
        run_python("compare_date(*timestamp, date)");
    }
    Py_DECREF(timestamps);
    assert_nothing_differs("rows.report()");
    end_idle_handler(self);
}

/* A function of the time gives what Python's gives before or after it. */
static void
check_now(PyObject *(*call)(BaseHTTPRequestHandler *),
          BaseHTTPRequestHandler *self, const char *expression)
{
    PyObject *before, *got, *after;
    bool same_second;

    do {
        before = eval_python(expression);
        got = call(self);
        after = eval_python(expression);
        assert_non_null(got);
        same_second = PyUnicode_Compare(before, after) == 0;
        if (same_second) {
            assert_int_equal(PyUnicode_Compare(before, got), 0);
        }
        Py_DECREF(before);
        Py_DECREF(got);
        Py_DECREF(after);
    } while (!same_second);
}

static PyObject *
date_time_string_now(BaseHTTPRequestHandler *self)
{
    return class_of(self)->date_time_string(self, -1);
}

static void
test_the_times_of_now_are_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    check_now(date_time_string_now, self, "Reference.date_time_string(None)");
    check_now(cls.log_date_time_string, self,
              "Reference.log_date_time_string(Reference)");
    end_idle_handler(self);
}

static void
test_address_string_is_the_address_of_the_client(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    assert_repr(cls.address_string(self), "'127.0.0.1'");
    end_idle_handler(self);
}

/* What a method of the handler calls on self, in Python's order. */
static int
spy_log_error(BaseHTTPRequestHandler *self, const char *format, PyObject *args)
{
    (void)self;
    function_called();
    assert_string_equal(format, "code %d, message %s");
    assert_repr(Py_NewRef(args), "(404, 'Not Found')");
    return mock_type(int);
}

static int
spy_send_response(BaseHTTPRequestHandler *self, int code, const char *message)
{
    (void)self;
    function_called();
    assert_int_equal(code, 404);
    assert_string_equal(message, "Not Found");
    return mock_type(int);
}

static int
spy_send_header(BaseHTTPRequestHandler *self, const char *keyword,
                const char *value)
{
    (void)self;
    (void)value;
    function_called();
    assert_string_equal(keyword, mock_ptr_type(const char *));
    return mock_type(int);
}

static int
spy_end_headers(BaseHTTPRequestHandler *self)
{
    (void)self;
    function_called();
    return mock_type(int);
}

static int
spy_log_request(BaseHTTPRequestHandler *self, PyObject *code, PyObject *size)
{
    (void)self;
    function_called();
    assert_repr(Py_NewRef(code), "404");
    assert_null(size);
    return mock_type(int);
}

static int
spy_send_response_only(BaseHTTPRequestHandler *self, int code,
                       const char *message)
{
    (void)self;
    function_called();
    assert_int_equal(code, 404);
    assert_null(message);
    return mock_type(int);
}

/* Expects the first `count` of the calls, the last one failing unless all
 * are expected. */
static void
expect_send_error(int count)
{
    static const char *const headers[] = { "Connection", "Content-Type",
                                           "Content-Length" };

    if (count > 0) {
        expect_function_call(spy_log_error);
        will_return(spy_log_error, count == 1 ? -1 : 0);
    }
    if (count > 1) {
        expect_function_call(spy_send_response);
        will_return(spy_send_response, count == 2 ? -1 : 0);
    }
    for (int i = 0; i < 3 && count > 2 + i; i++) {
        expect_function_call(spy_send_header);
        will_return(spy_send_header, headers[i]);
        will_return(spy_send_header, count == 3 + i ? -1 : 0);
    }
    if (count > 5) {
        expect_function_call(spy_end_headers);
        will_return(spy_end_headers, count == 6 ? -1 : 0);
    }
}

/* The spies say -1 without an exception: traceback_here makes that a
 * SystemError. */
static void
test_send_error_calls_through_the_class_and_stops_at_an_error(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();

    (void)state;
    cls.log_error = spy_log_error;
    cls.send_response = spy_send_response;
    cls.send_header = spy_send_header;
    cls.end_headers = spy_end_headers;
    for (int count = 1; count <= 7; count++) {
        BaseHTTPRequestHandler *self = new_idle_handler(&cls);

        pretend(self, "GET", "HTTP/1.1");
        expect_send_error(count);
        assert_int_equal(cls.send_error(self, 404, NULL, NULL),
                         count < 7 ? -1 : 0);
        if (count < 7) {
            assert_raised(PyExc_SystemError, NULL);
        }
        assert_repr(eval_python("len(request[1].getvalue()) > 300"),
                    count < 7 ? "False" : "True");
        end_idle_handler(self);
    }
}

static void
test_send_response_calls_through_the_class(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self;

    (void)state;
    cls.log_request = spy_log_request;
    cls.send_response_only = spy_send_response_only;
    cls.send_header = spy_send_header;
    self = new_idle_handler(&cls);
    expect_function_call(spy_log_request);
    will_return(spy_log_request, 0);
    expect_function_call(spy_send_response_only);
    will_return(spy_send_response_only, 0);
    expect_function_call(spy_send_header);
    will_return(spy_send_header, "Server");
    will_return(spy_send_header, 0);
    expect_function_call(spy_send_header);
    will_return(spy_send_header, "Date");
    will_return(spy_send_header, 0);
    assert_int_equal(cls.send_response(self, 404, NULL), 0);
    end_idle_handler(self);
}

static int
spy_handle_one_request(BaseHTTPRequestHandler *self)
{
    function_called();
    assert_true(self->close_connection || mock_type(int));
    self->close_connection = mock_type(bool);
    return mock_type(int);
}

static void
test_handle_goes_on_until_the_connection_is_to_be_closed(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self;

    (void)state;
    cls.base.base.handle = BaseHTTPRequestHandler_handle;
    cls.handle_one_request = spy_handle_one_request;
    for (int round = 0; round < 3; round++) {
        expect_function_call(spy_handle_one_request);
        if (round > 0) {
            will_return(spy_handle_one_request, 1); /* close_connection: no */
        }
        will_return(spy_handle_one_request, round == 2);
        will_return(spy_handle_one_request, 0);
    }
    self = new_idle_handler(&cls);
    end_idle_handler(self);
}

static void
test_the_handler_keeps_nothing_alive(void **state)
{
    BaseHTTPRequestHandler *self;
    Py_ssize_t references;
    PyObject *line;

    (void)state;
    references = Py_REFCNT(server);
    self = new_handler(
        &classes[0], eval_python("start(sent('GET /a HTTP/1.1|Host: h||'))"));
    assert_non_null(self);
    assert_int_equal(Py_REFCNT(self), 1);
    assert_int_equal(Py_REFCNT(server), references + 1);
    assert_int_equal(Py_REFCNT(self->headers), 1);
    run_python("attributes.clear()");
    line = Py_NewRef(self->raw_requestline);
    assert_int_equal(Py_REFCNT(line), 2);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(line), 1);
    assert_int_equal(Py_REFCNT(server), references);
    assert_repr(eval_python("sys.getrefcount(request[1])"), "2");
    run_python("sys.stderr = sys.__stderr__");
    Py_DECREF(line);
}

static void
test_the_collector_finds_a_handler_in_its_own_buffer(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    Py_ssize_t references = Py_REFCNT(server);

    (void)state;
    run_python("sys.stderr = sys.__stderr__");
    self->_headers_buffer = PyList_New(0);
    assert_int_equal(PyList_Append(self->_headers_buffer, (PyObject *)self),
                     0);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(server), references);
    PyGC_Collect();
    assert_int_equal(Py_REFCNT(server), references - 1);
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    const BaseHTTPRequestHandlerClass *cls = &BaseHTTPRequestHandler_class;

    (void)state;
    assert_equal(
        eval_python("class_attributes()"),
        Py_BuildValue("(sssssii)", cls->server_version,
                      cls->error_message_format, cls->error_content_type,
                      cls->default_request_version, cls->protocol_version,
                      cls->base.rbufsize, cls->base.wbufsize));
    assert_null(cls->do_methods[0].name);
}

static void
test_table_has_no_empty_slot(void **state)
{
    const BaseHTTPRequestHandlerClass *cls = &BaseHTTPRequestHandler_class;

    (void)state;
    assert_no_empty_slot(&cls->base.base,
                         offsetof(BaseRequestHandlerClass, init),
                         sizeof(BaseRequestHandlerClass));
    assert_no_empty_slot(cls,
                         offsetof(BaseHTTPRequestHandlerClass, parse_request),
                         sizeof(BaseHTTPRequestHandlerClass));
}

/* The class itself: _colorize_request() of any theme, under any release. */
static void
test_colorize_request_takes_the_colours_of_the_theme(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *theme = eval_python("Theme()");
    PyObject *codes = eval_python("colours_of_codes");

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    Py_XSETREF(self->requestline, PyUnicode_FromString("GET /\t HTTP/1.1"));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(codes); i++) {
        PyObject *row = PyList_GET_ITEM(codes, i);
        PyObject *size = PyLong_FromLong(7);

        give_python("got", BaseHTTPRequestHandler__colorize_request(
                               self, PyTuple_GET_ITEM(row, 0), size, theme));
        set_python("code", PyTuple_GET_ITEM(row, 0));
        set_python("colour", PyTuple_GET_ITEM(row, 1));
        assert_equal(eval_python("got"),
                     eval_python("in_colour(code, colour)"));
        Py_DECREF(size);
    }
    Py_DECREF(codes);
    Py_DECREF(theme);
    end_idle_handler(self);
}

static void
test_the_headers_are_of_the_message_class(void **state)
{
    BaseHTTPRequestHandlerClass cls = classes[0];
    HTTPMessageClass other = HTTPMessage_class;
    BaseHTTPRequestHandler *self;

    (void)state;
    assert_ptr_equal(cls.MessageClass, &HTTPMessage_class);
    cls.MessageClass = &other;
    self = new_handler(&cls, eval_python("request_of_get()"));
    assert_non_null(self);
    assert_ptr_equal(self->headers->cls, &other);
    give_python("items", HTTPMessage_items(self->headers));
    assert_repr(eval_python("items"), "[('A', '1')]");
    end_idle_handler(self);
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python_file("server/test_base_http_request_handler.py");
    fill_classes();
    server = new_idle_server();
    return 0;
}

static int
teardown(void **state)
{
    Py_CLEAR(server);
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_every_request_is_answered_as_by_python),
        python_test(test_send_error_sends_and_logs_what_pythons_does),
        python_test(test_before_parsing_the_attributes_are_missing),
        python_test(
            test_end_headers_before_send_response_is_an_attribute_error),
        python_test(test_headers_wait_in_the_buffer_until_they_are_flushed),
        python_test(test_a_header_beyond_latin_1_is_a_unicode_error),
        python_test(test_the_connection_header_decides_in_any_version),
        python_test(test_log_message_escapes_as_python_does),
        python_test(test_a_log_has_the_colours_of_pythons),
        python_test(test_a_later_log_has_the_colours_of_its_theme),
        python_test(test_every_log_goes_through_log_message),
        python_test(test_log_message_lets_through_what_fails),
        python_test(test_version_string_is_pythons),
        python_test(test_date_time_string_is_pythons),
        python_test(test_the_times_of_now_are_pythons),
        python_test(test_address_string_is_the_address_of_the_client),
        python_test(
            test_send_error_calls_through_the_class_and_stops_at_an_error),
        python_test(test_send_response_calls_through_the_class),
        python_test(test_handle_goes_on_until_the_connection_is_to_be_closed),
        python_test(test_the_handler_keeps_nothing_alive),
        python_test(test_the_collector_finds_a_handler_in_its_own_buffer),
        python_test(test_the_class_attributes_are_pythons),
        python_test(test_table_has_no_empty_slot),
        python_test(test_colorize_request_takes_the_colours_of_the_theme),
        python_test(test_the_headers_are_of_the_message_class),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
