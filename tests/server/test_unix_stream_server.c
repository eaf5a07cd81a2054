#include "doubles.h"

#include <sys/socket.h>

#include "server/datagram_request_handler.h"
#include "server/simple_server.h"
#include "server/unix_stream_server.h"

/* cls(path) for a Python expression, or NULL. */
static BaseServer *
try_server(const BaseServerClass *cls, const char *path,
           const BaseRequestHandlerClass *RequestHandlerClass)
{
    PyObject *address = eval_python(path);
    BaseServer *server = BaseServer_new(cls, address, RequestHandlerClass);

    Py_DECREF(address);
    return server;
}

/* cls(Python's `path`), which is a new one. */
static BaseServer *
new_server(const BaseServerClass *cls,
           const BaseRequestHandlerClass *RequestHandlerClass)
{
    BaseServer *server;

    run_python("path = new_path()");
    server = try_server(cls, "path", RequestHandlerClass);
    assert_non_null(server);
    return server;
}

/* new_server with an application that is a Python expression. */
static BaseServer *
new_wsgi_server(const char *application)
{
    BaseServer *server = new_server(&UnixWSGIServer_class.base,
                                    &WSGIRequestHandler_class.base.base.base);
    PyObject *app = eval_python(application);

    assert_int_equal(WSGIServer_set_app((WSGIServer *)server, app), 0);
    Py_DECREF(app);
    return server;
}

/* Echoes what the client sends. */
static int
echoing_handle(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;
    PyObject *data;
    Py_ssize_t n;

    set_python("client_address", self->client_address);
    data = stream->rfile->cls->read(stream->rfile, -1);
    if (data == NULL) {
        return -1;
    }
    n = stream->wfile->cls->write(stream->wfile, data);
    Py_DECREF(data);
    return n < 0 ? -1 : 0;
}

static void
test_the_server_listens_at_its_path(void **state)
{
    StreamRequestHandlerClass handler_class = StreamRequestHandler_class;
    BaseServer *server;

    (void)state;
    handler_class.base.handle = echoing_handle;
    server = new_server(&UnixStreamServer_class, &handler_class.base);
    set_python("address", server->server_address);
    run_python("client = client_of(path, address)");
    assert_int_equal(BaseServer_handle_request(server), 0);
    assert_repr(eval_python("client.recv(99), client.recv(99)"),
                "(b'hello', b'')");
    assert_repr(eval_python("client_address"), "''");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("client.close()");
    assert_repr(eval_python("os.path.exists(path)"),
                "True"); /* Python's way */
    Py_DECREF(server);
}

/* Linux refuses it, since 6.12.9: whoever asks for it fails. */
static void
test_reuse_port_is_asked_for_where_python_does(void **state)
{
    BaseServerClass cls = UnixStreamServer_class;
    BaseServer *server;
    PyObject *wanted = eval_python("reuse_port_of_python()");

    (void)state;
    cls.allow_reuse_port = true;
    server = try_server(&cls, "new_path()", NULL);
    if (PyUnicode_Check(wanted)) {
        assert_null(server);
        assert_raised(PyExc_OSError, PyUnicode_AsUTF8(wanted));
        Py_DECREF(wanted);
        return;
    }
    assert_non_null(server);
    give_python("fd", PyLong_FromLong(server->cls->fileno(server)));
    assert_equal(eval_python("reuse_port_of(fd)"), wanted);
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_addresses_are_what_python_makes_of_them(void **state)
{
    PyObject *addresses = eval_python("addresses");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(addresses); i++) {
        BaseServer *server;

        set_python("row", PyList_GET_ITEM(addresses, i));
        run_python("words, given = row[0], row[1]()");
        give_python("wanted", eval_python("address_of_python(given)"));
        server = try_server(&UnixStreamServer_class, "given", NULL);
        assert_non_null(server);
        set_python("got", server->server_address);
        run_python("rows.compare(words, got, wanted)");
        Py_DECREF(server);
    }
    Py_DECREF(addresses);
    assert_nothing_differs("rows.report()");
}

static void
test_a_path_in_use_is_an_os_error_and_stays(void **state)
{
    BaseServer *server = new_server(&UnixStreamServer_class, NULL);

    (void)state;
    assert_null(try_server(&UnixStreamServer_class, "path", NULL));
    assert_raised(PyExc_OSError, "[Errno 98] Address already in use");
    assert_null(try_server(&UnixWSGIServer_class.base, "path", NULL));
    assert_raised(PyExc_OSError, "[Errno 98] Address already in use");
    run_python("connect(path).close()");
    Py_DECREF(server);
}

static int
answering_handle(BaseRequestHandler *self)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)self;
    PyObject *text = PyUnicode_FromFormat("%R of %R", datagram->packet,
                                          self->client_address);
    PyObject *b = PyUnicode_AsUTF8String(text);
    Py_ssize_t n = datagram->wfile->cls->write(datagram->wfile, b);

    Py_DECREF(text);
    Py_DECREF(b);
    return n < 0 ? -1 : 0;
}

static void
test_datagrams_are_answered_to_the_path_of_the_sender(void **state)
{
    BaseRequestHandlerClass handler_class = DatagramRequestHandler_class;
    BaseServer *server;

    (void)state;
    handler_class.handle = answering_handle;
    server = new_server(&UnixDatagramServer_class, &handler_class);
    run_python("client = datagram_client(path)");
    assert_int_equal(BaseServer_handle_request(server), 0);
    assert_equal(
        eval_python("client.recvfrom(999)"),
        eval_python("(b\"b'hello' of '%s.client'\" % path.encode(), path)"));
    run_python("client.close()");
    Py_DECREF(server);
}

