#include "doubles.h"
#include "requests.h"

#include "server/server_handler.h"
#include "server/simple_server.h"

/* Python's WSGIRequestHandler on memory streams, and an application that
 * tells what it was called with. */
static const char reference[] =
    "import gc, io, random, re, sys, types\n"
    "from wsgiref import simple_server\n"
    "client_address = ('127.0.0.1', 4711)\n"
    "base_environ = {\n"
    "    'SERVER_NAME': 'name', 'GATEWAY_INTERFACE': 'CGI/1.1',\n"
    "    'SERVER_PORT': '80', 'REMOTE_HOST': '', 'CONTENT_LENGTH': '',\n"
    "    'SCRIPT_NAME': '',\n"
    "}\n"
    "class Reference(simple_server.WSGIRequestHandler):\n"
    "    def setup(self):\n"
    "        self.rfile, self.wfile = self.request\n"
    "    def finish(self):\n"
    "        pass\n"
    "class Named(Reference):\n"
    "    def address_string(self):\n"
    "        return 'name.example'\n"
    "class Reference11(Reference):\n"
    "    protocol_version = 'HTTP/1.1'\n"
    "class Replacing(Reference):\n"
    "    # The application reads what parse_request leaves it.\n"
    "    def parse_request(self):\n"
    "        parsed = super().parse_request()\n"
    "        self.rfile = io.BytesIO(b'another body')\n"
    "        return parsed\n"
    "    def get_environ(self):\n"
    "        environ = super().get_environ()\n"
    "        self.rfile = io.BytesIO(b'too late')\n"
    "        return environ\n"
    "classes = [Reference, Named, Reference11, Replacing]\n"
    "def app(environ, start_response):\n"
    "    global seen\n"
    "    own = 'wsgi.input', 'wsgi.errors', 'wsgi.file_wrapper'\n"
    "    seen = [item for item in environ.items() if item[0] not in own]\n"
    "    assert environ['wsgi.errors'] is sys.stderr\n"
    "    size = environ['CONTENT_LENGTH']\n"
    "    read = environ['wsgi.input'].read\n"
    "    body = read(int(size)) if size.isdigit() else b''\n"
    "    if environ['REQUEST_METHOD'] == 'FAIL':\n"
    "        raise ValueError(body)\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    return [body, b'done']\n"
    "server = types.SimpleNamespace(base_environ=base_environ,\n"
    "                               get_app=lambda: app)\n"
    "class Reset(io.BytesIO):\n"
    "    # A client that goes while it is read from.\n"
    "    def readline(self, size):\n"
    "        line = super().readline(size)\n"
    "        if not line:\n"
    "            raise ConnectionResetError(104, 'Connection reset')\n"
    "        return line\n"
    "class Broken(io.BytesIO):\n"
    "    # A client that has gone.\n"
    "    def write(self, data):\n"
    "        raise BrokenPipeError(32, 'Broken pipe')\n"
    "def chain(e):\n"
    "    # The exception with its context.\n"
    "    result = []\n"
    "    while e is not None:\n"
    "        result.append(repr(e))\n"
    "        e = e.__context__\n"
    "    return result\n"
    "def outcome(wfile, error):\n"
    "    # All that can be seen of a run; of a traceback its last line.\n"
    "    data = re.sub(rb'Date: [^\\r]*', b'Date: now', wfile.getvalue())\n"
    "    log = re.sub(r'\\[../.../.... ..:..:..\\]', '[now]',\n"
    "                 sys.stderr.getvalue())\n"
    "    log = re.sub(r'(?s)Traceback.*(?=\\nValueError)', '', log)\n"
    "    sys.stderr = sys.__stderr__\n"
    "    return data, log, seen, chain(error)\n";

