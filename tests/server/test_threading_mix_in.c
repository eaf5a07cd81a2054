#include "mixed_classes.h"

#include <sys/socket.h>

#include "python/errors.h"
#include "server/datagram_request_handler.h"
#include "server/mixed_servers.h"
#include "server/simple_server.h"

static const MixedClass classes[] = {
    { &ThreadingUDPServer_class, "socketserver.ThreadingUDPServer" },
    { &ThreadingTCPServer_class, "socketserver.ThreadingTCPServer" },
    { &ThreadingUnixStreamServer_class,
      "socketserver.ThreadingUnixStreamServer" },
    { &ThreadingUnixDatagramServer_class,
      "socketserver.ThreadingUnixDatagramServer" },
    { &ThreadingHTTPServer_class, "http.server.ThreadingHTTPServer" },
    { &ThreadingWSGIServer_class.base, "ThreadingWSGIServer" },
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

/* class cls(ThreadingMixIn, Base): the one with calls to Python. */
static BaseServerClass
mixed_class(void)
{
    const BaseServerClass *over = python_class();
    BaseServerClass cls = *over;

    ThreadingMixIn_lay_over(&cls, over);
    return cls;
}

/* plan, as the tests of the exceptions have it. */
static const char each_plan[] =
    "import itertools\n"
    "errors = [None, ValueError, SystemExit, KeyboardInterrupt]\n"
    "plans = [dict(zip(['finish_request', 'handle_error',\n"
    "                   'shutdown_request'], plan))\n"
    "         for plan in itertools.product(errors, errors[:3],\n"
    "                                       errors[:3])]\n";

static void
test_process_request_thread_handles_exceptions_as_python(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);
    PyObject *request = PyUnicode_FromString("request");
    PyObject *client_address = PyUnicode_FromString("address");
    Py_ssize_t count;
    PyObject *plans;

    (void)state;
    define_python_class();
    run_python(each_plan);
    run_python("server = same(socketserver.ThreadingMixIn)()\n"
               "def run():\n"
               "    events.clear()\n"
               "    return (outcome(server.process_request_thread,\n"
               "                    'request', 'address'), events[:])\n");
    plans = eval_python("plans");
    count = PyList_GET_SIZE(plans);
    assert_int_equal(count, 36);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *outcome, *events;
        int result;

        set_python("this_plan", PyList_GET_ITEM(plans, i));
        run_python("plan.clear()\n"
                   "plan.update(this_plan)\n"
                   "events.clear()\n");
        result = ThreadingMixIn_process_request_thread(server, request,
                                                       client_address);
        assert_int_equal(result, PyErr_Occurred() == NULL ? 0 : -1);
        outcome = described_raised();
        events = eval_python("events[:]");
        assert_equal(Py_BuildValue("(NN)", outcome, events),
                     eval_python("run()"));
    }
    run_python("plan.clear()");
    Py_DECREF(plans);
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
    Py_DECREF(request);
    Py_DECREF(client_address);
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

/* The thread of a request waits in finish_request until the test says
 * go.set(). */
static void
define_waiting_request(void)
{
    define_python_class();
    run_python("import queue, re\n"
               "started, go = queue.Queue(), threading.Event()\n"
               "def finish_request(*arguments):\n"
               "    started.put(threading.current_thread())\n"
               "    if not go.wait(60):\n"
               "        os.abort()\n"
               "    step('finish_request', *arguments)\n"
               "__main__.finish_request = finish_request\n");
}

static void
test_the_request_is_processed_by_a_thread_of_pythons(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_waiting_request();
    assert_int_equal(process_request(server), 0);
    run_python("thread = started.get(timeout=60)\n"
               "assert type(thread) is threading.Thread\n"
               "assert thread in threading.enumerate()\n"
               "assert thread is not threading.current_thread()\n"
               "assert re.fullmatch(r'Thread-\\d+ "
               "\\(process_request_thread\\)', thread.name)\n"
               "assert not thread.daemon and thread.is_alive()\n"
               "assert events == []\n"
               "go.set()\n"
               "thread.join(60)\n"
               "assert not thread.is_alive()\n"
               "assert events == [\n"
               "    ('finish_request', 'None', 'request', 'address'),\n"
               "    ('shutdown_request', 'None', 'request')], events\n"
               "del thread\n");
    Py_DECREF(server);
}

