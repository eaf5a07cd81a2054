/* Each allocation fails once: of what only the program does, and of servers
 * and requests as it makes them. test_no_memory.py has the classes that Python
 * can use, too. */
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "no_memory.h"
#include "program/application.h"
#include "program/interpreter.h"
#include "program/messages.h"
#include "program/options.h"
#include "program/signals.h"
#include "program/strict.h"
#include "program/tls.h"
#include "python/errors.h"
#include "python/objects.h"
#include "server/forking_mix_in.h"
#include "server/simple_server.h"
#include "server/threading_mix_in.h"
#include "types.h"

static void
all_fail(const Operation *operations)
{
    for (const Operation *each = operations; each->name != NULL; each++) {
        int count = each_allocation_fails(each);

        print_message("%s: %d allocations\n", each->name, count);
        run_python("quiet()");
    }
}

/* ----- The application's name ----- */

static const char *application_name;

static int
find(void)
{
    return discard(find_application(application_name));
}

static void
test_finding_an_application(void **state)
{
    /* Of modules that are there: CPython's own import, which is Python code,
     * does not stand it. */
    static const char *const applications[] = {
        "hello:app",     "hello",        "hello:nothing",   "hello:build()",
        "hello:takes()", "hello:number", "hello:coroutine", "hello:a.b",
        "hello:Class()", "empty",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(applications); i++) {
        Operation operation = { applications[i], NULL, find, NULL };

        application_name = applications[i];
        print_message("%s: %d allocations\n", operation.name,
                      each_allocation_fails(&operation));
        run_python("quiet()");
    }
}

/* ----- Messages ----- */

static int
fail_to_bind(const Options *options, int error, const char *message)
{
    PyObject *raised =
        PyObject_CallFunction(PyExc_OSError, "is", error, message);

    if (raised != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(raised), raised);
        Py_DECREF(raised);
    }
    explain_bind_error(options);
    return -1;
}

static int
port_is_taken(void)
{
    Options options = { .host = "127.0.0.1", .port = 80 };

    return fail_to_bind(&options, EADDRINUSE, "taken");
}

static int
path_is_taken(void)
{
    Options options = { .host = "/tmp/x", .unix_socket = true };

    return fail_to_bind(&options, EADDRINUSE, "taken");
}

static void
test_each_error_of_a_port_is_explained(void **state)
{
    Options options = { .host = "::1", .port = 80, .ipv6 = true };

    (void)state;
    fail_to_bind(&options, EACCES, "denied");
    assert_raised(PyExc_SystemExit,
                  "port 80 is not permitted: ports below 1024 are for root; "
                  "choose another with --port, such as 8000");
    fail_to_bind(&options, EAFNOSUPPORT, "no family");
    assert_raised(PyExc_SystemExit, "this machine has no IPv6: choose another "
                                    "address with --bind");
    options.ipv6 = false;
    fail_to_bind(&options, EAFNOSUPPORT, "no family");
    assert_raised(PyExc_SystemExit, "this machine has no IPv4: choose another "
                                    "address with --bind");
    fail_to_bind(&options, ENOBUFS, "no room");
    assert_raised(PyExc_SystemExit,
                  "cannot listen on '::1': [Errno 105] no room; try another "
                  "address, such as 127.0.0.1");
}

static PyObject *error; /* owned; the program ends by it */

/* What interpreter_exit_code() prints goes to a list here. */
static int
leave(void)
{
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    interpreter_exit_code();
    return 0;
}

static void
test_the_end_of_the_program(void **state)
{
    /* SystemExit without memory ends this process, too. */
    static const char *const errors[] = { "KeyError('an error')",
                                          "KeyboardInterrupt()" };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(errors); i++) {
        Operation operation = { errors[i], NULL, leave, NULL };

        error = eval_python(errors[i]);
        print_message("%s: %d allocations\n", operation.name,
                      each_allocation_fails(&operation));
        Py_CLEAR(error);
        run_python("quiet()");
    }
}

static void
test_messages(void **state)
{
    static const Operation operations[] = {
        { "a port that is taken", NULL, port_is_taken, NULL },
        { "a path that is taken", NULL, path_is_taken, NULL },
        { NULL, NULL, NULL, NULL },
    };

    (void)state;
    all_fail(operations);
}

