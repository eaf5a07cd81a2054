#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "python/arguments.h"
#include "python/errors.h"

static int
Sample_fails(int raise)
{
    if (raise) {
        RAISE(PyExc_ValueError, "no %s", "way");
        return -1;
    }
    return 0;
}

static int
Sample_init(int raise)
{
    if (FAILED(Sample_fails(raise) < 0)) {
        return -1;
    }
    return 0;
}

/* A part of Sample_init, in a function of its own. */
static int
initialize_part(void)
{
    return FAILED_IN(Sample_init, Sample_fails(1) < 0) ? -1 : 0;
}

/* The names of the frames in the traceback of the exception in flight, the
 * outermost first. */
static PyObject *
frames(void)
{
    Handled handled = except_enter();
    PyObject *result;

    set_python("caught", handled.raised);
    result = eval_python("names_of_frames(caught)");
    run_python("del caught");
    except_leave(handled);
    return result;
}

static void
test_FAILED_is_false_when_nothing_failed(void **state)
{
    (void)state;
    assert_int_equal(Sample_init(0), 0);
    assert_null(PyErr_Occurred());
}

static void
test_traceback_shows_python_names_from_the_outside_in(void **state)
{
    (void)state;
    assert_int_equal(Sample_init(1), -1);
    assert_repr(frames(), "['__init__', 'fails']");
}

static void
test_a_part_of_a_function_is_shown_under_its_name(void **state)
{
    (void)state;
    assert_int_equal(initialize_part(), -1);
    assert_repr(frames(), "['__init__', 'fails']");
}

static void
test_traceback_line_is_the_line_of_the_call(void **state)
{
    const int line = __LINE__ + 5;
    PyObject *tb_lineno;
    Handled handled;

    (void)state;
    (void)FAILED(Sample_fails(1) < 0);
    handled = except_enter();
    set_python("caught", handled.raised);
    tb_lineno = eval_python("caught.__traceback__.tb_lineno");
    assert_int_equal(PyLong_AsLong(tb_lineno), line);
    Py_DECREF(tb_lineno);
    run_python("del caught");
    except_leave(handled);
}

static void
test_except_shows_the_exception_in_sys_exc_info(void **state)
{
    Handled handled;

    (void)state;
    Sample_fails(1);
    handled = except_enter();
    assert_null(PyErr_Occurred());
    run_python("import sys");
    assert_repr(eval_python("sys.exc_info()[1]"), "ValueError('no way')");
    except_leave(handled);
    assert_repr(eval_python("sys.exc_info()"), "(None, None, None)");
}

static void
test_raising_inside_except_sets_the_context(void **state)
{
    Handled handled, outer;

    (void)state;
    Sample_fails(1);
    handled = except_enter();
    PyErr_SetString(PyExc_KeyError, "second");
    except_leave(handled);
    outer = except_enter();
    set_python("caught", outer.raised);
    assert_repr(eval_python("caught.__context__"), "ValueError('no way')");
    run_python("del caught");
    except_leave(outer);
}

static void
test_reraise_lets_the_handled_exception_fly_again(void **state)
{
    Handled handled;

    (void)state;
    Sample_fails(1);
    handled = except_enter();
    RERAISE();
    except_leave(handled);
    assert_repr(frames(), "['fails']");
}

static void
test_reraise_without_an_exception_is_a_runtime_error(void **state)
{
    (void)state;
    RERAISE();
    assert_raised(PyExc_RuntimeError, "No active exception to reraise");
}

static void
test_finally_lets_the_exception_step_aside_and_fly_on(void **state)
{
    Handled handled;

    (void)state;
    Sample_fails(1);
    handled = finally_enter();
    assert_null(PyErr_Occurred());
    finally_leave(handled);
    assert_raised(PyExc_ValueError, "no way");
}

static void
test_finally_without_an_exception_does_nothing(void **state)
{
    (void)state;
    finally_leave(finally_enter());
    assert_null(PyErr_Occurred());
}

static void
test_what_finally_raises_replaces_what_was_in_flight(void **state)
{
    Handled handled;

    (void)state;
    Sample_fails(1);
    handled = finally_enter();
    PyErr_SetString(PyExc_KeyError, "second");
    finally_leave(handled);
    assert_raised(PyExc_KeyError, "'second'");
}

static void
test_exc_info_is_nones_when_nothing_is_handled(void **state)
{
    (void)state;
    assert_repr(sys_exc_info(), "(None, None, None)");
}

/* The same by bind_vector(). */
static int
bind_as_vector(const char *signature, const char *args, const char *kwargs)
{
    PyObject *values[3], *stack[8];
    PyObject *tuple = eval_python(args), *dict = eval_python(kwargs);
    PyObject *keys = PyDict_Keys(dict);
    PyObject *kwnames = PyList_AsTuple(keys);
    Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    Py_ssize_t position = 0, all = count;
    PyObject *key, *value;
    int result;

    for (Py_ssize_t i = 0; i < count; i++) {
        stack[i] = PyTuple_GET_ITEM(tuple, i);
    }
    while (PyDict_Next(dict, &position, &key, &value)) {
        stack[all++] = value;
    }
    result = bind_vector(values, signature, stack, count,
                         all > count ? kwnames : NULL);
    Py_DECREF(kwnames);
    Py_DECREF(keys);
    Py_DECREF(dict);
    Py_DECREF(tuple);
    return result;
}

/* Binds the arguments of a call of C().f, of that signature. */
static int
bind(const char *signature, const char *args, const char *kwargs)
{
    PyObject *values[3];
    PyObject *tuple = eval_python(args);
    PyObject *dict = eval_python(kwargs);
    int result = bind_arguments(values, signature, tuple, dict);

    Py_DECREF(tuple);
    Py_DECREF(dict);
    return result;
}

