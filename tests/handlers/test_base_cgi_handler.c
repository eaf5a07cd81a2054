#include "same_as_python.h"

#include <string.h>

#include "python/errors.h"
#include "handlers/base_cgi_handler.h"
#include "util/util.h"

static void
test_answers_are_those_of_python(void **state)
{
    (void)state;
    assert_same_as_python("ANSWERS");
}

static void
test_the_status_comes_first_and_neither_date_nor_server(void **state)
{
    (void)state;
    assert_repr(eval_python("seen_of_hello()['stdout']"),
                "b'Status: 200 OK\\r\\nContent-Type: text/plain\\r\\n"
                "Content-Length: 5\\r\\n\\r\\nhello'");
}

static void
test_multithread_and_multiprocess_are_arguments(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        BaseHandler *self = BaseHandler_new(&BaseCGIHandler_class);
        PyObject *env = PyDict_New();

        assert_int_equal(SimpleHandler_init(self, Py_None, NULL, Py_None, env,
                                            i & 1, i & 2),
                         0);
        assert_int_equal(self->cls->setup_environ(self), 0);
        assert_ptr_equal(
            PyDict_GetItemString(self->environ, "wsgi.multithread"),
            i & 1 ? Py_True : Py_False);
        assert_ptr_equal(
            PyDict_GetItemString(self->environ, "wsgi.multiprocess"),
            i & 2 ? Py_True : Py_False);
        assert_ptr_equal(PyDict_GetItemString(self->environ, "wsgi.run_once"),
                         Py_False);
        Py_DECREF(env);
        Py_DECREF(self);
    }
}

static void
test_the_table_inherits_what_python_inherits(void **state)
{
    BaseHandlerClass expected = SimpleHandler_class;

    (void)state;
    expected.type = &BaseCGIHandler_type;
    expected.origin_server = false;
    assert_true(expected.os_environ == BaseCGIHandler_class.os_environ);
    assert_memory_equal(
        (const char *)&expected + offsetof(BaseHandlerClass, run),
        (const char *)&BaseCGIHandler_class + offsetof(BaseHandlerClass, run),
        sizeof(expected) - offsetof(BaseHandlerClass, run));
    assert_no_empty_slot(&BaseCGIHandler_class,
                         offsetof(BaseHandlerClass, run),
                         sizeof(BaseCGIHandler_class));
    assert_ptr_equal(BaseCGIHandler_type.tp_base, &SimpleHandler_type);
    assert_string_equal(BaseCGIHandler_type.tp_name,
                        "cwsgiref.handlers.BaseCGIHandler");
    assert_class_attributes_of_python(&BaseCGIHandler_class, "BaseCGIHandler");
}

/* CPython's HandlerTests, by their names. Its ErrorHandler is a BaseCGIHandler
 * on memory streams, and its TestHandler one whose handle_error() raises
 * again. */

typedef struct Streams {
    PyObject *in, *out, *err, *env;
    BaseHandler *handler;
} Streams;

static PyObject *outside; /* owned; os_environ of the classes below */

static BaseHandlerClass
error_handler_class(void)
{
    BaseHandlerClass cls = BaseCGIHandler_class;

    if (outside == NULL) {
        outside = PyDict_New();
    }
    cls.os_environ = &outside;
    return cls;
}

/* def handle_error(self): raise */
static int
raise_again(BaseHandler *self)
{
    (void)self;
    RERAISE();
    return -1;
}

static BaseHandlerClass
test_handler_class(void)
{
    BaseHandlerClass cls = error_handler_class();

    cls.handle_error = raise_again;
    return cls;
}

/* cls(**keywords); `cls` must outlive it. */
static Streams
open_handler(const BaseHandlerClass *cls, const char *keywords)
{
    Streams streams = { eval_python("io.BytesIO()"),
                        eval_python("io.BytesIO()"),
                        eval_python("io.StringIO()"), NULL, NULL };
    BufferedIOBase *stdout_ = PythonFile_new(&PythonFile_class, streams.out);
    char source[200];

    PyOS_snprintf(source, sizeof(source), "dict(%s)", keywords);
    streams.env = eval_python(source);
    assert_int_equal(setup_testing_defaults(streams.env), 0);
    streams.handler = BaseHandler_new(cls);
    assert_int_equal(SimpleHandler_init(streams.handler, streams.in, stdout_,
                                        streams.err, streams.env, true, true),
                     0);
    Py_DECREF(stdout_);
    return streams;
}

static void
close_handler(Streams streams)
{
    Py_DECREF(streams.handler);
    Py_DECREF(streams.in);
    Py_DECREF(streams.out);
    Py_DECREF(streams.err);
    Py_DECREF(streams.env);
}

/* h.run(app) of an application of the test's Python. */
static void
run_app(Streams streams, const char *name)
{
    PyObject *app = eval_python(name);

    assert_int_equal(streams.handler->cls->run(streams.handler, app), 0);
    Py_DECREF(app);
}

