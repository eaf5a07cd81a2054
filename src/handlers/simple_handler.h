/* Lib/wsgiref/handlers.py: SimpleHandler. A handler initialized with its
 * streams and its environment. */
#ifndef CWSGIREF_HANDLERS_SIMPLE_HANDLER_H
#define CWSGIREF_HANDLERS_SIMPLE_HANDLER_H

#include "handlers/base_handler.h"
#include "io/buffered_io_base.h"

/* It adds no method: its class is a BaseHandlerClass. */
typedef struct SimpleHandler {
    BaseHandler base;       /* must stay first */
    PyObject *stdin;        /* owned; the application's wsgi.input */
    BufferedIOBase *stdout; /* owned; where the answer goes */
    PyObject *stderr;       /* owned; a text file: wsgi.errors */
    PyObject *base_env;     /* owned; a dict */
} SimpleHandler;

extern PyTypeObject SimpleHandler_type;
extern const BaseHandlerClass SimpleHandler_class;

/* SimpleHandler(stdin, stdout, stderr, environ, multithread=True,
 * multiprocess=False). `self` is from BaseHandler_new. The handler keeps
 * references of its own to the other objects. */
int SimpleHandler_init(BaseHandler *self, PyObject *stdin_,
                       BufferedIOBase *stdout_, PyObject *stderr_,
                       PyObject *environ_, bool multithread,
                       bool multiprocess);

PyObject *SimpleHandler_get_stdin(BaseHandler *self);
PyObject *SimpleHandler_get_stderr(BaseHandler *self);
int SimpleHandler_add_cgi_vars(BaseHandler *self);
int SimpleHandler__write(BaseHandler *self, PyObject *data);
int SimpleHandler__flush(BaseHandler *self);

int SimpleHandler_traverse(PyObject *op, visitproc visit, void *arg);
int SimpleHandler_clear(PyObject *op);

#endif
