#include "support.h"

#include "headers/headers_types.h"
#include "release.h"

/* Python's own library is asked again, each time in other words. */
static const char probes[] =
    "import http, http.client, http.server, io, socketserver, sys\n"
    "import wsgiref.handlers, wsgiref.headers\n"
    "from wsgiref import simple_server\n"
    "\n"
    "def raises_ValueError(function, *arguments):\n"
    "    try:\n"
    "        function(*arguments)\n"
    "    except ValueError:\n"
    "        return True\n"
    "    return False\n"
    "\n"
    "def header_refused(value):\n"
    "    return raises_ValueError(wsgiref.headers.Headers, [('X', value)])\n"
    "\n"
    "def status_refused(status):\n"
    "    handler = wsgiref.handlers.BaseHandler()\n"
    "    return raises_ValueError(handler.start_response, status, [])\n"
    "\n"
    "class Handler(simple_server.WSGIRequestHandler):\n"
    "    client_address = '127.0.0.1', 0\n"
    "    server = type('', (), {'base_environ': {}})\n"
    "    def __init__(self, request):\n"
    "        self.rfile, self.wfile = io.BytesIO(request), io.BytesIO()\n"
    "        self.raw_requestline = self.rfile.readline()\n"
    "        self.parse_request()\n"
    "    def log_message(self, *arguments): pass\n"
    "    def address_string(self): return 'a name'\n"
    "\n"
    "def answer(request):\n"
    "    return Handler(request).wfile.getvalue()\n"
    "\n"
    "def error_of(statement):\n"
    "    try: exec(statement)\n"
    "    except ValueError as error: return str(error)\n"
    "\n"
    "def told(method, base):\n"
    "    'The object that the hook is told of, or False.'\n"
    "    def fail(self): raise RuntimeError\n"
    "    objects = []\n"
    "    sys.unraisablehook = lambda each: objects.append(each.object)\n"
    "    type('Fails', (base,), {method: fail})()\n"
    "    sys.unraisablehook = sys.__unraisablehook__\n"
    "    return objects[0] if objects else False\n"
    "\n"
    "def version_refused(version):\n"
    "    return answer(b'GET / HTTP/%s\\r\\n\\r\\n' % version) != b''\n";

static void
set_number(const char *name, Py_ssize_t value)
{
    PyObject *number = PyLong_FromSsize_t(value);

    set_python(name, number);
    Py_DECREF(number);
}

static void
set_text(const char *name, const char *value)
{
    PyObject *text = PyUnicode_FromString(value);

    set_python(name, text);
    Py_DECREF(text);
}

static bool
is_true(const char *expression)
{
    PyObject *value = eval_python(expression);
    bool result = value == Py_True;

    Py_DECREF(value);
    return result;
}

static void
test_the_linked_release_is_asked(void **state)
{
    (void)state;
    assert_false(is_true("header_refused('a')"));
    assert_int_equal(release_asked(header_control_characters_refused),
                     is_true("header_refused('a\\x7f')"));
    assert_false(is_true("status_refused('200 OK')"));
    assert_int_equal(release_asked(status_control_characters_refused),
                     is_true("status_refused('200 O\\x7fK')"));
    assert_false(is_true("version_refused(b'1.1')"));
    assert_int_equal(release_asked(http_version_digits_only),
                     is_true("version_refused(b'1.1_0')"));
    assert_int_equal(
        release_asked(http_0_9_without_headers),
        is_true("Handler(b'GET /\\r\\nA: b\\r\\n').headers == {}"));
    assert_int_equal(release_asked(blank_line_counts),
                     is_true("b' 431 ' in answer(b'GET / HTTP/1.0\\r\\n'"
                             " + b'X: y\\n' * 100 + b'\\n')"));
    assert_int_equal(
        release_asked(malformed_request_has_status_line),
        is_true("answer(b'POST /\\r\\n').startswith(b'HTTP/1.0 400 ')"));
    assert_int_equal(
        release_asked(leading_fold_removed),
        is_true("Handler(b'GET / HTTP/1.0\\r\\nX:\\n y\\n').headers['x']"
                " == 'y'"));
}

