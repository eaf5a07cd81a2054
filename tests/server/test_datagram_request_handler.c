#define PY_SSIZE_T_CLEAN
#include "doubles.h"

#include <sys/socket.h>

#include "server/datagram_request_handler.h"

static DatagramRequestHandler *
datagram(BaseRequestHandler *self)
{
    return (DatagramRequestHandler *)self;
}

/* DatagramRequestHandler(request, 'client', an idle server); steals the
 * request. NULL when that raises. */
static BaseRequestHandler *
try_handler(const BaseRequestHandlerClass *cls, PyObject *request)
{
    PyObject *client_address = PyUnicode_FromString("client");
    BaseServer *server = new_idle_server();
    BaseRequestHandler *handler =
        BaseRequestHandler_new(cls, request, client_address, server);

    Py_DECREF(server);
    Py_DECREF(client_address);
    Py_DECREF(request);
    return handler;
}

/* A socket whose sendto is ours: (data, socket), a new tuple. */
static PyObject *
new_request(const SocketClass *cls, const char *data)
{
    Socket *sock = Socket_new(cls, AF_INET, SOCK_DGRAM, 0, -1);

    assert_non_null(sock);
    return Py_BuildValue("(yN)", data, sock);
}

/* Closes and forgets the handler. */
static void
end_handler(BaseRequestHandler *handler)
{
    assert_int_equal(Socket_close(datagram(handler)->socket), 0);
    Py_DECREF(handler);
}

static Py_ssize_t
fake_sendto(Socket *self, const char *data, Py_ssize_t size, PyObject *address)
{
    PyObject *raises = mock_ptr_type(PyObject *);
    PyObject *sent = Py_BuildValue("(y#O)", data, size, address);

    (void)self;
    function_called();
    set_python("sent", sent);
    Py_DECREF(sent);
    if (raises != NULL) {
        PyErr_SetString(raises, "queued");
        return -1;
    }
    return size;
}

static SocketClass
fake_socket_class(void)
{
    SocketClass cls = Socket_class;

    cls.sendto = fake_sendto;
    return cls;
}

static int
write_bytes(BaseRequestHandler *self, const char *text)
{
    BufferedIOBase *wfile = datagram(self)->wfile;
    PyObject *b = PyBytes_FromString(text);
    Py_ssize_t n = wfile->cls->write(wfile, b);

    Py_DECREF(b);
    return n < 0 ? -1 : 0;
}

/* class Handler(DatagramRequestHandler): answers with each line reversed. */
static int
reversing_handle(BaseRequestHandler *self)
{
    BufferedIOBase *rfile = datagram(self)->rfile;
    PyObject *line;

    for (;;) {
        line = rfile->cls->readline(rfile, -1);
        if (line == NULL) {
            return -1;
        }
        if (PyBytes_GET_SIZE(line) == 0) {
            Py_DECREF(line);
            return 0;
        }
        set_python("line", line);
        Py_DECREF(line);
        line = eval_python("line[::-1]");
        if (write_bytes(self, PyBytes_AS_STRING(line)) < 0) {
            Py_DECREF(line);
            return -1;
        }
        Py_DECREF(line);
    }
}

static void
test_finish_sends_what_was_written_to_the_client(void **state)
{
    BaseRequestHandlerClass cls = DatagramRequestHandler_class;
    SocketClass socket_class = fake_socket_class();
    BaseRequestHandler *handler;

    (void)state;
    cls.handle = reversing_handle;
    expect_function_call(fake_sendto);
    will_return(fake_sendto, NULL);
    handler = try_handler(&cls, new_request(&socket_class, "one\ntwo\nend"));
    assert_non_null(handler);
    assert_repr(eval_python("sent"), "(b'\\neno\\nowtdne', 'client')");
    end_handler(handler);
}

static void
test_a_silent_handler_sends_an_empty_datagram(void **state)
{
    SocketClass socket_class = fake_socket_class();
    BaseRequestHandler *handler;

    (void)state;
    expect_function_call(fake_sendto);
    will_return(fake_sendto, NULL);
    handler = try_handler(&DatagramRequestHandler_class,
                          new_request(&socket_class, "hello"));
    assert_non_null(handler);
    assert_repr(eval_python("sent"), "(b'', 'client')");
    end_handler(handler);
}

