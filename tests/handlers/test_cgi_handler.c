#include "same_as_python.h"

#include <string.h>

#include "handlers/cgi_handler.h"

/* One of the two classes, with its __init__. */
typedef struct Tested {
    const char *name;
    const BaseHandlerClass *cls;
    int (*init)(BaseHandler *self);
} Tested;

static const Tested tested[] = {
    { "CGIHandler", &CGIHandler_class, CGIHandler_init },
    { "IISCGIHandler", &IISCGIHandler_class, IISCGIHandler_init },
};

static const Tested *
find_tested(const char *name)
{
    return &tested[strcmp(name, "CGIHandler") != 0];
}

/* make_c(name, between, app): makes the handler, calls between(), and runs the
 * application. */
static PyObject *
make_c(PyObject *module, PyObject *args)
{
    const char *name;
    const Tested *class_;
    PyObject *between, *app, *done;
    BaseHandler *self;

    (void)module;
    if (!PyArg_ParseTuple(args, "sOO", &name, &between, &app)) {
        return NULL;
    }
    class_ = find_tested(name);
    self = BaseHandler_new(class_->cls);
    assert_non_null(self);
    if (class_->init(self) < 0) {
        Py_DECREF(self);
        return Py_BuildValue("(NsssiiOi)", take_exception(), "", "", "", 0, 0,
                             Py_None, 0);
    }
    done = PyObject_CallNoArgs(between);
    assert_non_null(done);
    Py_DECREF(done);
    return run_and_release(self, app);
}

static PyMethodDef make_c_def = { "make_c", make_c, METH_VARARGS, NULL };

/* cgi(make, name, ...) is a CGI program: it runs the application of `source`
 * with the environment that is given, in bytes, and gives all that is to be
 * seen of it. */
static const char cgi_prelude[] =
    "import os\n"
    "def make_py(name, between, app):\n"
    "    raised = handler = None\n"
    "    try: handler = getattr(wsgiref.handlers, name)()\n"
    "    except BaseException as e:\n"
    "        e.__traceback__ = e.__traceback__.tb_next\n"
    "        return (e, '', '', '', 0, 0, None, 0)\n"
    "    between()\n"
    "    try: handler.run(app)\n"
    "    except BaseException as e:\n"
    "        raised = e\n"
    "        e.__traceback__ = e.__traceback__.tb_next\n"
    "    return (raised, handler.status, getattr(handler, 'environ', None),\n"
    "            handler.result, handler.headers is None,\n"
    "            handler.headers_sent, None, handler.bytes_sent)\n"
    "class Process:\n"
    "    def __init__(self, variables, out=None, **streams):\n"
    "        self.variables, self.out = variables, out or io.BytesIO()\n"
    "        self.streams = {\n"
    "            'stdin': io.TextIOWrapper(io.BytesIO(b'input')),\n"
    "            'stdout': io.TextIOWrapper(self.out),\n"
    "            'stderr': io.StringIO()}\n"
    "        self.own = tuple(self.streams.values())\n"
    "        self.streams.update(streams)\n"
    "    def __enter__(self):\n"
    "        self.saved = {n: getattr(sys, n) for n in self.streams}\n"
    "        self.saved_environ = dict(os.environb)\n"
    "        vars(sys).update(self.streams)\n"
    "        os.environb.clear()\n"
    "        os.environb.update(self.variables)\n"
    "        return self\n"
    "    def __exit__(self, *args):\n"
    "        vars(sys).update(self.saved)\n"
    "        os.environb.clear()\n"
    "        os.environb.update(self.saved_environ)\n"
    "def cgi(make, name, source, variables, between='pass', before='pass',\n"
    "        **streams):\n"
    "    del log[:]\n"
    "    ns = dict(globals())\n"
    "    exec(source, ns)\n"
    "    seen = {}\n"
    "    process = Process(variables, ns.get('out'), **streams)\n"
    "    with process, warnings.catch_warnings(record=True) as warned:\n"
    "        warnings.simplefilter('always')\n"
    "        at_start = sys.stdin, sys.stderr\n"
    "        exec(before, ns)\n"
    "        def app(environ, start_response):\n"
    "            seen['environ'] = list(environ_of(environ).items())\n"
    "            seen['streams'] = (\n"
    "                environ['wsgi.input'] is at_start[0].buffer,\n"
    "                environ['wsgi.errors'] is at_start[1])\n"
    "            return ns['app'](environ, start_response)\n"
    "        (raised, status, environ, result, no_headers, sent, kept,\n"
    "         count) = make(name, lambda: exec(between, ns), app)\n"
    "    seen.update({\n"
    "        'stdout': process.out.getvalue(), 'raised': describe(raised),\n"
    "        'stderr': mask(process.own[2].getvalue()),\n"
    "        'status': mask(repr(status)), 'result': type(result).__name__,\n"
    "        'no headers': bool(no_headers), 'headers_sent': bool(sent),\n"
    "        'bytes_sent': count, 'log': list(log),\n"
    "        'warned': [(w.category, str(w.message)) for w in warned]})\n"
    "    return seen\n"
    "def cgi_differences(name, *args, **kw):\n"
    "    c = cgi(make_c, name, *args, **kw)\n"
    "    py = cgi(make_py, name, *args, **kw)\n"
    "    if c.keys() != py.keys(): return 'C: %r\\nPython: %r' % (c, py)\n"
    "    return ''.join('%s\\n  C:      %r\\n  Python: %r\\n'\n"
    "                   % (k, c[k], py[k]) for k in c if c[k] != py[k])\n"
    "HELLO = ('def app(environ, start_response):\\n'\n"
    "         '    start_response(\"200 OK\", PLAIN[:])\\n'\n"
    "         '    return [b\"hello\"]\\n')\n"
    "GET = {b'REQUEST_METHOD': b'GET', b'SCRIPT_NAME': b'/s',\n"
    "       b'PATH_INFO': b'/p', b'SERVER_PROTOCOL': b'HTTP/1.1'}\n";