static void
test_server_close_closes_what_is_below_then_waits_for_the_threads(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_waiting_request();
    run_python("def server_close():\n"
               "    step('server_close')\n"
               "    go.set()\n"
               "__main__.server_close = server_close\n");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(process_request(server), 0);
    }
    assert_int_equal(PyList_GET_SIZE(server->_threads), 3);
    run_python("threads = [started.get(timeout=60) for i in range(3)]\n"
               "assert events == []\n");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("assert [thread.is_alive() for thread in threads]\\\n"
               "    == [False] * 3\n"
               "assert events[0][0] == 'server_close'\n"
               "assert len(events) == 7\n"
               "del threads\n");
    assert_int_equal(PyList_GET_SIZE(server->_threads), 0);
    assert_int_equal(Py_REFCNT(server), 1); /* no thread holds it */
    Py_DECREF(server);
}

static void
test_server_close_does_not_wait_for_daemons(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    cls.daemon_threads = true;
    server = new_mixed_server(&cls);
    define_waiting_request();
    assert_int_equal(process_request(server), 0);
    assert_int_equal(PyList_GET_SIZE(server->_threads), 0);
    run_python("thread = started.get(timeout=60)\n"
               "assert thread.daemon\n");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("assert thread.is_alive()\n"
               "go.set()\n"
               "thread.join(60)\n"
               "del thread\n");
    Py_DECREF(server);
}

static void
test_without_block_on_close_server_close_waits_for_nobody(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server;

    (void)state;
    cls.block_on_close = false;
    server = new_mixed_server(&cls);
    define_waiting_request();
    assert_int_equal(process_request(server), 0);
    assert_null(server->_threads); /* as in Python: the class's _NoThreads */
    run_python("thread = started.get(timeout=60)\n"
               "assert not thread.daemon\n");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("assert thread.is_alive()\n"
               "go.set()\n"
               "thread.join(60)\n"
               "del thread\n");
    Py_DECREF(server);
}

static void
test_server_close_without_a_request_only_closes(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_python_class();
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("assert events == [('server_close', 'None')]\n"
               "plan['server_close'] = OSError\n");
    assert_int_equal(server->cls->server_close(server), -1);
    assert_raised(PyExc_OSError, "server_close");
    Py_DECREF(server);
}

static void
test_a_failing_close_leaves_the_threads_to_the_next(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_waiting_request();
    assert_int_equal(process_request(server), 0);
    run_python("plan['server_close'] = OSError");
    assert_int_equal(server->cls->server_close(server), -1);
    assert_raised(PyExc_OSError, "server_close");
    assert_int_equal(PyList_GET_SIZE(server->_threads), 1);
    run_python("plan.clear()\n"
               "go.set()\n");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("assert not started.get(timeout=60).is_alive()");
    Py_DECREF(server);
}

static void
test_done_threads_are_let_go_with_the_next_request(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);

    (void)state;
    define_waiting_request();
    run_python("go.set()");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(process_request(server), 0);
        assert_int_equal(PyList_GET_SIZE(server->_threads), 1);
        run_python("started.get(timeout=60).join(60)");
    }
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_a_thread_that_does_not_start_is_as_in_python(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);
    PyObject *outcome;

    (void)state;
    define_python_class();
    run_python("def fail(self):\n"
               "    raise RuntimeError(\"can't start new thread\")\n"
               "start, threading.Thread.start = threading.Thread.start, fail\n"
               "python = same(socketserver.ThreadingMixIn)()\n");
    assert_int_equal(process_request(server), -1);
    outcome = described_raised();
    assert_equal(outcome,
                 eval_python("outcome(python.process_request, 0, 1)"));
    run_python("threading.Thread.start = start");
    assert_int_equal(PyList_GET_SIZE(server->_threads), 1);
    assert_int_equal(server->cls->server_close(server), -1);
    outcome = described_raised();
    assert_equal(outcome, eval_python("outcome(python.server_close)"));
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_what_a_thread_holds_is_free_when_it_is_done(void **state)
{
    BaseServerClass cls = mixed_class();
    BaseServer *server = new_mixed_server(&cls);
    PyObject *request = PyList_New(0);
    PyObject *client_address = PyList_New(0);

    (void)state;
    define_waiting_request();
    assert_int_equal(
        server->cls->process_request(server, request, client_address), 0);
    assert_true(Py_REFCNT(server) > 1); /* its thread's */
    run_python("go.set()");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("del started, go\n"
               "events.clear()\n");
    assert_int_equal(Py_REFCNT(request), 1);
    assert_int_equal(Py_REFCNT(client_address), 1);
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
    Py_DECREF(request);
    Py_DECREF(client_address);
}

