#include "same_as_python.h"

#include <string.h>

#include "handlers/cgi_handler.h"

/* One of the two classes, with its __init__. */
typedef struct Tested {
    const char *name;
    const BaseHandlerClass *cls;
    int (*init)(BaseHandler *self);
} Tested;

static const Tested tested[] = {
    { "CGIHandler", &CGIHandler_class, CGIHandler_init },
    { "IISCGIHandler", &IISCGIHandler_class, IISCGIHandler_init },
};

static const Tested *
find_tested(const char *name)
{
    return &tested[strcmp(name, "CGIHandler") != 0];
}

/* make_c(name, between, app): makes the handler, calls between(), and runs the
 * application. */
static PyObject *
make_c(PyObject *module, PyObject *args)
{
    const char *name;
    const Tested *class_;
    PyObject *between, *app, *done;
    BaseHandler *self;

    (void)module;
    if (!PyArg_ParseTuple(args, "sOO", &name, &between, &app)) {
        return NULL;
    }
    class_ = find_tested(name);
    self = BaseHandler_new(class_->cls);
    assert_non_null(self);
    if (class_->init(self) < 0) {
        Py_DECREF(self);
        return Py_BuildValue("(NsssiiOi)", take_exception(), "", "", "", 0, 0,
                             Py_None, 0);
    }
    done = PyObject_CallNoArgs(between);
    assert_non_null(done);
    Py_DECREF(done);
    return run_and_release(self, app);
}

static PyMethodDef functions[] = {
    { "make_c", make_c, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static void
test_answers_are_those_of_python(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(ANSWERS)");
}

static void
test_the_answer_begins_with_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        give_python("name", PyUnicode_FromString(tested[i].name));
        assert_repr(eval_python("cgi(make_c, name)['stdout']"),
                    "b'Status: 200 OK\\r\\nContent-Type: text/plain\\r\\n"
                    "Content-Length: 5\\r\\n\\r\\nhello'");
    }
    run_python("del name");
}

static void
test_the_environ_is_that_of_the_process(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(VARIABLES)");
    run_python("seen = environ_in_c(variables={**GET, b'HTTPS': b'1'})");
    assert_repr(eval_python("sorted(k for k in seen if 'wsgi.' not in k)"),
                "['HTTPS', 'PATH_INFO', 'REQUEST_METHOD', 'SCRIPT_NAME', "
                "'SERVER_PROTOCOL']");
    assert_repr(eval_python("[seen['wsgi.' + k] for k in ('run_once',"
                            " 'multithread', 'multiprocess', 'url_scheme')]"),
                "['True', 'False', 'True', \"'https'\"]");
    run_python("del seen");
}

static void
test_init_looks_at_the_process(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(WHEN)");
    run_python("seen = cgi(make_c, 'CGIHandler',"
               " between=lose_stdout_and_environ)");
    assert_repr(eval_python("seen['stdout'][:14]"), "b'Status: 200 OK'");
    assert_repr(eval_python("dict(seen['environ'])['PATH_INFO']"), "\"'/p'\"");
    assert_repr(eval_python("seen['streams']"), "(True, True)");
    run_python("del seen");
}

static void
test_without_a_stream_as_in_python(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(WITHOUT_STREAMS)");
    run_python("seen = cgi(make_c, 'CGIHandler', streams=replaced("
               "stdin=no_stream))");
    assert_repr(eval_python("seen['raised'][:2]"),
                "(<class 'AttributeError'>, \"'NoneType' object has no "
                "attribute 'buffer'\")");
    run_python("del seen");
}

static void
test_without_an_environment_init_fails(void **state)
{
    (void)state;
    run_python("saved = WithoutEnviron()");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        BaseHandler *self = BaseHandler_new(tested[i].cls);

        assert_int_equal(tested[i].init(self), -1);
        assert_raised(PyExc_AttributeError, NULL);
        Py_DECREF(self);
    }
    run_python("saved.end()");
}

static void
test_iis_takes_the_script_name_from_the_path(void **state)
{
    (void)state;
    assert_nothing_differs("paths_not_as_wanted()");
}

static void
test_iis_without_either_variable_as_in_python(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(ONE_VARIABLE)");
    /* an empty SCRIPT_NAME puts an empty PATH_INFO there */
    run_python("seen = environ_in_c('IISCGIHandler', variables={})");
    assert_repr(eval_python("seen['PATH_INFO']"), "\"''\"");
    assert_repr(eval_python("'SCRIPT_NAME' in seen"), "False");
    run_python("del seen");
}

static void
test_iis_on_random_paths_as_in_python(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(RANDOM_PATHS)");
    assert_repr(eval_python("stripped_paths() > 150"), "True");
}

/* What BaseHandler has from the process when the program starts is not
 * there. */
