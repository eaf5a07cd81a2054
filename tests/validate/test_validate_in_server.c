/* validator() between WSGIRequestHandler and an application: the twins of
 * CPython's own tests of it, and requests as a client sends them. Each is also
 * run by the original, with Python's validator in Python's request handler. */
#include "../server/doubles.h"

#include "server/server_handler.h"
#include "server/simple_server.h"
#include "validate/validate.h"
#include "types.h"

static const char reference[] =
    "import gc, io, platform, re, sys, types, warnings\n"
    "import wsgiref.validate\n"
    "from wsgiref import simple_server\n"
    "from wsgiref.util import FileWrapper\n"
    "PLAIN = [('Content-Type', 'text/plain; charset=utf-8')]\n"
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
    "def python_handler(app, request):\n"
    "    app = wsgiref.validate.validator(app) if validated else app\n"
    "    server = types.SimpleNamespace(base_environ=base_environ,\n"
    "                                   get_app=lambda: app)\n"
    "    Reference(request, ('127.0.0.1', 4711), server)\n"
    "def mask(text):\n"
    "    text = re.sub(r'0x[0-9a-f]+', '0x', text)\n"
    "    text = re.sub(r'\\[../.../.... ..:..:..\\]', '[now]', text)\n"
    "    text = re.sub(r'.*(?:validate|checks)\\.[cp].*(WSGIWarning.*\\n)(?:  "
    ".*\\n)?', "
    "r'\\1',\n"
    "                  text)\n"
    "    text = re.sub(r'(ignored .*<)[^>]*(__del__)[^>]*', r'\\1\\2',\n"
    "                  text)\n"
    "    text = re.sub(r'  File \".*\", line \\d+, in (.*)\\n(    .*\\n)*',\n"
    "                  r'  in \\1\\n', text)\n"
    "    return text.replace('cwsgiref.validate.', '')\n"
    "def run(handler, app, data):\n"
    "    # What the client gets, the log, and what came out.\n"
    "    rfile, wfile, error = io.BytesIO(data), io.BytesIO(), None\n"
    "    sys.stderr = io.StringIO()\n"
    "    with warnings.catch_warnings():\n"
    "        warnings.simplefilter('default')\n"
    "        try: handler(app, (rfile, wfile))\n"
    "        except BaseException as e: error = repr(e), repr(e.__context__)\n"
    "    gc.collect()\n"
    "    log, sys.stderr = mask(sys.stderr.getvalue()), sys.__stderr__\n"
    "    out = re.sub(rb'Date: ..., .. .*? GMT', b'Date: now',\n"
    "                 wfile.getvalue())\n"
    "    return out, log, error\n";

static PyObject *server_application; /* borrowed, while a request lasts */

static PyObject *
given_app(WSGIServer *self)
{
    (void)self;
    return Py_NewRef(server_application);
}

static int
memory_server_init(BaseServer *self, PyObject *server_address,
                   const BaseRequestHandlerClass *RequestHandlerClass,
                   bool bind_and_activate)
{
    WSGIServer *wsgi = (WSGIServer *)self;

    wsgi->base_environ = eval_python("base_environ");
    return BaseServer_init(self, server_address, RequestHandlerClass,
                           bind_and_activate);
}

static bool validated = true;

/* c_handler(app, request) */
static PyObject *
c_handler(PyObject *module, PyObject *args)
{
    WSGIServerClass server_class = WSGIServer_class;
    WSGIRequestHandlerClass handler_class = WSGIRequestHandler_class;
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 4711);
    PyObject *app, *request;
    BaseServer *server;
    BaseRequestHandler *handler;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &app, &request)) {
        return NULL;
    }
    server_class.base.init = memory_server_init;
    server_class.get_app = given_app;
    handler_class.base.base.base.setup = memory_setup;
    handler_class.base.base.base.finish = memory_finish;
    server_application = validated ? validator(app) : Py_NewRef(app);
    assert_non_null(server_application);
    server = BaseServer_new(&server_class.base, address, NULL);
    assert_non_null(server);
    handler = BaseRequestHandler_new(&handler_class.base.base.base, request,
                                     address, server);
    Py_XDECREF((PyObject *)handler);
    Py_DECREF((PyObject *)server);
    Py_DECREF(server_application);
    Py_DECREF(address);
    return handler == NULL ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef c_handler_def = { "c_handler", c_handler, METH_VARARGS,
                                     NULL };