/* Fails unless cgi(name, arguments) of both classes are as in Python. */
static void
assert_cgi_is_pythons(const char *arguments)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        char call[700];
        PyObject *differences;

        PyOS_snprintf(call, sizeof(call), "cgi_differences('%s', %s)",
                      tested[i].name, arguments);
        differences = eval_python(call);
        if (PyUnicode_GET_LENGTH(differences) > 0) {
            fail_msg("%s: not as in Python:\n%s", call,
                     PyUnicode_AsUTF8(differences));
        }
        Py_DECREF(differences);
    }
}

static void
test_answers_are_those_of_python(void **state)
{
    static const char *const bodies[] = {
        "start_response('200 OK', PLAIN[:]); return [b'hello']",
        "start_response('200 OK', PLAIN[:]); return [b'a', b'b']",
        "start_response('200 OK', [('Content-Length', '5')]); return []",
        "start_response('404 Not Found', [('Status', '2')]); return []",
        "start_response('200 OK', []); return [environ['wsgi.input'].read()]",
        "start_response('200 OK', []);"
        " return environ['wsgi.file_wrapper'](environ['wsgi.input'], 2)",
        "environ['wsgi.errors'].write('said\\n');"
        " start_response('200 OK', []); return []",
        "raise RuntimeError('before')",
        "start_response('200 OK', PLAIN[:]); raise RuntimeError('between')",
        "start_response('200 OK', PLAIN[:])(b'one');"
        " raise RuntimeError('after')",
        "start_response('200 OK', []); return Body([b'one', b'two'], 1)",
        "start_response('200 OK', [('Connection', 'close')]); return []",
        "return []",
        "sys.exit('exit')",
        "print('in between'); start_response('200 OK', []);"
        " return [b'hello']",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(bodies); i++) {
        char source[300];

        PyOS_snprintf(source, sizeof(source),
                      "def app(environ, start_response):\n    %s\n",
                      bodies[i]);
        give_python("source", PyUnicode_FromString(source));
        assert_cgi_is_pythons("source, GET");
        assert_cgi_is_pythons("source, {}");
    }
    give_python("source", PyUnicode_FromString(
                              "class Out(io.BytesIO):\n"
                              "    def write(self, b):\n"
                              "        return super().write(bytes(b[:7]))\n"
                              "out = Out()\n"
                              "def app(environ, start_response):\n"
                              "    start_response('200 OK', [])\n"
                              "    return [b'x' * 30]\n"));
    assert_cgi_is_pythons("source, GET");
}

static void
test_the_answer_begins_with_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        give_python("name", PyUnicode_FromString(tested[i].name));
        assert_repr(eval_python("cgi(make_c, name, HELLO, GET)['stdout']"),
                    "b'Status: 200 OK\\r\\nContent-Type: text/plain\\r\\n"
                    "Content-Length: 5\\r\\n\\r\\nhello'");
    }
    run_python("del name");
}

