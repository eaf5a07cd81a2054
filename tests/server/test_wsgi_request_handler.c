#include "doubles.h"

#include "no_memory.h"
#include "python/objects.h"
#include "server/server_handler.h"
#include "server/simple_server.h"

/* A WSGIServer that does not listen. */
static WSGIServer *server;

static int
memory_server_init(BaseServer *self, PyObject *server_address,
                   const BaseRequestHandlerClass *RequestHandlerClass,
                   bool bind_and_activate)
{
    WSGIServer *wsgi = (WSGIServer *)self;

    wsgi->base_environ = eval_python("base_environ");
    wsgi->application = eval_python("app");
    return BaseServer_init(self, server_address, RequestHandlerClass,
                           bind_and_activate);
}

static WSGIServerClass server_class;

static PyObject *
named_address_string(BaseHTTPRequestHandler *self)
{
    (void)self;
    return PyUnicode_FromString("name.example");
}

static void
replace_rfile(BaseHTTPRequestHandler *self, const char *file)
{
    PyObject *body = eval_python(file);

    Py_SETREF(self->base.rfile, PythonFile_new(&PythonFile_class, body));
    assert_non_null(self->base.rfile);
    Py_DECREF(body);
}

static int
replacing_parse_request(BaseHTTPRequestHandler *self)
{
    int parsed = BaseHTTPRequestHandler_parse_request(self);

    if (parsed >= 0) {
        replace_rfile(self, "io.BytesIO(b'another body')");
    }
    return parsed;
}

static PyObject *
replacing_get_environ(BaseHTTPRequestHandler *self)
{
    PyObject *env = WSGIRequestHandler_get_environ(self);

    if (env != NULL) {
        replace_rfile(self, "io.BytesIO(b'too late')");
    }
    return env;
}

/* The C classes that stand for the Python list `classes`. */
static WSGIRequestHandlerClass classes[4];

static void
fill_classes(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        classes[i] = WSGIRequestHandler_class;
        classes[i].base.base.base.setup = memory_setup;
        classes[i].base.base.base.finish = memory_finish;
    }
    classes[1].base.address_string = named_address_string;
    classes[2].base.protocol_version = "HTTP/1.1";
    classes[3].base.parse_request = replacing_parse_request;
    classes[3].get_environ = replacing_get_environ;
}

/* cls(request, client_address, server); `request` is stolen. */
static BaseHTTPRequestHandler *
new_handler(const WSGIRequestHandlerClass *cls, PyObject *request)
{
    PyObject *client_address = eval_python("client_address");
    BaseRequestHandler *self = BaseRequestHandler_new(
        &cls->base.base.base, request, client_address, (BaseServer *)server);

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
test_every_request_is_handled_as_by_python(void **state)
{
    (void)state;
    compare_every_case(new_numbered_handler);
}

static WSGIRequestHandlerClass
idle_class(void)
{
    WSGIRequestHandlerClass cls = classes[0];

    cls.base.base.base.handle = idle_handle;
    return cls;
}

/* As if `GET / HTTP/1.1` had been parsed, with these headers. */
static BaseHTTPRequestHandler *
new_idle_handler(const WSGIRequestHandlerClass *cls, const char *headers)
{
    BaseHTTPRequestHandler *self;
    PyObject *text = PyUnicode_FromString(headers);

    self = new_handler(cls, eval_python("start_idle()"));
    assert_non_null(self);
    self->requestline = PyUnicode_FromString("GET / HTTP/1.1");
    self->command = PyUnicode_FromString("GET");
    self->request_version = PyUnicode_FromString("HTTP/1.1");
    self->path = PyUnicode_FromString("/");
    self->headers = HTTPMessage_parsestr(&HTTPMessage_class, text);
    assert_non_null(self->headers);
    Py_DECREF(text);
    return self;
}

static void
test_get_environ_unquotes_paths_as_python_does(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls, "");
    PyObject *paths = eval_python("paths");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(paths); i++) {
        PyObject *this = PyList_GET_ITEM(paths, i);

        Py_SETREF(self->path, Py_NewRef(PyTuple_GET_ITEM(this, 1)));
        set_python("path", this);
        give_python("environ", cls.get_environ(self));
        run_python("compare_environ(*path, environ); del environ");
    }
    Py_DECREF(paths);
    assert_nothing_differs("rows.report()");
    Py_DECREF(self);
}