static const char reference_runs[] =
    "def start(case):\n"
    "    # The files of the request; sys.stderr is in memory.\n"
    "    global seen\n"
    "    data, _, rfile_class, wfile_class = case\n"
    "    seen = None\n"
    "    sys.stderr = io.StringIO()\n"
    "    return rfile_class(data), wfile_class()\n"
    "def expected(case):\n"
    "    request = start(case)\n"
    "    error = None\n"
    "    try:\n"
    "        classes[case[1]](request, client_address, server)\n"
    "    except BaseException as e:\n"
    "        error = e\n"
    "    return outcome(request[1], error)\n"
    "for method in 'POST', 'FAIL', 'GET':\n"
    "    for size, body in (5, 'hello'), (5, 'more than that'), (9, 'less'):\n"
    "        line = '%s / HTTP/1.1\\r\\nContent-Length: %d\\r\\n\\r\\n%s'\n"
    "        lines.append((line % (method, size, body)).encode())\n"
    "cases = [(line, cls, io.BytesIO, io.BytesIO)\n"
    "         for line in lines for cls in range(len(classes))]\n"
    "some = [\n"
    "    b'', b'GET', b'GET / HTTP/1.1\\r\\nHost',\n"
    "    b'GET / HTTP/1.1\\r\\n\\r\\n',\n"
    "    b'GET / JUNK\\r\\n\\r\\n', b'FAIL / HTTP/1.1\\r\\n\\r\\n',\n"
    "    b'GET /\\r\\n\\r\\n',\n"
    "    b'GET /' + b'a' * 70000,\n"
    "    b'GET / HTTP/1.1\\r\\n' + b'X: v\\r\\n' * 101,\n"
    "    b'POST / HTTP/1.1\\r\\nContent-Length: 1\\r\\n\\r\\nx',\n"
    "]\n"
    "cases += [(line, 0, rfile_class, wfile_class) for line in some\n"
    "          for rfile_class in (io.BytesIO, Reset)\n"
    "          for wfile_class in (io.BytesIO, Broken)]\n"
    "# Targets at random, always the same ones.\n"
    "alphabet = '%%%%%%%%0123456789abcdefABCDEFgG/?;&+=#. '\n"
    "alphabet += '\\0\\x7f\\x80\\xe9\\xff'\n"
    "chosen = random.Random(20111)\n"
    "paths = [''.join(chosen.choices(alphabet, k=chosen.randrange(1, 16)))\n"
    "         for _ in range(3000)]\n"
    "paths += ['\\u20ac%e9', '%\\u0664\\u0661', '%\\uff14\\uff11',\n"
    "          '\\ud800%41']\n"
    "def path_items(path):\n"
    "    self = Reference.__new__(Reference)\n"
    "    self.server = server\n"
    "    self.client_address = client_address\n"
    "    self.request_version = 'HTTP/1.1'\n"
    "    self.command = 'GET'\n"
    "    self.path = path\n"
    "    self.headers = Reference.MessageClass()\n"
    "    return list(self.get_environ().items())\n";

/* A WSGIServer that does not listen. */
static WSGIServer *server;

static int
memory_server_init(BaseServer *self, PyObject *server_address,
                   const BaseRequestHandlerClass *RequestHandlerClass,
                   bool bind_and_activate)
{
    WSGIServer *wsgi = (WSGIServer *)self;

    wsgi->base_environ = eval_python("base_environ");
    wsgi->application = eval_python("app");
    return BaseServer_init(self, server_address, RequestHandlerClass,
                           bind_and_activate);
}

static WSGIServerClass server_class;

static PyObject *
named_address_string(BaseHTTPRequestHandler *self)
{
    (void)self;
    return PyUnicode_FromString("name.example");
}

static void
replace_rfile(BaseHTTPRequestHandler *self, const char *file)
{
    PyObject *body = eval_python(file);

    Py_SETREF(self->base.rfile, PythonFile_new(&PythonFile_class, body));
    assert_non_null(self->base.rfile);
    Py_DECREF(body);
}

static int
replacing_parse_request(BaseHTTPRequestHandler *self)
{
    int parsed = BaseHTTPRequestHandler_parse_request(self);

    if (parsed >= 0) {
        replace_rfile(self, "io.BytesIO(b'another body')");
    }
    return parsed;
}

static PyObject *
replacing_get_environ(BaseHTTPRequestHandler *self)
{
    PyObject *env = WSGIRequestHandler_get_environ(self);

    if (env != NULL) {
        replace_rfile(self, "io.BytesIO(b'too late')");
    }
    return env;
}

/* The C classes that stand for the Python list `classes`. */
static WSGIRequestHandlerClass classes[4];

static void
fill_classes(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        classes[i] = WSGIRequestHandler_class;
        classes[i].base.base.base.setup = memory_setup;
        classes[i].base.base.base.finish = memory_finish;
    }
    classes[1].base.address_string = named_address_string;
    classes[2].base.protocol_version = "HTTP/1.1";
    classes[3].base.parse_request = replacing_parse_request;
    classes[3].get_environ = replacing_get_environ;
}