static void
test_setup_takes_the_request_apart(void **state)
{
    SocketClass socket_class = fake_socket_class();
    PyObject *request = new_request(&socket_class, "hello");
    PyObject *data = Py_NewRef(PyTuple_GET_ITEM(request, 0));
    PyObject *sock = Py_NewRef(PyTuple_GET_ITEM(request, 1));
    BaseRequestHandler *handler;

    (void)state;
    expect_function_call(fake_sendto);
    will_return(fake_sendto, NULL);
    handler = try_handler(&DatagramRequestHandler_class, request);
    assert_non_null(handler);
    assert_ptr_equal(datagram(handler)->packet, data);
    assert_ptr_equal(datagram(handler)->socket, sock);
    assert_int_equal(Py_REFCNT(sock), 3); /* mine, its own, the request's */
    set_python("rfile", (PyObject *)datagram(handler)->rfile);
    set_python("wfile", (PyObject *)datagram(handler)->wfile);
    assert_repr(eval_python("rfile.read(), wfile.getvalue()"),
                "(b'hello', b'')");
    run_python("del rfile, wfile");
    assert_int_equal(Socket_close(datagram(handler)->socket), 0);
    Py_DECREF(handler);
    assert_int_equal(Py_REFCNT(sock), 1);
    Py_DECREF(sock);
    Py_DECREF(data);
}

/* Fails after it has written. */
static int
failing_handle(BaseRequestHandler *self)
{
    assert_int_equal(write_bytes(self, "half"), 0);
    PyErr_SetString(PyExc_ValueError, "handle");
    return -1;
}

static void
test_a_failing_handler_has_answered_nevertheless(void **state)
{
    BaseRequestHandlerClass cls = DatagramRequestHandler_class;
    SocketClass socket_class = fake_socket_class();
    PyObject *request = new_request(&socket_class, "hello");
    Socket *sock = (Socket *)Py_NewRef(PyTuple_GET_ITEM(request, 1));

    (void)state;
    cls.handle = failing_handle;
    expect_function_call(fake_sendto);
    will_return(fake_sendto, NULL);
    assert_null(try_handler(&cls, request));
    assert_raised(PyExc_ValueError, "handle");
    assert_repr(eval_python("sent"), "(b'half', 'client')");
    assert_int_equal(Socket_close(sock), 0);
    assert_int_equal(Py_REFCNT(sock), 1);
    Py_DECREF(sock);
}

static void
test_what_sending_raises_goes_on(void **state)
{
    SocketClass socket_class = fake_socket_class();
    PyObject *request = new_request(&socket_class, "hello");
    Socket *sock = (Socket *)Py_NewRef(PyTuple_GET_ITEM(request, 1));

    (void)state;
    expect_function_call(fake_sendto);
    will_return(fake_sendto, PyExc_OSError);
    assert_null(try_handler(&DatagramRequestHandler_class, request));
    assert_raised(PyExc_OSError, "queued");
    assert_int_equal(Socket_close(sock), 0);
    assert_int_equal(Py_REFCNT(sock), 1);
    Py_DECREF(sock);
}

static int
closing_handle(BaseRequestHandler *self)
{
    BufferedIOBase *wfile = datagram(self)->wfile;

    return wfile->cls->close(wfile);
}

static void
test_a_closed_wfile_is_pythons_value_error(void **state)
{
    BaseRequestHandlerClass cls = DatagramRequestHandler_class;
    PyObject *request = new_request(&Socket_class, "hello");
    Socket *sock = (Socket *)Py_NewRef(PyTuple_GET_ITEM(request, 1));

    (void)state;
    cls.handle = closing_handle;
    assert_null(try_handler(&cls, request));
    assert_raised(PyExc_ValueError, "I/O operation on closed file.");
    assert_int_equal(Socket_close(sock), 0);
    Py_DECREF(sock);
}

