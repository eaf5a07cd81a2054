#include "mixed_classes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "python/errors.h"
#include "server/datagram_request_handler.h"
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
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        assert_slots_equal_pythons(&classes[i]);
        assert_attributes_equal_pythons(&classes[i]);
    }
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        assert_no_empty_slot(classes[i].table, offsetof(BaseServerClass, init),
                             sizeof(BaseServerClass));
    }
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

/* class cls(ForkingMixIn, Base): the one with calls to Python. */
static BaseServerClass
mixed_class(void)
{
    const BaseServerClass *over = python_class();
    BaseServerClass cls = *over;

    ForkingMixIn_lay_over(&cls, over);
    return cls;
}

/* Python's `step` reports from either process: as events(), when all
 * processes that may have something to say have ended. */
static void
define_reporting_class(void)
{
    define_python_class();
    run_python(
        "reports = os.pipe()\n"
        "os.set_blocking(reports[0], False)\n"
        "parent = os.getpid()\n"
        "def step(name, *arguments):\n"
        "    who = 'parent' if os.getpid() == parent else 'child'\n"
        "    handled = sys.exc_info()[1]\n"
        "    line = repr((who, name, repr(handled), *arguments))\n"
        "    os.write(reports[1], line.encode() + b'\\n')\n"
        "    if plan.get(name):\n"
        "        raise plan[name](name)\n"
        "def events():\n"
        "    try:\n"
        "        text = os.read(reports[0], 65536).decode()\n"
        "    except BlockingIOError:\n"
        "        text = ''\n"
        "    return [eval(line) for line in text.splitlines()]\n"
        "def wait_for(pid):\n"
        "    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n");
}

/* server.process_request('request', 'address') */
static int
process_request(BaseServer *server)
{
    PyObject *request = PyUnicode_FromString("request");
    PyObject *client_address = PyUnicode_FromString("address");
    int result = server->cls->process_request(server, request, client_address);

    Py_DECREF(request);
    Py_DECREF(client_address);
    return result;
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
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);
    PyObject *plans;

    (void)state;
    define_reporting_class();
    run_python("import itertools\n"
               "errors = [None, ValueError, SystemExit, KeyboardInterrupt]\n"
               "plans = [dict(zip(['finish_request', 'handle_error',\n"
               "                   'shutdown_request'], plan))\n"
               "         for plan in itertools.product(errors, errors[:3],\n"
               "                                       errors[:2])]\n"
               "server = same(socketserver.ForkingMixIn)()\n"
               "def run():\n"
               "    server.process_request('request', 'address')\n"
               "    return wait_for(server.active_children.pop()), "
               "sorted(events())\n");
    plans = eval_python("plans");
    assert_int_equal(PyList_GET_SIZE(plans), 24);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(plans); i++) {
        PyObject *events;
        int status;

        set_python("this_plan", PyList_GET_ITEM(plans, i));
        run_python("plan.clear()\n"
                   "plan.update(this_plan)\n");
        assert_int_equal(process_request(server), 0);
        status = status_of_child(server);
        events = eval_python("sorted(events())");
        assert_equal(Py_BuildValue("(iN)", status, events),
                     eval_python("run()"));
    }
    run_python("plan.clear()");
    Py_DECREF(plans);
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
}

static void
test_the_parent_closes_the_request_and_does_not_shut_it_down(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_reporting_class();
    assert_int_equal(process_request(server), 0);
    assert_int_equal(status_of_child(server), 0);
    run_python(
        "assert sorted(events()) == [\n"
        "    ('child', 'finish_request', 'None', 'request', 'address'),\n"
        "    ('child', 'shutdown_request', 'None', 'request'),\n"
        "    ('parent', 'close_request', 'None', 'request')]\n"
        "plan['close_request'] = OSError\n");
    assert_int_equal(process_request(server), -1);
    assert_raised(PyExc_OSError, "close_request");
    assert_int_equal(status_of_child(server),
                     0); /* it is known all the same */
    Py_DECREF(server);
}

