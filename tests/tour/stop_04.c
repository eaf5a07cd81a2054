/* A request line has 8190 bytes at most, without its end. */
#include "tour.h"

static void
test_longest_request_line(void **state)
{
    (void)state;
    /* "GET " and " HTTP/1.0" are 13 bytes, the end of the line is 2. */
    serve_once("send(port, 'GET /' + 8176 * 'a' + ' HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("answer[:12]"), "'HTTP/1.0 200'");
}

static void
test_longer_request_line_is_refused(void **state)
{
    (void)state;
    serve_once("send(port, 'GET /' + 8177 * 'a' + ' HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("answer[:12]"), "'HTTP/1.0 414'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_longest_request_line),
        python_test(test_longer_request_line_is_refused),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
