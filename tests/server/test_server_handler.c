#include "doubles.h"

#include <sys/socket.h>
#include <unistd.h>

#include "python/errors.h"
#include "handlers/handlers.h"
#include "io/socket_writer.h"
#include "server/base_http_request_handler.h"
#include "server/server_handler.h"
#include "server/simple_server.h"
#include "server/version.h"
#include "socket_pair.h"

/* A request handler whose log goes into Python's list `events`. */
static int
noting_log_request(BaseHTTPRequestHandler *self, PyObject *code,
                   PyObject *size)
{
    PyObject *events = eval_python("events");
    PyObject *event = Py_BuildValue("(sOO)", "log", code, size);

    (void)self;
    assert_int_equal(PyList_Append(events, event), 0);
    Py_DECREF(event);
    Py_DECREF(events);
    return 0;
}

static int
failing_log_request(BaseHTTPRequestHandler *self, PyObject *code,
                    PyObject *size)
{
    (void)noting_log_request(self, code, size);
    PyErr_SetString(PyExc_KeyError, "log");
    return -1;
}

static BaseHTTPRequestHandlerClass
request_handler_class(void)
{
    BaseHTTPRequestHandlerClass cls = BaseHTTPRequestHandler_class;

    cls.base.base.setup = memory_setup;
    cls.base.base.handle = idle_handle;
    cls.base.base.finish = memory_finish;
    cls.log_request = noting_log_request;
    return cls;
}

static BaseHTTPRequestHandler *
new_request_handler(const BaseHTTPRequestHandlerClass *cls)
{
    BaseServer *server = new_idle_server();
    PyObject *request;
    BaseRequestHandler *self;

    request = eval_python("new_request()");
    self = BaseRequestHandler_new(&cls->base.base, request, Py_None, server);
    assert_non_null(self);
    Py_DECREF(request);
    Py_DECREF(server);
    return (BaseHTTPRequestHandler *)self;
}

/* ServerHandler(rfile, wfile, errors, environ, multithread=False), as
 * WSGIRequestHandler makes it; rfile and wfile are the request handler's. */
static BaseHandler *
new_handler_with(BaseHTTPRequestHandler *request_handler, PyObject *env)
{
    BaseHandler *self = BaseHandler_new(&ServerHandler_class);
    PyObject *errors = eval_python("new_errors()");

    assert_non_null(self);
    assert_int_equal(
        SimpleHandler_init(self, (PyObject *)request_handler->base.rfile,
                           request_handler->base.wfile, errors, env, false,
                           false),
        0);
    ((ServerHandler *)self)->request_handler =
        (BaseHTTPRequestHandler *)Py_NewRef((PyObject *)request_handler);
    Py_DECREF(errors);
    return self;
}

static BaseHandler *
new_handler(BaseHTTPRequestHandler *request_handler)
{
    PyObject *env = Py_BuildValue("{ss}", "SERVER_PROTOCOL", "HTTP/1.1");
    BaseHandler *self = new_handler_with(request_handler, env);

    Py_DECREF(env);
    return self;
}

static void
test_every_application_is_answered_as_by_python(void **state)
{
    PyObject *cases = eval_python("cases");

    (void)state;
    assert_int_equal(PyList_GET_SIZE(cases), 57);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(cases); i++) {
        BaseHTTPRequestHandlerClass cls = request_handler_class();
        PyObject *this = PyList_GET_ITEM(cases, i);
        BaseHTTPRequestHandler *request_handler;
        BaseHandler *self;
        PyObject *app;

        set_python("case", this);
        app = eval_python("begin_case(*case)");
        request_handler = new_request_handler(&cls);
        self = new_handler_with(request_handler, PyTuple_GET_ITEM(this, 2));
        (void)self->cls->run(self, app);
        give_python("error", take_exception());
        run_python("end_case(case, error); del error");
        Py_DECREF(app);
        Py_DECREF(self);
        Py_DECREF(request_handler);
    }
    Py_DECREF(cases);
    assert_nothing_differs("rows.report()");
}

