#include "doubles.h"
#include "requests.h"

#include <string.h>

#include "server/base_http_request_handler.h"
#include "server/responses.h"

/* The same handler in Python, from http.server. Each has rfile and wfile from
 * memory, and its finish() keeps what parsing has left in `attributes`. */
static const char reference_class[] =
    "import http.server, io, re, sys\n"
    "attributes = {}\n"
    "class Reference(http.server.BaseHTTPRequestHandler):\n"
    "    def setup(self):\n"
    "        self.rfile, self.wfile = self.request\n"
    "    def finish(self):\n"
    "        names = ('raw_requestline requestline command path '\n"
    "                 'request_version _headers_buffer '\n"
    "                 'close_connection').split()\n"
    "        attributes.clear()\n"
    "        for name in names:\n"
    "            if hasattr(self, name):\n"
    "                attributes[name] = getattr(self, name)\n"
    "        if getattr(self, 'headers', {}) != {}:\n" /* HTTP/0.9 */
    "            attributes['headers'] = self.headers.items()\n"
    "    def handle_expect_100(self):\n"
    "        # Our wfile has a buffer, and the client waits for this.\n"
    "        result = super().handle_expect_100()\n"
    "        self.wfile.flush()\n"
    "        return result\n"
    "    def do_GET(self):\n"
    "        self.send_response(200)\n"
    "        self.send_header('Content-Length', '3')\n"
    "        self.end_headers()\n"
    "        self.wfile.write(b'ok\\n')\n"
    "    def do_HEAD(self):\n"
    "        self.send_response(299)\n"
    "        self.end_headers()\n"
    "    def do_POST(self):\n"
    "        size = int(self.headers.get('Content-Length'))\n"
    "        body = self.rfile.read(size)\n"
    "        self.send_response(201, 'Made')\n"
    "        self.send_header('Connection', 'Keep-Alive')\n"
    "        self.send_header('Content-Length', str(len(body)))\n"
    "        self.end_headers()\n"
    "        self.wfile.write(body)\n"
    "    def do_CLOSE(self):\n"
    "        self.send_response(204, '')\n"
    "        self.send_header('CONNECTION', 'CLOSE')\n"
    "        self.end_headers()\n"
    "    def do_ERROR(self):\n"
    "        self.send_error(404)\n"
    "    def do_TIMEOUT(self):\n"
    "        raise TimeoutError('timed out')\n"
    "    def do_FAIL(self):\n"
    "        raise ValueError('fail')\n"
    "    def do_EARLY(self):\n"
    "        self.end_headers()\n"
    "    def do_LATIN(self):\n"
    "        self.send_response(200, 'caf\\xe9')\n"
    "        self.send_header('X-\\xe9', '\\xff')\n"
    "        self.end_headers()\n"
    "    def do_BEYOND(self):\n"
    "        self.send_response_only(200)\n"
    "        self.send_header('X', '\\u20ac')\n"
    "class Reference11(Reference):\n"
    "    protocol_version = 'HTTP/1.1'\n"
    "class Refusing(Reference11):\n"
    "    def handle_expect_100(self):\n"
    "        self.send_error(417)\n"
    "        return False\n";

static const char reference_functions[] =
    "classes = [Reference, Reference11, Refusing]\n"
    "client_address = ('127.0.0.1', 4711)\n"
    "class TimingOut(io.BytesIO):\n"
    "    # A client that says no more, with a socket timeout.\n"
    "    def readline(self, size):\n"
    "        line = super().readline(size)\n"
    "        if not line:\n"
    "            raise TimeoutError('timed out')\n"
    "        return line\n"
    "class Broken(io.BytesIO):\n"
    "    # A client that has gone.\n"
    "    def write(self, data):\n"
    "        raise BrokenPipeError(32, 'Broken pipe')\n"
    "class Late(io.BytesIO):\n"
    "    # A client that goes before the last flush.\n"
    "    def flush(self):\n"
    "        raise BrokenPipeError(32, 'Broken pipe')\n"
    "class Reset(io.BytesIO):\n"
    "    def readline(self, size):\n"
    "        line = super().readline(size)\n"
    "        if not line:\n"
    "            raise ConnectionResetError(104, 'Connection reset')\n"
    "        return line\n"
    "def chain(e):\n"
    "    # The exception with its context, less the names of classes.\n"
    "    result = []\n"
    "    while e is not None:\n"
    "        text = re.sub(r\"^'[\\w.]+' object\", \"'...' object\", str(e))\n"
    "        result.append((type(e).__name__, text))\n"
    "        e = e.__context__\n"
    "    return result\n"
    "def masked(data):\n"
    "    return re.sub(rb'Date: [^\\r]*', b'Date: now', data)\n"
    "def outcome(wfile, error):\n"
    "    # All that can be seen of a run.\n"
    "    data = masked(wfile.getvalue())\n"
    "    log = re.sub(r'\\[../.../.... ..:..:..\\]', '[now]',\n"
    "                 sys.stderr.getvalue())\n"
    "    sys.stderr = sys.__stderr__\n"
    "    kept = dict(attributes)\n"
    "    if '_headers_buffer' in kept:\n"
    "        lines = kept['_headers_buffer']\n"
    "        kept['_headers_buffer'] = [masked(line) for line in lines]\n"
    "    return data, log, kept, chain(error)\n"
    "def start(case):\n"
    "    # The files of the request; sys.stderr is in memory.\n"
    "    data, _, rfile_class, wfile_class = case\n"
    "    attributes.clear()\n"
    "    sys.stderr = io.StringIO()\n"
    "    return rfile_class(data), wfile_class()\n"
    "def expected(case):\n"
    "    request = start(case)\n"
    "    error = None\n"
    "    try:\n"
    "        classes[case[1]](request, client_address, None)\n"
    "    except BaseException as e:\n"
    "        error = e\n"
    "    return outcome(request[1], error)\n";

