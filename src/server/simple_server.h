/* Lib/wsgiref/simple_server.py: the functions of the module. */
#ifndef CWSGIREF_SERVER_SIMPLE_SERVER_H
#define CWSGIREF_SERVER_SIMPLE_SERVER_H

#include "server/wsgi_request_handler.h"
#include "server/wsgi_server.h"

/* The WSGI application that greets and shows its environ: a new reference to
 * the Python callable. */
PyObject *demo_app_new(void);

/* A call of it: returns the list with the body, a new reference. */
PyObject *demo_app(PyObject *env, PyObject *start_response);

/* A server that serves `app` and listens already: a new reference, or NULL.
 * A class of NULL is WSGIServer or WSGIRequestHandler. */
WSGIServer *make_server(const char *host, int port, PyObject *app,
                        const WSGIServerClass *server_class,
                        const WSGIRequestHandlerClass *handler_class);

#endif
