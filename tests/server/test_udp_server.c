#include "doubles.h"

#include <sys/socket.h>

#include "server/base_request_handler.h"
#include "server/udp_server.h"

/* cls(('127.0.0.1', 0), RequestHandlerClass) */
static BaseServer *
new_server(const BaseServerClass *cls,
           const BaseRequestHandlerClass *RequestHandlerClass)
{
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 0);
    BaseServer *server = BaseServer_new(cls, address, RequestHandlerClass);

    Py_DECREF(address);
    assert_non_null(server);
    return server;
}

static Socket *
socket_of(BaseServer *server)
{
    return server->socket;
}

/* Python's `client` has sent these datagrams to the server. */
static void
send_datagrams(BaseServer *server, const char *datagrams)
{
    PyObject *list = eval_python(datagrams);

    set_python("datagrams", list);
    Py_DECREF(list);
    set_python("address", server->server_address);
    run_python("client = new_client(datagrams, address)");
}

static void
test_init_binds_and_does_not_listen(void **state)
{
    BaseServer *server = new_server(&UDPServer_class, NULL);
    int value = -1;
    socklen_t size = sizeof(value);

    (void)state;
    assert_int_equal(
        getsockopt(socket_of(server)->fd, SOL_SOCKET, SO_TYPE, &value, &size),
        0);
    assert_int_equal(value, SOCK_DGRAM);
    set_python("address", server->server_address);
    run_python("assert address[0] == '127.0.0.1' and address[1] > 0");
    Py_DECREF(server);
}

static void
test_a_request_is_the_datagram_and_the_servers_socket(void **state)
{
    BaseServer *server = new_server(&UDPServer_class, NULL);
    PyObject *request = NULL, *client_address = NULL;
    Py_ssize_t references = Py_REFCNT(socket_of(server));

    (void)state;
    send_datagrams(server, "[b'hello', b'again']");
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), 0);
    assert_true(PyTuple_CheckExact(request));
    assert_int_equal(PyTuple_GET_SIZE(request), 2);
    assert_repr(Py_NewRef(PyTuple_GET_ITEM(request, 0)), "b'hello'");
    assert_ptr_equal(PyTuple_GET_ITEM(request, 1), socket_of(server));
    assert_int_equal(Py_REFCNT(request), 1);
    assert_int_equal(Py_REFCNT(PyTuple_GET_ITEM(request, 0)), 1);
    assert_int_equal(Py_REFCNT(client_address), 1);
    assert_int_equal(Py_REFCNT(socket_of(server)), references + 1);
    assert_equal(client_address, eval_python("client.getsockname()"));
    Py_DECREF(request);
    assert_int_equal(Py_REFCNT(socket_of(server)), references);

    /* each call takes one datagram */
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), 0);
    assert_repr(Py_NewRef(PyTuple_GET_ITEM(request, 0)), "b'again'");
    Py_DECREF(request);
    Py_DECREF(client_address);
    run_python("client.close()");
    Py_DECREF(server);
}

static Py_ssize_t asked_for; /* of fake_recvfrom */

static int
fake_recvfrom(Socket *self, Py_ssize_t size, PyObject **data,
              PyObject **address)
{
    (void)self;
    asked_for = size;
    *data = PyBytes_FromString("data");
    *address = PyUnicode_FromString("address");
    return 0;
}

static void
test_at_most_max_packet_size_is_received(void **state)
{
    BaseServerClass cls = UDPServer_class;
    SocketClass socket_class = Socket_class;
    PyObject *request = NULL, *client_address = NULL;
    BaseServer *server;

    (void)state;
    socket_class.recvfrom = fake_recvfrom;
    for (int size = 8192; size > 0; size -= 8186) {
        cls.max_packet_size = size;
        server = new_server(&cls, NULL);
        socket_of(server)->cls = &socket_class;
        assert_int_equal(cls.get_request(server, &request, &client_address),
                         0);
        assert_int_equal(asked_for, size);
        assert_repr(client_address, "'address'");
        Py_DECREF(request);
        Py_DECREF(server);
    }
}

static void
test_what_is_longer_is_cut_off_as_by_python(void **state)
{
    BaseServer *server = new_server(&UDPServer_class, NULL);
    PyObject *request = NULL, *client_address = NULL;

    (void)state;
    send_datagrams(server, "[bytes(range(250)) * 40, b'next']");
    run_python("packets = packets_of_python(datagrams)");
    for (int i = 0; i < 2; i++) {
        PyObject *packets = eval_python("packets");

        assert_int_equal(
            server->cls->get_request(server, &request, &client_address), 0);
        assert_equal(Py_NewRef(PyTuple_GET_ITEM(request, 0)),
                     PySequence_GetItem(packets, i));
        Py_DECREF(packets);
        Py_DECREF(request);
        Py_DECREF(client_address);
    }
    run_python("client.close()");
    Py_DECREF(server);
}

static void
test_get_request_of_a_closed_server_is_an_os_error(void **state)
{
    BaseServer *server = new_server(&UDPServer_class, NULL);
    PyObject *request = NULL, *client_address = NULL;

    (void)state;
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), -1);
    assert_raised(PyExc_OSError, "[Errno 9] Bad file descriptor");
    assert_null(request);
    assert_null(client_address);
    Py_DECREF(server);
}