/* h.stdout.getvalue(), up to the body's end: no NUL is in it. */
static void
assert_stdout(Streams streams, const char *expected)
{
    PyObject *value = PyObject_CallMethod(streams.out, "getvalue", NULL);

    assert_non_null(value);
    assert_string_equal(PyBytes_AsString(value), expected);
    Py_DECREF(value);
}

/* Whether `text` is in what the handler has logged. */
static bool
has_logged(Streams streams, const char *text)
{
    PyObject *value = PyObject_CallMethod(streams.err, "getvalue", NULL);
    bool result = strstr(PyUnicode_AsUTF8(value), text) != NULL;

    Py_DECREF(value);
    return result;
}

static void
HandlerTests_testEnviron(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    PyObject *os_environ =
        eval_python("{'HOME': '/my/home', 'PATH': '/my/path',"
                    " 'LANG': 'fr_FR.UTF-8',"
                    " 'SCRIPT_NAME': 'test_script_name',"
                    " 'SERVER_NAME': 'test_server_name'}");
    Streams streams;
    PyObject *expected;

    (void)state;
    cls.os_environ = &os_environ;
    streams = open_handler(&cls, "X='Y', HOME='/override/home'");
    assert_int_equal(cls.setup_environ(streams.handler), 0);
    expected = Py_BuildValue(
        "{ss ss ss ss ss ss ss ss ss ss ss sO sO s(ii) sO ss sO sO sO}",
        /* from the process, and not overridden */
        "PATH", "/my/path", "LANG", "fr_FR.UTF-8",
        /* the handler's own */
        "X", "Y", "HOME", "/override/home",
        /* setup_testing_defaults(): two of them override */
        "SCRIPT_NAME", "", "SERVER_NAME", "127.0.0.1", "SERVER_PORT", "80",
        "SERVER_PROTOCOL", "HTTP/1.0", "HTTP_HOST", "127.0.0.1",
        "REQUEST_METHOD", "GET", "PATH_INFO", "/",
        /* setup_environ() */
        "wsgi.input", streams.in, "wsgi.errors", streams.err, "wsgi.version",
        1, 0, "wsgi.run_once", Py_False, "wsgi.url_scheme", "http",
        "wsgi.multithread", Py_True, "wsgi.multiprocess", Py_True,
        "wsgi.file_wrapper", (PyObject *)cls.wsgi_file_wrapper);
    assert_non_null(expected);
    assert_int_equal(PyDict_Size(expected), 19);
    assert_int_equal(
        PyObject_RichCompareBool(streams.handler->environ, expected, Py_EQ),
        1);
    Py_DECREF(expected);
    close_handler(streams);
    Py_DECREF(os_environ);
}

static void
HandlerTests_testCGIEnviron(void **state)
{
    static const char *const keys[] = { "wsgi.url_scheme", "wsgi.input",
                                        "wsgi.errors" };
    BaseHandler *self = BaseHandler_new(&BaseCGIHandler_class);
    PyObject *env = PyDict_New();

    (void)state;
    assert_int_equal(
        SimpleHandler_init(self, Py_None, NULL, Py_None, env, true, false), 0);
    assert_int_equal(self->cls->setup_environ(self), 0);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(keys); i++) {
        assert_non_null(PyDict_GetItemString(self->environ, keys[i]));
    }
    assert_int_equal(PyDict_Size(env), 0);
    Py_DECREF(env);
    Py_DECREF(self);
}

static void
HandlerTests_testScheme(void **state)
{
    static const char *const cases[][2] = { { "HTTPS='on'", "'https'" },
                                            { "", "'http'" } };
    BaseHandlerClass cls = test_handler_class();

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(cases); i++) {
        Streams streams = open_handler(&cls, cases[i][0]);

        assert_int_equal(cls.setup_environ(streams.handler), 0);
        assert_repr(Py_XNewRef(PyDict_GetItemString(streams.handler->environ,
                                                    "wsgi.url_scheme")),
                    cases[i][1]);
        close_handler(streams);
    }
}

static void
HandlerTests_testContentLength(void **state)
{
    static const char *const cases[][2] = {
        { "shows_its_scheme",
          "Status: 200 OK\r\nContent-Length: 4\r\n\r\nhttp" },
        { "writes_its_scheme", "Status: 200 OK\r\n\r\nhttp" },
        { "says_test_in_russian", "Status: 200 OK\r\nContent-Length: 8\r\n\r\n"
                                  "\xd1\x82\xd0\xb5\xd1\x81\xd1\x82" },
        /* what HEAD may get: the length of what is not sent */
        { "has_a_length", "Status: 200 OK\r\nContent-Length: 12345\r\n\r\n" },
    };
    BaseHandlerClass cls = test_handler_class();

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(cases); i++) {
        Streams streams = open_handler(&cls, "");

        run_app(streams, cases[i][0]);
        assert_stdout(streams, cases[i][1]);
        close_handler(streams);
    }
}

