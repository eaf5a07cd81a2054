#include "support.h"

#include "util/util.h"

/* The functions, as Python calls them. */

static PyObject *
call_guess_scheme(PyObject *module, PyObject *env)
{
    (void)module;
    return guess_scheme(env);
}

static PyObject *
call_application_uri(PyObject *module, PyObject *env)
{
    (void)module;
    return application_uri(env);
}

static PyObject *
call_request_uri(PyObject *module, PyObject *args)
{
    PyObject *env;
    int include_query = 1;

    (void)module;
    if (!PyArg_ParseTuple(args, "O|p", &env, &include_query)) {
        return NULL;
    }
    return request_uri(env, include_query);
}

static PyObject *
call_shift_path_info(PyObject *module, PyObject *env)
{
    (void)module;
    return shift_path_info(env);
}

static PyObject *
call_setup_testing_defaults(PyObject *module, PyObject *env)
{
    (void)module;
    if (setup_testing_defaults(env) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_is_hop_by_hop(PyObject *module, PyObject *name)
{
    int result = is_hop_by_hop(name);

    (void)module;
    return result < 0 ? NULL : PyBool_FromLong(result);
}

static PyMethodDef functions[] = {
    { "guess_scheme", call_guess_scheme, METH_O, NULL },
    { "application_uri", call_application_uri, METH_O, NULL },
    { "request_uri", call_request_uri, METH_VARARGS, NULL },
    { "shift_path_info", call_shift_path_info, METH_O, NULL },
    { "setup_testing_defaults", call_setup_testing_defaults, METH_O, NULL },
    { "is_hop_by_hop", call_is_hop_by_hop, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

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
    assert_scheme("{'HTTPS': S('on')}", "'https'");
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
    env = eval_python("Broken()");
    assert_null(guess_scheme(env));
    assert_raised(PyExc_KeyError, "'HTTPS'");
    Py_DECREF(env);
    assert_null(guess_scheme(Py_None));
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'get'");
    env = eval_python("{'HTTPS': Unequal()}");
    assert_null(guess_scheme(env));
    assert_raised(PyExc_ZeroDivisionError, NULL);
    Py_DECREF(env);
}

static void
test_hop_by_hop_is_what_the_original_says(void **state)
{
    (void)state;
    assert_repr(eval_python("hop_by_hop_names()"), "26");
    assert_nothing_differs("differing(NAMES, name_differences)");
}

/* hoppish has every name of Python's _hoppish. */
static void
test_every_name_of_python_is_hop_by_hop(void **state)
{
    (void)state;
    assert_repr(eval_python("len(hoppish_names())"), "8");
    assert_repr(eval_python("[name for name in forms(hoppish_names())"
                            " if not ours.is_hop_by_hop(name)]"),
                "[]");
}

static void
test_hop_by_hop_asks_any_object_for_its_lower_case(void **state)
{
    PyObject *name, *message;

    (void)state;
    assert_int_equal(is_hop_by_hop(Py_None), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'lower'");
    name = eval_python("b'TE'");
    assert_int_equal(is_hop_by_hop(name), 0);
    Py_DECREF(name);
    name = eval_python("Lower('te')");
    assert_int_equal(is_hop_by_hop(name), 1);
    Py_DECREF(name);
    name = eval_python("Lower([])");
    message = eval_python("message_of_a_list()");
    assert_int_equal(is_hop_by_hop(name), -1);
    assert_raised(PyExc_TypeError, PyUnicode_AsUTF8(message));
    Py_DECREF(message);
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
        assert_int_equal(setup_testing_defaults(env), 0);
        Py_XDECREF(application_uri(env));
        Py_XDECREF(request_uri(env, true));
        Py_XDECREF(shift_path_info(env));
    }
    assert_int_equal(Py_REFCNT(https), before);
    assert_int_equal(Py_REFCNT(env), 1);
    assert_int_equal(Py_REFCNT(name), name_before);
    Py_DECREF(name);
    Py_DECREF(env);
}

static void
test_each_function_does_what_the_original_does(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(ENVIRONS)");
}

static void
test_each_character_is_quoted_as_by_the_original(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python(CHARACTERS)");
    assert_nothing_differs("differing(EACH_CHARACTER, call_differences)");
}

static void
test_random_environs_give_what_they_give_the_original(void **state)
{
    (void)state;
    assert_nothing_differs("random_not_as_in_python(5000)");
    assert_repr(eval_python("min(counts.values()) > 3000"), "True");
}

/* CPython's UtilityTests, by their names. */

/* The environ of keyword arguments, with the defaults: a new reference. */
static PyObject *
environ_of(const char *keywords)
{
    char source[300];
    PyObject *env;

    PyOS_snprintf(source, sizeof(source), "dict(%s)", keywords);
    env = eval_python(source);
    assert_int_equal(setup_testing_defaults(env), 0);
    return env;
}

/* `part` NULL is None. */
static void
check_shift(const char *sn_in, const char *pi_in, const char *part,
            const char *sn_out, const char *pi_out)
{
    char keywords[200];
    PyObject *env, *shifted;

    PyOS_snprintf(keywords, sizeof(keywords),
                  "SCRIPT_NAME='%s', PATH_INFO='%s'", sn_in, pi_in);
    env = environ_of(keywords);
    shifted = shift_path_info(env);
    assert_non_null(shifted);
    if (part == NULL) {
        assert_ptr_equal(shifted, Py_None);
    }
    else {
        assert_string_equal(PyUnicode_AsUTF8(shifted), part);
    }
    assert_string_equal(
        PyUnicode_AsUTF8(PyDict_GetItemString(env, "SCRIPT_NAME")), sn_out);
    assert_string_equal(
        PyUnicode_AsUTF8(PyDict_GetItemString(env, "PATH_INFO")), pi_out);
    Py_DECREF(shifted);
    Py_DECREF(env);
}

static void
UtilityTests_testSimpleShifts(void **state)
{
    (void)state;
    check_shift("", "/", "", "/", "");
    check_shift("", "/x", "x", "/x", "");
    check_shift("/", "", NULL, "/", "");
    check_shift("/a", "/x/y", "x", "/a/x", "/y");
    check_shift("/a", "/x/", "x", "/a/x", "/");
}

static void
UtilityTests_testNormalizedShifts(void **state)
{
    (void)state;
    check_shift("/a/b", "/../y", "..", "/a", "/y");
    check_shift("", "/../y", "..", "", "/y");
    check_shift("/a/b", "//y", "y", "/a/b/y", "");
    check_shift("/a/b", "//y/", "y", "/a/b/y", "/");
    check_shift("/a/b", "/./y", "y", "/a/b/y", "");
    check_shift("/a/b", "/./y/", "y", "/a/b/y", "/");
    check_shift("/a/b", "///./..//y/.//", "..", "/a", "/y/");
    check_shift("/a/b", "///", "", "/a/b/", "");
    check_shift("/a/b", "/.//", "", "/a/b/", "");
    check_shift("/a/b", "/x//", "x", "/a/b/x", "/");
    check_shift("/a/b", "/.", NULL, "/a/b", "");
}

static void
UtilityTests_testDefaults(void **state)
{
    static const struct {
        const char *key;
        const char *value; /* NULL: a stream */
    } defaults[] = {
        { "SERVER_NAME", "'127.0.0.1'" },
        { "SERVER_PORT", "'80'" },
        { "SERVER_PROTOCOL", "'HTTP/1.0'" },
        { "HTTP_HOST", "'127.0.0.1'" },
        { "REQUEST_METHOD", "'GET'" },
        { "SCRIPT_NAME", "''" },
        { "PATH_INFO", "'/'" },
        { "wsgi.version", "(1, 0)" },
        { "wsgi.run_once", "0" },
        { "wsgi.multithread", "0" },
        { "wsgi.multiprocess", "0" },
        { "wsgi.input", NULL },
        { "wsgi.errors", NULL },
        { "wsgi.url_scheme", "'http'" },
    };
    PyObject *env = environ_of("");

    (void)state;
    set_python("env", env);
    assert_repr(eval_python("len(env)"), "14");
    assert_repr(eval_python("type(env['wsgi.input'])"),
                "<class '_io.BytesIO'>");
    assert_repr(eval_python("type(env['wsgi.errors'])"),
                "<class '_io.StringIO'>");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(defaults); i++) {
        PyObject *own = PyDict_New();

        if (defaults[i].value != NULL) {
            assert_repr(Py_XNewRef(PyDict_GetItemString(env, defaults[i].key)),
                        defaults[i].value);
        }
        /* what is there stays, though it be None */
        PyDict_SetItemString(own, defaults[i].key, Py_None);
        assert_int_equal(setup_testing_defaults(own), 0);
        assert_ptr_equal(PyDict_GetItemString(own, defaults[i].key), Py_None);
        Py_DECREF(own);
    }
    run_python("del env");
    Py_DECREF(env);
}

static void
check_cross_default(const char *key, const char *value, const char *keywords)
{
    PyObject *env = environ_of(keywords);

    assert_string_equal(PyUnicode_AsUTF8(PyDict_GetItemString(env, key)),
                        value);
    Py_DECREF(env);
}

static void
UtilityTests_testCrossDefaults(void **state)
{
    (void)state;
    check_cross_default("HTTP_HOST", "foo.bar", "SERVER_NAME='foo.bar'");
    check_cross_default("wsgi.url_scheme", "https", "HTTPS='on'");
    check_cross_default("wsgi.url_scheme", "https", "HTTPS='1'");
    check_cross_default("wsgi.url_scheme", "https", "HTTPS='yes'");
    check_cross_default("wsgi.url_scheme", "http", "HTTPS='foo'");
    check_cross_default("SERVER_PORT", "80", "HTTPS='foo'");
    check_cross_default("SERVER_PORT", "443", "HTTPS='on'");
}

static void
UtilityTests_testGuessScheme(void **state)
{
    (void)state;
    assert_scheme("{}", "'http'");
    assert_scheme("{'HTTPS': 'foo'}", "'http'");
    assert_scheme("{'HTTPS': 'on'}", "'https'");
    assert_scheme("{'HTTPS': 'yes'}", "'https'");
    assert_scheme("{'HTTPS': '1'}", "'https'");
}

static void
check_application_uri(const char *uri, const char *keywords)
{
    PyObject *env = environ_of(keywords);
    PyObject *found = application_uri(env);

    assert_non_null(found);
    assert_string_equal(PyUnicode_AsUTF8(found), uri);
    Py_DECREF(found);
    Py_DECREF(env);
}

static void
UtilityTests_testAppURIs(void **state)
{
    (void)state;
    check_application_uri("http://127.0.0.1/", "");
    check_application_uri("http://127.0.0.1/spam", "SCRIPT_NAME='/spam'");
    check_application_uri("http://127.0.0.1/sp%E4m",
                          "SCRIPT_NAME='/sp\\xe4m'");
    check_application_uri("http://spam.example.com:2071/",
                          "HTTP_HOST='spam.example.com:2071', "
                          "SERVER_PORT='2071'");
    check_application_uri("http://spam.example.com/",
                          "SERVER_NAME='spam.example.com'");
    check_application_uri("http://127.0.0.1/",
                          "HTTP_HOST='127.0.0.1', "
                          "SERVER_NAME='spam.example.com'");
    check_application_uri("https://127.0.0.1/", "HTTPS='on'");
    check_application_uri("http://127.0.0.1:8000/",
                          "SERVER_PORT='8000', HTTP_HOST=None");
}

static void
check_request_uri(const char *uri, bool query, const char *keywords)
{
    PyObject *env = environ_of(keywords);
    PyObject *found = request_uri(env, query);

    assert_non_null(found);
    assert_string_equal(PyUnicode_AsUTF8(found), uri);
    Py_DECREF(found);
    Py_DECREF(env);
}

static void
UtilityTests_testReqURIs(void **state)
{
    (void)state;
    check_request_uri("http://127.0.0.1/", true, "");
    check_request_uri("http://127.0.0.1/spam", true, "SCRIPT_NAME='/spam'");
    check_request_uri("http://127.0.0.1/sp%E4m", true,
                      "SCRIPT_NAME='/sp\\xe4m'");
    check_request_uri("http://127.0.0.1/spammity/spam", true,
                      "SCRIPT_NAME='/spammity', PATH_INFO='/spam'");
    check_request_uri("http://127.0.0.1/spammity/sp%E4m", true,
                      "SCRIPT_NAME='/spammity', PATH_INFO='/sp\\xe4m'");
    check_request_uri("http://127.0.0.1/spammity/spam;ham", true,
                      "SCRIPT_NAME='/spammity', PATH_INFO='/spam;ham'");
    check_request_uri("http://127.0.0.1/spammity/spam;cookie=1234,5678", true,
                      "SCRIPT_NAME='/spammity', "
                      "PATH_INFO='/spam;cookie=1234,5678'");
    check_request_uri("http://127.0.0.1/spammity/spam?say=ni", true,
                      "SCRIPT_NAME='/spammity', PATH_INFO='/spam', "
                      "QUERY_STRING='say=ni'");
    check_request_uri("http://127.0.0.1/spammity/spam?s%E4y=ni", true,
                      "SCRIPT_NAME='/spammity', PATH_INFO='/spam', "
                      "QUERY_STRING='s%E4y=ni'");
    check_request_uri("http://127.0.0.1/spammity/spam", false,
                      "SCRIPT_NAME='/spammity', PATH_INFO='/spam', "
                      "QUERY_STRING='say=ni'");
}

/* What the environ gives is nobody else's. */
static void
test_an_environ_that_makes_what_it_gives(void **state)
{
    PyObject *env, *found;

    (void)state;
    run_python("class Environ:\n"
               "    def get(self, name, default=None):\n"
               "        return self[name]\n"
               "    def __getitem__(self, name):\n"
               "        return ''.join(['/', *name.lower()])");
    env = eval_python("Environ()");
    found = request_uri(env, true);
    assert_repr(found, "'/wsgi.url_scheme:///http_host/script_name/path_info?"
                       "/query_string'");
    Py_DECREF(env);
    run_python("del Environ");
}

static void
UtilityTests_testHopByHop(void **state)
{
    (void)state;
    for (int expected = 0; expected < 2; expected++) {
        PyObject *names =
            eval_python(expected ? "forms(HOP_BY_HOP)" : "forms(END_TO_END)");

        assert_true(PyList_GET_SIZE(names) >= 28);
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
            assert_int_equal(is_hop_by_hop(PyList_GET_ITEM(names, i)),
                             expected);
        }
        Py_DECREF(names);
    }
}

static int
setup(void **state)
{
    (void)state;
    return start_python_file("util/test_util.py", functions);
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
        python_test(test_each_function_does_what_the_original_does),
        python_test(test_each_character_is_quoted_as_by_the_original),
        python_test(test_random_environs_give_what_they_give_the_original),
        python_test(test_no_references_are_kept),
        python_test(UtilityTests_testSimpleShifts),
        python_test(UtilityTests_testNormalizedShifts),
        python_test(UtilityTests_testDefaults),
        python_test(UtilityTests_testCrossDefaults),
        python_test(UtilityTests_testGuessScheme),
        python_test(UtilityTests_testAppURIs),
        python_test(UtilityTests_testReqURIs),
        python_test(test_an_environ_that_makes_what_it_gives),
        python_test(UtilityTests_testHopByHop),
        python_test(test_every_name_of_python_is_hop_by_hop),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