static void
test_the_environ_is_that_of_the_process(void **state)
{
    (void)state;
    /* bytes that are no UTF-8, or would be another character */
    run_python("latin = {k.encode(): b'caf\\xc3\\xa9 \\xff \\xe9' for k in\n"
               "    'PATH_INFO SCRIPT_NAME QUERY_STRING HTTP_X SSL_CERT '\n"
               "    'REDIRECT_HTTP_X REDIRECT_X AUTH_TYPE REMOTE_USER '\n"
               "    'HOME wsgi.input wsgi.errors'.split()}\n");
    assert_cgi_is_pythons("HELLO, latin");
    assert_cgi_is_pythons("HELLO, {}");
    assert_cgi_is_pythons("HELLO, {**GET, b'HTTPS': b'on'}");
    assert_cgi_is_pythons("HELLO, {**GET, b'SERVER_SOFTWARE': b'lighttpd'}");
    run_python("seen = dict(cgi(make_c, 'CGIHandler', HELLO,\n"
               "                {**GET, b'HTTPS': b'1'})['environ'])\n");
    assert_repr(eval_python("sorted(k for k in seen if 'wsgi.' not in k)"),
                "['HTTPS', 'PATH_INFO', 'REQUEST_METHOD', 'SCRIPT_NAME', "
                "'SERVER_PROTOCOL']");
    assert_repr(eval_python("[seen['wsgi.' + k] for k in ('run_once',"
                            " 'multithread', 'multiprocess', 'url_scheme')]"),
                "['True', 'False', 'True', \"'https'\"]");
    run_python("del seen, latin");
}

/* The streams and the environment count as they are when the handler is made,
 * not when it runs. */
static void
test_init_looks_at_the_process(void **state)
{
    (void)state;
    assert_cgi_is_pythons("HELLO, GET, between=\n"
                          "    'sys.stdin = sys.stdout = sys.stderr = None\\n'"
                          "    'os.environ[\"PATH_INFO\"] = \"/late\"'");
    assert_cgi_is_pythons("HELLO, GET, before=\n"
                          "    'os.environ[\"PATH_INFO\"] = \"/early\"'");
    run_python("seen = cgi(make_c, 'CGIHandler', HELLO, GET, between=\n"
               "           'sys.stdout = None; os.environ.clear()')\n");
    assert_repr(eval_python("seen['stdout'][:14]"), "b'Status: 200 OK'");
    assert_repr(eval_python("dict(seen['environ'])['PATH_INFO']"), "\"'/p'\"");
    assert_repr(eval_python("seen['streams']"), "(True, True)");
    run_python("del seen");
}

static void
test_without_a_stream_as_in_python(void **state)
{
    static const char *const arguments[] = {
        "HELLO, GET, stdin=None",
        "HELLO, GET, stdout=None",
        "HELLO, GET, stdin=io.StringIO('text')",
        "HELLO, GET, stdout=io.StringIO()",
        "HELLO, GET, before='del sys.stdin'",
        "HELLO, GET, before='del sys.stdout'",
        "HELLO, GET, before='del sys.stderr'",
        "HELLO, GET, before='del sys.stdin, sys.stdout, sys.stderr'",
        "HELLO, GET, stderr=None",
        "'def app(environ, start_response): 1 / 0', GET, stderr=None",
        "HELLO, GET, stdout=types.SimpleNamespace(buffer=None)",
        "HELLO, GET, stdout=types.SimpleNamespace(buffer=7)",
    };

    (void)state;
    run_python("import types");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(arguments); i++) {
        assert_cgi_is_pythons(arguments[i]);
    }
    run_python("seen = cgi(make_c, 'CGIHandler', HELLO, GET, stdin=None)");
    assert_repr(eval_python("seen['raised'][:2]"),
                "(<class 'AttributeError'>, \"'NoneType' object has no "
                "attribute 'buffer'\")");
    run_python("del seen");
}

static void
test_without_an_environment_init_fails(void **state)
{
    (void)state;
    run_python("saved, os.environ = os.environ, None");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        BaseHandler *self = BaseHandler_new(tested[i].cls);

        assert_int_equal(tested[i].init(self), -1);
        assert_raised(PyExc_AttributeError, NULL);
        Py_DECREF(self);
    }
    run_python("os.environ = saved\n"
               "del saved");
}