/* cls(request, client_address, server); `request` is stolen. */
static BaseHTTPRequestHandler *
new_handler(const WSGIRequestHandlerClass *cls, PyObject *request)
{
    PyObject *client_address = eval_python("client_address");
    BaseRequestHandler *self = BaseRequestHandler_new(
        &cls->base.base.base, request, client_address, (BaseServer *)server);

    Py_DECREF(client_address);
    Py_DECREF(request);
    return (BaseHTTPRequestHandler *)self;
}

/* Puts the exception that is in flight, or None, into Python's `error`. */
static void
catch_error(void)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    set_python("error", value == NULL ? Py_None : value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

static void
test_every_request_is_handled_as_by_python(void **state)
{
    PyObject *cases = eval_python("cases");

    (void)state;
    assert_true(PyList_GET_SIZE(cases) > 1500);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(cases); i++) {
        PyObject *this = PyList_GET_ITEM(cases, i);
        long cls = PyLong_AsLong(PyTuple_GET_ITEM(this, 1));
        BaseHTTPRequestHandler *self;

        set_python("case", this);
        run_python("wanted = expected(case)\n"
                   "request = start(case)\n");
        self = new_handler(&classes[cls], eval_python("request"));
        catch_error();
        assert_repr(eval_python("error is None"),
                    self == NULL ? "False" : "True");
        Py_XDECREF((PyObject *)self);
        run_python("got = outcome(request[1], error)\n"
                   "del error\n"
                   "if got != wanted:\n"
                   "    for a, b in zip(got, wanted):\n"
                   "        if a != b: print(str(a)[:1500], '!=',\n"
                   "                         str(b)[:1500], sep='\\n')\n"
                   "    raise AssertionError(str(case)[:300])\n");
    }
    Py_DECREF(cases);
}

/* A handler that handles nothing: its methods are called by the test. */
static int
idle_handle(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

static WSGIRequestHandlerClass
idle_class(void)
{
    WSGIRequestHandlerClass cls = classes[0];

    cls.base.base.base.handle = idle_handle;
    return cls;
}

/* As if `GET / HTTP/1.1` had been parsed, with these headers. */
static BaseHTTPRequestHandler *
new_idle_handler(const WSGIRequestHandlerClass *cls, const char *headers)
{
    BaseHTTPRequestHandler *self;
    PyObject *text = PyUnicode_FromString(headers);

    run_python("request = io.BytesIO(), io.BytesIO()");
    self = new_handler(cls, eval_python("request"));
    assert_non_null(self);
    self->requestline = PyUnicode_FromString("GET / HTTP/1.1");
    self->command = PyUnicode_FromString("GET");
    self->request_version = PyUnicode_FromString("HTTP/1.1");
    self->path = PyUnicode_FromString("/");
    self->headers = HTTPMessage_parsestr(&HTTPMessage_class, text);
    assert_non_null(self->headers);
    Py_DECREF(text);
    return self;
}

static void
test_get_environ_unquotes_paths_as_python_does(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls, "");
    PyObject *paths = eval_python("paths");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(paths); i++) {
        PyObject *env;

        Py_SETREF(self->path, Py_NewRef(PyList_GET_ITEM(paths, i)));
        env = cls.get_environ(self);
        set_python("path", self->path);
        assert_non_null(env);
        assert_equal(PyDict_Items(env), eval_python("path_items(path)"));
        Py_DECREF(env);
    }
    Py_DECREF(paths);
    Py_DECREF(self);
}

static void
test_get_environ_leaves_the_servers_alone(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self =
        new_idle_handler(&cls, "Content-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n");
    Py_ssize_t size = PyDict_Size(server->base_environ);
    PyObject *env = cls.get_environ(self);

    (void)state;
    assert_non_null(env);
    assert_true(PyDict_CheckExact(env));
    assert_int_equal(Py_REFCNT(env), 1);
    assert_ptr_not_equal(env, server->base_environ);
    assert_int_equal(PyDict_Size(server->base_environ), size);
    set_python("environ", env);
    assert_repr(eval_python("environ['CONTENT_LENGTH']"), "'5'");
    assert_repr(eval_python("environ['HTTP_X_A']"), "'1,2'");
    assert_repr(eval_python("'HTTP_CONTENT_LENGTH' in environ"), "False");
    run_python("del environ");
    Py_DECREF(env);
    Py_DECREF(self);
}

