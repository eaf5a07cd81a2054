#include "support.h"

#include "util/util.h"
#include "types.h"

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

static PyMethodDef functions[] = {
    { "guess_scheme", call_guess_scheme, METH_O, NULL },
    { "application_uri", call_application_uri, METH_O, NULL },
    { "request_uri", call_request_uri, METH_VARARGS, NULL },
    { "shift_path_info", call_shift_path_info, METH_O, NULL },
    { "setup_testing_defaults", call_setup_testing_defaults, METH_O, NULL },
};

/* ours.request_uri and the like, beside those of wsgiref.util. compare() calls
 * both with equal environs and gives what differs: the value, the exception
 * with its frames, and the environ afterwards. */
static const char prelude[] =
    "import io, random, sys, traceback, types, wsgiref.util\n"
    "ours = types.SimpleNamespace()\n"
    "def describe(value):\n"
    "    if isinstance(value, (io.BytesIO, io.StringIO)):\n"
    "        return type(value), value.getvalue()\n"
    "    return type(value), repr(value)\n"
    "def tb_of(e): return e.__traceback__\n"
    "def outcome(function, env, *args):\n"
    "    try:\n"
    "        seen = 'value', describe(function(env, *args))\n"
    "    except Exception as e:\n"
    /* a list comprehension is a frame before 3.12 */
    "        frames = [f.name for f in traceback.extract_tb(tb_of(e))\n"
    "                  if f.name != '<listcomp>']\n"
    "        seen = ('raised', type(e), str(e), frames[1:])\n"
    "    try: items = [(k, describe(v)) for k, v in dict(env).items()]\n"
    "    except Exception: items = None\n"
    "    return seen, items\n"
    "def compare(name, make_environ, *args):\n"
    "    c = outcome(getattr(ours, name), make_environ(), *args)\n"
    "    py = outcome(getattr(wsgiref.util, name), make_environ(), *args)\n"
    "    return '' if c == py else 'C: %r\\nPython: %r' % (c, py)\n";

/* The functions and their arguments after the environ. */
static const char *const calls[] = {
    "'guess_scheme', make",    "'application_uri', make",
    "'request_uri', make",     "'request_uri', make, False",
    "'shift_path_info', make", "'setup_testing_defaults', make",
};

/* Fails unless all functions do with that environ, an expression that makes a
 * new one, what the originals do. */
static void
assert_same_as_python(const char *environ_source)
{
    PyObject *source = PyUnicode_FromString(environ_source);
    PyObject *differences;
    char call[200];

    set_python("source", source);
    run_python("make = eval('lambda: ' + source, globals())");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(calls); i++) {
        PyOS_snprintf(call, sizeof(call), "compare(%s)", calls[i]);
        differences = eval_python(call);
        if (PyUnicode_GET_LENGTH(differences) > 0) {
            fail_msg("%s for %s is not as in Python:\n%s", call,
                     environ_source, PyUnicode_AsUTF8(differences));
        }
        Py_DECREF(differences);
    }
    Py_DECREF(source);
}

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
    PyObject *name, *message;

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
    run_python("name = type('N', (), {'lower': lambda self: []})()\n"
               "try: wsgiref.util.is_hop_by_hop(name)\n"
               "except TypeError as error: message = str(error)\n");
    name = eval_python("name");
    message = eval_python("message");
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