static const char request_cases[] =
    "def sent(line):\n"
    "    return line.replace('|', '\\r\\n').encode('latin-1')\n"
    "cases = [(line, cls, io.BytesIO, io.BytesIO)\n"
    "         for line in lines for cls in range(len(classes))]\n"
    "some = [\n"
    "    '', 'GET / HTTP/1.1||', 'GET / HTTP/1.1|Host', 'GET',\n"
    "    'GET / HTTP/1.1|Host: h|', 'GET / HTTP/1.1|',\n"
    "    'GET / JUNK||', 'GET / HTTP/2.0||', 'GET /||',\n"
    "    'GET / HTTP/1.1|X: ' + 'a' * 70000 + '||',\n"
    "    'GET / HTTP/1.1|' + 'X: v|' * 101, 'NONE / HTTP/1.1||',\n"
    "    'GET /' + 'a' * 70000, 'ERROR / HTTP/1.0||', 'a b c d e|',\n"
    "    'TIMEOUT / HTTP/1.1||', one % 1 + one % 2,\n"
    "    post % (1, 5, 'Expect: 100-continue|', 'hello'),\n"
    "]\n"
    "cases += [(sent(line), cls, rfile_class, wfile_class)\n"
    "          for line in some for cls in range(len(classes))\n"
    "          for rfile_class in (io.BytesIO, TimingOut, Reset)\n"
    "          for wfile_class in (io.BytesIO, Broken, Late)]\n";

static int
write_bytes(BaseHTTPRequestHandler *self, const char *text)
{
    BufferedIOBase *wfile = self->base.wfile;
    PyObject *bytes = PyBytes_FromString(text);
    Py_ssize_t written = wfile->cls->write(wfile, bytes);

    Py_DECREF(bytes);
    return written < 0 ? -1 : 0;
}

static const BaseHTTPRequestHandlerClass *
class_of(BaseHTTPRequestHandler *self)
{
    return (const BaseHTTPRequestHandlerClass *)self->base.base.cls;
}

static int
do_GET(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 200, NULL) < 0 ||
        cls->send_header(self, "Content-Length", "3") < 0 ||
        cls->end_headers(self) < 0)
    {
        return -1;
    }
    return write_bytes(self, "ok\n");
}

static int
do_HEAD(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 299, NULL) < 0) {
        return -1;
    }
    return cls->end_headers(self);
}

static int
do_POST(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);
    BufferedIOBase *rfile = self->base.rfile, *wfile = self->base.wfile;
    PyObject *header = HTTPMessage_get(self->headers, "Content-Length", NULL);
    PyObject *size = PyNumber_Long(header);
    PyObject *body = NULL;
    char length[32];
    int result = -1;

    if (size == NULL) {
        goto done;
    }
    body = rfile->cls->read(rfile, PyLong_AsSsize_t(size));
    PyOS_snprintf(length, sizeof(length), "%zd", PyBytes_GET_SIZE(body));
    if (cls->send_response(self, 201, "Made") == 0 &&
        cls->send_header(self, "Connection", "Keep-Alive") == 0 &&
        cls->send_header(self, "Content-Length", length) == 0 &&
        cls->end_headers(self) == 0 && wfile->cls->write(wfile, body) >= 0)
    {
        result = 0;
    }

done:
    Py_XDECREF(header);
    Py_XDECREF(size);
    Py_XDECREF(body);
    return result;
}

static int
do_CLOSE(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 204, "") < 0 ||
        cls->send_header(self, "CONNECTION", "CLOSE") < 0)
    {
        return -1;
    }
    return cls->end_headers(self);
}

static int
do_ERROR(BaseHTTPRequestHandler *self)
{
    return class_of(self)->send_error(self, 404, NULL, NULL);
}

static int
do_TIMEOUT(BaseHTTPRequestHandler *self)
{
    (void)self;
    PyErr_SetString(PyExc_TimeoutError, "timed out");
    return -1;
}

static int
do_FAIL(BaseHTTPRequestHandler *self)
{
    (void)self;
    PyErr_SetString(PyExc_ValueError, "fail");
    return -1;
}