static void
test_os_environ_is_empty_and_of_each_class(void **state)
{
    PyObject *cgi = *CGIHandler_class.os_environ;
    PyObject *iis = *IISCGIHandler_class.os_environ;

    (void)state;
    assert_ptr_not_equal(cgi, iis);
    assert_ptr_not_equal(cgi, *BaseCGIHandler_class.os_environ);
    assert_non_null(
        PyDict_GetItemString(*BaseCGIHandler_class.os_environ, "AT_START"));
    assert_repr(eval_python("[k for k in environ_in_c() if 'START' in k]"),
                "[]");
    assert_int_equal(PyDict_Size(cgi), 0);
    assert_int_equal(PyDict_Size(iis), 0);
}

static void
test_init_owns_the_streams(void **state)
{
    PyObject *stdin_, *buffer, *stderr_;

    (void)state;
    run_python("saved = OtherStreams()");
    stdin_ = eval_python("sys.stdin");
    buffer = eval_python("sys.stdin.buffer");
    stderr_ = eval_python("sys.stderr");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        Py_ssize_t before[] = { Py_REFCNT(stdin_), Py_REFCNT(buffer),
                                Py_REFCNT(stderr_) };
        BaseHandler *self = BaseHandler_new(tested[i].cls);
        SimpleHandler *simple = (SimpleHandler *)self;

        assert_int_equal(tested[i].init(self), 0);
        assert_ptr_equal(simple->stdin, buffer);
        assert_ptr_equal(simple->stderr, stderr_);
        assert_int_equal(Py_REFCNT(stdin_), before[0]);
        assert_int_equal(Py_REFCNT(buffer), before[1] + 1);
        assert_int_equal(Py_REFCNT(stderr_), before[2] + 1);
        assert_int_equal(Py_REFCNT(simple->base_env), 1);
        assert_int_equal(Py_REFCNT(simple->stdout), 1);
        Py_DECREF(self);
        assert_int_equal(Py_REFCNT(buffer), before[1]);
        assert_int_equal(Py_REFCNT(stderr_), before[2]);
    }
    Py_DECREF(stderr_);
    Py_DECREF(buffer);
    Py_DECREF(stdin_);
    run_python("saved.end()");
}

static void
test_the_tables_inherit_what_python_inherits(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        const BaseHandlerClass *cls = tested[i].cls;
        char name[80];

        assert_memory_equal((const char *)&BaseCGIHandler_class +
                                offsetof(BaseHandlerClass, run),
                            (const char *)cls +
                                offsetof(BaseHandlerClass, run),
                            sizeof(*cls) - offsetof(BaseHandlerClass, run));
        assert_no_empty_slot(cls, offsetof(BaseHandlerClass, run),
                             sizeof(*cls));
        assert_true(cls->wsgi_file_wrapper ==
                    SimpleHandler_class.wsgi_file_wrapper);
        assert_true(cls->headers_class == SimpleHandler_class.headers_class);
        assert_ptr_equal(cls->type->tp_base, &BaseCGIHandler_type);
        PyOS_snprintf(name, sizeof(name), "cwsgiref.handlers.%s",
                      tested[i].name);
        assert_string_equal(cls->type->tp_name, name);
        assert_class_attributes_of_python(cls, tested[i].name);
    }
}

/* A process answers one request; the environ says so. */
static void
test_they_run_once(void **state)
{
    (void)state;
    assert_false(SimpleHandler_class.wsgi_run_once);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        BaseHandler *self = BaseHandler_new(tested[i].cls);

        assert_int_equal(tested[i].init(self), 0);
        assert_true(self->wsgi_run_once);
        assert_int_equal(self->cls->setup_environ(self), 0);
        assert_ptr_equal(PyDict_GetItemString(self->environ, "wsgi.run_once"),
                         Py_True);
        Py_DECREF(self);
    }
}

static int
setup(void **state)
{
    (void)state;
    setenv("AT_START", "yes", 1);
    if (ready_handlers() < 0) {
        return -1;
    }
    give_module("ours", functions);
    run_handlers_file("handlers/test_cgi_handler.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_answers_are_those_of_python),
        python_test(test_the_answer_begins_with_its_status),
        python_test(test_the_environ_is_that_of_the_process),
        python_test(test_init_looks_at_the_process),
        python_test(test_without_a_stream_as_in_python),
        python_test(test_without_an_environment_init_fails),
        python_test(test_iis_takes_the_script_name_from_the_path),
        python_test(test_iis_without_either_variable_as_in_python),
        python_test(test_iis_on_random_paths_as_in_python),
        python_test(test_os_environ_is_empty_and_of_each_class),
        python_test(test_init_owns_the_streams),
        python_test(test_the_tables_inherit_what_python_inherits),
        python_test(test_they_run_once),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
