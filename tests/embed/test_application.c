#include "support.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "program/application.h"
#include "program/interpreter.h"
#include "python/errors.h"

/* sys.path is what it was: 0 or -1. */
static int
restore_path(void **state)
{
    run_python("sys.path[:] = path");
    return no_exception_left(state);
}
#define path_test(function) \
    cmocka_unit_test_setup_teardown(function, NULL, restore_path)

/* Fails unless `name` names the object that the expression gives. */
static void
assert_finds(const char *name, const char *expression)
{
    PyObject *found = find_application(name);
    PyObject *expected;

    if (found == NULL) {
        PyErr_Clear();
        fail_msg("%s is not found", name);
    }
    expected = eval_python(expression);
    assert_ptr_equal(found, expected);
    Py_DECREF(expected);
    Py_DECREF(found);
}

/* Fails unless `name` is refused with SystemExit(message); leaves the
 * exception, and its context's traceback, in Python's `caught` and
 * `frames`. */
static void
assert_refused(const char *name, const char *message)
{
    PyObject *found = find_application(name);
    Handled handled;

    assert_null(found);
    assert_true(PyErr_ExceptionMatches(PyExc_SystemExit));
    handled = except_enter();
    set_python("caught", handled.raised);
    except_leave(handled);
    run_python("context, frames = caught.__context__, frames_of(caught)");
    if (message != NULL) {
        PyObject *text = eval_python("str(caught)");

        assert_string_equal(PyUnicode_AsUTF8(text), message);
        Py_DECREF(text);
    }
}

static void
assert_says(const char *expression, const char *expected)
{
    assert_repr(eval_python(expression), expected);
}

static void
test_a_dotted_module_and_its_attribute(void **state)
{
    (void)state;
    assert_finds("hello:other", "sys.modules['hello'].other");
    assert_finds("package.module:app", "sys.modules['package.module'].app");
    assert_finds("namespace.inner:app", "sys.modules['namespace.inner'].app");
    assert_finds("hello:instance", "sys.modules['hello'].instance");
    assert_finds("hello:Callable", "sys.modules['hello'].Callable");
}

static void
test_application_comes_before_app(void **state)
{
    (void)state;
    assert_finds("both", "sys.modules['both'].application");
    assert_finds("hello", "sys.modules['hello'].app");
}

static void
test_an_attribute_of_an_attribute(void **state)
{
    (void)state;
    assert_finds("hello:Class.wsgi", "sys.modules['hello'].other");
}

static void
test_a_factory_is_called(void **state)
{
    (void)state;
    assert_finds("hello:create_app()", "sys.modules['hello'].other");
    assert_refused("hello:build()", NULL);
    assert_says("str(caught)",
                "'hello:build() failed with the TypeError above'");
    assert_says("str(context)", "\"build() missing 1 required positional "
                                "argument: 'name'\"");
}

static void
test_a_file_becomes_the_module_of_its_stem(void **state)
{
    (void)state;
    assert_finds("sub/in.sub.py", "sys.modules['in.sub'].app");
    assert_says("sys.modules['in.sub'].__file__ == here + '/sub/in.sub.py'",
                "True");
    assert_says("sys.modules['in.sub'].__name__", "'in.sub'");
}

static void
test_the_directory_of_a_file_is_first_in_the_path(void **state)
{
    char name[1000];
    PyObject *file = eval_python("here + '/sub/beside.py:app'");

    (void)state;
    PyOS_snprintf(name, sizeof(name), "%s", PyUnicode_AsUTF8(file));
    Py_DECREF(file);
    run_python("sys.modules.pop('beside', None)");
    assert_finds(name, "sys.modules['beside'].app");
    assert_says("sys.path == [here + '/sub'] + path", "True");
}

static void
test_a_link_to_a_file_leads_to_the_directory_of_the_file(void **state)
{
    (void)state;
    run_python("sys.modules.pop('beside', None)");
    assert_finds("link.py:app", "sys.modules['link'].app");
    assert_says("sys.path == [here + '/sub'] + path", "True");
}

static void
test_a_path_may_hold_colons(void **state)
{
    (void)state;
    assert_finds("sub/a:b/colon.py", "sys.modules['colon'].app");
    run_python("del sys.modules['colon']");
    assert_finds("sub/a:b/colon.py:app", "sys.modules['colon'].app");
}

static void
test_a_module_that_is_not_there(void **state)
{
    char expected[2000];
    PyObject *path = eval_python("', '.join(sys.path)");

    (void)state;
    PyOS_snprintf(expected, sizeof(expected),
                  "there is no module 'helo' in %s (--chdir and PYTHONPATH "
                  "say where to look)",
                  PyUnicode_AsUTF8(path));
    assert_refused("helo:app", expected);
    assert_says("context", "None");
    PyOS_snprintf(expected, sizeof(expected),
                  "there is no module 'hello.other' in %s; did you mean "
                  "hello:other? (--chdir and PYTHONPATH say where to look)",
                  PyUnicode_AsUTF8(path));
    assert_refused("hello.other", expected);
    PyOS_snprintf(expected, sizeof(expected),
                  "there is no module 'plain' in %s; the file plain can be "
                  "loaded if its name ends in .py (--chdir and PYTHONPATH "
                  "say where to look)",
                  PyUnicode_AsUTF8(path));
    assert_refused("plain", expected);
    Py_DECREF(path);
    assert_refused("package.nope:app", NULL);
    assert_says("str(caught).startswith(\"there is no module 'package.nope' "
                "in /\")",
                "True");
}

