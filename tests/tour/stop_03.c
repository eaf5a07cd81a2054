/* wfile is Python's: each write is a send, nothing waits in a buffer. */
#include "tour.h"

#include "io/socket_writer.h"

static bool unbuffered;

static int
looking_handle(BaseRequestHandler *self)
{
    BufferedIOBase *wfile = ((StreamRequestHandler *)self)->wfile;

    unbuffered = wfile->cls == &SocketWriter_class;
    return WSGIRequestHandler_handle(self);
}

static void
test_wfile_is_a_socket_writer(void **state)
{
    WSGIRequestHandlerClass cls = WSGIRequestHandler_class;
    BaseServer *server;

    (void)state;
    cls.base.base.base.handle = looking_handle;
    server = new_server(NULL, &cls);
    serve(server, "send(port, 'GET / HTTP/1.0\\r\\n\\r\\n')");
    assert_true(unbuffered);
    assert_repr(eval_python("answer.endswith('Hello, World!\\n')"), "True");
    close_server(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_wfile_is_a_socket_writer),
    };

    return cmocka_run_group_tests(tests, start_tour, stop_python);
}
