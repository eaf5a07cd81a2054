#include "mixed_classes.h"

#include "server/mixed_servers.h"
#include "server/simple_server.h"

static const MixedClass classes[] = {
    { &ThreadingUDPServer_class, "socketserver.ThreadingUDPServer" },
    { &ThreadingTCPServer_class, "socketserver.ThreadingTCPServer" },
    { &ThreadingUnixStreamServer_class,
      "socketserver.ThreadingUnixStreamServer" },
    { &ThreadingUnixDatagramServer_class,
      "socketserver.ThreadingUnixDatagramServer" },
    { &ThreadingHTTPServer_class, "ThreadingHTTPServer" },
    { &ThreadingWSGIServer_class.base, "ThreadingWSGIServer" },
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
    assert_no_empty_slot(&ThreadingWSGIServer_class,
                         offsetof(WSGIServerClass, setup_environ),
                         sizeof(WSGIServerClass));
    assert_no_empty_slot(&Threads_class, offsetof(ThreadsClass, append),
                         sizeof(ThreadsClass));
    assert_no_empty_slot(&NoThreads_class, offsetof(ThreadsClass, append),
                         sizeof(ThreadsClass));
}

static void
test_it_can_be_laid_over_any_server_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        const BaseServerClass *over = classes[i].table->mixed_over;
        BaseServerClass cls = *over;

        ThreadingMixIn_lay_over(&cls, over);
        if (classes[i].table == &ThreadingHTTPServer_class) {
            assert_false(cls.daemon_threads);
            cls.daemon_threads = true; /* its class body */
        }
        assert_laid_over(&cls, classes[i].table);
    }
}

static void
test_process_request_thread_handles_exceptions_as_python(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);
    PyObject *request = PyUnicode_FromString("request");
    PyObject *client_address = PyUnicode_FromString("address");
    Py_ssize_t count;
    PyObject *plans;

    (void)state;
    run_python("mixed_classes.start()");
    plans = eval_python("plans");
    count = PyList_GET_SIZE(plans);
    assert_int_equal(count, 36);
    for (Py_ssize_t i = 0; i < count; i++) {
        int result;

        set_python("this_plan", PyList_GET_ITEM(plans, i));
        run_python("begin_plan(this_plan)");
        result = ThreadingMixIn_process_request_thread(server, request,
                                                       client_address);
        assert_int_equal(result, PyErr_Occurred() == NULL ? 0 : -1);
        give_python("error", take_exception());
        run_python("end_plan(this_plan, error); del error");
    }
    run_python("plan.clear()");
    Py_DECREF(plans);
    assert_nothing_differs("rows.report()");
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
    Py_DECREF(request);
    Py_DECREF(client_address);
}

static void
test_the_request_is_processed_by_a_thread_of_pythons(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_waiting()");
    assert_int_equal(process_request(server), 0);
    run_python("check_thread_of_the_request()");
    Py_DECREF(server);
}

static void
test_server_close_closes_what_is_below_then_waits_for_the_threads(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_waiting()");
    run_python("mixed_classes.replace('server_close', "
               "server_close_that_lets_go)");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(process_request(server), 0);
    }
    assert_int_equal(PyList_GET_SIZE(server->_threads), 3);
    run_python("threads = three_threads()");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("check_closed_before_the_threads_ended(threads)");
    run_python("del threads");
    assert_int_equal(PyList_GET_SIZE(server->_threads), 0);
    assert_int_equal(Py_REFCNT(server), 1); /* no thread holds it */
    Py_DECREF(server);
}

static void
test_server_close_does_not_wait_for_daemons(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    cls.daemon_threads = true;
    server = new_mixed_server(&cls);
    run_python("start_waiting()");
    assert_int_equal(process_request(server), 0);
    assert_int_equal(PyList_GET_SIZE(server->_threads), 0);
    run_python("thread = next_thread()");
    assert_repr(eval_python("thread.daemon"), "True");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("check_that_it_goes_on(thread); del thread");
    Py_DECREF(server);
}

