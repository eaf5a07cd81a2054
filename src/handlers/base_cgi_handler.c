#include "handlers/base_cgi_handler.h"

#include "util/file_wrapper.h"

PyTypeObject BaseCGIHandler_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.handlers.BaseCGIHandler",
    .tp_base = &SimpleHandler_type,
    .tp_basicsize = sizeof(SimpleHandler),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

/* class BaseCGIHandler(SimpleHandler): */
const BaseHandlerClass BaseCGIHandler_class = {
    .type = &BaseCGIHandler_type,

    .wsgi_version = { 1, 0 },
    .wsgi_multithread = true,
    .wsgi_multiprocess = true,
    .wsgi_run_once = false,
    .origin_server = false,
    .http_version = "1.0",
    .server_software = NULL,
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
    .close = BaseHandler_close,
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
