#include "support.h"

#include "util/util.h"

/* What guess_scheme does for an environ, "'http'" or the like; the original
 * must do the same. */
static void
assert_scheme(const char *environ_source, const char *expected)
{
    PyObject *env = eval_python(environ_source);

    set_python("environ", env);
    assert_repr(eval_python("wsgiref.util.guess_scheme(environ)"), expected);
    assert_repr(guess_scheme(env), expected);
    Py_DECREF(env);
}

static void
test_scheme_is_https_where_HTTPS_is_on(void **state)
{
    (void)state;
    assert_scheme("{'HTTPS': 'on'}", "'https'");
    assert_scheme("{'HTTPS': 'yes'}", "'https'");
    assert_scheme("{'HTTPS': '1'}", "'https'");
    assert_scheme("{'HTTPS': type('S', (str,), {})('on')}", "'https'");
}

static void
test_scheme_is_http_otherwise(void **state)
{
    (void)state;
    assert_scheme("{}", "'http'");
    assert_scheme("{'HTTPS': ''}", "'http'");
    assert_scheme("{'HTTPS': 'off'}", "'http'");
    assert_scheme("{'HTTPS': 'On'}", "'http'");
    assert_scheme("{'HTTPS': 'yes '}", "'http'");
    assert_scheme("{'HTTPS': '10'}", "'http'");
    assert_scheme("{'HTTPS': 1}", "'http'");
    assert_scheme("{'HTTPS': None}", "'http'");
    assert_scheme("{'https': 'on'}", "'http'");
}

static void
test_scheme_passes_on_what_the_environ_raises(void **state)
{
    PyObject *env;

    (void)state;
    run_python("class Broken(dict):\n"
               "    def get(self, name): raise KeyError(name)\n");
    env = eval_python("Broken()");
    assert_null(guess_scheme(env));
    assert_raised(PyExc_KeyError, "'HTTPS'");
    Py_DECREF(env);
    assert_null(guess_scheme(Py_None));
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'get'");
    env = eval_python("{'HTTPS': type('E', (), {'__eq__': "
                      "lambda *args: 1 / 0})()}");
    assert_null(guess_scheme(env));
    assert_raised(PyExc_ZeroDivisionError, NULL);
    Py_DECREF(env);
}

static void
test_hop_by_hop_is_what_the_original_says(void **state)
{
    PyObject *names, *expected;

    (void)state;
    run_python(
        "hop_by_hop = ['Connection', 'Keep-Alive', 'Proxy-Authenticate',\n"
        "    'Proxy-Authorization', 'TE', 'Trailers', 'Transfer-Encoding',\n"
        "    'Upgrade']\n"
        "names = hop_by_hop + [n.upper() for n in hop_by_hop]\n"
        "names += [n.lower() for n in hop_by_hop]\n"
        "names += [n + 's' for n in hop_by_hop]\n"
        "names += [n[:-1] for n in hop_by_hop]\n"
        "names += ['Trailer', 'Accept', 'Set-Cookie', 'Date', '', 'T', 'e']\n"
        "names += ['Kon', '\\u212aeep-Alive', 'connect\\u0130on', '\\xe9']\n"
        "names += ['te\\0', 'te ', type('S', (str,), {})('TE')]\n"
        "expected = [wsgiref.util.is_hop_by_hop(n) for n in names]\n");
    assert_repr(eval_python("sum(expected)"), "26");
    names = eval_python("names");
    expected = eval_python("expected");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        assert_int_equal(is_hop_by_hop(PyList_GET_ITEM(names, i)),
                         PyList_GET_ITEM(expected, i) == Py_True);
    }
    Py_DECREF(expected);
    Py_DECREF(names);
}

static void
test_hop_by_hop_asks_any_object_for_its_lower_case(void **state)
{
    PyObject *name;

    (void)state;
    assert_int_equal(is_hop_by_hop(Py_None), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'lower'");
    name = eval_python("b'TE'");
    assert_int_equal(is_hop_by_hop(name), 0);
    Py_DECREF(name);
    name = eval_python("type('N', (), {'lower': lambda self: 'te'})()");
    assert_int_equal(is_hop_by_hop(name), 1);
    Py_DECREF(name);
    name = eval_python("type('N', (), {'lower': lambda self: []})()");
    assert_int_equal(is_hop_by_hop(name), -1);
    assert_raised(PyExc_TypeError, "unhashable type: 'list'");
    Py_DECREF(name);
}

static void
test_no_references_are_kept(void **state)
{
    PyObject *env = eval_python("{'HTTPS': 'o' + 'n'}");
    PyObject *https = PyDict_GetItemString(env, "HTTPS");
    Py_ssize_t before = Py_REFCNT(https);
    PyObject *name = eval_python("'\\u212aeep-alive'.upper()");
    Py_ssize_t name_before = Py_REFCNT(name);

    (void)state;
    for (int i = 0; i < 10; i++) {
        Py_XDECREF(guess_scheme(env));
        assert_int_equal(is_hop_by_hop(name), 1);
    }
    assert_int_equal(Py_REFCNT(https), before);
    assert_int_equal(Py_REFCNT(env), 1);
    assert_int_equal(Py_REFCNT(name), name_before);
    Py_DECREF(name);
    Py_DECREF(env);
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0) {
        return -1;
    }
    run_python("import wsgiref.util");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_scheme_is_https_where_HTTPS_is_on),
        python_test(test_scheme_is_http_otherwise),
        python_test(test_scheme_passes_on_what_the_environ_raises),
        python_test(test_hop_by_hop_is_what_the_original_says),
        python_test(test_hop_by_hop_asks_any_object_for_its_lower_case),
        python_test(test_no_references_are_kept),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
