#include "doubles.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "python/errors.h"
#include "server/base_request_handler.h"
#include "server/tcp_server.h"

/* A pipe in the place of the listening socket. */
static int ready[2];

static int
fake_fileno(BaseServer *self)
{
    (void)self;
    function_called();
    return ready[0];
}

/* Raises the exception type that the test has queued, unless it is NULL. */
static int
queued_result(PyObject *raises)
{
    if (raises == NULL) {
        return 0;
    }
    PyErr_SetString(raises, "queued");
    return -1;
}

/* What get_request has given last: a request and an address, owned. */
static PyObject *got[2];

static int
fake_get_request(BaseServer *self, PyObject **request,
                 PyObject **client_address)
{
    PyObject *raises = mock_ptr_type(PyObject *);

    (void)self;
    function_called();
    if (raises == NULL) {
        *request = PyUnicode_FromString("the request");
        *client_address = Py_BuildValue("(si)", "10.0.0.1", 4711);
        Py_XSETREF(got[0], Py_NewRef(*request));
        Py_XSETREF(got[1], Py_NewRef(*client_address));
    }
    return queued_result(raises);
}

/* The arguments that every later method is called with. */
static void
check_request(PyObject *request, PyObject *client_address)
{
    assert_string_equal(PyUnicode_AsUTF8(request), "the request");
    assert_repr(Py_NewRef(client_address), "('10.0.0.1', 4711)");
}

static int
fake_verify_request(BaseServer *self, PyObject *request,
                    PyObject *client_address)
{
    int verified = mock_type(int);

    (void)self;
    function_called();
    check_request(request, client_address);
    if (verified < 0) {
        PyErr_SetString(PyExc_ValueError, "queued");
    }
    return verified;
}