static void
test_get_environ_of_a_client_without_an_address_is_an_error(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls, "");

    (void)state;
    /* as of a Unix socket */
    Py_SETREF(self->base.base.client_address, PyUnicode_FromString(""));
    assert_null(cls.get_environ(self));
    assert_raised(PyExc_IndexError, "string index out of range");
    Py_DECREF(self);
}

static void
test_get_stderr_is_sys_stderr_of_the_moment(void **state)
{
    WSGIRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls, "");

    (void)state;
    run_python("sys.stderr = io.StringIO()");
    assert_equal(cls.get_stderr(self), eval_python("sys.stderr"));
    run_python("sys.stderr = None");
    assert_repr(cls.get_stderr(self), "None");
    run_python("del sys.stderr");
    assert_null(cls.get_stderr(self));
    assert_raised(PyExc_AttributeError,
                  "module 'sys' has no attribute 'stderr'");
    run_python("sys.stderr = sys.__stderr__");
    Py_DECREF(self);
}

/* What handle() calls on self, and on the server, in Python's order. */
static int
spy_parse_request(BaseHTTPRequestHandler *self)
{
    function_called();
    assert_repr(Py_NewRef(self->raw_requestline), "b'GET / HTTP/1.1\\r\\n'");
    return mock_type(int);
}

static int
spy_send_error(BaseHTTPRequestHandler *self, int code, const char *message,
               const char *explain)
{
    function_called();
    assert_int_equal(code, 414);
    assert_null(message);
    assert_null(explain);
    assert_repr(Py_NewRef(self->requestline), "''");
    assert_repr(Py_NewRef(self->request_version), "''");
    assert_repr(Py_NewRef(self->command), "''");
    return mock_type(int);
}

static PyObject *
spy_get_stderr(BaseHTTPRequestHandler *self)
{
    (void)self;
    function_called();
    return mock_ptr_type(PyObject *);
}

static PyObject *
spy_get_environ(BaseHTTPRequestHandler *self)
{
    (void)self;
    function_called();
    return mock_ptr_type(PyObject *);
}

static PyObject *
spy_get_app(WSGIServer *self)
{
    assert_ptr_equal(self, server);
    function_called();
    return mock_ptr_type(PyObject *);
}

static WSGIRequestHandlerClass
spying_class(void)
{
    WSGIRequestHandlerClass cls = classes[0];

    cls.base.parse_request = spy_parse_request;
    cls.base.send_error = spy_send_error;
    cls.get_stderr = spy_get_stderr;
    cls.get_environ = spy_get_environ;
    server_class.get_app = spy_get_app;
    return cls;
}

static BaseHTTPRequestHandler *
spied_handler(const WSGIRequestHandlerClass *cls)
{
    BaseHTTPRequestHandler *self;

    run_python("request = (io.BytesIO(b'GET / HTTP/1.1\\r\\n'),\n"
               "           io.BytesIO())\n");
    self = new_handler(cls, eval_python("request"));
    server_class.get_app = WSGIServer_get_app;
    return self;
}

/* The spies fail without an exception: traceback_here makes that a
 * SystemError. */
static void
test_handle_calls_through_the_class_and_stops_at_an_error(void **state)
{
    (void)state;
    for (int fails = 1; fails <= 4; fails++) {
        WSGIRequestHandlerClass cls = spying_class();
        PyObject *error = eval_python("io.StringIO()");
        PyObject *env = PyDict_New();

        expect_function_call(spy_parse_request);
        will_return(spy_parse_request, fails == 1 ? -1 : 1);
        if (fails > 1) {
            expect_function_call(spy_get_stderr);
            will_return(spy_get_stderr, fails == 2 ? NULL : Py_NewRef(error));
        }
        if (fails > 2) {
            expect_function_call(spy_get_environ);
            will_return(spy_get_environ, fails == 3 ? NULL : Py_NewRef(env));
        }
        if (fails > 3) {
            expect_function_call(spy_get_app);
            will_return(spy_get_app, NULL);
        }
        assert_null(spied_handler(&cls));
        assert_raised(PyExc_SystemError, NULL);
        assert_int_equal(Py_REFCNT(error), 1);
        assert_int_equal(Py_REFCNT(env), 1);
        Py_DECREF(error);
        Py_DECREF(env);
    }
}

