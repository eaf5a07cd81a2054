/* In this file: the SSLContext, made of the files that the options name; and
 * the methods of a server of TLS. */
#include "program/tls.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/any_socket.h"
#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"

static PyObject *context; /* an ssl.SSLContext, or NULL */
static double handshake_timeout;
static WSGIServerClass
    plain; /* the class that TLS is laid into, before that */

/* ----- The context ----- */

/* 0, or -1 with SystemExit. A path that is NULL is none. */
static int
check_readable(const char *option, const char *path)
{
    if (path == NULL || access(path, R_OK) == 0) {
        return 0;
    }
    PyErr_Format(PyExc_SystemExit, "%s cannot read '%s': %s", option, path,
                 strerror(errno));
    return -1;
}

/* What is in the file, without white space around it: a new bytes object. */
static PyObject *
read_password(const char *path)
{
    PyObject *file = call_function("io", "open", "ss", path, "rb");
    PyObject *data = NULL, *password = NULL;

    if (file != NULL) {
        data = PyObject_CallMethod(file, "read", NULL);
        if (close_if_any(file) < 0) {
            Py_CLEAR(data);
        }
        Py_DECREF(file);
    }
    if (data != NULL) {
        password = PyObject_CallMethod(data, "strip", NULL);
        Py_DECREF(data);
    }
    return password;
}

/* Lib/http/server.py: HTTPSServer._create_context */
static PyObject *
create_context(void)
{
    PyObject *client =
        attribute_of(import_from("ssl", "Purpose"), "CLIENT_AUTH");
    PyObject *made = NULL;

    if (client != NULL) {
        made = call_function("ssl", "create_default_context", "(O)", client);
        Py_DECREF(client);
    }
    if (made != NULL && discard(PyObject_CallMethod(made, "set_alpn_protocols",
                                                    "([s])", "http/1.1")) < 0)
    {
        Py_CLEAR(made);
    }
    return made;
}

/* context.load_cert_chain(certfile, keyfile, password) */
static int
load(const Options *options)
{
    PyObject *password = options->tls_password_file == NULL
                             ? Py_NewRef(Py_None)
                             : read_password(options->tls_password_file);
    int result;

    if (password == NULL) {
        return -1;
    }
    result = discard(PyObject_CallMethod(context, "load_cert_chain", "zzO",
                                         options->tls_cert, options->tls_key,
                                         password));
    Py_DECREF(password);
    return result;
}

/* Replaces an error of OpenSSL's, such as a key that is another one's. */
static void
explain(const Options *options)
{
    Handled handled = except_enter();

    PyErr_SetHandledException(NULL); /* from None */
    PyErr_Format(PyExc_SystemExit,
                 "the certificate %s and the key %s cannot be used: %S",
                 options->tls_cert,
                 options->tls_key == NULL ? "in it" : options->tls_key,
                 handled.raised);
    except_leave(handled);
}

int
tls_start(const Options *options)
{
    if (check_readable("--tls-cert", options->tls_cert) < 0 ||
        check_readable("--tls-key", options->tls_key) < 0 ||
        check_readable("--tls-password-file", options->tls_password_file) < 0)
    {
        return -1;
    }
    context = create_context();
    if (context != NULL && load(options) == 0) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_OSError) ||
        PyErr_ExceptionMatches(PyExc_ValueError) ||
        PyErr_ExceptionMatches(PyExc_ImportError))
    {
        explain(options);
    }
    tls_end();
    return -1;
}

void
tls_end(void)
{
    Py_CLEAR(context);
}

/* ----- The methods ----- */

/* context.wrap_socket(connection, server_side=True, ...), as a Socket; the
 * handshake comes later. Takes the connection. */
static Socket *
wrap(Socket *connection)
{
    PyObject *view = Socket_for_python(connection);
    PyObject *wrapped = NULL;
    Socket *result = NULL;

    if (view != NULL) {
        wrapped = PyObject_CallMethod(context, "wrap_socket", "OOO", view,
                                      Py_True, Py_False);
        Py_DECREF(view);
    }
    Py_DECREF(connection); /* it has no descriptor any more */
    if (wrapped != NULL) {
        result = AnySocket_new(wrapped);
        Py_DECREF(wrapped);
    }
    return result;
}

static int
get_request(BaseServer *self, PyObject **request, PyObject **client_address)
{
    if (plain.base.get_request(self, request, client_address) < 0) {
        return -1;
    }
    *request = (PyObject *)wrap((Socket *)*request);
    if (*request == NULL) {
        Py_CLEAR(*client_address);
        return -1;
    }
    return 0;
}

/* The handshake: here, where with --threads and --fork nobody waits for it. */
static int
shake_hands(PyObject *connection)
{
    if (handshake_timeout > 0 &&
        discard(PyObject_CallMethod(connection, "settimeout", "d",
                                    handshake_timeout)) < 0)
    {
        return -1;
    }
    return discard(PyObject_CallMethod(connection, "do_handshake", NULL));
}

/* A line in the log: who speaks no TLS is not worth a traceback. */
static int
say_why(PyObject *client_address)
{
    Handled handled = except_enter();
    PyObject *line;
    int result;

    line = PyUnicode_FromFormat("cwsgiref: no TLS with %S: %S\n",
                                client_address, handled.raised);
    except_leave(handled);
    result = line == NULL ? -1 : write_to_stderr(line);
    Py_XDECREF(line);
    return result;
}

static int
finish_request(BaseServer *self, PyObject *request, PyObject *client_address)
{
    if (shake_hands(((AnySocket *)request)->object) < 0) {
        return PyErr_ExceptionMatches(PyExc_OSError) ? say_why(client_address)
                                                     : -1;
    }
    return plain.base.finish_request(self, request, client_address);
}

/* wsgiref finds by HTTPS that the scheme is https. */
static int
setup_environ(WSGIServer *self)
{
    if (plain.setup_environ(self) < 0) {
        return -1;
    }
    return set_item(self->base_environ, names.HTTPS,
                    PyUnicode_FromString("on"));
}

void
tls_lay_into(WSGIServerClass *cls, double seconds)
{
    handshake_timeout = seconds;
    plain = *cls;
    cls->base.get_request = get_request;
    cls->base.finish_request = finish_request;
    cls->setup_environ = setup_environ;
}
