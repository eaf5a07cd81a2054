#include "support.h"

#include "util/file_wrapper.h"
#include "types.h"

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original()");
}

static void
test_missing_attribute_is_an_attribute_error(void **state)
{
    PyObject *wrapper = eval_python("FileWrapper(Blocks([]))");

    (void)state;
    assert_null(PyObject_GetAttrString(wrapper, "close"));
    assert_raised(PyExc_AttributeError,
                  "'cwsgiref.util.FileWrapper' object has no attribute "
                  "'close'");
    Py_DECREF(wrapper);
}

static void
test_subclass_without_init_has_no_file(void **state)
{
    PyObject *wrapper =
        eval_python("subclass(FileWrapper, __init__=nothing)()");

    (void)state;
    assert_null(FileWrapper_next(wrapper));
    assert_raised(PyExc_AttributeError, NULL);
    Py_DECREF(wrapper);
}

static void
test_failing_read_shows_next_in_the_traceback(void **state)
{
    (void)state;
    assert_nothing_differs("frames_not_as_wanted()");
}

static void
test_end_is_stop_iteration(void **state)
{
    PyObject *wrapper = eval_python("FileWrapper(io.BytesIO(b'abc'), 2)");

    (void)state;
    assert_repr(FileWrapper_next(wrapper), "b'ab'");
    assert_repr(FileWrapper_next(wrapper), "b'c'");
    assert_null(FileWrapper_next(wrapper));
    assert_raised(PyExc_StopIteration, NULL);
    Py_DECREF(wrapper);
}

static void
test_is_its_own_iterator(void **state)
{
    PyObject *wrapper = eval_python("FileWrapper(io.BytesIO())");
    PyObject *iterator = FileWrapper_iter(wrapper);

    (void)state;
    assert_ptr_equal(iterator, wrapper);
    assert_int_equal(Py_REFCNT(wrapper), 2);
    Py_DECREF(iterator);
    Py_DECREF(wrapper);
}

static void
test_owns_its_file_and_lets_go_of_it(void **state)
{
    PyObject *file = eval_python("io.BytesIO(b'abc')");
    PyObject *size = eval_python("10 ** 10");
    Py_ssize_t file_before = Py_REFCNT(file);
    Py_ssize_t size_before = Py_REFCNT(size);
    PyObject *wrapper;

    (void)state;
    wrapper =
        PyObject_CallFunction((PyObject *)&FileWrapper_type, "OO", file, size);
    assert_non_null(wrapper);
    /* filelike, and the bound method close */
    assert_int_equal(Py_REFCNT(file), file_before + 2);
    assert_int_equal(Py_REFCNT(size), size_before + 1);
    assert_int_equal(FileWrapper_init(wrapper, file, size), 0);
    assert_int_equal(Py_REFCNT(file), file_before + 2);
    assert_repr(FileWrapper_next(wrapper), "b'abc'");
    assert_int_equal(Py_REFCNT(file), file_before + 2);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(file), file_before);
    assert_int_equal(Py_REFCNT(size), size_before);
    Py_DECREF(size);
    Py_DECREF(file);
}

static void
test_cycle_through_the_file_is_collected(void **state)
{
    (void)state;
    assert_repr(eval_python("what_is_left_of_cycles()"), "[None, None]");
}

/* CPython's UtilityTests, by the name. */
static void
UtilityTests_testFileWrapper(void **state)
{
    PyObject *wrapper, *file;

    (void)state;
    wrapper = eval_python("FileWrapper(io.StringIO('xyz' * 50), 120)");
    set_python("wrapper", wrapper);
    assert_repr(eval_python("iter(wrapper) is wrapper"), "True");
    assert_repr(eval_python("[next(wrapper) == 'xyz' * 40,\n"
                            " next(wrapper) == 'xyz' * 10,\n"
                            " next(wrapper, 'the end')]"),
                "[True, True, 'the end']");
    file = PyObject_GetAttrString(wrapper, "filelike");
    set_python("file", file);
    assert_repr(eval_python("wrapper.filelike is file"), "True");
    /* the end does not close it */
    assert_repr(eval_python("file.closed"), "False");
    assert_repr(eval_python("list(wrapper)"), "[]");
    assert_repr(eval_python("file.closed"), "False");
    assert_repr(eval_python("wrapper.close()"), "None");
    assert_repr(eval_python("file.closed"), "True");
    run_python("del wrapper, file");
    Py_DECREF(file);
    Py_DECREF(wrapper);
}

static int
setup(void **state)
{
    static PyMethodDef functions[] = { { NULL, NULL, 0, NULL } };
    PyObject *ours;

    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    ours = give_module("ours", functions);
    assert_int_equal(PyModule_AddType(ours, &FileWrapper_type), 0);
    run_python_file("util/test_file_wrapper.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_missing_attribute_is_an_attribute_error),
        python_test(test_subclass_without_init_has_no_file),
        python_test(test_failing_read_shows_next_in_the_traceback),
        python_test(test_end_is_stop_iteration),
        python_test(test_is_its_own_iterator),
        python_test(test_owns_its_file_and_lets_go_of_it),
        python_test(test_cycle_through_the_file_is_collected),
        python_test(UtilityTests_testFileWrapper),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