static int
fake_process_request(BaseServer *self, PyObject *request,
                     PyObject *client_address)
{
    (void)self;
    function_called();
    check_request(request, client_address);
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_finish_request(BaseServer *self, PyObject *request,
                    PyObject *client_address)
{
    (void)self;
    function_called();
    check_request(request, client_address);
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_shutdown_request(BaseServer *self, PyObject *request)
{
    (void)self;
    function_called();
    assert_string_equal(PyUnicode_AsUTF8(request), "the request");
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_close_request(BaseServer *self, PyObject *request)
{
    (void)self;
    function_called();
    assert_string_equal(PyUnicode_AsUTF8(request), "the request");
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_handle_error(BaseServer *self, PyObject *request,
                  PyObject *client_address)
{
    (void)self;
    function_called();
    check_request(request, client_address);
    assert_repr(eval_python("__import__('sys').exc_info()[1]"),
                mock_ptr_type(const char *));
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_handle_timeout(BaseServer *self)
{
    (void)self;
    function_called();
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_service_actions(BaseServer *self)
{
    function_called();
    self->shutdown_request = mock_type(bool);
    return queued_result(mock_ptr_type(PyObject *));
}

/* class Fake(BaseServer): every call is expected by the test. */
static BaseServerClass
fake_class(void)
{
    BaseServerClass cls = BaseServer_class;

    cls.fileno = fake_fileno;
    cls.get_request = fake_get_request;
    cls.verify_request = fake_verify_request;
    cls.process_request = fake_process_request;
    cls.finish_request = fake_finish_request;
    cls.shutdown_request = fake_shutdown_request;
    cls.close_request = fake_close_request;
    cls.handle_error = fake_handle_error;
    cls.handle_timeout = fake_handle_timeout;
    cls.service_actions = fake_service_actions;
    return cls;
}

static void
expect_get_request(PyObject *raises)
{
    expect_function_call(fake_get_request);
    will_return(fake_get_request, raises);
}

static void
expect_verify_request(int verified)
{
    expect_function_call(fake_verify_request);
    will_return(fake_verify_request, verified);
}

static void
expect_process_request(PyObject *raises)
{
    expect_function_call(fake_process_request);
    will_return(fake_process_request, raises);
}

static void
expect_shutdown_request(PyObject *raises)
{
    expect_function_call(fake_shutdown_request);
    will_return(fake_shutdown_request, raises);
}

static void
expect_handle_error(const char *exc_info, PyObject *raises)
{
    expect_function_call(fake_handle_error);
    will_return(fake_handle_error, exc_info);
    will_return(fake_handle_error, raises);
}

/* The loop goes round once more, or ends with `shutdown`. */
static void
expect_service_actions(bool shutdown, PyObject *raises)
{
    expect_function_call(fake_service_actions);
    will_return(fake_service_actions, shutdown);
    will_return(fake_service_actions, raises);
}

static BaseServer *
new_server(const BaseServerClass *cls)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 0);
    BaseServer *server = BaseServer_new(cls, address, NULL);

    Py_DECREF(address);
    assert_non_null(server);
    return server;
}

static void
make_ready(void)
{
    assert_int_equal(write(ready[1], "x", 1), 1);
}

static void
make_unready(void)
{
    char byte;

    assert_int_equal(read(ready[0], &byte, 1), 1);
}

static void
test_init_keeps_the_address_and_binds_nothing(void **state)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 0);
    Py_ssize_t references = Py_REFCNT(address);
    BaseServer *server =
        BaseServer_new(&BaseServer_class, address, &BaseRequestHandler_class);

    (void)state;
    assert_non_null(server);
    assert_ptr_equal(server->server_address, address);
    assert_ptr_equal(server->RequestHandlerClass, &BaseRequestHandler_class);
    assert_int_equal(Py_REFCNT(address), references + 1);
    Py_DECREF(server);
    assert_int_equal(Py_REFCNT(address), references);
    Py_DECREF(address);
}

static void
test_serve_forever_calls_in_pythons_order(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    make_ready();
    expect_function_call(fake_fileno);
    for (int round = 0; round < 2; round++) {
        expect_get_request(NULL);
        expect_verify_request(1);
        expect_process_request(NULL);
        expect_service_actions(round == 1, NULL);
    }
    assert_int_equal(BaseServer_serve_forever(server, 0.5), 0);
    assert_false(server->shutdown_request);
    make_unready();
    Py_DECREF(server);
}

static void
test_serve_forever_without_a_request_calls_service_actions(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_fileno);
    expect_service_actions(false, NULL);
    expect_service_actions(true, NULL);
    assert_int_equal(BaseServer_serve_forever(server, 0.001), 0);
    Py_DECREF(server);
}

static void
test_serve_forever_sees_the_shutdown_flag_before_the_first_poll(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    make_ready();
    server->shutdown_request = true;
    expect_function_call(fake_fileno);
    assert_int_equal(BaseServer_serve_forever(server, -1), 0);
    assert_false(server->shutdown_request);
    make_unready();
    Py_DECREF(server);
}

/* Gets the GIL only when the loop polls. */
static void *
ask_for_shutdown_and_connect(void *server)
{
    PyGILState_STATE gil = PyGILState_Ensure();

    ((BaseServer *)server)->shutdown_request = true;
    if (write(ready[1], "x", 1) != 1) {
        abort();
    }
    PyGILState_Release(gil);
    return NULL;
}

static void
test_serve_forever_handles_no_request_after_shutdown(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);
    pthread_t thread;

    (void)state;
    expect_function_call(fake_fileno);
    assert_int_equal(
        pthread_create(&thread, NULL, ask_for_shutdown_and_connect, server),
        0);
    assert_int_equal(BaseServer_serve_forever(server, -1), 0);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    make_unready();
    Py_DECREF(server);
}

/* The rounds of a loop that another thread ends. */
static struct {
    BaseServer *server;
    sem_t serving; /* posted in the first turn of each loop */
    int turns;
    bool ended_before_shutdown_returned;
} rounds;

static int
post_when_serving(BaseServer *self)
{
    (void)self;
    if (rounds.turns++ == 0) {
        sem_post(&rounds.serving);
    }
    return 0;
}