static void
test_the_version_tells_the_rest(void **state)
{
    const Release *linked = release();

    (void)state;
    set_number("size", linked->default_buffer_size);
    assert_true(is_true("size == io.DEFAULT_BUFFER_SIZE"));
    assert_int_equal(
        linked->remote_host,
        is_true("'REMOTE_HOST' in "
                "Handler(b'GET / HTTP/1.0\\r\\n\\r\\n').get_environ()"));
    assert_int_equal(
        linked->validate_status,
        is_true("hasattr(wsgiref.handlers.BaseHandler, '_validate_status')"));
    assert_int_equal(linked->rfc_9110_reasons,
                     is_true("http.HTTPStatus(414).phrase == 'URI Too Long'"));
    assert_int_equal(linked->parse_header_lines,
                     is_true("hasattr(http.client, '_parse_header_lines')"));
    assert_int_equal(linked->log_colour,
                     is_true("hasattr(Handler, '_colorize_request')"));
    set_text("version", linked->server_version);
    assert_true(is_true("version == simple_server.server_version"));
    assert_true(is_true("version == Handler.server_version"));
    set_text("version", linked->http_server_version);
    assert_true(is_true("version == http.server.BaseHTTPRequestHandler"
                        ".server_version"));
    set_number("size", REQUEST_QUEUE_SIZE);
    assert_true(is_true("size == socketserver.TCPServer.request_queue_size"));
    assert_int_equal(
        linked->types_have_module,
        is_true("hasattr(io.BufferedReader(io.BytesIO()), '__module__')"));
    assert_int_equal(linked->status_descriptions,
                     is_true("http.HTTPStatus(508).description != ''"));
    assert_int_equal(linked->unpack_says_got,
                     is_true("'got 4' in error_of('a, b = [1, 2, 3, 4]')"));
    assert_int_equal(linked->unraisable_names_deallocator,
                     is_true("told('__del__', object) is None"));
    assert_int_equal(linked->close_error_told,
                     is_true("told('close', io.RawIOBase) is not False"));
    set_text("style", linked->error_page_style);
    assert_true(is_true("('\"utf-8\">\\n' + style + '        <title>')"
                        " in http.server.DEFAULT_ERROR_MESSAGE"));
}

static bool
is_hardened(Question question)
{
    return question == http_version_digits_only ||
           question == header_control_characters_refused ||
           question == status_control_characters_refused;
}

static void
test_harden_turns_on_three_checks_and_nothing_else(void **state)
{
    int before[QUESTIONS];

    (void)state;
    for (Question i = 0; i < QUESTIONS; i++) {
        before[i] = release_asked(i);
    }
    release_harden();
    for (Question i = 0; i < QUESTIONS; i++) {
        assert_int_equal(release_asked(i), is_hardened(i) ? 1 : before[i]);
    }
}

static void
test_ready_asks_the_linked_release_again(void **state)
{
    int linked[QUESTIONS];

    (void)state;
    assert_int_equal(release_ready(), 0);
    for (Question i = 0; i < QUESTIONS; i++) {
        linked[i] = release_asked(i);
    }
    release_harden();
    assert_int_equal(release_ready(), 0);
    for (Question i = 0; i < QUESTIONS; i++) {
        assert_int_equal(release_asked(i), linked[i]);
    }
}

/* Ctrl-C, or no memory, while Python is asked. */
static void
test_what_is_raised_meanwhile_is_no_answer(void **state)
{
    (void)state;
    assert_int_equal(release_ready(), 0);
    run_python("import sys\n"
               "class Interrupts:\n"
               "    def find_spec(*arguments): raise KeyboardInterrupt\n"
               "asked = sys.modules.pop('http.server')\n"
               "sys.meta_path.insert(0, Interrupts)\n");
    assert_int_equal(release_asked(http_0_9_without_headers), -1);
    assert_raised(PyExc_KeyboardInterrupt, "");
    run_python("del sys.meta_path[0]\n"
               "sys.modules['http.server'] = asked\n");
    assert_int_equal(
        release_asked(http_0_9_without_headers),
        is_true("Handler(b'GET /\\r\\nA: b\\r\\n').headers == {}"));
}

static void
test_an_answer_is_kept(void **state)
{
    int answer = release_asked(http_0_9_without_headers);

    (void)state;
    run_python("import sys\n"
               "asked = sys.modules['http.server']\n"
               "sys.modules['http.server'] = None\n");
    assert_int_equal(release_asked(http_0_9_without_headers), answer);
    run_python("sys.modules['http.server'] = asked\n");
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || headers_types_ready() < 0) {
        return -1;
    }
    run_python(probes);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_linked_release_is_asked),
        python_test(test_the_version_tells_the_rest),
        python_test(test_harden_turns_on_three_checks_and_nothing_else),
        python_test(test_ready_asks_the_linked_release_again),
        python_test(test_what_is_raised_meanwhile_is_no_answer),
        python_test(test_an_answer_is_kept),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