/* A TCPServer's request has no second part. */
static void
test_another_servers_request_is_a_type_error(void **state)
{
    Socket *sock = Socket_new(&Socket_class, AF_INET, SOCK_STREAM, 0, -1);

    (void)state;
    assert_int_equal(Socket_close(sock), 0);
    assert_null(try_handler(&DatagramRequestHandler_class, (PyObject *)sock));
    assert_raised(PyExc_TypeError, "cannot unpack non-iterable "
                                   "cwsgiref.socket.socket object");
    assert_null(
        try_handler(&DatagramRequestHandler_class, Py_BuildValue("(y)", "x")));
    assert_raised(PyExc_TypeError, NULL);
    assert_null(try_handler(&DatagramRequestHandler_class,
                            Py_BuildValue("(yi)", "x", 3)));
    assert_raised(PyExc_TypeError, NULL);
}

/* The same datagrams through Python's handler and ours, over real sockets:
 * what the client gets. */
static void
test_the_answers_are_pythons(void **state)
{
    BaseRequestHandlerClass cls = DatagramRequestHandler_class;
    PyObject *request, *client_address, *list;
    Socket *sock = Socket_new(&Socket_class, AF_INET, SOCK_DGRAM, 0, -1);
    BaseServer *server = new_idle_server();

    (void)state;
    cls.handle = reversing_handle;
    list = eval_python("packets");
    client_address = eval_python("client.getsockname()");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        BaseRequestHandler *handler;
        PyObject *this = PyList_GET_ITEM(list, i);

        request = PyTuple_Pack(2, PyTuple_GET_ITEM(this, 1), (PyObject *)sock);
        handler =
            BaseRequestHandler_new(&cls, request, client_address, server);
        assert_non_null(handler);
        Py_DECREF(handler);
        Py_DECREF(request);
        set_python("packet", this);
        run_python("compare_answer(*packet)");
    }
    run_python("client.close()");
    Py_DECREF(list);
    Py_DECREF(client_address);
    assert_int_equal(Socket_close(sock), 0);
    Py_DECREF(sock);
    Py_DECREF(server);
    assert_nothing_differs("rows.report()");
}

static void
test_table_has_no_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&DatagramRequestHandler_class,
                         offsetof(BaseRequestHandlerClass, init),
                         sizeof(BaseRequestHandlerClass));
}

/* def setup(self): super().setup(); and there are rfile and wfile */
static int
overriding_setup(BaseRequestHandler *self)
{
    assert_null(datagram(self)->rfile);
    if (DatagramRequestHandler_setup(self) < 0) {
        return -1;
    }
    return write_bytes(self, "before handle, ");
}

/* def finish(self): ...; super().finish(), which sends */
static int
overriding_finish(BaseRequestHandler *self)
{
    if (write_bytes(self, "after it") < 0) {
        return -1;
    }
    return DatagramRequestHandler_finish(self);
}

static void
test_a_subclass_can_call_setup_and_finish_of_its_base(void **state)
{
    BaseRequestHandlerClass cls = DatagramRequestHandler_class;
    SocketClass socket_class = fake_socket_class();
    BaseRequestHandler *handler;

    (void)state;
    cls.setup = overriding_setup;
    cls.finish = overriding_finish;
    expect_function_call(fake_sendto);
    will_return(fake_sendto, NULL);
    handler = try_handler(&cls, new_request(&socket_class, "hello"));
    assert_non_null(handler);
    assert_repr(eval_python("sent"), "(b'before handle, after it', 'client')");
    end_handler(handler);
}

static int
setup(void **state)
{
    return start_with(state, "server/test_datagram_request_handler.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_finish_sends_what_was_written_to_the_client),
        python_test(test_a_silent_handler_sends_an_empty_datagram),
        python_test(test_setup_takes_the_request_apart),
        python_test(test_a_failing_handler_has_answered_nevertheless),
        python_test(test_what_sending_raises_goes_on),
        python_test(test_a_closed_wfile_is_pythons_value_error),
        python_test(test_another_servers_request_is_a_type_error),
        python_test(test_the_answers_are_pythons),
        python_test(test_table_has_no_empty_slot),
        python_test(test_a_subclass_can_call_setup_and_finish_of_its_base),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
