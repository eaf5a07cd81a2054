#include "doubles.h"

#include <sys/socket.h>

#include "server/datagram_request_handler.h"
#include "server/simple_server.h"
#include "server/unix_stream_server.h"

/* cls(path) for a Python expression, or NULL. */
static BaseServer *
try_server(const BaseServerClass *cls, const char *path,
           const BaseRequestHandlerClass *RequestHandlerClass)
{
    PyObject *address = eval_python(path);
    BaseServer *server = BaseServer_new(cls, address, RequestHandlerClass);

    Py_DECREF(address);
    return server;
}

/* cls(Python's `path`), which is a new one. */
static BaseServer *
new_server(const BaseServerClass *cls,
           const BaseRequestHandlerClass *RequestHandlerClass)
{
    BaseServer *server;

    run_python("path = os.path.join(folder.name, '%d' % next(numbers))");
    server = try_server(cls, "path", RequestHandlerClass);
    assert_non_null(server);
    return server;
}

/* new_server with an application that is a Python expression. */
static BaseServer *
new_wsgi_server(const char *application)
{
    BaseServer *server = new_server(&UnixWSGIServer_class.base,
                                    &WSGIRequestHandler_class.base.base.base);
    PyObject *app = eval_python(application);

    assert_int_equal(WSGIServer_set_app((WSGIServer *)server, app), 0);
    Py_DECREF(app);
    return server;
}

/* Echoes what the client sends. */
static int
echoing_handle(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;
    PyObject *data;
    Py_ssize_t n;

    set_python("client_address", self->client_address);
    data = stream->rfile->cls->read(stream->rfile, -1);
    if (data == NULL) {
        return -1;
    }
    n = stream->wfile->cls->write(stream->wfile, data);
    Py_DECREF(data);
    return n < 0 ? -1 : 0;
}

static void
test_the_server_listens_at_its_path(void **state)
{
    StreamRequestHandlerClass handler_class = StreamRequestHandler_class;
    BaseServer *server;

    (void)state;
    handler_class.base.handle = echoing_handle;
    server = new_server(&UnixStreamServer_class, &handler_class.base);
    set_python("address", server->server_address);
    run_python("import stat\n"
               "assert address == path, address\n"
               "assert stat.S_ISSOCK(os.stat(path).st_mode)\n"
               "client = socket.socket(socket.AF_UNIX)\n"
               "client.connect(path)\n"
               "client.sendall(b'hello'), client.shutdown(socket.SHUT_WR)\n");
    assert_int_equal(BaseServer_handle_request(server), 0);
    assert_repr(eval_python("client.recv(99), client.recv(99)"),
                "(b'hello', b'')");
    assert_repr(eval_python("client_address"), "''");
    assert_int_equal(server->cls->server_close(server), 0);
    run_python("client.close()\n"
               "assert os.path.exists(path)\n"); /* as Python leaves it */
    Py_DECREF(server);
}

/* Linux refuses it, since 6.12.9: whoever asks for it fails. */
static void
test_reuse_port_is_asked_for_where_python_does(void **state)
{
    BaseServerClass cls = UnixStreamServer_class;
    BaseServer *server;
    PyObject *error;

    (void)state;
    run_python("class Reusing(socketserver.UnixStreamServer):\n"
               "    allow_reuse_port = True\n"
               "path = os.path.join(folder.name, '%d' % next(numbers))\n"
               "error = set_ = None\n"
               "try:\n"
               "    with Reusing(path, None) as s:\n"
               "        set_ = s.socket.getsockopt(socket.SOL_SOCKET,\n"
               "                                   socket.SO_REUSEPORT)\n"
               "except OSError as e:\n"
               "    error = str(e)\n"
               "path = os.path.join(folder.name, '%d' % next(numbers))\n");
    error = eval_python("error");
    cls.allow_reuse_port = true;
    server = try_server(&cls, "path", NULL);
    if (error != Py_None) {
        assert_null(server);
        assert_raised(PyExc_OSError, PyUnicode_AsUTF8(error));
        Py_DECREF(error);
        return;
    }
    Py_DECREF(error);
    assert_non_null(server);
    set_python("fd", PyLong_FromLong(server->cls->fileno(server)));
    run_python("ours = socket.socket(fileno=os.dup(fd))\n"
               "assert set_ == ours.getsockopt(socket.SOL_SOCKET,\n"
               "                               socket.SO_REUSEPORT), error\n"
               "ours.close()\n");
    assert_int_equal(server->cls->server_close(server), 0);
    Py_DECREF(server);
}

