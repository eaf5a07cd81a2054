#include "same_as_python.h"

#include "handlers/handlers.h"
#include "no_memory.h"
#include "python/errors.h"

static void
test_statuses(void **state)
{
    (void)state;
    assert_same_as_python("STATUSES");
}

static void
test_headers(void **state)
{
    (void)state;
    assert_same_as_python("HEADERS");
}

static void
test_iterables(void **state)
{
    (void)state;
    assert_same_as_python("ITERABLES");
}

static void
test_start_response(void **state)
{
    (void)state;
    assert_same_as_python("START_RESPONSE");
}

static void
test_write(void **state)
{
    (void)state;
    assert_same_as_python("WRITE");
}

static void
test_errors(void **state)
{
    (void)state;
    assert_same_as_python("ERRORS");
}

static void
test_closing(void **state)
{
    (void)state;
    assert_same_as_python("CLOSING");
}

static void
test_environ(void **state)
{
    (void)state;
    assert_same_as_python("ENVIRONS");
}

/* After a request, what an application has kept is alive, and empty. */
static void
test_what_the_application_keeps(void **state)
{
    (void)state;
    assert_nothing_differs("not_kept_as_in_python()");
    assert_repr(eval_python("every_attempt_was_refused()"), "True");
}

/* What is left over after a run: nothing. */
static void
test_nothing_is_left_of_a_request(void **state)
{
    (void)state;
    assert_nothing_differs("leaking()");
}

/* The exception in flight: the names of its frames. */
static void
assert_frames(const char *expected)
{
    give_python("raised", take_exception());
    assert_repr(eval_python("frames(raised)"), expected);
    run_python("del raised");
}

/* CPython's HandlerTests, by the name. */
static void
HandlerTests_testAbstractMethods(void **state)
{
    BaseHandler *self = BaseHandler_new(&BaseHandler_class);

    (void)state;
    assert_int_equal(self->cls->_write(self, Py_None), -1);
    assert_frames("['_write']");
    assert_int_equal(self->cls->_flush(self), -1);
    assert_frames("['_flush']");
    assert_null(self->cls->get_stdin(self));
    assert_frames("['get_stdin']");
    assert_null(self->cls->get_stderr(self));
    assert_frames("['get_stderr']");
    assert_int_equal(self->cls->add_cgi_vars(self), -1);
    give_python("raised", take_exception());
    assert_repr(eval_python("(type(raised), raised.args)"),
                "(<class 'NotImplementedError'>, ())");
    run_python("del raised");
    /* run(): setup_environ fails, and reporting it fails as well */
    assert_int_equal(self->cls->run(self, Py_None), -1);
    assert_frames("['run', 'handle_error', 'log_exception', 'get_stderr']");
    Py_DECREF(self);
}

static void
test_a_new_handler_has_the_attributes_of_the_class(void **state)
{
    BaseHandlerClass cls = BaseHandler_class;
    BaseHandler *self;

    (void)state;
    cls.wsgi_multithread = false;
    cls.wsgi_run_once = true;
    cls.origin_server = false;
    cls.http_version = "1.1";
    cls.server_software = "S";
    self = BaseHandler_new(&cls);
    assert_false(self->wsgi_multithread);
    assert_true(self->wsgi_multiprocess);
    assert_true(self->wsgi_run_once);
    assert_false(self->origin_server);
    assert_string_equal(self->http_version, "1.1");
    assert_string_equal(self->server_software, "S");
    assert_true(self->_flush == BaseHandler__flush);
    assert_ptr_equal(self->environ, Py_None);
    assert_ptr_equal(self->status, Py_None);
    assert_ptr_equal(self->result, Py_None);
    assert_null(self->headers);
    assert_false(self->headers_sent);
    assert_int_equal(self->bytes_sent, 0);
    Py_DECREF(self);
}

static void
test_class_attributes_are_those_of_python(void **state)
{
    (void)state;
    assert_class_attributes_of_python(&BaseHandler_class, "BaseHandler");
}

/* A handler on memory streams, as CPython's tests have it. */
typedef struct Streams {
    PyObject *out, *err, *env;
    BaseHandler *handler;
} Streams;

static PyObject *no_environ; /* owned; {}: what TestHandler has from outside */

