/* The floor: what no server in C that embeds CPython, and has one connection a
 * request, can go far below. Not a server: it takes every request for a good
 * one, and checks nothing that script/bench does not send.
 *
 *     floor PORT FOLDER
 *
 * For each request: accept, recv, a call of the application with an environ
 * that is prepared but for what this request says, the bytes that wsgiref
 * sends, shutdown, close. The application is `application` of the module
 * applications in FOLDER. An error of Python ends the program.
 *
 * In this order: wsgi.input, wsgi.file_wrapper, start_response, the head of
 * the answer, its body, the request, the environ, the loop. */
#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_SIZE = 65536, /* one recv takes what there is, up to this */
    HEAD_SIZE = 8192,
    BACKLOG = 1024,
};

/* Of wsgiref; since 3.15 without a number. */
#if PY_VERSION_HEX < 0x030F0000
#define SERVER_VERSION "WSGIServer/0.2"
#else
#define SERVER_VERSION "WSGIServer"
#endif

/* What has come of a request. */
typedef struct Request {
    int fd;
    char client[INET_ADDRSTRLEN];
    char bytes[REQUEST_SIZE + 1]; /* with a NUL behind them */
    size_t size;
    const char *body; /* behind the blank line */
    size_t body_size; /* of all of it, as Content-Length has it */
    const char *path;
    size_t path_size;
} Request;

/* What the application has given to start_response. */
typedef struct Started {
    PyObject *status;  /* owned */
    PyObject *headers; /* owned */
} Started;

/* The head of an answer. */
typedef struct Head {
    char bytes[HEAD_SIZE];
    size_t size;
    bool has_length;
} Head;

/* What is made once: the part of environ that every request has, and keys and
 * values of the rest. All owned, to the end. */
typedef struct Prepared {
    PyObject *environ;
    PyObject *application;
    PyObject *start_response;
    PyObject *request_method, *path_info, *remote_addr, *content_length;
    PyObject *wsgi_input, *get, *post, *close;
} Prepared;

static Request request;
static Started started;
static Prepared prepared;

/* An error of Python: a mistake in the bench, and no figure after it means
 * anything. */
static void
die(void)
{
    PyErr_Print();
    exit(1);
}

/* The object itself, which is there. */
static PyObject *
made(PyObject *object)
{
    if (object == NULL) {
        die();
    }
    return object;
}

/* ---- wsgi.input ---- */

typedef struct Input {
    PyObject_HEAD
    const char *received;     /* borrowed: of the request's bytes */
    Py_ssize_t received_size; /* that nobody has read yet */
    Py_ssize_t left;          /* of the body */
} Input;

/* read(size=-1) */
static PyObject *
Input_read(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Input *input = (Input *)self;
    Py_ssize_t size = nargs > 0 ? PyLong_AsSsize_t(args[0]) : -1;
    Py_ssize_t count;
    PyObject *data;

    if (size == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (size < 0 || size > input->left) {
        size = input->left;
    }
    data = PyBytes_FromStringAndSize(NULL, size);
    if (data == NULL) {
        return NULL;
    }
    count = Py_MIN(size, input->received_size);
    memcpy(PyBytes_AS_STRING(data), input->received, (size_t)count);
    input->received += count;
    input->received_size -= count;
    while (count < size) {
        ssize_t got = recv(request.fd, PyBytes_AS_STRING(data) + count,
                           (size_t)(size - count), 0);

        if (got <= 0) {
            break;
        }
        count += got;
    }
    input->left -= count;
    if (count < size && _PyBytes_Resize(&data, count) < 0) {
        return NULL;
    }
    return data;
}

static PyMethodDef Input_methods[] = {
    { "read", (PyCFunction)(void (*)(void))Input_read, METH_FASTCALL, NULL },
    { NULL, NULL, 0, NULL },
};

static PyTypeObject Input_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor.Input",
    .tp_basicsize = sizeof(Input),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = Input_methods,
};

static PyObject *
Input_new(void)
{
    Input *input = PyObject_New(Input, &Input_type);

    if (input != NULL) {
        input->received = request.body;
        input->received_size = request.bytes + request.size - request.body;
        input->left = (Py_ssize_t)request.body_size;
    }
    return (PyObject *)input;
}

/* ---- wsgi.file_wrapper ---- */

typedef struct FileWrapper {
    PyObject_HEAD
    PyObject *file; /* owned */
} FileWrapper;

/* FileWrapper(file, block_size=8192) */
static PyObject *
FileWrapper_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *file;
    Py_ssize_t block_size;
    FileWrapper *self;

    (void)kwargs;
    if (!PyArg_ParseTuple(args, "O|n", &file, &block_size)) {
        return NULL;
    }
    self = (FileWrapper *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->file = Py_NewRef(file);
    }
    return (PyObject *)self;
}

