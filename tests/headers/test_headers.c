#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

#include "headers/headers.h"
#include "types.h"
#include "python/release.h"

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original(CASES)");
}

/* Headers over a new list from `source`. */
static Headers *
new_headers(const HeadersClass *cls, const char *source)
{
    PyObject *list = eval_python(source);
    Headers *headers = Headers_new(cls, list);

    Py_DECREF(list);
    assert_non_null(headers);
    return headers;
}

static void
test_keeps_the_very_list(void **state)
{
    PyObject *list = eval_python("[('a', '1'), ('b', '2'), ('A', '3')]");
    PyObject *name = eval_python("'a'");
    PyObject *value = eval_python("'4'");
    Headers *headers = Headers_new(&Headers_class, list);

    (void)state;
    assert_ptr_equal(headers->_headers, list);
    assert_int_equal(Headers_setitem(headers, name, value), 0);
    assert_repr(Py_NewRef(list), "[('b', '2'), ('a', '4')]");
    assert_int_equal(Headers_delitem(headers, name), 0);
    assert_repr(Py_NewRef(list), "[('b', '2')]");
    assert_ptr_equal(headers->_headers, list);
    assert_int_equal(Headers_len(headers), 1);
    assert_int_equal(Headers_contains(headers, name), 0);
    Py_DECREF(headers);
    assert_int_equal(Py_REFCNT(list), 1);
    Py_DECREF(value);
    Py_DECREF(name);
    Py_DECREF(list);
}

static void
test_headers_as_on_the_wire(void **state)
{
    Headers *headers =
        new_headers(&Headers_class, "[('Content-Type', 'text/plain')]");

    (void)state;
    assert_repr(Headers_str(headers),
                "'Content-Type: text/plain\\r\\n\\r\\n'");
    assert_repr(Headers_bytes(headers),
                "b'Content-Type: text/plain\\r\\n\\r\\n'");
    Py_DECREF(headers);
}

static void
test_no_list_is_a_new_one(void **state)
{
    Headers *one = Headers_new(&Headers_class, NULL);
    Headers *two = Headers_new(&Headers_class, NULL);

    (void)state;
    assert_repr(Headers_items(one), "[]");
    assert_ptr_not_equal(one->_headers, two->_headers);
    Py_DECREF(one);
    Py_DECREF(two);
}

static void
test_formatparam_is_the_original(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original(FORMATPARAM)");
}

static void
test_failures_show_the_frames_of_the_original(void **state)
{
    (void)state;
    assert_nothing_differs("differing(FAILING, frame_differences)");
}

/* A class whose methods note that they are called, in `calls`. */

static void
note(const char *method, PyObject *one, PyObject *two)
{
    PyObject *name = PyUnicode_FromString(method);

    set_python("one", one == NULL ? Py_None : one);
    set_python("two", two == NULL ? Py_None : two);
    set_python("method", name);
    Py_DECREF(name);
    run_python("calls.append((method, one, two))");
}

static int
note_setitem(Headers *self, PyObject *name, PyObject *val)
{
    note("__setitem__", name, val);
    return Headers_setitem(self, name, val);
}

static int
note_delitem(Headers *self, PyObject *name)
{
    note("__delitem__", name, NULL);
    return Headers_delitem(self, name);
}

static PyObject *
note_get(Headers *self, PyObject *name, PyObject *default_)
{
    note("get", name, default_);
    return Headers_get(self, name, default_);
}

static PyObject *
note_str(Headers *self)
{
    note("__str__", NULL, NULL);
    return Headers_str(self);
}

static PyObject *
note_convert_string_type(Headers *self, PyObject *value, int name)
{
    /* the original has the parameter `name` only where it needs it */
    if (release_asked(header_control_characters_refused)) {
        note("_convert_string_type", value, name ? Py_True : Py_False);
    }
    else {
        note("_convert_string_type", value, NULL);
    }
    return Headers__convert_string_type(self, value, name);
}

static HeadersClass Noting_class;

static void
test_methods_call_each_other_as_in_the_original(void **state)
{
    (void)state;
    Noting_class = Headers_class;
    Noting_class.setitem = note_setitem;
    Noting_class.delitem = note_delitem;
    Noting_class.get = note_get;
    Noting_class.str = note_str;
    Noting_class._convert_string_type = note_convert_string_type;
    assert_nothing_differs("differing(CALLING, call_differences)");
}

