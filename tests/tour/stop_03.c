/* Each write to the client is a send of its own, as in Python. */
#include "tour.h"

static int sends;

static int
counting_sendall(Socket *self, const char *data, Py_ssize_t size)
{
    sends++;
    return Socket_sendall(self, data, size);
}

static SocketClass counting_class;

static int
counting_handle(BaseRequestHandler *self)
{
    ((StreamRequestHandler *)self)->connection->cls = &counting_class;
    return WSGIRequestHandler_handle(self);
}

static void
test_the_answer_is_five_sends(void **state)
{
    WSGIRequestHandlerClass cls = WSGIRequestHandler_class;
    BaseServer *server;

    (void)state;
    counting_class = Socket_class;
    counting_class.sendall = counting_sendall;
    cls.base.base.base.handle = counting_handle;
    server = new_server(NULL, &cls);
    serve(server, "send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
    assert_int_equal(sends, 5);
    assert_repr(eval_python("answer.endswith('Hello, World!\\n')"), "True");
    close_server(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_answer_is_five_sends),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
