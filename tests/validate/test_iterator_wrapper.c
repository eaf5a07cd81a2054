#include "same_as_original.h"

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same("CASES");
}

static void
test_unclosed_ones_are_complained_of_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same("UNCLOSED");
}

static void
test_the_complaint_is_word_for_word(void **state)
{
    (void)state;
    assert_repr(eval_python("complaint()"),
                "(\"('stderr', 'Iterator garbage collected without being "
                "closed')\", \"('unraisable', 'AssertionError', 'Iterator "
                "garbage collected without being closed', ['__del__', "
                "'assert_'],\", 2)");
    assert_all_same("COMPLAINT");
}

/* As CPython's own hook prints it, to sys.stderr. */
static void
test_the_complaint_as_it_is_printed(void **state)
{
    (void)state;
    assert_repr(eval_python("printed_in_c()"),
                "'Iterator garbage collected without being closedException "
                "ignored in: <__del__>\\nTraceback (most recent call last):"
                "\\n __del__| assert_|AssertionError: Iterator garbage "
                "collected without being closed\\n'");
    assert_nothing_differs("not_printed_as_by_the_original()");
}

static void
test_end_is_null_without_an_exception(void **state)
{
    PyObject *body = eval_python("[b'ab']");
    PyObject *wrapper = PyObject_CallFunctionObjArgs(
        (PyObject *)&IteratorWrapper_type, body, Py_None, NULL);

    (void)state;
    assert_repr(IteratorWrapper_next(wrapper), "b'ab'");
    assert_null(IteratorWrapper_next(wrapper));
    assert_null(PyErr_Occurred());
    assert_int_equal(IteratorWrapper_close(wrapper), 0);
    assert_null(IteratorWrapper_next(wrapper));
    assert_raised(PyExc_AssertionError, "Iterator read after closed");
    Py_DECREF(wrapper);
    Py_DECREF(body);
}

static void
test_owns_its_iterable_and_lets_go_of_it(void **state)
{
    PyObject *body = eval_python("[b'%d' % 12345, 'no bytes']");
    PyObject *block = PyList_GetItem(body, 0);
    PyObject *text = PyList_GetItem(body, 1);
    PyObject *started = eval_python("[None]");
    Py_ssize_t text_before = Py_REFCNT(text);
    PyObject *wrapper = PyObject_CallFunctionObjArgs(
        (PyObject *)&IteratorWrapper_type, body, started, NULL);
    PyObject *data, *again;

    (void)state;
    assert_non_null(wrapper);
    assert_int_equal(Py_REFCNT(body), 3); /* and its iterator */
    assert_int_equal(Py_REFCNT(started), 2);
    data = IteratorWrapper_next(wrapper);
    assert_ptr_equal(data, block);
    assert_int_equal(Py_REFCNT(block), 2);
    Py_DECREF(data);
    assert_int_equal(Py_REFCNT(started), 1); /* None from now on */
    assert_null(IteratorWrapper_next(wrapper));
    assert_raised(PyExc_AssertionError,
                  "Iterator yielded non-bytestring ('no bytes')");
    run_python("gc.collect()");
    assert_int_equal(Py_REFCNT(text), text_before);
    again = IteratorWrapper_iter(wrapper);
    assert_ptr_equal(again, wrapper);
    Py_DECREF(again);
    assert_int_equal(IteratorWrapper_close(wrapper), 0);
    assert_int_equal(IteratorWrapper_del(wrapper), 0);
    assert_int_equal(Py_REFCNT(wrapper), 1);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(body), 1);
    assert_int_equal(Py_REFCNT(started), 1);
    Py_DECREF(started);
    Py_DECREF(body);
}

static void
test_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_none_leaks("CASES");
    assert_none_leaks("UNCLOSED");
}

static void
test_cycles_are_collected(void **state)
{
    (void)state;
    assert_repr(eval_python("what_is_left_of_cycles()"),
                "[None, None, None, None, None]");
}

/* ... and so is one whose traceback keeps it. */
static void
test_half_made_one_goes_with_its_traceback(void **state)
{
    (void)state;
    assert_repr(eval_python("what_is_left_of_a_half_made_one()"), "None");
}

static void
test_init_may_be_called_again(void **state)
{
    PyObject *first = eval_python("[b'first']");
    PyObject *second = eval_python("[b'second']");
    PyObject *wrapper = PyObject_CallFunctionObjArgs(
        (PyObject *)&IteratorWrapper_type, first, Py_None, NULL);

    (void)state;
    assert_non_null(wrapper);
    assert_int_equal(IteratorWrapper_close(wrapper), 0);
    assert_int_equal(IteratorWrapper_init(wrapper, second, Py_None), 0);
    assert_int_equal(Py_REFCNT(first), 1);
    assert_repr(IteratorWrapper_next(wrapper), "b'second'"); /* it is open */
    assert_int_equal(IteratorWrapper_init(wrapper, Py_None, Py_None), -1);
    assert_raised(PyExc_TypeError, "'NoneType' object is not iterable");
    run_python("gc.collect()");
    assert_int_equal(IteratorWrapper_close(wrapper), 0);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(second), 1);
    Py_DECREF(second);
    Py_DECREF(first);
}

static void
test_each_iteration_of_a_partial_one_begins_anew(void **state)
{
    PyObject *first = eval_python("[b'first']");
    PyObject *second = eval_python("[b'second']");
    PyObject *partial =
        PyObject_CallOneArg((PyObject *)&PartialIteratorWrapper_type, first);

    (void)state;
    assert_non_null(partial);
    assert_int_equal(PartialIteratorWrapper_init(partial, second), 0);
    assert_int_equal(Py_REFCNT(first), 1);
    for (int i = 0; i < 2; i++) {
        PyObject *wrapper = PartialIteratorWrapper_iter(partial);

        assert_true(Py_IS_TYPE(wrapper, &IteratorWrapper_type));
        assert_repr(IteratorWrapper_next(wrapper), "b'second'");
        assert_null(IteratorWrapper_next(wrapper));
        assert_int_equal(IteratorWrapper_close(wrapper), 0);
        Py_DECREF(wrapper);
    }
    Py_DECREF(partial);
    assert_int_equal(Py_REFCNT(second), 1);
    Py_DECREF(second);
    Py_DECREF(first);
}

static int
setup(void **state)
{
    (void)state;
    return start_validate("validate/test_iterator_wrapper.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_unclosed_ones_are_complained_of_as_by_the_original),
        python_test(test_the_complaint_is_word_for_word),
        python_test(test_the_complaint_as_it_is_printed),
        python_test(test_end_is_null_without_an_exception),
        python_test(test_owns_its_iterable_and_lets_go_of_it),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
        python_test(test_half_made_one_goes_with_its_traceback),
        python_test(test_init_may_be_called_again),
        python_test(test_each_iteration_of_a_partial_one_begins_anew),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