/* Python's `join_all(text)`: what stderr got from the request, with the names
 * of the thread and the places in the library left out. */
static const char text_of_thread[] =
    "def in_common(text):\n"
    "    text = re.sub(r'Thread-\\d+', 'Thread', text)\n"
    "    return re.sub(r'  File \"[^\"]*\", line \\d+, in (.*)\\n'\n"
    "                  r'(?:    .*\\n)*', r'  in \\1\\n', text)\n"
    "def text_of_python(mix_in):\n"
    "    server = same(mix_in)()\n"
    "    server.process_request('request', 'address')\n"
    "    server.server_close()\n";

static void
test_what_flies_out_of_a_thread_is_for_threading_excepthook(void **state)
{
    static const char *const raised[] = { "SystemExit", "KeyboardInterrupt" };
    BaseServerClass cls = mixed_class();

    (void)state;
    define_waiting_request();
    run_python(text_of_thread);
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
        run_python("finish = Base.finish_request\n"
                   "Base.finish_request = \\\n"
                   "    lambda self, *arguments: finish_request(*arguments)\n"
                   "text_of_python(socketserver.ThreadingMixIn)\n"
                   "Base.finish_request = finish\n");
        pythons = captured_stderr();
        set_python("ours", ours);
        set_python("pythons", pythons);
        run_python("ours, pythons = in_common(ours), in_common(pythons)\n"
                   "pythons = pythons.replace('  in <lambda>\\n', '')\n"
                   "assert ours == pythons, (ours, pythons)\n"
                   "if plan['finish_request'] is SystemExit:\n"
                   "    assert ours == ''\n"
                   "else:\n"
                   "    assert ours.startswith('Exception in thread Thread '\n"
                   "        '(process_request_thread):\\nTraceback '), ours\n"
                   "    assert '  in process_request_thread\\n' in ours\n");
        Py_DECREF(ours);
        Py_DECREF(pythons);
        Py_DECREF(server);
    }
    run_python("plan.clear()");
}

/* `self._threads` of either class goes through the same operations as
 * Python's, on threads that are none. */
static const char threads_script[] =
    "import socketserver\n"
    "calls = []\n"
    "class Fake:\n"
    "    def __init__(self, name, alive=True, daemon=False, error=None):\n"
    "        self.name, self.alive, self.error = name, alive, error\n"
    "        self.daemon = daemon\n"
    "    def __repr__(self):\n"
    "        return self.name\n"
    "    def is_alive(self):\n"
    "        calls.append(('is_alive', self.name))\n"
    "        if self.error == 'is_alive':\n"
    "            raise KeyError(self.name)\n"
    "        return self.alive\n"
    "    def join(self):\n"
    "        calls.append(('join', self.name))\n"
    "        if self.error == 'join':\n"
    "            raise KeyError(self.name)\n"
    "class NoDaemon:\n"
    "    pass\n"
    "fakes = [\n"
    "    [Fake('a'), Fake('b', alive=False), Fake('c', daemon=True),\n"
    "     Fake('d', alive=False, daemon=True), Fake('e')],\n"
    "    [Fake('a'), Fake('b', error='is_alive'), Fake('c'), Fake('d')],\n"
    "    [Fake('a'), Fake('b', error='join'), Fake('c')],\n"
    "    [NoDaemon()],\n"
    "    [],\n"
    "]\n"
    "def described(function, *arguments):\n"
    "    try:\n"
    "        return repr(function(*arguments))\n"
    "    except Exception as error:\n"
    "        return type(error), str(error)\n"
    "def pythons(threads, row):\n"
    "    calls.clear()\n"
    "    results = [described(threads.append, fake) for fake in row]\n"
    "    as_list = repr(threads) if isinstance(threads, list) else None\n"
    "    results.append(described(threads.join))\n"
    "    return results, as_list, calls[:]\n";

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

