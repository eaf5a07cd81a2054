/* Only 127.0.0.1 is served. Whoever comes from elsewhere gets nothing, and the
 * server goes on. */
#include "tour.h"

static void
test_only_one_address_is_served(void **state)
{
    BaseServer *server = new_server(NULL, NULL);

    (void)state;
    serve(server, "send(port, 'GET / HTTP/1.0\\r\\n\\r\\n', '127.0.0.2')");
    assert_repr(eval_python("answer, log"), "('', '')");
    serve(server, "send(port, 'GET / HTTP/1.0\\r\\n\\r\\n', '127.0.0.1')");
    assert_repr(eval_python("answer.endswith('Hello, World!\\n')"), "True");
    close_server(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_only_one_address_is_served),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
