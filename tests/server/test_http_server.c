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
    static const char *const hosts[] = { "127.0.0.1", "", "0.0.0.0",
                                         "127.0.0.2" };

    (void)state;
    run_python("import http.server\n"
               "def name_of(host):\n"
               "    with http.server.HTTPServer((host, 0), None) as server:\n"
               "        assert server.server_port == "
               "server.server_address[1]\n"
               "        return server.server_name\n");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(hosts); i++) {
        BaseServer *server = try_server(&HTTPServer_class, hosts[i]);
        HTTPServer *http = (HTTPServer *)server;
        char expression[100];

        assert_non_null(server);
        PyOS_snprintf(expression, sizeof(expression), "name_of('%s')",
                      hosts[i]);
        assert_equal(Py_NewRef(http->server_name), eval_python(expression));
        assert_equal(Py_NewRef(http->server_port),
                     PySequence_GetItem(server->server_address, 1));
        assert_true(PyLong_AsLong(http->server_port) > 0);
        Py_DECREF(server);
    }
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
    run_python("import http.server, socket\n"
               "class IPv6(http.server.HTTPServer):\n"
               "    address_family = socket.AF_INET6\n"
               "with IPv6(('::1', 0), None) as server:\n"
               "    name = server.server_name\n");
    assert_equal(Py_NewRef(((HTTPServer *)server)->server_name),
                 eval_python("name"));
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
    run_python("import http.server\n"
               "reuse = bool(http.server.HTTPServer.allow_reuse_address)\n");
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

    return cmocka_run_group_tests(tests, start_server_types, stop_python);
}