static int
do_EARLY(BaseHTTPRequestHandler *self)
{
    return class_of(self)->end_headers(self);
}

static int
do_LATIN(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response(self, 200, "caf\xc3\xa9") < 0 ||
        cls->send_header(self, "X-\xc3\xa9", "\xc3\xbf") < 0)
    {
        return -1;
    }
    return cls->end_headers(self);
}

static int
do_BEYOND(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);

    if (cls->send_response_only(self, 200, NULL) < 0) {
        return -1;
    }
    return cls->send_header(self, "X", "\xe2\x82\xac");
}

static const DoMethod do_methods[] = {
    { "do_GET", do_GET },     { "do_HEAD", do_HEAD },
    { "do_POST", do_POST },   { "do_CLOSE", do_CLOSE },
    { "do_ERROR", do_ERROR }, { "do_TIMEOUT", do_TIMEOUT },
    { "do_FAIL", do_FAIL },   { "do_EARLY", do_EARLY },
    { "do_LATIN", do_LATIN }, { "do_BEYOND", do_BEYOND },
    { NULL, NULL },
};

/* attributes[name] = value, if it is there; steals the value. */
static void
keep(PyObject *attributes, const char *name, PyObject *value)
{
    if (value != NULL) {
        assert_int_equal(PyDict_SetItemString(attributes, name, value), 0);
        Py_DECREF(value);
    }
}

static int
keep_attributes(BaseRequestHandler *self)
{
    BaseHTTPRequestHandler *http = (BaseHTTPRequestHandler *)self;
    PyObject *attributes = eval_python("attributes");

    keep(attributes, "raw_requestline", Py_XNewRef(http->raw_requestline));
    keep(attributes, "requestline", Py_XNewRef(http->requestline));
    keep(attributes, "command", Py_XNewRef(http->command));
    keep(attributes, "path", Py_XNewRef(http->path));
    keep(attributes, "request_version", Py_XNewRef(http->request_version));
    keep(attributes, "_headers_buffer", Py_XNewRef(http->_headers_buffer));
    keep(attributes, "close_connection",
         PyBool_FromLong(http->close_connection));
    if (http->headers != NULL) {
        keep(attributes, "headers", HTTPMessage_items(http->headers));
    }
    Py_DECREF(attributes);
    return 0;
}

static int
keep_attributes_finally(BaseRequestHandler *self)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    keep_attributes(self);
    PyErr_Restore(type, value, traceback);
    return 0;
}

static int
refuse_expect_100(BaseHTTPRequestHandler *self)
{
    return class_of(self)->send_error(self, 417, NULL, NULL);
}

/* The C classes that stand for the Python list `classes`. */
static BaseHTTPRequestHandlerClass classes[3];

static void
fill_classes(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        classes[i] = BaseHTTPRequestHandler_class;
        classes[i].base.base.setup = memory_setup;
        classes[i].base.base.finish = keep_attributes_finally;
        classes[i].do_methods = do_methods;
        if (i > 0) {
            classes[i].protocol_version = "HTTP/1.1";
        }
    }
    classes[2].handle_expect_100 = refuse_expect_100;
}

static BaseServer *server;