static void
test_the_environ_is_pythons(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    PyObject *app, *env;

    (void)state;
    run_python("wanted = environ_of_pythons()");
    app = eval_python("sees");
    env = Py_BuildValue("{ssss}", "SERVER_PROTOCOL", "HTTP/1.1", "X", "y");
    request_handler = new_request_handler(&cls);
    self = new_handler_with(request_handler, env);
    assert_int_equal(self->cls->run(self, app), 0);
    Py_DECREF(env);
    set_python("rfile", (PyObject *)request_handler->base.rfile);
    run_python("check_environ(wanted, rfile)");
    run_python("del wanted, rfile");
    Py_DECREF(app);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_the_log_line_comes_before_the_close_of_the_iterable(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);

    (void)state;
    Py_SETREF(self->status, PyUnicode_FromString("404 Not Found"));
    Py_SETREF(self->result, eval_python("Blocks(b'x')"));
    self->bytes_sent = 17;
    assert_int_equal(self->cls->close(self), 0);
    assert_repr(eval_python("events"), "[('log', '404', 17), 'close']");
    assert_ptr_equal(self->status, Py_None);
    assert_ptr_equal(self->result, Py_None);
    assert_int_equal(self->bytes_sent, 0);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_without_a_status_the_iterable_is_closed_all_the_same(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);

    (void)state;
    Py_SETREF(self->result, eval_python("Blocks(b'x')"));
    assert_int_equal(self->cls->close(self), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'split'");
    assert_repr(eval_python("events"), "['close']");
    assert_ptr_equal(self->result, Py_None);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_an_error_in_the_log_does_not_keep_the_iterable_open(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;

    (void)state;
    cls.log_request = failing_log_request;
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    Py_SETREF(self->status, PyUnicode_FromString("200 OK"));
    Py_SETREF(self->result, eval_python("Blocks(b'x')"));
    assert_int_equal(self->cls->close(self), -1);
    assert_raised(PyExc_KeyError, "'log'");
    assert_repr(eval_python("events"), "[('log', '200', 0), 'close']");
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_an_error_in_close_replaces_that_of_the_log(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    Handled handled;

    (void)state;
    cls.log_request = failing_log_request;
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    Py_SETREF(self->status, PyUnicode_FromString("200 OK"));
    Py_SETREF(self->result, eval_python("Blocks(close=ValueError('close'))"));
    assert_int_equal(self->cls->close(self), -1);
    handled = except_enter();
    assert_repr(Py_NewRef(handled.raised), "ValueError('close')");
    assert_repr(PyObject_GetAttrString(handled.raised, "__context__"),
                "KeyError('log')");
    except_leave(handled);
    Py_DECREF(self);
    Py_DECREF(request_handler);
}

static void
test_without_a_request_handler_close_is_an_attribute_error(void **state)
{
    BaseHandler *self = BaseHandler_new(&ServerHandler_class);

    (void)state;
    assert_int_equal(self->cls->close(self), -1);
    assert_raised(PyExc_AttributeError, "'ServerHandler' object has no "
                                        "attribute 'request_handler'");
    Py_DECREF(self);
}

static void
test_the_handler_owns_its_request_handler(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);

    (void)state;
    assert_int_equal(Py_REFCNT(request_handler), 2);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(request_handler), 1);
    Py_DECREF(request_handler);
}

static void
test_the_collector_finds_a_start_response_in_the_environ(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    PyObject *app;

    (void)state;
    run_python("without_the_collector()");
    app = eval_python("keeps_start_response_and_loses_its_client");
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    assert_int_equal(self->cls->run(self, app), 0);
    assert_repr(eval_python("events"), "[]");
    Py_DECREF(app);
    Py_DECREF(self);
    assert_int_equal(Py_REFCNT(request_handler), 2);
    run_python("collect()");
    assert_int_equal(Py_REFCNT(request_handler), 1);
    Py_DECREF(request_handler);
}

static void
test_the_collector_finds_a_request_handler_that_knows_its_handler(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler = new_request_handler(&cls);
    BaseHandler *self = new_handler(request_handler);
    PyObject *probe = PyList_New(0);

    (void)state;
    request_handler->_headers_buffer = Py_BuildValue("[OO]", self, probe);
    Py_DECREF(self);
    Py_DECREF(request_handler);
    assert_int_equal(Py_REFCNT(probe), 2);
    run_python("collect()");
    assert_int_equal(Py_REFCNT(probe), 1);
    Py_DECREF(probe);
}

static void
test_a_start_response_that_outlives_its_handler_fails_in_python(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *self;
    PyObject *app;

    (void)state;
    app = eval_python("keeps_start_response");
    request_handler = new_request_handler(&cls);
    self = new_handler(request_handler);
    assert_int_equal(self->cls->run(self, app), 0);
    Py_DECREF(app);
    Py_DECREF(self);
    run_python("check_late_write()");
    assert_int_equal(Py_REFCNT(request_handler), 1);
    Py_DECREF(request_handler);
}

/* The handler writes into one end of a pair of sockets, and the expression
 * gives the file of its response. */
typedef struct Sending {
    int peer;
    Socket *sock;
    BaseHTTPRequestHandler *request_handler;
    BaseHandler *handler;
} Sending;

static Sending
begin_sending(const BaseHTTPRequestHandlerClass *cls, const char *file)
{
    BufferedIOBase *writer;
    Sending sending;

    sending.sock = new_unix_socket(&sending.peer);
    writer = SocketWriter_new(&SocketWriter_class, sending.sock);
    assert_non_null(writer);
    sending.request_handler = new_request_handler(cls);
    Py_SETREF(sending.request_handler->base.wfile, writer);
    sending.handler = new_handler(sending.request_handler);
    give_python("file", eval_python(file));
    return sending;
}

static void
end_sending(Sending sending)
{
    run_python("file.close(); del file");
    Py_DECREF(sending.handler);
    Py_DECREF(sending.request_handler);
    assert_int_equal(sending.sock->cls->close(sending.sock), 0);
    Py_DECREF(sending.sock);
    close(sending.peer);
}

/* The headers come before the file. */
static void
test_a_file_stays_where_it_is_if_the_headers_cannot_be_sent(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    Sending sending = begin_sending(&cls, "a_file()");
    BaseHandler *self = sending.handler;
    PyObject *fields = PyList_New(0);

    (void)state;
    assert_int_equal(self->cls->setup_environ(self), 0);
    Py_SETREF(self->status, PyUnicode_FromString("200 OK"));
    self->headers = Headers_new(&Headers_class, fields);
    set_python("wrapper", (PyObject *)ServerHandler_class.wsgi_file_wrapper);
    Py_SETREF(self->result, eval_python("wrapper(file)"));
    assert_int_equal(shutdown(sending.sock->fd, SHUT_WR), 0);
    assert_int_equal(self->cls->sendfile(self), -1);
    assert_raised(PyExc_BrokenPipeError, "[Errno 32] Broken pipe");
    assert_int_equal(self->bytes_sent, 0);
    assert_repr(eval_python("file.read()"), "b'of a file'");
    Py_SETREF(self->result, Py_NewRef(Py_None));
    run_python("del wrapper");
    Py_DECREF(fields);
    end_sending(sending);
}

/* read() does not ask where it is. */
static void
test_a_file_that_is_at_no_place_is_read(void **state)
{
    BaseHTTPRequestHandlerClass cls = request_handler_class();
    Sending sending = begin_sending(&cls, "a_file(at=2 ** 70)");
    PyObject *app = eval_python("answer_by(file)");
    char got[400];
    ssize_t size;

    (void)state;
    assert_int_equal(sending.handler->cls->run(sending.handler, app), 0);
    size = recv(sending.peer, got, sizeof(got), 0);
    assert_true(size > 0);
    give_python("got", PyBytes_FromStringAndSize(got, size));
    assert_repr(eval_python("got.split(b'\\r\\n\\r\\n')[1:]"),
                "[b'of a file']");
    run_python("del got");
    Py_DECREF(app);
    end_sending(sending);
}

static void
test_server_software_is_pythons(void **state)
{
    (void)state;
    assert_equal(PyUnicode_FromString(ServerHandler_class.server_software),
                 eval_python("ServerHandler.server_software"));
    assert_equal(PyUnicode_FromString(software_version),
                 eval_python("simple_server.software_version"));
    assert_equal(PyUnicode_FromString(server_version),
                 eval_python("simple_server.server_version"));
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&ServerHandler_class, offsetof(BaseHandlerClass, run),
                         sizeof(BaseHandlerClass));
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python_file("server/test_server_handler.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_every_application_is_answered_as_by_python),
        python_test(test_the_environ_is_pythons),
        python_test(test_the_log_line_comes_before_the_close_of_the_iterable),
        python_test(test_without_a_status_the_iterable_is_closed_all_the_same),
        python_test(test_an_error_in_the_log_does_not_keep_the_iterable_open),
        python_test(test_an_error_in_close_replaces_that_of_the_log),
        python_test(
            test_without_a_request_handler_close_is_an_attribute_error),
        python_test(test_the_handler_owns_its_request_handler),
        python_test(test_the_collector_finds_a_start_response_in_the_environ),
        python_test(
            test_the_collector_finds_a_request_handler_that_knows_its_handler),
        python_test(
            test_a_start_response_that_outlives_its_handler_fails_in_python),
        python_test(
            test_a_file_stays_where_it_is_if_the_headers_cannot_be_sent),
        python_test(test_a_file_that_is_at_no_place_is_read),
        python_test(test_server_software_is_pythons),
        python_test(test_table_has_no_empty_slot),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
