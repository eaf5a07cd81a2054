/* The server says that the connection ends with the answer, right after its
 * name. */
#include "tour.h"

static void
test_connection_close_comes_after_server(void **state)
{
    (void)state;
    serve_once("send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("[line.partition(':')[0]\n"
                            " for line in answer.split('\\r\\n')[1:4]]"),
                "['Date', 'Server', 'Connection']");
    assert_repr(eval_python("'\\r\\nConnection: close\\r\\n' in answer"),
                "True");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_connection_close_comes_after_server),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
