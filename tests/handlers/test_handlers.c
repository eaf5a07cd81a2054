#include "support.h"

#include "handlers/handlers.h"
#include "handlers/base_handler.h"
#include "python/release.h"

static void
test_date_is_in_english(void **state)
{
    (void)state;
    assert_repr(format_date_time(0), "'Thu, 01 Jan 1970 00:00:00 GMT'");
    assert_repr(format_date_time(951782399),
                "'Mon, 28 Feb 2000 23:59:59 GMT'");
}

static void
test_date_is_the_one_of_python(void **state)
{
    (void)state;
    assert_nothing_differs("dates_not_as_in_python()");
}

static void
test_environ_is_the_one_of_python(void **state)
{
    (void)state;
    assert_nothing_differs("environ_differences()");
}

static void
test_cgi_variables_are_transcoded(void **state)
{
    (void)state;
    run_python("variables = VariablesOfCGI()");
    assert_nothing_differs("environ_differences()");
    give_python("found", read_environ());
    assert_repr(eval_python("found['PATH_INFO']"),
                "'caf\xc3\x83\xc2\xa9 \xc3\xbf'");
    assert_repr(eval_python("found['REDIRECT_REDIRECT_SSL_Y']"),
                "'caf\xc3\x83\xc2\xa9 \xc3\xbf'");
    assert_repr(eval_python("found['PLAIN']"), "'caf\xc3\xa9 \\udcff'");
    assert_repr(eval_python("found['REDIRECT_X']"), "'caf\xc3\xa9 \\udcff'");
    run_python("variables.end()");
}

static void
test_environ_is_that_of_the_os_module(void **state)
{
    (void)state;
    run_python("other = OtherEnviron({'HTTP_A': 'b'})");
    assert_repr(read_environ(), "{'HTTP_A': 'b'}");
    run_python("os.environ = {'HTTP_A': '\\ud800'}");
    assert_null(read_environ());
    assert_raised(PyExc_UnicodeEncodeError, NULL);
    run_python("os.environ = None");
    assert_null(read_environ());
    PyErr_Clear();
    run_python("other.end()");
}

static void
test_os_environ_is_read_when_the_types_are_made_ready(void **state)
{
    PyObject *again;

    (void)state;
    again = read_environ();
    assert_non_null(BaseHandler_os_environ);
    assert_true(BaseHandler_class.os_environ == &BaseHandler_os_environ);
    assert_int_equal(
        PyObject_RichCompareBool(BaseHandler_os_environ, again, Py_EQ), 1);
    Py_DECREF(again);
}

/* needs_transcode() and is_request(), by the values that read_environ()
 * gives. */
static void
test_the_same_variables_as_in_python_are_transcoded(void **state)
{
    (void)state;
    assert_repr(eval_python("transcoded_by_python()"), "17");
    assert_nothing_differs("not_transcoded_as_in_python()");
}

static PyObject *
call_format_date_time(PyObject *module, PyObject *timestamp)
{
    (void)module;
    return format_date_time((time_t)PyLong_AsLongLong(timestamp));
}

static PyObject *
call_read_environ(PyObject *module, PyObject *args)
{
    (void)module;
    (void)args;
    return read_environ();
}

static int
setup(void **state)
{
    static PyMethodDef functions[] = {
        { "format_date_time", call_format_date_time, METH_O, NULL },
        { "read_environ", call_read_environ, METH_NOARGS, NULL },
        { NULL, NULL, 0, NULL },
    };

    (void)state;
    return start_python_file("handlers/test_handlers.py", functions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_date_is_in_english),
        python_test(test_date_is_the_one_of_python),
        python_test(test_environ_is_the_one_of_python),
        python_test(test_cgi_variables_are_transcoded),
        python_test(test_environ_is_that_of_the_os_module),
        python_test(test_os_environ_is_read_when_the_types_are_made_ready),
        python_test(test_the_same_variables_as_in_python_are_transcoded),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