/* ----- Signals and the interpreter ----- */

static bool stop;

static int
set_and_reset(void)
{
    int result = signals_set(&stop);
    Handled handled = finally_enter();

    if (signals_reset() < 0) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}

static void
reset(void)
{
    assert_int_equal(signals_reset(), 0);
}

static int
wait_for_no_daemon(void)
{
    wait_for_daemons(0);
    return 0;
}

static int
start_tls(void)
{
    Options options = { .tls_cert = "tests/CMakeLists.txt",
                        .tls_password_file = "tests/CMakeLists.txt" };
    int result = tls_start(&options);

    tls_end();
    return result;
}

static void
test_signals_and_the_interpreter(void **state)
{
    static const Operation operations[] = {
        { "set and reset", NULL, set_and_reset, reset },
        { "wait for daemons", NULL, wait_for_no_daemon, NULL },
        { "TLS without a certificate", NULL, start_tls, NULL },
        { NULL, NULL, NULL, NULL },
    };

    (void)state;
    all_fail(operations);
}

/* ----- Servers ----- */

static WSGIServerClass server_class;
static WSGIRequestHandlerClass handler_class;
static const char *request;
static BaseServer *server;
static PyObject *application; /* owned */

static BaseServer *
make(void)
{
    return (BaseServer *)make_server("127.0.0.1", 0, application,
                                     &server_class, &handler_class);
}

static void
connect_client(void)
{
    server = make();
    assert_non_null(server);
    give_python("request", PyBytes_FromString(request));
    set_python("address", server->server_address);
    run_python("connect(address, request)");
}

static int
answer(void)
{
    return BaseServer_handle_request(server);
}

static void
close_server(void)
{
    run_python("disconnect()");
    assert_int_equal(server->cls->server_close(server), 0);
    Py_CLEAR(server);
}

static int
announce_it(void)
{
    return announce(server, false);
}

static int
close_and_end(void)
{
    int result = answer();

    if (result == 0 && server->cls->server_close(server) < 0) {
        result = -1;
    }
    if (result == 0) {
        result = end_children(server);
    }
    return result;
}

static void
serve(const char *name, const char *bytes, int (*run)(void))
{
    Operation operation = { name, connect_client, run, close_server };

    request = bytes;
    print_message("%s: %d allocations\n", name,
                  each_allocation_fails(&operation));
    run_python("quiet()");
}

static const char get[] = "GET /a HTTP/1.1\r\nHost: h\r\nX-A: b\r\n"
                          "Content-Length: 0\r\n\r\n";

/* Fails unless the server with this address says this line. */
static void
assert_announced(const char *address, const char *line)
{
    WSGIServerClass cls = server_class;
    BaseServer *made = make();
    const BaseServerClass *of_ipv4 = made->cls;

    cls.base.address_family = AF_INET6;
    made->cls = &cls.base;
    Py_SETREF(made->server_address, eval_python(address));
    run_python("quiet()");
    assert_int_equal(announce(made, false), 0);
    assert_repr(eval_python("sys.stdout.getvalue()"), line);
    made->cls = of_ipv4;
    assert_int_equal(made->cls->server_close(made), 0);
    Py_DECREF(made);
}

/* The zone has its name, unless it has none. */
static void
test_an_address_with_a_zone_is_announced(void **state)
{
    (void)state;
    server_class = WSGIServer_class;
    handler_class = WSGIRequestHandler_class;
    assert_announced("('fe80::1', 80, 0, 1)",
                     "'Serving HTTP on fe80::1%lo port 80 "
                     "(http://[fe80::1%lo]:80/) ...\\n'");
    assert_announced("('fe80::1', 80, 0, 99999)",
                     "'Serving HTTP on fe80::1%99999 port 80 "
                     "(http://[fe80::1%99999]:80/) ...\\n'");
}

/* What a class in C may have made of it. */
static void
test_an_address_without_a_port_is_not_announced(void **state)
{
    BaseServer *made;

    (void)state;
    server_class = WSGIServer_class;
    handler_class = WSGIRequestHandler_class;
    made = make();
    assert_non_null(made);
    Py_SETREF(made->server_address, eval_python("('here',)"));
    run_python("quiet()");
    assert_int_equal(announce(made, false), -1);
    assert_raised(PyExc_TypeError, NULL);
    assert_repr(eval_python("sys.stdout.getvalue()"), "''");
    assert_int_equal(made->cls->server_close(made), 0);
    Py_DECREF(made);
}

