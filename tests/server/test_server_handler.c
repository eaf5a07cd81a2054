#include "doubles.h"

#include "python/errors.h"
#include "handlers/handlers.h"
#include "server/base_http_request_handler.h"
#include "server/server_handler.h"
#include "server/simple_server.h"
#include "server/version.h"

/* A request handler whose log goes into Python's list `events`. */
static int
noting_log_request(BaseHTTPRequestHandler *self, PyObject *code,
                   PyObject *size)
{
    PyObject *events = eval_python("events");
    PyObject *event = Py_BuildValue("(sOO)", "log", code, size);

    (void)self;
    assert_int_equal(PyList_Append(events, event), 0);
    Py_DECREF(event);
    Py_DECREF(events);
    return 0;
}

static int
failing_log_request(BaseHTTPRequestHandler *self, PyObject *code,
                    PyObject *size)
{
    (void)noting_log_request(self, code, size);
    PyErr_SetString(PyExc_KeyError, "log");
    return -1;
}

static int
idle_handle(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

static BaseHTTPRequestHandlerClass
request_handler_class(void)
{
    BaseHTTPRequestHandlerClass cls = BaseHTTPRequestHandler_class;

    cls.base.base.setup = memory_setup;
    cls.base.base.handle = idle_handle;
    cls.base.base.finish = memory_finish;
    cls.log_request = noting_log_request;
    return cls;
}

static BaseHTTPRequestHandler *
new_request_handler(const BaseHTTPRequestHandlerClass *cls)
{
    BaseServer *server = new_idle_server();
    PyObject *request;
    BaseRequestHandler *self;

    run_python("import io\n"
               "request = io.BytesIO(b'body'), io.BytesIO()\n"
               "events = []\n");
    request = eval_python("request");
    self = BaseRequestHandler_new(&cls->base.base, request, Py_None, server);
    assert_non_null(self);
    Py_DECREF(request);
    Py_DECREF(server);
    return (BaseHTTPRequestHandler *)self;
}

/* ServerHandler(rfile, wfile, errors, environ, multithread=False), as
 * WSGIRequestHandler makes it; rfile and wfile are the request handler's. */
static BaseHandler *
new_handler(BaseHTTPRequestHandler *request_handler)
{
    BaseHandler *self = BaseHandler_new(&ServerHandler_class);
    PyObject *errors, *env;

    run_python("errors = io.StringIO()\n"
               "try: environ\n"
               "except NameError: environ = "
               "{'SERVER_PROTOCOL': 'HTTP/1.1'}\n");
    errors = eval_python("errors");
    env = eval_python("environ");
    assert_non_null(self);
    assert_int_equal(
        SimpleHandler_init(self, (PyObject *)request_handler->base.rfile,
                           request_handler->base.wfile, errors, env, false,
                           false),
        0);
    ((ServerHandler *)self)->request_handler =
        (BaseHTTPRequestHandler *)Py_NewRef((PyObject *)request_handler);
    Py_DECREF(errors);
    Py_DECREF(env);
    return self;
}

/* Applications, and what Python's ServerHandler makes of them. */
static const char applications[] =
    "import re\n"
    "class Blocks:\n"
    "    def __init__(self, *blocks, close=None):\n"
    "        self.blocks, self.error = blocks, close\n"
    "    def __iter__(self):\n"
    "        return iter(self.blocks)\n"
    "    def close(self):\n"
    "        events.append('close')\n"
    "        if self.error: raise self.error\n"
    "def answer(status, headers, *blocks, **kw):\n"
    "    def app(environ, start_response):\n"
    "        start_response(status, headers)\n"
    "        return Blocks(*blocks, **kw)\n"
    "    return app\n"
    "def writes(environ, start_response):\n"
    "    write = start_response('200 OK', [('X', 'y')])\n"
    "    write(b'one'); write(b'two')\n"
    "    return [b'three']\n"
    "def raises(environ, start_response):\n"
    "    raise ValueError('no')\n"
    "def raises_late(environ, start_response):\n"
    "    start_response('200 OK', [])\n"
    "    yield b'one'\n"
    "    raise ValueError('late')\n"
    "def silent(environ, start_response):\n"
    "    return [b'x']\n"
    "def as_list(environ, start_response):\n"
    "    start_response('200 OK', [])\n"
    "    return [b'one block']\n"
    "def exits(environ, start_response):\n"
    "    raise SystemExit(3)\n"
    "text = [('Content-Type', 'text/plain')]\n"
    "apps = [\n"
    "    answer('200 OK', text, b'one', b'two'),\n"
    "    answer('200 OK', text), answer('404 Not  Found', text, b''),\n"
    "    answer('299 ', []), answer('204 No', [('Server', 'mine')], b''),\n"
    "    answer('200 OK', text, b'x', close=OSError(5, 'close')),\n"
    "    answer('bad', text, b'x'), answer(b'200 OK', text, b'x'),\n"
    "    answer('200 OK', {}, b'x'), answer('200 OK', text, 'str'),\n"
    "    answer('200 caf\\xe9', [('X', '\\xff')], b'x'),\n"
    "    answer('200 \\u20ac', text, b'x'),\n"
    "    answer('200 OK', [('Connection', 'close')], b'x'),\n"
    "    writes, raises, raises_late, silent, as_list, exits,\n"
    "]\n";

static const char reference[] =
    "from wsgiref.simple_server import ServerHandler\n"
    "from wsgiref import simple_server\n"
    "class Log:\n"
    "    def log_request(self, code, size):\n"
    "        events.append(('log', code, size))\n"
    "class Quiet(ServerHandler):\n"
    "    request_handler = Log()\n"
    "def outcome(wfile, error):\n"
    "    data = re.sub(rb'Date: [^\\r]*', b'Date: now', wfile.getvalue())\n"
    "    last = errors.getvalue().splitlines()[-1:]\n"
    "    return data, list(events), last, repr(error)\n"
    "def expected(app, environ):\n"
    "    global events, errors\n"
    "    events, errors, wfile = [], io.StringIO(), io.BytesIO()\n"
    "    error = None\n"
    "    handler = Quiet(io.BytesIO(b'body'), wfile, errors, environ,\n"
    "                    multithread=False)\n"
    "    try: handler.run(app)\n"
    "    except BaseException as e: error = e\n"
    "    return outcome(wfile, error)\n";

static void
test_every_application_is_answered_as_by_python(void **state)
{
    static const char *const environs[] = {
        "{'SERVER_PROTOCOL': 'HTTP/1.1'}",
        "{'SERVER_PROTOCOL': 'HTTP/0.9', 'HTTPS': 'on'}",
        "{}",
    };
    PyObject *apps = eval_python("apps");

    (void)state;
    for (size_t e = 0; e < Py_ARRAY_LENGTH(environs); e++) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(apps); i++) {
            BaseHTTPRequestHandlerClass cls = request_handler_class();
            PyObject *app = PyList_GET_ITEM(apps, i);
            PyObject *env = eval_python(environs[e]);
            BaseHTTPRequestHandler *request_handler;
            BaseHandler *self;
            PyObject *type, *value, *traceback;

            set_python("app", app);
            set_python("environ", env);
            run_python("wanted = expected(app, environ)");
            request_handler = new_request_handler(&cls);
            self = new_handler(request_handler);
            (void)self->cls->run(self, app);
            PyErr_Fetch(&type, &value, &traceback);
            PyErr_NormalizeException(&type, &value, &traceback);
            set_python("error", value == NULL ? Py_None : value);
            Py_XDECREF(type);
            Py_XDECREF(value);
            Py_XDECREF(traceback);
            run_python("got = outcome(request[1], error)\n"
                       "assert got == wanted, (app, got, wanted)\n"
                       "del error, environ\n");
            Py_DECREF(self);
            Py_DECREF(request_handler);
            Py_DECREF(env);
        }
    }
    Py_DECREF(apps);
}

