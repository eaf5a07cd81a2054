#include "doubles.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "python/errors.h"
#include "io/buffered_reader.h"
#include "io/buffered_writer.h"
#include "io/socket_writer.h"
#include "python/release.h"
#include "server/stream_request_handler.h"

/* A connection: the request, and Python's `client` at the other end. */
static Socket *request;
static BaseServer *server;

static int
connect_request(void **state)
{
    int ends[2];
    PyObject *fd;

    (void)state;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) {
        return -1;
    }
    request = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, ends[0]);
    fd = PyLong_FromLong(ends[1]);
    if (request == NULL || fd == NULL) {
        return -1;
    }
    set_python("fd", fd);
    Py_DECREF(fd);
    run_python("client = new_client(fd)");
    server = new_idle_server();
    return 0;
}

static int
disconnect_request(void **state)
{
    int result = no_exception_left(state);

    if (Socket_close(request) < 0 || Py_REFCNT(request) != 1 ||
        Py_REFCNT(server) != 1 || request->_io_refs != 0)
    {
        fprintf(stderr, "something keeps the request or the server\n");
        result = -1;
    }
    run_python("client.close()");
    Py_CLEAR(request);
    Py_CLEAR(server);
    return result;
}

#define request_test(function)                                 \
    cmocka_unit_test_setup_teardown(function, connect_request, \
                                    disconnect_request)

static StreamRequestHandler *
new_handler(const StreamRequestHandlerClass *cls)
{
    return (StreamRequestHandler *)BaseRequestHandler_new(
        &cls->base, (PyObject *)request, Py_None, server);
}

/* handle() for when what setup() has made is looked at while it is open. */
static void (*look)(StreamRequestHandler *);

static int
looking_handle(BaseRequestHandler *self)
{
    function_called();
    look((StreamRequestHandler *)self);
    return PyErr_Occurred() ? -1 : 0;
}

static StreamRequestHandlerClass
looking_class(void (*looks)(StreamRequestHandler *))
{
    StreamRequestHandlerClass cls = StreamRequestHandler_class;

    cls.base.handle = looking_handle;
    look = looks;
    return cls;
}

/* The handler has been through setup, handle and finish. */
static void
run_handler(const StreamRequestHandlerClass *cls)
{
    StreamRequestHandler *self;

    expect_function_call(looking_handle);
    self = new_handler(cls);
    if (self == NULL) {
        PyErr_Print();
    }
    assert_non_null(self);
    Py_DECREF(self);
}

static void
look_at_defaults(StreamRequestHandler *self)
{
    BufferedReader *rfile = (BufferedReader *)self->rfile;

    assert_ptr_equal(self->connection, request);
    assert_ptr_equal(Py_TYPE(self->rfile), &BufferedReader_type);
    assert_int_equal(rfile->buffer_size, release()->default_buffer_size);
    assert_ptr_equal(Py_TYPE(self->wfile), &SocketWriter_type);
    assert_ptr_equal(((SocketWriter *)self->wfile)->_sock, request);
    assert_int_equal(request->_io_refs, 1);
    assert_true(request->timeout < 0);
}

static void
test_setup_makes_a_buffered_rfile_and_an_unbuffered_wfile(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_defaults);

    (void)state;
    run_handler(&cls);
}

static void
look_at_buffers(StreamRequestHandler *self)
{
    BufferedReader *rfile = (BufferedReader *)self->rfile;
    BufferedWriter *wfile = (BufferedWriter *)self->wfile;

    assert_int_equal(rfile->buffer_size, 16);
    assert_ptr_equal(Py_TYPE(self->wfile), &BufferedWriter_type);
    assert_int_equal(wfile->buffer_size, 32);
    assert_int_equal(request->_io_refs, 2);
}

static void
test_the_buffers_have_the_sizes_of_the_class(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_buffers);

    (void)state;
    cls.rbufsize = 16;
    cls.wbufsize = 32;
    run_handler(&cls);
}

static void
look_at_default_wfile(StreamRequestHandler *self)
{
    assert_int_equal(((BufferedWriter *)self->wfile)->buffer_size,
                     release()->default_buffer_size);
}

static void
test_a_wbufsize_of_minus_one_is_the_default(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_default_wfile);

    (void)state;
    cls.wbufsize = -1;
    run_handler(&cls);
}

