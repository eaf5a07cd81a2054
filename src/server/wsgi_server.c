#include "server/wsgi_server.h"

#include <stddef.h>
#include <sys/socket.h>

#include "python/errors.h"
#include "python/objects.h"

_Static_assert(offsetof(WSGIServer, base) == 0, "the base must be first");

/* Lib/wsgiref/simple_server.py: WSGIServer.server_bind */
int
WSGIServer_server_bind(BaseServer *self)
{
    const WSGIServerClass *cls = (const WSGIServerClass *)self->cls;

    if (FAILED(HTTPServer_server_bind(self) < 0)) {
        return -1;
    }
    return TRACED(cls->setup_environ((WSGIServer *)self));
}

/* Lib/wsgiref/simple_server.py: WSGIServer.setup_environ */
int
WSGIServer_setup_environ(WSGIServer *self)
{
    PyObject *port = PyObject_Str(self->base.server_port);
    PyObject *env = NULL;

    if (FAILED(port == NULL)) {
        return -1;
    }
    env = Py_BuildValue("{s:O,s:s,s:O,s:s,s:s,s:s}", "SERVER_NAME",
                        self->base.server_name, "GATEWAY_INTERFACE", "CGI/1.1",
                        "SERVER_PORT", port, "REMOTE_HOST", "",
                        "CONTENT_LENGTH", "", "SCRIPT_NAME", "");
    Py_DECREF(port);
    if (FAILED(env == NULL)) {
        return -1;
    }
    Py_XSETREF(self->base_environ, env);
    /* Every request copies it, and puts ten more into the copy. */
    return make_room(env);
}

/* Lib/wsgiref/simple_server.py: WSGIServer.get_app */
PyObject *
WSGIServer_get_app(WSGIServer *self)
{
    /* The class attribute is None until set_app. */
    return Py_NewRef(self->application == NULL ? Py_None : self->application);
}

/* Lib/wsgiref/simple_server.py: WSGIServer.set_app */
int
WSGIServer_set_app(WSGIServer *self, PyObject *application)
{
    Py_XSETREF(self->application, Py_NewRef(application));
    return 0;
}

int
WSGIServer_traverse(PyObject *op, visitproc visit, void *arg)
{
    WSGIServer *wsgi = (WSGIServer *)op;

    Py_VISIT(wsgi->application);
    Py_VISIT(wsgi->base_environ);
    return HTTPServer_traverse(op, visit, arg);
}

int
WSGIServer_clear(PyObject *op)
{
    WSGIServer *wsgi = (WSGIServer *)op;

    Py_CLEAR(wsgi->application);
    Py_CLEAR(wsgi->base_environ);
    return HTTPServer_clear(op);
}

PyTypeObject WSGIServer_type = {
    .tp_name = "cwsgiref.simple_server.WSGIServer",
    .tp_base = &HTTPServer_type,
    .tp_basicsize = sizeof(WSGIServer),
    .tp_traverse = WSGIServer_traverse,
    .tp_clear = WSGIServer_clear,
};

const WSGIServerClass WSGIServer_class = {
    .base = {
        .type = &WSGIServer_type,
        .timeout = -1,
        .address_family = AF_INET,
        .socket_type = SOCK_STREAM,
        .request_queue_size = REQUEST_QUEUE_SIZE,
        .allow_reuse_address = true,
        .allow_reuse_port = false,

        .init = TCPServer_init,
        .server_bind = WSGIServer_server_bind,
        .server_activate = TCPServer_server_activate,
        .fileno = TCPServer_fileno,
        .service_actions = BaseServer_service_actions,
        ._handle_request_noblock = BaseServer__handle_request_noblock,
        .get_request = TCPServer_get_request,
        .handle_timeout = BaseServer_handle_timeout,
        .verify_request = BaseServer_verify_request,
        .process_request = BaseServer_process_request,
        .server_close = TCPServer_server_close,
        .finish_request = BaseServer_finish_request,
        .shutdown_request = TCPServer_shutdown_request,
        .close_request = TCPServer_close_request,
        .handle_error = BaseServer_handle_error,
    },
    .setup_environ = WSGIServer_setup_environ,
    .get_app = WSGIServer_get_app,
    .set_app = WSGIServer_set_app,
};
