/* A line in the log ends with the User-Agent. */
#include "tour.h"

static void
test_log_has_the_user_agent(void **state)
{
    (void)state;
    serve_once("send(port, 'GET / HTTP/1.0\\r\\nUser-Agent: tour/1\\r\\n'\n"
               "           '\\r\\n')");
    assert_repr(eval_python("log.partition('] ')[2]"),
                "'\"GET / HTTP/1.0\" 200 14 \"tour/1\"\\n'");
}

static void
test_log_has_a_dash_without_one(void **state)
{
    (void)state;
    serve_once("send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("log.partition('] ')[2]"),
                "'\"GET / HTTP/1.0\" 200 14 \"-\"\\n'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_log_has_the_user_agent),
        python_test(test_log_has_a_dash_without_one),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