static void
look_at_lines(StreamRequestHandler *self)
{
    BufferedIOBase *rfile = self->rfile;

    assert_repr(rfile->cls->readline(rfile, 100), "b'one\\n'");
    assert_repr(rfile->cls->readline(rfile, 100), "b'two\\n'");
    assert_repr(rfile->cls->read(rfile, 2), "b'th'");
    assert_repr(rfile->cls->readline(rfile, 100), "b'ree'");
}

static void
test_rfile_reads_what_the_client_sends(void **state)
{
    static const int sizes[] = { -1, 1, 2, 5, 8192 };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(sizes); i++) {
        StreamRequestHandlerClass cls = looking_class(look_at_lines);

        connect_request(state);
        cls.rbufsize = sizes[i];
        run_python("send_three_lines(client)");
        run_handler(&cls);
        assert_int_equal(disconnect_request(state), 0);
    }
}

static void
write_bytes(StreamRequestHandler *self, const char *text)
{
    PyObject *bytes = PyBytes_FromString(text);

    assert_int_equal(self->wfile->cls->write(self->wfile, bytes),
                     strlen(text));
    Py_DECREF(bytes);
}

static void
look_at_unbuffered_writes(StreamRequestHandler *self)
{
    write_bytes(self, "one");
    assert_repr(eval_python("client.recv(100)"), "b'one'");
    write_bytes(self, "two");
    assert_repr(eval_python("client.recv(100)"), "b'two'");
}

static void
test_an_unbuffered_wfile_sends_each_write(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_unbuffered_writes);

    (void)state;
    run_handler(&cls);
}

static void
look_at_buffered_writes(StreamRequestHandler *self)
{
    write_bytes(self, "one");
    write_bytes(self, "two");
    run_python("check_nothing_is_sent(client)");
}

static void
test_finish_flushes_a_buffered_wfile(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_buffered_writes);

    (void)state;
    cls.wbufsize = -1;
    run_handler(&cls);
    assert_repr(eval_python("client.recv(100)"), "b'onetwo'");
}

static void
look_at_timeout(StreamRequestHandler *self)
{
    BufferedIOBase *rfile = self->rfile;
    PyObject *line;

    assert_true(request->timeout == 0.01);
    line = rfile->cls->readline(rfile, 100);
    assert_null(line);
}

static void
test_the_timeout_is_set_on_the_connection(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_timeout);

    (void)state;
    cls.timeout = 0.01;
    expect_function_call(looking_handle);
    assert_null(new_handler(&cls));
    assert_raised(PyExc_TimeoutError, "timed out");
}

static void
look_at_nothing(StreamRequestHandler *self)
{
    assert_non_null(self);
}

/* A TCP connection, for a socket pair has no Nagle algorithm. */
static void
test_disable_nagle_algorithm_sets_tcp_nodelay(void **state)
{
    (void)state;
    for (int disable = 0; disable < 2; disable++) {
        StreamRequestHandlerClass cls = looking_class(look_at_nothing);
        Socket *tcp = Socket_new(&Socket_class, AF_INET, SOCK_STREAM, 0, -1);
        BaseRequestHandler *self;
        int nodelay = -1;
        socklen_t size = sizeof(nodelay);

        cls.disable_nagle_algorithm = disable;
        expect_function_call(looking_handle);
        self = BaseRequestHandler_new(&cls.base, (PyObject *)tcp, Py_None,
                                      server);
        assert_non_null(self);
        Py_DECREF(self);
        assert_int_equal(
            getsockopt(tcp->fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size), 0);
        assert_int_equal(nodelay != 0, disable);
        assert_int_equal(Socket_close(tcp), 0);
        Py_DECREF(tcp);
    }
}

static void
test_setup_fails_with_what_setsockopt_raises(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_nothing);

    (void)state;
    cls.disable_nagle_algorithm = true;
    assert_null(new_handler(&cls)); /* a Unix socket has no such option */
    assert_raised(PyExc_OSError, NULL);
}

static void
test_setup_fails_on_a_closed_connection(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_nothing);

    (void)state;
    assert_int_equal(Socket_close(request), 0);
    cls.timeout = 1;
    assert_null(new_handler(&cls));
    assert_raised(PyExc_OSError, "[Errno 9] Bad file descriptor");
}

