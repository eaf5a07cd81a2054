#include "same_as_original.h"

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same("READ");
    assert_all_same("READLINE");
    assert_all_same("READLINES");
    assert_all_same("ITERATION");
    assert_all_same("OTHERS");
}

static void
test_failing_line_shows_iter_in_the_traceback(void **state)
{
    (void)state;
    assert_repr(eval_python("frames_of_a_failing_line()"),
                "['__iter__', 'readline', 'assert_']");
}

static void
test_owns_its_input_and_lets_go_of_it(void **state)
{
    PyObject *input = eval_python("file(b'a\\nb')");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&InputWrapper_type, input);
    PyObject *kept, *lines;

    (void)state;
    assert_non_null(wrapper);
    kept = PyObject_GetAttrString(wrapper, "input");
    assert_ptr_equal(kept, input);
    Py_DECREF(kept);
    assert_int_equal(Py_REFCNT(input), 2);
    assert_int_equal(InputWrapper_init(wrapper, input), 0);
    assert_int_equal(Py_REFCNT(input), 2);
    lines = InputWrapper_iter(wrapper);
    assert_int_equal(Py_REFCNT(wrapper), 2);
    assert_repr(PyIter_Next(lines), "b'a\\n'");
    assert_repr(PyIter_Next(lines), "b'b'");
    assert_null(PyIter_Next(lines));
    assert_int_equal(Py_REFCNT(wrapper), 1); /* at the end it lets go */
    assert_null(PyIter_Next(lines));
    Py_DECREF(lines);
    assert_int_equal(Py_REFCNT(wrapper), 1);
    assert_int_equal(InputWrapper_close(wrapper), -1);
    assert_raised(PyExc_AssertionError, "input.close() must not be called");
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(input), 1);
    Py_DECREF(input);
}

static void
test_what_is_read_is_not_kept(void **state)
{
    (void)state;
    assert_repr(eval_python("all_references_kept()"), "{0}");
}

static void
test_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_none_leaks("READ");
    assert_none_leaks("READLINE");
    assert_none_leaks("READLINES");
    assert_none_leaks("ITERATION");
    assert_none_leaks("OTHERS");
}

static void
test_cycles_are_collected(void **state)
{
    (void)state;
    assert_repr(eval_python("what_is_left_of_cycles()"), "[None, None]");
}

static int
setup(void **state)
{
    (void)state;
    return start_validate("validate/test_input_wrapper.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_failing_line_shows_iter_in_the_traceback),
        python_test(test_owns_its_input_and_lets_go_of_it),
        python_test(test_what_is_read_is_not_kept),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