static BaseHandlerClass
test_handler_class(void)
{
    BaseHandlerClass cls = SimpleHandler_class;

    if (no_environ == NULL) {
        no_environ = PyDict_New();
    }
    cls.os_environ = &no_environ;
    return cls;
}

static Streams
open_streams(const BaseHandlerClass *cls, const char *env)
{
    Streams streams = { eval_python("io.BytesIO()"),
                        eval_python("io.StringIO()"), eval_python(env), NULL };
    PyObject *in = eval_python("io.BytesIO()");

    streams.handler =
        new_handler(cls, in, streams.out, streams.err, streams.env);
    Py_DECREF(in);
    return streams;
}

static void
close_streams(Streams streams)
{
    Py_DECREF(streams.handler);
    Py_DECREF(streams.out);
    Py_DECREF(streams.err);
    Py_DECREF(streams.env);
}

/* What stdout has got, the date masked. */
static void
assert_stdout(Streams streams, const char *expected)
{
    set_python("out", streams.out);
    assert_repr(eval_python("sent(out)"), expected);
    run_python("del out");
}

static void
assert_runs(Streams streams, const char *application)
{
    PyObject *app = eval_python(application);

    assert_int_equal(streams.handler->cls->run(streams.handler, app), 0);
    Py_DECREF(app);
}

static void
test_setup_environ_joins_its_sources(void **state)
{
    PyObject *outside = eval_python("{'A': 'os', 'B': 'os', 'C': 'os'}");
    BaseHandlerClass cls = SimpleHandler_class;
    Streams streams;

    (void)state;
    cls.os_environ = &outside;
    cls.wsgi_run_once = true;
    cls.server_software = "Soft/1";
    streams = open_streams(&cls, "{'B': 'base', 'wsgi.input': 'base'}");
    assert_int_equal(cls.setup_environ(streams.handler), 0);
    set_python("env", streams.handler->environ);
    give_python("streams", Py_BuildValue("(OO)", streams.err, streams.env));
    assert_repr(eval_python("env.pop('wsgi.errors') is streams[0]"), "True");
    run_python("env.pop('wsgi.input').read");
    run_python("wrapper = env.pop('wsgi.file_wrapper')");
    assert_repr(eval_python("env"),
                "{'A': 'os', 'B': 'base', 'C': 'os', 'wsgi.version': (1, 0), "
                "'wsgi.run_once': True, 'wsgi.url_scheme': 'http', "
                "'wsgi.multithread': False, 'wsgi.multiprocess': False, "
                "'SERVER_SOFTWARE': 'Soft/1'}");
    set_python("expected", (PyObject *)cls.wsgi_file_wrapper);
    assert_repr(eval_python("wrapper is expected"), "True");
    set_python("outside", outside);
    assert_repr(eval_python("outside"), "{'A': 'os', 'B': 'os', 'C': 'os'}");
    close_streams(streams);

    /* neither a file wrapper nor, off an origin server, a name */
    cls.wsgi_file_wrapper = NULL;
    cls.origin_server = false;
    streams = open_streams(&cls, "{}");
    assert_int_equal(cls.setup_environ(streams.handler), 0);
    set_python("env", streams.handler->environ);
    assert_repr(eval_python("[k for k in ('wsgi.file_wrapper', "
                            "'SERVER_SOFTWARE') if k in env]"),
                "[]");
    assert_int_equal(cls.result_is_file(streams.handler), 0);
    close_streams(streams);
    run_python("del env, streams, outside");
    Py_DECREF(outside);
}

static void
test_content_length(void **state)
{
    static const char *const apps[][2] = {
        { "headless(lambda: [])", "Content-Length: 0\\r\\n\\r\\n" },
        { "headless(lambda: [b'data'])", "Content-Length: 4\\r\\n\\r\\ndata" },
        { "headless(lambda: [b''])", "Content-Length: 0\\r\\n\\r\\n" },
        { "writes_data", "\\r\\ndata" },
        { "headless(lambda: [b'da', b'ta'])", "\\r\\ndata" },
        { "headless(lambda: (c for c in [b'data']))", "\\r\\ndata" },
    };
    BaseHandlerClass cls = test_handler_class();

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(apps); i++) {
        Streams streams =
            open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
        char text[200];

        assert_runs(streams, apps[i][0]);
        PyOS_snprintf(text, sizeof(text),
                      "b'HTTP/1.0 200 OK\\r\\nDate: D\\r\\n%s'", apps[i][1]);
        assert_stdout(streams, text);
        close_streams(streams);
    }
}