static int
quiet_fileno(BaseServer *self)
{
    (void)self;
    return ready[0];
}

static void *
shut_down_each_round(void *count)
{
    for (int i = 0; i < *(int *)count; i++) {
        PyGILState_STATE gil;

        sem_wait(&rounds.serving);
        gil = PyGILState_Ensure();
        if (BaseServer_shutdown(rounds.server) < 0 ||
            rounds.server->shutdown_request) {
            rounds.ended_before_shutdown_returned = false;
        }
        PyGILState_Release(gil);
    }
    return NULL;
}

static void
test_shutdown_from_another_thread_waits_for_the_loop(void **state)
{
    BaseServerClass cls = BaseServer_class;
    int count = 100;
    pthread_t thread;

    (void)state;
    cls.fileno = quiet_fileno;
    cls.service_actions = post_when_serving;
    rounds.server = new_server(&cls);
    rounds.ended_before_shutdown_returned = true;
    sem_init(&rounds.serving, 0, 0);
    assert_int_equal(
        pthread_create(&thread, NULL, shut_down_each_round, &count), 0);
    for (int i = 0; i < count; i++) {
        rounds.turns = 0;
        while (rounds.turns == 0) {
            /* the flag of a late shutdown() may end a loop at once */
            assert_int_equal(BaseServer_serve_forever(rounds.server, 0.001),
                             0);
        }
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    assert_true(rounds.ended_before_shutdown_returned);
    sem_destroy(&rounds.serving);
    Py_DECREF(rounds.server);
}

static void *
shut_down_once(void *server)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    int result;

    sem_post(&rounds.serving); /* but the GIL comes free in the wait only */
    result = BaseServer_shutdown(server);
    PyGILState_Release(gil);
    return result < 0 ? server : NULL;
}

static void
test_the_end_of_the_loop_reaches_all_who_wait(void **state)
{
    BaseServerClass cls = BaseServer_class;
    BaseServer *server;
    pthread_t threads[3];
    void *failed;

    (void)state;
    cls.fileno = quiet_fileno;
    server = new_server(&cls);
    sem_init(&rounds.serving, 0, 0);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(threads); i++) {
        assert_int_equal(
            pthread_create(&threads[i], NULL, shut_down_once, server), 0);
        Py_BEGIN_ALLOW_THREADS
        sem_wait(&rounds.serving);
        Py_END_ALLOW_THREADS
    }
    assert_int_equal(BaseServer_serve_forever(server, 0), 0);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(threads); i++) {
        Py_BEGIN_ALLOW_THREADS
        pthread_join(threads[i], &failed);
        Py_END_ALLOW_THREADS
        assert_null(failed);
    }
    sem_destroy(&rounds.serving);
    Py_DECREF(server);
}

static void
test_shutdown_after_the_loop_returns_at_once(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_fileno);
    expect_service_actions(true, NULL);
    assert_int_equal(BaseServer_serve_forever(server, 0), 0);
    assert_int_equal(BaseServer_shutdown(server), 0);
    /* as in Python, the flag is for the next loop then */
    assert_true(server->shutdown_request);
    Py_DECREF(server);
}

static void
test_serve_forever_ends_with_what_service_actions_raises(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_fileno);
    expect_service_actions(true, PyExc_KeyError);
    assert_int_equal(BaseServer_serve_forever(server, 0), -1);
    assert_raised(PyExc_KeyError, "'queued'");
    assert_false(server->shutdown_request);
    assert_int_equal(BaseServer_shutdown(server), 0); /* it has been set */
    Py_DECREF(server);
}

static void
test_serve_forever_ends_with_what_is_no_exception(void **state)
{
    PyObject *const raised[] = { PyExc_KeyboardInterrupt, PyExc_SystemExit };

    (void)state;
    make_ready();
    for (size_t i = 0; i < Py_ARRAY_LENGTH(raised); i++) {
        BaseServerClass cls = fake_class();
        BaseServer *server = new_server(&cls);

        expect_function_call(fake_fileno);
        expect_get_request(NULL);
        expect_verify_request(1);
        expect_process_request(raised[i]);
        expect_shutdown_request(NULL);
        assert_int_equal(BaseServer_serve_forever(server, 0), -1);
        assert_raised(raised[i], "queued");
        Py_DECREF(server);
    }
    make_unready();
}

