#include "support.h"

#include <signal.h>
#include <stdbool.h>

#include "embed/signals.h"

static void
test_both_signals_set_the_flag_and_raise(void **state)
{
    static const int signums[] = { SIGINT, SIGTERM };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(signums); i++) {
        bool stop = false;

        assert_int_equal(signals_set(&stop), 0);
        assert_int_equal(PyErr_CheckSignals(), 0);
        assert_false(stop);
        raise(signums[i]);
        assert_int_equal(PyErr_CheckSignals(), -1);
        assert_raised(PyExc_KeyboardInterrupt, "");
        assert_true(stop);
        assert_int_equal(signals_reset(), 0);
    }
}

static void
test_the_flag_is_set_also_when_the_exception_is_caught(void **state)
{
    bool stop = false;

    (void)state;
    assert_int_equal(signals_set(&stop), 0);
    run_python("import signal\n"
               "try:\n"
               "    signal.raise_signal(signal.SIGTERM)\n"
               "except KeyboardInterrupt:\n"
               "    caught = True\n");
    assert_repr(eval_python("caught"), "True");
    assert_true(stop);
    assert_int_equal(signals_reset(), 0);
}

static void
test_the_flag_set_last_counts(void **state)
{
    bool first = false;
    bool second = false;

    (void)state;
    assert_int_equal(signals_set(&first), 0);
    assert_int_equal(signals_set(&second), 0);
    raise(SIGINT);
    assert_int_equal(PyErr_CheckSignals(), -1);
    assert_raised(PyExc_KeyboardInterrupt, NULL);
    assert_false(first);
    assert_true(second);
    assert_int_equal(signals_reset(), 0);
}

static void
test_reset_gives_both_signals_back_to_python(void **state)
{
    bool stop = false;

    (void)state;
    assert_int_equal(signals_set(&stop), 0);
    assert_int_equal(signals_reset(), 0);
    run_python("import signal");
    assert_repr(eval_python("signal.getsignal(signal.SIGINT) is "
                            "signal.default_int_handler"),
                "True");
    assert_repr(eval_python("signal.getsignal(signal.SIGTERM) is "
                            "signal.SIG_DFL"),
                "True");
}

static void
test_reset_forgets_a_signal_that_has_come(void **state)
{
    bool stop = false;

    (void)state;
    assert_int_equal(signals_set(&stop), 0);
    raise(SIGINT);
    assert_int_equal(signals_reset(), 0);
    assert_int_equal(PyErr_CheckSignals(), 0);
    assert_repr(eval_python("signal.getsignal(signal.SIGTERM) is "
                            "signal.SIG_DFL"),
                "True");
}

static int
setup(void **state)
{
    (void)state;
    return start_python();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_both_signals_set_the_flag_and_raise),
        python_test(test_the_flag_is_set_also_when_the_exception_is_caught),
        python_test(test_the_flag_set_last_counts),
        python_test(test_reset_gives_both_signals_back_to_python),
        python_test(test_reset_forgets_a_signal_that_has_come),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