static void
test_an_error_gives_the_error_page(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");

    (void)state;
    assert_runs(streams, "says_no_way");
    assert_stdout(
        streams, "b'HTTP/1.0 500 Internal Server Error\\r\\nDate: D\\r\\n"
                 "Content-Type: text/plain\\r\\nContent-Length: 59\\r\\n\\r\\n"
                 "A server error occurred.  Please contact the "
                 "administrator.'");
    set_python("err", streams.err);
    assert_repr(
        eval_python("logged(err)"),
        "'Traceback (most recent call last):\\n  in run\\n  in says_no_way\\n"
        "AssertionError: no way\\n'");
    close_streams(streams);
}

static void
test_an_error_after_output_is_only_logged(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");

    (void)state;
    assert_runs(streams, "writes_and_says_no_way");
    assert_stdout(streams, "b'HTTP/1.0 200 OK\\r\\nDate: D\\r\\n\\r\\n"
                           "written'");
    set_python("err", streams.err);
    assert_repr(eval_python("'AssertionError: no way' in err.getvalue()"),
                "True");
    close_streams(streams);
}

static void
test_status_line_and_preamble(void **state)
{
    static const char *const protocols[] = { "HTTP/0.9", "HTTP/1.0",
                                             "HTTP/2.0" };

    (void)state;
    for (size_t p = 0; p < Py_ARRAY_LENGTH(protocols); p++) {
        for (int origin = 0; origin < 2; origin++) {
            for (int named = 0; named < 2; named++) {
                BaseHandlerClass cls = test_handler_class();
                Streams streams;
                char text[200];

                PyOS_snprintf(text, sizeof(text), "{'SERVER_PROTOCOL': '%s'}",
                              protocols[p]);
                streams = open_streams(&cls, text);
                /* set on the instance, as a user's __init__ would */
                streams.handler->origin_server = origin;
                streams.handler->http_version = "1.5";
                streams.handler->server_software = named ? "Soft" : NULL;
                assert_runs(streams, "answers_nothing");
                PyOS_snprintf(
                    text, sizeof(text), "b'%s%s%s'",
                    !origin  ? "Status: 200 OK\\r\\n"
                    : p == 0 ? ""
                             : "HTTP/1.5 200 OK\\r\\nDate: D\\r\\n",
                    origin && p > 0 && named ? "Server: Soft\\r\\n" : "",
                    origin && p == 0 ? "" : "Content-Length: 0\\r\\n\\r\\n");
                assert_stdout(streams, text);
                close_streams(streams);
            }
        }
    }
}

static Streams preamble;

/* The date that is kept is another one: now's has to be made. */
static void
open_for_preamble(void)
{
    static BaseHandlerClass cls;

    cls = test_handler_class();
    preamble = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    Py_SETREF(preamble.handler->environ, Py_NewRef(preamble.env));
    Py_SETREF(preamble.handler->status, eval_python("'200 OK'"));
    preamble.handler->headers = Headers_new(&Headers_class, NULL);
    preamble.handler->origin_server = true;
    preamble.handler->server_software = NULL;
    Py_DECREF(format_date_time(0));
}

static int
send_preamble(void)
{
    int result = preamble.handler->cls->send_preamble(preamble.handler);

    assert_true(result == 0 || PyErr_ExceptionMatches(PyExc_MemoryError));
    return result;
}

/* That of the next request is as ever. */
static void
send_the_next_preamble(void)
{
    close_streams(preamble);
    open_for_preamble();
    assert_int_equal(send_preamble(), 0);
    assert_stdout(preamble, "b'HTTP/1.0 200 OK\\r\\nDate: D\\r\\n'");
    close_streams(preamble);
}

static void
test_a_preamble_without_memory(void **state)
{
    Operation operation = { "send_preamble", open_for_preamble, send_preamble,
                            send_the_next_preamble };

    (void)state;
    assert_true(each_allocation_fails(&operation) > 3);
}