static void
test_get_environ_leaves_the_servers_alone(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self =
        new_idle_handler(&cls, "Content-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n");
    Py_ssize_t size = PyDict_Size(server->base_environ);
    PyObject *env = cls.get_environ(self);

    (void)state;
    assert_non_null(env);
    assert_true(PyDict_CheckExact(env));
    assert_int_equal(Py_REFCNT(env), 1);
    assert_ptr_not_equal(env, server->base_environ);
    assert_int_equal(PyDict_Size(server->base_environ), size);
    set_python("environ", env);
    assert_repr(eval_python("environ['CONTENT_LENGTH']"), "'5'");
    assert_repr(eval_python("environ['HTTP_X_A']"), "'1,2'");
    assert_repr(eval_python("'HTTP_CONTENT_LENGTH' in environ"), "False");
    run_python("del environ");
    Py_DECREF(env);
    Py_DECREF(self);
}

static WSGIRequestHandlerClass idle;
static BaseHTTPRequestHandler *with_content;

static void
open_with_content(void)
{
    with_content = new_idle_handler(
        &idle, "Content-Type: a/b\r\nContent-Length: 55\r\nX-A: bc\r\n");
}

static int
get_environ(void)
{
    PyObject *env = idle.get_environ(with_content);

    assert_true(env != NULL || PyErr_ExceptionMatches(PyExc_MemoryError));
    return discard(env);
}

/* Later there is memory: the request has lost nothing. */
static void
get_environ_later(void)
{
    give_python("environ", idle.get_environ(with_content));
    assert_repr(eval_python("[environ[name] for name in ('CONTENT_TYPE',"
                            " 'CONTENT_LENGTH', 'HTTP_X_A')]"),
                "['a/b', '55', 'bc']");
    run_python("del environ");
    Py_DECREF(with_content);
}

static void
test_get_environ_without_memory(void **state)
{
    Operation operation = { "get_environ", open_with_content, get_environ,
                            get_environ_later };

    (void)state;
    idle = idle_class();
    assert_true(each_allocation_fails(&operation) >= 3); /* values */
}

static void
test_get_environ_of_a_client_without_an_address_is_an_error(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls, "");

    (void)state;
    /* as of a Unix socket */
    Py_SETREF(self->base.base.client_address, PyUnicode_FromString(""));
    assert_null(cls.get_environ(self));
    assert_raised(PyExc_IndexError, "string index out of range");
    Py_DECREF(self);
}

static void
test_get_stderr_is_sys_stderr_of_the_moment(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls, "");

    (void)state;
    run_python("sys.stderr = io.StringIO()");
    assert_equal(cls.get_stderr(self), eval_python("sys.stderr"));
    run_python("sys.stderr = None");
    assert_repr(cls.get_stderr(self), "None");
    run_python("del sys.stderr");
    assert_null(cls.get_stderr(self));
    assert_raised(PyExc_AttributeError,
                  "module 'sys' has no attribute 'stderr'");
    run_python("sys.stderr = sys.__stderr__");
    Py_DECREF(self);
}

/* What handle() calls on self, and on the server, in Python's order. */
static int
spy_parse_request(BaseHTTPRequestHandler *self)
{
    function_called();
    assert_repr(Py_NewRef(self->raw_requestline), "b'GET / HTTP/1.1\\r\\n'");
    return mock_type(int);
}

static int
spy_send_error(BaseHTTPRequestHandler *self, int code, const char *message,
               const char *explain)
{
    function_called();
    assert_int_equal(code, 414);
    assert_null(message);
    assert_null(explain);
    assert_repr(Py_NewRef(self->requestline), "''");
    assert_repr(Py_NewRef(self->request_version), "''");
    assert_repr(Py_NewRef(self->command), "''");
    return mock_type(int);
}

static PyObject *
spy_get_stderr(BaseHTTPRequestHandler *self)
{
    (void)self;
    function_called();
    return mock_ptr_type(PyObject *);
}

static PyObject *
spy_get_environ(BaseHTTPRequestHandler *self)
{
    (void)self;
    function_called();
    return mock_ptr_type(PyObject *);
}

static PyObject *
spy_get_app(WSGIServer *self)
{
    assert_ptr_equal(self, server);
    function_called();
    return mock_ptr_type(PyObject *);
}