/* Nobody can be answered who has no address, in Python either. */
static void
test_a_datagram_of_nobody_is_an_error_in_the_log(void **state)
{
    BaseServer *server =
        new_server(&UnixDatagramServer_class, &DatagramRequestHandler_class);

    (void)state;
    run_python("send_from_nobody(path)");
    capture_stderr();
    assert_int_equal(BaseServer_handle_request(server), 0);
    give_python("log", captured_stderr());
    capture_stderr();
    run_python("log_of_python(path + '.python')");
    give_python("expected", captured_stderr());
    run_python("check_logs(log, expected)");
    Py_DECREF(server);
}

static void
test_the_environ_names_a_host_and_a_port(void **state)
{
    BaseServer *server = new_wsgi_server("None");
    HTTPServer *http = (HTTPServer *)server;

    (void)state;
    assert_equal(Py_NewRef(server->server_address), eval_python("path"));
    assert_repr(Py_NewRef(http->server_name), "'localhost'");
    assert_repr(Py_NewRef(http->server_port), "80");
    assert_repr(Py_NewRef(((WSGIServer *)server)->base_environ),
                "{'SERVER_NAME': 'localhost', 'GATEWAY_INTERFACE': "
                "'CGI/1.1', 'SERVER_PORT': '80', 'REMOTE_HOST': '', "
                "'CONTENT_LENGTH': '', 'SCRIPT_NAME': ''}");
    assert_int_equal(Py_REFCNT(http->server_name), 2); /* and the dict's */
    Py_DECREF(server);
}

static void
test_get_request_gives_host_and_port(void **state)
{
    BaseServer *server = new_wsgi_server("None");
    PyObject *request = NULL, *client_address = NULL;

    (void)state;
    run_python("client = connect(path)");
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), 0);
    assert_int_equal(Py_REFCNT(client_address), 1);
    assert_repr(client_address, "('127.0.0.1', 0)");
    assert_true(PyObject_TypeCheck(request, &Socket_type));
    assert_int_equal(((Socket *)request)->family, AF_UNIX);
    assert_int_equal(Py_REFCNT(request), 1);
    assert_int_equal(server->cls->close_request(server, request), 0);
    Py_DECREF(request);
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), -1);
    assert_raised(PyExc_OSError, "[Errno 9] Bad file descriptor");
    run_python("client.close()");
    Py_DECREF(server);
}

/* Answer, log and environ of a request are those of Python's server with the
 * same two methods. */
static void
test_a_request_is_answered_as_by_python(void **state)
{
    BaseServer *server;

    (void)state;
    server = new_wsgi_server("app");
    run_python("client = ask(path)");
    capture_stderr();
    assert_int_equal(BaseServer_handle_request(server), 0);
    give_python("log", captured_stderr());
    give_python("got", eval_python("answer(client)"));
    capture_stderr();
    give_python("expected", eval_python("answer_of_python()"));
    give_python("expected_log", captured_stderr());
    assert_equal(eval_python("got"), eval_python("expected"));
    assert_equal(eval_python("without_date(log)"),
                 eval_python("without_date(expected_log)"));
    assert_repr(eval_python("without_date(log)"),
                "'127.0.0.1 - -  \"POST /p?q HTTP/1.1\" 200 2\\n'");
    assert_equal(eval_python("environs[0]"), eval_python("environs[1]"));
    assert_repr(eval_python("environs[0]['REMOTE_ADDR']"), "'127.0.0.1'");
    Py_DECREF(server);
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&UnixStreamServer_class,
                         offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
    assert_no_empty_slot(&UnixDatagramServer_class,
                         offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
    assert_no_empty_slot(&UnixWSGIServer_class.base,
                         offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
    assert_no_empty_slot(&UnixWSGIServer_class,
                         offsetof(WSGIServerClass, setup_environ),
                         sizeof(WSGIServerClass));
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    (void)state;
    assert_attributes(&UnixStreamServer_class, "class_attributes[0]");
    assert_attributes(&UnixDatagramServer_class, "class_attributes[1]");
    assert_attributes(&UnixWSGIServer_class.base, "class_attributes[2]");
    assert_int_equal(UnixStreamServer_class.address_family, AF_UNIX);
    assert_int_equal(UnixDatagramServer_class.address_family, AF_UNIX);
    assert_ptr_equal(UnixStreamServer_type.tp_base, &TCPServer_type);
    assert_ptr_equal(UnixDatagramServer_type.tp_base, &UDPServer_type);
    assert_ptr_equal(UnixWSGIServer_type.tp_base, &WSGIServer_type);
}

static int
setup(void **state)
{
    return start_with(state, "server/test_unix_stream_server.py");
}

static int
teardown(void **state)
{
    run_python("folder.cleanup()");
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_server_listens_at_its_path),
        python_test(test_reuse_port_is_asked_for_where_python_does),
        python_test(test_addresses_are_what_python_makes_of_them),
        python_test(test_a_path_in_use_is_an_os_error_and_stays),
        python_test(test_datagrams_are_answered_to_the_path_of_the_sender),
        python_test(test_a_datagram_of_nobody_is_an_error_in_the_log),
        python_test(test_the_environ_names_a_host_and_a_port),
        python_test(test_get_request_gives_host_and_port),
        python_test(test_a_request_is_answered_as_by_python),
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_the_class_attributes_are_pythons),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