static void
test_the_environ_is_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    PyObject *app;

    (void)state;
    run_python("def app(environ, start_response):\n"
               "    global seen\n"
               "    seen = dict(environ)\n"
               "    start_response('200 OK', [])\n"
               "    return []\n"
               "environ = {'SERVER_PROTOCOL': 'HTTP/1.1', 'X': 'y'}\n"
               "expected(app, environ)\n"
               "wanted = seen\n");
    app = eval_python("app");
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    assert_int_equal(self->cls->run(self, app), 0);
    set_python("rfile", (PyObject *)request_handler->base.rfile);
    run_python("assert list(seen) == list(wanted)\n"
               "assert seen['wsgi.input'] is rfile\n"
               "assert seen['wsgi.errors'] is errors\n"
               "names = ('wsgi.input', 'wsgi.errors', 'wsgi.file_wrapper')\n"
               "for name in names: del seen[name], wanted[name]\n"
               "assert seen == wanted, (seen, wanted)\n"
               "del environ, rfile, seen, wanted\n");
    Py_DECREF(app);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_the_log_line_comes_before_the_close_of_the_iterable(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);

    (void)state;
    Py_SETREF(self->status, PyUnicode_FromString("404 Not Found"));
    Py_SETREF(self->result, eval_python("Blocks(b'x')"));
    self->bytes_sent = 17;
    assert_int_equal(self->cls->close(self), 0);
    assert_repr(eval_python("events"), "[('log', '404', 17), 'close']");
    assert_ptr_equal(self->status, Py_None);
    assert_ptr_equal(self->result, Py_None);
    assert_int_equal(self->bytes_sent, 0);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_without_a_status_the_iterable_is_closed_all_the_same(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);

    (void)state;
    Py_SETREF(self->result, eval_python("Blocks(b'x')"));
    assert_int_equal(self->cls->close(self), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'split'");
    assert_repr(eval_python("events"), "['close']");
    assert_ptr_equal(self->result, Py_None);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_an_error_in_the_log_does_not_keep_the_iterable_open(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;

    (void)state;
    cls.log_request = failing_log_request;
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    Py_SETREF(self->status, PyUnicode_FromString("200 OK"));
    Py_SETREF(self->result, eval_python("Blocks(b'x')"));
    assert_int_equal(self->cls->close(self), -1);
    assert_raised(PyExc_KeyError, "'log'");
    assert_repr(eval_python("events"), "[('log', '200', 0), 'close']");
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_an_error_in_close_replaces_that_of_the_log(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    Handled handled;

    (void)state;
    cls.log_request = failing_log_request;
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    Py_SETREF(self->status, PyUnicode_FromString("200 OK"));
    Py_SETREF(self->result, eval_python("Blocks(close=ValueError('close'))"));
    assert_int_equal(self->cls->close(self), -1);
    handled = except_enter();
    assert_repr(Py_NewRef(handled.raised), "ValueError('close')");
    assert_repr(PyObject_GetAttrString(handled.raised, "__context__"),
                "KeyError('log')");
    except_leave(handled);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_without_a_request_handler_close_is_an_attribute_error(void **state)
{
    BaseHandler *self = BaseHandler_new(&ServerHandler_class);

    (void)state;
    assert_int_equal(self->cls->close(self), -1);
    assert_raised(PyExc_AttributeError, "'ServerHandler' object has no "
                                        "attribute 'request_handler'");
    Py_DECREF(self);
}

static void
test_the_handler_owns_its_request_handler(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);

    (void)state;
    assert_int_equal(Py_REFCNT(request_handler), 2);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(request_handler), 1);
    Py_DECREF(request_handler);
}

static void
test_the_collector_finds_a_start_response_in_the_environ(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    PyObject *app;

    (void)state;
    /* the client goes: there is no close() that would break the cycle */
    run_python("import gc\n"
               "def keeps(environ, start_response):\n"
               "    environ['keep'] = start_response\n"
               "    raise BrokenPipeError\n"
               "gc.disable()\n");
    app = eval_python("keeps");
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    assert_int_equal(self->cls->run(self, app), 0);
    assert_repr(eval_python("events"), "[]");
    Py_DECREF(app);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(request_handler), 2);
    run_python("gc.enable()\n"
               "gc.collect()\n");
    assert_int_equal(Py_REFCNT(request_handler), 1);
    Py_DECREF(request_handler);
}

