/* Lib/wsgiref/simple_server.py: WSGIRequestHandler, in Python's order:
 * get_environ, with a function before it for each variable or group of them;
 * get_stderr; handle; and the table. */
#include "server/wsgi_request_handler.h"

#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/release.h"
#include "server/server_handler.h"
#include "server/variables.h"
#include "server/version.h"
#include "server/wsgi_server.h"
#include "util/urllib_parse.h"

static const WSGIRequestHandlerClass *
class_of(BaseHTTPRequestHandler *self)
{
    return (const WSGIRequestHandlerClass *)self->base.base.cls;
}

/* self.server.server_version, a str: a new reference. As in Python it is the
 * same one for every request; that of the last one is kept: 50 instructions
 * and not 300. */
static PyObject *
server_software(const WSGIRequestHandlerClass *cls)
{
    static PyObject *kept; /* owned; ASCII, or NULL */
    const char *wanted = cls->base.server_version;
    PyObject *made;

    if (kept != NULL && PyUnicode_CompareWithASCIIString(kept, wanted) == 0) {
        return Py_NewRef(kept);
    }
    made = PyUnicode_FromString(wanted);
    if (made != NULL && PyUnicode_IS_ASCII(made)) {
        Py_XSETREF(kept, Py_NewRef(made));
    }
    return made;
}

/* env['PATH_INFO'] and env['QUERY_STRING'], of a request's path. */
static int
set_path_and_query(PyObject *env, PyObject *target)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(target);
    Py_ssize_t mark = find_character(target, '?');
    PyObject *path = NULL;
    int result = -1;

    path = PyUnicode_Substring(target, 0, mark < 0 ? length : mark);
    if (path != NULL && set_item(env, names.PATH_INFO, unquote(path)) == 0) {
        result = set_item(
            env, names.QUERY_STRING,
            PyUnicode_Substring(target, mark < 0 ? length : mark + 1, length));
    }
    Py_XDECREF(path);
    return result;
}

/* env['REMOTE_HOST'], if the client has a name, and env['REMOTE_ADDR']. */
static int
set_remote(BaseHTTPRequestHandler *self, PyObject *env)
{
    PyObject *address = PySequence_GetItem(self->base.base.client_address, 0);
    PyObject *host = NULL;
    int result = -1;
    int differs = 0;

    if (address == NULL) {
        return -1;
    }
    if (release()->remote_host) {
        host = class_of(self)->base.address_string(self);
        if (host == NULL) {
            goto done;
        }
        differs = PyObject_RichCompareBool(host, address, Py_NE);
        if (differs < 0 ||
            (differs && PyDict_SetItem(env, names.REMOTE_HOST, host) < 0))
        {
            goto done;
        }
    }
    result = PyDict_SetItem(env, names.REMOTE_ADDR, address);

done:
    Py_XDECREF(host);
    Py_DECREF(address);
    return result;
}

/* env['CONTENT_TYPE'], and env['CONTENT_LENGTH'] if the client says it. */
static int
set_content(HTTPMessage *headers, PyObject *env)
{
    PyObject *type = HTTPMessage_get(headers, "content-type", Py_None);
    PyObject *length;
    int result = 0;

    if (type == Py_None) { /* get_content_type() has a default */
        Py_SETREF(type, HTTPMessage_get_content_type(headers));
    }
    if (set_item(env, names.CONTENT_TYPE, type) < 0) {
        return -1;
    }
    length = HTTPMessage_get(headers, "content-length", names.empty);
    if (length == NULL) {
        return -1;
    }
    if (PyUnicode_GET_LENGTH(length) > 0) {
        result = PyDict_SetItem(env, names.CONTENT_LENGTH, length);
    }
    Py_DECREF(length);
    return result;
}

