#include "doubles.h"

#include "python/errors.h"
#include "server/base_request_handler.h"

static int
queued_result(PyObject *raises)
{
    if (raises == NULL) {
        return 0;
    }
    PyErr_SetString(raises, "queued");
    return -1;
}

static int
fake_setup(BaseRequestHandler *self)
{
    function_called();
    /* the arguments are attributes already */
    assert_repr(Py_NewRef(self->request), "'the request'");
    assert_repr(Py_NewRef(self->client_address), "('10.0.0.1', 4711)");
    assert_non_null(self->server);
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_handle(BaseRequestHandler *self)
{
    (void)self;
    function_called();
    return queued_result(mock_ptr_type(PyObject *));
}

static int
fake_finish(BaseRequestHandler *self)
{
    (void)self;
    function_called();
    assert_null(PyErr_Occurred());
    assert_repr(eval_python("__import__('sys').exc_info()[1]"),
                mock_ptr_type(const char *));
    return queued_result(mock_ptr_type(PyObject *));
}

static BaseRequestHandlerClass
fake_class(void)
{
    BaseRequestHandlerClass cls = BaseRequestHandler_class;

    cls.setup = fake_setup;
    cls.handle = fake_handle;
    cls.finish = fake_finish;
    return cls;
}

static void
expect_setup(PyObject *raises)
{
    expect_function_call(fake_setup);
    will_return(fake_setup, raises);
}

static void
expect_handle(PyObject *raises)
{
    expect_function_call(fake_handle);
    will_return(fake_handle, raises);
}

static void
expect_finish(const char *exc_info, PyObject *raises)
{
    expect_function_call(fake_finish);
    will_return(fake_finish, exc_info);
    will_return(fake_finish, raises);
}

/* cls('the request', ('10.0.0.1', 4711), server) */
static BaseRequestHandler *
new_handler(const BaseRequestHandlerClass *cls)
{
    BaseServer *server = new_idle_server();
    PyObject *request = PyUnicode_FromString("the request");
    PyObject *client_address = Py_BuildValue("(si)", "10.0.0.1", 4711);
    BaseRequestHandler *self =
        BaseRequestHandler_new(cls, request, client_address, server);
    Py_ssize_t owned = self == NULL ? 0 : 1;

    assert_int_equal(Py_REFCNT(request), 1 + owned);
    assert_int_equal(Py_REFCNT(client_address), 1 + owned);
    assert_int_equal(Py_REFCNT(server), 1 + owned);
    Py_DECREF(request);
    Py_DECREF(client_address);
    Py_DECREF(server);
    return self;
}

static void
test_the_constructor_sets_up_handles_and_finishes(void **state)
{
    BaseRequestHandlerClass cls = fake_class();
    BaseRequestHandler *self;

    (void)state;
    expect_setup(NULL);
    expect_handle(NULL);
    expect_finish("None", NULL);
    self = new_handler(&cls);
    assert_non_null(self);
    Py_DECREF(self);
}

static void
test_the_constructor_gives_no_handler_when_setup_fails(void **state)
{
    BaseRequestHandlerClass cls = fake_class();

    (void)state;
    expect_setup(PyExc_ValueError); /* neither handle nor finish */
    assert_null(new_handler(&cls));
    assert_raised(PyExc_ValueError, "queued");
}

static void
test_finish_is_called_when_handle_fails(void **state)
{
    BaseRequestHandlerClass cls = fake_class();

    (void)state;
    expect_setup(NULL);
    expect_handle(PyExc_ValueError);
    expect_finish("ValueError('queued')", NULL);
    assert_null(new_handler(&cls));
    assert_raised(PyExc_ValueError, "queued");
}

static void
test_finish_is_called_for_an_interrupt(void **state)
{
    BaseRequestHandlerClass cls = fake_class();

    (void)state;
    expect_setup(NULL);
    expect_handle(PyExc_KeyboardInterrupt);
    expect_finish("KeyboardInterrupt('queued')", NULL);
    assert_null(new_handler(&cls));
    assert_raised(PyExc_KeyboardInterrupt, "queued");
}

static void
test_an_error_in_finish_fails(void **state)
{
    BaseRequestHandlerClass cls = fake_class();

    (void)state;
    expect_setup(NULL);
    expect_handle(NULL);
    expect_finish("None", PyExc_ValueError);
    assert_null(new_handler(&cls));
    assert_raised(PyExc_ValueError, "queued");
}

static void
test_an_error_in_finish_replaces_that_of_handle(void **state)
{
    BaseRequestHandlerClass cls = fake_class();
    Handled handled;

    (void)state;
    expect_setup(NULL);
    expect_handle(PyExc_ValueError);
    expect_finish("ValueError('queued')", PyExc_KeyError);
    assert_null(new_handler(&cls));
    handled = except_enter();
    assert_repr(Py_NewRef(handled.raised), "KeyError('queued')");
    assert_repr(PyObject_GetAttrString(handled.raised, "__context__"),
                "ValueError('queued')");
    except_leave(handled);
}

static void
test_the_traceback_shows_init(void **state)
{
    BaseRequestHandlerClass cls = fake_class();
    Handled handled;

    (void)state;
    expect_setup(NULL);
    expect_handle(PyExc_ValueError);
    expect_finish("ValueError('queued')", NULL);
    assert_null(new_handler(&cls));
    handled = except_enter();
    set_python("caught", handled.raised);
    except_leave(handled);
    run_python("import traceback\n"
               "names = [frame.name for frame in\n"
               "         traceback.extract_tb(caught.__traceback__)]\n"
               "del caught\n");
    assert_repr(eval_python("names"), "['__init__']");
}

static void
test_the_methods_do_nothing(void **state)
{
    BaseRequestHandler *self = new_handler(&BaseRequestHandler_class);

    (void)state;
    assert_non_null(self);
    assert_int_equal(self->cls->setup(self), 0);
    assert_int_equal(self->cls->handle(self), 0);
    assert_int_equal(self->cls->finish(self), 0);
    Py_DECREF(self);
}

static void
test_the_collector_finds_a_request_that_knows_its_handler(void **state)
{
    PyObject *request = PyList_New(0);
    BaseServer *server = new_idle_server();
    Py_ssize_t references = Py_REFCNT(server);
    BaseRequestHandler *self = BaseRequestHandler_new(
        &BaseRequestHandler_class, request, Py_None, server);

    (void)state;
    assert_non_null(self);
    assert_int_equal(PyList_Append(request, (PyObject *)self), 0);
    Py_DECREF(self);
    Py_DECREF(request);
    assert_int_equal(Py_REFCNT(server), references + 1);
    PyGC_Collect();
    assert_int_equal(Py_REFCNT(server), references);
    Py_DECREF(server);
}

/* def __init__(self, *args): super().__init__(*args) */
static int
overriding_init(BaseRequestHandler *self, PyObject *request,
                PyObject *client_address, BaseServer *server)
{
    function_called();
    assert_null(self->request);
    return BaseRequestHandler_init(self, request, client_address, server);
}

static void
test_a_subclass_can_call_the_init_of_its_base(void **state)
{
    BaseRequestHandlerClass cls = fake_class();
    BaseRequestHandler *self;

    (void)state;
    cls.init = overriding_init;
    expect_function_call(overriding_init);
    expect_setup(NULL);
    expect_handle(NULL);
    expect_finish("None", NULL);
    self = new_handler(&cls);
    assert_non_null(self);
    assert_repr(Py_NewRef(self->request), "'the request'");
    Py_DECREF(self);
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&BaseRequestHandler_class,
                         offsetof(BaseRequestHandlerClass, init),
                         sizeof(BaseRequestHandlerClass));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_constructor_sets_up_handles_and_finishes),
        python_test(test_the_constructor_gives_no_handler_when_setup_fails),
        python_test(test_finish_is_called_when_handle_fails),
        python_test(test_finish_is_called_for_an_interrupt),
        python_test(test_an_error_in_finish_fails),
        python_test(test_an_error_in_finish_replaces_that_of_handle),
        python_test(test_the_traceback_shows_init),
        python_test(test_the_methods_do_nothing),
        python_test(test_the_collector_finds_a_request_that_knows_its_handler),
        python_test(test_table_has_no_empty_slot),
        python_test(test_a_subclass_can_call_the_init_of_its_base),
    };

    return cmocka_run_group_tests(tests, start_server_types, stop_python);
}