static void
test_serve_forever_without_a_fileno_is_an_attribute_error(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);

    (void)state;
    assert_int_equal(BaseServer_serve_forever(server, 0), -1);
    assert_raised(PyExc_AttributeError, "'BaseServer' object has no "
                                        "attribute 'fileno'");
    assert_int_equal(BaseServer_shutdown(server), 0);
    Py_DECREF(server);
}

static void
test_a_poll_interval_beyond_the_systems_is_an_overflow_error(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_fileno);
    assert_int_equal(BaseServer_serve_forever(server, 1e9), -1);
    assert_raised(PyExc_OverflowError, "timeout is too large");
    Py_DECREF(server);
}

/* SIGALRM each 5 milliseconds: the first one may come before the poll. */
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
test_serve_forever_ends_with_what_a_signal_handler_raises(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_fileno);
    start_alarms("fail");
    assert_int_equal(BaseServer_serve_forever(server, -1), -1);
    assert_raised(PyExc_KeyError, "'alarm'");
    stop_alarms();
    assert_int_equal(BaseServer_shutdown(server), 0);
    Py_DECREF(server);
}

static void
test_shutdown_ends_with_what_a_signal_handler_raises(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);

    (void)state;
    start_alarms("fail");
    assert_int_equal(BaseServer_shutdown(server), -1); /* nobody serves */
    assert_raised(PyExc_KeyError, "'alarm'");
    stop_alarms();
    assert_null(server->is_shut_down.waiters);
    Py_DECREF(server);
}

static double
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* handle_request takes it that there is a socket: a TCPServer on the pipe. */
static int
no_server_bind(BaseServer *self)
{
    (void)self;
    return 0;
}

static BaseServerClass
fake_tcp_class(double timeout)
{
    BaseServerClass cls = fake_class();

    cls.type = &TCPServer_type;
    cls.address_family = TCPServer_class.address_family;
    cls.socket_type = TCPServer_class.socket_type;
    cls.timeout = timeout;
    cls.init = TCPServer_init;
    cls.server_bind = no_server_bind;
    return cls;
}

static void
test_handle_request_goes_on_waiting_after_a_signal(void **state)
{
    BaseServerClass cls = fake_tcp_class(0.05);
    BaseServer *server = new_server(&cls);
    double start = seconds();

    (void)state;
    expect_function_call(fake_fileno);
    expect_function_call(fake_handle_timeout);
    will_return(fake_handle_timeout, NULL);
    start_alarms("count");
    assert_int_equal(BaseServer_handle_request(server), 0);
    stop_alarms();
    assert_true(seconds() - start >= 0.05);
    assert_repr(eval_python("len(alarms) > 2"), "True");
    Py_DECREF(server);
}

static void
test_handle_request_handles_one(void **state)
{
    BaseServerClass cls = fake_tcp_class(-1);
    BaseServer *server = new_server(&cls);

    (void)state;
    make_ready();
    expect_function_call(fake_fileno);
    expect_get_request(NULL);
    expect_verify_request(1);
    expect_process_request(NULL);
    assert_int_equal(BaseServer_handle_request(server), 0);
    make_unready();
    Py_DECREF(server);
}

static void *
connect_later(void *unused)
{
    PyGILState_STATE gil = PyGILState_Ensure();

    (void)unused;
    if (write(ready[1], "x", 1) != 1) {
        abort();
    }
    PyGILState_Release(gil);
    return NULL;
}

static void
test_handle_request_without_a_timeout_waits(void **state)
{
    BaseServerClass cls = fake_tcp_class(-1);
    BaseServer *server = new_server(&cls);
    pthread_t thread;

    (void)state;
    expect_function_call(fake_fileno);
    expect_get_request(PyExc_OSError);
    assert_int_equal(pthread_create(&thread, NULL, connect_later, NULL), 0);
    assert_int_equal(BaseServer_handle_request(server), 0);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    make_unready();
    Py_DECREF(server);
}

