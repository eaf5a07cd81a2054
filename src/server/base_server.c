/* Lib/socketserver.py: BaseServer, in Python's order: the loop of
 * serve_forever, handle_request, and then what they call for one request, from
 * get_request to handle_error. The type and the table are at the end. */
#include "server/base_server.h"

#include <limits.h>
#include <poll.h>

#include "io/wait.h"
#include "python/errors.h"
#include "python/objects.h"
#include "server/base_request_handler.h"
#include "python/waits.h"

/* Lib/socketserver.py: BaseServer.__init__ */
int
BaseServer_init(BaseServer *self, PyObject *server_address,
                const BaseRequestHandlerClass *RequestHandlerClass,
                bool bind_and_activate)
{
    (void)bind_and_activate;
    self->server_address = Py_NewRef(server_address);
    self->RequestHandlerClass = RequestHandlerClass;
    Event_clear(&self->is_shut_down);
    self->shutdown_request = false;
    return 0;
}

/* Lib/socketserver.py: BaseServer.server_activate */
int
BaseServer_server_activate(BaseServer *self)
{
    (void)self;
    return 0;
}

/* Waits until `fd` is readable: 1; `timeout` seconds have passed (-1: there
 * is no limit): 0; or a signal handler raises: -1.
 * Lib/selectors.py: PollSelector.select, for one file */
static int
select_readable(int fd, double timeout)
{
    if (timeout * 1e3 > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "timeout is too large");
        return -1;
    }
    return wait_for(fd, POLLIN, timeout < 0 ? -1 : monotonic() + timeout);
}

/* Lib/socketserver.py: BaseServer.serve_forever */
int
BaseServer_serve_forever(BaseServer *self, double poll_interval)
{
    Handled handled;
    int result = -1;
    int fd;

    Event_clear(&self->is_shut_down);
    /* try: */
    fd = self->cls->fileno(self); /* selector.register(self, EVENT_READ) */
    if (FAILED(fd < 0)) {
        goto finally;
    }
    while (!self->shutdown_request) {
        int ready = select_readable(fd, poll_interval);

        if (FAILED(ready < 0)) {
            goto finally;
        }
        /* bpo-35017: shutdown() while we waited */
        if (self->shutdown_request) {
            break;
        }
        if (ready && FAILED(self->cls->_handle_request_noblock(self) < 0)) {
            goto finally;
        }
        if (FAILED(self->cls->service_actions(self) < 0)) {
            goto finally;
        }
    }
    result = 0;

finally:
    handled = finally_enter();
    self->shutdown_request = false;
    Event_set(&self->is_shut_down);
    finally_leave(handled);
    return result;
}

/* Lib/socketserver.py: BaseServer.shutdown */
int
BaseServer_shutdown(BaseServer *self)
{
    self->shutdown_request = true;
    return TRACED(Event_wait(&self->is_shut_down));
}

/* Lib/socketserver.py: BaseServer.service_actions */
int
BaseServer_service_actions(BaseServer *self)
{
    (void)self;
    return 0;
}

/* self.socket.gettimeout(). As in Python, BaseServer relies on a subclass for
 * the socket. Seconds; -1 is None, and -2 an error. */
static double
socket_timeout(BaseServer *self)
{
    if (self->socket == NULL) {
        lacks_attribute(self, "socket");
        return -2;
    }
    return self->socket->cls->gettimeout(self->socket);
}

/* Lib/socketserver.py: BaseServer.handle_request */
int
BaseServer_handle_request(BaseServer *self)
{
    double timeout = socket_timeout(self);
    double own = self->cls->timeout;
    int fd, ready;

    if (FAILED(timeout < -1)) {
        return -1;
    }
    if (timeout < 0 || (own >= 0 && own < timeout)) {
        timeout = own;
    }
    fd = self->cls->fileno(self); /* selector.register(self, EVENT_READ) */
    if (FAILED(fd < 0)) {
        return -1;
    }
    /* Python's loop for early wake-ups is in select_readable. */
    ready = select_readable(fd, timeout);
    if (FAILED(ready < 0)) {
        return -1;
    }
    if (ready) {
        return TRACED(self->cls->_handle_request_noblock(self));
    }
    return TRACED(self->cls->handle_timeout(self));
}

/* Lib/socketserver.py: BaseServer._handle_request_noblock */
int
BaseServer__handle_request_noblock(BaseServer *self)
{
    PyObject *request = NULL, *client_address = NULL;
    int result = -1;
    int verified;

    if (FAILED(self->cls->get_request(self, &request, &client_address) < 0)) {
        if (!PyErr_ExceptionMatches(PyExc_OSError)) {
            return -1;
        }
        PyErr_Clear(); /* except OSError: return */
        return 0;
    }
    verified = self->cls->verify_request(self, request, client_address);
    if (FAILED(verified < 0)) {
        goto done;
    }
    if (!verified) {
        if (FAILED(self->cls->shutdown_request(self, request) < 0)) {
            goto done;
        }
    }
    /* try: */
    else if (FAILED(self->cls->process_request(self, request, client_address) <
                    0)) {
        Handled handled = except_enter();

        if (PyErr_GivenExceptionMatches(handled.raised, PyExc_Exception)) {
            /* except Exception: */
            if (!FAILED(self->cls->handle_error(self, request,
                                                client_address) < 0) &&
                !FAILED(self->cls->shutdown_request(self, request) < 0))
            {
                result = 0;
            }
        }
        /* except: self.shutdown_request(request); raise */
        else if (!FAILED(self->cls->shutdown_request(self, request) < 0)) {
            RERAISE();
        }
        except_leave(handled);
        goto done;
    }
    result = 0;

done:
    Py_DECREF(request);
    Py_DECREF(client_address);
    return result;
}

