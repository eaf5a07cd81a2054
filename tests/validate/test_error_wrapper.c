#include "same_as_original.h"

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same("WRITE");
    assert_all_same("FLUSH");
    assert_all_same("WRITELINES");
    assert_all_same("OTHERS");
}

static void
test_owns_its_stream_and_lets_go_of_it(void **state)
{
    PyObject *errors = eval_python("Err()");
    PyObject *text = eval_python("'te' + str(7)");
    PyObject *list = eval_python("['li', 5]");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&ErrorWrapper_type, errors);
    PyObject *kept;

    (void)state;
    run_python("same_as_original.log.clear()");
    assert_non_null(wrapper);
    kept = PyObject_GetAttrString(wrapper, "errors");
    assert_ptr_equal(kept, errors);
    Py_DECREF(kept);
    assert_int_equal(Py_REFCNT(errors), 2);
    assert_int_equal(ErrorWrapper_write(wrapper, text), 0);
    assert_int_equal(ErrorWrapper_writelines(wrapper, list), -1);
    assert_raised(PyExc_AssertionError, "");
    assert_int_equal(ErrorWrapper_flush(wrapper), 0);
    assert_int_equal(ErrorWrapper_close(wrapper), -1);
    assert_raised(PyExc_AssertionError, "errors.close() must not be called");
    assert_int_equal(Py_REFCNT(text), 1);
    assert_int_equal(Py_REFCNT(list), 1);
    assert_repr(
        eval_python("[eval(line)[:2] for line in same_as_original.log]"),
        "[('write', ('te7',)), ('write', ('li',)), ('flush', ())]");
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(errors), 1);
    Py_DECREF(list);
    Py_DECREF(text);
    Py_DECREF(errors);
}

static void
test_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_none_leaks("WRITE");
    assert_none_leaks("FLUSH");
    assert_none_leaks("WRITELINES");
    assert_none_leaks("OTHERS");
}

static void
test_cycles_are_collected(void **state)
{
    (void)state;
    assert_repr(eval_python("what_is_left_of_cycles()"), "[None, None]");
}

static void
test_init_may_be_called_again(void **state)
{
    PyObject *first = eval_python("Err()");
    PyObject *second = eval_python("Err()");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&ErrorWrapper_type, first);
    PyObject *kept;

    (void)state;
    assert_non_null(wrapper);
    assert_int_equal(ErrorWrapper_init(wrapper, second), 0);
    kept = PyObject_GetAttrString(wrapper, "errors");
    assert_ptr_equal(kept, second);
    Py_DECREF(kept);
    assert_int_equal(Py_REFCNT(first), 1);
    assert_int_equal(Py_REFCNT(second), 2);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(second), 1);
    Py_DECREF(second);
    Py_DECREF(first);
}

static int
setup(void **state)
{
    (void)state;
    return start_validate("validate/test_error_wrapper.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_owns_its_stream_and_lets_go_of_it),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
        python_test(test_init_may_be_called_again),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
