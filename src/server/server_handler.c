/* Lib/wsgiref/simple_server.py: ServerHandler: close, which writes the log, and
 * what Python does not have: headers that leave with the first block, and
 * sendfile(2) for a file. find_file and find_socket say which can. */
#include "server/server_handler.h"

#include <stddef.h>
#include <sys/stat.h>

#include "io/buffered_writer.h"
#include "io/socket_io.h"
#include "io/socket_writer.h"
#include "python/errors.h"
#include "python/latin1.h"
#include "python/names.h"
#include "python/objects.h"
#include "server/base_http_request_handler.h"
#include "server/version.h"
#include "util/file_wrapper.h"

_Static_assert(offsetof(ServerHandler, base) == 0, "the base must be first");

/* status.split(' ',1)[0], a new reference. Of a str it is a piece, and needs
 * no list: 100 instructions and not 2,000. */
static PyObject *
first_word(PyObject *status)
{
    PyObject *words, *word = NULL;
    Py_ssize_t length, space;

    if (PyUnicode_CheckExact(status)) {
        length = PyUnicode_GET_LENGTH(status);
        space = find_character(status, ' ');
        return PyUnicode_Substring(status, 0, space < 0 ? length : space);
    }
    words = PyObject_CallMethod(status, "split", "Oi", names.space, 1);
    if (words != NULL) {
        word = PySequence_GetItem(words, 0);
        Py_DECREF(words);
    }
    return word;
}

/* self.request_handler.log_request(self.status.split(' ',1)[0],
 *                                  self.bytes_sent) */
static int
log_request(ServerHandler *self)
{
    BaseHTTPRequestHandler *handler = self->request_handler;
    const BaseHTTPRequestHandlerClass *cls;
    BaseHandler *base = &self->base.base;
    PyObject *status, *code, *size = NULL;
    int result = -1;

    if (handler == NULL) {
        return lacks_attribute(self, "request_handler");
    }
    cls = (const BaseHTTPRequestHandlerClass *)handler->base.base.cls;
    status = hold(base->status);
    code = first_word(status);
    Py_DECREF(status);
    if (code != NULL) {
        size = PyLong_FromSsize_t(base->bytes_sent);
    }
    if (size != NULL) {
        result = cls->log_request(handler, code, size);
    }
    Py_XDECREF(code);
    Py_XDECREF(size);
    return result;
}

/* Lib/wsgiref/simple_server.py: ServerHandler.close */
int
ServerHandler_close(BaseHandler *self)
{
    Handled handled;
    int result = 0;

    /* try: */
    if (FAILED(log_request((ServerHandler *)self) < 0)) {
        result = -1;
    }
    /* finally: SimpleHandler.close(self) */
    handled = finally_enter();
    if (FAILED(BaseHandler_close(self) < 0)) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}

/* ----- The headers leave with the first block ----- */

/* stdout, borrowed, if it is one that can hold back; else NULL. */
static SocketWriter *
find_writer(BaseHandler *self)
{
    BufferedIOBase *out = ((ServerHandler *)self)->base.stdout;

    return out != NULL && PyObject_TypeCheck(out, &SocketWriter_type)
               ? (SocketWriter *)out
               : NULL;
}

int
ServerHandler_send_headers(BaseHandler *self)
{
    SocketWriter *writer = find_writer(self);
    int result;

    if (writer == NULL) {
        return BaseHandler_send_headers(self);
    }
    SocketWriter_hold(writer);
    result = BaseHandler_send_headers(self);
    SocketWriter_release(writer);
    return result;
}

int
ServerHandler_finish_content(BaseHandler *self)
{
    SocketWriter *writer = find_writer(self);

    if (BaseHandler_finish_content(self) < 0) {
        return -1;
    }
    if (writer == NULL || writer->held == NULL) {
        return 0;
    }
    return TRACED(SocketWriter_flush(&writer->base));
}

/* ----- A file leaves by sendfile(2) ----- */