static void
test_references_are_kept_only_by_the_list(void **state)
{
    PyObject *list = eval_python("[('X-Name', ''.join(['va', 'lue']))]");
    PyObject *value = PyTuple_GET_ITEM(PyList_GET_ITEM(list, 0), 1);
    PyObject *name = eval_python("''.join(['Na', 'me'])");
    Headers *headers = Headers_new(&Headers_class, list);

    (void)state;
    assert_int_equal(Py_REFCNT(list), 2);
    assert_int_equal(Py_REFCNT(value), 1);
    for (int i = 0; i < 3; i++) {
        Py_DECREF(Headers_str(headers));
        Py_DECREF(Headers_bytes(headers));
        Py_DECREF(Headers_repr(headers));
        Py_DECREF(Headers_keys(headers));
        Py_DECREF(Headers_values(headers));
        Py_DECREF(Headers_items(headers));
        Py_DECREF(Headers_get(headers, name, value));
        Py_DECREF(Headers_getitem(headers, name));
        Py_DECREF(Headers_get_all(headers, name));
        Headers_contains(headers, name);
        assert_int_equal(Headers_setitem(headers, name, value), 0);
        assert_int_equal(Py_REFCNT(value), 2);
        Py_DECREF(Headers_setdefault(headers, name, value));
        assert_int_equal(Headers_delitem(headers, name), 0);
        Py_DECREF(Headers_setdefault(headers, name, value));
        assert_int_equal(Headers_delitem(headers, name), 0);
        assert_int_equal(Headers_add_header(headers, name, value, NULL), 0);
        assert_int_equal(Headers_delitem(headers, name), 0);
        Py_DECREF(Headers__convert_string_type(headers, value, 0));
        assert_null(Headers__convert_string_type(headers, list, 0));
        PyErr_Clear();
    }
    assert_int_equal(Py_REFCNT(list), 2);
    assert_int_equal(Py_REFCNT(value), 1);
    assert_int_equal(Py_REFCNT(name), 1);
    Py_DECREF(headers);
    assert_int_equal(Py_REFCNT(list), 1);
    Py_DECREF(name);
    Py_DECREF(list);
}

static void
test_failing_init_leaves_the_list_alone(void **state)
{
    PyObject *list = eval_python("[('a', b'b')]");

    (void)state;
    assert_null(Headers_new(&Headers_class, list));
    assert_raised(PyExc_AssertionError,
                  "Header names/values must be of type str (got b'b')");
    assert_int_equal(Py_REFCNT(list), 1);
    Py_DECREF(list);
}

static void
test_cycle_through_the_list_is_collected(void **state)
{
    PyObject *list = eval_python("[]");
    Headers *headers = Headers_new(&Headers_class, list);
    PyObject *gone;

    (void)state;
    run_python("watched = Watched()");
    run_python("is_gone = collected(watched)");
    gone = eval_python("watched");
    assert_int_equal(PyList_Append(list, gone), 0);
    assert_int_equal(PyList_Append(list, (PyObject *)headers), 0);
    Py_DECREF(gone);
    Py_DECREF(headers);
    Py_DECREF(list);
    run_python("del watched");
    assert_repr(eval_python("is_gone()"), "True");
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&Headers_class, offsetof(HeadersClass, init),
                         sizeof(HeadersClass));
}

static void
test_python_makes_no_instance(void **state)
{
    (void)state;
    assert_repr(eval_python("ours.Headers.__name__"), "'Headers'");
    assert_null(PyObject_CallNoArgs((PyObject *)&Headers_type));
    assert_raised(PyExc_TypeError,
                  "cannot create 'cwsgiref.headers.Headers' instances");
}

/* The classes as Python's expressions see them. */

static PyObject *
call_new(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = { "headers", NULL };
    PyObject *headers = NULL;

    (void)module;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O", names, &headers)) {
        return NULL;
    }
    return (PyObject *)Headers_new(&Headers_class, headers);
}

static PyObject *
call_new_noting(PyObject *module, PyObject *args)
{
    PyObject *headers = NULL;

    (void)module;
    if (!PyArg_ParseTuple(args, "|O", &headers)) {
        return NULL;
    }
    return (PyObject *)Headers_new(&Noting_class, headers);
}

static PyObject *
call_formatparam(PyObject *module, PyObject *args)
{
    PyObject *param, *value = NULL;
    int quote = 1;

    (void)module;
    if (!PyArg_ParseTuple(args, "O|Oi", &param, &value, &quote)) {
        return NULL;
    }
    return formatparam(param, value, quote);
}