/* Python's `out` and `log` of a request for `app`, a function that the source
 * defines; both are those of the original, too. */
static void
run_amock(const char *source, const char *data)
{
    PyObject *bytes = PyBytes_FromString(data);

    run_python(source);
    set_python("data", bytes);
    Py_DECREF(bytes);
    set_python("validated", validated ? Py_True : Py_False);
    run_python("wanted = run(python_handler, app, data)\n"
               "out, log, error = got = run(c_handler, app, data)\n"
               "if got != wanted:\n"
               "    for a, b in zip(got, wanted):\n"
               "        if a != b: print(a, '!=', b, sep='\\n')\n"
               "    raise AssertionError(data)\n");
}

static void
assert_server_error(void)
{
    assert_repr(eval_python("out.endswith(b'A server error occurred.  Please "
                            "contact the administrator.')"),
                "True");
}

#define GET "GET / HTTP/1.0\n\n"

/* Lib/test/test_wsgiref.py: IntegrationTests.test_validated_hello */
static void
test_validated_hello(void **state)
{
    (void)state;
    run_amock("def app(environ, start_response):\n"
              "    start_response('200 OK', [\n"
              "        ('Content-Type', 'text/plain'),\n"
              "        ('Date', 'Mon, 05 Jun 2006 18:49:54 GMT')])\n"
              "    return [b'Hello, world!']\n",
              GET);
    assert_repr(eval_python("out.replace(b'Server/0.2', b'Server').replace((\n"
                            "    platform.python_implementation()\n"
                            "    + '/' + sys.version.split()[0]).encode(),\n"
                            "    b'Python')"),
                "b'HTTP/1.0 200 OK\\r\\nServer: WSGIServer Python\\r\\n"
                "Content-Type: text/plain\\r\\nDate: now\\r\\n\\r\\nHello, "
                "world!'");
}

/* IntegrationTests.test_simple_validation_error */
static void
test_simple_validation_error(void **state)
{
    (void)state;
    run_amock("def app(environ, start_response):\n"
              "    start_response('200 OK', ('Content-Type','text/plain'))\n"
              "    return ['Hello, world!']\n",
              GET);
    assert_server_error();
    assert_repr(eval_python("log.splitlines()[-2]"),
                "\"AssertionError: Headers (('Content-Type', 'text/plain')) "
                "must be of type list: <class 'tuple'>\"");
}

/* IntegrationTests.test_status_validation_errors: without validator() */
static void
test_status_validation_errors(void **state)
{
    static const char *const tests[][2] = {
        { "200", "'AssertionError: Status must be at least 4 characters'" },
        { "20X OK",
          "'AssertionError: Status message must begin w/3-digit code'" },
        { "200OK",
          "'AssertionError: Status message must have a space after code'" },
    };

    (void)state;
    validated = false;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(tests); i++) {
        PyObject *status = PyUnicode_FromString(tests[i][0]);

        set_python("status", status);
        Py_DECREF(status);
        run_amock("def app(environ, start_response):\n"
                  "    start_response(status, PLAIN)\n"
                  "    return [b'Hello, world!']\n",
                  GET);
        assert_server_error();
        assert_repr(eval_python("log.splitlines()[-2]"), tests[i][1]);
    }
    validated = true;
}

/* IntegrationTests.test_wsgi_input */
static void
test_wsgi_input(void **state)
{
    (void)state;
    run_amock("def app(e, s):\n"
              "    e['wsgi.input'].read()\n"
              "    s('200 OK', PLAIN)\n"
              "    return [b'data']\n",
              GET);
    assert_server_error();
    assert_repr(eval_python("log.splitlines()[-2]"), "'AssertionError'");
    assert_repr(eval_python("[line.strip() for line in log.splitlines()\n"
                            " if line.startswith('  in ')]"),
                "['in run', 'in lint_app', 'in app', 'in read', "
                "'in assert_']");
}

/* IntegrationTests.test_bytes_validation */
static void
test_bytes_validation(void **state)
{
    (void)state;
    run_amock("def app(e, s):\n"
              "    s('200 OK', PLAIN + [\n"
              "        ('Date', 'Wed, 24 Dec 2008 13:29:32 GMT')])\n"
              "    return [b'data']\n",
              GET);
    assert_repr(eval_python("log.endswith('\"GET / HTTP/1.0\" 200 4\\n')"),
                "True");
    assert_repr(eval_python("out.endswith(b'Content-Type: text/plain; "
                            "charset=utf-8\\r\\nDate: now\\r\\n\\r\\ndata')"),
                "True");
}