/* Environs that are usual, incomplete, or none at all. */
static const char *const environs[] = {
    "{}",
    "{'wsgi.url_scheme': 'http'}",
    "{'wsgi.url_scheme': 'http', 'SERVER_NAME': 'a'}",
    "{'wsgi.url_scheme': 'http', 'SERVER_NAME': 'a', 'SERVER_PORT': '80'}",
    "{'wsgi.url_scheme': 'http', 'SERVER_NAME': 'a', 'SERVER_PORT': '443'}",
    "{'wsgi.url_scheme': 'https', 'SERVER_NAME': 'a', 'SERVER_PORT': '80'}",
    "{'wsgi.url_scheme': 'https', 'SERVER_NAME': 'a', 'SERVER_PORT': '443'}",
    "{'wsgi.url_scheme': 'https', 'SERVER_NAME': 'a'}",
    "{'wsgi.url_scheme': 'ftp', 'SERVER_NAME': 'a', 'SERVER_PORT': '21'}",
    "{'wsgi.url_scheme': '', 'HTTP_HOST': 'a'}",
    "{'HTTP_HOST': 'a'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': ''}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': '', 'SERVER_NAME': 'a',"
    " 'SERVER_PORT': '80', 'SCRIPT_NAME': '/s', 'PATH_INFO': '/p',"
    " 'QUERY_STRING': 'q'}",
    /* values of other types */
    "{'wsgi.url_scheme': 1}",
    "{'wsgi.url_scheme': None}",
    "{'wsgi.url_scheme': b'http'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 1}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': b'a'}",
    "{'wsgi.url_scheme': 'http', 'SERVER_NAME': None}",
    "{'wsgi.url_scheme': 'http', 'SERVER_NAME': 'a', 'SERVER_PORT': 80}",
    "{'wsgi.url_scheme': 'http', 'SERVER_NAME': 'a', 'SERVER_PORT': None}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME': b'/s'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME': 1}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME': None}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME': 0}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'PATH_INFO': b'/p'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'PATH_INFO': None}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'QUERY_STRING': b'q'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'QUERY_STRING': 1}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'QUERY_STRING': None}",
    "{'PATH_INFO': 1}",
    "{'PATH_INFO': b'/a/b'}",
    "{'PATH_INFO': ['/a']}",
    "{'PATH_INFO': '/a', 'SCRIPT_NAME': 1}",
    "{'PATH_INFO': '/a', 'SCRIPT_NAME': b'/s'}",
    "{'PATH_INFO': '/a', 'SCRIPT_NAME': None}",
    "{'PATH_INFO': Parts(['', 'a', 'b', 'c'])}",
    "{'PATH_INFO': Parts(['', 'a', None, 0, b'', b'x', 'c'])}",
    "{'PATH_INFO': Parts(['', Fails(), 'c'])}",
    "{'PATH_INFO': Parts(['', 7, 'c'])}",
    "{'PATH_INFO': Parts(['', 'a', 7])}",
    "{'PATH_INFO': Parts([])}",
    "{'PATH_INFO': Fails()}",
    "{'PATH_INFO': S('/a/b'), 'SCRIPT_NAME': S('/s'), 'SERVER_NAME': S('n'),"
    " 'HTTP_HOST': S(''), 'SERVER_PORT': S('8'), 'QUERY_STRING': S('q'),"
    " 'wsgi.url_scheme': S('http')}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'PATH_INFO': Empty('/a'),"
    " 'SCRIPT_NAME': Empty('/s')}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'PATH_INFO':"
    " Encodes(bytearray(b'\\0/'))}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'PATH_INFO':"
    " Encodes('text')}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME':"
    " Encodes(b'')}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'PATH_INFO':"
    " EncodeFails('/a')}",
    "{'wsgi.url_scheme': Fails(), 'HTTP_HOST': 'a'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': Fails(), 'HTTPS': Fails()}",
    "{'wsgi.url_scheme': 'http', 'SERVER_NAME': 'a', 'SERVER_PORT': Fails()}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME': Fails()}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'QUERY_STRING': Fails()}",
    /* characters that are not latin-1, and what 3.11.2 cuts */
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'PATH_INFO': '/\\u20ac'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME':"
    " '/\\udc80'}",
    "{'wsgi.url_scheme': 'http', 'HTTP_HOST': '\\u20ac', 'QUERY_STRING':"
    " '\\u20ac'}",
    "{'SCRIPT_NAME': '/a\\0b', 'PATH_INFO': '/c\\0d/e'}",
    /* mappings of other types */
    "None",
    "[]",
    "types.MappingProxyType({'PATH_INFO': '/a'})",
    "types.SimpleNamespace(get=lambda *a: '/a')",
    "NoGet({'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a'})",
    "NoSet({'PATH_INFO': '/a'})",
    "NoContains()",
    "Watched()",
};

