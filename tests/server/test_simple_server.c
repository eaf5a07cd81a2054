#include "doubles.h"

#include "server/simple_server.h"
#include "validate/validate.h"
#include "types.h"

/* Python's demo_app beside ours, and a start_response that notes its calls. */
static const char reference[] =
    "import sys\n"
    "from wsgiref import simple_server\n"
    "calls = []\n"
    "def start_response(*args):\n"
    "    calls.append(args)\n"
    "def failing(*args):\n"
    "    calls.append(args)\n"
    "    raise KeyError('start_response')\n"
    "def outcome(app, *args):\n"
    "    calls.clear()\n"
    "    try: result = app(*args)\n"
    "    except Exception as e: result = type(e).__name__, str(e)\n"
    "    return result, list(calls)\n"
    "class NoRepr:\n"
    "    def __repr__(self): raise ValueError('no repr')\n"
    "class NoItems:\n"
    "    def items(self): raise ValueError('no items')\n"
    "environs = [\n"
    "    {}, {'B': 'b', 'A': 1, 'a': None, '_': (1, 0)},\n"
    "    {'caf\\xe9': 'caf\\u20ac', '\\U0001f600': '\\n\\'\"\\\\'},\n"
    "    {'X': '\\ud800'}, {'\\ud800': 'X'}, {1: 2, 'a': 3}, {2: 'b', 1: "
    "b'a'},\n"
    "    {'X': NoRepr()}, {'%s': '%d'}, NoItems(), dict(__builtins__),\n"
    "    {'wsgi.errors': sys.stderr, 'wsgi.input': sys.stdin},\n"
    "]\n";

static void
test_demo_app_answers_as_pythons_does(void **state)
{
    PyObject *app = demo_app_new();

    (void)state;
    assert_non_null(app);
    set_python("app", app);
    run_python("for environ in environs:\n"
               "    for start in start_response, failing:\n"
               "        got = outcome(app, environ, start)\n"
               "        wanted = outcome(simple_server.demo_app, environ,\n"
               "                         start)\n"
               "        assert got == wanted, (got, wanted)\n"
               "del app\n");
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
    run_python("class Odd:\n"
               "    def __init__(self, *items): self.list = items\n"
               "    def items(self): return self.list\n"
               "for odd in Odd(1), Odd((1,)), Odd((1, 2, 3)), Odd(''), 1:\n"
               "    try: app(odd, start_response)\n"
               "    except Exception: pass\n"
               "    else: raise AssertionError(odd)\n"
               "for args in (), ({},), ({}, start_response, 1):\n"
               "    try: app(*args)\n"
               "    except TypeError: pass\n"
               "    else: raise AssertionError(args)\n"
               "assert app.__name__ == 'demo_app'\n"
               "del app\n");
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
    run_python("import re, socket, threading\n"
               "from wsgiref.simple_server import make_server, demo_app\n"
               "def connect(port):\n"
               "    client = socket.create_connection(('127.0.0.1', port))\n"
               "    client.settimeout(60)\n"
               "    client.sendall(b'GET /a%20b?c HTTP/1.1\\r\\n'\n"
               "                   b'Host: h\\r\\n\\r\\n')\n"
               "    return client\n"
               "def receive(client):\n"
               "    blocks = []\n"
               "    while not blocks or blocks[-1]:\n"
               "        blocks.append(client.recv(65536))\n"
               "    client.close()\n"
               "    data = b''.join(blocks)\n"
               "    for name in rb'Date: [^\\r]*', rb'<[^>]*>':\n"
               "        data = re.sub(name, b'...', data)\n"
               "    data = re.sub(rb'Content-Length: \\d+', b'n', data)\n"
               "    return re.sub(rb'SERVER_PORT = .*', b'port', data)\n"
               "client = connect(port)\n");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("got = receive(client)\n"
               "log = sys.stderr.getvalue()\n"
               "with make_server('127.0.0.1', 0, demo_app) as server:\n"
               "    client = connect(server.server_port)\n"
               "    server.handle_request()\n"
               "    wanted = receive(client)\n"
               "assert got == wanted, (got, wanted)\n"
               "pattern = r'127\\.0\\.0\\.1 - - \\[.{20}\\] '\\\n"
               "          r'\"GET /a%20b\\?c HTTP/1\\.1\" 200 \\d+\\n'\n"
               "assert re.fullmatch(pattern, log), log\n");
    Py_DECREF(captured_stderr());
    Py_DECREF(server);
    Py_DECREF(app);
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
    PyObject *request, *address, *err;
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
    err = captured_stderr();
    set_python("err", err);
    Py_DECREF(err);
    run_python("out = stdout.getvalue()\n"
               "del stdout, data\n");
    Py_DECREF(address);
    Py_DECREF(request);
    Py_DECREF(server);
    Py_DECREF(bytes);
    Py_DECREF(application);
}

