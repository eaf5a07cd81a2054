/* The answer to HEAD has the headers of the answer to GET, and no body. */
#include "tour.h"

static void
test_head_has_no_body(void **state)
{
    (void)state;
    serve_once("send(port, 'HEAD / HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("answer.endswith('\\r\\n\\r\\n')"), "True");
    assert_repr(eval_python("'Content-Length: 14\\r\\n' in answer"), "True");
}

static void
test_get_has_one(void **state)
{
    (void)state;
    serve_once("send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
    assert_repr(eval_python("answer.endswith('\\r\\n\\r\\nHello, World!\\n')"),
                "True");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_head_has_no_body),
        python_test(test_get_has_one),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