/* Lib/socketserver.py: BaseServer.handle_timeout */
int
BaseServer_handle_timeout(BaseServer *self)
{
    (void)self;
    return 0;
}

/* Lib/socketserver.py: BaseServer.verify_request */
int
BaseServer_verify_request(BaseServer *self, PyObject *request,
                          PyObject *client_address)
{
    (void)self;
    (void)request;
    (void)client_address;
    return 1;
}

/* Lib/socketserver.py: BaseServer.process_request */
int
BaseServer_process_request(BaseServer *self, PyObject *request,
                           PyObject *client_address)
{
    if (FAILED(self->cls->finish_request(self, request, client_address) < 0)) {
        return -1;
    }
    return TRACED(self->cls->shutdown_request(self, request));
}

/* Lib/socketserver.py: BaseServer.server_close */
int
BaseServer_server_close(BaseServer *self)
{
    (void)self;
    return 0;
}

/* Lib/socketserver.py: BaseServer.finish_request */
int
BaseServer_finish_request(BaseServer *self, PyObject *request,
                          PyObject *client_address)
{
    /* self.RequestHandlerClass(request, client_address, self) */
    BaseRequestHandler *handler = BaseRequestHandler_new(
        self->RequestHandlerClass, request, client_address, self);

    if (FAILED(handler == NULL)) {
        return -1;
    }
    Py_DECREF(handler);
    return 0;
}

/* Lib/socketserver.py: BaseServer.shutdown_request */
int
BaseServer_shutdown_request(BaseServer *self, PyObject *request)
{
    return TRACED(self->cls->close_request(self, request));
}

/* Lib/socketserver.py: BaseServer.close_request */
int
BaseServer_close_request(BaseServer *self, PyObject *request)
{
    (void)self;
    (void)request;
    return 0;
}

/* print(*words, file=sys.stderr), of a tuple, which it takes. */
static int
print_to_stderr(PyObject *words)
{
    PyObject *file = sys_stderr(); /* borrowed */
    PyObject *kwargs =
        file == NULL ? NULL : Py_BuildValue("{sO}", "file", file);

    return discard(call_with_keywords("builtins", "print", words, kwargs));
}

/* Lib/socketserver.py: BaseServer.handle_error */
int
BaseServer_handle_error(BaseServer *self, PyObject *request,
                        PyObject *client_address)
{
    static const char dashes[] = "----------------------------------------";
    static const char text[] =
        "Exception occurred during processing of request from";

    (void)self;
    (void)request;
    if (FAILED(print_to_stderr(Py_BuildValue("(s)", dashes)) < 0)) {
        return -1;
    }
    if (FAILED(print_to_stderr(Py_BuildValue("(sO)", text, client_address)) <
               0)) {
        return -1;
    }
    if (FAILED(discard(call_function("traceback", "print_exc", "()")) < 0)) {
        return -1;
    }
    return TRACED(print_to_stderr(Py_BuildValue("(s)", dashes)));
}

int
BaseServer_traverse(PyObject *op, visitproc visit, void *arg)
{
    BaseServer *self = (BaseServer *)op;

    Py_VISIT(self->server_address);
    Py_VISIT(self->socket);
    Py_VISIT(self->_threads);
    Py_VISIT(self->active_children);
    return 0;
}

int
BaseServer_clear(PyObject *op)
{
    BaseServer *self = (BaseServer *)op;

    Py_CLEAR(self->server_address);
    Py_CLEAR(self->socket);
    Py_CLEAR(self->_threads);
    Py_CLEAR(self->active_children);
    return 0;
}

/* What a BaseServer by itself has not got. */
static int
lacks_server_bind(BaseServer *self)
{
    return lacks_attribute(self, "server_bind");
}

static int
lacks_fileno(BaseServer *self)
{
    return lacks_attribute(self, "fileno");
}

static int
lacks_get_request(BaseServer *self, PyObject **request,
                  PyObject **client_address)
{
    (void)request;
    (void)client_address;
    return lacks_attribute(self, "get_request");
}

PyTypeObject BaseServer_type = {
    .tp_name = "cwsgiref.socketserver.BaseServer",
    .tp_basicsize = sizeof(BaseServer),
    .tp_traverse = BaseServer_traverse,
    .tp_clear = BaseServer_clear,
};

const BaseServerClass BaseServer_class = {
    .type = &BaseServer_type,
    .timeout = -1,
    .request_queue_size = 0,

    .init = BaseServer_init,
    .server_bind = lacks_server_bind,
    .server_activate = BaseServer_server_activate,
    .fileno = lacks_fileno,
    .service_actions = BaseServer_service_actions,
    ._handle_request_noblock = BaseServer__handle_request_noblock,
    .get_request = lacks_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = BaseServer_process_request,
    .server_close = BaseServer_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = BaseServer_shutdown_request,
    .close_request = BaseServer_close_request,
    .handle_error = BaseServer_handle_error,
};

BaseServer *
BaseServer_new(const BaseServerClass *cls, PyObject *server_address,
               const BaseRequestHandlerClass *RequestHandlerClass)
{
    BaseServer *self = (BaseServer *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls; /* before init, which calls self.server_bind() */
    if (cls->init(self, server_address, RequestHandlerClass, true) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}