static int
fake_close_request(BaseServer *self, PyObject *request)
{
    PyObject *raises = mock_ptr_type(PyObject *);

    (void)self;
    assert_ptr_equal(request, Py_None);
    if (raises != NULL) {
        PyErr_SetString(raises, "queued");
        return -1;
    }
    return 0;
}

static void
test_shutdown_request_is_close_request_through_the_class(void **state)
{
    BaseServerClass cls = UDPServer_class;
    BaseServer *server;

    (void)state;
    cls.close_request = fake_close_request;
    server = new_server(&cls, NULL);
    will_return(fake_close_request, NULL);
    assert_int_equal(cls.shutdown_request(server, Py_None), 0);
    will_return(fake_close_request, PyExc_ValueError);
    assert_int_equal(cls.shutdown_request(server, Py_None), -1);
    assert_raised(PyExc_ValueError, "queued");
    Py_DECREF(server);
}

/* class Handler(BaseRequestHandler): its handle answers in capitals. */
static int
shouting_handle(BaseRequestHandler *self)
{
    PyObject *data = PyTuple_GET_ITEM(self->request, 0);
    Socket *sock = (Socket *)PyTuple_GET_ITEM(self->request, 1);
    PyObject *shouted = PyObject_CallMethod(data, "upper", NULL);
    Py_ssize_t n;

    function_called();
    n = sock->cls->sendto(sock, PyBytes_AS_STRING(shouted),
                          PyBytes_GET_SIZE(shouted), self->client_address);
    Py_DECREF(shouted);
    return n < 0 ? -1 : 0;
}

static void
test_requests_are_answered_from_one_socket(void **state)
{
    BaseRequestHandlerClass handler_class = BaseRequestHandler_class;
    BaseServer *server;

    (void)state;
    handler_class.handle = shouting_handle;
    server = new_server(&UDPServer_class, &handler_class);
    send_datagrams(server, "[b'hello', b'', b'again']");
    for (int i = 0; i < 3; i++) {
        expect_function_call(shouting_handle);
        assert_int_equal(BaseServer_handle_request(server), 0);
        assert_true(socket_of(server)->fd >= 0);
    }
    assert_repr(eval_python("answers(client, datagrams, address)"),
                "[b'HELLO', b'', b'AGAIN']");
    run_python("client.close()");
    Py_DECREF(server);
}

static int
raising_handle(BaseRequestHandler *self)
{
    PyErr_Format(PyExc_ValueError, "of %R",
                 PyTuple_GET_ITEM(self->request, 0));
    return -1;
}

static void
test_a_failing_handler_leaves_the_server_serving(void **state)
{
    BaseRequestHandlerClass handler_class = BaseRequestHandler_class;
    BaseServer *server;

    (void)state;
    handler_class.handle = raising_handle;
    server = new_server(&UDPServer_class, &handler_class);
    send_datagrams(server, "[b'one', b'two']");
    capture_stderr();
    assert_int_equal(BaseServer_handle_request(server), 0);
    assert_int_equal(BaseServer_handle_request(server), 0);
    give_python("log", captured_stderr());
    run_python("check_log(log, client); client.close()");
    assert_true(socket_of(server)->fd >= 0);
    Py_DECREF(server);
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&UDPServer_class, offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    (void)state;
    assert_attributes(&UDPServer_class, "class_attributes");
    assert_ptr_equal(UDPServer_type.tp_base, &TCPServer_type);
}

/* A datagram socket cannot listen, which TCPServer's would want. */
static void
test_server_activate_does_nothing(void **state)
{
    BaseServer *server = new_server(&UDPServer_class, NULL);

    (void)state;
    assert_int_equal(UDPServer_server_activate(server), 0);
    assert_int_equal(TCPServer_server_activate(server), -1);
    assert_raised(PyExc_OSError, "[Errno 95] Operation not supported");
    Py_DECREF(server);
}

static int
socket_option(BaseServer *server, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);

    assert_int_equal(
        getsockopt(socket_of(server)->fd, SOL_SOCKET, option, &value, &size),
        0);
    return value;
}

static void
test_the_socket_is_what_the_class_says(void **state)
{
    BaseServerClass cls = UDPServer_class;
    BaseServer *server = new_server(&cls, NULL);

    (void)state;
    assert_int_equal(UDPServer_class.socket_type, SOCK_DGRAM);
    assert_int_equal(socket_option(server, SO_TYPE), SOCK_DGRAM);
    assert_false(UDPServer_class.allow_reuse_address);
    assert_int_equal(socket_option(server, SO_REUSEADDR), 0);
    Py_DECREF(server);
    cls.allow_reuse_address = true;
    server = new_server(&cls, NULL);
    assert_int_equal(socket_option(server, SO_REUSEADDR), 1);
    Py_DECREF(server);
}

static int
setup(void **state)
{
    return start_with(state, "server/test_udp_server.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_init_binds_and_does_not_listen),
        python_test(test_a_request_is_the_datagram_and_the_servers_socket),
        python_test(test_at_most_max_packet_size_is_received),
        python_test(test_what_is_longer_is_cut_off_as_by_python),
        python_test(test_get_request_of_a_closed_server_is_an_os_error),
        python_test(test_shutdown_request_is_close_request_through_the_class),
        python_test(test_requests_are_answered_from_one_socket),
        python_test(test_a_failing_handler_leaves_the_server_serving),
        python_test(test_table_has_no_empty_slot),
        python_test(test_the_class_attributes_are_pythons),
        python_test(test_server_activate_does_nothing),
        python_test(test_the_socket_is_what_the_class_says),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
