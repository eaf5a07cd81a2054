#include "server/base_request_handler.h"

#include "python/errors.h"
#include "python/objects.h"

/* Lib/socketserver.py: BaseRequestHandler.__init__ */
int
BaseRequestHandler_init(BaseRequestHandler *self, PyObject *request,
                        PyObject *client_address, BaseServer *server)
{
    Handled handled;
    int result = 0;

    self->request = Py_NewRef(request);
    self->client_address = Py_NewRef(client_address);
    self->server = (BaseServer *)Py_NewRef((PyObject *)server);
    if (FAILED(self->cls->setup(self) < 0)) {
        return -1;
    }
    /* try: */
    if (FAILED(self->cls->handle(self) < 0)) {
        result = -1;
    }
    /* finally: */
    handled = finally_enter();
    if (FAILED(self->cls->finish(self) < 0)) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}

/* Lib/socketserver.py: BaseRequestHandler.setup */
int
BaseRequestHandler_setup(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

/* Lib/socketserver.py: BaseRequestHandler.handle */
int
BaseRequestHandler_handle(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

/* Lib/socketserver.py: BaseRequestHandler.finish */
int
BaseRequestHandler_finish(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

int
BaseRequestHandler_traverse(PyObject *op, visitproc visit, void *arg)
{
    BaseRequestHandler *self = (BaseRequestHandler *)op;

    Py_VISIT(self->request);
    Py_VISIT(self->client_address);
    Py_VISIT(self->server);
    return 0;
}

int
BaseRequestHandler_clear(PyObject *op)
{
    BaseRequestHandler *self = (BaseRequestHandler *)op;

    Py_CLEAR(self->request);
    Py_CLEAR(self->client_address);
    Py_CLEAR(self->server);
    return 0;
}

PyTypeObject BaseRequestHandler_type = {
    .tp_name = "cwsgiref.socketserver.BaseRequestHandler",
    .tp_basicsize = sizeof(BaseRequestHandler),
    .tp_traverse = BaseRequestHandler_traverse,
    .tp_clear = BaseRequestHandler_clear,
};

const BaseRequestHandlerClass BaseRequestHandler_class = {
    .type = &BaseRequestHandler_type,

    .init = BaseRequestHandler_init,
    .setup = BaseRequestHandler_setup,
    .handle = BaseRequestHandler_handle,
    .finish = BaseRequestHandler_finish,
};

BaseRequestHandler *
BaseRequestHandler_new(const BaseRequestHandlerClass *cls, PyObject *request,
                       PyObject *client_address, BaseServer *server)
{
    BaseRequestHandler *self =
        (BaseRequestHandler *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls;
    if (cls->init(self, request, client_address, server) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}
