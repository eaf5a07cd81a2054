#include "mixed_classes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "no_memory.h"
#include "server/mixed_servers.h"

static const MixedClass classes[] = {
    { &ForkingUDPServer_class, "socketserver.ForkingUDPServer" },
    { &ForkingTCPServer_class, "socketserver.ForkingTCPServer" },
    { &ForkingUnixStreamServer_class, "ForkingUnixStreamServer" },
    { &ForkingUnixDatagramServer_class, "ForkingUnixDatagramServer" },
    { &ForkingWSGIServer_class.base, "ForkingWSGIServer" },
};

static void
test_slots_and_attributes_are_those_that_python_resolves(void **state)
{
    (void)state;
    assert_classes_equal_pythons(classes, Py_ARRAY_LENGTH(classes));
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slots(classes, Py_ARRAY_LENGTH(classes));
    assert_no_empty_slot(&ForkingWSGIServer_class,
                         offsetof(WSGIServerClass, setup_environ),
                         sizeof(WSGIServerClass));
}

static void
test_it_can_be_laid_over_any_server_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        const BaseServerClass *over = classes[i].table->mixed_over;
        BaseServerClass cls = *over;

        ForkingMixIn_lay_over(&cls, over);
        assert_laid_over(&cls, classes[i].table);
    }
}

/* The only child of the server, which waits for it. */
static int
status_of_child(BaseServer *server)
{
    PyObject *pid;
    pid_t ended;
    int status;

    assert_int_equal(PySet_GET_SIZE(server->active_children), 1);
    pid = PySet_Pop(server->active_children);
    do {
        ended = waitpid((pid_t)PyLong_AsLong(pid), &status, 0);
    } while (ended < 0 && errno == EINTR && PyErr_CheckSignals() == 0);
    assert_int_equal(ended, PyLong_AsLong(pid));
    Py_DECREF(pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_process_request_does_what_python_does_in_both_processes(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);
    PyObject *plans;

    (void)state;
    run_python("start_reporting()");
    plans = eval_python("plans");
    assert_int_equal(PyList_GET_SIZE(plans), 24);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(plans); i++) {

        set_python("this_plan", PyList_GET_ITEM(plans, i));
        run_python("begin_plan(this_plan)");
        assert_int_equal(process_request(server), 0);
        give_python("status", PyLong_FromLong(status_of_child(server)));
        run_python("end_plan(this_plan, status)");
    }
    run_python("plan.clear()");
    Py_DECREF(plans);
    assert_nothing_differs("rows.report()");
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
}

static void
test_the_parent_closes_the_request_and_does_not_shut_it_down(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_reporting()");
    assert_int_equal(process_request(server), 0);
    assert_int_equal(status_of_child(server), 0);
    run_python("check_steps_of_both()");
    run_python("plan['close_request'] = OSError");
    assert_int_equal(process_request(server), -1);
    assert_raised(PyExc_OSError, "close_request");
    assert_int_equal(status_of_child(server),
                     0); /* it is known all the same */
    Py_DECREF(server);
}

static void
test_what_a_request_holds_is_free_in_the_parent(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);
    PyObject *request = PyList_New(0);
    PyObject *client_address = PyList_New(0);

    (void)state;
    run_python("start_reporting()");
    assert_int_equal(
        server->cls->process_request(server, request, client_address), 0);
    assert_int_equal(Py_REFCNT(request), 1);
    assert_int_equal(Py_REFCNT(client_address), 1);
    assert_int_equal(Py_REFCNT(server), 1);
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
    Py_DECREF(request);
    Py_DECREF(client_address);
}

static void
test_hooks_of_fork_run_as_with_os_fork(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_reporting()");
    run_python("register_hooks()");
    run_python("hooked = True");
    assert_int_equal(process_request(server), 0);
    assert_int_equal(status_of_child(server), 0);
    run_python("hooked = False");
    run_python("check_hooks()");
    Py_DECREF(server);
}

static void
test_a_fork_that_fails_is_an_error_of_the_request(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_reporting()");
    run_python("add_audit_hook()");
    run_python("refused = True");
    assert_int_equal(process_request(server), -1);
    assert_raised(PyExc_BlockingIOError, "[Errno 11] refused");
    assert_null(server->active_children);
    run_python("refused = False");
    assert_repr(eval_python("events()"), "[]");
    Py_DECREF(server);
}

