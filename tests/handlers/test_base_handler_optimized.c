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

/* An application that answers `status` with `headers`, and returns `result` */
#define ANSWERS(status, headers, result)            \
    "def app(environ, start_response):\n"           \
    "    start_response(" status ", " headers ")\n" \
    "    return " result "\n"

static void
test_applications_without_asserts(void **state)
{
    static const char *const sources[] = {
        ANSWERS("'20'", "[]", "[b'x']"),
        ANSWERS("'abc OK'", "[]", "[b'x']"),
        ANSWERS("'200OK'", "[]", "[b'x']"),
        ANSWERS("''", "[]", "[b'x']"),
        ANSWERS("200", "[]", "[b'x']"),
        ANSWERS("b'200 OK'", "[]", "[b'x']"),
        ANSWERS("'200 O\\nK'", "[]", "[b'x']"),
        ANSWERS("'200 OK'", "[('Connection', 'close')]", "[b'x']"),
        ANSWERS("'200 OK'", "[('X-A', None)]", "[b'x']"),
        ANSWERS("'200 OK'", "[(b'X-A', 1)]", "[b'x']"),
        ANSWERS("'200 OK'", "[('X-A', 'a\\r\\nb')]", "[b'x']"),
        ANSWERS("'200 OK'", "[('a', 'b', 'c')]", "[b'x']"),
        ANSWERS("'200 OK'", "[1]", "[b'x']"),
        ANSWERS("'200 OK'", "()", "[b'x']"),
        ANSWERS("'200 OK'", "[]", "[bytearray(b'ba')]"),
        ANSWERS("'200 OK'", "[]", "[memoryview(b'mv')]"),
        ANSWERS("'200 OK'", "[]", "[type('B', (bytes,), {})(b'sub')]"),
        ANSWERS("'200 OK'", "[]", "['text']"),
        ANSWERS("'200 OK'", "[]", "[b'x', 'text']"),
        ANSWERS("'200 OK'", "[]", "[None]"),
        ANSWERS("'200 OK'", "[]", "[1]"),
        ANSWERS("'200 OK'", "[]", "[[]]"),
        ANSWERS("'200 OK'", "[]", "'text'"),
        "class Out(io.BytesIO):\n" /* slices of what is not bytes */
        "    def write(self, data): return super().write(data[:7])\n"
        "out = Out()\n" ANSWERS("'200 OK'", "[]",
                                "[memoryview(b'x' * 30), bytearray(30)]"),
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(sources); i++) {
        assert_same_as_python(sources[i]);
    }
}

static int
setup(void **state)
{
    (void)state;
    if (setenv("PYTHONOPTIMIZE", "1", 1) < 0) {
        return -1;
    }
    return start_handlers();
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