/* cls(request, ('127.0.0.1', 4711), server); `request` is stolen. */
static BaseHTTPRequestHandler *
new_handler(const BaseHTTPRequestHandlerClass *cls, PyObject *request)
{
    PyObject *client_address = eval_python("client_address");
    BaseRequestHandler *self = BaseRequestHandler_new(&cls->base.base, request,
                                                      client_address, server);

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
test_every_request_is_answered_as_by_python(void **state)
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

static BaseHTTPRequestHandlerClass
idle_class(void)
{
    BaseHTTPRequestHandlerClass cls = classes[0];

    cls.base.base.handle = idle_handle;
    return cls;
}

/* As if such a request line had been parsed. */
static void
pretend(BaseHTTPRequestHandler *self, const char *command,
        const char *request_version)
{
    Py_XSETREF(self->requestline, PyUnicode_FromString("the request line"));
    Py_XSETREF(self->command, PyUnicode_FromString(command));
    Py_XSETREF(self->request_version, PyUnicode_FromString(request_version));
}

static const char error_functions[] =
    "class Idle(Reference):\n"
    "    def handle(self):\n"
    "        pass\n"
    "def idle(command, version):\n"
    "    attributes.clear()\n"
    "    sys.stderr = io.StringIO()\n"
    "    request = io.BytesIO(), io.BytesIO()\n"
    "    self = Idle(request, client_address, None)\n"
    "    self.requestline = 'the request line'\n"
    "    self.command = command\n"
    "    self.request_version = version\n"
    "    return self\n"
    "def send_error(command, version, *args):\n"
    "    self = idle(command, version)\n"
    "    error = None\n"
    "    try:\n"
    "        self.send_error(*args)\n"
    "    except Exception as e:\n"
    "        error = e\n"
    "    self.finish()\n"
    "    return outcome(self.wfile, error)\n"
    "from http import HTTPStatus\n"
    "texts = [(None, None), ('a<b>&\"\\'', '<x> & y'), ('', ''),\n"
    "         ('caf\\xe9', '\\u20ac'), ('\\u20ac', None),\n"
    "         ('%s%d', '%(code)d'),\n"
    "         ('two\\r\\nlines', 'tab\\tand\\x1b'), (None, 'why')]\n"
    "codes = [int(s) for s in HTTPStatus]\n"
    "codes += [0, -1, 99, 199, 306, 418, 499, 600, 999, 12345]\n"
    "errors = [('GET', 'HTTP/1.1', code, *text)\n"
    "          for code in codes for text in texts]\n"
    "errors += [(command, version, code, None, None)\n"
    "           for command in ('HEAD', 'GET', 'head', '', 'CONNECT')\n"
    "           for version in ('HTTP/0.9', 'HTTP/1.0', '', 'http/0.9')\n"
    "           for code in (100, 200, 204, 205, 304, 404, 500)]\n";

/* A str as UTF-8, None as NULL. */
static const char *
text_of(PyObject *text)
{
    return text == Py_None ? NULL : PyUnicode_AsUTF8(text);
}

static void
test_send_error_sends_and_logs_what_pythons_does(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    PyObject *errors;

    (void)state;
    run_python(error_functions);
    errors = eval_python("errors");
    assert_true(PyList_GET_SIZE(errors) > 500);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(errors); i++) {
        PyObject *this = PyList_GET_ITEM(errors, i);
        BaseHTTPRequestHandler *self;

        set_python("args", this);
        run_python("wanted = send_error(*args)\n"
                   "attributes.clear()\n"
                   "sys.stderr = io.StringIO()\n"
                   "request = io.BytesIO(), io.BytesIO()\n");
        self = new_handler(&cls, eval_python("request"));
        assert_non_null(self);
        pretend(self, text_of(PyTuple_GET_ITEM(this, 0)),
                text_of(PyTuple_GET_ITEM(this, 1)));
        (void)cls.send_error(self,
                             (int)PyLong_AsLong(PyTuple_GET_ITEM(this, 2)),
                             text_of(PyTuple_GET_ITEM(this, 3)),
                             text_of(PyTuple_GET_ITEM(this, 4)));
        catch_error();
        /* close_connection is a class's own thing before a request */
        run_python("attributes.clear()");
        keep_attributes(&self->base.base);
        run_python("got = outcome(request[1], error)\n"
                   "wanted[2].setdefault('close_connection', False)\n"
                   "assert got == wanted, (args, got, wanted)\n"
                   "del error\n");
        Py_DECREF(self);
    }
    Py_DECREF(errors);
}

/* A handler to call methods of, with sys.stderr in memory; its wfile is
 * Python's request[1]. */
static BaseHTTPRequestHandler *
new_idle_handler(const BaseHTTPRequestHandlerClass *cls)
{
    BaseHTTPRequestHandler *self;

    run_python("attributes.clear()\n"
               "sys.stderr = io.StringIO()\n"
               "request = io.BytesIO(), io.BytesIO()\n");
    self = new_handler(cls, eval_python("request"));
    assert_non_null(self);
    return self;
}

static void
end_idle_handler(BaseHTTPRequestHandler *self)
{
    run_python("sys.stderr = sys.__stderr__");
    Py_DECREF(self);
}

static void
test_before_parsing_the_attributes_are_missing(void **state)
{
    static const char no_version[] = "'BaseHTTPRequestHandler' object has no "
                                     "attribute 'request_version'";
    static const char no_line[] = "'BaseHTTPRequestHandler' object has no "
                                  "attribute 'requestline'";
    static const char no_command[] = "'BaseHTTPRequestHandler' object has no "
                                     "attribute 'command'";
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    assert_int_equal(cls.send_response_only(self, 200, NULL), -1);
    assert_raised(PyExc_AttributeError, no_version);
    assert_int_equal(cls.send_header(self, "X", "y"), -1);
    assert_raised(PyExc_AttributeError, no_version);
    assert_int_equal(cls.end_headers(self), -1);
    assert_raised(PyExc_AttributeError, no_version);
    assert_int_equal(cls.send_response(self, 200, NULL), -1);
    assert_raised(PyExc_AttributeError, no_line);
    assert_int_equal(cls.log_request(self, NULL, NULL), -1);
    assert_raised(PyExc_AttributeError, no_line);
    assert_int_equal(cls.send_error(self, 404, NULL, NULL), -1);
    assert_raised(PyExc_AttributeError, no_line);
    pretend(self, "GET", "HTTP/1.1");
    Py_CLEAR(self->command);
    assert_int_equal(cls.send_error(self, 404, NULL, NULL), -1);
    assert_raised(PyExc_AttributeError, no_command);
    end_idle_handler(self);
}

static void
test_end_headers_before_send_response_is_an_attribute_error(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.end_headers(self), -1);
    assert_raised(PyExc_AttributeError, "'BaseHTTPRequestHandler' object has "
                                        "no attribute '_headers_buffer'");
    assert_repr(eval_python("request[1].getvalue()"), "b''");
    end_idle_handler(self);
}