static void
test_finish_closes_the_streams_and_leaves_the_connection(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_nothing);
    StreamRequestHandler *self;

    (void)state;
    cls.wbufsize = -1;
    expect_function_call(looking_handle);
    self = new_handler(&cls);
    assert_non_null(self);
    assert_int_equal(self->rfile->cls->closed(self->rfile), 1);
    assert_int_equal(self->wfile->cls->closed(self->wfile), 1);
    assert_int_equal(request->_io_refs, 0);
    assert_true(request->fd >= 0); /* to be closed by close_request */
    Py_DECREF(self);
}

static void
look_and_fail(StreamRequestHandler *self)
{
    write_bytes(self, "before");
    PyErr_SetString(PyExc_ValueError, "queued");
}

static void
test_finish_flushes_when_handle_fails(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_and_fail);

    (void)state;
    cls.wbufsize = -1;
    expect_function_call(looking_handle);
    assert_null(new_handler(&cls));
    assert_raised(PyExc_ValueError, "queued");
    assert_repr(eval_python("client.recv(100)"), "b'before'");
}

/* A wfile whose methods do what the test has queued. */
static PyObject *
queued_exception(void)
{
    return mock_ptr_type(PyObject *);
}

static int
fake_closed(BufferedIOBase *self)
{
    int closed = mock_type(int);

    (void)self;
    function_called();
    if (closed < 0) {
        PyErr_SetString(PyExc_KeyError, "closed");
    }
    return closed;
}

static int
fake_flush(BufferedIOBase *self)
{
    PyObject *raises = queued_exception();

    (void)self;
    function_called();
    if (raises != NULL) {
        PyErr_SetString(raises, "flush");
        return -1;
    }
    return 0;
}

static int
fake_close_wfile(BufferedIOBase *self)
{
    PyObject *raises = queued_exception();

    (void)self;
    function_called();
    assert_null(PyErr_Occurred());
    if (raises != NULL) {
        PyErr_SetString(raises, "close");
        return -1;
    }
    return 0;
}

static int
fake_close_rfile(BufferedIOBase *self)
{
    PyObject *raises = queued_exception();

    (void)self;
    function_called();
    if (raises != NULL) {
        PyErr_SetString(raises, "close");
        return -1;
    }
    return 0;
}

static BufferedIOBaseClass rfile_class, wfile_class;

static int
fake_setup(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;

    rfile_class = PythonFile_class;
    rfile_class.close = fake_close_rfile;
    wfile_class = PythonFile_class;
    wfile_class.closed = fake_closed;
    wfile_class.flush = fake_flush;
    wfile_class.close = fake_close_wfile;
    stream->rfile = PythonFile_new(&rfile_class, Py_None);
    stream->wfile = PythonFile_new(&wfile_class, Py_None);
    assert_non_null(stream->rfile);
    assert_non_null(stream->wfile);
    return 0;
}

static StreamRequestHandler *
finish_fake_streams(void)
{
    StreamRequestHandlerClass cls = StreamRequestHandler_class;

    cls.base.setup = fake_setup;
    return new_handler(&cls);
}

static void
expect_finish(int closed, PyObject *flush)
{
    expect_function_call(fake_closed);
    will_return(fake_closed, closed);
    if (closed == 0) {
        expect_function_call(fake_flush);
        will_return(queued_exception, flush);
    }
}

static void
expect_close(PyObject *wfile_raises, PyObject *rfile_raises)
{
    expect_function_call(fake_close_wfile);
    will_return(queued_exception, wfile_raises);
    if (wfile_raises == NULL) {
        expect_function_call(fake_close_rfile);
        will_return(queued_exception, rfile_raises);
    }
}

static void
test_finish_flushes_then_closes_both(void **state)
{
    (void)state;
    expect_finish(0, NULL);
    expect_close(NULL, NULL);
    Py_DECREF(finish_fake_streams());
}

static void
test_finish_does_not_flush_a_closed_wfile(void **state)
{
    (void)state;
    expect_finish(1, NULL);
    expect_close(NULL, NULL);
    Py_DECREF(finish_fake_streams());
}

static void
test_an_os_error_of_the_last_flush_is_swallowed(void **state)
{
    (void)state;
    expect_finish(0, PyExc_BrokenPipeError);
    expect_close(NULL, NULL);
    Py_DECREF(finish_fake_streams());
}