static void
FileWrapper_dealloc(PyObject *self)
{
    Py_XDECREF(((FileWrapper *)self)->file);
    Py_TYPE(self)->tp_free(self);
}

static PyTypeObject FileWrapper_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor.FileWrapper",
    .tp_basicsize = sizeof(FileWrapper),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = FileWrapper_new,
    .tp_dealloc = FileWrapper_dealloc,
};

/* ---- start_response ---- */

static PyObject *
start_response(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    if (nargs < 2 || !PyList_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "start_response(status, headers)");
        return NULL;
    }
    Py_XSETREF(started.status, Py_NewRef(args[0]));
    Py_XSETREF(started.headers, Py_NewRef(args[1]));
    Py_RETURN_NONE; /* our applications want no write() */
}

static PyMethodDef start_response_method = {
    "start_response", (PyCFunction)(void (*)(void))start_response,
    METH_FASTCALL, NULL
};

/* ---- The head of the answer ---- */

static void
put(Head *head, const char *text, size_t size)
{
    if (size > sizeof(head->bytes) - head->size) {
        fprintf(stderr, "floor: the head is too long\n");
        exit(1);
    }
    memcpy(head->bytes + head->size, text, size);
    head->size += size;
}

static void
put_string(Head *head, PyObject *string)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(string, &size);

    if (text == NULL) {
        die();
    }
    put(head, text, (size_t)size);
}