/* IIS gives a PATH_INFO that begins with the SCRIPT_NAME. */
static void
test_iis_takes_the_script_name_from_the_path(void **state)
{
    static const char *const cases[][3] = {
        { "/app.py", "/app.py/a/b", "/a/b" },
        { "/app.py", "/app.py", "" },
        { "/app.py", "/app.py/", "/" },
        { "/app.py", "/app.pyc/a", "/app.pyc/a" },
        { "/app.py", "/other/app.py/a", "/other/app.py/a" },
        { "/app.py", "/app.p", "/app.p" },
        { "/app.py", "", "" },
        { "/app.py", "/APP.PY/a", "/APP.PY/a" },
        { "/app.py/", "/app.py/a", "/app.py/a" },
        { "/app.py/", "/app.py//a", "/a" },
        { "/app.py/", "/app.py/", "" },
        { "", "/a", "/a" },
        { "", "a", "a" },
        { "", "", "" },
        { "/", "/a", "/a" },
        { "/", "//a", "/a" },
        { "/caf\xe9", "/caf\xe9/\xe9", "/\xe9" },
        { "/a/b", "/a/b/a/b/c", "/a/b/c" },
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(cases); i++) {
        PyObject *expected;

        give_python("script", PyBytes_FromString(cases[i][0]));
        give_python("path", PyBytes_FromString(cases[i][1]));
        assert_cgi_is_pythons(
            "HELLO, {b'SCRIPT_NAME': script, b'PATH_INFO': path}");
        run_python("seen = dict(cgi(make_c, 'IISCGIHandler', HELLO,\n"
                   "    {b'SCRIPT_NAME': script, b'PATH_INFO': path})\n"
                   "    ['environ'])\n");
        expected =
            PyUnicode_DecodeLatin1(cases[i][2], strlen(cases[i][2]), NULL);
        give_python("expected", expected);
        assert_repr(eval_python("seen['PATH_INFO'] == repr(expected)"),
                    "True");
        assert_repr(eval_python("seen['SCRIPT_NAME'] == "
                                "repr(script.decode('latin-1'))"),
                    "True");
    }
    run_python("del script, path, seen, expected");
}

static void
test_iis_without_either_variable_as_in_python(void **state)
{
    (void)state;
    assert_cgi_is_pythons("HELLO, {b'SCRIPT_NAME': b'/s'}");
    assert_cgi_is_pythons("HELLO, {b'SCRIPT_NAME': b''}");
    assert_cgi_is_pythons("HELLO, {b'PATH_INFO': b'/s'}");
    assert_cgi_is_pythons("HELLO, {b'A': b'b'}");
    /* an empty SCRIPT_NAME puts an empty PATH_INFO there */
    run_python("seen = dict(cgi(make_c, 'IISCGIHandler', HELLO, {})\n"
               "            ['environ'])\n");
    assert_repr(eval_python("seen['PATH_INFO']"), "\"''\"");
    assert_repr(eval_python("'SCRIPT_NAME' in seen"), "False");
    run_python("del seen");
}

static void
test_iis_on_random_paths_as_in_python(void **state)
{
    (void)state;
    run_python(
        "import random\n"
        "rng = random.Random(5)\n"
        "def path(): return b''.join(rng.choices(\n"
        "    [b'/', b'a', b'b', b'\\xe9'], k=rng.randrange(4)))\n"
        "stripped = 0\n"
        "for i in range(1500):\n"
        "    script = path()\n"
        "    given = {b'SCRIPT_NAME': script,\n"
        "             b'PATH_INFO': rng.choice([script, b'']) + path()}\n"
        "    differ = cgi_differences('IISCGIHandler', HELLO, given)\n"
        "    assert not differ, (given, differ)\n"
        "    seen = dict(cgi(make_c, 'IISCGIHandler', HELLO, given)\n"
        "                ['environ'])\n"
        "    stripped += seen['PATH_INFO'] != repr(\n"
        "        given[b'PATH_INFO'].decode('latin-1'))\n"
        "assert stripped > 150, stripped\n"
        "del rng, path, stripped, given, script, differ, seen\n");
}

/* What BaseHandler has from the process when the program starts is not
 * there. */