static void
test_requests(void **state)
{
    (void)state;
    server_class = WSGIServer_class;
    handler_class = WSGIRequestHandler_class;
    serve("a request", get, answer);
    serve("the announcement", get, announce_it);
    handler_class.base.parse_request = parse_request_strictly;
    serve("a strict request", get, answer);
    serve("two lengths",
          "POST / HTTP/1.1\r\nContent-Length: 10\r\n"
          "Content-Length: 10\r\n\r\n",
          answer);
}

static PyObject *joined; /* owned; a thread that has ended */

static int
join_threads(void)
{
    Threads *threads = Threads_new(&Threads_class);
    int result = -1;

    if (threads != NULL && PyList_Append((PyObject *)threads, joined) == 0) {
        result = Threads_join(threads);
    }
    Py_XDECREF(threads);
    return result;
}

static int
make_and_close(void)
{
    BaseServer *made = make();
    int result = made == NULL ? -1 : made->cls->server_close(made);

    Py_XDECREF(made);
    return result;
}

static void
test_servers_and_threads(void **state)
{
    static const Operation operations[] = {
        { "threads that are joined", NULL, join_threads, NULL },
        { "a server", NULL, make_and_close, NULL },
        { NULL, NULL, NULL, NULL },
    };

    (void)state;
    server_class = WSGIServer_class;
    handler_class = WSGIRequestHandler_class;
    all_fail(operations);
}

static void
test_processes(void **state)
{
    (void)state;
    server_class = WSGIServer_class;
    handler_class = WSGIRequestHandler_class;
    ForkingMixIn_lay_over(&server_class.base, &WSGIServer_class.base);
    serve("a process", get, close_and_end);
}

/* ----- The types ----- */

/* In a child, whose types are not ready: the exit status tells. */
static void
make_types_ready(long number)
{
    int result;

    if (start_python() < 0) {
        _exit(3);
    }
    fail_allocation(number);
    result = types_ready();
    if (!has_failed()) {
        _exit(result == 0 ? 1 : 3);
    }
    fail_allocation(-1);
    _exit((result < 0) == (PyErr_Occurred() != NULL) ? 0 : 2);
}

/* How a child ends in which the allocation with that number fails: 0 well, 1
 * there is none; or not well. */
static int
types_without(long number)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        make_types_ready(number);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum {
    STRIDE = 13,   /* a type has about as many allocations */
    OF_PYTHON = 10 /* CPython's compiler does not stand some of them */
};

static void
test_types(void **state)
{
    int badly = 0;
    long number = 0;
    int ended;

    (void)state;
    while ((ended = types_without(number)) != 1 && number < 10000) {
        badly += ended != 0;
        number += STRIDE;
    }
    print_message("types: %ld allocations, %d ended badly\n", number, badly);
    assert_true(number > 500);
    assert_true(badly <= OF_PYTHON);
}

static int
setup(void **state)
{
    (void)state;
    if (start_python_file("faults/test_allocations.py",
                          (PyMethodDef[]){ { NULL, NULL, 0, NULL } }) < 0)
    {
        return -1;
    }
    application = eval_python("application");
    joined = eval_python("Joined()");
    return 0;
}

static int
teardown(void **state)
{
    Py_CLEAR(application);
    Py_CLEAR(joined);
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest before_python[] = {
        cmocka_unit_test(test_types),
    };
    const struct CMUnitTest tests[] = {
        python_test(test_finding_an_application),
        python_test(test_messages),
        python_test(test_each_error_of_a_port_is_explained),
        python_test(test_an_address_with_a_zone_is_announced),
        python_test(test_an_address_without_a_port_is_not_announced),
        python_test(test_the_end_of_the_program),
        python_test(test_signals_and_the_interpreter),
        python_test(test_requests),
        python_test(test_servers_and_threads),
        python_test(test_processes),
    };
    int failed = cmocka_run_group_tests(before_python, NULL, NULL);

    return failed + cmocka_run_group_tests(tests, setup, teardown);
}