static void
test_what_a_request_holds_is_free_in_the_parent(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);
    PyObject *request = PyList_New(0);
    PyObject *client_address = PyList_New(0);

    (void)state;
    define_reporting_class();
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
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_reporting_class();
    run_python("hooked = True\n"
               "def hook(name):\n"
               "    if hooked:\n"
               "        step(name)\n"
               "os.register_at_fork(before=lambda: hook('before'),\n"
               "    after_in_parent=lambda: hook('after in parent'),\n"
               "    after_in_child=lambda: hook('after in child'))\n");
    assert_int_equal(process_request(server), 0);
    assert_int_equal(status_of_child(server), 0);
    run_python("hooked = False\n"
               "names = [event[:2] for event in events()]\n"
               "assert names[0] == ('parent', 'before')\n"
               "assert ('parent', 'after in parent') in names\n"
               "assert ('child', 'after in child') in names\n"
               "assert len(names) == 6\n");
    Py_DECREF(server);
}

static void
test_a_fork_that_fails_is_an_error_of_the_request(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_reporting_class();
    run_python("refused = True\n"
               "def audit(event, arguments):\n"
               "    if event == 'os.fork' and refused:\n"
               "        raise BlockingIOError(11, 'refused')\n"
               "sys.addaudithook(audit)\n");
    assert_int_equal(process_request(server), -1);
    assert_raised(PyExc_BlockingIOError, "[Errno 11] refused");
    assert_null(server->active_children);
    run_python("refused = False\n"
               "assert events() == []\n");
    Py_DECREF(server);
}

/* A child of the server's that waits until the test closes `hold`, and then
 * exits with `status`; where it stands in /proc. */
static void
define_children(void)
{
    define_reporting_class();
    run_python("def state_of(pid):\n"
               "    with open('/proc/%d/stat' % pid) as file:\n"
               "        return file.read().rpartition(')')[2].split()[0]\n"
               "def finish_request(*arguments):\n"
               "    os.close(hold[1])\n"
               "    os.read(hold[0], 1)\n"
               "def close_request(request):\n"
               "    pass\n"
               "__main__.finish_request = finish_request\n"
               "__main__.shutdown_request = close_request\n"
               "__main__.close_request = close_request\n"
               "def new_hold():\n"
               "    global hold\n"
               "    hold = os.pipe()\n"
               "def let_go():\n"
               "    os.close(hold[1])\n"
               "    os.close(hold[0])\n"
               "def until_exited(pids):\n"
               "    for pid in pids:\n"
               "        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)\n");
}

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
    run_python("let_go()\n"
               "until_exited(children)\n");
}

static Py_ssize_t
children_of(BaseServer *server)
{
    return PySet_GET_SIZE(server->active_children);
}

static void
test_collect_children_before_the_first_does_nothing(void **state)
{
    BaseServerClass cls = mixed_class();
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
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    define_children();
    server = new_server_with_children(&cls, 3);
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(children_of(server), 3);
    run_python("killed = min(children)\n"
               "os.kill(killed, 9)\n"
               "until_exited([killed])\n");
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(children_of(server), 2);
    run_python("assert killed not in children\n"
               "others = children.copy()\n");
    let_children_exit();
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(children_of(server), 0);
    run_python("for pid in others:\n"
               "    assert not os.path.exists('/proc/%d' % pid)\n");
    Py_DECREF(server);
}

static void
test_the_loop_and_the_timeout_collect_children(void **state)
{
    int (*const methods[])(BaseServer * self) = {
        ForkingMixIn_service_actions,
        ForkingMixIn_handle_timeout,
    };
    BaseServerClass cls = mixed_class();

    (void)state;
    define_children();
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
    BaseServerClass cls = mixed_class();
    BaseServer *server;
    pthread_t thread;

    (void)state;
    define_children();
    server = new_server_with_children(&cls, 3);
    run_python("__main__.let_go = let_go\n"
               "gone = children.copy()\n");
    assert_int_equal(pthread_create(&thread, NULL, let_go_meanwhile, NULL), 0);
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(children_of(server), 0);
    run_python("for pid in gone:\n"
               "    assert not os.path.exists('/proc/%d' % pid)\n"
               "assert events() == [('parent', 'server_close', 'None')]\n");
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_DECREF(server);
}

