/* Lib/wsgiref/handlers.py: SimpleHandler: what BaseHandler leaves to a
 * subclass, over four fields. */
#include "handlers/simple_handler.h"

#include <stddef.h>

#include "python/errors.h"
#include "python/objects.h"
#include "util/file_wrapper.h"

_Static_assert(offsetof(SimpleHandler, base) == 0, "the base must be first");

/* Lib/wsgiref/handlers.py: SimpleHandler.__init__ */
int
SimpleHandler_init(BaseHandler *self, PyObject *stdin_,
                   BufferedIOBase *stdout_, PyObject *stderr_,
                   PyObject *environ_, bool multithread, bool multiprocess)
{
    SimpleHandler *simple = (SimpleHandler *)self;

    Py_XSETREF(simple->stdin, Py_NewRef(stdin_));
    Py_XINCREF(stdout_);
    Py_XSETREF(simple->stdout, stdout_);
    Py_XSETREF(simple->stderr, Py_NewRef(stderr_));
    Py_XSETREF(simple->base_env, Py_NewRef(environ_));
    self->wsgi_multithread = multithread;
    self->wsgi_multiprocess = multiprocess;
    return 0;
}

/* Lib/wsgiref/handlers.py: SimpleHandler.get_stdin */
PyObject *
SimpleHandler_get_stdin(BaseHandler *self)
{
    return hold(((SimpleHandler *)self)->stdin);
}

/* Lib/wsgiref/handlers.py: SimpleHandler.get_stderr */
PyObject *
SimpleHandler_get_stderr(BaseHandler *self)
{
    return hold(((SimpleHandler *)self)->stderr);
}

/* Lib/wsgiref/handlers.py: SimpleHandler.add_cgi_vars */
int
SimpleHandler_add_cgi_vars(BaseHandler *self)
{
    PyObject *env = hold(self->environ);
    PyObject *base_env = hold(((SimpleHandler *)self)->base_env);
    int result = PyDict_Check(env) ? PyDict_Update(env, base_env)
                                   : lacks_attribute(env, "update");

    Py_DECREF(base_env);
    Py_DECREF(env);
    return TRACED(result);
}

/* self.stdout.write(data), where stdout may be None. */
static Py_ssize_t
write_stdout(SimpleHandler *self, PyObject *data)
{
    if (self->stdout == NULL) {
        Py_XDECREF(PyObject_GetAttrString(Py_None, "write")); /* raises */
        return -1;
    }
    return self->stdout->cls->write(self->stdout, data);
}

/* Lib/wsgiref/handlers.py: SimpleHandler._write */
int
SimpleHandler__write(BaseHandler *self, PyObject *data)
{
    SimpleHandler *simple = (SimpleHandler *)self;
    Py_ssize_t written = write_stdout(simple, data);
    Py_ssize_t size;
    int more;
    int result = -1;

    if (FAILED(written < 0)) {
        return -1;
    }
    size = length_of(data);
    if (FAILED(size < 0)) {
        return -1;
    }
    if (written == size) {
        return 0;
    }
    if (FAILED(PyErr_WarnEx(PyExc_DeprecationWarning,
                            "SimpleHandler.stdout.write() should not do "
                            "partial writes",
                            1) < 0))
    {
        return -1;
    }
    Py_INCREF(data);
    for (;;) {
        /* data = data[result:] */
        Py_SETREF(data, PySequence_GetSlice(data, written, PY_SSIZE_T_MAX));
        if (FAILED(data == NULL)) {
            goto done;
        }
        more = PyObject_IsTrue(data);
        if (FAILED(more < 0)) {
            goto done;
        }
        if (!more) {
            break;
        }
        written = write_stdout(simple, data);
        if (FAILED(written < 0)) {
            goto done;
        }
    }
    result = 0;

done:
    Py_XDECREF(data);
    return result;
}

/* self.stdout.flush(), which takes the place of _flush on the instance: so
 * _flush itself runs once, and is in no later traceback. */
static int
flush_stdout(BaseHandler *self)
{
    BufferedIOBase *out = ((SimpleHandler *)self)->stdout;

    if (out == NULL) {
        Py_XDECREF(PyObject_GetAttrString(Py_None, "flush")); /* raises */
        return -1;
    }
    return out->cls->flush(out);
}

/* Lib/wsgiref/handlers.py: SimpleHandler._flush */
int
SimpleHandler__flush(BaseHandler *self)
{
    if (FAILED(flush_stdout(self) < 0)) {
        return -1;
    }
    self->_flush = flush_stdout;
    return 0;
}

int
SimpleHandler_traverse(PyObject *op, visitproc visit, void *arg)
{
    SimpleHandler *self = (SimpleHandler *)op;

    Py_VISIT(self->stdin);
    Py_VISIT(self->stdout);
    Py_VISIT(self->stderr);
    Py_VISIT(self->base_env);
    return BaseHandler_traverse(op, visit, arg);
}

int
SimpleHandler_clear(PyObject *op)
{
    SimpleHandler *self = (SimpleHandler *)op;

    Py_CLEAR(self->stdin);
    Py_CLEAR(self->stdout);
    Py_CLEAR(self->stderr);
    Py_CLEAR(self->base_env);
    return BaseHandler_clear(op);
}

PyTypeObject SimpleHandler_type = {
    .tp_name = "cwsgiref.handlers.SimpleHandler",
    .tp_base = &BaseHandler_type,
    .tp_basicsize = sizeof(SimpleHandler),
    .tp_traverse = SimpleHandler_traverse,
    .tp_clear = SimpleHandler_clear,
};

/* class SimpleHandler(BaseHandler): */
const BaseHandlerClass SimpleHandler_class = {
    .type = &SimpleHandler_type,

    .wsgi_version = { 1, 0 },
    .wsgi_multithread = true,
    .wsgi_multiprocess = true,
    .wsgi_run_once = false,
    .origin_server = true,
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