static void
test_handle_request_waits_for_the_smaller_timeout(void **state)
{
    /* of the socket, and of the class; -1 is None */
    static const double timeouts[][2] = {
        { 0.01, -1 }, { -1, 0.01 }, { 0.01, 60 }, { 60, 0.01 }, { 0, 60 },
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(timeouts); i++) {
        BaseServerClass cls = fake_tcp_class(timeouts[i][1]);
        BaseServer *server = new_server(&cls);
        double start = seconds();

        assert_int_equal(Socket_settimeout(server->socket, timeouts[i][0]), 0);
        expect_function_call(fake_fileno);
        expect_function_call(fake_handle_timeout);
        will_return(fake_handle_timeout, NULL);
        assert_int_equal(BaseServer_handle_request(server), 0);
        assert_true(seconds() - start < 30);
        Py_DECREF(server);
    }
}

static void
test_handle_request_lets_through_what_handle_timeout_raises(void **state)
{
    BaseServerClass cls = fake_tcp_class(0);
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_fileno);
    expect_function_call(fake_handle_timeout);
    will_return(fake_handle_timeout, PyExc_ValueError);
    assert_int_equal(BaseServer_handle_request(server), -1);
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(server);
}

static void
test_handle_request_without_a_socket_is_an_attribute_error(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);

    (void)state;
    assert_int_equal(BaseServer_handle_request(server), -1);
    assert_raised(PyExc_AttributeError, "'BaseServer' object has no "
                                        "attribute 'socket'");
    Py_DECREF(server);
}

static void
test_an_os_error_in_get_request_is_swallowed(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(PyExc_ConnectionAbortedError);
    assert_int_equal(BaseServer__handle_request_noblock(server), 0);
    assert_null(PyErr_Occurred());
    Py_DECREF(server);
}

static void
test_another_error_in_get_request_propagates(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(PyExc_ValueError);
    assert_int_equal(BaseServer__handle_request_noblock(server), -1);
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(server);
}

static void
test_a_request_that_is_not_verified_is_shut_down(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(NULL);
    expect_verify_request(0);
    expect_shutdown_request(NULL);
    assert_int_equal(BaseServer__handle_request_noblock(server), 0);
    Py_DECREF(server);
}

static void
test_an_error_in_the_shutdown_of_an_unverified_request(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(NULL);
    expect_verify_request(0);
    expect_shutdown_request(PyExc_KeyError);
    assert_int_equal(BaseServer__handle_request_noblock(server), -1);
    assert_raised(PyExc_KeyError, "'queued'");
    assert_int_equal(Py_REFCNT(got[0]), 1);
    assert_int_equal(Py_REFCNT(got[1]), 1);
    Py_DECREF(server);
}

static void
test_an_error_in_verify_request_propagates_without_a_shutdown(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(NULL);
    expect_verify_request(-1);
    assert_int_equal(BaseServer__handle_request_noblock(server), -1);
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(server);
}

static void
test_an_exception_in_process_request_is_handled(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(NULL);
    expect_verify_request(1);
    expect_process_request(PyExc_ValueError);
    expect_handle_error("ValueError('queued')", NULL);
    expect_shutdown_request(NULL);
    assert_int_equal(BaseServer__handle_request_noblock(server), 0);
    assert_null(PyErr_Occurred());
    assert_repr(eval_python("__import__('sys').exc_info()[1]"), "None");
    Py_DECREF(server);
}

