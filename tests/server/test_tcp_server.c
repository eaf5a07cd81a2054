#include "doubles.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "python/errors.h"
#include "python/release.h"
#include "server/base_request_handler.h"
#include "server/tcp_server.h"

/* How many files this process has open. */
static int
open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

/* class Handler(BaseRequestHandler): its handle notes what it was given. */
static int
noting_handle(BaseRequestHandler *self)
{
    function_called();
    assert_true(PyObject_TypeCheck(self->request, &Socket_type));
    assert_int_equal(((Socket *)self->request)->family, AF_INET);
    set_python("client_address", self->client_address);
    return 0;
}

static BaseRequestHandlerClass
noting_class(void)
{
    BaseRequestHandlerClass cls = BaseRequestHandler_class;

    cls.handle = noting_handle;
    return cls;
}

/* cls((host, 0), RequestHandlerClass), or NULL. */
static BaseServer *
try_server(const BaseServerClass *cls, const char *host, int port,
           const BaseRequestHandlerClass *RequestHandlerClass)
{
    PyObject *address = Py_BuildValue("(si)", host, port);
    BaseServer *server = BaseServer_new(cls, address, RequestHandlerClass);

    Py_DECREF(address);
    return server;
}

static BaseServer *
new_server(const BaseServerClass *cls)
{
    BaseServer *server =
        try_server(cls, "127.0.0.1", 0, &BaseRequestHandler_class);

    assert_non_null(server);
    return server;
}

static Socket *
socket_of(BaseServer *server)
{
    return server->socket;
}

/* Python's `client`: a socket connected with the server. */
static void
connect_client(BaseServer *server)
{
    set_python("address", server->server_address);
    run_python("client = connect(address)");
}

static int
option(BaseServer *server, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    assert_int_equal(
        getsockopt(socket_of(server)->fd, level, name, &value, &size), 0);
    return value;
}

static void
test_port_0_becomes_the_real_port(void **state)
{
    BaseServer *server = new_server(&TCPServer_class);
    PyObject *name = Socket_getsockname(socket_of(server));

    (void)state;
    assert_equal(Py_NewRef(server->server_address), name);
    set_python("address", server->server_address);
    run_python("check_address(address)");
    Py_DECREF(server);
}

static void
test_the_server_listens_after_init(void **state)
{
    BaseServer *server = new_server(&TCPServer_class);

    (void)state;
    assert_int_equal(option(server, SOL_SOCKET, SO_ACCEPTCONN), 1);
    connect_client(server);
    run_python("client.close()");
    Py_DECREF(server);
}

