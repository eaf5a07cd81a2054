/* environ has the client's port, too: REMOTE_PORT, a str. */
#include "tour.h"

static void
test_environ_has_the_clients_port(void **state)
{
    (void)state;
    serve_once("send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')\n"
               "expected = str(connection.getsockname()[1])");
    assert_repr(eval_python("environ.get('REMOTE_PORT') == expected"), "True");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_environ_has_the_clients_port),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
