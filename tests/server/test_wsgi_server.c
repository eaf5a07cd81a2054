#include "doubles.h"

#include "server/base_request_handler.h"
#include "server/wsgi_server.h"

static WSGIServer *
new_server(const WSGIServerClass *cls, const char *host)
{
    PyObject *address = Py_BuildValue("(si)", host, 0);
    BaseServer *server =
        BaseServer_new(&cls->base, address, &BaseRequestHandler_class);

    Py_DECREF(address);
    return (WSGIServer *)server;
}

static const WSGIServerClass *
class_of(WSGIServer *self)
{
    return (const WSGIServerClass *)self->base.base.base.cls;
}

static void
test_base_environ_equals_pythons(void **state)
{
    PyObject *hosts = eval_python("hosts");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hosts); i++) {
        PyObject *this = PyList_GET_ITEM(hosts, i);
        WSGIServer *server = new_server(
            &WSGIServer_class, PyUnicode_AsUTF8(PyTuple_GET_ITEM(this, 1)));

        assert_non_null(server);
        assert_true(PyDict_CheckExact(server->base_environ));
        set_python("host", this);
        set_python("port", server->base.server_port);
        set_python("environ", server->base_environ);
        run_python("compare_environ(*host, port, environ); del environ");
        Py_DECREF(server);
    }
    Py_DECREF(hosts);
    assert_nothing_differs("rows.report()");
}

/* A request puts ten or so into its copy: there has to be room for them. */
static void
test_a_copy_of_base_environ_can_grow(void **state)
{
    WSGIServer *server = new_server(&WSGIServer_class, "127.0.0.1");

    (void)state;
    assert_non_null(server);
    set_python("environ", server->base_environ);
    assert_repr(eval_python("grows(environ.copy(), 10)"), "False");
    assert_repr(eval_python("grows(dict(environ.items()), 10)"), "True");
    run_python("del environ");
    Py_DECREF(server);
}

static int
fake_setup_environ(WSGIServer *self)
{
    int result = mock_type(int);

    function_called();
    /* the server is bound, and has its name */
    assert_non_null(self->base.server_name);
    assert_null(self->base_environ);
    if (result < 0) {
        PyErr_SetString(PyExc_ValueError, "queued");
    }
    return result;
}

static void
test_server_bind_sets_up_the_environ_through_the_class(void **state)
{
    WSGIServerClass cls = WSGIServer_class;
    WSGIServer *server;

    (void)state;
    cls.setup_environ = fake_setup_environ;
    expect_function_call(fake_setup_environ);
    will_return(fake_setup_environ, 0);
    server = new_server(&cls, "127.0.0.1");
    assert_non_null(server);
    assert_null(server->base_environ);
    Py_DECREF(server);

    expect_function_call(fake_setup_environ);
    will_return(fake_setup_environ, -1);
    assert_null(new_server(&cls, "127.0.0.1"));
    assert_raised(PyExc_ValueError, "queued");
}

static void
test_setup_environ_makes_a_new_dict(void **state)
{
    WSGIServer *server = new_server(&WSGIServer_class, "127.0.0.1");
    PyObject *first;

    (void)state;
    assert_non_null(server);
    first = Py_NewRef(server->base_environ);
    assert_int_equal(Py_REFCNT(first), 2);
    assert_int_equal(PyDict_SetItemString(first, "MORE", Py_None), 0);
    assert_int_equal(class_of(server)->setup_environ(server), 0);
    assert_int_equal(Py_REFCNT(first), 1);
    assert_int_equal(PyDict_Size(server->base_environ), 6);
    Py_DECREF(first);
    Py_DECREF(server);
}

static void
test_there_is_no_application_before_set_app(void **state)
{
    WSGIServer *server = new_server(&WSGIServer_class, "127.0.0.1");

    (void)state;
    assert_non_null(server);
    assert_repr(class_of(server)->get_app(server), "None");
    Py_DECREF(server);
}

static void
test_get_app_gives_what_set_app_was_given(void **state)
{
    WSGIServer *server = new_server(&WSGIServer_class, "127.0.0.1");
    PyObject *apps[] = { PyList_New(0), PyList_New(0) };
    PyObject *app;

    (void)state;
    assert_non_null(server);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(class_of(server)->set_app(server, apps[i]), 0);
        assert_int_equal(Py_REFCNT(apps[i]), 2);
        app = class_of(server)->get_app(server);
        assert_ptr_equal(app, apps[i]);
        Py_DECREF(app);
    }
    assert_int_equal(Py_REFCNT(apps[0]), 1);
    Py_DECREF(server);
    assert_int_equal(Py_REFCNT(apps[1]), 1);
    Py_DECREF(apps[0]);
    Py_DECREF(apps[1]);
}

static void
test_the_collector_finds_an_application_that_knows_its_server(void **state)
{
    WSGIServer *server = new_server(&WSGIServer_class, "127.0.0.1");
    PyObject *app = PyList_New(0);
    PyObject *env;

    (void)state;
    assert_non_null(server);
    env = Py_NewRef(server->base_environ);
    assert_int_equal(class_of(server)->set_app(server, app), 0);
    assert_int_equal(PyList_Append(app, (PyObject *)server), 0);
    run_python("ignore_open_sockets()");
    Py_DECREF(app);
    Py_DECREF(server);
    assert_int_equal(Py_REFCNT(env), 2);
    PyGC_Collect();
    assert_int_equal(Py_REFCNT(env), 1);
    Py_DECREF(env);
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&WSGIServer_class,
                         offsetof(WSGIServerClass, base.init),
                         sizeof(WSGIServerClass));
}

/* def server_bind(self): super().server_bind() */
static int
overriding_server_bind(BaseServer *self)
{
    function_called();
    return WSGIServer_server_bind(self);
}

static void
test_a_subclass_can_call_the_server_bind_of_its_base(void **state)
{
    WSGIServerClass cls = WSGIServer_class;
    WSGIServer *server;

    (void)state;
    cls.base.server_bind = overriding_server_bind;
    expect_function_call(overriding_server_bind);
    server = new_server(&cls, "127.0.0.1");
    assert_non_null(server);
    set_python("port", server->base.server_port);
    set_python("environ", server->base_environ);
    assert_repr(eval_python("port > 0, environ['SERVER_PORT'] == str(port)"),
                "(True, True)");
    run_python("del environ");
    Py_DECREF(server);
}

static int
setup(void **state)
{
    return start_with(state, "server/test_wsgi_server.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_base_environ_equals_pythons),
        python_test(test_a_copy_of_base_environ_can_grow),
        python_test(test_server_bind_sets_up_the_environ_through_the_class),
        python_test(test_setup_environ_makes_a_new_dict),
        python_test(test_there_is_no_application_before_set_app),
        python_test(test_get_app_gives_what_set_app_was_given),
        python_test(
            test_the_collector_finds_an_application_that_knows_its_server),
        python_test(test_table_has_no_empty_slot),
        python_test(test_a_subclass_can_call_the_server_bind_of_its_base),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
