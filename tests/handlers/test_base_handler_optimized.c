/* Under python -O asserts are gone, in Python and here. */
#include "same_as_python.h"

#include <stdlib.h>

static void
test_asserts_are_off(void **state)
{
    (void)state;
    assert_repr(eval_python("__debug__"), "False");
    assert_false(python_debug());
}

static void
test_applications_without_asserts(void **state)
{
    (void)state;
    assert_same_as_python("ANSWERS");
}

static int
setup(void **state)
{
    (void)state;
    if (setenv("PYTHONOPTIMIZE", "1", 1) < 0) {
        return -1;
    }
    return start_handlers("handlers/test_base_handler_optimized.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_asserts_are_off),
        python_test(test_applications_without_asserts),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