static void
test_without_block_on_close_server_close_waits_for_nobody(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server;

    (void)state;
    cls.block_on_close = false;
    server = new_mixed_server(&cls);
    run_python("start_waiting()");
    assert_int_equal(process_request(server), 0);
    assert_null(server->_threads); /* as in Python: the class's _NoThreads */
    run_python("thread = next_thread()");
    assert_repr(eval_python("thread.daemon"), "False");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("check_that_it_goes_on(thread); del thread");
    Py_DECREF(server);
}

static void
test_server_close_without_a_request_only_closes(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("mixed_classes.start()");
    assert_int_equal(server->cls->server_close(server), 0);
    assert_repr(eval_python("events"), "[('server_close', 'None')]");
    run_python("plan['server_close'] = OSError");
    assert_int_equal(server->cls->server_close(server), -1);
    assert_raised(PyExc_OSError, "server_close");
    Py_DECREF(server);
}

static void
test_a_failing_close_leaves_the_threads_to_the_next(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_waiting()");
    assert_int_equal(process_request(server), 0);
    run_python("plan['server_close'] = OSError");
    assert_int_equal(server->cls->server_close(server), -1);
    assert_raised(PyExc_OSError, "server_close");
    assert_int_equal(PyList_GET_SIZE(server->_threads), 1);
    run_python("plan.clear(); go.set()");
    assert_int_equal(server->cls->server_close(server), 0);
    assert_repr(eval_python("next_thread().is_alive()"), "False");
    Py_DECREF(server);
}

static void
test_done_threads_are_let_go_with_the_next_request(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("start_waiting()");
    run_python("go.set()");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(process_request(server), 0);
        assert_int_equal(PyList_GET_SIZE(server->_threads), 1);
        run_python("next_thread().join(60)");
    }
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_a_thread_that_does_not_start_is_as_in_python(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    run_python("mixed_classes.start()");
    run_python("no_thread_starts()");
    assert_int_equal(process_request(server), -1);
    give_python("error", take_exception());
    assert_equal(eval_python("describe(error)"),
                 eval_python("outcome(python.process_request, 0, 1)"));
    run_python("threads_start()");
    assert_int_equal(PyList_GET_SIZE(server->_threads), 1);
    assert_int_equal(server->cls->server_close(server), -1);
    give_python("error", take_exception());
    assert_equal(eval_python("describe(error)"),
                 eval_python("outcome(python.server_close)"));
    run_python("del error");
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_what_a_thread_holds_is_free_when_it_is_done(void **state)
{
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);
    BaseServer *server = new_mixed_server(&cls);
    PyObject *request = PyList_New(0);
    PyObject *client_address = PyList_New(0);

    (void)state;
    run_python("start_waiting()");
    assert_int_equal(
        server->cls->process_request(server, request, client_address), 0);
    assert_true(Py_REFCNT(server) > 1); /* its thread's */
    run_python("go.set()");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("started.get(); events.clear()");
    assert_int_equal(Py_REFCNT(request), 1);
    assert_int_equal(Py_REFCNT(client_address), 1);
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
    Py_DECREF(request);
    Py_DECREF(client_address);
}

static void
test_what_flies_out_of_a_thread_is_for_threading_excepthook(void **state)
{
    static const char *const raised[] = { "SystemExit", "KeyboardInterrupt" };
    BaseServerClass cls = mixed_over_python(ThreadingMixIn_lay_over);

    (void)state;
    run_python("start_waiting()");
    run_python("go.set()");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(raised); i++) {
        BaseServer *server = new_mixed_server(&cls);
        PyObject *ours, *pythons;
        char statement[100];

        PyOS_snprintf(statement, sizeof(statement),
                      "plan['finish_request'] = %s", raised[i]);
        run_python(statement);
        capture_stderr();
        assert_int_equal(process_request(server), 0);
        assert_int_equal(server->cls->server_close(server), 0);
        ours = captured_stderr();
        capture_stderr();
        run_python("run_pythons()");
        pythons = captured_stderr();
        give_python("ours", ours);
        give_python("pythons", pythons);
        run_python("compare_texts(plan['finish_request'], ours, pythons)");
        Py_DECREF(server);
    }
    assert_nothing_differs("rows.report()");
    run_python("plan.clear()");
}