static void
test_headers_wait_in_the_buffer_until_they_are_flushed(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.flush_headers(self), 0); /* there are none */
    assert_int_equal(cls.send_response_only(self, 200, NULL), 0);
    assert_int_equal(cls.send_header(self, "X", "y"), 0);
    assert_repr(eval_python("request[1].getvalue()"), "b''");
    assert_repr(Py_NewRef(self->_headers_buffer),
                "[b'HTTP/1.0 200 OK\\r\\n', b'X: y\\r\\n']");
    assert_int_equal(cls.flush_headers(self), 0);
    assert_repr(eval_python("request[1].getvalue()"),
                "b'HTTP/1.0 200 OK\\r\\nX: y\\r\\n'");
    assert_repr(Py_NewRef(self->_headers_buffer), "[]");
    assert_int_equal(cls.end_headers(self), 0);
    assert_repr(eval_python("request[1].getvalue()"),
                "b'HTTP/1.0 200 OK\\r\\nX: y\\r\\n\\r\\n'");
    end_idle_handler(self);
}

static void
test_a_header_beyond_latin_1_is_a_unicode_error(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.send_header(self, "X", "\xe2\x82\xac"), -1);
    assert_raised(PyExc_UnicodeEncodeError,
                  "'latin-1' codec can't encode character '\\u20ac' in "
                  "position 3: ordinal not in range(256)");
    assert_repr(Py_NewRef(self->_headers_buffer), "[]"); /* made before */
    end_idle_handler(self);
}

static void
test_the_connection_header_decides_in_any_version(void **state)
{
    static const struct {
        const char *keyword, *value;
        bool before, after;
    } rows[] = {
        { "Connection", "close", false, true },
        { "CONNECTION", "Close", false, true },
        { "Connection", "keep-alive", true, false },
        { "connection", "Keep-Alive", true, false },
        { "Connection", "upgrade", true, true },
        { "Connection", "upgrade", false, false },
        { "Connection", " close", false, false },
        { "X-Connection", "close", false, false },
    };

    (void)state;
    for (size_t i = 0; i < 2 * Py_ARRAY_LENGTH(rows); i++) {
        BaseHTTPRequestHandlerClass cls = idle_class();
        BaseHTTPRequestHandler *self = new_idle_handler(&cls);

        pretend(self, "GET", i % 2 ? "HTTP/1.1" : "HTTP/0.9");
        self->close_connection = rows[i / 2].before;
        assert_int_equal(
            cls.send_header(self, rows[i / 2].keyword, rows[i / 2].value), 0);
        assert_int_equal(self->close_connection, rows[i / 2].after);
        assert_int_equal(self->_headers_buffer != NULL, i % 2);
        end_idle_handler(self);
    }
}

static void
test_log_message_escapes_as_python_does(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *args;

    (void)state;
    run_python("text = ''.join(map(chr, range(0x200)))\n"
               "text += '\\u2028\\u20ac\\ufeff\\U0001f600\\ud800'\n"
               "args = (text, 17)\n"
               "reference = idle('GET', 'HTTP/1.1')\n"
               "reference.log_message('a\\n%s b %d%%', *args)\n"
               "wanted = outcome(io.BytesIO(), None)[1]\n"
               "sys.stderr = io.StringIO()\n");
    args = eval_python("args");
    assert_int_equal(cls.log_message(self, "a\n%s b %d%%", args), 0);
    run_python("got = outcome(io.BytesIO(), None)[1]\n"
               "assert got == wanted, (got, wanted)\n"
               "assert r'\\x00\\x01' in got and '\\\\\\\\' in got, got\n"
               "assert got.startswith('127.0.0.1 - - [now] a'), got\n"
               "assert got.endswith(' b 17%\\n'), got\n");
    Py_DECREF(args);
    end_idle_handler(self);
}