static WSGIRequestHandlerClass
spying_class(void)
{
    WSGIRequestHandlerClass cls = classes[0];

    cls.base.parse_request = spy_parse_request;
    cls.base.send_error = spy_send_error;
    cls.get_stderr = spy_get_stderr;
    cls.get_environ = spy_get_environ;
    server_class.get_app = spy_get_app;
    return cls;
}

static BaseHTTPRequestHandler *
spied_handler(const WSGIRequestHandlerClass *cls)
{
    BaseHTTPRequestHandler *self;

    self = new_handler(
        cls, eval_python("io.BytesIO(b'GET / HTTP/1.1\\r\\n'), io.BytesIO()"));
    server_class.get_app = WSGIServer_get_app;
    return self;
}

/* The spies fail without an exception: traceback_here makes that a
 * SystemError. */
static void
test_handle_calls_through_the_class_and_stops_at_an_error(void **state)
{
    (void)state;
    for (int fails = 1; fails <= 4; fails++) {
        WSGIRequestHandlerClass cls = spying_class();
        PyObject *error = eval_python("io.StringIO()");
        PyObject *env = PyDict_New();

        expect_function_call(spy_parse_request);
        will_return(spy_parse_request, fails == 1 ? -1 : 1);
        if (fails > 1) {
            expect_function_call(spy_get_stderr);
            will_return(spy_get_stderr, fails == 2 ? NULL : Py_NewRef(error));
        }
        if (fails > 2) {
            expect_function_call(spy_get_environ);
            will_return(spy_get_environ, fails == 3 ? NULL : Py_NewRef(env));
        }
        if (fails > 3) {
            expect_function_call(spy_get_app);
            will_return(spy_get_app, NULL);
        }
        assert_null(spied_handler(&cls));
        assert_raised(PyExc_SystemError, NULL);
        assert_int_equal(Py_REFCNT(error), 1);
        assert_int_equal(Py_REFCNT(env), 1);
        Py_DECREF(error);
        Py_DECREF(env);
    }
}

static void
test_handle_runs_the_application_of_the_server(void **state)
{
    WSGIRequestHandlerClass cls = spying_class();
    PyObject *error = eval_python("io.StringIO()");
    BaseHTTPRequestHandler *self;

    (void)state;
    cls.base.log_request = WSGIRequestHandler_class.base.log_request;
    expect_function_call(spy_parse_request);
    will_return(spy_parse_request, 1);
    expect_function_call(spy_get_stderr);
    will_return(spy_get_stderr, Py_NewRef(error));
    expect_function_call(spy_get_environ);
    will_return(spy_get_environ, eval_python("{'OWN': 'x'}"));
    expect_function_call(spy_get_app);
    will_return(spy_get_app, eval_python("with_own_environ"));
    self = spied_handler(&cls);
    assert_non_null(self);
    set_python("errors", error);
    run_python("check_own(errors); del errors");
    assert_int_equal(Py_REFCNT(error), 1);
    Py_DECREF(error);
    Py_DECREF(self);
}

static void
test_handle_stops_when_parse_request_has_answered(void **state)
{
    WSGIRequestHandlerClass cls = spying_class();

    (void)state;
    expect_function_call(spy_parse_request);
    will_return(spy_parse_request, 0);
    Py_DECREF((PyObject *)spied_handler(&cls));
}

static void
test_a_long_request_line_is_414(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        WSGIRequestHandlerClass cls = spying_class();
        BaseHTTPRequestHandler *self;

        expect_function_call(spy_send_error);
        will_return(spy_send_error, fails ? -1 : 0);
        self = new_handler(
            &cls, eval_python("io.BytesIO(b'a' * 65537), io.BytesIO()"));
        server_class.get_app = WSGIServer_get_app;
        assert_int_equal(self == NULL, fails);
        if (fails) {
            assert_raised(PyExc_SystemError, NULL);
        }
        Py_XDECREF((PyObject *)self);
    }
}

static void
test_the_streams_are_those_of_the_handler(void **state)
{
    BaseHTTPRequestHandler *self;

    (void)state;
    Py_SETREF(server->application, eval_python("keeps_its_streams"));
    self = new_handler(
        &classes[0], eval_python("start(b'GET / HTTP/1.1\\r\\n\\r\\nbody')"));
    assert_non_null(self);
    set_python("rfile", (PyObject *)self->base.rfile);
    run_python("check_streams(rfile); del rfile");
    Py_DECREF(self);
}