static void
compare_threads(Threads *threads, PyObject *row, const char *expression)
{
    PyObject *results = PyList_New(0);
    PyObject *as_list, *described, *calls;

    run_python("calls.clear()");
    set_python("row", row);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(row); i++) {
        described = described_result(
            threads->cls->append(threads, PyList_GET_ITEM(row, i)));
        PyList_Append(results, described);
        Py_DECREF(described);
    }
    as_list = threads->cls == &Threads_class
                  ? PyObject_Repr((PyObject *)threads)
                  : Py_NewRef(Py_None);
    described = described_result(threads->cls->join(threads));
    PyList_Append(results, described);
    Py_DECREF(described);
    calls = eval_python("calls[:]");
    assert_equal(Py_BuildValue("(NNN)", results, as_list, calls),
                 eval_python(expression));
}

static void
test_threads_and_no_threads_are_as_in_python(void **state)
{
    PyObject *fakes;

    (void)state;
    run_python(threads_script);
    fakes = eval_python("fakes");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(fakes); i++) {
        PyObject *row = PyList_GET_ITEM(fakes, i);
        Threads *threads = Threads_new(&Threads_class);
        Threads no_threads = { .cls = &NoThreads_class };

        compare_threads(threads, row, "pythons(socketserver._Threads(), row)");
        assert_int_equal(Py_REFCNT(threads), 1);
        Py_DECREF(threads);
        compare_threads(&no_threads, row,
                        "pythons(socketserver._NoThreads(), row)");
    }
    Py_DECREF(fakes);
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
    run_python("class Shrinking:\n"
               "    def is_alive(self):\n"
               "        threads.clear()\n"
               "        return True\n");
    set_python("threads", (PyObject *)threads);
    run_python("threads.extend([Shrinking() for i in range(3)])");
    assert_int_equal(Threads_reap(threads), 0);
    assert_int_equal(PyList_GET_SIZE(threads), 1);
    run_python("threads.clear()\n"
               "del threads\n");
    Py_DECREF(threads);
}

static void
test_python_cannot_make_its_own(void **state)
{
    Threads *threads = Threads_new(&Threads_class);

    (void)state;
    set_python("threads", (PyObject *)threads);
    run_python("assert isinstance(threads, list) and threads == []\n"
               "try:\n"
               "    type(threads)()\n"
               "except TypeError:\n"
               "    pass\n"
               "else:\n"
               "    raise AssertionError\n"
               "del threads\n");
    Py_DECREF(threads);
}

/* class Echo(StreamRequestHandler): a line comes back in capitals. The line
 * b'fail' raises. */
