/* What every cmocka file of the project shares: the interpreter, and ways to
 * ask Python. A test program is
 *
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = { ... };
 *
 *         return cmocka_run_group_tests(tests, setup, teardown);
 *     }
 *
 * whose `setup` calls start_python() and readies the types of its layer, and
 * whose `teardown` is stop_python. Tests are listed with `python_test`, which
 * adds the per-test check that no exception is left pending. */
#ifndef CWSGIREF_TESTS_SUPPORT_H
#define CWSGIREF_TESTS_SUPPORT_H

#include <Python.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Group setup and teardown: starts the interpreter once per file. 0 or -1. */
int start_python(void);
int stop_python(void **state);

/* Fails the test when it leaves an exception pending, and prints it. */
int no_exception_left(void **state);
#define python_test(function) \
    cmocka_unit_test_setup_teardown(function, NULL, no_exception_left)

/* Evaluates an expression, or runs statements, in the namespace of the test
 * file, where earlier statements have left their names. Both
 * fail the test when Python raises. eval gives a new reference. */
void run_python(const char *statements);
PyObject *eval_python(const char *expression);
/* Runs the Python that stands beside a test, tests/`path`, in that namespace:
 *
 *     run_python_file("handlers/test_base_handler.py");
 *
 * Its folder comes first in sys.path, and tests/ next, so that it imports what
 * it shares with others. Fails the test when Python raises; the traceback
 * shows the file's lines. */
void run_python_file(const char *path);
/* Puts `value` (borrowed) into that namespace. */
void set_python(const char *name, PyObject *value);
/* The same for the result of a call: takes `value`; NULL fails the test. */
void give_python(const char *name, PyObject *value);
/* Gives Python files a module to import, with these functions of C. Borrowed
 * (of sys.modules). */
PyObject *give_module(const char *name, PyMethodDef functions[]);
/* A whole group setup: starts the interpreter, readies all types, and runs the
 * file, which finds the functions in the module `ours`. 0 or -1. */
int start_python_file(const char *path, PyMethodDef functions[]);

/* Evaluates an expression that says, as a str, what differs. Unless that is
 * empty, prints all of it and fails the test. */
void assert_nothing_differs(const char *expression);

/* The exception in flight, with its traceback, which is in flight no longer;
 * None if there is none. A new reference. */
PyObject *take_exception(void);

/* Fails unless an exception of that type is pending and str(exception) is
 * `message` (NULL: any); clears it. */
void assert_raised(PyObject *type, const char *message);

/* Fails unless repr(object) is `expected`. `object` is stolen, for the result
 * of a call; NULL fails with the pending exception printed. */
void assert_repr(PyObject *object, const char *expected);

/* Ends the test, which cannot be run here; script/test tells the reason. */
void leave_out(const char *reason);

/* Fails when a slot of a class table is NULL: each function pointer from the
 * byte offset `first` (offsetof the first method) up to `size` is looked at. */
void assert_no_empty_slot(const void *table, size_t first, size_t size);

#endif
