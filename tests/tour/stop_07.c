/* A status of 1xx is the server's own: an application that starts with one has
 * made a mistake. */
#include "tour.h"

static void
answer_with(const char *status)
{
    run_python(status);
    serve_once("send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
}

static void
test_informational_status_is_refused(void **state)
{
    (void)state;
    answer_with("status = '101 Switching Protocols'");
    assert_repr(eval_python("answer[:12]"), "'HTTP/1.0 500'");
    assert_repr(eval_python("log.splitlines()[-2]"),
                "'AssertionError: Status 1xx is not for applications'");
}

static void
test_other_status_is_not(void **state)
{
    (void)state;
    answer_with("status = '410 Gone'");
    assert_repr(eval_python("answer[:12]"), "'HTTP/1.0 410'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_informational_status_is_refused),
        python_test(test_other_status_is_not),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