static const char mock_apps[] =
    "import io, platform, signal, threading\n"
    "import http.client\n"
    "DATE = 'Mon, 05 Jun 2006 18:49:54 GMT'\n"
    "def hello_app(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain'),\n"
    "                              ('Date', DATE)])\n"
    "    return [b'Hello, world!']\n"
    "def header_app(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain'),\n"
    "                              ('Date', DATE)])\n"
    "    return [';'.join([environ['HTTP_X_TEST_HEADER'],\n"
    "                      environ['QUERY_STRING'],\n"
    "                      environ['PATH_INFO']]).encode('iso-8859-1')]\n"
    "def path_app(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain'),\n"
    "                              ('Date', DATE)])\n"
    "    return [environ['PATH_INFO'].encode('latin-1')]\n"
    "from wsgiref.simple_server import server_version\n"
    "software = '%s %s/%s' % (server_version,\n"
    "    platform.python_implementation(), sys.version.split()[0])\n";

static void
IntegrationTests_test_plain_hello(void **state)
{
    (void)state;
    run_mock("hello_app", false, "b'GET / HTTP/1.0\\n\\n'");
    run_python("expected = (\n"
               "    'HTTP/1.0 200 OK\\r\\n'\n"
               "    'Server: ' + software + '\\r\\n'\n"
               "    'Content-Type: text/plain\\r\\n'\n"
               "    'Date: Mon, 05 Jun 2006 18:49:54 GMT\\r\\n'\n"
               "    'Content-Length: 13\\r\\n\\r\\n'\n"
               "    'Hello, world!').encode()\n"
               "assert out == expected, out\n"
               "assert err.endswith('\"GET / HTTP/1.0\" 200 13\\n'), err\n"
               "del expected, out, err\n");
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
    run_python("reason = http.client.responses[414]\n"
               "if sys.version_info < (3, 13):\n"
               "    assert reason == 'Request-URI Too Long'\n"
               "line = out.splitlines()[0]\n"
               "assert line == b'HTTP/1.0 414 ' + reason.encode(), line\n");
}

static void
IntegrationTests_test_cp1252_url(void **state)
{
    (void)state;
    run_mock("path_app", true, "b'GET /\\x80%80 HTTP/1.0'");
    assert_repr(eval_python("[line for line in out.splitlines()\n"
                            " if not line.startswith(b'Server: ')]"),
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
    run_python("SIZE = 16 * 1024 * 1024 + 1\n"
               "def app(environ, start_response):\n"
               "    start_response('200 OK', [])\n"
               "    return [b'\\0' * SIZE]\n");
    app = eval_python("app");
    server = make_server("127.0.0.1", 0, app, NULL, &handler_class);
    assert_non_null(server);
    set_python("port", server->base.server_port);
    run_python(
        "interrupted = threading.Event()\n"
        "original = signal.signal(signal.SIGUSR1,\n"
        "                         lambda *args: interrupted.set())\n"
        "main_thread = threading.get_ident()\n"
        "received = []\n"
        "def client():\n"
        "    http_client = http.client.HTTPConnection('127.0.0.1', port)\n"
        "    http_client.request('GET', '/')\n"
        "    with http_client.getresponse() as response:\n"
        "        received.append(len(response.read(100)))\n"
        /* The first one finds a send that has sent a part, those after it
         * one that has sent nothing. Each again, for it may come between
         * two sends. */
        "        for i in range(3):\n"
        "            interrupted.clear()\n"
        "            for again in range(20):\n"
        "                signal.pthread_kill(main_thread, signal.SIGUSR1)\n"
        "                if interrupted.wait(timeout=1.0): break\n"
        "            received.append(interrupted.is_set())\n"
        "        received.append(len(response.read()))\n"
        "    http_client.close()\n"
        "background = threading.Thread(target=client)\n"
        "background.start()\n");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("background.join()\n"
               "signal.signal(signal.SIGUSR1, original)\n"
               "assert received == [100, True, True, True, SIZE - 100],\\\n"
               "    received\n");
    Py_DECREF(server);
    Py_DECREF(app);
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0 || types_ready() < 0) {
        return -1;
    }
    run_python(reference);
    run_python(mock_apps);
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
        python_test(IntegrationTests_test_plain_hello),
        python_test(IntegrationTests_test_environ),
        python_test(IntegrationTests_test_request_length),
        python_test(IntegrationTests_test_cp1252_url),
        python_test(IntegrationTests_test_interrupted_write),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
