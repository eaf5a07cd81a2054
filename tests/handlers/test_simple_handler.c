#include "same_as_python.h"

/* class Out(PythonFile): takes as many bytes as the test says. */
static Py_ssize_t
fake_write(BufferedIOBase *self, PyObject *b)
{
    Py_ssize_t size = (Py_ssize_t)mock();
    PyObject *taken;

    check_expected_ptr(PyBytes_AsString(b));
    if (size < 0) {
        PyErr_SetString(PyExc_OSError, "No space");
        return -1;
    }
    taken = PySequence_GetSlice(b, 0, size);
    assert_int_equal(PythonFile_write(self, taken), PyBytes_GET_SIZE(taken));
    Py_DECREF(taken);
    return size;
}

static int
fake_flush(BufferedIOBase *self)
{
    (void)self;
    function_called();
    if (mock()) {
        PyErr_SetString(PyExc_OSError, "No space");
        return -1;
    }
    return 0;
}

static BufferedIOBaseClass out_class;

/* A handler whose stdout is an Out over the io.BytesIO() `out` of Python. */
static BaseHandler *
open_handler(void)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);
    BufferedIOBase *stream;
    PyObject *file, *env;

    out_class = PythonFile_class;
    out_class.write = fake_write;
    out_class.flush = fake_flush;
    run_python("out = io.BytesIO()");
    file = eval_python("out");
    env = PyDict_New();
    stream = PythonFile_new(&out_class, file);
    assert_non_null(stream);
    assert_int_equal(
        SimpleHandler_init(self, Py_None, stream, Py_None, env, true, false),
        0);
    Py_DECREF(stream);
    Py_DECREF(env);
    Py_DECREF(file);
    return self;
}

static void
expect_write(const char *data, int taken)
{
    expect_string(fake_write, PyBytes_AsString(b), data);
    will_return(fake_write, taken);
}

static int
write_data(BaseHandler *self, const char *text)
{
    PyObject *data = PyBytes_FromString(text);
    Py_ssize_t owned = Py_REFCNT(data);
    int result = self->cls->_write(self, data);

    assert_int_equal(Py_REFCNT(data), owned);
    Py_DECREF(data);
    return result;
}

static void
test_init_keeps_what_it_is_given(void **state)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);
    SimpleHandler *simple = (SimpleHandler *)self;
    PyObject *in = eval_python("io.BytesIO()");
    PyObject *err = eval_python("io.StringIO()");
    PyObject *env = PyDict_New();
    PyObject *file = eval_python("io.BytesIO()");
    BufferedIOBase *out = PythonFile_new(&PythonFile_class, file);
    PyObject *got;

    (void)state;
    assert_int_equal(SimpleHandler_init(self, in, out, err, env, false, true),
                     0);
    assert_ptr_equal(simple->stdin, in);
    assert_ptr_equal(simple->stdout, out);
    assert_ptr_equal(simple->stderr, err);
    assert_ptr_equal(simple->base_env, env);
    assert_false(self->wsgi_multithread);
    assert_true(self->wsgi_multiprocess);
    assert_int_equal(Py_REFCNT(in), 2);
    assert_int_equal(Py_REFCNT(out), 2);
    assert_int_equal(Py_REFCNT(err), 2);
    assert_int_equal(Py_REFCNT(env), 2);
    got = self->cls->get_stdin(self);
    assert_ptr_equal(got, in);
    Py_DECREF(got);
    got = self->cls->get_stderr(self);
    assert_ptr_equal(got, err);
    Py_DECREF(got);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(in), 1);
    assert_int_equal(Py_REFCNT(out), 1);
    assert_int_equal(Py_REFCNT(err), 1);
    assert_int_equal(Py_REFCNT(env), 1);
    Py_DECREF(in);
    Py_DECREF(out);
    Py_DECREF(err);
    Py_DECREF(env);
    Py_DECREF(file);
}

static void
test_a_second_init_releases_the_first(void **state)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);
    PyObject *first = PyDict_New(), *second = PyDict_New();

    (void)state;
    SimpleHandler_init(self, first, NULL, first, first, true, true);
    assert_int_equal(Py_REFCNT(first), 4);
    SimpleHandler_init(self, second, NULL, second, second, true, true);
    assert_int_equal(Py_REFCNT(first), 1);
    assert_int_equal(Py_REFCNT(second), 4);
    Py_DECREF(self);
    Py_DECREF(first);
    Py_DECREF(second);
}

static void
test_a_handler_without_init_can_go(void **state)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);

    (void)state;
    assert_non_null(self);
    PyGC_Collect();
    Py_DECREF(self);
}