static void
test_handle_keeps_nothing_alive(void **state)
{
    static const char *const apps[] = {
        "answers()",
        "fails()",
        "keeps_start_response_in_its_environ()",
        "loses_its_client()",
    };

    (void)state;
    run_python("without_the_collector()");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(apps); i++) {
        PyObject *app, *error, *request;
        BaseHTTPRequestHandler *self;
        Py_ssize_t references = Py_REFCNT(server);

        app = eval_python(apps[i]);
        Py_SETREF(server->application, Py_NewRef(app));
        request = eval_python("start_get()");
        error = eval_python("sys.stderr");
        self = new_handler(&classes[0], request);
        assert_non_null(self);
        run_python("sys.stderr = sys.__stderr__");
        assert_int_equal(Py_REFCNT(self), 1);
        assert_int_equal(Py_REFCNT(self->base.rfile), 1);
        assert_int_equal(Py_REFCNT(self->base.wfile), 1);
        assert_int_equal(Py_REFCNT(app), 2);
        assert_int_equal(Py_REFCNT(error), 1);
        Py_DECREF(self);
        assert_int_equal(Py_REFCNT(server), references);
        Py_DECREF(app);
        Py_DECREF(error);
    }
    run_python("gc.enable()");
    Py_SETREF(server->application, Py_NewRef(Py_None));
}

static void
test_the_collector_finds_a_request_that_was_cut_off(void **state)
{
    BaseHTTPRequestHandler *self;

    (void)state;
    /* the client has gone: nothing breaks the cycle by close() */
    run_python("gc.disable()");
    Py_SETREF(server->application, eval_python("keeps_a_probe"));
    self = new_handler(&classes[0], eval_python("start_get(Broken)"));
    assert_non_null(self);
    assert_int_equal(Py_REFCNT(self), 2);
    Py_DECREF(self);
    run_python("check_that_the_probe_is_collected()");
    Py_SETREF(server->application, Py_NewRef(Py_None));
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    const BaseHTTPRequestHandlerClass *cls = &WSGIRequestHandler_class.base;

    (void)state;
    assert_equal(eval_python("class_attributes()"),
                 Py_BuildValue("(sssssi)", cls->server_version,
                               cls->error_message_format,
                               cls->error_content_type,
                               cls->default_request_version,
                               cls->protocol_version, cls->base.rbufsize));
    assert_null(cls->do_methods[0].name);
}

static void
test_table_has_no_empty_slot(void **state)
{
    const WSGIRequestHandlerClass *cls = &WSGIRequestHandler_class;

    (void)state;
    assert_no_empty_slot(&cls->base.base.base,
                         offsetof(BaseRequestHandlerClass, init),
                         sizeof(BaseRequestHandlerClass));
    assert_no_empty_slot(cls,
                         offsetof(WSGIRequestHandlerClass, base.parse_request),
                         sizeof(WSGIRequestHandlerClass));
}

static int
setup(void **state)
{
    PyObject *address;

    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python_file("server/test_wsgi_request_handler.py");
    fill_classes();
    server_class = WSGIServer_class;
    server_class.base.init = memory_server_init;
    address = Py_BuildValue("(si)", "127.0.0.1", 80);
    server = (WSGIServer *)BaseServer_new(&server_class.base, address, NULL);
    Py_DECREF(address);
    return server == NULL ? -1 : 0;
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
        python_test(test_every_request_is_handled_as_by_python),
        python_test(test_get_environ_unquotes_paths_as_python_does),
        python_test(test_get_environ_leaves_the_servers_alone),
        python_test(test_get_environ_without_memory),
        python_test(
            test_get_environ_of_a_client_without_an_address_is_an_error),
        python_test(test_get_stderr_is_sys_stderr_of_the_moment),
        python_test(test_handle_calls_through_the_class_and_stops_at_an_error),
        python_test(test_handle_runs_the_application_of_the_server),
        python_test(test_handle_stops_when_parse_request_has_answered),
        python_test(test_a_long_request_line_is_414),
        python_test(test_the_streams_are_those_of_the_handler),
        python_test(test_handle_keeps_nothing_alive),
        python_test(test_the_collector_finds_a_request_that_was_cut_off),
        python_test(test_the_class_attributes_are_pythons),
        python_test(test_table_has_no_empty_slot),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