static int
echo(BufferedIOBase *rfile, BufferedIOBase *wfile)
{
    PyObject *line = rfile->cls->readline(rfile, -1);
    PyObject *upper = NULL;
    Py_ssize_t written = -1;

    if (line == NULL) {
        return -1;
    }
    upper = PyObject_CallMethod(line, "upper", NULL);
    if (upper != NULL && strcmp(PyBytes_AsString(upper), "FAIL\n") == 0) {
        RAISE(PyExc_ValueError, "told to fail");
    }
    else if (upper != NULL) {
        written = wfile->cls->write(wfile, upper);
    }
    Py_DECREF(line);
    Py_XDECREF(upper);
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

/* A running server of the class, that echoes, at Python's `address`. */
static BaseServer *
new_echo_server(const BaseServerClass *cls)
{
    static StreamRequestHandlerClass stream;
    static BaseRequestHandlerClass datagram;
    PyObject *address;
    BaseServer *server;

    stream = StreamRequestHandler_class;
    stream.base.handle = Echo_handle;
    datagram = DatagramRequestHandler_class;
    datagram.handle = DatagramEcho_handle;
    run_python("import os, socket, tempfile\n"
               "directory = tempfile.TemporaryDirectory()\n"
               "path = os.path.join(directory.name, 'socket')\n");
    address = cls->address_family == AF_UNIX ? eval_python("path")
                                             : eval_python("('127.0.0.1', 0)");
    server = BaseServer_new(cls, address,
                            cls->socket_type == SOCK_DGRAM ? &datagram
                                                           : &stream.base);
    Py_DECREF(address);
    if (server == NULL) {
        PyErr_Print();
    }
    assert_non_null(server);
    set_python("address", server->server_address);
    run_python("def connect(family, type):\n"
               "    client = socket.socket(family, type)\n"
               "    client.settimeout(60)\n"
               "    if family == socket.AF_UNIX and \\\n"
               "            type == socket.SOCK_DGRAM:\n"
               "        client.bind(path + '.client')\n"
               "    client.connect(address)\n"
               "    return client\n");
    return server;
}

static void
close_echo_server(BaseServer *server)
{
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
    run_python("directory.cleanup()");
}

static void
test_every_combination_serves(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        const BaseServerClass *cls = classes[i].table;
        BaseServer *server = new_echo_server(cls);
        char statement[100];

        PyOS_snprintf(statement, sizeof(statement),
                      "client = connect(%d, %d)\n"
                      "client.send(b'hello\\n')\n",
                      cls->address_family, cls->socket_type);
        run_python(statement);
        assert_int_equal(BaseServer_handle_request(server), 0);
        run_python("assert client.recv(100) == b'HELLO\\n'\n"
                   "client.close()\n");
        close_echo_server(server);
    }
}

static void
test_a_silent_client_blocks_nobody(void **state)
{
    BaseServer *server = new_echo_server(&ThreadingTCPServer_class);

    (void)state;
    run_python("silent = [connect(socket.AF_INET, socket.SOCK_STREAM)\n"
               "          for i in range(4)]\n"
               "client = connect(socket.AF_INET, socket.SOCK_STREAM)\n"
               "client.send(b'hello\\n')\n");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(BaseServer_handle_request(server), 0);
    }
    run_python("assert client.recv(100) == b'HELLO\\n'\n"
               "assert client.recv(100) == b''\n"
               "for client in silent:\n"
               "    client.send(b'late\\n')\n"
               "    assert client.recv(100) == b'LATE\\n'\n"
               "    client.close()\n"
               "silent.clear()\n");
    close_echo_server(server);
}

/* More requests than can be counted by hand, from several threads at once:
 * what is shared is touched in turns. */
static void
test_many_clients_at_once(void **state)
{
    BaseServer *server = new_echo_server(&ThreadingTCPServer_class);

    (void)state;
    run_python(
        "answers = []\n"
        "def ask(number):\n"
        "    for i in range(25):\n"
        "        with connect(socket.AF_INET, socket.SOCK_STREAM) as client:\n"
        "            client.send(b'from %d\\n' % number)\n"
        "            answers.append(client.makefile('rb').read())\n"
        "askers = [threading.Thread(target=ask, args=(i,))\n"
        "          for i in range(8)]\n"
        "for asker in askers:\n"
        "    asker.start()\n");
    for (int i = 0; i < 200; i++) {
        assert_int_equal(BaseServer_handle_request(server), 0);
    }
    run_python(
        "for asker in askers:\n"
        "    asker.join(60)\n"
        "assert sorted(answers) == sorted(\n"
        "    b'FROM %d\\n' % i for i in range(8) for j in range(25))\n");
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
    run_python(
        "seen = []\n"
        "def ask_and_shut_down():\n"
        "    silent = connect(socket.AF_INET, socket.SOCK_STREAM)\n"
        "    with connect(socket.AF_INET, socket.SOCK_STREAM) as client:\n"
        "        client.send(b'hello\\n')\n"
        "        seen.append(client.makefile('rb').read())\n"
        "    shutdown()\n"
        "    seen.append('shut down')\n"
        "    silent.close()\n" /* server_close waits for it */
        "asker = threading.Thread(target=ask_and_shut_down)\n"
        "asker.start()\n");
    assert_int_equal(BaseServer_serve_forever(server, 0.01), 0);
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("asker.join(60)\n"
               "assert seen == [b'HELLO\\n', 'shut down'], seen\n"
               "del shutdown\n");
    Py_DECREF(shutdown);
    assert_int_equal(Py_REFCNT(server), 1);
    Py_DECREF(server);
    run_python("directory.cleanup()");
}

