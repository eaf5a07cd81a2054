/* The program: what `python -m wsgiref.simple_server` runs, with options. The
 * classes of the server for these options, the server from its start to its
 * end, and main(). */
#include <Python.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program/application.h"
#include "program/interpreter.h"
#include "program/package.h"
#include "program/signals.h"
#include "program/socket_file.h"
#include "program/tls.h"
#include "program/strict.h"
#include "python/errors.h"
#include "python/objects.h"
#include "handlers/cgi_handler.h"
#include "program/messages.h"
#include "program/options.h"
#include "python/release.h"
#include "server/forking_mix_in.h"
#include "types.h"
#include "server/simple_server.h"
#include "server/threading_mix_in.h"
#include "server/unix_stream_server.h"
#include "validate/validate.h"
#include "python/waits.h"

/* The classes for these options. They outlive the server. */
typedef struct Classes {
    WSGIServerClass over; /* the server's, without its mix-in */
    WSGIServerClass server;
    WSGIRequestHandlerClass handler;
} Classes;

static int
log_nothing(BaseHTTPRequestHandler *self, PyObject *code, PyObject *size)
{
    (void)self;
    (void)code;
    (void)size;
    return 0;
}

/* Runs in the process of a request. A signal of end_children() ends it as it
 * ends the program: an answer that has begun is sent. */
static int
finish_request_in_child(BaseServer *self, PyObject *request,
                        PyObject *client_address)
{
    if (signals_set(&self->shutdown_request) < 0) {
        return -1;
    }
    return self->cls->mixed_over->finish_request(self, request,
                                                 client_address);
}

/* The one request of --once needs no mix-in: nobody waits behind it. */
static void
subclass(Classes *classes, const Options *options)
{
    classes->over =
        options->unix_socket ? UnixWSGIServer_class : WSGIServer_class;
    if (options->ipv6) {
        classes->over.base.address_family = AF_INET6;
    }
    if (options->backlog > 0) {
        classes->over.base.request_queue_size = options->backlog;
    }
    if (options->tls_cert != NULL) {
        tls_lay_into(&classes->over, options->timeout);
    }
    classes->server = classes->over;
    classes->handler = WSGIRequestHandler_class;
    if (options->threads && !options->once) {
        ThreadingMixIn_lay_over(&classes->server.base, &classes->over.base);
        classes->server.base.daemon_threads = true;
    }
    if (options->fork && !options->once) {
        ForkingMixIn_lay_over(&classes->server.base, &classes->over.base);
        classes->server.base.finish_request = finish_request_in_child;
    }
    classes->server.base.block_on_close = false; /* nobody waits at the end */
    if (options->timeout > 0) {
        classes->handler.base.base.timeout = options->timeout;
    }
    if (options->strict) {
        classes->handler.base.parse_request = parse_request_strictly;
    }
    if (options->quiet) {
        classes->handler.base.log_request = log_nothing;
    }
}

/* Ends the server: its processes, its socket, and the file of the socket. */
static int
end(BaseServer *server, const Options *options, const SocketFile *file)
{
    Handled handled;
    int result = 0;

    if (options->fork && !options->once && end_children(server) < 0) {
        result = -1;
    }
    if (options->threads && !options->once) {
        wait_for_daemons(100);
    }
    handled = finally_enter();
    if (server->cls->server_close(server) < 0) {
        result = -1;
    }
    finally_leave(handled);
    return socket_file_remove(file) < 0 ? -1 : result;
}

/* What each process of --fork would import anew for its log. */
static int
import_for_children(const Options *options)
{
    if (!options->fork || options->quiet || !release()->log_colour) {
        return 0;
    }
    return discard(PyImport_ImportModule("_colorize"));
}

/* A KeyboardInterrupt that a signal raises within a __del__ is lost. So look
 * for signals before the wait for requests: those before signals_set() below
 * have set *stopped, the later ones shutdown_request. */
static int
serve(BaseServer *server, const Options *options, const bool *stopped)
{
    SocketFile file = { .path = "" };
    Handled handled;
    int result;

    if (options->unix_socket) {
        socket_file_remember(&file, options->host);
    }
    result = import_for_children(options);
    if (result == 0) {
        result = signals_set(&server->shutdown_request);
    }
    if (result == 0 && !*stopped) {
        result = announce(server, options->tls_cert != NULL);
    }
    if (result == 0 && !*stopped && !server->shutdown_request) {
        result = options->once ? BaseServer_handle_request(server)
                               : BaseServer_serve_forever(server, 0.5);
    }
    handled = finally_enter();
    interrupt_next_wait(false); /* it ends already */
    if (end(server, options, &file) < 0) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}

