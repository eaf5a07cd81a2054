/* Lib/wsgiref/simple_server.py: what `python -m wsgiref.simple_server` runs,
 * with options. */
#include <Python.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "embed/application.h"
#include "embed/interpreter.h"
#include "embed/signals.h"
#include "errors.h"
#include "options.h"
#include "server/server_types.h"
#include "server/simple_server.h"

/* The classes that the options ask for. */
typedef struct Classes {
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

static Classes
subclass(const Options *options)
{
    Classes classes = { WSGIServer_class, WSGIRequestHandler_class };

    if (options->ipv6) {
        classes.server.base.address_family = AF_INET6;
    }
    if (options->timeout > 0) {
        classes.handler.base.base.timeout = options->timeout;
    }
    if (options->quiet) {
        classes.handler.base.log_request = log_nothing;
    }
    return classes;
}

/* The errno of the handled exception; 0 if it has none. */
static int
errno_of(PyObject *raised)
{
    PyObject *number = PyObject_GetAttrString(raised, "errno");
    long value = number == NULL ? 0 : PyLong_AsLong(number);

    Py_XDECREF(number);
    PyErr_Clear();
    return (int)value;
}

/* Raises SystemExit for the exception that make_server has failed with. */
static void
explain_bind_error(const Options *options)
{
    const char *host = options->host[0] == '\0' ? "0.0.0.0" : options->host;
    int port = options->port;
    PyObject *raised;
    Handled handled;

    if (!PyErr_ExceptionMatches(PyExc_OSError)) {
        return;
    }
    handled = except_enter();
    raised = handled.raised;
    PyErr_SetHandledException(NULL); /* from None */
    switch (errno_of(raised)) {
    case EADDRINUSE:
        PyErr_Format(PyExc_SystemExit,
                     "port %d of %s is in use: stop what listens there, or "
                     "choose another with --port (0 picks a free one)",
                     port, host);
        break;
    case EACCES:
    case EPERM:
        PyErr_Format(PyExc_SystemExit,
                     "port %d is not permitted: those below 1024 are for "
                     "root; choose another with --port, such as 8000",
                     port);
        break;
    case EADDRNOTAVAIL:
        PyErr_Format(PyExc_SystemExit,
                     "%s is not an address of this machine: --bind takes one "
                     "that is, such as 127.0.0.1, or 0.0.0.0 for all",
                     host);
        break;
    case EAFNOSUPPORT:
        PyErr_Format(PyExc_SystemExit,
                     "this machine has no %s: choose another address with "
                     "--bind",
                     options->ipv6 ? "IPv6" : "IPv4");
        break;
    default:
        PyErr_Format(PyExc_SystemExit,
                     errno_of(raised) < 0 /* socket.gaierror */
                         ? "host '%s' is not known: %S; --bind takes an "
                           "address or a name of this machine, such as "
                           "127.0.0.1"
                         : "'%s' cannot be listened on: %S; try another "
                           "address, such as 127.0.0.1",
                     host, raised);
    }
    except_leave(handled);
}

/* print(line, flush=True) */
static int
print_line(PyObject *line)
{
    PyObject *out = PySys_GetObject("stdout"); /* borrowed */
    PyObject *flushed = NULL;
    Handled handled;

    if (out == NULL || out == Py_None) { /* closed: print() does nothing */
        return 0;
    }
    if (PyFile_WriteObject(line, out, Py_PRINT_RAW) == 0) {
        flushed = PyObject_CallMethod(out, "flush", NULL);
    }
    if (flushed == NULL && !PyErr_ExceptionMatches(PyExc_OSError)) {
        return -1;
    }
    if (flushed == NULL) {
        handled = except_enter();
        PyErr_SetHandledException(NULL); /* from None */
        PyErr_Format(PyExc_SystemExit, "stdout cannot be written to: %S",
                     handled.raised);
        except_leave(handled);
        return -1;
    }
    Py_DECREF(flushed);
    return 0;
}

static int
announce(BaseServer *server)
{
    PyObject *host = PyTuple_GetItem(server->server_address, 0);
    PyObject *port = PyTuple_GetItem(server->server_address, 1);
    bool ipv6 = server->cls->address_family == AF_INET6;
    PyObject *line;
    int result;

    if (host == NULL || port == NULL) {
        return -1;
    }
    line = PyUnicode_FromFormat(ipv6 ? "Serving HTTP on %S port %S "
                                       "(http://[%S]:%S/) ...\n"
                                     : "Serving HTTP on %S port %S "
                                       "(http://%S:%S/) ...\n",
                                host, port, host, port);
    if (line == NULL) {
        return -1;
    }
    result = print_line(line);
    Py_DECREF(line);
    return result;
}

static int
serve(BaseServer *server, const Options *options)
{
    Handled handled;
    int result = -1;

    if (signals_set(&server->shutdown_request) == 0 && announce(server) == 0) {
        result = options->once ? BaseServer_handle_request(server)
                               : BaseServer_serve_forever(server, 0.5);
    }
    handled = finally_enter();
    if (server->cls->server_close(server) < 0) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}

/* From the application's name to the end of its server: the exit code. */
static int
run(const Options *options, const Classes *classes)
{
    PyObject *application = NULL;
    WSGIServer *server = NULL;
    bool stopped = false;
    Handled handled;

    if (server_types_ready() < 0 || signals_set(&stopped) < 0) {
        goto done;
    }
    application = options->application == NULL
                      ? demo_app_new()
                      : find_application(options->application);
    if (application == NULL || stopped) {
        goto done;
    }
    server = make_server(options->host, options->port, application,
                         &classes->server, &classes->handler);
    if (server == NULL) {
        explain_bind_error(options);
        goto done;
    }
    serve((BaseServer *)server, options);

done:
    handled = finally_enter();
    signals_reset(); /* before what they point to is gone */
    finally_leave(handled);
    Py_XDECREF(server);
    Py_XDECREF(application);
    return interpreter_exit_code();
}

int
main(int argc, char *argv[])
{
    Options options;
    Classes classes;
    int exit_code;

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
        fprintf(stderr, "cwsgiref: --chdir needs a directory, but '%s': %s\n",
                options.directory, strerror(errno));
        return 1;
    }
    if (interpreter_start(argc, argv) < 0) {
        return 1;
    }
    classes = subclass(&options);
    exit_code = run(&options, &classes);
    if (interpreter_stop() < 0) {
        exit_code = 1;
    }
    return exit_code;
}
