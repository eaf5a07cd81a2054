#include "support.h"

#include <stdlib.h>

#include "program/interpreter.h"

/* The interpreter is the program's here, and not that of start_python():
 * Python code runs in its __main__. */
static PyObject *
run_in_main(const char *source, int start)
{
    PyObject *names = PyModule_GetDict(PyImport_AddModule("__main__"));
    PyObject *value = PyRun_String(source, start, names, names);

    if (value == NULL) {
        PyErr_Print();
        fail_msg("Python raised in: %s", source);
    }
    return value;
}

static PyObject *
evaluate(const char *expression)
{
    return run_in_main(expression, Py_eval_input);
}

static void
execute(const char *statements)
{
    Py_DECREF(run_in_main(statements, Py_file_input));
}

static void
test_the_arguments_are_those_of_the_program(void **state)
{
    (void)state;
    execute("import os, signal, sys");
    assert_repr(evaluate("sys.argv"), "['app.py', '--once', '-c']");
}

static void
test_the_current_directory_is_first_in_the_path(void **state)
{
    (void)state;
    assert_repr(evaluate("sys.path[0] == os.getcwd()"), "True");
    assert_repr(evaluate("len(sys.path) > 3"), "True");
}

static void
test_a_directory_can_be_put_before_it(void **state)
{
    (void)state;
    assert_int_equal(import_first_from("/there"), 0);
    assert_repr(evaluate("sys.path.pop(0)"), "'/there'");
}

static void
test_a_path_that_is_no_list_is_an_error(void **state)
{
    (void)state;
    execute("path, sys.path = sys.path, None");
    assert_int_equal(import_first_from("/there"), -1);
    assert_raised(PyExc_RuntimeError, "sys.path is not a list");
    execute("sys.path = path");
}

static void
test_the_environment_counts_as_for_python(void **state)
{
    (void)state;
    assert_repr(evaluate("'/of/pythonpath' in sys.path"), "True");
    assert_repr(evaluate("sys.flags.dont_write_bytecode"), "1");
    assert_repr(evaluate("os.access(sys.executable, os.X_OK)"), "True");
}

static void
test_sigpipe_is_ignored_and_stderr_is_not_held_back(void **state)
{
    (void)state;
    assert_repr(evaluate("signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN"),
                "True");
    assert_repr(evaluate("sys.stderr.line_buffering or "
                         "sys.stderr.write_through"),
                "True");
}

/* The exit code for what the statements raise; what it has said on stderr is
 * in `said`. */
static int
exit_code_of(const char *statements)
{
    PyObject *names = PyModule_GetDict(PyImport_AddModule("__main__"));
    int exit_code;

    execute("import io\n"
            "sys.stderr = io.StringIO()\n");
    assert_null(PyRun_String(statements, Py_file_input, names, names));
    exit_code = interpreter_exit_code();
    execute("said = sys.stderr.getvalue()\n"
            "sys.stderr = sys.__stderr__\n");
    assert_null(PyErr_Occurred());
    return exit_code;
}

static void
test_without_an_exception_the_exit_code_is_0(void **state)
{
    (void)state;
    assert_int_equal(interpreter_exit_code(), 0);
}

static void
test_a_keyboard_interrupt_is_a_good_end(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of("raise KeyboardInterrupt"), 0);
    assert_repr(evaluate("said"), "''");
}

static void
test_a_failure_is_one_line(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of("raise SystemExit('no way')"), 1);
    assert_repr(evaluate("said"), "'cwsgiref: no way\\n'");
}

static void
test_a_failure_in_the_handling_of_an_exception_shows_that_first(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of("def f():\n"
                                  "    1 / 0\n"
                                  "try:\n"
                                  "    f()\n"
                                  "except ZeroDivisionError:\n"
                                  "    raise SystemExit('failed')\n"),
                     1);
    assert_repr(evaluate("said"), "'Traceback (most recent call last):\\n"
                                  "  File \"<string>\", line 4, in <module>\\n"
                                  "  File \"<string>\", line 2, in f\\n"
                                  "ZeroDivisionError: division by zero\\n"
                                  "cwsgiref: failed\\n'");
}

static void
test_any_other_exception_is_shown_as_by_python(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of("raise ValueError('no way')"), 1);
    assert_repr(evaluate("said"), "'Traceback (most recent call last):\\n"
                                  "  File \"<string>\", line 1, in <module>\\n"
                                  "ValueError: no way\\n'");
}

static int
setup(void **state)
{
    char *argv[] = { "app.py", "--once", "-c" };

    (void)state;
    unsetenv("VIRTUAL_ENV");
    setenv("PYTHONPATH", "/of/pythonpath", 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    return interpreter_start(3, argv);
}

static int
teardown(void **state)
{
    (void)state;
    return interpreter_stop(0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_arguments_are_those_of_the_program),
        python_test(test_the_current_directory_is_first_in_the_path),
        python_test(test_a_directory_can_be_put_before_it),
        python_test(test_a_path_that_is_no_list_is_an_error),
        python_test(test_the_environment_counts_as_for_python),
        python_test(test_sigpipe_is_ignored_and_stderr_is_not_held_back),
        python_test(test_without_an_exception_the_exit_code_is_0),
        python_test(test_a_keyboard_interrupt_is_a_good_end),
        python_test(test_a_failure_is_one_line),
        python_test(
            test_a_failure_in_the_handling_of_an_exception_shows_that_first),
        python_test(test_any_other_exception_is_shown_as_by_python),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