static void
test_state_is_kept_when_the_result_fails(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");

    (void)state;
    assert_runs(streams, "yields_and_fails");
    assert_true(streams.handler->headers_sent);
    assert_non_null(streams.handler->headers);
    assert_int_equal(streams.handler->bytes_sent, 3);
    assert_repr(Py_NewRef(streams.handler->status), "'200 OK'");
    assert_true(PyGen_Check(streams.handler->result));
    assert_true(PyDict_Check(streams.handler->environ));
    close_streams(streams);
}

static void
test_close_forgets_the_request(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    BaseHandler *self = streams.handler;
    PyObject *iterable;
    Py_ssize_t owned;

    (void)state;
    iterable = eval_python("body");
    owned = Py_REFCNT(iterable);
    assert_runs(streams, "returns_body");
    assert_int_equal(Py_REFCNT(iterable), owned);
    assert_ptr_equal(self->environ, Py_None);
    assert_ptr_equal(self->status, Py_None);
    assert_ptr_equal(self->result, Py_None);
    assert_null(self->headers);
    assert_false(self->headers_sent);
    assert_int_equal(self->bytes_sent, 0);
    assert_int_equal(Py_REFCNT(self), 1);
    Py_DECREF(iterable);
    close_streams(streams);
}

static void
test_without_headers_as_in_python(void **state)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);
    PyObject *message = eval_python("not_iterable()");
    const char *not_iterable = PyUnicode_AsUTF8(message);

    (void)state;
    assert_int_equal(self->cls->finish_content(self), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'setdefault'");
    assert_int_equal(self->cls->cleanup_headers(self), -1);
    assert_raised(PyExc_TypeError, not_iterable);
    assert_int_equal(self->cls->client_is_modern(self), -1);
    assert_raised(PyExc_TypeError, "'NoneType' object is not subscriptable");
    Py_SETREF(self->result, eval_python("[b'x']"));
    assert_int_equal(self->cls->set_content_length(self), -1);
    assert_raised(PyExc_TypeError,
                  "'NoneType' object does not support item assignment");
    Py_DECREF(message);
    Py_DECREF(self);
}

/* A subclass that says what is called on self, and on self.headers. */
static PyObject *calls; /* owned; a list of str, indented */
static int depth;

static void
called(const char *name)
{
    PyObject *line =
        PyUnicode_FromFormat("%s%s",
                             &"                    "
                              "                    "[40 - 2 * depth],
                             name);

    assert_int_equal(PyList_Append(calls, line), 0);
    Py_DECREF(line);
    depth++;
}

static int
left(int result)
{
    depth--;
    return result;
}

static PyObject *
left_object(PyObject *result)
{
    depth--;
    return result;
}

static int
record_run(BaseHandler *self, PyObject *application)
{
    called("run");
    return left(BaseHandler_run(self, application));
}

static int
record_setup_environ(BaseHandler *self)
{
    called("setup_environ");
    return left(BaseHandler_setup_environ(self));
}

static int
record_finish_response(BaseHandler *self)
{
    called("finish_response");
    return left(BaseHandler_finish_response(self));
}

static PyObject *
record_get_scheme(BaseHandler *self)
{
    called("get_scheme");
    return left_object(BaseHandler_get_scheme(self));
}

static int
record_set_content_length(BaseHandler *self)
{
    called("set_content_length");
    return left(BaseHandler_set_content_length(self));
}

static int
record_cleanup_headers(BaseHandler *self)
{
    called("cleanup_headers");
    return left(BaseHandler_cleanup_headers(self));
}

static PyObject *
record_start_response(BaseHandler *self, PyObject *status, PyObject *headers,
                      PyObject *exc_info)
{
    called("start_response");
    return left_object(
        BaseHandler_start_response(self, status, headers, exc_info));
}

static int
record_send_preamble(BaseHandler *self)
{
    called("send_preamble");
    return left(BaseHandler_send_preamble(self));
}

static int
record_write(BaseHandler *self, PyObject *data)
{
    called("write");
    return left(BaseHandler_write(self, data));
}

static int
record_sendfile(BaseHandler *self)
{
    called("sendfile");
    return left(BaseHandler_sendfile(self));
}