static void
test_addresses_are_what_python_makes_of_them(void **state)
{
    static const char *const paths[] = { "path", "os.fsencode(path)",
                                         "'\\0cwsgiref-%d' % os.getpid()" };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(paths); i++) {
        PyObject *given;
        BaseServer *server;

        run_python("path = os.path.join(folder.name, 's%d' % next(numbers))");
        given = eval_python(paths[i]);
        set_python("given", given);
        Py_DECREF(given);
        run_python("with socketserver.UnixStreamServer(given, None) as s:\n"
                   "    expected = s.server_address\n"
                   "if os.path.exists(path): os.unlink(path)\n");
        server = try_server(&UnixStreamServer_class, paths[i], NULL);
        assert_non_null(server);
        assert_equal(Py_NewRef(server->server_address),
                     eval_python("expected"));
        Py_DECREF(server);
    }
}

static void
test_a_path_in_use_is_an_os_error_and_stays(void **state)
{
    BaseServer *server = new_server(&UnixStreamServer_class, NULL);

    (void)state;
    assert_null(try_server(&UnixStreamServer_class, "path", NULL));
    assert_raised(PyExc_OSError, "[Errno 98] Address already in use");
    assert_null(try_server(&UnixWSGIServer_class.base, "path", NULL));
    assert_raised(PyExc_OSError, "[Errno 98] Address already in use");
    run_python("with socket.socket(socket.AF_UNIX) as client:\n"
               "    client.connect(path)\n");
    Py_DECREF(server);
}

static int
answering_handle(BaseRequestHandler *self)
{
    DatagramRequestHandler *datagram = (DatagramRequestHandler *)self;
    PyObject *text = PyUnicode_FromFormat("%R of %R", datagram->packet,
                                          self->client_address);
    PyObject *b = PyUnicode_AsUTF8String(text);
    Py_ssize_t n = datagram->wfile->cls->write(datagram->wfile, b);

    Py_DECREF(text);
    Py_DECREF(b);
    return n < 0 ? -1 : 0;
}

static void
test_datagrams_are_answered_to_the_path_of_the_sender(void **state)
{
    BaseRequestHandlerClass handler_class = DatagramRequestHandler_class;
    BaseServer *server;

    (void)state;
    handler_class.handle = answering_handle;
    server = new_server(&UnixDatagramServer_class, &handler_class);
    run_python("client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
               "client.bind(path + '.client'), client.settimeout(60)\n"
               "client.sendto(b'hello', path)\n");
    assert_int_equal(BaseServer_handle_request(server), 0);
    assert_equal(
        eval_python("client.recvfrom(999)"),
        eval_python("(b\"b'hello' of '%s.client'\" % path.encode(), path)"));
    run_python("client.close()");
    Py_DECREF(server);
}

/* Nobody can be answered who has no address, in Python either. */
static void
test_a_datagram_of_nobody_is_an_error_in_the_log(void **state)
{
    BaseServer *server =
        new_server(&UnixDatagramServer_class, &DatagramRequestHandler_class);
    PyObject *log;

    (void)state;
    run_python("def send_from_nobody(path):\n"
               "    with socket.socket(socket.AF_UNIX,\n"
               "                       socket.SOCK_DGRAM) as client:\n"
               "        client.sendto(b'hello', path)\n"
               "send_from_nobody(path)\n");
    capture_stderr();
    assert_int_equal(BaseServer_handle_request(server), 0);
    log = captured_stderr();
    set_python("log", log);
    Py_DECREF(log);
    capture_stderr();
    run_python("with socketserver.UnixDatagramServer(path + '.python',\n"
               "        socketserver.DatagramRequestHandler) as s:\n"
               "    send_from_nobody(path + '.python')\n"
               "    s.handle_request()\n"
               "expected = sys.stderr.getvalue()\n"
               "sys.stderr = sys.__stderr__\n"
               "ends = [text.splitlines()[:2] + text.splitlines()[-2:]\n"
               "        for text in (log, expected)]\n"
               "assert ends[0] == ends[1], ends\n"
               "assert 'TypeError' in ends[0][2]\n");
    Py_DECREF(server);
}