static void
test_handle_runs_the_application_of_the_server(void **state)
{
    WSGIRequestHandlerClass cls = spying_class();
    PyObject *error = eval_python("io.StringIO()");
    BaseHTTPRequestHandler *self;

    (void)state;
    cls.base.log_request = WSGIRequestHandler_class.base.log_request;
    run_python("def other(environ, start_response):\n"
               "    global own\n"
               "    own = environ['OWN'], environ['wsgi.errors']\n"
               "    raise BrokenPipeError\n");
    expect_function_call(spy_parse_request);
    will_return(spy_parse_request, 1);
    expect_function_call(spy_get_stderr);
    will_return(spy_get_stderr, Py_NewRef(error));
    expect_function_call(spy_get_environ);
    will_return(spy_get_environ, eval_python("{'OWN': 'x'}"));
    expect_function_call(spy_get_app);
    will_return(spy_get_app, eval_python("other"));
    self = spied_handler(&cls);
    assert_non_null(self);
    set_python("errors", error);
    run_python("assert own == ('x', errors)\n"
               "del errors, own\n");
    assert_int_equal(Py_REFCNT(error), 1);
    Py_DECREF(error);
    Py_DECREF(self);
}

static void
test_handle_stops_when_parse_request_has_answered(void **state)
{
    WSGIRequestHandlerClass cls = spying_class();

    (void)state;
    expect_function_call(spy_parse_request);
    will_return(spy_parse_request, 0);
    Py_DECREF((PyObject *)spied_handler(&cls));
}

static void
test_a_long_request_line_is_414(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        WSGIRequestHandlerClass cls = spying_class();
        BaseHTTPRequestHandler *self;

        expect_function_call(spy_send_error);
        will_return(spy_send_error, fails ? -1 : 0);
        run_python("request = io.BytesIO(b'a' * 65537), io.BytesIO()");
        self = new_handler(&cls, eval_python("request"));
        server_class.get_app = WSGIServer_get_app;
        assert_int_equal(self == NULL, fails);
        if (fails) {
            assert_raised(PyExc_SystemError, NULL);
        }
        Py_XDECREF((PyObject *)self);
    }
}

/* What the application was given, after the request. */
static const char keeping_app[] =
    "def app(environ, start_response):\n"
    "    global kept\n"
    "    kept = environ, environ['wsgi.input'], start_response\n"
    "    start_response('200 OK', [])\n"
    "    return [b'x']\n";

static void
test_the_streams_are_those_of_the_handler(void **state)
{
    BaseHTTPRequestHandler *self;

    (void)state;
    run_python(keeping_app);
    Py_SETREF(server->application, eval_python("app"));
    run_python("request = start((b'GET / HTTP/1.1\\r\\n\\r\\nbody', 0,\n"
               "                 io.BytesIO, io.BytesIO))\n");
    self = new_handler(&classes[0], eval_python("request"));
    assert_non_null(self);
    set_python("rfile", (PyObject *)self->base.rfile);
    run_python("assert kept[1] is rfile\n"
               "assert kept[0]['wsgi.errors'] is sys.stderr\n"
               "assert kept[1].read() == b'body'\n"
               "assert request[1].getvalue().endswith(b'\\r\\n\\r\\nx')\n"
               "del kept, rfile\n"
               "sys.stderr = sys.__stderr__\n");
    Py_DECREF(self);
}

static void
test_handle_keeps_nothing_alive(void **state)
{
    static const char *const apps[] = {
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [b'x']\n",
        "def app(environ, start_response):\n"
        "    raise ValueError\n",
        "def app(environ, start_response):\n"
        "    environ['keep'] = start_response\n"
        "    environ['more'] = start_response('200 OK', [])\n"
        "    return [b'x']\n",
        "def app(environ, start_response):\n"
        "    raise BrokenPipeError\n",
    };

    (void)state;
    run_python("gc.collect()\n"
               "gc.disable()\n");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(apps); i++) {
        PyObject *app, *error;
        BaseHTTPRequestHandler *self;
        Py_ssize_t references = Py_REFCNT(server);

        run_python(apps[i]);
        app = eval_python("app");
        Py_SETREF(server->application, Py_NewRef(app));
        run_python("del app\n"
                   "request = start((b'GET / HTTP/1.1\\r\\n\\r\\n', 0,\n"
                   "                 io.BytesIO, io.BytesIO))\n");
        error = eval_python("sys.stderr");
        self = new_handler(&classes[0], eval_python("request"));
        assert_non_null(self);
        run_python("sys.stderr = sys.__stderr__");
        assert_int_equal(Py_REFCNT(self), 1);
        assert_int_equal(Py_REFCNT(self->base.rfile), 1);
        assert_int_equal(Py_REFCNT(self->base.wfile), 1);
        assert_int_equal(Py_REFCNT(app), 2);
        assert_int_equal(Py_REFCNT(error), 1);
        Py_DECREF(self);
        assert_int_equal(Py_REFCNT(server), references);
        Py_DECREF(app);
        Py_DECREF(error);
    }
    run_python("gc.enable()");
    Py_SETREF(server->application, Py_NewRef(Py_None));
}