/* Their children wait until the test says let_go(). */
static BaseServer *
new_server_with_children(const BaseServerClass *cls, int count)
{
    BaseServer *server = new_mixed_server(cls);

    run_python("new_hold()");
    for (int i = 0; i < count; i++) {
        assert_int_equal(process_request(server), 0);
    }
    if (server->active_children != NULL) {
        assert_int_equal(PySet_GET_SIZE(server->active_children), count);
        set_python("children", server->active_children);
    }
    return server;
}

/* They exit, and nobody has collected them yet. */
static void
let_children_exit(void)
{
    run_python("let_go(); until_exited(children)");
}

static Py_ssize_t
children_of(BaseServer *server)
{
    return PySet_GET_SIZE(server->active_children);
}

static void
test_collect_children_before_the_first_does_nothing(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    cls.max_children = 0;
    server = new_mixed_server(&cls);
    assert_int_equal(ForkingMixIn_collect_children(server, true), 0);
    assert_null(server->active_children);
    Py_DECREF(server);
}

static void
test_collect_children_leaves_the_living_and_takes_the_exited(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    run_python("start_children()");
    server = new_server_with_children(&cls, 3);
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(children_of(server), 3);
    run_python("killed = kill_one_of(children)");
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(children_of(server), 2);
    assert_repr(eval_python("killed in children"), "False");
    run_python("others = children.copy()");
    let_children_exit();
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(children_of(server), 0);
    run_python("check_that_none_is_left(others)");
    Py_DECREF(server);
}

static void
test_the_loop_and_the_timeout_collect_children(void **state)
{
    int (*const methods[])(BaseServer * self) = {
        ForkingMixIn_service_actions,
        ForkingMixIn_handle_timeout,
    };
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);

    (void)state;
    run_python("start_children()");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(methods); i++) {
        BaseServer *server = new_server_with_children(&cls, 2);

        assert_int_equal(methods[i](server), 0);
        assert_int_equal(children_of(server), 2);
        let_children_exit();
        assert_int_equal(methods[i](server), 0);
        assert_int_equal(children_of(server), 0);
        Py_DECREF(server);
    }
}

/* Lets the children exit once the main thread waits for them: the GIL is free
 * then. */
static void *
let_go_meanwhile(void *unused)
{
    PyGILState_STATE gil = PyGILState_Ensure();

    (void)unused;
    if (call_python("let_go", PyTuple_New(0)) < 0) {
        abort();
    }
    PyGILState_Release(gil);
    return NULL;
}

static void
test_server_close_waits_for_the_children_with_block_on_close(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;
    pthread_t thread;

    (void)state;
    run_python("start_children()");
    server = new_server_with_children(&cls, 3);
    run_python("gone = children.copy()");
    assert_int_equal(pthread_create(&thread, NULL, let_go_meanwhile, NULL), 0);
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(children_of(server), 0);
    run_python("check_that_none_is_left(gone)");
    assert_repr(eval_python("events()"),
                "[('parent', 'server_close', 'None')]");
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_DECREF(server);
}

static void
test_server_close_waits_for_nobody_without_it(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    cls.block_on_close = false;
    run_python("start_children()");
    server = new_server_with_children(&cls, 3);
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(children_of(server), 3);
    run_python("plan['server_close'] = OSError");
    let_children_exit();
    assert_int_equal(server->cls->server_close(server), -1);
    assert_raised(PyExc_OSError, "server_close");
    assert_int_equal(children_of(server), 3);
    run_python("plan.clear()");
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(children_of(server), 0);
    Py_DECREF(server);
}

static void
test_with_max_children_it_waits_until_there_are_fewer(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;
    pthread_t thread;

    (void)state;
    cls.max_children = 3;
    run_python("start_children()");
    server = new_server_with_children(&cls, 3);
    assert_int_equal(pthread_create(&thread, NULL, let_go_meanwhile, NULL), 0);
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_true(children_of(server) < 3);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    assert_int_equal(ForkingMixIn_collect_children(server, true), 0);
    Py_DECREF(server);

    /* but not until there are none */
    server = new_server_with_children(&cls, 4);
    run_python("kill_two_of(children)");
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(children_of(server), 2);
    let_children_exit();
    assert_int_equal(ForkingMixIn_collect_children(server, true), 0);
    assert_int_equal(children_of(server), 0);
    Py_DECREF(server);
}

static void
test_children_that_someone_else_has_collected_are_forgotten(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);

    (void)state;
    run_python("start_children()");
    for (int i = 0; i < 3; i++) {
        BaseServer *server;

        cls.max_children = i == 0 ? 2 : 40; /* both ways to be told */
        server = new_server_with_children(&cls, 2);
        let_children_exit();
        run_python("collect_all(children)");
        assert_int_equal(ForkingMixIn_collect_children(server, i == 1), 0);
        assert_int_equal(children_of(server), 0);
        Py_DECREF(server);
    }
}