static int
record_finish_content(BaseHandler *self)
{
    called("finish_content");
    return left(BaseHandler_finish_content(self));
}

static int
record_close(BaseHandler *self)
{
    called("close");
    return left(BaseHandler_close(self));
}

static int
record_send_headers(BaseHandler *self)
{
    called("send_headers");
    return left(BaseHandler_send_headers(self));
}

static int
record_result_is_file(BaseHandler *self)
{
    called("result_is_file");
    return left(BaseHandler_result_is_file(self));
}

static int
record_client_is_modern(BaseHandler *self)
{
    called("client_is_modern");
    return left(BaseHandler_client_is_modern(self));
}

static int
record_log_exception(BaseHandler *self, PyObject *exc_info)
{
    called("log_exception");
    return left(BaseHandler_log_exception(self, exc_info));
}

static int
record_handle_error(BaseHandler *self)
{
    called("handle_error");
    return left(BaseHandler_handle_error(self));
}

static PyObject *
record_error_output(BaseHandler *self, PyObject *env, PyObject *start_response)
{
    called("error_output");
    return left_object(BaseHandler_error_output(self, env, start_response));
}

static int
record__write(BaseHandler *self, PyObject *data)
{
    called("_write");
    return left(SimpleHandler__write(self, data));
}

static int
record__flush(BaseHandler *self)
{
    called("_flush");
    return left(SimpleHandler__flush(self));
}

static PyObject *
record_get_stdin(BaseHandler *self)
{
    called("get_stdin");
    return left_object(SimpleHandler_get_stdin(self));
}

static PyObject *
record_get_stderr(BaseHandler *self)
{
    called("get_stderr");
    return left_object(SimpleHandler_get_stderr(self));
}

static int
record_add_cgi_vars(BaseHandler *self)
{
    called("add_cgi_vars");
    return left(SimpleHandler_add_cgi_vars(self));
}

static int
record_headers_init(Headers *self, PyObject *headers)
{
    called("Headers.__init__");
    return left(Headers_init(self, headers));
}

static int
record_headers_setitem(Headers *self, PyObject *name, PyObject *val)
{
    called("Headers.__setitem__");
    return left(Headers_setitem(self, name, val));
}

static int
record_headers_contains(Headers *self, PyObject *name)
{
    called("Headers.__contains__");
    return left(Headers_contains(self, name));
}

static PyObject *
record_headers_bytes(Headers *self)
{
    called("Headers.__bytes__");
    return left_object(Headers_bytes(self));
}

static PyObject *
record_headers_setdefault(Headers *self, PyObject *name, PyObject *value)
{
    called("Headers.setdefault");
    return left_object(Headers_setdefault(self, name, value));
}

static void
test_calls_come_in_the_order_of_python(void **state)
{
    HeadersClass headers_class = Headers_class;

    (void)state;
    headers_class.init = record_headers_init;
    headers_class.setitem = record_headers_setitem;
    headers_class.contains = record_headers_contains;
    headers_class.bytes = record_headers_bytes;
    headers_class.setdefault = record_headers_setdefault;
    tested_class = (BaseHandlerClass){
        .type = &SimpleHandler_type,
        .wsgi_version = { 1, 0 },
        .origin_server = true,
        .http_version = "1.0",
        .server_software = "Test/1.0",
        .os_environ = &BaseHandler_os_environ,
        .wsgi_file_wrapper = SimpleHandler_class.wsgi_file_wrapper,
        .headers_class = &headers_class,
        .traceback_limit = -1,
        .error_status = "500 Internal Server Error",
        .error_headers = BaseHandler_error_headers,
        .error_body = "A server error occurred.  Please contact the "
                      "administrator.",

        .run = record_run,
        .setup_environ = record_setup_environ,
        .finish_response = record_finish_response,
        .get_scheme = record_get_scheme,
        .set_content_length = record_set_content_length,
        .cleanup_headers = record_cleanup_headers,
        .start_response = record_start_response,
        .send_preamble = record_send_preamble,
        .write = record_write,
        .sendfile = record_sendfile,
        .finish_content = record_finish_content,
        .close = record_close,
        .send_headers = record_send_headers,
        .result_is_file = record_result_is_file,
        .client_is_modern = record_client_is_modern,
        .log_exception = record_log_exception,
        .handle_error = record_handle_error,
        .error_output = record_error_output,
        ._write = record__write,
        ._flush = record__flush,
        .get_stdin = record_get_stdin,
        .get_stderr = record_get_stderr,
        .add_cgi_vars = record_add_cgi_vars,
    };
    assert_no_empty_slot(&tested_class, offsetof(BaseHandlerClass, run),
                         sizeof(tested_class));
    calls = eval_python("calls_in_c");
    assert_nothing_differs("not_called_as_in_python()");
    assert_int_equal(depth, 0);
    Py_CLEAR(calls);
    tested_class = SimpleHandler_class;
    tested_class.server_software = "Test/1.0";
}

