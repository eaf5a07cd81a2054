#include "doubles.h"

#include "server/simple_server.h"
#include "validate/validate.h"
#include "types.h"

static void
test_demo_app_answers_as_pythons_does(void **state)
{
    PyObject *app = demo_app_new();

    (void)state;
    assert_non_null(app);
    set_python("app", app);
    run_python("compare_demo_app(app); del app");
    assert_nothing_differs("rows.report()");
    assert_int_equal(Py_REFCNT(app), 1);
    Py_DECREF(app);
}

static void
test_demo_app_greets(void **state)
{
    PyObject *env = Py_BuildValue("{ssss}", "b", "2", "a", "1");
    PyObject *start_response = eval_python("start_response");

    (void)state;
    run_python("calls.clear()");
    assert_repr(demo_app(env, start_response),
                "[b\"Hello world!\\n\\na = '1'\\nb = '2'\\n\"]");
    assert_repr(eval_python("calls"),
                "[('200 OK', [('Content-Type', 'text/plain; "
                "charset=utf-8')])]");
    assert_int_equal(Py_REFCNT(env), 1);
    Py_DECREF(env);
    Py_DECREF(start_response);
}

static void
test_demo_app_survives_what_is_no_environ(void **state)
{
    PyObject *app = demo_app_new();

    (void)state;
    set_python("app", app);
    run_python("compare_what_is_no_environ(app); del app");
    assert_nothing_differs("rows.report()");
    Py_DECREF(app);
}

static void
test_make_server_makes_a_wsgi_server_for_the_application(void **state)
{
    PyObject *app = PyList_New(0);
    WSGIServer *server = make_server("127.0.0.1", 0, app, NULL, NULL);
    BaseServer *base = (BaseServer *)server;

    (void)state;
    assert_non_null(server);
    assert_ptr_equal(Py_TYPE(server), &WSGIServer_type);
    assert_ptr_equal(base->cls, &WSGIServer_class.base);
    assert_ptr_equal(base->RequestHandlerClass,
                     &WSGIRequestHandler_class.base.base.base);
    assert_ptr_equal(server->application, app);
    assert_true(PyLong_AsLong(server->base.server_port) > 0);
    Py_DECREF(server);
    assert_int_equal(Py_REFCNT(app), 1);
    Py_DECREF(app);
}

static int
fake_set_app(WSGIServer *self, PyObject *application)
{
    int result = mock_type(int);

    (void)self;
    function_called();
    assert_ptr_equal(application, mock_ptr_type(PyObject *));
    if (result < 0) {
        PyErr_SetString(PyExc_ValueError, "queued");
    }
    return result;
}

static void
test_make_server_uses_the_classes_it_is_given(void **state)
{
    WSGIServerClass server_class = WSGIServer_class;
    WSGIRequestHandlerClass handler_class = WSGIRequestHandler_class;
    PyObject *app = PyList_New(0);
    WSGIServer *server;

    (void)state;
    server_class.set_app = fake_set_app;
    expect_function_call(fake_set_app);
    will_return(fake_set_app, 0);
    will_return(fake_set_app, app);
    server = make_server("127.0.0.1", 0, app, &server_class, &handler_class);
    assert_non_null(server);
    assert_ptr_equal(server->base.base.base.cls, &server_class);
    assert_ptr_equal(server->base.base.base.RequestHandlerClass,
                     &handler_class);
    Py_DECREF(server);

    expect_function_call(fake_set_app);
    will_return(fake_set_app, -1);
    will_return(fake_set_app, app);
    assert_null(
        make_server("127.0.0.1", 0, app, &server_class, &handler_class));
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(app);
}

static void
test_make_server_on_a_port_in_use_is_an_os_error(void **state)
{
    WSGIServer *server = make_server("127.0.0.1", 0, Py_None, NULL, NULL);
    int port;

    (void)state;
    assert_non_null(server);
    port = (int)PyLong_AsLong(server->base.server_port);
    assert_null(make_server("127.0.0.1", port, Py_None, NULL, NULL));
    assert_raised(PyExc_OSError, "[Errno 98] Address already in use");
    Py_DECREF(server);
}

static void
test_make_server_of_a_port_that_is_none_fails_as_in_python(void **state)
{
    (void)state;
    assert_null(make_server("127.0.0.1", 65536, Py_None, NULL, NULL));
    assert_raised(PyExc_OverflowError, "bind(): port must be 0-65535.");
}

/* The whole chain, once: a client's request and what comes back. */
static void
test_a_made_server_answers_as_pythons_does(void **state)
{
    PyObject *app = demo_app_new();
    WSGIServer *server = make_server("127.0.0.1", 0, app, NULL, NULL);

    (void)state;
    assert_non_null(server);
    capture_stderr();
    set_python("port", server->base.server_port);
    run_python("client = connect(port)");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("check_answer(client); del client");
    Py_DECREF(captured_stderr());
    Py_DECREF(server);
    Py_DECREF(app);
}

/* In one server with all kinds of files. */
static void
test_files_are_answered_as_by_python(void **state)
{
    PyObject *files = eval_python("files");
    WSGIServer *server = make_server("127.0.0.1", 0, Py_None, NULL, NULL);

    (void)state;
    assert_non_null(server);
    set_python("port", server->base.server_port);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(files); i++) {
        PyObject *this = PyList_GET_ITEM(files, i);

        set_python("this", this);
        assert_int_equal(WSGIServer_set_app(server, PyTuple_GET_ITEM(this, 1)),
                         0);
        run_python("client = start_file(port)");
        assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
        run_python("check_file(*this, end_file(client)); del client");
    }
    assert_nothing_differs("rows.report()");
    Py_DECREF(server);
    Py_DECREF(files);
}

