/* The server tells each request its own address: SERVER_ADDR. */
#include "tour.h"

static void
test_environ_has_the_servers_address(void **state)
{
    (void)state;
    serve_once("send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("environ.get('SERVER_ADDR')"), "'127.0.0.1'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_environ_has_the_servers_address),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