/* As on a terminal, where releases have that. */
static void
test_a_log_has_the_colours_of_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *lines;

    (void)state;
    run_python(
        "import os\n"
        "os.environ['FORCE_COLOR'] = '1'\n"
        "lines = [(line, code, size)\n"
        "         for line in ('GET / HTTP/1.0', ' GET  /a\\t b  c \\xa0', "
        "'',\n"
        "                      'GET /', 'GET\\x85/\\0 \\\\ \\xa0 \\u20ac')\n"
        "         for code in (200, '404', '5', 99, 100, 301, 599, 10 ** 30,\n"
        "                      -10 ** 30, 'abc', 2.5, [], None)\n"
        "         for size in (12, '-', None)]\n"
        "reference = idle('GET', 'HTTP/1.1')\n"
        "def log(line, code, size):\n"
        "    reference.requestline = line\n"
        "    reference.log_request('-' if code is None else code,\n"
        "                          '-' if size is None else size)\n"
        "    reference.log_error('%s', 'an error')\n"
        "    reference.log_message('%s', 'no error')\n"
        "def written():\n"
        "    text = outcome(io.BytesIO(), None)[1]\n"
        "    sys.stderr = io.StringIO()\n"
        "    return text\n");
    lines = eval_python("lines");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        PyObject *args = PyList_GET_ITEM(lines, i);
        PyObject *code = PyTuple_GET_ITEM(args, 1);
        PyObject *size = PyTuple_GET_ITEM(args, 2);
        PyObject *error = Py_BuildValue("(s)", "an error");
        PyObject *no_error = Py_BuildValue("(s)", "no error");

        set_python("args", args);
        run_python("sys.stderr = io.StringIO()\n"
                   "log(*args)\n"
                   "wanted = written()\n");
        Py_XSETREF(self->requestline, Py_NewRef(PyTuple_GET_ITEM(args, 0)));
        assert_int_equal(cls.log_request(self, code == Py_None ? NULL : code,
                                         size == Py_None ? NULL : size),
                         0);
        assert_int_equal(cls.log_error(self, "%s", error), 0);
        assert_int_equal(cls.log_message(self, "%s", no_error), 0);
        run_python("got = written()\n"
                   "assert got == wanted, (got, wanted)\n");
        Py_DECREF(error);
        Py_DECREF(no_error);
    }
    run_python("coloured = hasattr(Reference, '_colorize_request')\n"
               "assert ('\\x1b[' in got) == coloured, got\n"
               "del os.environ['FORCE_COLOR']\n");
    Py_DECREF(lines);
    end_idle_handler(self);
}

static void
test_every_log_goes_through_log_message(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *code = PyLong_FromLong(200), *size = PyUnicode_FromString("12");
    PyObject *args = Py_BuildValue("(is)", 400, "bad");

    (void)state;
    pretend(self, "GET", "HTTP/1.1");
    assert_int_equal(cls.log_request(self, NULL, NULL), 0);
    assert_int_equal(cls.log_request(self, code, NULL), 0);
    assert_int_equal(cls.log_request(self, code, size), 0);
    assert_int_equal(cls.log_error(self, "code %d, message %s", args), 0);
    run_python("got = outcome(io.BytesIO(), None)[1].splitlines()\n"
               "start_ = '127.0.0.1 - - [now] '\n"
               "assert got == [start_ + s for s in [\n"
               "    '\"the request line\" - -',\n"
               "    '\"the request line\" 200 -',\n"
               "    '\"the request line\" 200 12',\n"
               "    'code 400, message bad']], got\n");
    Py_DECREF(code);
    Py_DECREF(size);
    Py_DECREF(args);
    end_idle_handler(self);
}

static void
test_log_message_lets_through_what_fails(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    PyObject *none = PyTuple_New(0);
    PyObject *message;

    (void)state;
    run_python("try: '%s' % ()\n"
               "except TypeError as error: message = str(error)\n");
    message = eval_python("message");
    assert_int_equal(cls.log_message(self, "%s", none), -1);
    assert_raised(PyExc_TypeError, PyUnicode_AsUTF8(message));
    Py_DECREF(message);
    run_python("sys.stderr = None");
    assert_int_equal(cls.log_message(self, "text", none), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'write'");
    run_python("del sys.stderr");
    assert_int_equal(cls.log_message(self, "text", none), -1);
    assert_raised(PyExc_AttributeError,
                  "module 'sys' has no attribute 'stderr'");
    Py_SETREF(self->base.base.client_address, PyUnicode_FromString(""));
    run_python("sys.stderr = io.StringIO()");
    assert_int_equal(cls.log_message(self, "text", none), -1);
    assert_raised(PyExc_IndexError, "string index out of range");
    Py_DECREF(none);
    end_idle_handler(self);
}

static void
test_version_string_is_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    assert_equal(cls.version_string(self),
                 eval_python("Reference.version_string(Reference)"));
    end_idle_handler(self);
}

static void
test_date_time_string_is_pythons(void **state)
{
    static const long long timestamps[] = {
        0,          1,           59,           86399,      86400,
        951782399,  951782400,   951868800,    1000000000, 1709164800,
        2147483647, 2147483648,  4107542399,   4107542400, 1577836799,
        -2,         -2208988800, 253402300799, 1234567890,
    };
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(timestamps); i++) {
        char expression[100];

        PyOS_snprintf(expression, sizeof(expression),
                      "Reference.date_time_string(None, %lld)", timestamps[i]);
        assert_equal(cls.date_time_string(self, (time_t)timestamps[i]),
                     eval_python(expression));
    }
    end_idle_handler(self);
}

/* A function of the time gives what Python's gives before or after it. */
static void
check_now(PyObject *(*call)(BaseHTTPRequestHandler *),
          BaseHTTPRequestHandler *self, const char *expression)
{
    PyObject *before, *got, *after;
    bool same_second;

    do {
        before = eval_python(expression);
        got = call(self);
        after = eval_python(expression);
        assert_non_null(got);
        same_second = PyUnicode_Compare(before, after) == 0;
        if (same_second) {
            assert_int_equal(PyUnicode_Compare(before, got), 0);
        }
        Py_DECREF(before);
        Py_DECREF(got);
        Py_DECREF(after);
    } while (!same_second);
}