static void
test_each_function_does_what_the_original_does(void **state)
{
    (void)state;
    run_python(
        "class S(str): pass\n"
        "class Empty(str):\n"
        "    def __bool__(self): return False\n"
        "class Encodes(str):\n"
        "    def __new__(cls, result):\n"
        "        self = str.__new__(cls, '/a')\n"
        "        self.result = result\n"
        "        return self\n"
        "    def encode(self, *args):\n"
        "        assert args == ('latin1', 'strict'), args\n"
        "        return self.result\n"
        "class EncodeFails(str):\n"
        "    def encode(self, *args): raise KeyError('encode')\n"
        "class Parts:\n"
        "    def __init__(self, parts): self.parts = parts\n"
        "    def __repr__(self): return 'Parts'\n"
        "    def split(self, *args):\n"
        "        assert args == ('/',), args\n"
        "        return list(self.parts) if type(self.parts) is list \\\n"
        "            else self.parts\n"
        "class Fails:\n"
        "    def __repr__(self): return 'Fails'\n"
        "    def __bool__(self): raise KeyError('bool')\n"
        "    def __eq__(self, other): raise KeyError('eq')\n"
        "    def __ne__(self, other): raise KeyError('ne')\n"
        "    def __add__(self, other): return 'fails' + other\n"
        "class NoGet(dict):\n"
        "    def get(self, *args): raise KeyError('get')\n"
        "class NoSet(dict):\n"
        "    def __setitem__(self, k, v): raise KeyError('set')\n"
        "    def setdefault(self, k, v): raise KeyError('setdefault')\n"
        "class NoContains(dict):\n"
        "    def __contains__(self, k): raise KeyError('contains')\n"
        /* every call, in its order, becomes part of the environ */
        "class Watched(dict):\n"
        "    def __init__(self):\n"
        "        self.log = []\n"
        "        super().__init__({'PATH_INFO': '/a/b', 'SCRIPT_NAME': '',\n"
        "                          'wsgi.url_scheme': 'http', 'log': "
        "self.log,\n"
        "                          'SERVER_NAME': 'a', 'SERVER_PORT': '8',\n"
        "                          'QUERY_STRING': 'q'})\n"
        "    def __getitem__(self, k):\n"
        "        self.log.append(('getitem', k))\n"
        "        return super().__getitem__(k)\n"
        "    def __setitem__(self, k, v):\n"
        "        self.log.append(('setitem', k, v))\n"
        "        super().__setitem__(k, v)\n"
        "    def __contains__(self, k):\n"
        "        self.log.append(('contains', k))\n"
        "        return super().__contains__(k)\n"
        "    def get(self, *args):\n"
        "        self.log.append(('get', args))\n"
        "        return super().get(*args)\n"
        "    def setdefault(self, k, v):\n"
        "        self.log.append(('setdefault', k, describe(v)))\n"
        "        return super().setdefault(k, v)\n");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(environs); i++) {
        assert_same_as_python(environs[i]);
    }
}

static void
test_each_character_is_quoted_as_by_the_original(void **state)
{
    (void)state;
    assert_same_as_python(
        "{'wsgi.url_scheme': 'http', 'HTTP_HOST': 'a', 'SCRIPT_NAME':"
        " ''.join(map(chr, range(256))), 'PATH_INFO':"
        " ''.join(map(chr, range(255, -1, -1)))}");
    run_python("for i in range(0x200):\n"
               "    make = lambda: {'wsgi.url_scheme': 'http',\n"
               "        'HTTP_HOST': '', 'SERVER_NAME': 'a',\n"
               "        'SERVER_PORT': '80', 'SCRIPT_NAME': chr(i),\n"
               "        'PATH_INFO': chr(i)}\n"
               "    differs = compare('request_uri', make)\n"
               "    assert not differs, differs\n");
}