/* What `described` says of a call in C. */
static PyObject *
described_result(int result)
{
    PyObject *type, *value, *traceback, *description;

    if (result == 0) {
        return PyUnicode_FromString("None");
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    description = Py_BuildValue("(ON)", type, PyObject_Str(value));
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return description;
}

/* The same operations as Python's goes through, on threads that are none. */
static void
compare_threads(Threads *threads, PyObject *words_and_row)
{
    PyObject *row = PyTuple_GET_ITEM(words_and_row, 1);
    PyObject *results = PyList_New(0);
    PyObject *described;

    set_python("this", words_and_row);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(row); i++) {
        described = described_result(
            threads->cls->append(threads, PyList_GET_ITEM(row, i)));
        PyList_Append(results, described);
        Py_DECREF(described);
    }
    give_python("as_list", threads->cls == &Threads_class
                               ? PyObject_Repr((PyObject *)threads)
                               : Py_NewRef(Py_None));
    described = described_result(threads->cls->join(threads));
    PyList_Append(results, described);
    Py_DECREF(described);
    give_python("results", results);
    run_python("end_threads(*this, results, as_list)");
}

/* Threads, and NoThreads, which a server has that waits for none. */
static void
test_threads_and_no_threads_are_as_in_python(void **state)
{
    PyObject *fakes;

    (void)state;
    fakes = eval_python("fakes");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(fakes); i++) {
        PyObject *this = PyList_GET_ITEM(fakes, i);
        Threads *threads = Threads_new(&Threads_class);
        Threads no_threads = { .cls = &NoThreads_class };

        compare_threads(threads, this);
        assert_int_equal(Py_REFCNT(threads), 1);
        Py_DECREF(threads);
        compare_threads(&no_threads, this);
    }
    Py_DECREF(fakes);
    assert_nothing_differs("rows.report()");
}

static void
test_pop_all_empties_the_list_and_gives_what_it_held(void **state)
{
    Threads *threads = Threads_new(&Threads_class);
    PyObject *all;

    (void)state;
    for (int i = 0; i < 3; i++) {
        PyObject *number = PyLong_FromLong(i);

        assert_int_equal(PyList_Append((PyObject *)threads, number), 0);
        Py_DECREF(number);
    }
    all = Threads_pop_all(threads);
    assert_int_equal(PyList_CheckExact(all), 1);
    assert_repr(all, "[0, 1, 2]");
    assert_repr(Py_NewRef(threads), "[]");
    assert_repr(Threads_pop_all(threads), "[]");
    Py_DECREF(threads);
}

static void
test_a_list_that_shrinks_while_it_is_reaped(void **state)
{
    Threads *threads = Threads_new(&Threads_class);

    (void)state;
    set_python("threads", (PyObject *)threads);
    run_python("threads.extend(Shrinking(threads) for i in range(3))");
    assert_int_equal(Threads_reap(threads), 0);
    assert_int_equal(PyList_GET_SIZE(threads), 1);
    run_python("threads.clear(); del threads");
    Py_DECREF(threads);
}

static void
test_python_cannot_make_its_own(void **state)
{
    Threads *threads = Threads_new(&Threads_class);

    (void)state;
    set_python("threads", (PyObject *)threads);
    run_python("check_that_python_makes_none(threads); del threads");
    Py_DECREF(threads);
}

/* A line comes back in capitals. The line b'fail' raises. */
static PyObject *
answer_to(PyObject *line)
{
    PyObject *upper = PyObject_CallMethod(line, "upper", NULL);

    if (upper != NULL && strcmp(PyBytes_AsString(upper), "FAIL\n") == 0) {
        Py_CLEAR(upper);
        RAISE(PyExc_ValueError, "told to fail");
    }
    return upper;
}

static void
test_every_combination_serves(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        BaseServer *server = new_echo_server(classes[i].table);

        ask(server);
        run_python("check_answer(client, b'HELLO\\n')");
        close_echo_server(server);
    }
}

static void
test_a_silent_client_blocks_nobody(void **state)
{
    BaseServer *server = new_echo_server(&ThreadingTCPServer_class);

    (void)state;
    run_python("silent = silent_clients(address)");
    run_python("client = ask(b'hello\\n', address)");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(BaseServer_handle_request(server), 0);
    }
    run_python("check_late_answers(silent, client); del silent");
    close_echo_server(server);
}