static void
test_a_path_that_cannot_be_loaded(void **state)
{
    char too_long[PATH_MAX + 1] = { 0 };

    (void)state;
    assert_refused(
        "nope.py:app",
        "the file nope.py cannot be loaded: No such file or directory (paths "
        "are relative to the current directory, or to that of --chdir)");
    assert_refused("sub/file.py",
                   "sub/file.py is a directory: name a .py file in it");
    assert_refused("sub/", "sub/ is a directory: name a .py file in it, or "
                           "give the directory to --chdir and name a module");
    assert_refused("sub/beside",
                   "sub/beside is a path, and a path must end in .py");
    assert_refused(
        ":app",
        "':app' names no module: write the application as MODULE:CALLABLE");
    memset(too_long, 'a', sizeof(too_long) - 1);
    assert_refused(too_long, NULL);
    assert_says("str(caught).endswith(\"a' names no module: write the \"\n"
                "'application as MODULE:CALLABLE')",
                "True");
    assert_refused("sub/os.py",
                   "sub/os.py has the same name as the module 'os', which "
                   "Python itself uses: rename the file");
    assert_says("sys.path == path and sys.modules['os'] is os", "True");
}

static void
test_an_import_that_raises_keeps_its_traceback(void **state)
{
    (void)state;
    assert_refused("raises", "raises failed with the ZeroDivisionError above");
    assert_says("type(context)", "<class 'ZeroDivisionError'>");
    assert_says("frames", "['<module>', 'f']");
    assert_refused("sub/raises.py",
                   "sub/raises.py failed with the ZeroDivisionError above");
    assert_says("frames", "['<module>', 'f']");
    assert_says("'raises' in sys.modules", "False");
}

static void
test_a_module_that_needs_one_that_is_missing(void **state)
{
    char expected[400];
    PyObject *python = eval_python("sys.executable");

    (void)state;
    PyOS_snprintf(expected, sizeof(expected),
                  "needs needs the module 'not_there', which is missing: "
                  "install it for %s, or activate the virtual environment "
                  "that has it",
                  PyUnicode_AsUTF8(python));
    Py_DECREF(python);
    assert_refused("needs", expected);
    assert_says("frames", "['<module>']");
    assert_refused("package.needs", NULL);
    assert_says("frames", "['<module>']");
}

static void
test_a_syntax_error_shows_no_frames_of_the_import_system(void **state)
{
    (void)state;
    assert_refused("syntax", "syntax failed with the SyntaxError above");
    assert_says("frames", "[]");
    assert_refused("syntax.py", "syntax.py failed with the SyntaxError above");
    assert_says("frames", "[]");
}

static void
test_a_module_that_exits(void **state)
{
    (void)state;
    assert_refused("exits", "exits ended the program: set SECRET first");
    assert_says("context", "None");
    assert_refused("exits3.py",
                   "exits3.py ended the program with sys.exit(3)");
}

static void
test_a_keyboard_interrupt_passes_through(void **state)
{
    (void)state;
    assert_null(find_application("interrupted"));
    assert_raised(PyExc_KeyboardInterrupt, NULL);
    assert_null(find_application("interrupted.py"));
    assert_raised(PyExc_KeyboardInterrupt, NULL);
}

static void
test_an_attribute_that_is_not_there(void **state)
{
    (void)state;
    assert_refused("hello:ap",
                   "hello has no attribute 'ap'; its callables are app, "
                   "other, instance, asgi, create_app(), build, lazy(), "
                   "fails(), Class, Broken");
    assert_refused("hello:Class.nope",
                   "hello:Class.nope does not exist: the object before 'nope' "
                   "is of type type and has no such attribute");
    assert_refused("neither:app",
                   "neither has no attribute 'app'; its callables are web, "
                   "main()");
}

static void
test_neither_application_nor_app(void **state)
{
    (void)state;
    assert_refused(
        "neither",
        "neither has neither 'application' nor 'app' (put another name after "
        "a colon, as in neither:name); its callables are web, main()");
    assert_refused(
        "bare.py",
        "bare.py has neither 'application' nor 'app' (put another name after "
        "a colon, as in bare.py:name); it has no callables");
    assert_refused(
        "numbered.py",
        "numbered.py has neither 'application' nor 'app' (put another name "
        "after a colon, as in numbered.py:name); name its callable");
    assert_refused("package",
                   "package has neither 'application' nor 'app' (put another "
                   "name after a colon, as in package:name); it is a package "
                   "without callables: name a module in it");
}

