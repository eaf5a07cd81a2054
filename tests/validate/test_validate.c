#include "same_as_original.h"

static void
test_environ_is_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same("ENVIRON");
}

static void
test_streams_are_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same("STREAMS");
}

static void
test_status_is_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same("STATUSES");
}

static void
test_headers_are_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same("HEADERS");
}

static void
test_content_type_is_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same("CONTENT_TYPES");
}

static void
test_the_other_functions_do_what_the_originals_do(void **state)
{
    (void)state;
    assert_all_same("OTHERS");
}

static void
test_messages_are_word_for_word(void **state)
{
    (void)state;
    assert_nothing_differs("messages_not_word_for_word()");
}

static void
test_traceback_has_the_frames_of_the_original(void **state)
{
    (void)state;
    assert_repr(eval_python("frames_of_a_wrong_environ()"),
                "['serve', 'lint_app', 'check_environ', 'assert_']");
}

static void
test_applications_fare_as_with_the_original(void **state)
{
    (void)state;
    assert_all_same("APPLICATIONS");
}

/* Attributes are the instance's: traceback looks into them for its hints. */
static void
test_what_is_wrapped_is_in_the_instance(void **state)
{
    (void)state;
    assert_all_same("WRAPPED");
}

/* The complaint of test_iterator_wrapper.c, from the top. */
static void
test_a_response_that_is_not_closed_is_complained_of(void **state)
{
    (void)state;
    assert_all_same("NOT_CLOSED");
    assert_repr(
        eval_python("log[0]"),
        "\"('stderr', 'Iterator garbage collected without being closed')\"");
}

static void
test_what_is_no_iterable_is_complained_of_after_the_traceback(void **state)
{
    (void)state;
    assert_all_same("NO_ITERABLE");
    assert_repr(eval_python("first_words_of_log()"),
                "[\"('caught'\", \"('unraisable'\"]");
}

/* Each request has a start_response_started of its own. */
static void
test_requests_do_not_know_of_each_other(void **state)
{
    (void)state;
    assert_all_same("TWO_REQUESTS");
}

static void
test_the_same_warning_is_shown_once(void **state)
{
    (void)state;
    assert_all_same("WARNINGS");
    assert_repr(eval_python("len(log)"), "3");
}

static void
test_warning_names_this_file(void **state)
{
    (void)state;
    assert_repr(eval_python("file_and_module_of_a_warning()"),
                "('src/validate/checks.c', 'cwsgiref.validate')");
}

/* Nothing of a request is kept when it is over, however it has ended. */
static void
test_a_request_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_repr(eval_python("what_is_left_of_requests()"),
                "[(None, None), (None, None), (None, None), (None, None)]");
}

static void
test_reference_counts_are_as_before(void **state)
{
    PyObject *application = eval_python("lambda e, s: [b'x']");
    PyObject *env = eval_python("env()");
    PyObject *in = PyDict_GetItemString(env, "wsgi.input");
    Py_ssize_t application_before = Py_REFCNT(application);
    Py_ssize_t env_before = Py_REFCNT(env);
    Py_ssize_t in_before = Py_REFCNT(in);
    PyObject *app = validator(application);
    PyObject *iterator, *status, *header_list;

    (void)state;
    assert_int_equal(Py_REFCNT(application), application_before + 1);
    iterator = PyObject_CallFunctionObjArgs(app, env, Py_None, NULL);
    assert_non_null(iterator);
    assert_int_equal(IteratorWrapper_close(iterator), 0);
    Py_DECREF(iterator);
    Py_DECREF(app);
    assert_int_equal(Py_REFCNT(application), application_before);
    assert_int_equal(Py_REFCNT(env), env_before);
    assert_int_equal(Py_REFCNT(in), in_before); /* the wrapper has it now */
    Py_DECREF(env);
    Py_DECREF(application);

    status = eval_python("'2000' + ' no'");
    header_list = eval_python("[('A', str(7) + 'b')]");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(check_status(status), -1);
        assert_raised(PyExc_AssertionError, NULL);
        assert_int_equal(check_headers(header_list), 0);
        assert_int_equal(check_content_type(status, header_list), -1);
        assert_raised(PyExc_AssertionError, NULL);
    }
    run_python("gc.collect()");
    assert_int_equal(Py_REFCNT(status), 1);
    assert_int_equal(Py_REFCNT(header_list), 1);
    Py_DECREF(header_list);
    Py_DECREF(status);
}

static void
test_no_outcome_leaves_anything_behind(void **state)
{
    (void)state;
    assert_none_leaks("ENVIRON");
    assert_none_leaks("STREAMS");
    assert_none_leaks("STATUSES");
    assert_none_leaks("HEADERS");
    assert_none_leaks("CONTENT_TYPES");
    assert_none_leaks("OTHERS");
    assert_none_leaks("APPLICATIONS");
}

/* No check keeps, or lets go of, what it looked at: neither when it passes
 * nor when it fails. */
static void
test_checks_neither_keep_nor_lose_references(void **state)
{
    (void)state;
    assert_repr(eval_python("no_check_keeps_anything()"), "True");
}

static void
test_types_are_named_after_the_originals(void **state)
{
    (void)state;
    assert_string_equal(((PyTypeObject *)WSGIWarning)->tp_name, "WSGIWarning");
    assert_repr(Py_NewRef(WSGIWarning),
                "<class 'cwsgiref.validate.WSGIWarning'>");
    assert_int_equal(PyObject_IsSubclass(WSGIWarning, PyExc_Warning), 1);
    assert_int_equal(PyObject_IsSubclass(WSGIWarning, PyExc_UserWarning), 0);
    /* ready twice is ready */
    assert_int_equal(types_ready(), 0);
    assert_repr(eval_python("ours.WSGIWarning"),
                "<class 'cwsgiref.validate.WSGIWarning'>");
}

static int
setup(void **state)
{
    (void)state;
    return start_validate("validate/test_validate.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_environ_is_checked_as_by_the_original),
        python_test(test_streams_are_checked_as_by_the_original),
        python_test(test_status_is_checked_as_by_the_original),
        python_test(test_headers_are_checked_as_by_the_original),
        python_test(test_content_type_is_checked_as_by_the_original),
        python_test(test_the_other_functions_do_what_the_originals_do),
        python_test(test_messages_are_word_for_word),
        python_test(test_traceback_has_the_frames_of_the_original),
        python_test(test_applications_fare_as_with_the_original),
        python_test(test_what_is_wrapped_is_in_the_instance),
        python_test(test_a_response_that_is_not_closed_is_complained_of),
        python_test(
            test_what_is_no_iterable_is_complained_of_after_the_traceback),
        python_test(test_requests_do_not_know_of_each_other),
        python_test(test_the_same_warning_is_shown_once),
        python_test(test_warning_names_this_file),
        python_test(test_a_request_leaves_nothing_behind),
        python_test(test_reference_counts_are_as_before),
        python_test(test_no_outcome_leaves_anything_behind),
        python_test(test_checks_neither_keep_nor_lose_references),
        python_test(test_types_are_named_after_the_originals),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
