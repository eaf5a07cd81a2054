/* validator() between WSGIRequestHandler and an application: the twins of
 * CPython's own tests of it, and requests as a client sends them. Each is also
 * run by the original, with Python's validator in Python's request handler. */
#include "../server/doubles.h"

#include "server/server_handler.h"
#include "server/simple_server.h"
#include "validate/validate.h"
#include "types.h"

static PyObject *server_application; /* borrowed, while a request lasts */

static PyObject *
given_app(WSGIServer *self)
{
    (void)self;
    return Py_NewRef(server_application);
}

static int
memory_server_init(BaseServer *self, PyObject *server_address,
                   const BaseRequestHandlerClass *RequestHandlerClass,
                   bool bind_and_activate)
{
    WSGIServer *wsgi = (WSGIServer *)self;

    wsgi->base_environ = eval_python("BASE_ENVIRON");
    return BaseServer_init(self, server_address, RequestHandlerClass,
                           bind_and_activate);
}

/* c_handler(app, request, validated) */
static PyObject *
c_handler(PyObject *module, PyObject *args)
{
    WSGIServerClass server_class = WSGIServer_class;
    WSGIRequestHandlerClass handler_class = WSGIRequestHandler_class;
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 4711);
    PyObject *app, *request;
    int validated;
    BaseServer *server;
    BaseRequestHandler *handler;

    (void)module;
    if (!PyArg_ParseTuple(args, "OOp", &app, &request, &validated)) {
        return NULL;
    }
    server_class.base.init = memory_server_init;
    server_class.get_app = given_app;
    handler_class.base.base.base.setup = memory_setup;
    handler_class.base.base.base.finish = memory_finish;
    server_application = validated ? validator(app) : Py_NewRef(app);
    assert_non_null(server_application);
    server = BaseServer_new(&server_class.base, address, NULL);
    assert_non_null(server);
    handler = BaseRequestHandler_new(&handler_class.base.base.base, request,
                                     address, server);
    Py_XDECREF((PyObject *)handler);
    Py_DECREF((PyObject *)server);
    Py_DECREF(server_application);
    Py_DECREF(address);
    return handler == NULL ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    { "c_handler", c_handler, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

/* Python's `out` and `log` of a request for an application, which is what an
 * expression gives; both are those of the original, too. */
static void
run_amock(const char *app, const char *data, bool validated)
{
    char call[120];

    give_python("data", PyBytes_FromString(data));
    PyOS_snprintf(call, sizeof(call), "differences(%s, data, %s)", app,
                  validated ? "True" : "False");
    assert_nothing_differs(call);
}

static void
assert_server_error(void)
{
    assert_repr(eval_python("is_server_error()"), "True");
}

#define GET "GET / HTTP/1.0\n\n"

/* Lib/test/test_wsgiref.py: IntegrationTests.test_validated_hello */
static void
test_validated_hello(void **state)
{
    (void)state;
    run_amock("says_hello", GET, true);
    assert_repr(eval_python("out_of_any_python()"),
                "b'HTTP/1.0 200 OK\\r\\nServer: WSGIServer Python\\r\\n"
                "Content-Type: text/plain\\r\\nDate: now\\r\\n\\r\\nHello, "
                "world!'");
}

/* IntegrationTests.test_simple_validation_error */
static void
test_simple_validation_error(void **state)
{
    (void)state;
    run_amock("has_a_tuple_for_headers", GET, true);
    assert_server_error();
    assert_repr(eval_python("last_line()"),
                "\"AssertionError: Headers (('Content-Type', 'text/plain')) "
                "must be of type list: <class 'tuple'>\"");
}

/* IntegrationTests.test_status_validation_errors: without validator() */
static void
test_status_validation_errors(void **state)
{
    static const char *const tests[][2] = {
        { "has_status('200')",
          "'AssertionError: Status must be at least 4 characters'" },
        { "has_status('20X OK')",
          "'AssertionError: Status message must begin w/3-digit code'" },
        { "has_status('200OK')",
          "'AssertionError: Status message must have a space after code'" },
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tests); i++) {
        run_amock(tests[i][0], GET, false);
        assert_server_error();
        assert_repr(eval_python("last_line()"), tests[i][1]);
    }
}

/* IntegrationTests.test_wsgi_input */
static void
test_wsgi_input(void **state)
{
    (void)state;
    run_amock("reads_all", GET, true);
    assert_server_error();
    assert_repr(eval_python("last_line()"), "'AssertionError'");
    assert_repr(eval_python("frames_in_log()"),
                "['in run', 'in lint_app', 'in reads_all', 'in read', "
                "'in assert_']");
}

/* IntegrationTests.test_bytes_validation */
static void
test_bytes_validation(void **state)
{
    (void)state;
    run_amock("says_data", GET, true);
    assert_repr(eval_python("log.endswith('\"GET / HTTP/1.0\" 200 4\\n')"),
                "True");
    assert_repr(eval_python("out.endswith(b'Content-Type: text/plain; "
                            "charset=utf-8\\r\\nDate: now\\r\\n\\r\\ndata')"),
                "True");
}

/* IntegrationTests.test_cp1252_url */
static void
test_cp1252_url(void **state)
{
    (void)state;
    run_amock("says_its_path", "GET /\x80%80 HTTP/1.0", true);
    assert_repr(eval_python("out.splitlines()[-1]"), "b'/\\x80\\x80'");
}