/* More requests than can be counted by hand, from several threads at once:
 * what is shared is touched in turns. */
static void
test_many_clients_at_once(void **state)
{
    BaseServer *server = new_echo_server(&ThreadingTCPServer_class);

    (void)state;
    run_python("askers = Askers(address)");
    for (int i = 0; i < 200; i++) {
        assert_int_equal(BaseServer_handle_request(server), 0);
    }
    run_python("askers.check()");
    close_echo_server(server);
}

/* shutdown(), for another thread of Python's. */
static PyObject *
call_shutdown(PyObject *server, PyObject *unused)
{
    (void)unused;
    if (BaseServer_shutdown((BaseServer *)server) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef shutdown_def = { "shutdown", call_shutdown, METH_NOARGS,
                                    NULL };

static void
test_shutdown_from_the_thread_of_a_request_s_client(void **state)
{
    BaseServer *server = new_echo_server(&ThreadingTCPServer_class);
    PyObject *shutdown = PyCFunction_New(&shutdown_def, (PyObject *)server);

    (void)state;
    set_python("shutdown", shutdown);
    run_python("asker = ShutsDown(address, shutdown)");
    assert_int_equal(BaseServer_serve_forever(server, 0.01), 0);
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("asker.check(); del asker, shutdown");
    Py_DECREF(shutdown);
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
    run_python("mixed_classes.remove_address()");
}

static void
test_a_handler_that_raises_is_reported_and_its_client_let_go(void **state)
{
    BaseServer *server = new_echo_server(&ThreadingTCPServer_class);
    PyObject *text;

    (void)state;
    capture_stderr();
    run_python("client = ask(b'fail\\n', address)");
    assert_int_equal(BaseServer_handle_request(server), 0);
    run_python("peer = peer_of_closed(client)");
    close_echo_server(server);
    text = captured_stderr();
    give_python("text", text);
    run_python("check_report(text, peer)");
}

static void
test_wsgi_input_of_a_request_that_waits_can_be_used_by_another_thread(
    void **state)
{
    PyObject *app;
    WSGIServer *server;

    (void)state;
    app = eval_python("app");
    server =
        make_server("127.0.0.1", 0, app, &ThreadingWSGIServer_class, NULL);
    Py_DECREF(app);
    assert_non_null(server);
    set_python("address", server->base.base.base.server_address);
    capture_stderr();
    run_python("first = send_half(address)");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("second = send_get(address)");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("check_both_answers(first, second)");
    assert_int_equal(
        server->base.base.base.cls->server_close((BaseServer *)server), 0);
    Py_DECREF(captured_stderr());
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python_file("server/test_threading_mix_in.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_slots_and_attributes_are_those_that_python_resolves),
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_it_can_be_laid_over_any_server_class),
        python_test(test_process_request_thread_handles_exceptions_as_python),
        python_test(test_the_request_is_processed_by_a_thread_of_pythons),
        python_test(
            test_server_close_closes_what_is_below_then_waits_for_the_threads),
        python_test(test_server_close_does_not_wait_for_daemons),
        python_test(test_without_block_on_close_server_close_waits_for_nobody),
        python_test(test_server_close_without_a_request_only_closes),
        python_test(test_a_failing_close_leaves_the_threads_to_the_next),
        python_test(test_done_threads_are_let_go_with_the_next_request),
        python_test(test_a_thread_that_does_not_start_is_as_in_python),
        python_test(test_what_a_thread_holds_is_free_when_it_is_done),
        python_test(
            test_what_flies_out_of_a_thread_is_for_threading_excepthook),
        python_test(test_threads_and_no_threads_are_as_in_python),
        python_test(test_pop_all_empties_the_list_and_gives_what_it_held),
        python_test(test_a_list_that_shrinks_while_it_is_reaped),
        python_test(test_python_cannot_make_its_own),
        python_test(test_every_combination_serves),
        python_test(test_a_silent_client_blocks_nobody),
        python_test(test_many_clients_at_once),
        python_test(test_shutdown_from_the_thread_of_a_request_s_client),
        python_test(
            test_a_handler_that_raises_is_reported_and_its_client_let_go),
        python_test(
            test_wsgi_input_of_a_request_that_waits_can_be_used_by_another_thread),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