/* IntegrationTests.test_cp1252_url */
static void
test_cp1252_url(void **state)
{
    (void)state;
    run_amock("def app(e, s):\n"
              "    s('200 OK', PLAIN)\n"
              "    return [e['PATH_INFO'].encode('latin1')]\n",
              "GET /\x80%80 HTTP/1.0");
    assert_repr(eval_python("out.splitlines()[-1]"), "b'/\\x80\\x80'");
}

/* An application for each kind of request, by its path. */
static const char routes[] =
    "class Body:\n"
    "    def __init__(self, *blocks): self.blocks = blocks\n"
    "    def __iter__(self): return iter(self.blocks)\n"
    "    def close(self):\n"
    "        print('APP close()', file=sys.stderr)\n"
    "        raise RuntimeError('close failed')\n"
    "def app(environ, start_response):\n"
    "    path = environ['PATH_INFO']\n"
    "    stream = environ['wsgi.input']\n"
    "    if path == '/read-all': stream.read()\n"
    "    if path == '/read': body = stream.read(5)\n"
    "    if path == '/lines': body = b'|'.join(list(stream))\n"
    "    if path == '/readlines': body = b'|'.join(stream.readlines())\n"
    "    if path == '/none': return None\n"
    "    if path == '/five': return 5\n"
    "    if path == '/not-started': return [b'body']\n"
    "    if path == '/log':\n"
    "        print('to the log', file=environ['wsgi.errors'], flush=True)\n"
    "    if path == '/raise': raise ValueError('raised')\n"
    "    if path == '/headers-empty':\n"
    "        start_response('200 OK', [])\n"
    "        return [b'x']\n"
    "    if path == '/status-204':\n"
    "        start_response('204 No Content', PLAIN)\n"
    "        return []\n"
    "    if path == '/204':\n"
    "        start_response('204 No Content', [])\n"
    "        return []\n"
    "    write = start_response('200 OK', PLAIN)\n"
    "    if path == '/start-again': start_response('200 OK', PLAIN)\n"
    "    if path == '/return-str': return 'text'\n"
    "    if path == '/return-body-close-raises': return Body(b'one\\n')\n"
    "    if path == '/file-wrapper':\n"
    "        return environ['wsgi.file_wrapper'](io.BytesIO(b'0123\\n'))\n"
    "    if path == '/write':\n"
    "        write(b'w1\\n')\n"
    "        write(b'w2\\n')\n"
    "        return [b'iter\\n']\n"
    "    if path == '/write-text': write('text')\n"
    "    if path == '/text': return [b'one', 'text']\n"
    "    if path == '/text-first': return ['text', b'one']\n"
    "    if path == '/length':\n"
    "        return [str(len(environ)).encode()]\n"
    "    return [locals().get('body', b'ok\\n')]\n";

static void
assert_request(const char *request_, const char *last_line)
{
    run_amock(routes, request_);
    if (last_line != NULL) {
        assert_repr(eval_python("log.splitlines()[-2]"), last_line);
    }
}

#define END " HTTP/1.1\r\nHost: h\r\n\r\n"