static void
test_add_cgi_vars_updates_environ(void **state)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);
    PyObject *env = eval_python("{'A': 'base', 'B': 'base'}");

    (void)state;
    SimpleHandler_init(self, Py_None, NULL, Py_None, env, true, false);
    Py_SETREF(self->environ, eval_python("{'A': 'os', 'C': 'os'}"));
    assert_int_equal(self->cls->add_cgi_vars(self), 0);
    assert_repr(Py_NewRef(self->environ),
                "{'A': 'base', 'C': 'os', 'B': 'base'}");
    assert_repr(Py_NewRef(env), "{'A': 'base', 'B': 'base'}");
    Py_DECREF(env);
    Py_DECREF(self);
}

static void
test_a_write_that_takes_all_is_the_only_one(void **state)
{
    BaseHandler *self = open_handler();

    (void)state;
    run_python("warnings.simplefilter('error')");
    expect_write("hello", 5);
    assert_int_equal(write_data(self, "hello"), 0);
    expect_write("", 0);
    assert_int_equal(write_data(self, ""), 0);
    Py_DECREF(self);
}

static void
test_partial_writes_are_continued_with_a_warning(void **state)
{
    BaseHandler *self = open_handler();

    (void)state;
    run_python("warned = Warned()");
    expect_write("hello, world", 7);
    expect_write("world", 4);
    expect_write("d", 1);
    assert_int_equal(write_data(self, "hello, world"), 0);
    assert_repr(eval_python("out.getvalue()"), "b'hello, world'");
    assert_repr(eval_python("warned.end()"),
                "[(<class 'DeprecationWarning'>, 'SimpleHandler.stdout.write()"
                " should not do partial writes')]");
    Py_DECREF(self);
}

static void
test_a_warning_may_be_an_error(void **state)
{
    BaseHandler *self = open_handler();

    (void)state;
    run_python("warnings.simplefilter('error')");
    expect_write("hello", 2);
    assert_int_equal(write_data(self, "hello"), -1);
    assert_raised(PyExc_DeprecationWarning,
                  "SimpleHandler.stdout.write() should not do partial writes");
    Py_DECREF(self);
}

static void
test_a_failing_write_ends_it(void **state)
{
    BaseHandler *self = open_handler();

    (void)state;
    run_python("warnings.simplefilter('ignore')");
    expect_write("hello", -1);
    assert_int_equal(write_data(self, "hello"), -1);
    assert_raised(PyExc_OSError, "No space");
    expect_write("hello", 2);
    expect_write("llo", -1);
    assert_int_equal(write_data(self, "hello"), -1);
    assert_raised(PyExc_OSError, "No space");
    Py_DECREF(self);
}

/* It is written, and then asked for its length. */
static void
test_data_without_a_length(void **state)
{
    BaseHandler *self = open_handler();
    PyObject *data = eval_python("NoLength(b'hello')");

    (void)state;
    expect_write("hello", 5);
    assert_int_equal(self->cls->_write(self, data), -1);
    assert_raised(PyExc_KeyError, "'no length'");
    assert_repr(eval_python("out.getvalue()"), "b'hello'");
    Py_DECREF(data);
    Py_DECREF(self);
}

static void
test_flush_is_replaced_on_the_instance_once_it_has_worked(void **state)
{
    BaseHandler *self = open_handler();

    (void)state;
    assert_true(self->_flush == SimpleHandler__flush);
    expect_function_call(fake_flush);
    will_return(fake_flush, 1);
    assert_int_equal(self->_flush(self), -1);
    assert_raised(PyExc_OSError, "No space");
    assert_true(self->_flush == SimpleHandler__flush);
    expect_function_call(fake_flush);
    will_return(fake_flush, 0);
    assert_int_equal(self->_flush(self), 0);
    assert_false(self->_flush == SimpleHandler__flush);
    expect_function_call(fake_flush);
    will_return(fake_flush, 0);
    assert_int_equal(self->_flush(self), 0);
    Py_DECREF(self);
}