/* env[key] = value, after ',' and what is there already. */
static int
append_item(PyObject *env, PyObject *key, PyObject *value)
{
    Py_ssize_t before = PyDict_GET_SIZE(env);
    PyObject *old = PyDict_SetDefault(env, key, value);
    PyObject *joined;

    if (old == NULL) {
        return -1;
    }
    if (PyDict_GET_SIZE(env) > before) { /* there was none */
        return 0;
    }
    joined = PyUnicode_FromFormat("%U,%U", old, value);
    return set_item(env, key, joined);
}

/* The variable of the header at `i`; a name that env has already without the
 * HTTP_ (content length, type, etc.) is skipped. */
static int
set_header(PyObject *env, HTTPMessage *headers, Py_ssize_t i)
{
    Variable variable;
    PyObject *v;
    int result = -1;
    int known;

    if (find_variable(&variable, HTTPMessage_name(headers, i)) < 0) {
        return -1;
    }
    known = PyDict_Contains(env, variable.k);
    if (known != 0) {
        result = known < 0 ? -1 : 0;
        goto done;
    }
    v = HTTPMessage_stripped_value(headers, i);
    if (v != NULL) {
        result = append_item(env, variable.http_k, v);
        Py_DECREF(v);
    }

done:
    Py_DECREF(variable.k);
    Py_DECREF(variable.http_k);
    return result;
}

/* Lib/wsgiref/simple_server.py: WSGIRequestHandler.get_environ */
PyObject *
WSGIRequestHandler_get_environ(BaseHTTPRequestHandler *self)
{
    WSGIServer *server = (WSGIServer *)self->base.base.server;
    PyObject *env = PyDict_Copy(server->base_environ);
    HTTPMessage *headers = self->headers;

    if (FAILED(env == NULL) ||
        FAILED(PyDict_SetItem(env, names.SERVER_PROTOCOL,
                              self->request_version) < 0) ||
        FAILED(set_item(env, names.SERVER_SOFTWARE,
                        server_software(class_of(self))) < 0) ||
        FAILED(PyDict_SetItem(env, names.REQUEST_METHOD, self->command) < 0) ||
        FAILED(set_path_and_query(env, self->path) < 0) ||
        FAILED(set_remote(self, env) < 0))
    {
        goto fail;
    }
    if (headers == NULL) { /* a dict, in releases where this happens */
        RAISE(PyExc_AttributeError,
              "'dict' object has no attribute 'get_content_type'");
        goto fail;
    }
    if (FAILED(set_content(headers, env) < 0)) {
        goto fail;
    }
    for (Py_ssize_t i = 0; i < HTTPMessage_len(headers); i++) {
        if (FAILED(set_header(env, headers, i) < 0)) {
            goto fail;
        }
    }
    return env;

fail:
    Py_XDECREF(env);
    return NULL;
}

/* Lib/wsgiref/simple_server.py: WSGIRequestHandler.get_stderr */
PyObject *
WSGIRequestHandler_get_stderr(BaseHTTPRequestHandler *self)
{
    PyObject *err = sys_stderr();

    (void)self;
    if (FAILED(err == NULL)) {
        return NULL;
    }
    return Py_NewRef(err);
}