/* type(object) is io.<name>: 1, 0, or -1 on error, also for NULL. Takes the
 * object. */
static int
is_io_type(PyObject *object, const char *name)
{
    PyObject *type = object == NULL ? NULL : import_from("io", name);
    int result = type == NULL ? -1 : (PyObject *)Py_TYPE(object) == type;

    Py_XDECREF(type);
    Py_XDECREF(object);
    return result;
}

/* Whether `file` is one of Python's own binary files, so that its read()
 * gives what the system holds under its descriptor: 1, 0, or -1 on error. */
static int
is_binary_file(PyObject *file)
{
    int is_buffered = is_io_type(Py_NewRef(file), "BufferedReader");

    if (is_buffered == 0) {
        is_buffered = is_io_type(Py_NewRef(file), "BufferedRandom");
    }
    if (is_buffered < 0) {
        return -1;
    }
    return is_io_type(is_buffered ? PyObject_GetAttrString(file, "raw")
                                  : Py_NewRef(file),
                      "FileIO");
}

/* Where a file stands, its descriptor (borrowed), and whether there is more in
 * it: 1; 0 if it is not a file for sendfile(2); -1 on error. */
static int
find_rest(PyObject *file, int *fd, off_t *offset)
{
    PyObject *position;
    struct stat status;
    int result = is_binary_file(file);

    if (result <= 0) {
        return result;
    }
    *fd = PyObject_AsFileDescriptor(file);
    if (*fd < 0) {
        return -1;
    }
    /* as read() does */
    if (discard(PyObject_CallMethod(file, "flush", NULL)) < 0) {
        return -1;
    }
    position = PyObject_CallMethod(file, "tell", NULL);
    if (position == NULL) {
        return -1;
    }
    *offset = (off_t)PyLong_AsLongLong(position);
    Py_DECREF(position);
    if (PyErr_Occurred()) {
        return -1;
    }
    return fstat(*fd, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_size > *offset;
}

/* Whether a number of bytes, which may be NULL, is an int above 0. */
static bool
is_positive(PyObject *blksize)
{
    return blksize != NULL && PyLong_CheckExact(blksize) &&
           PyLong_AsSsize_t(blksize) > 0;
}

/* The file in the result, a new reference, with its descriptor and the place
 * in it where the iteration would begin. NULL, without an exception, where only
 * the iteration will do: it also says which attribute is missing in a wrapper
 * that __new__ alone has made, or that the application has deleted from. */
static PyObject *
find_file(ServerHandler *self, int *fd, off_t *offset)
{
    BaseHandler *base = &self->base.base;
    PyObject *file = NULL, *blksize = NULL;
    bool found = false;

    if (Py_IS_TYPE(base->result, &FileWrapper_type) && base->status != Py_None)
    {
        file = PyObject_GetAttr(base->result, names.filelike);
        if (file != NULL) {
            blksize = PyObject_GetAttr(base->result, names.blksize);
        }
        found = is_positive(blksize) && find_rest(file, fd, offset) > 0;
    }
    if (!found) {
        PyErr_Clear(); /* whatever is the matter, read() will say so */
        Py_CLEAR(file);
    }
    Py_XDECREF(blksize);
    return file;
}

/* The socket under stdout, borrowed; NULL if there is something between. */
static Socket *
find_socket(ServerHandler *self)
{
    BufferedIOBase *out = self->base.stdout;
    RawIOBase *raw;

    if (out != NULL && out->cls == &SocketWriter_class) {
        return ((SocketWriter *)out)->_sock;
    }
    if (out == NULL || out->cls != &BufferedWriter_class) {
        return NULL;
    }
    raw = ((BufferedWriter *)out)->raw;
    return raw != NULL && raw->cls == &SocketIO_class
               ? ((SocketIO *)raw)->_sock
               : NULL;
}

/* filelike.seek(offset) */
static int
seek(PyObject *filelike, off_t offset)
{
    return discard(
        PyObject_CallMethod(filelike, "seek", "L", (long long)offset));
}

int
ServerHandler_sendfile(BaseHandler *self)
{
    ServerHandler *handler = (ServerHandler *)self;
    BufferedIOBase *out = handler->base.stdout;
    Socket *sock = find_socket(handler);
    PyObject *file;
    off_t offset = 0;
    Py_ssize_t sent;
    int fd = -1;
    int result = -1;

    /* Who has hung up gets block after block, see SocketWriter_hold; and so
     * does a socket of another class, which may be one of TLS. */
    if (sock == NULL || sock->cls != &Socket_class || Socket_hung_up(sock)) {
        return 0;
    }
    file = find_file(handler, &fd, &offset);
    if (file == NULL) {
        return 0;
    }
    /* What fails here fails in Python's write(). */
    if (!self->headers_sent &&
        FAILED_IN(BaseHandler_write, self->cls->send_headers(self) < 0))
    {
        goto done;
    }
    if (FAILED(out->cls->flush(out) < 0)) {
        goto done;
    }
    sent = Socket_sendfile(sock, fd, offset);
    if (FAILED(sent < 0)) {
        goto done;
    }
    self->bytes_sent += sent;
    if (sent > 0 && FAILED(seek(file, offset + sent) < 0)) {
        goto done;
    }
    result = sent > 0;

done:
    Py_DECREF(file);
    return result;
}

/* ----- The class ----- */

int
ServerHandler_traverse(PyObject *op, visitproc visit, void *arg)
{
    ServerHandler *self = (ServerHandler *)op;

    Py_VISIT(self->request_handler);
    return SimpleHandler_traverse(op, visit, arg);
}

int
ServerHandler_clear(PyObject *op)
{
    ServerHandler *self = (ServerHandler *)op;

    Py_CLEAR(self->request_handler);
    return SimpleHandler_clear(op);
}

PyTypeObject ServerHandler_type = {
    .tp_name = "cwsgiref.simple_server.ServerHandler",
    .tp_base = &SimpleHandler_type,
    .tp_basicsize = sizeof(ServerHandler),
    .tp_traverse = ServerHandler_traverse,
    .tp_clear = ServerHandler_clear,
};

const BaseHandlerClass ServerHandler_class = {
    .type = &ServerHandler_type,

    .wsgi_version = { 1, 0 },
    .wsgi_multithread = true,
    .wsgi_multiprocess = true,
    .wsgi_run_once = false,
    .origin_server = true,
    .http_version = "1.0",
    .server_software = software_version,
    .os_environ = &BaseHandler_os_environ,
    .wsgi_file_wrapper = &FileWrapper_type,
    .headers_class = &Headers_class,
    .traceback_limit = -1,
    .error_status = "500 Internal Server Error",
    .error_headers = BaseHandler_error_headers,
    .error_body =
        "A server error occurred.  Please contact the administrator.",

    .run = BaseHandler_run,
    .setup_environ = BaseHandler_setup_environ,
    .finish_response = BaseHandler_finish_response,
    .get_scheme = BaseHandler_get_scheme,
    .set_content_length = BaseHandler_set_content_length,
    .cleanup_headers = BaseHandler_cleanup_headers,
    .start_response = BaseHandler_start_response,
    .send_preamble = BaseHandler_send_preamble,
    .write = BaseHandler_write,
    .sendfile = ServerHandler_sendfile,
    .finish_content = ServerHandler_finish_content,
    .close = ServerHandler_close,
    .send_headers = ServerHandler_send_headers,
    .result_is_file = BaseHandler_result_is_file,
    .client_is_modern = BaseHandler_client_is_modern,
    .log_exception = BaseHandler_log_exception,
    .handle_error = BaseHandler_handle_error,
    .error_output = BaseHandler_error_output,
    ._write = SimpleHandler__write,
    ._flush = SimpleHandler__flush,
    .get_stdin = SimpleHandler_get_stdin,
    .get_stderr = SimpleHandler_get_stderr,
    .add_cgi_vars = SimpleHandler_add_cgi_vars,
};