static void
test_without_a_stdout_as_in_python(void **state)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);

    (void)state;
    SimpleHandler_init(self, Py_None, NULL, Py_None, Py_None, true, false);
    assert_int_equal(write_data(self, "x"), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'write'");
    assert_int_equal(self->cls->_flush(self), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'flush'");
    Py_DECREF(self);
}

static void
test_partial_writes_in_a_request(void **state)
{
    (void)state;
    assert_same_as_python("PARTIAL_WRITES");
}

/* CPython's HandlerTests, by their names. */

/* What SimpleHandler(BytesIO(), out, err, environ) does with an application
 * that says hello; `writer` is the class of `out`. The handler is returned. */
static BaseHandler *
say_hello_to(const char *writer)
{
    char source[80];
    PyObject *app, *in, *out, *err, *env;
    BaseHandler *self;

    PyOS_snprintf(source, sizeof(source), "out, err = %s(), io.StringIO()",
                  writer);
    run_python(source);
    app = eval_python("says_hello");
    in = eval_python("io.BytesIO()");
    out = eval_python("out");
    err = eval_python("err");
    env = eval_python("{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    self = new_handler(&SimpleHandler_class, in, out, err, env);
    assert_int_equal(self->cls->run(self, app), 0);
    Py_DECREF(env);
    Py_DECREF(err);
    Py_DECREF(out);
    Py_DECREF(in);
    Py_DECREF(app);
    return self;
}

static void
HandlerTests_testPartialWrite(void **state)
{
    BaseHandler *self;

    (void)state;
    run_python("warned = Warned()");
    self = say_hello_to("SevenBytes");
    assert_repr(eval_python("bytes(written)"),
                "b'HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n"
                "Date: Mon, 05 Jun 2006 18:49:54 GMT\\r\\n"
                "Content-Length: 13\\r\\n\\r\\nHello, world!'");
    assert_repr(eval_python("set(warned.end())"),
                "{(<class 'DeprecationWarning'>, 'SimpleHandler.stdout.write()"
                " should not do partial writes')}");
    Py_DECREF(self);
}

/* A client that goes away is no error: nothing is logged, nothing is closed. */
static void
HandlerTests_testClientConnectionTerminations(void **state)
{
    (void)state;
    assert_same_as_python("TERMINATIONS");
    for (int i = 0; i < 3; i++) {
        char call[40];

        PyOS_snprintf(call, sizeof(call), "seen_of_termination(%d)", i);
        assert_repr(eval_python(call), "('', None, \"'200 OK'\", 1, 1, True)");
    }
}

static void
HandlerTests_testDontResetInternalStateOnException(void **state)
{
    BaseHandler *self;

    (void)state;
    self = say_hello_to("Raises");
    assert_repr(eval_python("'CustomException' in err.getvalue()"), "True");
    assert_true(PyList_Check(self->result));
    assert_non_null(self->headers);
    assert_repr(Py_NewRef(self->status), "'200 OK'");
    assert_true(PyDict_Check(self->environ));
    Py_DECREF(self);
}

static void
test_the_table_inherits_what_python_inherits(void **state)
{
    BaseHandlerClass expected = BaseHandler_class;

    (void)state;
    expected.type = &SimpleHandler_type;
    expected._write = SimpleHandler__write;
    expected._flush = SimpleHandler__flush;
    expected.get_stdin = SimpleHandler_get_stdin;
    expected.get_stderr = SimpleHandler_get_stderr;
    expected.add_cgi_vars = SimpleHandler_add_cgi_vars;
    assert_memory_equal(
        (const char *)&expected + offsetof(BaseHandlerClass, run),
        (const char *)&SimpleHandler_class + offsetof(BaseHandlerClass, run),
        sizeof(expected) - offsetof(BaseHandlerClass, run));
    assert_true(PyType_IsSubtype(&SimpleHandler_type, &BaseHandler_type));
    assert_string_equal(SimpleHandler_type.tp_name,
                        "cwsgiref.handlers.SimpleHandler");
}

static int
setup(void **state)
{
    (void)state;
    return start_handlers("handlers/test_simple_handler.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_init_keeps_what_it_is_given),
        python_test(test_a_second_init_releases_the_first),
        python_test(test_a_handler_without_init_can_go),
        python_test(test_add_cgi_vars_updates_environ),
        python_test(test_a_write_that_takes_all_is_the_only_one),
        python_test(test_partial_writes_are_continued_with_a_warning),
        python_test(test_a_warning_may_be_an_error),
        python_test(test_a_failing_write_ends_it),
        python_test(test_data_without_a_length),
        python_test(test_flush_is_replaced_on_the_instance_once_it_has_worked),
        python_test(test_without_a_stdout_as_in_python),
        python_test(test_partial_writes_in_a_request),
        python_test(HandlerTests_testPartialWrite),
        python_test(HandlerTests_testClientConnectionTerminations),
        python_test(HandlerTests_testDontResetInternalStateOnException),
        python_test(test_the_table_inherits_what_python_inherits),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