static void
test_os_environ_is_empty_and_of_each_class(void **state)
{
    PyObject *cgi = *CGIHandler_class.os_environ;
    PyObject *iis = *IISCGIHandler_class.os_environ;

    (void)state;
    assert_ptr_not_equal(cgi, iis);
    assert_ptr_not_equal(cgi, *BaseCGIHandler_class.os_environ);
    assert_non_null(
        PyDict_GetItemString(*BaseCGIHandler_class.os_environ, "AT_START"));
    assert_repr(eval_python("[k for k, v in cgi(make_c, 'CGIHandler', HELLO,"
                            " GET)['environ'] if 'START' in k]"),
                "[]");
    assert_int_equal(PyDict_Size(cgi), 0);
    assert_int_equal(PyDict_Size(iis), 0);
}

static void
test_init_owns_the_streams(void **state)
{
    PyObject *stdin_, *buffer, *stderr_;

    (void)state;
    run_python("saved = sys.stdin, sys.stderr\n"
               "sys.stdin = io.TextIOWrapper(io.BytesIO())\n"
               "sys.stderr = io.StringIO()\n");
    stdin_ = eval_python("sys.stdin");
    buffer = eval_python("sys.stdin.buffer");
    stderr_ = eval_python("sys.stderr");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        Py_ssize_t before[] = { Py_REFCNT(stdin_), Py_REFCNT(buffer),
                                Py_REFCNT(stderr_) };
        BaseHandler *self = BaseHandler_new(tested[i].cls);
        SimpleHandler *simple = (SimpleHandler *)self;

        assert_int_equal(tested[i].init(self), 0);
        assert_ptr_equal(simple->stdin, buffer);
        assert_ptr_equal(simple->stderr, stderr_);
        assert_int_equal(Py_REFCNT(stdin_), before[0]);
        assert_int_equal(Py_REFCNT(buffer), before[1] + 1);
        assert_int_equal(Py_REFCNT(stderr_), before[2] + 1);
        assert_int_equal(Py_REFCNT(simple->base_env), 1);
        assert_int_equal(Py_REFCNT(simple->stdout), 1);
        Py_DECREF(self);
        assert_int_equal(Py_REFCNT(buffer), before[1]);
        assert_int_equal(Py_REFCNT(stderr_), before[2]);
    }
    Py_DECREF(stderr_);
    Py_DECREF(buffer);
    Py_DECREF(stdin_);
    run_python("sys.stdin, sys.stderr = saved\n"
               "del saved");
}

static void
test_the_tables_inherit_what_python_inherits(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tested); i++) {
        const BaseHandlerClass *cls = tested[i].cls;
        char name[80];

        assert_memory_equal((const char *)&BaseCGIHandler_class +
                                offsetof(BaseHandlerClass, run),
                            (const char *)cls +
                                offsetof(BaseHandlerClass, run),
                            sizeof(*cls) - offsetof(BaseHandlerClass, run));
        assert_no_empty_slot(cls, offsetof(BaseHandlerClass, run),
                             sizeof(*cls));
        assert_true(cls->wsgi_file_wrapper ==
                    SimpleHandler_class.wsgi_file_wrapper);
        assert_true(cls->headers_class == SimpleHandler_class.headers_class);
        assert_ptr_equal(cls->type->tp_base, &BaseCGIHandler_type);
        PyOS_snprintf(name, sizeof(name), "cwsgiref.handlers.%s",
                      tested[i].name);
        assert_string_equal(cls->type->tp_name, name);
        assert_class_attributes_of_python(cls, tested[i].name);
    }
}

static int
setup(void **state)
{
    PyObject *function;

    (void)state;
    setenv("AT_START", "yes", 1);
    if (start_handlers() < 0) {
        return -1;
    }
    run_python(cgi_prelude);
    function = PyCFunction_New(&make_c_def, NULL);
    give_python("make_c", function);
    run_python("del os.environ['AT_START']");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_answers_are_those_of_python),
        python_test(test_the_answer_begins_with_its_status),
        python_test(test_the_environ_is_that_of_the_process),
        python_test(test_init_looks_at_the_process),
        python_test(test_without_a_stream_as_in_python),
        python_test(test_without_an_environment_init_fails),
        python_test(test_iis_takes_the_script_name_from_the_path),
        python_test(test_iis_without_either_variable_as_in_python),
        python_test(test_iis_on_random_paths_as_in_python),
        python_test(test_os_environ_is_empty_and_of_each_class),
        python_test(test_init_owns_the_streams),
        python_test(test_the_tables_inherit_what_python_inherits),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