static void
test_the_options_are_those_of_the_class(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        BaseServerClass cls = TCPServer_class;
        BaseServer *server;

        cls.allow_reuse_address = i & 1;
        cls.allow_reuse_port = i & 2;
        server = new_server(&cls);
        assert_int_equal(option(server, SOL_SOCKET, SO_REUSEADDR), i & 1);
        assert_int_equal(option(server, SOL_SOCKET, SO_REUSEPORT), i >> 1);
        assert_int_equal(option(server, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
        Py_DECREF(server);
    }
}

static int
fake_server_bind(BaseServer *self)
{
    PyObject *raises = mock_ptr_type(PyObject *);

    function_called();
    assert_true(Socket_fileno(socket_of(self)) >= 0);
    if (raises != NULL) {
        PyErr_SetString(raises, "queued");
        return -1;
    }
    return 0;
}

static int
fake_server_activate(BaseServer *self)
{
    PyObject *raises = mock_ptr_type(PyObject *);

    (void)self;
    function_called();
    if (raises != NULL) {
        PyErr_SetString(raises, "queued");
        return -1;
    }
    return 0;
}

static int
fake_server_close(BaseServer *self)
{
    PyObject *raises = mock_ptr_type(PyObject *);

    function_called();
    assert_repr(eval_python("__import__('sys').exc_info()[1]"),
                "ValueError('queued')");
    if (raises != NULL) {
        PyErr_SetString(raises, "queued");
        return -1;
    }
    return TCPServer_server_close(self);
}

static BaseServerClass
fake_class(void)
{
    BaseServerClass cls = TCPServer_class;

    cls.server_bind = fake_server_bind;
    cls.server_activate = fake_server_activate;
    cls.server_close = fake_server_close;
    return cls;
}

static void
test_init_binds_and_activates_through_the_class(void **state)
{
    BaseServerClass cls = fake_class();
    BaseServer *server;

    (void)state;
    expect_function_call(fake_server_bind);
    will_return(fake_server_bind, NULL);
    expect_function_call(fake_server_activate);
    will_return(fake_server_activate, NULL);
    server = new_server(&cls);
    assert_repr(Py_NewRef(server->server_address), "('127.0.0.1', 0)");
    Py_DECREF(server);
}

static void
test_init_closes_the_server_when_binding_fails(void **state)
{
    BaseServerClass cls = fake_class();
    int before = open_files();

    (void)state;
    expect_function_call(fake_server_bind);
    will_return(fake_server_bind, PyExc_ValueError);
    expect_function_call(fake_server_close);
    will_return(fake_server_close, NULL);
    assert_null(try_server(&cls, "127.0.0.1", 0, NULL));
    assert_raised(PyExc_ValueError, "queued");
    assert_int_equal(open_files(), before);
}

static void
test_init_closes_the_server_when_activating_fails(void **state)
{
    BaseServerClass cls = fake_class();
    int before = open_files();

    (void)state;
    expect_function_call(fake_server_bind);
    will_return(fake_server_bind, NULL);
    expect_function_call(fake_server_activate);
    will_return(fake_server_activate, PyExc_ValueError);
    expect_function_call(fake_server_close);
    will_return(fake_server_close, NULL);
    assert_null(try_server(&cls, "127.0.0.1", 0, NULL));
    assert_raised(PyExc_ValueError, "queued");
    assert_int_equal(open_files(), before);
}

static void
test_init_raises_what_closing_raises_then(void **state)
{
    BaseServerClass cls = fake_class();
    int before = open_files();

    (void)state;
    expect_function_call(fake_server_bind);
    will_return(fake_server_bind, PyExc_ValueError);
    expect_function_call(fake_server_close);
    will_return(fake_server_close, PyExc_KeyError);
    assert_null(try_server(&cls, "127.0.0.1", 0, NULL));
    assert_raised(PyExc_KeyError, "'queued'");
    assert_int_equal(open_files(), before);
}

static void
test_an_address_in_use_is_an_os_error(void **state)
{
    BaseServer *server = new_server(&TCPServer_class);
    PyObject *port = PySequence_GetItem(server->server_address, 1);
    int before = open_files();
    Handled handled;

    (void)state;
    assert_null(try_server(&TCPServer_class, "127.0.0.1",
                           (int)PyLong_AsLong(port), NULL));
    handled = except_enter();
    set_python("raised", handled.raised);
    except_leave(handled);
    set_python("address", server->server_address);
    run_python("check_address_in_use(raised, address); del raised");
    assert_int_equal(open_files(), before);
    Py_DECREF(port);
    Py_DECREF(server);
}

static void
test_a_host_that_does_not_exist_is_a_gaierror(void **state)
{
    PyObject *gaierror = eval_python("__import__('socket').gaierror");
    int before;

    (void)state;
    assert_null(try_server(&TCPServer_class, "::1", 0, NULL));
    assert_raised(gaierror, NULL);
    before = open_files(); /* the resolver may have opened its own */
    assert_null(try_server(&TCPServer_class, "::1", 0, NULL));
    assert_raised(gaierror, NULL);
    assert_int_equal(open_files(), before);
    Py_DECREF(gaierror);
}

static int
init_only(BaseServer *self, PyObject *server_address,
          const BaseRequestHandlerClass *RequestHandlerClass,
          bool bind_and_activate)
{
    (void)bind_and_activate;
    return TCPServer_init(self, server_address, RequestHandlerClass, false);
}

static void
test_without_bind_and_activate_there_is_only_a_socket(void **state)
{
    BaseServerClass cls = TCPServer_class;
    BaseServer *server;

    (void)state;
    cls.init = init_only;
    server = new_server(&cls);
    assert_repr(Py_NewRef(server->server_address), "('127.0.0.1', 0)");
    assert_int_equal(option(server, SOL_SOCKET, SO_ACCEPTCONN), 0);
    assert_int_equal(cls.server_bind(server), 0);
    assert_int_equal(cls.server_activate(server), 0);
    assert_int_equal(option(server, SOL_SOCKET, SO_ACCEPTCONN), 1);
    Py_DECREF(server);
}

static void
test_without_an_address_bind_is_an_attribute_error(void **state)
{
    BaseServerClass cls = TCPServer_class;
    BaseServer *server;

    (void)state;
    cls.init = init_only;
    server = new_server(&cls);
    Py_CLEAR(server->server_address);
    assert_int_equal(cls.server_bind(server), -1);
    assert_raised(PyExc_AttributeError,
                  "'TCPServer' object has no attribute 'server_address'");
    Py_DECREF(server);
}

/* 0, or -1 with the error that comes of a socket of this family. */
static int
bind_of_family(int family, const char *host)
{
    BaseServerClass cls = TCPServer_class;
    BaseServer *server;
    int result;

    cls.init = init_only;
    cls.allow_reuse_port = true;
    cls.address_family = family;
    server = try_server(&cls, host, 0, NULL);
    assert_non_null(server);
    result = cls.server_bind(server);
    Py_DECREF(server);
    return result;
}

/* Linux refuses that for other sockets: releases differ there. They are asked
 * when it matters, and here nothing can be asked. */
static void
test_the_port_of_ip_is_reused_in_any_release(void **state)
{
    (void)state;
    assert_int_equal(release_ready(), 0);
    run_python("interrupt_imports()");
    assert_int_equal(bind_of_family(AF_INET, "127.0.0.1"), 0);
    assert_int_equal(bind_of_family(AF_UNIX, "127.0.0.1"), -1);
    assert_raised(PyExc_KeyboardInterrupt, "");
    run_python("restore_imports()");
}

static void
test_the_address_family_is_that_of_the_class(void **state)
{
    BaseServerClass cls = TCPServer_class;
    BaseServer *server;

    (void)state;
    cls.address_family = AF_INET6;
    server = try_server(&cls, "::1", 0, NULL);
    if (server == NULL) {
        PyErr_Clear();
        leave_out("this machine has no IPv6");
    }
    assert_int_equal(option(server, SOL_SOCKET, SO_DOMAIN), AF_INET6);
    set_python("address", server->server_address);
    run_python("check_ipv6_address(address)");
    Py_DECREF(server);
}

static void
test_the_socket_is_made_as_the_class_says(void **state)
{
    BaseServerClass cls = TCPServer_class;
    BaseServer *server;

    (void)state;
    cls.init = init_only;
    cls.address_family = AF_UNIX;
    cls.socket_type = SOCK_DGRAM;
    server = new_server(&cls);
    assert_int_equal(option(server, SOL_SOCKET, SO_DOMAIN), AF_UNIX);
    assert_int_equal(option(server, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
    Py_DECREF(server);
}

static int
fake_listen(Socket *self, int backlog)
{
    (void)self;
    function_called();
    assert_int_equal(backlog, 17);
    return 0;
}

static void
test_the_backlog_is_the_request_queue_size(void **state)
{
    BaseServerClass cls = TCPServer_class;
    SocketClass socket_class = Socket_class;
    BaseServer *server;

    (void)state;
    cls.request_queue_size = 17;
    socket_class.listen = fake_listen;
    server = new_server(&cls);
    socket_of(server)->cls = &socket_class;
    expect_function_call(fake_listen);
    assert_int_equal(cls.server_activate(server), 0);
    Py_DECREF(server);
}

static void
test_fileno_is_the_sockets(void **state)
{
    BaseServer *server = new_server(&TCPServer_class);

    (void)state;
    assert_int_equal(server->cls->fileno(server), socket_of(server)->fd);
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(server->cls->fileno(server), -1);
    assert_raised(PyExc_ValueError, "Invalid file descriptor: -1");
    assert_int_equal(server->cls->server_close(server), 0); /* once more */
    Py_DECREF(server);
}

static void
test_the_socket_goes_with_the_server(void **state)
{
    int before = open_files();
    BaseServer *server = new_server(&TCPServer_class);
    Socket *sock = (Socket *)Py_NewRef((PyObject *)socket_of(server));

    (void)state;
    assert_int_equal(Py_REFCNT(sock), 2);
    assert_int_equal(open_files(), before + 1);
    Py_DECREF(server);
    assert_int_equal(Py_REFCNT(sock), 1);
    run_python("ignore_open_sockets()");
    Py_DECREF(sock);
    assert_int_equal(open_files(), before);
}

static void
test_handle_request_gives_the_handler_the_connection(void **state)
{
    BaseRequestHandlerClass handler_class = noting_class();
    BaseServer *server =
        try_server(&TCPServer_class, "127.0.0.1", 0, &handler_class);
    int before;

    (void)state;
    assert_non_null(server);
    connect_client(server);
    before = open_files();
    expect_function_call(noting_handle);
    assert_int_equal(BaseServer_handle_request(server), 0);
    assert_equal(eval_python("client_address"),
                 eval_python("client.getsockname()"));
    assert_repr(eval_python("client.recv(1)"), "b''");
    assert_int_equal(open_files(), before);
    run_python("client.close()");
    Py_DECREF(server);
}

static void
test_get_request_gives_new_references(void **state)
{
    BaseServer *server = new_server(&TCPServer_class);
    PyObject *request = NULL, *client_address = NULL;
    int before;

    (void)state;
    connect_client(server);
    before = open_files();
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), 0);
    assert_int_equal(Py_REFCNT(request), 1);
    assert_int_equal(Py_REFCNT(client_address), 1);
    assert_int_equal(open_files(), before + 1);
    assert_int_equal(server->cls->close_request(server, request), 0);
    assert_int_equal(open_files(), before);
    assert_int_equal(((Socket *)request)->fd, -1);
    Py_DECREF(request);
    Py_DECREF(client_address);
    run_python("client.close()");
    Py_DECREF(server);
}

static void
test_get_request_of_a_closed_server_is_an_os_error(void **state)
{
    BaseServer *server = new_server(&TCPServer_class);
    PyObject *request = NULL, *client_address = NULL;

    (void)state;
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), -1);
    assert_raised(PyExc_OSError, "[Errno 9] Bad file descriptor");
    assert_int_equal(BaseServer__handle_request_noblock(server), 0);
    Py_DECREF(server);
}