static PyObject *
date_time_string_now(BaseHTTPRequestHandler *self)
{
    return class_of(self)->date_time_string(self, -1);
}

static void
test_the_times_of_now_are_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    check_now(date_time_string_now, self, "Reference.date_time_string(None)");
    check_now(cls.log_date_time_string, self,
              "Reference.log_date_time_string(Reference)");
    end_idle_handler(self);
}

static void
test_address_string_is_the_address_of_the_client(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);

    (void)state;
    assert_repr(cls.address_string(self), "'127.0.0.1'");
    end_idle_handler(self);
}

/* What a method of the handler calls on self, in Python's order. */
static int
spy_log_error(BaseHTTPRequestHandler *self, const char *format, PyObject *args)
{
    (void)self;
    function_called();
    assert_string_equal(format, "code %d, message %s");
    assert_repr(Py_NewRef(args), "(404, 'Not Found')");
    return mock_type(int);
}

static int
spy_send_response(BaseHTTPRequestHandler *self, int code, const char *message)
{
    (void)self;
    function_called();
    assert_int_equal(code, 404);
    assert_string_equal(message, "Not Found");
    return mock_type(int);
}

static int
spy_send_header(BaseHTTPRequestHandler *self, const char *keyword,
                const char *value)
{
    (void)self;
    (void)value;
    function_called();
    assert_string_equal(keyword, mock_ptr_type(const char *));
    return mock_type(int);
}

static int
spy_end_headers(BaseHTTPRequestHandler *self)
{
    (void)self;
    function_called();
    return mock_type(int);
}

static int
spy_log_request(BaseHTTPRequestHandler *self, PyObject *code, PyObject *size)
{
    (void)self;
    function_called();
    assert_repr(Py_NewRef(code), "404");
    assert_null(size);
    return mock_type(int);
}

static int
spy_send_response_only(BaseHTTPRequestHandler *self, int code,
                       const char *message)
{
    (void)self;
    function_called();
    assert_int_equal(code, 404);
    assert_null(message);
    return mock_type(int);
}

/* Expects the first `count` of the calls, the last one failing unless all
 * are expected. */
static void
expect_send_error(int count)
{
    static const char *const headers[] = { "Connection", "Content-Type",
                                           "Content-Length" };

    if (count > 0) {
        expect_function_call(spy_log_error);
        will_return(spy_log_error, count == 1 ? -1 : 0);
    }
    if (count > 1) {
        expect_function_call(spy_send_response);
        will_return(spy_send_response, count == 2 ? -1 : 0);
    }
    for (int i = 0; i < 3 && count > 2 + i; i++) {
        expect_function_call(spy_send_header);
        will_return(spy_send_header, headers[i]);
        will_return(spy_send_header, count == 3 + i ? -1 : 0);
    }
    if (count > 5) {
        expect_function_call(spy_end_headers);
        will_return(spy_end_headers, count == 6 ? -1 : 0);
    }
}

/* The spies say -1 without an exception: traceback_here makes that a
 * SystemError. */
static void
test_send_error_calls_through_the_class_and_stops_at_an_error(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();

    (void)state;
    cls.log_error = spy_log_error;
    cls.send_response = spy_send_response;
    cls.send_header = spy_send_header;
    cls.end_headers = spy_end_headers;
    for (int count = 1; count <= 7; count++) {
        BaseHTTPRequestHandler *self = new_idle_handler(&cls);

        pretend(self, "GET", "HTTP/1.1");
        expect_send_error(count);
        assert_int_equal(cls.send_error(self, 404, NULL, NULL),
                         count < 7 ? -1 : 0);
        if (count < 7) {
            assert_raised(PyExc_SystemError, NULL);
        }
        assert_repr(eval_python("len(request[1].getvalue()) > 300"),
                    count < 7 ? "False" : "True");
        end_idle_handler(self);
    }
}

static void
test_send_response_calls_through_the_class(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self;

    (void)state;
    cls.log_request = spy_log_request;
    cls.send_response_only = spy_send_response_only;
    cls.send_header = spy_send_header;
    self = new_idle_handler(&cls);
    expect_function_call(spy_log_request);
    will_return(spy_log_request, 0);
    expect_function_call(spy_send_response_only);
    will_return(spy_send_response_only, 0);
    expect_function_call(spy_send_header);
    will_return(spy_send_header, "Server");
    will_return(spy_send_header, 0);
    expect_function_call(spy_send_header);
    will_return(spy_send_header, "Date");
    will_return(spy_send_header, 0);
    assert_int_equal(cls.send_response(self, 404, NULL), 0);
    end_idle_handler(self);
}

static int
spy_handle_one_request(BaseHTTPRequestHandler *self)
{
    function_called();
    assert_true(self->close_connection || mock_type(int));
    self->close_connection = mock_type(bool);
    return mock_type(int);
}