static PyMethodDef definitions[] = {
    { "new", (PyCFunction)(void (*)(void))call_new,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { "new_noting", call_new_noting, METH_VARARGS, NULL },
    { "formatparam", call_formatparam, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static int
setup(void **state)
{
    PyObject *ours;

    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    ours = give_module("ours", definitions);
    assert_int_equal(PyModule_AddType(ours, &Headers_type), 0);
    run_python_file("headers/test_headers.py");
    return 0;
}

/* CPython's HeaderTests, by their names. */

static void
HeaderTests_testMappingInterface(void **state)
{
    (void)state;
    assert_repr(eval_python("list(mapping_interface())"),
                "[(0, 0), (1, ['x'], ['y'], [('x', 'y')]), (False, True), "
                "[True, True, True, False], [True, True, True, False], "
                "[True, True, True, False], [True, True, True, False], "
                "'bar', ('baz', ['baz']), ('baz', 'whee'), ('baz', 'whee'), "
                "('baz', 'whee')]");
}

static void
HeaderTests_testRequireList(void **state)
{
    PyObject *text = eval_python("'foo'");

    (void)state;
    assert_null(Headers_new(&Headers_class, text));
    assert_raised(PyExc_TypeError,
                  "Headers must be a list of name/value tuples");
    Py_DECREF(text);
}

static void
HeaderTests_testExtras(void **state)
{
    (void)state;
    run_python("h = Ours()");
    assert_repr(eval_python("str(h)"), "'\\r\\n'");
    run_python("h.add_header('foo', 'bar', baz='spam')");
    assert_repr(eval_python("h['foo']"), "'bar; baz=\"spam\"'");
    assert_repr(eval_python("str(h)"), "'foo: bar; baz=\"spam\"\\r\\n\\r\\n'");
    run_python("h.add_header('Foo', 'bar', cheese=None)");
    assert_repr(eval_python("h.get_all('foo')"),
                "['bar; baz=\"spam\"', 'bar; cheese']");
    assert_repr(eval_python("str(h)"),
                "'foo: bar; baz=\"spam\"\\r\\nFoo: bar; cheese\\r\\n\\r\\n'");
    run_python("del h");
}

static void
HeaderTests_testRaisesControlCharacters(void **state)
{
    (void)state;
    if (!release_asked(header_control_characters_refused)) {
        leave_out("this release of Python permits them");
    }
    assert_nothing_differs("differing(CONTROL_CHARACTERS, permits)");
}

/* python -O: the checks of __init__ are left out, those of the other methods
 * are not. */
static void
test_without_debug_init_looks_at_nothing(void **state)
{
    (void)state;
    assert_repr(eval_python("__debug__"), "False");
    test_does_what_the_original_does(state);
    assert_repr(eval_python("Ours([('a\\n', b'b'), 7])"),
                "Headers([('a\\n', b'b'), 7])");
    assert_nothing_differs("differing(LINE_BREAK, frame_differences)");
    test_methods_call_each_other_as_in_the_original(state);
}

/* In a process of its own, because Python starts once in each. */
static int
run_without_debug(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_without_debug_init_looks_at_nothing),
    };
    pid_t child = fork();
    int status;

    if (child == 0) {
        setenv("PYTHONOPTIMIZE", "1", 1);
        exit(cmocka_run_group_tests(tests, setup, stop_python));
    }
    return waitpid(child, &status, 0) == child ? status : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_keeps_the_very_list),
        python_test(test_headers_as_on_the_wire),
        python_test(test_no_list_is_a_new_one),
        python_test(test_formatparam_is_the_original),
        python_test(test_failures_show_the_frames_of_the_original),
        python_test(test_methods_call_each_other_as_in_the_original),
        python_test(test_references_are_kept_only_by_the_list),
        python_test(test_failing_init_leaves_the_list_alone),
        python_test(test_cycle_through_the_list_is_collected),
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_python_makes_no_instance),
        python_test(HeaderTests_testMappingInterface),
        python_test(HeaderTests_testRequireList),
        python_test(HeaderTests_testExtras),
        python_test(HeaderTests_testRaisesControlCharacters),
    };
    int failed = run_without_debug() != 0;

    return cmocka_run_group_tests(tests, setup, stop_python) + failed;
}