/* The line of this second. */
static void
put_date(Head *head)
{
    static char line[64];
    static size_t size;
    static time_t second;
    time_t now = time(NULL);
    struct tm parts;

    if (now != second) {
        second = now;
        gmtime_r(&now, &parts);
        size = strftime(line, sizeof(line),
                        "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    }
    put(head, line, size);
}

static void
put_header(Head *head, PyObject *header)
{
    PyObject *name = made(PySequence_GetItem(header, 0));
    PyObject *value = made(PySequence_GetItem(header, 1));
    size_t start = head->size;

    put_string(head, name);
    if (head->size - start == strlen("Content-Length") &&
        strncasecmp(head->bytes + start, "Content-Length",
                    head->size - start) == 0)
    {
        head->has_length = true;
    }
    put(head, ": ", 2);
    put_string(head, value);
    put(head, "\r\n", 2);
    Py_DECREF(name);
    Py_DECREF(value);
}

/* The bytes of wsgiref; `length` of the body, or -1, which nobody knows. */
static void
make_head(Head *head, Py_ssize_t length)
{
    static const char server[] =
        "Server: " SERVER_VERSION " CPython/" PY_VERSION "\r\n";
    char line[64];
    Py_ssize_t index;

    head->size = 0;
    head->has_length = false;
    put(head, "HTTP/1.0 ", 9);
    put_string(head, started.status);
    put(head, "\r\n", 2);
    put_date(head);
    put(head, server, sizeof(server) - 1);
    for (index = 0; index < PyList_GET_SIZE(started.headers); index++) {
        put_header(head, PyList_GET_ITEM(started.headers, index));
    }
    if (!head->has_length && length >= 0) {
        put(head, line,
            (size_t)snprintf(line, sizeof(line), "Content-Length: %zd\r\n",
                             length));
    }
    put(head, "\r\n", 2);
}

/* ---- The body ---- */

/* -1 when the client has gone. */
static int
send_all(const char *data, size_t size, int flags)
{
    while (size > 0) {
        ssize_t sent = send(request.fd, data, size, MSG_NOSIGNAL | flags);

        if (sent <= 0) {
            return -1;
        }
        data += sent;
        size -= (size_t)sent;
    }
    return 0;
}

/* Both at once; a short block in the same buffer. */
static int
send_head_and_block(Head *head, const char *data, size_t size)
{
    struct iovec parts[] = {
        { head->bytes, head->size },
        { (void *)data, size },
    };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t sent;

    if (size <= sizeof(head->bytes) - head->size) {
        put(head, data, size);
        return send_all(head->bytes, head->size, 0);
    }
    sent = sendmsg(request.fd, &message, MSG_NOSIGNAL);
    if (sent < (ssize_t)head->size) {
        return -1;
    }
    sent -= (ssize_t)head->size;
    return send_all(data + sent, size - (size_t)sent, 0);
}

static int
send_file(PyObject *file)
{
    Head head;
    struct stat status;
    off_t position = 0;
    int fd = PyObject_AsFileDescriptor(file);

    if (fd < 0) {
        die();
    }
    if (fstat(fd, &status) < 0) {
        return -1;
    }
    make_head(&head, status.st_size);
    if (send_all(head.bytes, head.size, MSG_MORE) < 0) {
        return -1;
    }
    while (position < status.st_size) {
        size_t left = (size_t)(status.st_size - position);

        if (sendfile(request.fd, fd, &position, left) <= 0) {
            return -1;
        }
    }
    return 0;
}

/* One block after the other, the first with the head. `length`: of all, or
 * -1. */
static int
send_blocks(PyObject *iterable, Py_ssize_t length)
{
    PyObject *iterator = made(PyObject_GetIter(iterable));
    PyObject *block;
    bool head_is_sent = false;
    int result = 0;

    while (result == 0 && (block = PyIter_Next(iterator)) != NULL) {
        char *data;
        Py_ssize_t size;

        if (PyBytes_AsStringAndSize(block, &data, &size) < 0) {
            die();
        }
        if (head_is_sent) {
            result = send_all(data, (size_t)size, 0);
        }
        else {
            Head head;

            make_head(&head, length);
            result = send_head_and_block(&head, data, (size_t)size);
            head_is_sent = true;
        }
        Py_DECREF(block);
    }
    if (PyErr_Occurred()) {
        die();
    }
    Py_DECREF(iterator);
    return result;
}

/* result.close(), if it has one; a list has none. */
static void
close_result(PyObject *result)
{
    if (!PyList_CheckExact(result)) {
        PyObject *none = PyObject_CallMethodNoArgs(result, prepared.close);

        Py_DECREF(made(none));
    }
}

static void
send_result(PyObject *result)
{
    if (Py_IS_TYPE(result, &FileWrapper_type)) {
        PyObject *file = ((FileWrapper *)result)->file;

        (void)send_file(file);
        close_result(file);
    }
    else if (PyList_CheckExact(result) && PyList_GET_SIZE(result) == 1) {
        (void)send_blocks(result, PyObject_Size(PyList_GET_ITEM(result, 0)));
    }
    else {
        (void)send_blocks(result, -1);
        close_result(result);
    }
}

/* ---- The request ---- */

/* Reads up to the blank line. False: it is not to be answered. */
static bool
receive_request(void)
{
    const char *end = NULL;

    request.size = 0;
    while (end == NULL) {
        ssize_t got = recv(request.fd, request.bytes + request.size,
                           REQUEST_SIZE - request.size, 0);

        if (got <= 0) {
            return false;
        }
        request.size += (size_t)got;
        end = memmem(request.bytes, request.size, "\r\n\r\n", 4);
    }
    request.bytes[request.size] = '\0';
    request.body = end + 4;
    return true;
}

/* Finds the path, and how long the body is. False: there is no path. */
static bool
parse_request(void)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *space;
    const char *length;

    request.path = strchr(request.bytes, '/');
    space = request.path == NULL ? NULL : strchr(request.path, ' ');
    if (space == NULL) {
        return false;
    }
    request.path_size = (size_t)(space - request.path);
    request.body_size = 0;
    if (request.bytes[0] == 'P') {
        length = strstr(space, name);
        if (length != NULL) {
            request.body_size = strtoul(length + strlen(name), NULL, 10);
        }
    }
    return true;
}

/* ---- The environ ---- */

/* env[key] = value; takes the value. */
static void
set_item(PyObject *env, PyObject *key, PyObject *value)
{
    if (PyDict_SetItem(env, key, made(value)) < 0) {
        die();
    }
    Py_DECREF(value);
}

/* The same, with a key of C. */
static void
prepare_item(const char *key, PyObject *value)
{
    PyObject *name = made(PyUnicode_InternFromString(key));

    set_item(prepared.environ, name, value);
    Py_DECREF(name);
}

static void
prepare_string(const char *key, const char *value)
{
    prepare_item(key, PyUnicode_FromString(value));
}

/* As much as wsgiref has in it. */
static void
prepare_environ(const char *port)
{
    PyObject *os = made(PyImport_ImportModule("os"));
    PyObject *of_process = made(PyObject_GetAttrString(os, "environ"));

    prepared.environ = made(PyDict_New());
    if (PyDict_Update(prepared.environ, of_process) < 0) {
        die();
    }
    Py_DECREF(of_process);
    Py_DECREF(os);
    prepare_string("SERVER_NAME", "localhost");
    prepare_string("SERVER_PORT", port);
    prepare_string("SERVER_PROTOCOL", "HTTP/1.1");
    prepare_string("SERVER_SOFTWARE", SERVER_VERSION);
    prepare_string("GATEWAY_INTERFACE", "CGI/1.1");
    prepare_string("REMOTE_HOST", "");
    prepare_string("SCRIPT_NAME", "");
    prepare_string("QUERY_STRING", "");
    prepare_string("CONTENT_TYPE", "text/plain");
    prepare_string("CONTENT_LENGTH", "");
    prepare_string("HTTP_HOST", "127.0.0.1");
    prepare_string("HTTP_USER_AGENT", "bench");
    prepare_string("HTTP_ACCEPT", "*/*");
    prepare_string("wsgi.url_scheme", "http");
    prepare_item("wsgi.version", Py_BuildValue("(ii)", 1, 0));
    prepare_item("wsgi.errors", Py_NewRef(PySys_GetObject("stderr")));
    prepare_item("wsgi.multithread", Py_NewRef(Py_False));
    prepare_item("wsgi.multiprocess", Py_NewRef(Py_False));
    prepare_item("wsgi.run_once", Py_NewRef(Py_False));
    prepare_item("wsgi.file_wrapper",
                 Py_NewRef((PyObject *)&FileWrapper_type));
}

static void
prepare_names(void)
{
    prepared.request_method =
        made(PyUnicode_InternFromString("REQUEST_METHOD"));
    prepared.path_info = made(PyUnicode_InternFromString("PATH_INFO"));
    prepared.remote_addr = made(PyUnicode_InternFromString("REMOTE_ADDR"));
    prepared.content_length =
        made(PyUnicode_InternFromString("CONTENT_LENGTH"));
    prepared.wsgi_input = made(PyUnicode_InternFromString("wsgi.input"));
    prepared.get = made(PyUnicode_InternFromString("GET"));
    prepared.post = made(PyUnicode_InternFromString("POST"));
    prepared.close = made(PyUnicode_InternFromString("close"));
}

/* A new reference. */
static PyObject *
make_environ(void)
{
    PyObject *env = made(PyDict_Copy(prepared.environ));
    bool is_post = request.bytes[0] == 'P';

    set_item(env, prepared.request_method,
             Py_NewRef(is_post ? prepared.post : prepared.get));
    set_item(env, prepared.path_info,
             PyUnicode_DecodeLatin1(request.path,
                                    (Py_ssize_t)request.path_size, NULL));
    set_item(env, prepared.remote_addr, PyUnicode_FromString(request.client));
    if (is_post) {
        set_item(env, prepared.content_length,
                 PyUnicode_FromFormat("%zu", request.body_size));
    }
    set_item(env, prepared.wsgi_input, Input_new());
    return env;
}

/* ---- The loop ---- */

static void
answer(void)
{
    PyObject *env = make_environ();
    PyObject *args[] = { env, prepared.start_response };
    PyObject *result =
        made(PyObject_Vectorcall(prepared.application, args, 2, NULL));

    send_result(result);
    Py_DECREF(result);
    Py_DECREF(env);
    Py_CLEAR(started.status);
    Py_CLEAR(started.headers);
}

static void
serve_forever(int listener)
{
    while (true) {
        struct sockaddr_in client;
        socklen_t size = sizeof(client);

        request.fd =
            accept4(listener, (struct sockaddr *)&client, &size, SOCK_CLOEXEC);
        if (request.fd < 0) {
            continue;
        }
        inet_ntop(AF_INET, &client.sin_addr, request.client,
                  sizeof(request.client));
        if (receive_request() && parse_request()) {
            answer();
        }
        shutdown(request.fd, SHUT_WR);
        close(request.fd);
    }
}

/* The socket that listens, or -1. */
static int
listen_on(const char *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, BACKLOG) < 0)
    {
        perror("floor");
        return -1;
    }
    return fd;
}

