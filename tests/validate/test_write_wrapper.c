#include "same_as_original.h"

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same("CASES");
}

static void
test_owns_its_writer_and_lets_go_of_it(void **state)
{
    PyObject *writer = eval_python("lambda data: say(data)");
    PyObject *data = eval_python("b'%d' % 12345");
    PyObject *text = eval_python("'%d' % 12345");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&WriteWrapper_type, writer);
    PyObject *kept;

    (void)state;
    assert_non_null(wrapper);
    kept = PyObject_GetAttrString(wrapper, "writer");
    assert_ptr_equal(kept, writer);
    Py_DECREF(kept);
    assert_int_equal(Py_REFCNT(writer), 2);
    assert_int_equal(WriteWrapper_call(wrapper, data), 0);
    assert_int_equal(WriteWrapper_call(wrapper, text), -1);
    assert_raised(PyExc_AssertionError, "");
    assert_int_equal(Py_REFCNT(data), 1);
    assert_int_equal(Py_REFCNT(text), 1);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(writer), 1);
    Py_DECREF(text);
    Py_DECREF(data);
    Py_DECREF(writer);
}

static void
test_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_none_leaks("CASES");
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
    PyObject *first = eval_python("lambda data: say(data)");
    PyObject *second = eval_python("lambda data: say(data)");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&WriteWrapper_type, first);
    PyObject *kept;

    (void)state;
    assert_non_null(wrapper);
    assert_int_equal(WriteWrapper_init(wrapper, second), 0);
    kept = PyObject_GetAttrString(wrapper, "writer");
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
    return start_validate("validate/test_write_wrapper.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_owns_its_writer_and_lets_go_of_it),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
        python_test(test_init_may_be_called_again),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
