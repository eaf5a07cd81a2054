/* The server's own environment variables are none of the application's
 * business. */
#include "tour.h"

static void
test_environment_variables_stay_out(void **state)
{
    (void)state;
    run_python("from wsgiref import handlers\n"
               "own = set(handlers.read_environ())");
    serve_once("send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("'PATH' in own, own & set(environ)"),
                "(True, set())");
    assert_repr(eval_python("environ['REQUEST_METHOD']"), "'GET'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_environment_variables_stay_out),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