static void
test_the_environ_names_a_host_and_a_port(void **state)
{
    BaseServer *server = new_wsgi_server("None");
    HTTPServer *http = (HTTPServer *)server;

    (void)state;
    assert_equal(Py_NewRef(server->server_address), eval_python("path"));
    assert_repr(Py_NewRef(http->server_name), "'localhost'");
    assert_repr(Py_NewRef(http->server_port), "80");
    assert_repr(Py_NewRef(((WSGIServer *)server)->base_environ),
                "{'SERVER_NAME': 'localhost', 'GATEWAY_INTERFACE': "
                "'CGI/1.1', 'SERVER_PORT': '80', 'REMOTE_HOST': '', "
                "'CONTENT_LENGTH': '', 'SCRIPT_NAME': ''}");
    assert_int_equal(Py_REFCNT(http->server_name), 2); /* and the dict's */
    Py_DECREF(server);
}

static void
test_get_request_gives_host_and_port(void **state)
{
    BaseServer *server = new_wsgi_server("None");
    PyObject *request = NULL, *client_address = NULL;

    (void)state;
    run_python("client = socket.socket(socket.AF_UNIX)\n"
               "client.connect(path)\n");
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), 0);
    assert_int_equal(Py_REFCNT(client_address), 1);
    assert_repr(client_address, "('127.0.0.1', 0)");
    assert_true(PyObject_TypeCheck(request, &Socket_type));
    assert_int_equal(((Socket *)request)->family, AF_UNIX);
    assert_int_equal(Py_REFCNT(request), 1);
    assert_int_equal(server->cls->close_request(server, request), 0);
    Py_DECREF(request);
    assert_int_equal(server->cls->server_close(server), 0);
    assert_int_equal(
        server->cls->get_request(server, &request, &client_address), -1);
    assert_raised(PyExc_OSError, "[Errno 9] Bad file descriptor");
    run_python("client.close()");
    Py_DECREF(server);
}

/* Answer, log and environ of a request are those of Python's server with the
 * same two methods. */