static int
yes(BaseHandler *self)
{
    (void)self;
    function_called();
    return 1;
}

static void
test_sendfile_may_take_the_file_over(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams;

    (void)state;
    cls.sendfile = yes;
    streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    expect_function_call(yes);
    assert_runs(streams, "returns_a_file");
    assert_stdout(streams, "b''");
    assert_ptr_equal(streams.handler->environ, Py_None); /* close() ran */
    close_streams(streams);
}

static void
test_traceback_limit_and_error_page_are_of_the_class(void **state)
{
    static const HeaderPair headers[] = {
        { "Content-Type", "text/html" },
        { "X-Error", "yes" },
        { NULL, NULL },
    };
    BaseHandlerClass cls = test_handler_class();
    Streams streams;

    (void)state;
    cls.traceback_limit = 1;
    cls.error_status = "503 Busy";
    cls.error_headers = headers;
    cls.error_body = "<p>";
    streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    assert_runs(streams, "raises_x");
    assert_stdout(streams, "b'HTTP/1.0 503 Busy\\r\\nDate: D\\r\\n"
                           "Content-Type: text/html\\r\\nX-Error: yes\\r\\n"
                           "Content-Length: 3\\r\\n\\r\\n<p>'");
    set_python("err", streams.err);
    assert_repr(eval_python("logged(err)"),
                "'Traceback (most recent call last):\\n  in run\\n"
                "ValueError: x\\n'");
    close_streams(streams);
}

/* The collector finds a handler that an application keeps in a cycle, and
 * what the collector has emptied fails like what close() has. */