static void
test_shutdown_request_lets_the_client_see_the_end_of_the_answer(void **state)
{
    BaseServer *server = new_server(&TCPServer_class);
    PyObject *request = NULL, *client_address = NULL;

    (void)state;
    connect_client(server);
    run_python("client.sendall(b'nobody reads this')");
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), 0);
    assert_int_equal(Socket_sendall((Socket *)request, "answer", 6), 0);
    assert_int_equal(server->cls->shutdown_request(server, request), 0);
    assert_int_equal(((Socket *)request)->fd, -1);
    /* a close by itself would be a reset, for there is unread input */
    assert_repr(eval_python("client.recv(100)"), "b'answer'");
    assert_repr(eval_python("client.recv(100)"), "b''");
    Py_DECREF(request);
    Py_DECREF(client_address);
    run_python("client.close()");
    Py_DECREF(server);
}

static int
fake_shutdown(Socket *self, int how)
{
    PyObject *raises = mock_ptr_type(PyObject *);

    (void)self;
    function_called();
    assert_int_equal(how, SHUT_WR);
    PyErr_SetString(raises, "queued");
    return -1;
}

static int
fake_close_request(BaseServer *self, PyObject *request)
{
    (void)self;
    function_called();
    assert_null(PyErr_Occurred());
    assert_true(PyObject_TypeCheck(request, &Socket_type));
    return 0;
}