static void
test_an_error_in_handle_error_propagates_without_a_shutdown(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);
    Handled handled;

    (void)state;
    expect_get_request(NULL);
    expect_verify_request(1);
    expect_process_request(PyExc_ValueError);
    expect_handle_error("ValueError('queued')", PyExc_KeyError);
    assert_int_equal(BaseServer__handle_request_noblock(server), -1);
    handled = except_enter();
    assert_repr(PyObject_GetAttrString(handled.raised, "__context__"),
                "ValueError('queued')");
    RERAISE();
    except_leave(handled);
    assert_raised(PyExc_KeyError, "'queued'");
    Py_DECREF(server);
}

static void
test_an_error_in_shutdown_request_after_an_exception_propagates(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(NULL);
    expect_verify_request(1);
    expect_process_request(PyExc_ValueError);
    expect_handle_error("ValueError('queued')", NULL);
    expect_shutdown_request(PyExc_KeyError);
    assert_int_equal(BaseServer__handle_request_noblock(server), -1);
    assert_raised(PyExc_KeyError, "'queued'");
    Py_DECREF(server);
}

static void
test_an_error_while_shutting_down_replaces_an_interrupt(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_get_request(NULL);
    expect_verify_request(1);
    expect_process_request(PyExc_KeyboardInterrupt);
    expect_shutdown_request(PyExc_KeyError);
    assert_int_equal(BaseServer__handle_request_noblock(server), -1);
    assert_raised(PyExc_KeyError, "'queued'");
    Py_DECREF(server);
}

static void
test_request_and_address_are_released_whatever_happens(void **state)
{
    PyObject *const outcomes[] = { NULL, PyExc_ValueError,
                                   PyExc_KeyboardInterrupt };

    (void)state;
    for (int i = -2; i < (int)Py_ARRAY_LENGTH(outcomes); i++) {
        BaseServerClass cls = fake_class();
        BaseServer *server = new_server(&cls);

        expect_get_request(NULL);
        expect_verify_request(i < 0 ? i + 1 : 1);
        if (i >= 0) {
            expect_process_request(outcomes[i]);
        }
        if (i == 1) {
            expect_handle_error("ValueError('queued')", NULL);
        }
        if (i == -1 || i > 0) {
            expect_shutdown_request(NULL);
        }
        (void)BaseServer__handle_request_noblock(server);
        PyErr_Clear();
        assert_int_equal(Py_REFCNT(got[0]), 1);
        assert_int_equal(Py_REFCNT(got[1]), 1);
        Py_DECREF(server);
    }
}

/* The request and the address of a call from the test itself. */
static PyObject *request, *client_address;

static int
make_request(void **state)
{
    (void)state;
    request = PyUnicode_FromString("the request");
    client_address = Py_BuildValue("(si)", "10.0.0.1", 4711);
    return request == NULL || client_address == NULL ? -1 : 0;
}

static int
drop_request(void **state)
{
    Py_CLEAR(request);
    Py_CLEAR(client_address);
    return no_exception_left(state);
}

#define request_test(function) \
    cmocka_unit_test_setup_teardown(function, make_request, drop_request)

static void
test_process_request_finishes_then_shuts_down(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_finish_request);
    will_return(fake_finish_request, NULL);
    expect_shutdown_request(NULL);
    assert_int_equal(
        BaseServer_process_request(server, request, client_address), 0);
    Py_DECREF(server);
}

static void
test_process_request_leaves_the_shutdown_after_an_error_to_others(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_finish_request);
    will_return(fake_finish_request, PyExc_ValueError);
    assert_int_equal(
        BaseServer_process_request(server, request, client_address), -1);
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(server);
}

static void
test_shutdown_request_closes_the_request(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server = new_server(&cls);

    (void)state;
    expect_function_call(fake_close_request);
    will_return(fake_close_request, NULL);
    assert_int_equal(BaseServer_shutdown_request(server, request), 0);
    expect_function_call(fake_close_request);
    will_return(fake_close_request, PyExc_ValueError);
    assert_int_equal(BaseServer_shutdown_request(server, request), -1);
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(server);
}