/* Answers the one request of a CGI program. */
static int
run_cgi(PyObject *application)
{
    BaseHandler *handler = BaseHandler_new(&CGIHandler_class);
    int result = -1;

    if (handler != NULL && CGIHandler_init(handler) == 0) {
        result = handler->cls->run(handler, application);
    }
    Py_XDECREF(handler);
    return result;
}

/* The address in the options, as Python has it: a new reference. */
static PyObject *
server_address(const Options *options)
{
    if (!options->unix_socket) {
        return Py_BuildValue("(siiI)", options->host, options->port, 0,
                             options->scope_id);
    }
    if (options->host[0] == '@') { /* a name: NUL comes first */
        return PyBytes_FromFormat("%c%s", 0, options->host + 1);
    }
    socket_file_take_over(options->host);
    return PyUnicode_DecodeFSDefault(options->host);
}

/* A server that listens, for these options. make_server() knows a host and a
 * port, but no Unix socket and no zone. */
static WSGIServer *
open_server(const Options *options, const Classes *classes,
            PyObject *application)
{
    PyObject *address;
    BaseServer *server;

    if (!options->unix_socket && options->scope_id == 0) {
        return make_server(options->host, options->port, application,
                           &classes->server, &classes->handler);
    }
    address = server_address(options);
    if (address == NULL) {
        return NULL;
    }
    server = BaseServer_new(&classes->server.base, address,
                            &classes->handler.base.base.base);
    Py_DECREF(address);
    if (server != NULL) {
        classes->server.set_app((WSGIServer *)server, application);
    }
    return (WSGIServer *)server;
}

/* The application of the options: a new reference. */
static PyObject *
open_application(const Options *options)
{
    PyObject *application = options->application == NULL
                                ? demo_app_new()
                                : find_application(options->application);

    if (application != NULL && are_threads_patched()) {
        PySys_WriteStderr(
            "cwsgiref: the application has replaced threads by greenlets, as "
            "gevent's monkey.patch_all() does: the greenlets of a request run "
            "only while it runs, and all others stand still\n");
    }
    if (application != NULL && options->validate) {
        Py_SETREF(application, validator(application));
    }
    return application;
}

/* From the application's name to the end of its server: the exit code. */
static int
run(const Options *options, Classes *classes)
{
    PyObject *application = NULL;
    WSGIServer *server = NULL;
    bool stopped = false;
    Handled handled;

    if (types_ready() < 0 || package_show() < 0 || signals_set(&stopped) < 0) {
        goto done;
    }
    subclass(classes, options);
    if (options->strict) {
        release_harden();
    }
    if (options->tls_cert != NULL && tls_start(options) < 0) {
        goto done;
    }
    application = open_application(options);
    if (application == NULL || stopped) {
        goto done;
    }
    if (options->cgi) {
        signals_reset(); /* a web server ends its CGI programs by SIGTERM */
        run_cgi(application);
        goto done;
    }
    server = open_server(options, classes, application);
    if (server == NULL) {
        explain_bind_error(options);
        goto done;
    }
    serve((BaseServer *)server, options, &stopped);

done:
    handled = finally_enter();
    signals_reset(); /* before what they point to is gone */
    finally_leave(handled);
    Py_XDECREF(server);
    Py_XDECREF(application);
    tls_end();
    return interpreter_exit_code();
}

/* Starts Python with the sys.argv for the application. */
static int
start_python(const Options *options)
{
    char name[PATH_MAX] = "cwsgiref";
    char **argv = options->arguments - 1; /* over what was parsed */

    if (options->application != NULL) {
        application_argument(options->application, name, sizeof(name));
    }
    argv[0] = name;
    if (package_build_in() < 0) {
        fprintf(stderr, "cwsgiref: there is no memory\n");
        return -1;
    }
    return interpreter_start(options->argument_count + 1, argv);
}

int
main(int argc, char *argv[])
{
    Options options;
    Classes classes;

    if (options_parse(&options, argc, argv) < 0) {
        fprintf(stderr, "cwsgiref: %s\n", options.error);
        return 2;
    }
    if (options.help) {
        return options_print_help(stdout);
    }
    if (options.version) {
        return options_print_version(stdout);
    }
    if (options.directory != NULL && chdir(options.directory) < 0) {
        fprintf(stderr, "cwsgiref: --chdir cannot change to '%s': %s\n",
                options.directory, strerror(errno));
        return 1;
    }
    if (options.unix_socket &&
        socket_file_resolve(options.host, sizeof(options.host)) < 0)
    {
        fprintf(stderr,
                "cwsgiref: the absolute path of '%s' is too long for a Unix "
                "socket\n",
                options.host);
        return 2;
    }
    signals_hold(); /* until run() can handle them */
    if (start_python(&options) < 0) {
        return 1;
    }
    return interpreter_stop(run(&options, &classes));
}