static void
test_random_environs_give_what_they_give_the_original(void **state)
{
    (void)state;
    run_python(
        "rng = random.Random(3333)\n"
        "pieces = ['/', '/', '//', '.', '..', 'a', 'b;c', 'x=1,2', ' ', '%',\n"
        "          '%2F', '\\xe4', '\\xff', '?', '#', '&', '+', '~', '-', "
        "':',\n"
        "          '\\0', '\\n', '\\x7f', '\\u20ac']\n"
        "def text():\n"
        "    if not rng.randrange(8): return rng.choice(['', None, 80, "
        "b'/'])\n"
        "    return ''.join(rng.choices(pieces[:-1], k=rng.randrange(7)))\n"
        "def path():\n"
        "    if not rng.randrange(30): return text()\n"
        "    return ''.join(rng.choices(pieces, k=rng.randrange(9)))\n"
        "def slashed():\n"
        "    text = path()\n"
        "    return '/' + text if type(text) is str and rng.randrange(4) \\\n"
        "        else text\n"
        "values = {\n"
        "    'wsgi.url_scheme': lambda: rng.choice(['http', 'https', "
        "text()]),\n"
        "    'HTTP_HOST': text, 'SERVER_NAME': text, 'QUERY_STRING': text,\n"
        "    'HTTPS': lambda: rng.choice(['on', '1', 'off', text()]),\n"
        "    'SERVER_PORT': lambda: rng.choice(['80', '443', '8000', "
        "text()]),\n"
        "    'SCRIPT_NAME': slashed,\n"
        "    'PATH_INFO': slashed,\n"
        "    'REQUEST_METHOD': text, 'SERVER_PROTOCOL': text,\n"
        "}\n"
        "counts = {'value': 0, 'raised': 0}\n"
        "for i in range(5000):\n"
        "    present = rng.choice([3, 6, 20])\n"
        "    env = {k: make() for k, make in values.items()\n"
        "           if rng.randrange(present)}\n"
        "    for call in (('guess_scheme',), ('application_uri',),\n"
        "                 ('request_uri',), ('request_uri', False),\n"
        "                 ('shift_path_info',), "
        "('setup_testing_defaults',)):\n"
        "        differs = compare(call[0], lambda: dict(env), *call[1:])\n"
        "        assert not differs, (call, env, differs)\n"
        "        counts[outcome(getattr(ours, call[0]), dict(env),\n"
        "                       *call[1:])[0][0]] += 1\n"
        /* neither is the rule */
        "assert min(counts.values()) > 3000, counts\n");
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

static void
UtilityTests_testHopByHop(void **state)
{
    (void)state;
    run_python(
        "def forms(*names):\n"
        "    return [form(n) for n in names for form in\n"
        "            (str, str.title, str.upper, str.lower)]\n"
        "hop_by_hop = forms('Connection', 'Keep-Alive',\n"
        "    'Proxy-Authenticate', 'Proxy-Authorization', 'TE', 'Trailers',\n"
        "    'Transfer-Encoding', 'Upgrade')\n"
        "end_to_end = forms('Accept', 'Cache-Control', 'Date', 'Pragma',\n"
        "    'Trailer', 'Via', 'Warning')\n");
    for (int expected = 0; expected < 2; expected++) {
        PyObject *names = eval_python(expected ? "hop_by_hop" : "end_to_end");

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
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    run_python(prelude);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(functions); i++) {
        char statement[80];
        PyObject *function = PyCFunction_New(&functions[i], NULL);

        set_python("function", function);
        PyOS_snprintf(statement, sizeof(statement), "ours.%s = function",
                      functions[i].ml_name);
        run_python(statement);
        Py_DECREF(function);
    }
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
        python_test(UtilityTests_testHopByHop),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