static int
fake_handler_init(BaseRequestHandler *self, PyObject *its_request,
                  PyObject *its_client_address, BaseServer *its_server)
{
    function_called();
    assert_ptr_equal(Py_TYPE(self), &BaseRequestHandler_type);
    assert_ptr_equal(its_request, request);
    assert_ptr_equal(its_client_address, client_address);
    assert_ptr_equal(its_server, mock_ptr_type(BaseServer *));
    return queued_result(mock_ptr_type(PyObject *));
}

static void
test_finish_request_instantiates_the_handler_class(void **state)
{
    BaseRequestHandlerClass handler_class = BaseRequestHandler_class;
    BaseServer *server = new_server(&BaseServer_class);

    (void)state;
    handler_class.init = fake_handler_init;
    server->RequestHandlerClass = &handler_class;
    for (int fails = 0; fails < 2; fails++) {
        expect_function_call(fake_handler_init);
        will_return(fake_handler_init, server);
        will_return(fake_handler_init, fails ? PyExc_ValueError : NULL);
        assert_int_equal(
            BaseServer_finish_request(server, request, client_address),
            fails ? -1 : 0);
    }
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(server);
}

static void
test_finish_request_keeps_nothing_alive(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);
    Py_ssize_t references[3];

    (void)state;
    server->RequestHandlerClass = &BaseRequestHandler_class;
    references[0] = Py_REFCNT(server);
    references[1] = Py_REFCNT(request);
    references[2] = Py_REFCNT(client_address);
    assert_int_equal(
        BaseServer_finish_request(server, request, client_address), 0);
    assert_int_equal(Py_REFCNT(server), references[0]);
    assert_int_equal(Py_REFCNT(request), references[1]);
    assert_int_equal(Py_REFCNT(client_address), references[2]);
    Py_DECREF(server);
}

static void
test_the_hooks_do_nothing(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);

    (void)state;
    assert_int_equal(server->cls->server_activate(server), 0);
    assert_int_equal(server->cls->service_actions(server), 0);
    assert_int_equal(server->cls->handle_timeout(server), 0);
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(server->cls->close_request(server, request), 0);
    assert_int_equal(
        server->cls->verify_request(server, request, client_address), 1);
    Py_DECREF(server);
}

static void
test_what_a_base_server_lacks_is_an_attribute_error(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);
    PyObject *values[2];

    (void)state;
    assert_int_equal(server->cls->server_bind(server), -1);
    assert_raised(PyExc_AttributeError, "'BaseServer' object has no "
                                        "attribute 'server_bind'");
    assert_int_equal(server->cls->get_request(server, &values[0], &values[1]),
                     -1);
    assert_raised(PyExc_AttributeError, "'BaseServer' object has no "
                                        "attribute 'get_request'");
    Py_DECREF(server);
}

/* The exception `caught` of the Python namespace is handled, as it is. */
static Handled
handle_caught(void)
{
    PyObject *caught = eval_python("caught");
    PyObject *traceback = PyException_GetTraceback(caught);

    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(caught)), caught, traceback);
    return except_enter();
}

static void
test_handle_error_prints_what_pythons_prints(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);
    PyObject *raising = eval_python("raising");

    (void)state;
    set_python("client_address", client_address);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(raising); i++) {
        Handled handled;

        set_python("row", PyList_GET_ITEM(raising, i));
        run_python("wanted = text_of_python(row[1], client_address)");
        capture_stderr();
        handled = handle_caught();
        assert_int_equal(
            BaseServer_handle_error(server, request, client_address), 0);
        except_leave(handled);
        give_python("got", captured_stderr());
        run_python("compare_text(row[0], got, wanted)");
    }
    Py_DECREF(raising);
    Py_DECREF(server);
    assert_nothing_differs("rows.report()");
}

static void
test_handle_error_without_a_stderr_does_what_print_does(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);
    Handled handled;

    (void)state;
    run_python("catch(); print_to_stdout()");
    handled = handle_caught();
    assert_int_equal(BaseServer_handle_error(server, request, client_address),
                     0);
    run_python("text = stop_printing()");
    assert_int_equal(BaseServer_handle_error(server, request, client_address),
                     0);
    run_python("without_stderr()");
    assert_int_equal(BaseServer_handle_error(server, request, client_address),
                     -1);
    assert_raised(PyExc_AttributeError,
                  "module 'sys' has no attribute 'stderr'");
    except_leave(handled);
    run_python("restore(); check_printed(text)");
    Py_DECREF(server);
}

