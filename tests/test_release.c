#include "support.h"

#include "headers/headers_types.h"
#include "release.h"

/* Each is called with the text in question, and says whether Python's own
 * library refuses it. */
static const char probes[] =
    "import http.server, wsgiref.handlers, wsgiref.headers\n"
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
    "def version_refused(version):\n"
    "    class Handler(http.server.BaseHTTPRequestHandler):\n"
    "        raw_requestline = b'GET / HTTP/%s\\r\\n' % version\n"
    "        def __init__(self):\n"
    "            self.refused = False\n"
    "        def send_error(self, *arguments):\n"
    "            self.refused = True\n"
    "    handler = Handler()\n"
    "    try:\n"
    "        handler.parse_request()\n"
    "    except AttributeError:\n" /* it goes on to the headers: no rfile */
    "        pass\n"
    "    return handler.refused\n";

static bool
is_true(const char *expression)
{
    PyObject *value = eval_python(expression);
    bool result = value == Py_True;

    Py_DECREF(value);
    return result;
}

static void
test_the_linked_release_decides(void **state)
{
    (void)state;
    assert_false(is_true("header_refused('a')"));
    assert_int_equal(release()->header_control_characters_refused,
                     is_true("header_refused('a\\x7f')"));
    assert_false(is_true("status_refused('200 OK')"));
    assert_int_equal(release()->status_control_characters_refused,
                     is_true("status_refused('200 O\\x7fK')"));
    assert_false(is_true("version_refused(b'1.1')"));
    assert_int_equal(release()->http_version_digits_only,
                     is_true("version_refused(b'1.+1')"));
}

static void
test_harden_turns_on_three_checks_and_nothing_else(void **state)
{
    Release before = *release();
    const Release *after = release();

    (void)state;
    release_harden();
    assert_true(after->http_version_digits_only);
    assert_true(after->header_control_characters_refused);
    assert_true(after->status_control_characters_refused);
    assert_int_equal(after->rfc_9110_reasons, before.rfc_9110_reasons);
    assert_int_equal(after->remote_host, before.remote_host);
    assert_int_equal(after->validate_status, before.validate_status);
    assert_int_equal(after->http_0_9_without_headers,
                     before.http_0_9_without_headers);
    assert_ptr_equal(after->error_page_style, before.error_page_style);
}

static void
test_ready_finds_the_linked_release_again(void **state)
{
    Release linked;

    (void)state;
    assert_int_equal(release_ready(), 0);
    linked = *release();
    release_harden();
    assert_int_equal(release_ready(), 0);
    assert_int_equal(release()->http_version_digits_only,
                     linked.http_version_digits_only);
    assert_int_equal(release()->header_control_characters_refused,
                     linked.header_control_characters_refused);
    assert_int_equal(release()->status_control_characters_refused,
                     linked.status_control_characters_refused);
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
        python_test(test_the_linked_release_decides),
        python_test(test_harden_turns_on_three_checks_and_nothing_else),
        python_test(test_ready_finds_the_linked_release_again),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