static void
start_python(void)
{
    PyConfig config;
    PyStatus status;

    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.install_signal_handlers = 0;
    status = PyConfig_SetBytesString(&config, &config.program_name,
                                     CWSGIREF_PYTHON);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
}

/* The application of FOLDER/applications.py; a new reference. */
static PyObject *
find_application(const char *folder)
{
    PyObject *path = made(PyUnicode_DecodeFSDefault(folder));
    PyObject *module, *application;

    if (PyList_Insert(PySys_GetObject("path"), 0, path) < 0) {
        die();
    }
    Py_DECREF(path);
    module = made(PyImport_ImportModule("applications"));
    application = made(PyObject_GetAttrString(module, "application"));
    Py_DECREF(module);
    return application;
}

int
main(int argc, char **argv)
{
    int listener;

    if (argc != 3) {
        fprintf(stderr, "usage: floor PORT FOLDER\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* sendfile knows no MSG_NOSIGNAL */
    start_python();
    if (PyType_Ready(&Input_type) < 0 || PyType_Ready(&FileWrapper_type) < 0) {
        die();
    }
    prepare_names();
    prepare_environ(argv[1]);
    prepared.application = find_application(argv[2]);
    prepared.start_response =
        made(PyCFunction_New(&start_response_method, NULL));
    listener = listen_on(argv[1]);
    if (listener < 0) {
        return 1;
    }
    serve_forever(listener);
    return 0;
}
