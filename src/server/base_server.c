#include "server/base_server.h"

#include <errno.h>
#include <math.h>
#include <poll.h>

#include "errors.h"
#include "server/base_request_handler.h"
#include "server/tcp_server.h"

/* threading.Event by a lock: the event is set while the lock is free. */

static void
event_clear(PyThread_type_lock event)
{
    PyThread_acquire_lock(event, NOWAIT_LOCK);
}

static void
event_set(PyThread_type_lock event)
{
    PyThread_acquire_lock(event, NOWAIT_LOCK);
    PyThread_release_lock(event);
}

static int
event_wait(PyThread_type_lock event)
{
    PyLockStatus status;

    do {
        Py_BEGIN_ALLOW_THREADS status =
            PyThread_acquire_lock_timed(event, -1, 1);
        Py_END_ALLOW_THREADS if (status == PY_LOCK_INTR &&
                                 PyErr_CheckSignals() < 0)
        {
            return -1;
        }
    } while (status != PY_LOCK_ACQUIRED);
    PyThread_release_lock(event);
    return 0;
}

/* Lib/socketserver.py: BaseServer.__init__ */
int
BaseServer_init(BaseServer *self, PyObject *server_address,
                const BaseRequestHandlerClass *RequestHandlerClass,
                bool bind_and_activate)
{
    (void)bind_and_activate;
    self->server_address = Py_NewRef(server_address);
    self->RequestHandlerClass = RequestHandlerClass;
    self->is_shut_down = PyThread_allocate_lock();
    if (self->is_shut_down == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    event_clear(self->is_shut_down);
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
    struct pollfd poller = { .fd = fd, .events = POLLIN };
    double deadline = 0;
    struct timespec now;

    if (timeout >= 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        deadline = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec + timeout;
    }
    for (;;) {
        int milliseconds = timeout < 0 ? -1 : (int)ceil(timeout * 1e3);
        int ready;

        Py_BEGIN_ALLOW_THREADS ready = poll(&poller, 1, milliseconds);
        Py_END_ALLOW_THREADS if (ready >= 0)
        {
            return ready;
        }
        if (errno != EINTR) {
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        if (PyErr_CheckSignals() < 0) {
            return -1;
        }
        if (timeout >= 0) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            timeout =
                deadline - (double)now.tv_sec - 1e-9 * (double)now.tv_nsec;
            timeout = timeout < 0 ? 0 : timeout;
        }
    }
}

/* Lib/socketserver.py: BaseServer.serve_forever */
int
BaseServer_serve_forever(BaseServer *self, double poll_interval)
{
    Handled handled;
    int result = -1;
    int fd;

    event_clear(self->is_shut_down);
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
        /* bpo-35017: shutdown() called during select(), exit immediately. */
        if (self->shutdown_request) {
            break;
        }
        if (ready && FAILED(BaseServer__handle_request_noblock(self) < 0)) {
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
    event_set(self->is_shut_down);
    finally_leave(handled);
    return result;
}

/* Lib/socketserver.py: BaseServer.shutdown */
int
BaseServer_shutdown(BaseServer *self)
{
    self->shutdown_request = true;
    return event_wait(self->is_shut_down);
}

/* Lib/socketserver.py: BaseServer.service_actions */
int
BaseServer_service_actions(BaseServer *self)
{
    (void)self;
    return 0;
}

/* self.socket.gettimeout(): BaseServer takes it in Python, too, that there is
 * a socket. Seconds; -1 is None, and -2 an error. */
static double
socket_timeout(BaseServer *self)
{
    if (!PyObject_TypeCheck((PyObject *)self, &TCPServer_type)) {
        PyErr_Format(PyExc_AttributeError,
                     "'%s' object has no attribute 'socket'",
                     Py_TYPE(self)->tp_name);
        return -2;
    }
    return ((TCPServer *)self)->socket->timeout;
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
        return FAILED(BaseServer__handle_request_noblock(self) < 0) ? -1 : 0;
    }
    return FAILED(self->cls->handle_timeout(self) < 0) ? -1 : 0;
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
                    0))
    {
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
        else if (!FAILED(self->cls->shutdown_request(self, request) < 0))
        {
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
    return FAILED(self->cls->shutdown_request(self, request) < 0) ? -1 : 0;
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
    return FAILED(self->cls->close_request(self, request) < 0) ? -1 : 0;
}

/* Lib/socketserver.py: BaseServer.close_request */
int
BaseServer_close_request(BaseServer *self, PyObject *request)
{
    (void)self;
    (void)request;
    return 0;
}

/* traceback.print_exc() */
static int
print_exc(void)
{
    PyObject *traceback = PyImport_ImportModule("traceback");
    PyObject *none = NULL;

    if (traceback != NULL) {
        none = PyObject_CallMethod(traceback, "print_exc", NULL);
    }
    Py_XDECREF(none);
    Py_XDECREF(traceback);
    return none == NULL ? -1 : 0;
}

/* Lib/socketserver.py: BaseServer.handle_error */
int
BaseServer_handle_error(BaseServer *self, PyObject *request,
                        PyObject *client_address)
{
    static const char dashes[] = "----------------------------------------\n";
    PyObject *err = PySys_GetObject("stderr");

    (void)self;
    (void)request;
    if (err == NULL) {
        RAISE(PyExc_RuntimeError, "lost sys.stderr");
        return -1;
    }
    Py_INCREF(err);
    if (FAILED(PyFile_WriteString(dashes, err) < 0 ||
               PyFile_WriteString("Exception occurred during processing of "
                                  "request from ",
                                  err) < 0 ||
               PyFile_WriteObject(client_address, err, Py_PRINT_RAW) < 0 ||
               PyFile_WriteString("\n", err) < 0 || print_exc() < 0 ||
               PyFile_WriteString(dashes, err) < 0))
    {
        Py_DECREF(err);
        return -1;
    }
    Py_DECREF(err);
    return 0;
}

int
BaseServer_traverse(PyObject *op, visitproc visit, void *arg)
{
    BaseServer *self = (BaseServer *)op;

    Py_VISIT(self->server_address);
    return 0;
}

int
BaseServer_clear(PyObject *op)
{
    BaseServer *self = (BaseServer *)op;

    Py_CLEAR(self->server_address);
    return 0;
}

void
BaseServer_dealloc(PyObject *op)
{
    BaseServer *self = (BaseServer *)op;

    PyObject_GC_UnTrack(op);
    BaseServer_clear(op);
    if (self->is_shut_down != NULL) {
        event_set(self->is_shut_down); /* a lock must be free to be freed */
        PyThread_free_lock(self->is_shut_down);
    }
    Py_TYPE(op)->tp_free(op);
}

/* What a BaseServer by itself has not got. */
static int
lacks(BaseServer *self, const char *attribute)
{
    PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%s'",
                 Py_TYPE(self)->tp_name, attribute);
    return -1;
}

static int
lacks_server_bind(BaseServer *self)
{
    return lacks(self, "server_bind");
}

static int
lacks_fileno(BaseServer *self)
{
    return lacks(self, "fileno");
}

static int
lacks_get_request(BaseServer *self, PyObject **request,
                  PyObject **client_address)
{
    (void)request;
    (void)client_address;
    return lacks(self, "get_request");
}

PyTypeObject BaseServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.BaseServer",
    .tp_basicsize = sizeof(BaseServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = BaseServer_traverse,
    .tp_clear = BaseServer_clear,
    .tp_dealloc = BaseServer_dealloc,
};

const BaseServerClass BaseServer_class = {
    .type = &BaseServer_type,
    .mixed_over = NULL,
    .timeout = -1,
    .request_queue_size = 0,

    .init = BaseServer_init,
    .server_bind = lacks_server_bind,
    .server_activate = BaseServer_server_activate,
    .fileno = lacks_fileno,
    .service_actions = BaseServer_service_actions,
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