static void
test_a_handler_that_raises_is_reported_and_its_client_let_go(void **state)
{
    BaseServer *server = new_echo_server(&ThreadingTCPServer_class);
    PyObject *text;

    (void)state;
    capture_stderr();
    run_python("client = connect(socket.AF_INET, socket.SOCK_STREAM)\n"
               "client.send(b'fail\\n')\n");
    assert_int_equal(BaseServer_handle_request(server), 0);
    run_python("assert client.recv(100) == b''\n"
               "peer = client.getsockname()\n"
               "client.close()\n");
    close_echo_server(server);
    text = captured_stderr();
    set_python("text", text);
    run_python(
        "import re\n"
        "assert re.fullmatch('-' * 40 + '\\n'\n"
        "    'Exception occurred during processing of request from ' +\n"
        "    re.escape(repr(peer)) +\n"
        "    r'\\nTraceback \\(most recent call last\\):\\n'\n"
        "    r'  File \"[^\"]*threading_mix_in.c\", line \\d+, '\n"
        "    r'in process_request_thread\\n(?s:.*)'\n"
        "    'ValueError: told to fail\\n' + '-' * 40 + '\\n', text), text\n");
    Py_DECREF(text);
}

static void
test_wsgi_input_of_a_request_that_waits_can_be_used_by_another_thread(
    void **state)
{
    PyObject *app;
    WSGIServer *server;

    (void)state;
    run_python(
        "import contextlib, socket, threading\n"
        "kept, entered, threads = [], threading.Event(), []\n"
        "def peek():\n"
        "    with contextlib.suppress(ValueError):\n" /* when it is closed */
        "        kept[0].peek()\n"
        "def app(environ, start_response):\n"
        "    if environ['PATH_INFO'] == '/keep':\n"
        "        kept.append(environ['wsgi.input'])\n"
        "        entered.set()\n"
        "        data = environ['wsgi.input'].read(1000)\n"
        "    else:\n"
        "        data = b''\n"
        "        threads.extend(threading.Thread(target=peek)\n"
        "                       for i in range(4))\n"
        "        for thread in threads:\n"
        "            thread.start()\n"
        "    start_response('200 OK', [])\n"
        "    return [data]\n");
    app = eval_python("app");
    server =
        make_server("127.0.0.1", 0, app, &ThreadingWSGIServer_class, NULL);
    Py_DECREF(app);
    assert_non_null(server);
    set_python("address", server->base.base.base.server_address);
    capture_stderr();
    run_python("first = socket.create_connection(address, 60)\n"
               "first.sendall(b'POST /keep HTTP/1.0\\r\\n\\r\\n' + b'a' * "
               "500)\n");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("assert entered.wait(60)\n"
               "second = socket.create_connection(address, 60)\n"
               "second.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n");
    assert_int_equal(BaseServer_handle_request((BaseServer *)server), 0);
    run_python("assert b' 200 OK' in second.makefile('rb').read()\n"
               "first.sendall(b'b' * 500)\n"
               "first.shutdown(socket.SHUT_WR)\n"
               "assert first.makefile('rb').read().endswith(\n"
               "    b'a' * 500 + b'b' * 500)\n"
               "first.close()\n"
               "second.close()\n"
               "for thread in threads:\n"
               "    thread.join(60)\n"
               "threads.clear()\n"
               "kept.clear()\n");
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
    run_python("import http.server, re, socketserver\n"
               "from wsgiref.simple_server import WSGIServer\n"
               "ThreadingWSGIServer = type('ThreadingWSGIServer',\n"
               "    (socketserver.ThreadingMixIn, WSGIServer), {})\n");
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