static void
test_a_request_is_answered_as_by_python(void **state)
{
    BaseServer *server;
    PyObject *log;

    (void)state;
    run_python(
        "import re, threading\n"
        "from wsgiref import simple_server\n"
        "class PythonServer(socketserver.UnixStreamServer,\n"
        "                   simple_server.WSGIServer):\n"
        "    def server_bind(self):\n"
        "        socketserver.UnixStreamServer.server_bind(self)\n"
        "        self.server_name, self.server_port = 'localhost', 80\n"
        "        self.setup_environ()\n"
        "    def get_request(self):\n"
        "        return super().get_request()[0], ('127.0.0.1', 0)\n"
        "environs = []\n"
        "def app(environ, start_response):\n"
        "    environs.append({k: v for k, v in environ.items()\n"
        "                     if type(v) in (str, tuple)})\n"
        "    start_response('200 OK', [('X-Body',\n"
        "        environ['wsgi.input'].read(4).decode())])\n"
        "    return [environ['PATH_INFO'].encode()]\n"
        "def ask(path):\n"
        "    client = socket.socket(socket.AF_UNIX)\n"
        "    client.connect(path), client.settimeout(60)\n"
        "    client.sendall(b'POST /p?q HTTP/1.1\\r\\nContent-Length: 4'\n"
        "                   b'\\r\\n\\r\\nbody')\n"
        "    return client\n"
        "def answer(client):\n"
        "    with client, client.makefile('rb') as file:\n"
        "        return re.sub(rb'\\nDate: .*', b'', file.read())\n");
    server = new_wsgi_server("app");
    run_python("client = ask(path)");
    capture_stderr();
    assert_int_equal(BaseServer_handle_request(server), 0);
    log = captured_stderr();
    set_python("log", log);
    Py_DECREF(log);
    run_python("got = answer(client)");
    capture_stderr();
    run_python("path = os.path.join(folder.name, '%d' % next(numbers))\n"
               "with PythonServer(path,\n"
               "        simple_server.WSGIRequestHandler) as s:\n"
               "    s.set_app(app)\n"
               "    client = ask(path)\n"
               "    s.handle_request()\n"
               "expected = answer(client)\n"
               "logs = [re.sub(r'\\[.*?\\]', '', text)\n"
               "        for text in (log, sys.stderr.getvalue())]\n"
               "sys.stderr = sys.__stderr__\n");
    assert_equal(eval_python("got"), eval_python("expected"));
    assert_equal(eval_python("logs[0]"), eval_python("logs[1]"));
    assert_repr(eval_python("logs[0]"),
                "'127.0.0.1 - -  \"POST /p?q HTTP/1.1\" 200 2\\n'");
    assert_equal(eval_python("environs[0]"), eval_python("environs[1]"));
    assert_repr(eval_python("environs[0]['REMOTE_ADDR']"), "'127.0.0.1'");
    Py_DECREF(server);
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&UnixStreamServer_class,
                         offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
    assert_no_empty_slot(&UnixDatagramServer_class,
                         offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
    assert_no_empty_slot(&UnixWSGIServer_class.base,
                         offsetof(BaseServerClass, init),
                         sizeof(BaseServerClass));
    assert_no_empty_slot(&UnixWSGIServer_class,
                         offsetof(WSGIServerClass, setup_environ),
                         sizeof(WSGIServerClass));
}

/* The class attributes of `cls` are those of Python's `name`. */
static void
compare_attributes(const BaseServerClass *cls, const char *name)
{
    PyObject *python = eval_python(name);

    set_python("cls", python);
    Py_DECREF(python);
    run_python("attributes = (cls.timeout, int(cls.address_family),\n"
               "    int(cls.socket_type), cls.request_queue_size,\n"
               "    cls.allow_reuse_address, cls.allow_reuse_port,\n"
               "    getattr(cls, 'max_packet_size', 0))\n");
    assert_equal(eval_python("attributes"),
                 Py_BuildValue("(OiiiNNi)", Py_None, cls->address_family,
                               cls->socket_type, cls->request_queue_size,
                               PyBool_FromLong(cls->allow_reuse_address),
                               PyBool_FromLong(cls->allow_reuse_port),
                               cls->max_packet_size));
    assert_true(cls->timeout < 0);
}

static void
test_the_class_attributes_are_pythons(void **state)
{
    (void)state;
    compare_attributes(&UnixStreamServer_class,
                       "socketserver.UnixStreamServer");
    compare_attributes(&UnixDatagramServer_class,
                       "socketserver.UnixDatagramServer");
    compare_attributes(&UnixWSGIServer_class.base,
                       "type('UnixWSGIServer', "
                       "(socketserver.UnixStreamServer, "
                       "__import__('wsgiref.simple_server').simple_server."
                       "WSGIServer), {})");
    assert_ptr_equal(UnixStreamServer_type.tp_base, &TCPServer_type);
    assert_ptr_equal(UnixDatagramServer_type.tp_base, &UDPServer_type);
    assert_ptr_equal(UnixWSGIServer_type.tp_base, &WSGIServer_type);
}

static int
setup(void **state)
{
    if (start_server_types(state) < 0) {
        return -1;
    }
    run_python("import itertools, os, socket, socketserver, sys, tempfile\n"
               "folder = tempfile.TemporaryDirectory()\n"
               "numbers = itertools.count()\n");
    return 0;
}

static int
teardown(void **state)
{
    run_python("folder.cleanup()");
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_server_listens_at_its_path),
        python_test(test_reuse_port_is_asked_for_where_python_does),
        python_test(test_addresses_are_what_python_makes_of_them),
        python_test(test_a_path_in_use_is_an_os_error_and_stays),
        python_test(test_datagrams_are_answered_to_the_path_of_the_sender),
        python_test(test_a_datagram_of_nobody_is_an_error_in_the_log),
        python_test(test_the_environ_names_a_host_and_a_port),
        python_test(test_get_request_gives_host_and_port),
        python_test(test_a_request_is_answered_as_by_python),
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_the_class_attributes_are_pythons),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