static void
test_handle_goes_on_until_the_connection_is_to_be_closed(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self;

    (void)state;
    cls.base.base.handle = BaseHTTPRequestHandler_handle;
    cls.handle_one_request = spy_handle_one_request;
    for (int round = 0; round < 3; round++) {
        expect_function_call(spy_handle_one_request);
        if (round > 0) {
            will_return(spy_handle_one_request, 1); /* close_connection: no */
        }
        will_return(spy_handle_one_request, round == 2);
        will_return(spy_handle_one_request, 0);
    }
    self = new_idle_handler(&cls);
    end_idle_handler(self);
}

static void
test_the_handler_keeps_nothing_alive(void **state)
{
    BaseHTTPRequestHandler *self;
    Py_ssize_t references;
    PyObject *line;

    (void)state;
    run_python("case = (b'GET /a HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n', 0,\n"
               "        io.BytesIO, io.BytesIO)\n"
               "request = start(case)\n");
    references = Py_REFCNT(server);
    self = new_handler(&classes[0], eval_python("request"));
    assert_non_null(self);
    assert_int_equal(Py_REFCNT(self), 1);
    assert_int_equal(Py_REFCNT(server), references + 1);
    assert_int_equal(Py_REFCNT(self->headers), 1);
    run_python("attributes.clear()");
    line = Py_NewRef(self->raw_requestline);
    assert_int_equal(Py_REFCNT(line), 2);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(line), 1);
    assert_int_equal(Py_REFCNT(server), references);
    assert_repr(eval_python("sys.getrefcount(request[1])"), "2");
    run_python("sys.stderr = sys.__stderr__");
    Py_DECREF(line);
}

static void
test_the_collector_finds_a_handler_in_its_own_buffer(void **state)
{
    BaseHTTPRequestHandlerClass cls = idle_class();
    BaseHTTPRequestHandler *self = new_idle_handler(&cls);
    Py_ssize_t references = Py_REFCNT(server);

    (void)state;
    run_python("sys.stderr = sys.__stderr__");
    self->_headers_buffer = PyList_New(0);
    assert_int_equal(PyList_Append(self->_headers_buffer, (PyObject *)self),
                     0);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(server), references);
    PyGC_Collect();
    assert_int_equal(Py_REFCNT(server), references - 1);
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    const BaseHTTPRequestHandlerClass *cls = &BaseHTTPRequestHandler_class;

    (void)state;
    run_python("cls = http.server.BaseHTTPRequestHandler\n"
               "wanted = (cls.server_version, cls.error_message_format,\n"
               "    cls.error_content_type, cls.default_request_version,\n"
               "    cls.protocol_version, cls.rbufsize, cls.wbufsize)\n");
    assert_equal(
        eval_python("wanted"),
        Py_BuildValue("(sssssii)", cls->server_version,
                      cls->error_message_format, cls->error_content_type,
                      cls->default_request_version, cls->protocol_version,
                      cls->base.rbufsize, cls->base.wbufsize));
    assert_null(cls->do_methods[0].name);
}

static void
test_table_has_no_empty_slot(void **state)
{
    const BaseHTTPRequestHandlerClass *cls = &BaseHTTPRequestHandler_class;

    (void)state;
    assert_no_empty_slot(&cls->base.base,
                         offsetof(BaseRequestHandlerClass, init),
                         sizeof(BaseRequestHandlerClass));
    assert_no_empty_slot(cls,
                         offsetof(BaseHTTPRequestHandlerClass, parse_request),
                         sizeof(BaseHTTPRequestHandlerClass));
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python(reference_class);
    run_python(reference_functions);
    make_request_lines();
    run_python(request_cases);
    fill_classes();
    server = new_idle_server();
    return 0;
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
        python_test(test_every_request_is_answered_as_by_python),
        python_test(test_send_error_sends_and_logs_what_pythons_does),
        python_test(test_before_parsing_the_attributes_are_missing),
        python_test(
            test_end_headers_before_send_response_is_an_attribute_error),
        python_test(test_headers_wait_in_the_buffer_until_they_are_flushed),
        python_test(test_a_header_beyond_latin_1_is_a_unicode_error),
        python_test(test_the_connection_header_decides_in_any_version),
        python_test(test_log_message_escapes_as_python_does),
        python_test(test_a_log_has_the_colours_of_pythons),
        python_test(test_every_log_goes_through_log_message),
        python_test(test_log_message_lets_through_what_fails),
        python_test(test_version_string_is_pythons),
        python_test(test_date_time_string_is_pythons),
        python_test(test_the_times_of_now_are_pythons),
        python_test(test_address_string_is_the_address_of_the_client),
        python_test(
            test_send_error_calls_through_the_class_and_stops_at_an_error),
        python_test(test_send_response_calls_through_the_class),
        python_test(test_handle_goes_on_until_the_connection_is_to_be_closed),
        python_test(test_the_handler_keeps_nothing_alive),
        python_test(test_the_collector_finds_a_handler_in_its_own_buffer),
        python_test(test_the_class_attributes_are_pythons),
        python_test(test_table_has_no_empty_slot),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