static void
HandlerTests_testBasicErrorOutput(void **state)
{
    BaseHandlerClass cls = error_handler_class();
    Streams streams;
    PyObject *nothing;

    (void)state;
    streams = open_handler(&cls, "");
    run_app(streams, "answers_nothing");
    assert_stdout(streams, "Status: 200 OK\r\nContent-Length: 0\r\n\r\n");
    nothing = PyObject_CallMethod(streams.err, "getvalue", NULL);
    assert_repr(nothing, "''");
    close_handler(streams);

    streams = open_handler(&cls, "");
    run_app(streams, "raises_at_once");
    assert_stdout(streams, "Status: 500 Internal Server Error\r\n"
                           "Content-Type: text/plain\r\n"
                           "Content-Length: 59\r\n\r\n"
                           "A server error occurred.  Please contact the "
                           "administrator.");
    assert_true(has_logged(streams, "AssertionError: the handler catches"));
    close_handler(streams);
}

static void
HandlerTests_testErrorAfterOutput(void **state)
{
    BaseHandlerClass cls = error_handler_class();
    Streams streams = open_handler(&cls, "");

    (void)state;
    run_app(streams, "raises_after_output");
    assert_stdout(streams, "Status: 200 OK\r\n\r\nSome output has been sent");
    assert_true(has_logged(streams, "AssertionError: the handler catches"));
    close_handler(streams);
}

/* Fails unless the answer of an origin server is the one of the version. */
static void
assert_origin_answer(Streams streams, const char *version, const char *server)
{
    char call[120];

    set_python("out", streams.out);
    PyOS_snprintf(call, sizeof(call),
                  "is_origin_answer(out.getvalue(), b'%s', b'%s')", version,
                  server);
    assert_repr(eval_python(call), "True");
    run_python("del out");
}

static void
HandlerTests_testHeaderFormats(void **state)
{
    static const char *const versions[] = { "1.0", "1.1" };
    static const char *const protocols[] = { "HTTP/0.9", "HTTP/1.0",
                                             "HTTP/1.1" };
    BaseHandlerClass cls = test_handler_class();

    (void)state;
    for (int i = 0; i < 24; i++) {
        const char *version = versions[i % 2];
        const char *protocol = protocols[i / 2 % 3];
        bool named = i / 6 % 2;
        bool origin = i / 12;
        char keywords[80];
        Streams streams;

        PyOS_snprintf(keywords, sizeof(keywords), "SERVER_PROTOCOL='%s'",
                      protocol);
        streams = open_handler(&cls, keywords);
        streams.handler->origin_server = origin;
        streams.handler->http_version = version;
        streams.handler->server_software = named ? "FooBar/1.0" : NULL;
        run_app(streams, "answers_nothing");
        if (!origin) {
            assert_stdout(streams,
                          "Status: 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        else if (strcmp(protocol, "HTTP/0.9") == 0) {
            assert_stdout(streams, "");
        }
        else {
            assert_origin_answer(streams, version,
                                 named ? "Server: FooBar/1.0\\r\\n" : "");
        }
        close_handler(streams);
    }
}

static void
HandlerTests_testBytesData(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_handler(&cls, "");

    (void)state;
    run_app(streams, "says_data");
    assert_stdout(streams, "Status: 200 OK\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Content-Length: 4\r\n\r\ndata");
    close_handler(streams);
}

static void
HandlerTests_testCloseOnError(void **state)
{
    BaseHandlerClass cls = error_handler_class();
    Streams streams = open_handler(&cls, "");

    (void)state;
    run_app(streams, "crashes_after_output");
    assert_repr(eval_python("closed"), "[True]");
    assert_stdout(streams,
                  "Status: 200 OK\r\n\r\nSome output has been sentblah");
    close_handler(streams);
}

static int
setup(void **state)
{
    (void)state;
    if (start_handlers("handlers/test_base_cgi_handler.py") < 0) {
        return -1;
    }
    tested_class = BaseCGIHandler_class;
    tested_class.server_software = "Test/1.0";
    return 0;
}

static int
teardown(void **state)
{
    Py_CLEAR(outside);
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_answers_are_those_of_python),
        python_test(test_the_status_comes_first_and_neither_date_nor_server),
        python_test(test_multithread_and_multiprocess_are_arguments),
        python_test(test_the_table_inherits_what_python_inherits),
        python_test(HandlerTests_testEnviron),
        python_test(HandlerTests_testCGIEnviron),
        python_test(HandlerTests_testScheme),
        python_test(HandlerTests_testContentLength),
        python_test(HandlerTests_testBasicErrorOutput),
        python_test(HandlerTests_testErrorAfterOutput),
        python_test(HandlerTests_testHeaderFormats),
        python_test(HandlerTests_testBytesData),
        python_test(HandlerTests_testCloseOnError),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