/* SIGALRM each 5 milliseconds. */
static void
start_alarms(const char *handler)
{
    const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
    char statement[100];

    PyOS_snprintf(statement, sizeof(statement), "start_alarms(%s)", handler);
    run_python(statement);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void
stop_alarms(void)
{
    const struct itimerval never = { { 0, 0 }, { 0, 0 } };

    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    run_python("stop_alarms()");
}

static void
test_a_signal_does_not_end_the_wait(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);

    (void)state;
    run_python("start_children()");
    for (int i = 0; i < 2; i++) {
        BaseServer *server;

        cls.max_children = i == 0 ? 2 : 40;
        server = new_server_with_children(&cls, 2);
        start_alarms("count");
        assert_int_equal(ForkingMixIn_collect_children(server, true), 0);
        stop_alarms();
        assert_int_equal(children_of(server), 0);
        assert_repr(eval_python("len(alarms) >= 3"), "True");
        Py_DECREF(server);
    }
}

static void
test_what_a_signal_handler_raises_ends_the_wait(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);

    (void)state;
    run_python("start_children()");
    for (int i = 0; i < 2; i++) {
        BaseServer *server;

        cls.max_children = i == 0 ? 2 : 40;
        server = new_server_with_children(&cls, 2);
        start_alarms("fail");
        assert_int_equal(ForkingMixIn_collect_children(server, true), -1);
        assert_raised(PyExc_KeyError, "'alarm'");
        stop_alarms();
        assert_int_equal(children_of(server), 2);
        let_children_exit();
        assert_int_equal(ForkingMixIn_collect_children(server, true), 0);
        Py_DECREF(server);
    }
}

/* That of an OSError ends it as one of waitpid() would. */
static void
test_an_os_error_of_a_signal_handler_ends_the_wait_silently(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    cls.max_children = 2;
    run_python("start_children()");
    server = new_server_with_children(&cls, 2);
    run_python("start_alarms(time_out)");
    raise(SIGALRM);
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_repr(eval_python("len(alarms)"), "1");
    stop_alarms();
    assert_int_equal(children_of(server), 2);
    let_children_exit();
    assert_int_equal(ForkingMixIn_collect_children(server, true), 0);
    assert_int_equal(children_of(server), 0);
    Py_DECREF(server);
}

/* So many that none is left of those that CPython keeps for the next one, as
 * later releases do. */
static PyObject *
new_numbers(Py_ssize_t count)
{
    PyObject *numbers = PyList_New(count);

    for (Py_ssize_t i = 0; i < count; i++) {
        PyList_SET_ITEM(numbers, i, PyLong_FromSsize_t(1000 + i));
    }
    return numbers;
}

static void *
tell_number(void *number)
{
    *(pid_t *)number = gettid();
    return NULL;
}

/* CPython has the ints up to here already, up to 256 before 3.15. In a container
 * a process may have such a number. A thread takes the next one. */
#define KEPT_INTS 1024