static void
assert_request(const char *request_, const char *last_line)
{
    run_amock("routes", request_, true);
    if (last_line != NULL) {
        assert_repr(eval_python("last_line()"), last_line);
    }
}

#define END " HTTP/1.1\r\nHost: h\r\n\r\n"

static void
test_good_requests_pass(void **state)
{
    (void)state;
    assert_request("GET /ok" END, NULL);
    assert_repr(eval_python("log"),
                "'127.0.0.1 - - [now] \"GET /ok HTTP/1.1\" 200 3\\n'");
    assert_request("GET /length" END, NULL);
    assert_request("GET /204" END, NULL);
    assert_request("GET /ok?query" END, NULL);
    assert_request("HEAD /ok" END, NULL);
    assert_request("GET /log" END, "'to the log'");
    assert_request("GET /write" END, NULL);
    assert_repr(eval_python("out.endswith(b'\\r\\n\\r\\nw1\\nw2\\niter\\n')"),
                "True");
    assert_request("GET /file-wrapper" END, NULL);
    assert_request("POST /read HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                   NULL);
    assert_repr(eval_python("out.endswith(b'\\r\\n\\r\\nhello')"), "True");
    assert_request("POST /lines HTTP/1.1\r\nContent-Length: 5\r\n\r\na\nb\n",
                   NULL);
    assert_request("POST /readlines HTTP/1.1\r\n\r\na\nb\nc", NULL);
    assert_repr(eval_python("out.endswith(b'\\r\\n\\r\\na\\n|b\\n|c')"),
                "True");
}

static void
test_unknown_method_is_warned_of(void **state)
{
    (void)state;
    assert_request("FOO /ok" END,
                   "\"WSGIWarning: Unknown REQUEST_METHOD: 'FOO'\"");
    assert_repr(eval_python("b'200 OK' in out"), "True");
}

static void
test_bad_environ_is_a_server_error(void **state)
{
    (void)state;
    assert_request("GET p/q" END, "\"AssertionError: PATH_INFO doesn't start "
                                  "with /: 'p/q'\"");
    assert_server_error();
    assert_request("OPTIONS *" END, "\"AssertionError: PATH_INFO doesn't "
                                    "start with /: '*'\"");
    assert_request("POST /ok HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                   "\"AssertionError: Invalid CONTENT_LENGTH: '-1'\"");
    assert_request("POST /ok HTTP/1.1\r\nContent-Length: junk\r\n\r\n",
                   "\"ValueError: invalid literal for int() with base 10: "
                   "'junk'\"");
}

static void
test_bad_application_is_a_server_error(void **state)
{
    (void)state;
    assert_request("POST /read-all" END, "'AssertionError'");
    assert_server_error();
    assert_request("GET /headers-empty" END,
                   "'AssertionError: No Content-Type header found in headers "
                   "([])'");
    assert_request("GET /status-204" END,
                   "'AssertionError: Content-Type header found in a 204 "
                   "response, which must not return content.'");
    assert_request("GET /return-str" END,
                   "'AssertionError: You should not return a string as your "
                   "application iterator, instead return a single-item list "
                   "containing a bytestring.'");
    assert_request("GET /none" END,
                   "'AssertionError: The application must return an "
                   "iterator, if only an empty list'");
    assert_request("GET /not-started" END,
                   "'AssertionError: The application returns and we started "
                   "iterating over its body, but start_response has not yet "
                   "been called'");
    assert_request("GET /text" END, NULL);
    assert_request("GET /text-first" END,
                   "\"AssertionError: Iterator yielded non-bytestring "
                   "('text')\"");
    assert_request("GET /write-text" END, "'AssertionError'");
    assert_request("GET /start-again" END,
                   "'AssertionError: Headers already set!'");
    assert_request("GET /raise" END, "'ValueError: raised'");
    assert_server_error();
}

static void
test_failing_close_comes_after_the_response(void **state)
{
    (void)state;
    assert_request("GET /return-body-close-raises" END, NULL);
    assert_repr(eval_python("log.splitlines()[1]"), "'APP close()'");
    assert_repr(eval_python("'RuntimeError: close failed' in log"), "True");
}

/* The half-made IteratorWrapper is complained of when all is over. */
static void
test_what_is_no_iterable_is_complained_of_last(void **state)
{
    (void)state;
    assert_request("GET /five" END, NULL);
    assert_server_error();
    assert_repr(eval_python("log_of_any_python()"),
                "['Traceback (most recent call last):', \"TypeError: 'int' "
                "object is not iterable\", '127.0.0.1 - - [now] \"GET /five "
                "HTTP/1.1\" 500 59', 'Exception ignored in: <__del__>', "
                "'Traceback (most recent call last):', \"AttributeError: "
                "'IteratorWrapper' object has no attribute 'closed'\"]");
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0 || types_ready() < 0) {
        return -1;
    }
    give_module("ours", functions);
    run_python_file("validate/test_validate_in_server.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_validated_hello),
        python_test(test_simple_validation_error),
        python_test(test_status_validation_errors),
        python_test(test_wsgi_input),
        python_test(test_bytes_validation),
        python_test(test_cp1252_url),
        python_test(test_good_requests_pass),
        python_test(test_unknown_method_is_warned_of),
        python_test(test_bad_environ_is_a_server_error),
        python_test(test_bad_application_is_a_server_error),
        python_test(test_failing_close_comes_after_the_response),
        python_test(test_what_is_no_iterable_is_complained_of_last),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
