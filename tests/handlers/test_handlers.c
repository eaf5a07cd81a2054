#include "support.h"

#include "handlers/handlers.h"
#include "types.h"
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
    run_python("from wsgiref.handlers import format_date_time");
    /* every weekday and month, leap days, before 1970, years of 3, 5 digits */
    run_python("times = [i * 86400 * 31 + i for i in range(-90, 90)]\n"
               "times += [951825600, 4107542400, -62135596800, -50000000000,\n"
               "          253402300800, 2**33]");
    for (Py_ssize_t i = 0; i < 186; i++) {
        char call[80];
        PyObject *timestamp, *expected, *date;

        PyOS_snprintf(call, sizeof(call), "times[%zd]", i);
        timestamp = eval_python(call);
        PyOS_snprintf(call, sizeof(call), "format_date_time(times[%zd])", i);
        expected = eval_python(call);
        date = format_date_time((time_t)PyLong_AsLongLong(timestamp));
        assert_non_null(date);
        assert_string_equal(PyUnicode_AsUTF8(date),
                            PyUnicode_AsUTF8(expected));
        Py_DECREF(date);
        Py_DECREF(expected);
        Py_DECREF(timestamp);
    }
}

/* Fails unless read_environ() is, in content and order, Python's. */
static void
assert_environ_is_pythons(void)
{
    PyObject *ours = read_environ();

    assert_non_null(ours);
    set_python("ours", ours);
    Py_DECREF(ours);
    run_python("import wsgiref.handlers\n"
               "theirs = wsgiref.handlers.read_environ()\n"
               "assert ours == theirs, (ours, theirs)\n"
               "assert list(ours) == list(theirs)\n"
               "del ours, theirs");
}

static void
test_environ_is_the_one_of_python(void **state)
{
    (void)state;
    assert_environ_is_pythons();
}

static void
test_cgi_variables_are_transcoded(void **state)
{
    PyObject *ours;

    (void)state;
    run_python(
        "import os\n"
        "saved = dict(os.environ)\n"
        "for name in ('SCRIPT_NAME PATH_INFO QUERY_STRING '\n"
        "             'REQUEST_METHOD AUTH_TYPE CONTENT_TYPE '\n"
        "             'CONTENT_LENGTH HTTPS REMOTE_USER REMOTE_IDENT '\n"
        "             'HTTP_X HTTP_ SSL_X SSL REDIRECT_PATH_INFO '\n"
        "             'REDIRECT_REDIRECT_SSL_Y REDIRECT_ REDIRECT_X '\n"
        "             'REDIRECT_REDIRECT HTTPX PATH_INFO_ PLAIN '\n"
        "             'http_x').split():\n"
        "    os.environb[name.encode()] = b'caf\\xc3\\xa9 \\xff'\n"
        "os.environb[b'HTTP_\\xff\\xc3\\xa9'] = b'\\xe9'\n"
        "os.environb[b'\\xff'] = b'\\xe9'\n"
        "os.environ['EMPTY'] = ''");
    assert_environ_is_pythons();
    ours = read_environ();
    assert_non_null(ours);
    set_python("ours", ours);
    Py_DECREF(ours);
    assert_repr(eval_python("ours['PATH_INFO']"),
                "'caf\xc3\x83\xc2\xa9 \xc3\xbf'");
    assert_repr(eval_python("ours['REDIRECT_REDIRECT_SSL_Y']"),
                "'caf\xc3\x83\xc2\xa9 \xc3\xbf'");
    assert_repr(eval_python("ours['PLAIN']"), "'caf\xc3\xa9 \\udcff'");
    assert_repr(eval_python("ours['REDIRECT_X']"), "'caf\xc3\xa9 \\udcff'");
    run_python("del ours\n"
               "os.environ.clear()\n"
               "os.environ.update(saved)");
}

static void
test_environ_is_that_of_the_os_module(void **state)
{
    (void)state;
    run_python("import os\n"
               "os_environ, os.environ = os.environ, {'HTTP_A': 'b'}");
    assert_repr(read_environ(), "{'HTTP_A': 'b'}");
    run_python("os.environ = {'HTTP_A': '\\ud800'}");
    assert_null(read_environ());
    assert_raised(PyExc_UnicodeEncodeError, NULL);
    run_python("os.environ = None");
    assert_null(read_environ());
    PyErr_Clear();
    run_python("os.environ = os_environ");
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

static int
setup(void **state)
{
    (void)state;
    return start_python() < 0 || types_ready() < 0 ? -1 : 0;
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
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