static void
test_the_collector_finds_a_request_that_was_cut_off(void **state)
{
    BaseHTTPRequestHandler *self;

    (void)state;
    /* the client has gone: nothing breaks the cycle by close() */
    run_python("import weakref\n"
               "class Probe: pass\n"
               "def app(environ, start_response):\n"
               "    global probe\n"
               "    environ['probe'] = Probe()\n"
               "    probe = weakref.ref(environ['probe'])\n"
               "    environ['keep'] = start_response\n"
               "    start_response('200 OK', [])\n"
               "    return [b'x']\n"
               "gc.disable()\n");
    Py_SETREF(server->application, eval_python("app"));
    run_python("request = start((b'GET / HTTP/1.1\\r\\n\\r\\n', 0,\n"
               "                 io.BytesIO, Broken))\n");
    self = new_handler(&classes[0], eval_python("request"));
    assert_non_null(self);
    assert_int_equal(Py_REFCNT(self), 2);
    Py_DECREF(self);
    run_python("assert sys.stderr.getvalue() == '', sys.stderr.getvalue()\n"
               "sys.stderr = sys.__stderr__\n"
               "assert probe() is not None\n"
               "gc.enable()\n"
               "gc.collect()\n"
               "assert probe() is None\n");
    Py_SETREF(server->application, Py_NewRef(Py_None));
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    const BaseHTTPRequestHandlerClass *cls = &WSGIRequestHandler_class.base;

    (void)state;
    run_python("cls = simple_server.WSGIRequestHandler\n"
               "wanted = (cls.server_version, cls.error_message_format,\n"
               "    cls.error_content_type, cls.default_request_version,\n"
               "    cls.protocol_version, cls.rbufsize)\n");
    assert_equal(eval_python("wanted"),
                 Py_BuildValue("(sssssi)", cls->server_version,
                               cls->error_message_format,
                               cls->error_content_type,
                               cls->default_request_version,
                               cls->protocol_version, cls->base.rbufsize));
    assert_null(cls->do_methods[0].name);
}

static void
test_table_has_no_empty_slot(void **state)
{
    const WSGIRequestHandlerClass *cls = &WSGIRequestHandler_class;

    (void)state;
    assert_no_empty_slot(&cls->base.base.base,
                         offsetof(BaseRequestHandlerClass, init),
                         sizeof(BaseRequestHandlerClass));
    assert_no_empty_slot(cls,
                         offsetof(WSGIRequestHandlerClass, base.parse_request),
                         sizeof(WSGIRequestHandlerClass));
}

static int
setup(void **state)
{
    PyObject *address;

    if (start_server_types(state) < 0) {
        return -1;
    }
    make_request_lines();
    run_python(reference);
    run_python(reference_runs);
    fill_classes();
    server_class = WSGIServer_class;
    server_class.base.init = memory_server_init;
    address = Py_BuildValue("(si)", "127.0.0.1", 80);
    server = (WSGIServer *)BaseServer_new(&server_class.base, address, NULL);
    Py_DECREF(address);
    return server == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    Py_CLEAR(server);
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_every_request_is_handled_as_by_python),
        python_test(test_get_environ_unquotes_paths_as_python_does),
        python_test(test_get_environ_leaves_the_servers_alone),
        python_test(
            test_get_environ_of_a_client_without_an_address_is_an_error),
        python_test(test_get_stderr_is_sys_stderr_of_the_moment),
        python_test(test_handle_calls_through_the_class_and_stops_at_an_error),
        python_test(test_handle_runs_the_application_of_the_server),
        python_test(test_handle_stops_when_parse_request_has_answered),
        python_test(test_a_long_request_line_is_414),
        python_test(test_the_streams_are_those_of_the_handler),
        python_test(test_handle_keeps_nothing_alive),
        python_test(test_the_collector_finds_a_request_that_was_cut_off),
        python_test(test_the_class_attributes_are_pythons),
        python_test(test_table_has_no_empty_slot),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
