#include "doubles.h"

#include <sys/socket.h>

#include "server/base_request_handler.h"
#include "server/http_server.h"

static BaseServer *
try_server(const BaseServerClass *cls, const char *host)
{
    PyObject *address = Py_BuildValue("(si)", host, 0);
    BaseServer *server =
        BaseServer_new(cls, address, &BaseRequestHandler_class);

    Py_DECREF(address);
    return server;
}

static void
test_the_server_knows_its_name_and_port_as_pythons_does(void **state)
{
    PyObject *hosts = eval_python("hosts");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hosts); i++) {
        PyObject *this = PyList_GET_ITEM(hosts, i);
        BaseServer *server = try_server(
            &HTTPServer_class, PyUnicode_AsUTF8(PyTuple_GET_ITEM(this, 1)));
        HTTPServer *http = (HTTPServer *)server;

        assert_non_null(server);
        set_python("host", this);
        set_python("name", http->server_name);
        run_python("compare_name(*host, name)");
        assert_equal(Py_NewRef(http->server_port),
                     PySequence_GetItem(server->server_address, 1));
        assert_true(PyLong_AsLong(http->server_port) > 0);
        Py_DECREF(server);
    }
    Py_DECREF(hosts);
    assert_nothing_differs("rows.report()");
}

static void
test_the_address_family_is_that_of_the_class(void **state)
{
    BaseServerClass cls = HTTPServer_class;
    BaseServer *server;

    (void)state;
    cls.address_family = AF_INET6;
    server = try_server(&cls, "::1");
    if (server == NULL) {
        PyErr_Clear();
        leave_out("this machine has no IPv6");
    }
    assert_equal(Py_NewRef(((HTTPServer *)server)->server_name),
                 eval_python("name_of_ipv6('::1')"));
    Py_DECREF(server);
}

static void
test_a_failed_bind_leaves_no_name(void **state)
{
    PyObject *gaierror = eval_python("__import__('socket').gaierror");

    (void)state;
    assert_null(try_server(&HTTPServer_class, "::1"));
    assert_raised(gaierror, NULL);
    Py_DECREF(gaierror);
}

static void
test_binding_again_replaces_name_and_port(void **state)
{
    BaseServer *server = try_server(&HTTPServer_class, "127.0.0.1");
    HTTPServer *http = (HTTPServer *)server;
    PyObject *name, *port;

    (void)state;
    assert_non_null(server);
    name = Py_NewRef(http->server_name);
    port = Py_NewRef(http->server_port);
    /* a bound socket cannot be bound again: nothing changes */
    assert_int_equal(server->cls->server_bind(server), -1);
    assert_raised(PyExc_OSError, NULL);
    assert_ptr_equal(http->server_name, name);
    assert_ptr_equal(http->server_port, port);
    Py_DECREF(server);
    Py_DECREF(name);
    Py_DECREF(port);
}

static void
test_name_and_port_go_with_the_server(void **state)
{
    BaseServer *server = try_server(&HTTPServer_class, "127.0.0.1");
    PyObject *name, *port;
    Py_ssize_t references[2];
    bool is_address;

    (void)state;
    assert_non_null(server);
    name = Py_NewRef(((HTTPServer *)server)->server_name);
    port = Py_NewRef(((HTTPServer *)server)->server_port);
    references[0] = Py_REFCNT(name);
    references[1] = Py_REFCNT(port);
    /* a host that the system has no name for is its own */
    is_address = name == PyTuple_GetItem(server->server_address, 0);
    Py_DECREF(server);
    assert_int_equal(Py_REFCNT(name), references[0] - (is_address ? 2 : 1));
    /* the port is in the address, too */
    assert_int_equal(Py_REFCNT(port), references[1] - 2);
    Py_DECREF(name);
    Py_DECREF(port);
}

static void
test_the_address_is_reused(void **state)
{
    (void)state;
    assert_equal(eval_python("reuse"),
                 PyBool_FromLong(HTTPServer_class.allow_reuse_address));
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&HTTPServer_class, offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
}

static int
setup(void **state)
{
    return start_with(state, "server/test_http_server.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_server_knows_its_name_and_port_as_pythons_does),
        python_test(test_the_address_family_is_that_of_the_class),
        python_test(test_a_failed_bind_leaves_no_name),
        python_test(test_binding_again_replaces_name_and_port),
        python_test(test_name_and_port_go_with_the_server),
        python_test(test_the_address_is_reused),
        python_test(test_table_has_no_empty_slot),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