static void
test_a_cleared_handler_is_usable(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    BaseHandler *self = streams.handler;

    (void)state;
    assert_true(PyObject_GC_IsTracked((PyObject *)self));
    assert_int_equal(cls.setup_environ(self), 0);
    assert_int_equal(Py_TYPE(self)->tp_clear((PyObject *)self), 0);
    assert_null(self->environ);
    assert_int_equal(cls._write(self, Py_None), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'write'");
    assert_int_equal(cls._flush(self), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'flush'");
    /* its log is None, which print_exception takes for sys.stderr */
    run_python("sys.stderr = io.StringIO()");
    assert_int_equal(cls.run(self, Py_None), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'flush'");
    run_python("sys.stderr = sys.__stderr__");
    close_streams(streams);
}

static void
test_no_slot_is_empty(void **state)
{
    (void)state;
    assert_no_empty_slot(&BaseHandler_class, offsetof(BaseHandlerClass, run),
                         sizeof(BaseHandler_class));
    assert_no_empty_slot(&SimpleHandler_class, offsetof(BaseHandlerClass, run),
                         sizeof(SimpleHandler_class));
}

static void
test_convert_string_type_wants_exactly_a_str(void **state)
{
    BaseHandler *self = BaseHandler_new(&BaseHandler_class);
    PyObject *text = eval_python("'20' + str(0)");
    PyObject *others = eval_python("[b'200', None, type('S', (str,), {})()]");
    PyObject *result;

    (void)state;
    result = BaseHandler__convert_string_type(self, text, "Status");
    assert_ptr_equal(result, text);
    Py_DECREF(result);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(others); i++) {
        assert_null(BaseHandler__convert_string_type(
            self, PyList_GET_ITEM(others, i), "Status"));
        give_python("raised", take_exception());
        assert_repr(eval_python("type(raised), frames(raised)"),
                    "(<class 'AssertionError'>, ['_convert_string_type'])");
    }
    assert_repr(eval_python("raised.args"),
                "(\"Status must be of type str (got '')\",)");
    run_python("del raised");
    assert_int_equal(Py_REFCNT(text), 1);
    Py_DECREF(others);
    Py_DECREF(text);
    Py_DECREF(self);
}

static PyObject *
convert_nothing(Headers *self, PyObject *value, int name)
{
    (void)self;
    (void)name;
    return Py_NewRef(value);
}

/* What headers of another class let pass. */
static void
test_start_response_wants_a_str_itself(void **state)
{
    HeadersClass lenient = Headers_class;
    BaseHandlerClass cls = test_handler_class();
    PyObject *status = eval_python("'200 OK'");
    PyObject *fields;
    Streams streams;

    (void)state;
    lenient._convert_string_type = convert_nothing;
    cls.headers_class = &lenient;
    for (int i = 0; i < 2; i++) {
        fields = eval_python(i == 0 ? "[(5, 'a')]" : "[('A', 6)]");
        streams = open_streams(&cls, "{}");
        assert_null(cls.start_response(streams.handler, status, fields, NULL));
        assert_raised(PyExc_AssertionError,
                      i == 0 ? "Header name must be of type str (got 5)"
                             : "Header value must be of type str (got 6)");
        close_streams(streams);
        Py_DECREF(fields);
    }
    Py_DECREF(status);
}

/* In releases that have it, start_response calls it also under -O. */
static void
test_validate_status_wants_three_digits_and_a_space(void **state)
{
    static const struct {
        const char *status;
        const char *message; /* NULL: it is valid */
    } rows[] = {
        { "200 OK", NULL },
        { "999 ", NULL },
        { "200", "Status must be at least 4 characters" },
        { "", "Status must be at least 4 characters" },
        { "2x0 OK", "Status message must begin w/3-digit code" },
        { " 200 OK", "Status message must begin w/3-digit code" },
        { "200-OK", "Status message must have a space after code" },
        { "2000 OK", "Status message must have a space after code" },
    };
    BaseHandler *self = BaseHandler_new(&BaseHandler_class);

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(rows); i++) {
        PyObject *status = PyUnicode_FromString(rows[i].status);

        if (rows[i].message == NULL) {
            assert_int_equal(BaseHandler__validate_status(self, status), 0);
        }
        else {
            assert_int_equal(BaseHandler__validate_status(self, status), -1);
            assert_raised(PyExc_AssertionError, rows[i].message);
        }
        Py_DECREF(status);
    }
    Py_DECREF(self);
}

static int
setup(void **state)
{
    (void)state;
    return start_handlers("handlers/test_base_handler.py");
}

static int
teardown(void **state)
{
    Py_CLEAR(no_environ);
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_statuses),
        python_test(test_headers),
        python_test(test_iterables),
        python_test(test_start_response),
        python_test(test_write),
        python_test(test_errors),
        python_test(test_closing),
        python_test(test_environ),
        python_test(test_what_the_application_keeps),
        python_test(test_nothing_is_left_of_a_request),
        python_test(HandlerTests_testAbstractMethods),
        python_test(test_a_new_handler_has_the_attributes_of_the_class),
        python_test(test_class_attributes_are_those_of_python),
        python_test(test_setup_environ_joins_its_sources),
        python_test(test_content_length),
        python_test(test_an_error_gives_the_error_page),
        python_test(test_an_error_after_output_is_only_logged),
        python_test(test_status_line_and_preamble),
        python_test(test_a_preamble_without_memory),
        python_test(test_state_is_kept_when_the_result_fails),
        python_test(test_close_forgets_the_request),
        python_test(test_without_headers_as_in_python),
        python_test(test_calls_come_in_the_order_of_python),
        python_test(test_sendfile_may_take_the_file_over),
        python_test(test_traceback_limit_and_error_page_are_of_the_class),
        python_test(test_a_cleared_handler_is_usable),
        python_test(test_no_slot_is_empty),
        python_test(test_convert_string_type_wants_exactly_a_str),
        python_test(test_start_response_wants_a_str_itself),
        python_test(test_validate_status_wants_three_digits_and_a_space),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