static void
test_an_attribute_that_raises(void **state)
{
    (void)state;
    assert_refused("hello:broken.app",
                   "hello:broken.app failed with the ValueError above");
    assert_says("str(context)", "'broken property'");
}

static void
test_what_is_not_callable(void **state)
{
    (void)state;
    assert_refused("hello:number",
                   "hello:number is of type int and not callable: an "
                   "application is called with (environ, start_response)");
    assert_refused("hello:lazy()",
                   "hello:lazy() is of type NoneType and not callable: an "
                   "application is called with (environ, start_response)");
    assert_refused(
        "hello:number()",
        "hello:number(): a factory must be a plain function, but this is int");
    assert_refused("hello:coroutine()",
                   "hello:coroutine(): a factory must be a plain function, "
                   "but this is a coroutine function");
}

static void
test_a_factory_that_is_not_called(void **state)
{
    (void)state;
    assert_refused("hello:create_app",
                   "hello:create_app is a function that needs no arguments: "
                   "if it returns the application, write hello:create_app()");
}

static void
test_a_factory_that_raises(void **state)
{
    (void)state;
    assert_refused("hello:fails()",
                   "hello:fails() failed with the ValueError above");
    assert_says("frames", "['fails']");
}

static void
test_a_factory_with_arguments(void **state)
{
    static const char *const names[] = { "build('x')", "build(", "build()x",
                                         "()", "" };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        char name[50];
        char expected[300];

        PyOS_snprintf(name, sizeof(name), "hello:%s", names[i]);
        PyOS_snprintf(expected, sizeof(expected),
                      "%s: write a name after the colon, as in hello:app, or "
                      "a factory without arguments, as in hello:create_app()",
                      name);
        assert_refused(name, expected);
    }
}

static void
test_asgi_applications(void **state)
{
    static const char *const names[] = { "hello:asgi", "hello:coroutine",
                                         "hello:method" };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        char expected[300];

        PyOS_snprintf(
            expected, sizeof(expected),
            "%s is an ASGI application, but this is a WSGI server: wrap it, "
            "as in `application = a2wsgi.ASGIMiddleware(app)` (pip install "
            "a2wsgi), or use an ASGI server",
            names[i]);
        assert_refused(names[i], expected);
    }
}

static void
test_no_reference_is_lost(void **state)
{
    PyObject *module, *other;
    Py_ssize_t modules, others;

    (void)state;
    module = PyImport_ImportModule("hello");
    other = PyObject_GetAttrString(module, "other");
    modules = Py_REFCNT(module);
    others = Py_REFCNT(other);
    assert_finds("hello:create_app()", "sys.modules['hello'].other");
    assert_finds("hello:Class.wsgi", "sys.modules['hello'].other");
    assert_refused("hello:other.nope", NULL);
    assert_refused("hello:ap", NULL);
    assert_refused("hello:fails()", NULL);
    run_python("del caught, context, frames");
    assert_int_equal(Py_REFCNT(module), modules);
    assert_int_equal(Py_REFCNT(other), others);
    Py_DECREF(other);
    Py_DECREF(module);
}

static int
setup(void **state)
{
    PyObject *here;

    (void)state;
    if (start_python() < 0) {
        return -1;
    }
    run_python_file("embed/test_application.py");
    here = eval_python("here");
    if (import_first_from(PyUnicode_AsUTF8(here)) < 0) {
        return -1;
    }
    Py_DECREF(here);
    run_python("path = sys.path[:]");
    return 0;
}

static int
teardown(void **state)
{
    run_python("remove_modules()");
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        path_test(test_a_dotted_module_and_its_attribute),
        path_test(test_application_comes_before_app),
        path_test(test_an_attribute_of_an_attribute),
        path_test(test_a_factory_is_called),
        path_test(test_a_file_becomes_the_module_of_its_stem),
        path_test(test_the_directory_of_a_file_is_first_in_the_path),
        path_test(test_a_link_to_a_file_leads_to_the_directory_of_the_file),
        path_test(test_a_path_may_hold_colons),
        path_test(test_a_module_that_is_not_there),
        path_test(test_a_path_that_cannot_be_loaded),
        path_test(test_an_import_that_raises_keeps_its_traceback),
        path_test(test_a_module_that_needs_one_that_is_missing),
        path_test(test_a_syntax_error_shows_no_frames_of_the_import_system),
        path_test(test_a_module_that_exits),
        path_test(test_a_keyboard_interrupt_passes_through),
        path_test(test_an_attribute_that_is_not_there),
        path_test(test_neither_application_nor_app),
        path_test(test_an_attribute_that_raises),
        path_test(test_what_is_not_callable),
        path_test(test_a_factory_that_is_not_called),
        path_test(test_a_factory_that_raises),
        path_test(test_a_factory_with_arguments),
        path_test(test_asgi_applications),
        path_test(test_no_reference_is_lost),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