static void
test_shutdown_request_closes_after_an_os_error_alone(void **state)
{
    BaseServerClass cls = TCPServer_class;
    SocketClass socket_class = Socket_class;
    Socket *request;
    BaseServer *server;

    (void)state;
    cls.close_request = fake_close_request;
    socket_class.shutdown = fake_shutdown;
    server = new_server(&cls);
    request = Socket_new(&socket_class, AF_INET, SOCK_STREAM, 0, -1);
    assert_non_null(request);

    expect_function_call(fake_shutdown);
    will_return(fake_shutdown, PyExc_OSError);
    expect_function_call(fake_close_request);
    assert_int_equal(cls.shutdown_request(server, (PyObject *)request), 0);

    expect_function_call(fake_shutdown);
    will_return(fake_shutdown, PyExc_ValueError);
    assert_int_equal(cls.shutdown_request(server, (PyObject *)request), -1);
    assert_raised(PyExc_ValueError, "queued");

    assert_int_equal(Socket_close(request), 0);
    Py_DECREF(request);
    Py_DECREF(server);
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&TCPServer_class, offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    (void)state;
    assert_attributes(&TCPServer_class, "class_attributes");
}

static int
setup(void **state)
{
    return start_with(state, "server/test_tcp_server.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_port_0_becomes_the_real_port),
        python_test(test_the_server_listens_after_init),
        python_test(test_the_options_are_those_of_the_class),
        python_test(test_init_binds_and_activates_through_the_class),
        python_test(test_init_closes_the_server_when_binding_fails),
        python_test(test_init_closes_the_server_when_activating_fails),
        python_test(test_init_raises_what_closing_raises_then),
        python_test(test_an_address_in_use_is_an_os_error),
        python_test(test_a_host_that_does_not_exist_is_a_gaierror),
        python_test(test_without_bind_and_activate_there_is_only_a_socket),
        python_test(test_without_an_address_bind_is_an_attribute_error),
        python_test(test_the_port_of_ip_is_reused_in_any_release),
        python_test(test_the_address_family_is_that_of_the_class),
        python_test(test_the_socket_is_made_as_the_class_says),
        python_test(test_the_backlog_is_the_request_queue_size),
        python_test(test_fileno_is_the_sockets),
        python_test(test_the_socket_goes_with_the_server),
        python_test(test_handle_request_gives_the_handler_the_connection),
        python_test(test_get_request_gives_new_references),
        python_test(test_get_request_of_a_closed_server_is_an_os_error),
        python_test(
            test_shutdown_request_lets_the_client_see_the_end_of_the_answer),
        python_test(test_shutdown_request_closes_after_an_os_error_alone),
        python_test(test_table_has_no_empty_slot),
        python_test(test_the_class_attributes_are_pythons),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
