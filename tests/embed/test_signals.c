#include "support.h"

#include <signal.h>
#include <stdbool.h>

#include "program/signals.h"
#include "python/waits.h"

static void
test_both_signals_set_the_flag_and_raise(void **state)
{
    static const int signums[] = { SIGINT, SIGTERM };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(signums); i++) {
        bool stop = false;

        assert_int_equal(signals_set(&stop), 0);
        assert_int_equal(look_for_signals(), 0);
        assert_false(stop);
        raise(signums[i]);
        assert_int_equal(look_for_signals(), -1);
        assert_raised(PyExc_KeyboardInterrupt, "");
        assert_true(stop);
        assert_int_equal(signals_reset(), 0);
    }
}

/* Amid our own C there is an answer to finish, and nothing to interrupt. */
static void
test_where_no_python_runs_the_next_wait_raises(void **state)
{
    bool stop = false;

    (void)state;
    assert_int_equal(signals_set(&stop), 0);
    raise(SIGTERM);
    assert_int_equal(PyErr_CheckSignals(), 0);
    assert_true(stop);
    assert_int_equal(look_for_signals(), -1);
    assert_raised(PyExc_KeyboardInterrupt, "");
    assert_int_equal(look_for_signals(), 0);
    assert_int_equal(signals_reset(), 0);
}

static void
test_the_flag_is_set_also_when_the_exception_is_caught(void **state)
{
    bool stop = false;

    (void)state;
    assert_int_equal(signals_set(&stop), 0);
    assert_repr(eval_python("caught()"), "True");
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
    assert_int_equal(look_for_signals(), -1);
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
    assert_int_equal(look_for_signals(), 0);
    assert_repr(eval_python("signal.getsignal(signal.SIGTERM) is "
                            "signal.SIG_DFL"),
                "True");
}

static void
test_the_application_s_handlers_stay(void **state)
{
    bool stop = false;

    (void)state;
    run_python("set_own()");
    assert_int_equal(signals_set(&stop), 0);
    assert_repr(eval_python("signal.getsignal(signal.SIGTERM) is own, "
                            "signal.getsignal(signal.SIGINT).name"),
                "(True, 'SIG_IGN')");
    raise(SIGINT);
    assert_int_equal(look_for_signals(), 0);
    assert_false(stop);
    assert_int_equal(signals_reset(), 0);
    assert_repr(eval_python("signal.getsignal(signal.SIGTERM) is own"),
                "True");
    run_python("set_default()");
}

/* asyncio and unittest compare the handler with it. */
static void
test_sigint_has_the_default_handler(void **state)
{
    static const char expression[] =
        "signal.getsignal(signal.SIGINT) is signal.default_int_handler";
    bool stop = false;

    (void)state;
    assert_int_equal(signals_set(&stop), 0);
    assert_repr(eval_python(expression), "True");
    assert_repr(eval_python("caught_of_a_call()"), "'by a call'");
    assert_int_equal(signals_reset(), 0);
    assert_repr(eval_python(expression), "True");
    assert_repr(eval_python("signal.default_int_handler.__module__"),
                "'_signal'");
}

/* A debugger's, or another one's: cmd.Cmd.cmdloop is on its way. */
static void
test_an_interrupt_at_a_prompt_is_the_prompt_s(void **state)
{
    static const int signums[] = { SIGINT, SIGTERM };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(signums); i++) {
        bool stop = false;

        assert_int_equal(signals_set(&stop), 0);
        assert_repr(eval_python(i == 0 ? "cmdloop(signal.SIGINT)"
                                       : "cmdloop(signal.SIGTERM)"),
                    "'caught'");
        assert_int_equal(stop, signums[i] == SIGTERM);
        assert_int_equal(signals_reset(), 0);
    }
}

static void
test_a_child_has_the_actions_of_any_program(void **state)
{
    bool stop = false;

    (void)state;
    assert_int_equal(signals_set(&stop), 0);
    assert_repr(eval_python("told_by_child()"),
                "'(<Handlers.SIG_DFL: 0>, "
                "<built-in function default_int_handler>, set())'");
    assert_repr(eval_python("signal.pthread_sigmask(signal.SIG_BLOCK, ())"),
                "set()");
    raise(SIGTERM); /* still ours here */
    assert_int_equal(look_for_signals(), -1);
    assert_raised(PyExc_KeyboardInterrupt, NULL);
    assert_true(stop);
    assert_int_equal(signals_reset(), 0);
}

/* It is sent while the process forks: neither lost nor the parent's. */
static void
test_a_signal_amid_a_fork_ends_the_child(void **state)
{
    bool stop = false;

    (void)state;
    run_python("send_amid_forks()");
    assert_int_equal(signals_set(&stop), 0);
    assert_repr(eval_python("exit_code_of_child()"), "-15");
    assert_false(stop);
    assert_int_equal(signals_reset(), 0);
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0) {
        return -1;
    }
    run_python_file("embed/test_signals.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_both_signals_set_the_flag_and_raise),
        python_test(test_where_no_python_runs_the_next_wait_raises),
        python_test(test_the_flag_is_set_also_when_the_exception_is_caught),
        python_test(test_the_flag_set_last_counts),
        python_test(test_reset_gives_both_signals_back_to_python),
        python_test(test_reset_forgets_a_signal_that_has_come),
        python_test(test_the_application_s_handlers_stay),
        python_test(test_sigint_has_the_default_handler),
        python_test(test_an_interrupt_at_a_prompt_is_the_prompt_s),
        python_test(test_a_child_has_the_actions_of_any_program),
        python_test(test_a_signal_amid_a_fork_ends_the_child),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
