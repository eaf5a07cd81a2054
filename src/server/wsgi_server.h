/* Lib/wsgiref/simple_server.py: WSGIServer. */
#ifndef CWSGIREF_SERVER_WSGI_SERVER_H
#define CWSGIREF_SERVER_WSGI_SERVER_H

#include "server/http_server.h"

typedef struct WSGIServer WSGIServer;

typedef struct WSGIServerClass {
    BaseServerClass base;

    int (*setup_environ)(WSGIServer *self);
    PyObject *(*get_app)(WSGIServer *self);
    int (*set_app)(WSGIServer *self, PyObject *application);
} WSGIServerClass;

struct WSGIServer {
    HTTPServer base;        /* must stay first */
    PyObject *application;  /* owned; what it serves, or None */
    PyObject *base_environ; /* owned; a dict: the same in every request */
};

extern PyTypeObject WSGIServer_type;
extern const WSGIServerClass WSGIServer_class;

int WSGIServer_server_bind(BaseServer *self);
int WSGIServer_setup_environ(WSGIServer *self);
PyObject *WSGIServer_get_app(WSGIServer *self); /* a new reference */
int WSGIServer_set_app(WSGIServer *self, PyObject *application);

int WSGIServer_traverse(PyObject *op, visitproc visit, void *arg);
int WSGIServer_clear(PyObject *op);

#endif