static void
test_server_close_waits_for_nobody_without_it(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    cls.block_on_close = false;
    define_children();
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
    BaseServerClass cls = mixed_class();
    BaseServer *server;
    pthread_t thread;

    (void)state;
    cls.max_children = 3;
    define_children();
    run_python("__main__.let_go = let_go");
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
    run_python("for pid in sorted(children)[:2]:\n"
               "    os.kill(pid, 9)\n");
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
    BaseServerClass cls = mixed_class();

    (void)state;
    define_children();
    for (int i = 0; i < 3; i++) {
        BaseServer *server;

        cls.max_children = i == 0 ? 2 : 40; /* both ways to be told */
        server = new_server_with_children(&cls, 2);
        let_children_exit();
        run_python("for pid in children:\n"
                   "    os.waitpid(pid, 0)\n");
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

    run_python("import signal\n"
               "alarms = []\n"
               "def count(signum, frame):\n"
               "    alarms.append(signum)\n"
               "    if len(alarms) == 3:\n"
               "        let_go()\n"
               "def fail(signum, frame):\n"
               "    signal.setitimer(signal.ITIMER_REAL, 0)\n"
               "    alarms.append(signum)\n"
               "    if len(alarms) == 1:\n"
               "        raise KeyError('alarm')\n");
    PyOS_snprintf(statement, sizeof(statement),
                  "signal.signal(signal.SIGALRM, %s)", handler);
    run_python(statement);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void
stop_alarms(void)
{
    const struct itimerval never = { { 0, 0 }, { 0, 0 } };

    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    run_python("signal.signal(signal.SIGALRM, signal.SIG_DFL)");
}

static void
test_a_signal_does_not_end_the_wait(void **state)
{
    BaseServerClass cls = mixed_class();

    (void)state;
    define_children();
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
    BaseServerClass cls = mixed_class();

    (void)state;
    define_children();
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
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    define_children();
    run_python("import signal\n"
               "signal.signal(signal.SIGTERM, signal.default_int_handler)\n");
    assert_int_equal(pthread_atfork(NULL, NULL, terminate_child), 0);
    terminated_in_fork = true;
    server = new_server_with_children(&cls, 1);
    terminated_in_fork = false;
    /* a child that has lost it waits, and exits with 0 */
    start_alarms("count");
    assert_int_equal(status_of_child(server), 1);
    stop_alarms();
    run_python("signal.signal(signal.SIGTERM, signal.SIG_DFL)\n"
               "if len(alarms) < 3:\n"
               "    let_go()\n");
    Py_DECREF(server);
}

static void
test_signals_arrive_in_both_processes_after_the_fork(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_reporting_class();
    run_python("import signal\n"
               "def finish_request(*arguments):\n"
               "    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
               "    step('blocked', *map(int, blocked))\n"
               "__main__.finish_request = finish_request\n");
    assert_int_equal(process_request(server), 0);
    assert_int_equal(status_of_child(server), 0);
    run_python("assert ('child', 'blocked', 'None') in events()\n"
               "assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])\n");
    Py_DECREF(server);
}

static void
test_end_children_ends_them_all(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    cls.max_children = 3; /* collect_children would wait */
    define_children();
    server = new_server_with_children(&cls, 5);
    run_python("gone = children.copy()");
    assert_int_equal(end_children(server), 0);
    assert_int_equal(children_of(server), 0);
    run_python("for pid in gone:\n"
               "    assert not os.path.exists('/proc/%d' % pid)\n"
               "let_go()\n");
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_end_children_ends_those_that_do_not_care_too(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    define_children();
    run_python("import signal\n"
               "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n");
    server = new_server_with_children(&cls, 2);
    run_python("gone = children.copy()");
    assert_int_equal(end_children(server), 0);
    assert_int_equal(children_of(server), 0);
    run_python("for pid in gone:\n"
               "    assert not os.path.exists('/proc/%d' % pid)\n"
               "let_go()\n");
    /* when a signal handler raises, too, and then at once */
    server->cls = &cls;
    run_python("new_hold()");
    assert_int_equal(process_request(server), 0);
    start_alarms("fail");
    assert_int_equal(end_children(server), -1);
    assert_raised(PyExc_KeyError, "'alarm'");
    stop_alarms();
    assert_int_equal(children_of(server), 0);
    run_python("let_go()\n"
               "signal.signal(signal.SIGTERM, signal.SIG_DFL)\n");
    Py_DECREF(server);
}

static void
test_end_children_without_children_does_nothing(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    define_children();
    server = new_mixed_server(&cls);
    assert_int_equal(end_children(server), 0);
    Py_DECREF(server);
    server = new_server_with_children(&cls, 1);
    let_children_exit();
    assert_int_equal(ForkingMixIn_collect_children(server, false), 0);
    assert_int_equal(end_children(server), 0);
    Py_DECREF(server);
}

/* class Echo(StreamRequestHandler): a line comes back in capitals, and after
 * it the number of the process. */
static int
echo(BufferedIOBase *rfile, BufferedIOBase *wfile)
{
    PyObject *line = rfile->cls->readline(rfile, -1);
    PyObject *answer = NULL;
    Py_ssize_t written = -1;

    if (line != NULL) {
        answer = PyBytes_FromFormat("%s%d", PyBytes_AsString(line), getpid());
    }
    if (answer != NULL) {
        written = wfile->cls->write(wfile, answer);
    }
    Py_XDECREF(line);
    Py_XDECREF(answer);
    return written < 0 ? -1 : 0;
}

static int
Echo_handle(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;

    return FAILED(echo(stream->rfile, stream->wfile) < 0) ? -1 : 0;
}

static int
DatagramEcho_handle(BaseRequestHandler *self)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)self;

    return FAILED(echo(datagram->rfile, datagram->wfile) < 0) ? -1 : 0;
}

static void
test_every_combination_serves(void **state)
{
    StreamRequestHandlerClass stream = StreamRequestHandler_class;
    BaseRequestHandlerClass datagram = DatagramRequestHandler_class;

    (void)state;
    stream.base.handle = Echo_handle;
    datagram.handle = DatagramEcho_handle;
    run_python("import os, socket, tempfile\n"
               "def ask(family, type):\n"
               "    global client\n"
               "    client = socket.socket(family, type)\n"
               "    client.settimeout(60)\n"
               "    if family == socket.AF_UNIX and \\\n"
               "            type == socket.SOCK_DGRAM:\n"
               "        client.bind(path + '.client')\n"
               "    client.connect(address)\n"
               "    client.send(b'hello\\n')\n");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        const BaseServerClass *cls = classes[i].table;
        PyObject *address;
        BaseServer *server;
        char statement[100];

        run_python("directory = tempfile.TemporaryDirectory()\n"
                   "path = os.path.join(directory.name, 'socket')\n");
        address = cls->address_family == AF_UNIX
                      ? eval_python("path")
                      : eval_python("('127.0.0.1', 0)");
        server = BaseServer_new(cls, address,
                                cls->socket_type == SOCK_DGRAM ? &datagram
                                                               : &stream.base);
        Py_DECREF(address);
        assert_non_null(server);
        set_python("address", server->server_address);
        PyOS_snprintf(statement, sizeof(statement), "ask(%d, %d)",
                      cls->address_family, cls->socket_type);
        run_python(statement);
        assert_int_equal(BaseServer_handle_request(server), 0);
        set_python("children", server->active_children);
        run_python("child, = children\n"
                   "assert client.recv(100) == b'hello\\n%d' % child\n"
                   "client.close()\n");
        assert_int_equal(server->cls->server_close(server), 0);
        assert_int_equal(children_of(server), 0);
        Py_DECREF(server);
        run_python("directory.cleanup()");
    }
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python("import socketserver\n"
               "from wsgiref.simple_server import WSGIServer\n"
               "def forking(base):\n" /* 3.12 has those of Unix itself */
               "    return type('Forking' + base.__name__,\n"
               "                (socketserver.ForkingMixIn, base), {})\n"
               "ForkingUnixStreamServer = "
               "forking(socketserver.UnixStreamServer)\n"
               "ForkingUnixDatagramServer = "
               "forking(socketserver.UnixDatagramServer)\n"
               "ForkingWSGIServer = forking(WSGIServer)\n");
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
        python_test(test_a_signal_to_a_child_that_only_begins_is_not_lost),
        python_test(test_signals_arrive_in_both_processes_after_the_fork),
        python_test(test_end_children_ends_them_all),
        python_test(test_end_children_ends_those_that_do_not_care_too),
        python_test(test_end_children_without_children_does_nothing),
        python_test(test_every_combination_serves),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