static void
test_the_collector_finds_a_request_handler_that_knows_its_handler(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);
    PyObject *probe = PyList_New(0);

    (void)state;
    request_handler->_headers_buffer = Py_BuildValue("[OO]", self, probe);
    Py_DECREF(self);
    Py_DECREF(request_handler);
    assert_int_equal(Py_REFCNT(probe), 2);
    run_python("import gc\n"
               "gc.collect()\n");
    assert_int_equal(Py_REFCNT(probe), 1);
    Py_DECREF(probe);
}

static void
test_a_start_response_that_outlives_its_handler_fails_in_python(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    PyObject *app;

    (void)state;
    run_python("def app(environ, start_response):\n"
               "    global kept\n"
               "    kept = start_response, start_response('200 OK', [])\n"
               "    return []\n");
    app = eval_python("app");
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    assert_int_equal(self->cls->run(self, app), 0);
    Py_DECREF(app);
    Py_DECREF(self);
    run_python("try: kept[1](b'x')\n"
               "except AssertionError as e:\n"
               "    assert str(e) == 'write() before start_response()', e\n"
               "else: raise AssertionError('no error')\n"
               "del kept\n");
    assert_int_equal(Py_REFCNT(request_handler), 1);
    Py_DECREF(request_handler);
}

static void
test_server_software_is_pythons(void **state)
{
    (void)state;
    assert_equal(PyUnicode_FromString(ServerHandler_class.server_software),
                 eval_python("ServerHandler.server_software"));
    assert_equal(PyUnicode_FromString(software_version),
                 eval_python("simple_server.software_version"));
    assert_equal(PyUnicode_FromString(server_version),
                 eval_python("simple_server.server_version"));
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&ServerHandler_class, offsetof(BaseHandlerClass, run),
                         sizeof(BaseHandlerClass));
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python("import io");
    run_python(applications);
    run_python(reference);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_every_application_is_answered_as_by_python),
        python_test(test_the_environ_is_pythons),
        python_test(test_the_log_line_comes_before_the_close_of_the_iterable),
        python_test(test_without_a_status_the_iterable_is_closed_all_the_same),
        python_test(test_an_error_in_the_log_does_not_keep_the_iterable_open),
        python_test(test_an_error_in_close_replaces_that_of_the_log),
        python_test(
            test_without_a_request_handler_close_is_an_attribute_error),
        python_test(test_the_handler_owns_its_request_handler),
        python_test(test_the_collector_finds_a_start_response_in_the_environ),
        python_test(
            test_the_collector_finds_a_request_handler_that_knows_its_handler),
        python_test(
            test_a_start_response_that_outlives_its_handler_fails_in_python),
        python_test(test_server_software_is_pythons),
        python_test(test_table_has_no_empty_slot),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
