#include "server/server_handler.h"

#include <stddef.h>

#include "errors.h"
#include "handlers/handlers.h"
#include "server/base_http_request_handler.h"
#include "server/simple_server.h"
#include "util/file_wrapper.h"

_Static_assert(offsetof(ServerHandler, base) == 0, "the base must be first");

/* self.request_handler.log_request(self.status.split(' ',1)[0],
 *                                  self.bytes_sent) */
static int
log_request(ServerHandler *self)
{
    BaseHTTPRequestHandler *handler = self->request_handler;
    BaseHandler *base = &self->base.base;
    PyObject *words = NULL, *code = NULL, *size = NULL;
    int result = -1;

    if (handler == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "'%s' object has no attribute 'request_handler'",
                     Py_TYPE(self)->tp_name);
        return -1;
    }
    words = PyObject_CallMethod(base->status, "split", "si", " ", 1);
    if (words == NULL) {
        return -1;
    }
    code = PySequence_GetItem(words, 0);
    size = PyLong_FromSsize_t(base->bytes_sent);
    if (code != NULL && size != NULL) {
        const BaseHTTPRequestHandlerClass *cls =
            (const BaseHTTPRequestHandlerClass *)handler->base.base.cls;

        result = cls->log_request(handler, code, size);
    }
    Py_DECREF(words);
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

void
ServerHandler_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    ServerHandler_clear(op);
    SimpleHandler_dealloc(op);
}

PyTypeObject ServerHandler_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.simple_server.ServerHandler",
    .tp_base = &SimpleHandler_type,
    .tp_basicsize = sizeof(ServerHandler),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = ServerHandler_traverse,
    .tp_clear = ServerHandler_clear,
    .tp_dealloc = ServerHandler_dealloc,
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
    .sendfile = BaseHandler_sendfile,
    .finish_content = BaseHandler_finish_content,
    .close = ServerHandler_close,
    .send_headers = BaseHandler_send_headers,
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