/* Lib/wsgiref/simple_server.py: WSGIRequestHandler.handle */
int
WSGIRequestHandler_handle(BaseRequestHandler *self)
{
    BaseHTTPRequestHandler *http = (BaseHTTPRequestHandler *)self;
    WSGIServer *server = (WSGIServer *)self->server;
    BufferedIOBase *rfile = http->base.rfile, *wfile;
    PyObject *err = NULL, *env = NULL, *app = NULL;
    BaseHandler *handler = NULL;
    int result = -1;
    int parsed;

    Py_XSETREF(http->raw_requestline, rfile->cls->readline(rfile, 65537));
    if (FAILED(http->raw_requestline == NULL)) {
        return -1;
    }
    if (PyBytes_GET_SIZE(http->raw_requestline) > 65536) {
        return TRACED(refuse_long_line(http));
    }
    parsed = class_of(http)->base.parse_request(http);
    if (FAILED(parsed < 0)) {
        return -1;
    }
    if (!parsed) { /* refused, and told so */
        return 0;
    }

    /* ServerHandler(self.rfile, self.wfile, self.get_stderr(),
     *               self.get_environ(), multithread=False)
     * A subclass may have replaced the streams by now. */
    rfile = (BufferedIOBase *)Py_NewRef((PyObject *)http->base.rfile);
    wfile = (BufferedIOBase *)Py_NewRef((PyObject *)http->base.wfile);
    err = class_of(http)->get_stderr(http);
    if (FAILED(err == NULL)) {
        goto done;
    }
    env = class_of(http)->get_environ(http);
    if (FAILED(env == NULL)) {
        goto done;
    }
    handler = BaseHandler_new(&ServerHandler_class);
    if (FAILED(handler == NULL) ||
        FAILED(SimpleHandler_init(handler, (PyObject *)rfile, wfile, err, env,
                                  false, false) < 0))
    {
        goto done;
    }
    /* handler.request_handler = self, whose log it writes */
    ((ServerHandler *)handler)->request_handler =
        (BaseHTTPRequestHandler *)Py_NewRef((PyObject *)http);
    app =
        ((const WSGIServerClass *)server->base.base.base.cls)->get_app(server);
    if (FAILED(app == NULL) || FAILED(handler->cls->run(handler, app) < 0)) {
        goto done;
    }
    result = 0;

done:
    Py_DECREF(rfile);
    Py_DECREF(wfile);
    Py_XDECREF(err);
    Py_XDECREF(env);
    Py_XDECREF(app);
    Py_XDECREF(handler);
    return result;
}

PyTypeObject WSGIRequestHandler_type = {
    .tp_name = "cwsgiref.simple_server.WSGIRequestHandler",
    .tp_base = &BaseHTTPRequestHandler_type,
    .tp_basicsize = sizeof(BaseHTTPRequestHandler),
};

static const DoMethod no_do_methods[] = { { NULL, NULL } };

const WSGIRequestHandlerClass WSGIRequestHandler_class = {
    .base = {
        .base = {
            .base = {
                .type = &WSGIRequestHandler_type,

                .init = BaseRequestHandler_init,
                .setup = StreamRequestHandler_setup,
                .handle = WSGIRequestHandler_handle,
                .finish = StreamRequestHandler_finish,
            },
            .rbufsize = -1,
            .wbufsize = 0,
            .timeout = -1,
            .disable_nagle_algorithm = false,
        },
        .server_version = server_version,
        .error_message_format = DEFAULT_ERROR_MESSAGE,
        .error_content_type = "text/html;charset=utf-8",
        .default_request_version = "HTTP/0.9",
        .protocol_version = "HTTP/1.0",
        .MessageClass = &HTTPMessage_class,
        .do_methods = no_do_methods,

        .parse_request = BaseHTTPRequestHandler_parse_request,
        .handle_expect_100 = BaseHTTPRequestHandler_handle_expect_100,
        .handle_one_request = BaseHTTPRequestHandler_handle_one_request,
        .send_error = BaseHTTPRequestHandler_send_error,
        .send_response = BaseHTTPRequestHandler_send_response,
        .send_response_only = BaseHTTPRequestHandler_send_response_only,
        .send_header = BaseHTTPRequestHandler_send_header,
        .end_headers = BaseHTTPRequestHandler_end_headers,
        .flush_headers = BaseHTTPRequestHandler_flush_headers,
        .log_request = BaseHTTPRequestHandler_log_request,
        .log_error = BaseHTTPRequestHandler_log_error,
        .log_message = BaseHTTPRequestHandler_log_message,
        .version_string = BaseHTTPRequestHandler_version_string,
        .date_time_string = BaseHTTPRequestHandler_date_time_string,
        .log_date_time_string = BaseHTTPRequestHandler_log_date_time_string,
        .address_string = BaseHTTPRequestHandler_address_string,
    },
    .get_environ = WSGIRequestHandler_get_environ,
    .get_stderr = WSGIRequestHandler_get_stderr,
};