static void
test_good_requests_pass(void **state)
{
    (void)state;
    assert_request("GET /ok" END, NULL);
    assert_repr(eval_python("log"),
                "'127.0.0.1 - - [now] \"GET /ok HTTP/1.1\" 200 3\\n'");
    assert_request("GET /length" END, NULL);
    assert_request("GET /204" END, NULL);
    assert_request("GET /ok?query" END, NULL);
    assert_request("HEAD /ok" END, NULL);
    assert_request("GET /log" END, "'to the log'");
    assert_request("GET /write" END, NULL);
    assert_repr(eval_python("out.endswith(b'\\r\\n\\r\\nw1\\nw2\\niter\\n')"),
                "True");
    assert_request("GET /file-wrapper" END, NULL);
    assert_request("POST /read HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                   NULL);
    assert_repr(eval_python("out.endswith(b'\\r\\n\\r\\nhello')"), "True");
    assert_request("POST /lines HTTP/1.1\r\nContent-Length: 5\r\n\r\na\nb\n",
                   NULL);
    assert_request("POST /readlines HTTP/1.1\r\n\r\na\nb\nc", NULL);
    assert_repr(eval_python("out.endswith(b'\\r\\n\\r\\na\\n|b\\n|c')"),
                "True");
}

static void
test_unknown_method_is_warned_of(void **state)
{
    (void)state;
    assert_request("FOO /ok" END,
                   "\"WSGIWarning: Unknown REQUEST_METHOD: 'FOO'\"");
    assert_repr(eval_python("b'200 OK' in out"), "True");
}

static void
test_bad_environ_is_a_server_error(void **state)
{
    (void)state;
    assert_request("GET p/q" END, "\"AssertionError: PATH_INFO doesn't start "
                                  "with /: 'p/q'\"");
    assert_server_error();
    assert_request("OPTIONS *" END, "\"AssertionError: PATH_INFO doesn't "
                                    "start with /: '*'\"");
    assert_request("POST /ok HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                   "\"AssertionError: Invalid CONTENT_LENGTH: '-1'\"");
    assert_request("POST /ok HTTP/1.1\r\nContent-Length: junk\r\n\r\n",
                   "\"ValueError: invalid literal for int() with base 10: "
                   "'junk'\"");
}

static void
test_bad_application_is_a_server_error(void **state)
{
    (void)state;
    assert_request("POST /read-all" END, "'AssertionError'");
    assert_server_error();
    assert_request("GET /headers-empty" END,
                   "'AssertionError: No Content-Type header found in headers "
                   "([])'");
    assert_request("GET /status-204" END,
                   "'AssertionError: Content-Type header found in a 204 "
                   "response, which must not return content.'");
    assert_request("GET /return-str" END,
                   "'AssertionError: You should not return a string as your "
                   "application iterator, instead return a single-item list "
                   "containing a bytestring.'");
    assert_request("GET /none" END,
                   "'AssertionError: The application must return an "
                   "iterator, if only an empty list'");
    assert_request("GET /not-started" END,
                   "'AssertionError: The application returns and we started "
                   "iterating over its body, but start_response has not yet "
                   "been called'");
    assert_request("GET /text" END, NULL);
    assert_request("GET /text-first" END,
                   "\"AssertionError: Iterator yielded non-bytestring "
                   "('text')\"");
    assert_request("GET /write-text" END, "'AssertionError'");
    assert_request("GET /start-again" END,
                   "'AssertionError: Headers already set!'");
    assert_request("GET /raise" END, "'ValueError: raised'");
    assert_server_error();
}

static void
test_failing_close_comes_after_the_response(void **state)
{
    (void)state;
    assert_request("GET /return-body-close-raises" END, NULL);
    assert_repr(eval_python("log.splitlines()[1]"), "'APP close()'");
    assert_repr(eval_python("'RuntimeError: close failed' in log"), "True");
}

/* The half-made IteratorWrapper is complained of when all is over. */
static void
test_what_is_no_iterable_is_complained_of_last(void **state)
{
    (void)state;
    assert_request("GET /five" END, NULL);
    assert_server_error();
    assert_repr(eval_python("[re.sub('while calling deallocator (.*):', "
                            "r'in: \\1', line).partition('. Did')[0]\n"
                            " for line in log.splitlines()\n"
                            " if not line.startswith('  in')]"),
                "['Traceback (most recent call last):', \"TypeError: 'int' "
                "object is not iterable\", '127.0.0.1 - - [now] \"GET /five "
                "HTTP/1.1\" 500 59', 'Exception ignored in: <__del__>', "
                "'Traceback (most recent call last):', \"AttributeError: "
                "'IteratorWrapper' object has no attribute 'closed'\"]");
}

static int
setup(void **state)
{
    PyObject *function;

    if (start_server_types(state) < 0 || types_ready() < 0) {
        return -1;
    }
    run_python(reference);
    function = PyCFunction_New(&c_handler_def, NULL);
    set_python("c_handler", function);
    Py_XDECREF(function);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_validated_hello),
        python_test(test_simple_validation_error),
        python_test(test_status_validation_errors),
        python_test(test_wsgi_input),
        python_test(test_bytes_validation),
        python_test(test_cp1252_url),
        python_test(test_good_requests_pass),
        python_test(test_unknown_method_is_warned_of),
        python_test(test_bad_environ_is_a_server_error),
        python_test(test_bad_application_is_a_server_error),
        python_test(test_failing_close_comes_after_the_response),
        python_test(test_what_is_no_iterable_is_complained_of_last),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