static void
test_handle_error_lets_through_what_stderr_raises(void **state)
{
    BaseServer *server = new_server(&BaseServer_class);
    Handled handled;

    (void)state;
    run_python("catch(); with_closed_stderr()");
    handled = handle_caught();
    assert_int_equal(BaseServer_handle_error(server, request, client_address),
                     -1);
    assert_raised(PyExc_ValueError, "I/O operation on closed file");
    except_leave(handled);
    run_python("restore()");
    Py_DECREF(server);
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&BaseServer_class, offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
}

static int
setup(void **state)
{
    return pipe(ready) < 0 ? -1
                           : start_with(state, "server/test_base_server.py");
}

static int
teardown(void **state)
{
    Py_CLEAR(got[0]);
    Py_CLEAR(got[1]);
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_init_keeps_the_address_and_binds_nothing),
        python_test(test_serve_forever_calls_in_pythons_order),
        python_test(
            test_serve_forever_without_a_request_calls_service_actions),
        python_test(
            test_serve_forever_sees_the_shutdown_flag_before_the_first_poll),
        python_test(test_serve_forever_handles_no_request_after_shutdown),
        python_test(test_shutdown_from_another_thread_waits_for_the_loop),
        python_test(test_the_end_of_the_loop_reaches_all_who_wait),
        python_test(test_shutdown_after_the_loop_returns_at_once),
        python_test(test_serve_forever_ends_with_what_service_actions_raises),
        python_test(test_serve_forever_ends_with_what_is_no_exception),
        python_test(test_serve_forever_without_a_fileno_is_an_attribute_error),
        python_test(
            test_a_poll_interval_beyond_the_systems_is_an_overflow_error),
        python_test(test_serve_forever_ends_with_what_a_signal_handler_raises),
        python_test(test_shutdown_ends_with_what_a_signal_handler_raises),
        python_test(test_handle_request_goes_on_waiting_after_a_signal),
        python_test(test_handle_request_handles_one),
        python_test(test_handle_request_without_a_timeout_waits),
        python_test(test_handle_request_waits_for_the_smaller_timeout),
        python_test(
            test_handle_request_lets_through_what_handle_timeout_raises),
        python_test(
            test_handle_request_without_a_socket_is_an_attribute_error),
        python_test(test_an_os_error_in_get_request_is_swallowed),
        python_test(test_another_error_in_get_request_propagates),
        python_test(test_a_request_that_is_not_verified_is_shut_down),
        python_test(test_an_error_in_the_shutdown_of_an_unverified_request),
        python_test(
            test_an_error_in_verify_request_propagates_without_a_shutdown),
        python_test(test_an_exception_in_process_request_is_handled),
        python_test(
            test_an_error_in_handle_error_propagates_without_a_shutdown),
        python_test(
            test_an_error_in_shutdown_request_after_an_exception_propagates),
        python_test(test_an_error_while_shutting_down_replaces_an_interrupt),
        python_test(test_request_and_address_are_released_whatever_happens),
        request_test(test_process_request_finishes_then_shuts_down),
        request_test(
            test_process_request_leaves_the_shutdown_after_an_error_to_others),
        request_test(test_shutdown_request_closes_the_request),
        request_test(test_finish_request_instantiates_the_handler_class),
        request_test(test_finish_request_keeps_nothing_alive),
        request_test(test_the_hooks_do_nothing),
        python_test(test_what_a_base_server_lacks_is_an_attribute_error),
        request_test(test_handle_error_prints_what_pythons_prints),
        request_test(test_handle_error_without_a_stderr_does_what_print_does),
        request_test(test_handle_error_lets_through_what_stderr_raises),
        python_test(test_table_has_no_empty_slot),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
