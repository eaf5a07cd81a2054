/* Subclasses of the server's classes, for the comparison: a class table is
 * copied, and some of its slots are set. variants.py has the same subclasses
 * in Python, and test_variants.py asks both the same.
 *
 *     variants [NAME=VALUE | --OPTION] ... MODULE:CALLABLE
 *
 * NAME is a class attribute of WSGIRequestHandler (wbufsize=0) or of
 * ServerHandler (http_version=1.1), VALUE a number, None, or a text. The
 * options replace methods and objects:
 *
 *     --persistent     the connection outlives a request, as HTTP/1.1 has it
 *     --own-environ    os_environ is a dict of its own
 *     --no-wrapper     there is no wsgi.file_wrapper
 *     --iterate        sendfile() leaves a file to the iteration
 *     --iis            no server: the one request of an IISCGIHandler
 */
#include <Python.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/application.h"
#include "program/interpreter.h"
#include "program/signals.h"
#include "python/errors.h"
#include "handlers/cgi_handler.h"
#include "program/messages.h"
#include "server/server_handler.h"
#include "types.h"
#include "server/simple_server.h"

/* class Handler(WSGIRequestHandler): pass
 * class OwnServerHandler(ServerHandler): pass
 * Copies of their bases' tables; main() sets the slots. */
static WSGIRequestHandlerClass Handler_class;
static BaseHandlerClass OwnServerHandler_class;

static PyObject *own_environ; /* owned; a dict, or NULL */

/* What the command line asks for besides the slots. */
typedef struct Variant {
    bool own_server_handler; /* some slot of OwnServerHandler is set */
    bool iis;
    const char *application;
} Variant;

/* self.headers[name] = value */
static int
set_header(Headers *headers, const char *name, const char *value)
{
    PyObject *name_ = PyUnicode_FromString(name);
    PyObject *value_ = PyUnicode_FromString(value);
    int result = -1;

    if (name_ != NULL && value_ != NULL) {
        result = headers->cls->setitem(headers, name_, value_);
    }
    Py_XDECREF(name_);
    Py_XDECREF(value_);
    return result;
}

/* def cleanup_headers(self): An answer whose length the client cannot know
 * ends with the connection. */
static int
OwnServerHandler_cleanup_headers(BaseHandler *self)
{
    PyObject *name = PyUnicode_FromString("Content-Length");
    int has_length;

    if (FAILED(name == NULL)) {
        return -1;
    }
    if (FAILED(BaseHandler_cleanup_headers(self) < 0)) { /* super() */
        Py_DECREF(name);
        return -1;
    }
    has_length = self->headers->cls->contains(self->headers, name);
    Py_DECREF(name);
    if (FAILED(has_length < 0)) {
        return -1;
    }
    if (!has_length) {
        ((ServerHandler *)self)->request_handler->close_connection = true;
    }
    if (((ServerHandler *)self)->request_handler->close_connection &&
        FAILED(set_header(self->headers, "Connection", "close") < 0))
    {
        return -1;
    }
    return 0;
}

/* handler = OwnServerHandler(self.rfile, self.wfile, self.get_stderr(),
 *                            self.get_environ(), multithread=False)
 * handler.request_handler = self */
static BaseHandler *
new_server_handler(BaseHTTPRequestHandler *self)
{
    StreamRequestHandler *stream = &self->base;
    const WSGIRequestHandlerClass *cls =
        (const WSGIRequestHandlerClass *)stream->base.cls;
    PyObject *err = cls->get_stderr(self);
    PyObject *env = err == NULL ? NULL : cls->get_environ(self);
    BaseHandler *handler =
        env == NULL ? NULL : BaseHandler_new(&OwnServerHandler_class);

    if (handler != NULL) {
        SimpleHandler_init(handler, (PyObject *)stream->rfile, stream->wfile,
                           err, env, false, false);
        ((ServerHandler *)handler)->request_handler =
            (BaseHTTPRequestHandler *)Py_NewRef((PyObject *)self);
    }
    Py_XDECREF(env);
    Py_XDECREF(err);
    return handler;
}

/* def handle_one_request(self): WSGIRequestHandler.handle with another class
 * of ServerHandler. Handler.handle is BaseHTTPRequestHandler's, which calls
 * this once more as long as close_connection is false. */
static int
Handler_handle_one_request(BaseHTTPRequestHandler *self)
{
    BufferedIOBase *rfile = self->base.rfile;
    const WSGIRequestHandlerClass *cls =
        (const WSGIRequestHandlerClass *)self->base.base.cls;
    WSGIServer *server = (WSGIServer *)self->base.base.server;
    BaseHandler *handler;
    PyObject *app;
    int result = -1;
    int parsed;

    Py_XSETREF(self->raw_requestline, rfile->cls->readline(rfile, 65537));
    if (FAILED(self->raw_requestline == NULL)) {
        return -1;
    }
    if (PyBytes_GET_SIZE(self->raw_requestline) > 65536) {
        return FAILED(refuse_long_line(self) < 0) ? -1 : 0;
    }
    parsed = cls->base.parse_request(self);
    if (FAILED(parsed < 0)) {
        return -1;
    }
    if (!parsed) {
        return 0;
    }
    handler = new_server_handler(self);
    if (FAILED(handler == NULL)) {
        return -1;
    }
    app = WSGIServer_get_app(server);
    if (!FAILED(app == NULL) && !FAILED(handler->cls->run(handler, app) < 0)) {
        result = 0;
    }
    Py_XDECREF(app);
    Py_DECREF(handler);
    return result;
}

