/* Lib/socketserver.py: BaseRequestHandler. */
#ifndef CWSGIREF_SERVER_BASE_REQUEST_HANDLER_H
#define CWSGIREF_SERVER_BASE_REQUEST_HANDLER_H

#include <Python.h>

typedef struct BaseServer BaseServer; /* which makes one for each request */
typedef struct BaseRequestHandler BaseRequestHandler;
typedef struct BaseRequestHandlerClass BaseRequestHandlerClass;

struct BaseRequestHandlerClass {
    PyTypeObject *type;

    int (*init)(BaseRequestHandler *self, PyObject *request,
                PyObject *client_address, BaseServer *server);
    int (*setup)(BaseRequestHandler *self);
    int (*handle)(BaseRequestHandler *self);
    int (*finish)(BaseRequestHandler *self);
};

struct BaseRequestHandler {
    PyObject_HEAD
    const BaseRequestHandlerClass *cls;
    PyObject *request;        /* owned; a Socket, for a TCPServer */
    PyObject *client_address; /* owned; a tuple */
    BaseServer *server;       /* owned */
};

extern PyTypeObject BaseRequestHandler_type;
extern const BaseRequestHandlerClass BaseRequestHandler_class;

/* cls(request, client_address, server): the constructor handles the whole
 * request. A new reference, or NULL with what that raised. */
BaseRequestHandler *BaseRequestHandler_new(const BaseRequestHandlerClass *cls,
                                           PyObject *request,
                                           PyObject *client_address,
                                           BaseServer *server);

int BaseRequestHandler_init(BaseRequestHandler *self, PyObject *request,
                            PyObject *client_address, BaseServer *server);
int BaseRequestHandler_setup(BaseRequestHandler *self);
int BaseRequestHandler_handle(BaseRequestHandler *self);
int BaseRequestHandler_finish(BaseRequestHandler *self);

int BaseRequestHandler_traverse(PyObject *op, visitproc visit, void *arg);
int BaseRequestHandler_clear(PyObject *op);

#endif