static void
test_arguments_are_bound_by_position_and_by_name(void **state)
{
    static const char *const signature = "C.f(status, headers, exc_info=)";
    PyObject *values[3];
    PyObject *tuple = eval_python("('1',)");
    PyObject *dict = eval_python("{'headers': '2'}");

    (void)state;
    assert_int_equal(bind_arguments(values, signature, tuple, dict), 0);
    assert_string_equal(PyUnicode_AsUTF8(values[0]), "1");
    assert_string_equal(PyUnicode_AsUTF8(values[1]), "2");
    assert_null(values[2]);
    Py_DECREF(dict);
    Py_DECREF(tuple);
    assert_int_equal(bind(signature, "(1, 2)", "{}"), 0);
    assert_int_equal(bind(signature, "(1,)", "{'headers': 2, 'exc_info': 3}"),
                     0);
    assert_int_equal(bind(signature, "()", "{'headers': 2, 'status': 3}"), 0);
}

static void
test_what_is_left_goes_to_args_and_kwargs(void **state)
{
    (void)state;
    assert_int_equal(bind("C.f(*args)", "(1, 2, 3, 4, 5)", "{}"), 0);
    assert_int_equal(bind("C.f(a, *args)", "(1, 2)", "{}"), 0);
    assert_int_equal(bind("C.f(a, **kwargs)", "(1,)", "{'b': 2}"), 0);
    assert_int_equal(bind("C.f(a, *args, **kwargs)", "(1, 2)", "{'b': 3}"), 0);
}

static void
test_a_vector_of_arguments_is_bound_the_same(void **state)
{
    static const char *const signature = "C.f(status, headers, exc_info=)";
    PyObject *stack[] = { Py_True, Py_False, Py_None };
    PyObject *values[3];
    PyObject *kwnames = eval_python("('exc_info', 'headers')");

    (void)state;
    assert_int_equal(bind_vector(values, signature, stack, 2, NULL), 0);
    assert_ptr_equal(values[0], Py_True);
    assert_ptr_equal(values[1], Py_False);
    assert_null(values[2]);
    assert_int_equal(bind_vector(values, signature, stack, 1, kwnames), 0);
    assert_ptr_equal(values[0], Py_True);
    assert_ptr_equal(values[1], Py_None);
    assert_ptr_equal(values[2], Py_False);
    Py_DECREF(kwnames);
}

static void
test_arguments_that_do_not_fit_raise_what_python_raises(void **state)
{
    /* The messages are those of a Python function of the same shape. */
    PyObject *calls = eval_python("calls");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(calls); i++) {
        PyObject *call = PyList_GET_ITEM(calls, i);
        const char *signature = PyUnicode_AsUTF8(PyTuple_GetItem(call, 1));

        set_python("call", call);
        assert_int_equal(bind(signature, "call[3]", "call[4]"), -1);
        give_python("error", take_exception());
        assert_int_equal(bind_as_vector(signature, "call[3]", "call[4]"), -1);
        give_python("as_vector", take_exception());
        run_python("rows.compare(call[0], (type(error), str(error)), "
                   "(TypeError, message(*call[2:])))");
        run_python("rows.compare(call[0], "
                   "(type(as_vector), str(as_vector)), "
                   "(TypeError, message(*call[2:])))");
    }
    run_python("del error, as_vector");
    Py_DECREF(calls);
    assert_nothing_differs("rows.report()");
}

#ifdef Py_DEBUG
/* What a child does that calls Python with an exception pending, which no
 * function of ours may. Its words would be those of a test that fails. */
static void
call_with_an_exception_pending(PyObject *function)
{
    const struct rlimit no_core = { 0, 0 };

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, SIG_DFL);
    if (freopen("/dev/null", "w", stderr) == NULL) {
        _exit(1);
    }
    PyErr_SetNone(PyExc_ValueError);
    Py_XDECREF(PyObject_CallNoArgs(function));
    _exit(0);
}

/* So whatever passes under a debug build calls none so. */
static void
test_a_debug_build_aborts_when_called_with_an_exception_pending(void **state)
{
    PyObject *function = eval_python("lambda: None");
    int status = 0;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        call_with_an_exception_pending(function);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    Py_DECREF(function);
}
#endif

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0) {
        return -1;
    }
    run_python_file("test_errors.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_FAILED_is_false_when_nothing_failed),
        python_test(test_traceback_shows_python_names_from_the_outside_in),
        python_test(test_a_part_of_a_function_is_shown_under_its_name),
        python_test(test_traceback_line_is_the_line_of_the_call),
        python_test(test_except_shows_the_exception_in_sys_exc_info),
        python_test(test_raising_inside_except_sets_the_context),
        python_test(test_reraise_lets_the_handled_exception_fly_again),
        python_test(test_reraise_without_an_exception_is_a_runtime_error),
        python_test(test_finally_lets_the_exception_step_aside_and_fly_on),
        python_test(test_finally_without_an_exception_does_nothing),
        python_test(test_what_finally_raises_replaces_what_was_in_flight),
        python_test(test_exc_info_is_nones_when_nothing_is_handled),
        python_test(test_arguments_are_bound_by_position_and_by_name),
        python_test(test_what_is_left_goes_to_args_and_kwargs),
        python_test(test_a_vector_of_arguments_is_bound_the_same),
        python_test(test_arguments_that_do_not_fit_raise_what_python_raises),
#ifdef Py_DEBUG
        python_test(
            test_a_debug_build_aborts_when_called_with_an_exception_pending),
#endif
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