/* CPython's IntegrationTests, by their names. Its MockServer has no socket, and
 * its MockHandler reads and writes memory. */

/* class MockServer(WSGIServer): BaseServer.__init__, then server_bind() */
static int
mock_init(BaseServer *self, PyObject *server_address,
          const BaseRequestHandlerClass *RequestHandlerClass,
          bool bind_and_activate)
{
    if (BaseServer_init(self, server_address, RequestHandlerClass,
                        bind_and_activate) < 0)
    {
        return -1;
    }
    return self->cls->server_bind(self);
}

static int
mock_server_bind(BaseServer *self)
{
    HTTPServer *http = (HTTPServer *)self;
    const WSGIServerClass *cls = (const WSGIServerClass *)self->cls;

    http->server_name = PySequence_GetItem(self->server_address, 0);
    http->server_port = PySequence_GetItem(self->server_address, 1);
    return cls->setup_environ((WSGIServer *)self);
}

/* What Python's `out` and `err` are once `app` (an expression), or what
 * validator() makes of it, has answered `data` (another). */
static void
run_mock(const char *app, bool validated, const char *data)
{
    WSGIServerClass server_class = WSGIServer_class;
    WSGIRequestHandlerClass handler_class = WSGIRequestHandler_class;
    PyObject *application = eval_python(app);
    PyObject *bytes = eval_python(data);
    PyObject *request, *address;
    WSGIServer *server;
    BaseServer *base;

    server_class.base.init = mock_init;
    server_class.base.server_bind = mock_server_bind;
    handler_class.base.base.base.setup = memory_setup;
    handler_class.base.base.base.finish = memory_finish;
    if (validated) {
        Py_SETREF(application, validator(application));
    }
    server = make_server("", 80, application, &server_class, &handler_class);
    assert_non_null(server);
    base = (BaseServer *)server;
    capture_stderr();
    set_python("data", bytes);
    run_python("stdout = io.BytesIO()");
    request = eval_python("io.BufferedReader(io.BytesIO(data)), stdout");
    address = Py_BuildValue("(si)", "127.0.0.1", 8888);
    assert_int_equal(base->cls->finish_request(base, request, address), 0);
    give_python("err", captured_stderr());
    give_python("out", eval_python("stdout.getvalue()"));
    run_python("del stdout, data");
    Py_DECREF(address);
    Py_DECREF(request);
    Py_DECREF(server);
    Py_DECREF(bytes);
    Py_DECREF(application);
}

static void
IntegrationTests_test_plain_hello(void **state)
{
    (void)state;
    run_mock("hello_app", false, "b'GET / HTTP/1.0\\n\\n'");
    run_python("check_plain_hello(out, err)");
}

static void
IntegrationTests_test_environ(void **state)
{
    (void)state;
    run_mock("header_app", false,
             "b'GET /p%61th/?query=test HTTP/1.0\\n"
             "X-Test-Header: Python test \\n"
             "X-Test-Header: Python test 2\\n"
             "Content-Length: 0\\n\\n'");
    assert_repr(eval_python("out.splitlines()[-1]"),
                "b'Python test,Python test 2;query=test;/path/'");
}

static void
IntegrationTests_test_request_length(void **state)
{
    (void)state;
    run_mock("hello_app", false,
             "b'GET ' + b'x' * 65537 + b' HTTP/1.0\\n\\n'");
    run_python("check_request_length(out)");
}

static void
IntegrationTests_test_cp1252_url(void **state)
{
    (void)state;
    run_mock("path_app", true, "b'GET /\\x80%80 HTTP/1.0'");
    assert_repr(eval_python("without_server(out)"),
                "[b'HTTP/1.0 200 OK', b'Content-Type: text/plain', "
                "b'Date: Mon, 05 Jun 2006 18:49:54 GMT', b'', "
                "b'/\\x80\\x80']");
    assert_repr(eval_python("len(out.splitlines())"), "6");
}

static int
log_nothing(BaseHTTPRequestHandler *self, const char *format, PyObject *args)
{
    (void)self;
    (void)format;
    (void)args;
    return 0;
}

/* A signal comes while the server blocks in the middle of sending 16 MiB: its
 * handler runs, and all the rest arrives. */
static void
IntegrationTests_test_interrupted_write(void **state)
{
    WSGIRequestHandlerClass handler_class = WSGIRequestHandler_class;
    PyObject *app;
    WSGIServer *server;

    (void)state;
    handler_class.base.log_message = log_nothing;
    app = eval_python("large_app");
    server = make_server("127.0.0.1", 0, app, NULL, &handler_class);
    assert_non_null(server);
    set_python("port", server->base.server_port);
    run_python("client = Interrupter(port)");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("client.check()");
    Py_DECREF(server);
    Py_DECREF(app);
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0 || types_ready() < 0) {
        return -1;
    }
    run_python_file("server/test_simple_server.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_demo_app_answers_as_pythons_does),
        python_test(test_demo_app_greets),
        python_test(test_demo_app_survives_what_is_no_environ),
        python_test(test_make_server_makes_a_wsgi_server_for_the_application),
        python_test(test_make_server_uses_the_classes_it_is_given),
        python_test(test_make_server_on_a_port_in_use_is_an_os_error),
        python_test(
            test_make_server_of_a_port_that_is_none_fails_as_in_python),
        python_test(test_a_made_server_answers_as_pythons_does),
        python_test(test_files_are_answered_as_by_python),
        python_test(IntegrationTests_test_plain_hello),
        python_test(IntegrationTests_test_environ),
        python_test(IntegrationTests_test_request_length),
        python_test(IntegrationTests_test_cp1252_url),
        python_test(IntegrationTests_test_interrupted_write),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