/* The class attributes that NAME=VALUE sets. */
static const struct {
    const char *name;
    enum { NUMBER, FLAG, TEXT } type; /* int, bool, const char * */
    void *slot;
    bool of_server_handler;
} attributes[] = {
    { "rbufsize", NUMBER, &Handler_class.base.base.rbufsize, false },
    { "wbufsize", NUMBER, &Handler_class.base.base.wbufsize, false },
    { "disable_nagle_algorithm", FLAG,
      &Handler_class.base.base.disable_nagle_algorithm, false },
    { "protocol_version", TEXT, &Handler_class.base.protocol_version, false },
    { "default_request_version", TEXT,
      &Handler_class.base.default_request_version, false },
    { "server_version", TEXT, &Handler_class.base.server_version, false },
    { "error_message_format", TEXT, &Handler_class.base.error_message_format,
      false },
    { "error_content_type", TEXT, &Handler_class.base.error_content_type,
      false },
    { "wsgi_run_once", FLAG, &OwnServerHandler_class.wsgi_run_once, true },
    { "origin_server", FLAG, &OwnServerHandler_class.origin_server, true },
    { "http_version", TEXT, &OwnServerHandler_class.http_version, true },
    { "server_software", TEXT, &OwnServerHandler_class.server_software, true },
    { "traceback_limit", NUMBER, &OwnServerHandler_class.traceback_limit,
      true },
    { "error_status", TEXT, &OwnServerHandler_class.error_status, true },
    { "error_body", TEXT, &OwnServerHandler_class.error_body, true },
};

/* cls.name = value; false if there is no such attribute. */
static bool
set_attribute(Variant *variant, const char *name, const char *value)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(attributes); i++) {
        void *slot = attributes[i].slot;

        if (strcmp(attributes[i].name, name) != 0) {
            continue;
        }
        switch (attributes[i].type) {
        case NUMBER:
            *(int *)slot = atoi(value);
            break;
        case FLAG:
            *(bool *)slot = atoi(value) != 0;
            break;
        case TEXT:
            *(const char **)slot = strcmp(value, "None") == 0 ? NULL : value;
            break;
        }
        if (attributes[i].of_server_handler) {
            variant->own_server_handler = true;
        }
        return true;
    }
    return false;
}

/* What an option replaces; false if there is no such option. */
static bool
set_option(Variant *variant, const char *option)
{
    if (strcmp(option, "--iis") == 0) {
        variant->iis = true;
        return true;
    }
    variant->own_server_handler = true;
    if (strcmp(option, "--persistent") == 0) {
        OwnServerHandler_class.cleanup_headers =
            OwnServerHandler_cleanup_headers;
    }
    else if (strcmp(option, "--own-environ") == 0) {
        OwnServerHandler_class.os_environ = &own_environ;
    }
    else if (strcmp(option, "--no-wrapper") == 0) {
        OwnServerHandler_class.wsgi_file_wrapper = NULL;
    }
    else if (strcmp(option, "--iterate") == 0) {
        OwnServerHandler_class.sendfile = BaseHandler_sendfile;
    }
    else {
        return false;
    }
    return true;
}

/* The command line, into the tables and *variant: false, with a word on
 * stderr, if it is none. */
static bool
parse(Variant *variant, int argc, char *argv[])
{
    for (int i = 1; i < argc - 1; i++) {
        char *value = strchr(argv[i], '=');
        bool known;

        if (value == NULL) {
            known = set_option(variant, argv[i]);
        }
        else {
            *value++ = '\0';
            known = set_attribute(variant, argv[i], value);
        }
        if (!known) {
            fprintf(stderr, "variants: unknown: %s\n", argv[i]);
            return false;
        }
    }
    if (argc < 2) {
        fprintf(stderr, "variants: the application is missing\n");
        return false;
    }
    variant->application = argv[argc - 1];
    if (variant->own_server_handler) {
        Handler_class.base.base.base.handle = BaseHTTPRequestHandler_handle;
        Handler_class.base.handle_one_request = Handler_handle_one_request;
    }
    return true;
}

/* Serves until SIGINT or SIGTERM raises KeyboardInterrupt. */
static void
serve(PyObject *application)
{
    BaseServer *server = (BaseServer *)make_server(
        "127.0.0.1", 0, application, &WSGIServer_class, &Handler_class);

    if (server == NULL) {
        return;
    }
    if (signals_set(&server->shutdown_request) == 0 &&
        announce(server, false) == 0)
    {
        Handled handled;

        BaseServer_serve_forever(server, 0.5);
        handled = finally_enter();
        signals_reset(); /* before the server is gone that they point to */
        server->cls->server_close(server);
        finally_leave(handled);
    }
    Py_DECREF(server);
}

/* IISCGIHandler().run(application) */
static void
run_iis(PyObject *application)
{
    BaseHandler *handler = BaseHandler_new(&IISCGIHandler_class);

    if (handler != NULL && IISCGIHandler_init(handler) == 0) {
        handler->cls->run(handler, application);
    }
    Py_XDECREF(handler);
}

int
main(int argc, char *argv[])
{
    Variant variant = { 0 };
    PyObject *application = NULL;
    int exit_code;

    Handler_class = WSGIRequestHandler_class;
    OwnServerHandler_class = ServerHandler_class;
    if (!parse(&variant, argc, argv)) {
        return 2;
    }
    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    own_environ = Py_BuildValue("{ss}", "HTTPS", "on");
    if (own_environ != NULL && types_ready() == 0) {
        application = find_application(variant.application);
    }
    if (application != NULL && variant.iis) {
        run_iis(application);
    }
    else if (application != NULL) {
        serve(application);
    }
    exit_code = interpreter_exit_code(); /* prints any other exception */
    Py_XDECREF(application);
    Py_XDECREF(own_environ);
    return interpreter_stop(exit_code);
}