static void
use_up_small_numbers(void)
{
    pthread_t thread;
    pid_t number;

    do {
        assert_int_equal(pthread_create(&thread, NULL, tell_number, &number),
                         0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    } while (number <= KEPT_INTS);
}

/* It has ended, and there is no memory for its number: a later attempt finds
 * that it is gone. */
static void
test_a_child_that_ends_without_memory(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    PyObject *numbers;
    BaseServer *server;

    (void)state;
    cls.max_children = 2;
    use_up_small_numbers();
    run_python("start_children()");
    server = new_server_with_children(&cls, 2);
    let_children_exit();
    numbers = new_numbers(500);
    fail_allocation(0);
    assert_int_equal(ForkingMixIn_collect_children(server, false), -1);
    fail_allocation(-1);
    assert_raised(PyExc_MemoryError, "");
    Py_DECREF(numbers);
    assert_int_equal(children_of(server), 2);
    assert_int_equal(ForkingMixIn_collect_children(server, true), 0);
    assert_int_equal(children_of(server), 0);
    Py_DECREF(server);
}

/* Whether a child gets SIGTERM before fork() has returned in it. */
static bool terminated_in_fork;

static void
terminate_child(void)
{
    if (terminated_in_fork) {
        raise(SIGTERM);
    }
}

static void
test_a_signal_to_a_child_that_only_begins_is_not_lost(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    run_python("start_children()");
    run_python("on_sigterm(signal.default_int_handler)");
    assert_int_equal(pthread_atfork(NULL, NULL, terminate_child), 0);
    terminated_in_fork = true;
    server = new_server_with_children(&cls, 1);
    terminated_in_fork = false;
    /* a child that has lost it waits, and exits with 0 */
    start_alarms("count");
    assert_int_equal(status_of_child(server), 1);
    stop_alarms();
    run_python("on_sigterm(signal.SIG_DFL)");
    run_python("let_go_unless_counted()");
    Py_DECREF(server);
}

static void
test_signals_arrive_in_both_processes_after_the_fork(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_reporting()");
    run_python("mixed_classes.replace('finish_request', "
               "report_blocked_signals)");
    assert_int_equal(process_request(server), 0);
    assert_int_equal(status_of_child(server), 0);
    run_python("check_that_no_signal_is_blocked()");
    Py_DECREF(server);
}

static void
test_end_children_ends_them_all(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    cls.max_children = 3; /* collect_children would wait */
    run_python("start_children()");
    server = new_server_with_children(&cls, 5);
    run_python("gone = children.copy()");
    assert_int_equal(end_children(server), 0);
    assert_int_equal(children_of(server), 0);
    run_python("check_that_none_is_left(gone); let_go()");
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_end_children_ends_those_that_do_not_care_too(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    run_python("start_children()");
    run_python("on_sigterm(signal.SIG_IGN)");
    server = new_server_with_children(&cls, 2);
    run_python("gone = children.copy()");
    assert_int_equal(end_children(server), 0);
    assert_int_equal(children_of(server), 0);
    run_python("check_that_none_is_left(gone); let_go()");
    /* when a signal handler raises, too, and then at once */
    server->cls = &cls;
    run_python("new_hold()");
    assert_int_equal(process_request(server), 0);
    start_alarms("fail");
    assert_int_equal(end_children(server), -1);
    assert_raised(PyExc_KeyError, "'alarm'");
    stop_alarms();
    assert_int_equal(children_of(server), 0);
    run_python("let_go(); on_sigterm(signal.SIG_DFL)");
    Py_DECREF(server);
}

static void
test_end_children_without_children_does_nothing(void **state)
{
    BaseServerClass cls = mixed_over_python(ForkingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    run_python("start_children()");
    server = new_mixed_server(&cls);
    assert_int_equal(end_children(server), 0);
    Py_DECREF(server);
    server = new_server_with_children(&cls, 1);
    let_children_exit();
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(end_children(server), 0);
    Py_DECREF(server);
}

/* A line comes back, and after it the number of the process. */
static PyObject *
answer_to(PyObject *line)
{
    return PyBytes_FromFormat("%s%d", PyBytes_AsString(line), getpid());
}

static void
test_every_combination_serves(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        BaseServer *server = new_echo_server(classes[i].table);

        ask(server);
        set_python("children", server->active_children);
        run_python("check_answer_of_child(client, children)");
        close_echo_server(server);
        assert_repr(eval_python("len(children)"), "0");
    }
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python_file("server/test_forking_mix_in.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_slots_and_attributes_are_those_that_python_resolves),
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_it_can_be_laid_over_any_server_class),
        python_test(
            test_process_request_does_what_python_does_in_both_processes),
        python_test(
            test_the_parent_closes_the_request_and_does_not_shut_it_down),
        python_test(test_what_a_request_holds_is_free_in_the_parent),
        python_test(test_hooks_of_fork_run_as_with_os_fork),
        python_test(test_a_fork_that_fails_is_an_error_of_the_request),
        python_test(test_collect_children_before_the_first_does_nothing),
        python_test(
            test_collect_children_leaves_the_living_and_takes_the_exited),
        python_test(test_the_loop_and_the_timeout_collect_children),
        python_test(
            test_server_close_waits_for_the_children_with_block_on_close),
        python_test(test_server_close_waits_for_nobody_without_it),
        python_test(test_with_max_children_it_waits_until_there_are_fewer),
        python_test(
            test_children_that_someone_else_has_collected_are_forgotten),
        python_test(test_a_signal_does_not_end_the_wait),
        python_test(test_what_a_signal_handler_raises_ends_the_wait),
        python_test(
            test_an_os_error_of_a_signal_handler_ends_the_wait_silently),
        python_test(test_a_child_that_ends_without_memory),
        python_test(test_a_signal_to_a_child_that_only_begins_is_not_lost),
        python_test(test_signals_arrive_in_both_processes_after_the_fork),
        python_test(test_end_children_ends_them_all),
        python_test(test_end_children_ends_those_that_do_not_care_too),
        python_test(test_end_children_without_children_does_nothing),
        python_test(test_every_combination_serves),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