static void
test_another_error_of_the_last_flush_propagates(void **state)
{
    (void)state;
    expect_finish(0, PyExc_ValueError);
    assert_null(finish_fake_streams());
    assert_raised(PyExc_ValueError, "flush");
}

static void
test_errors_of_closing_propagate(void **state)
{
    (void)state;
    expect_finish(0, NULL);
    expect_close(PyExc_OSError, NULL); /* the rfile is not closed then */
    assert_null(finish_fake_streams());
    assert_raised(PyExc_OSError, "close");

    expect_finish(0, PyExc_OSError);
    expect_close(NULL, PyExc_OSError);
    assert_null(finish_fake_streams());
    assert_raised(PyExc_OSError, "close");

    expect_finish(-1, NULL);
    assert_null(finish_fake_streams());
    assert_raised(PyExc_KeyError, "'closed'");
}

static void
look_and_cut(StreamRequestHandler *self)
{
    write_bytes(self, "nobody gets this");
    run_python("client.close()");
}

static void
test_a_client_that_has_gone_is_no_error_in_finish(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_and_cut);

    (void)state;
    cls.wbufsize = -1;
    run_handler(&cls);
    assert_int_equal(request->_io_refs, 0);
}

static void
look_and_keep(StreamRequestHandler *self)
{
    set_python("rfile", (PyObject *)self->rfile);
}

static void
test_a_kept_rfile_is_closed_but_alive(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_and_keep);

    (void)state;
    run_handler(&cls);
    run_python("check_closed(rfile); del rfile");
}

/* def finish(self): super().finish(); then everything is closed */
static int
overriding_finish(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;
    int result;

    function_called();
    assert_int_equal(stream->wfile->cls->closed(stream->wfile), 0);
    result = StreamRequestHandler_finish(self);
    assert_int_equal(stream->wfile->cls->closed(stream->wfile), 1);
    assert_int_equal(stream->rfile->cls->closed(stream->rfile), 1);
    return result;
}

static void
test_a_subclass_can_call_the_finish_of_its_base(void **state)
{
    StreamRequestHandlerClass cls = looking_class(look_at_defaults);

    (void)state;
    cls.base.finish = overriding_finish;
    expect_function_call(looking_handle);
    expect_function_call(overriding_finish);
    Py_DECREF(new_handler(&cls));
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&StreamRequestHandler_class,
                         offsetof(BaseRequestHandlerClass, init),
                         sizeof(BaseRequestHandlerClass));
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    (void)state;
    assert_equal(eval_python("class_attributes()"),
                 Py_BuildValue(
                     "(iiON)", StreamRequestHandler_class.rbufsize,
                     StreamRequestHandler_class.wbufsize, Py_None,
                     PyBool_FromLong(
                         StreamRequestHandler_class.disable_nagle_algorithm)));
    assert_true(StreamRequestHandler_class.timeout < 0);
}

static int
setup(void **state)
{
    return start_with(state, "server/test_stream_request_handler.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        request_test(
            test_setup_makes_a_buffered_rfile_and_an_unbuffered_wfile),
        request_test(test_the_buffers_have_the_sizes_of_the_class),
        request_test(test_a_wbufsize_of_minus_one_is_the_default),
        python_test(test_rfile_reads_what_the_client_sends),
        request_test(test_an_unbuffered_wfile_sends_each_write),
        request_test(test_finish_flushes_a_buffered_wfile),
        request_test(test_the_timeout_is_set_on_the_connection),
        request_test(test_disable_nagle_algorithm_sets_tcp_nodelay),
        request_test(test_setup_fails_with_what_setsockopt_raises),
        request_test(test_setup_fails_on_a_closed_connection),
        request_test(test_finish_closes_the_streams_and_leaves_the_connection),
        request_test(test_finish_flushes_when_handle_fails),
        request_test(test_finish_flushes_then_closes_both),
        request_test(test_finish_does_not_flush_a_closed_wfile),
        request_test(test_an_os_error_of_the_last_flush_is_swallowed),
        request_test(test_another_error_of_the_last_flush_propagates),
        request_test(test_errors_of_closing_propagate),
        request_test(test_a_client_that_has_gone_is_no_error_in_finish),
        request_test(test_a_kept_rfile_is_closed_but_alive),
        request_test(test_a_subclass_can_call_the_finish_of_its_base),
        python_test(test_table_has_no_empty_slot),
        python_test(test_the_class_attributes_are_pythons),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
