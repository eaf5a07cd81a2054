/* Lib/wsgiref/handlers.py: BaseHandler. It runs a WSGI application. */
#ifndef CWSGIREF_HANDLERS_BASE_HANDLER_H
#define CWSGIREF_HANDLERS_BASE_HANDLER_H

#include <Python.h>
#include <stdbool.h>

#include "headers/headers.h"

typedef struct BaseHandler BaseHandler;
typedef struct BaseHandlerClass BaseHandlerClass;

/* A header that a class attribute holds: ('Content-Type', 'text/plain'). */
typedef struct HeaderPair {
    const char *name;
    const char *value;
} HeaderPair;

/* The pairs as a new list of tuples, or NULL. */
PyObject *list_of_pairs(const HeaderPair *pair);

struct BaseHandlerClass {
    PyTypeObject *type;

    /* Configuration parameters */
    int wsgi_version[2];
    bool wsgi_multithread;
    bool wsgi_multiprocess;
    bool wsgi_run_once;
    bool origin_server;              /* the client is on the other end */
    const char *http_version;        /* "1.0" */
    const char *server_software;     /* NULL: none */
    PyObject **os_environ;           /* a dict, filled by types_ready() */
    PyTypeObject *wsgi_file_wrapper; /* NULL: none */
    const HeadersClass *headers_class;
    int traceback_limit; /* lines; -1: all */
    const char *error_status;
    const HeaderPair *error_headers; /* ended by a name of NULL */
    const char *error_body;

    int (*run)(BaseHandler *self, PyObject *application);
    int (*setup_environ)(BaseHandler *self);
    int (*finish_response)(BaseHandler *self);
    PyObject *(*get_scheme)(BaseHandler *self);
    int (*set_content_length)(BaseHandler *self);
    int (*cleanup_headers)(BaseHandler *self);
    PyObject *(*start_response)(BaseHandler *self, PyObject *status,
                                PyObject *headers, PyObject *exc_info);
    int (*send_preamble)(BaseHandler *self);
    int (*write)(BaseHandler *self, PyObject *data);
    int (*sendfile)(BaseHandler *self);
    int (*finish_content)(BaseHandler *self);
    int (*close)(BaseHandler *self);
    int (*send_headers)(BaseHandler *self);
    int (*result_is_file)(BaseHandler *self);
    int (*client_is_modern)(BaseHandler *self);
    int (*log_exception)(BaseHandler *self, PyObject *exc_info);
    int (*handle_error)(BaseHandler *self);
    PyObject *(*error_output)(BaseHandler *self, PyObject *environ,
                              PyObject *start_response);

    /* For subclasses: BaseHandler's own raise NotImplementedError. */
    int (*_write)(BaseHandler *self, PyObject *data);
    int (*_flush)(BaseHandler *self);
    PyObject *(*get_stdin)(BaseHandler *self);
    PyObject *(*get_stderr)(BaseHandler *self);
    int (*add_cgi_vars)(BaseHandler *self);
};

struct BaseHandler {
    PyObject_HEAD
    const BaseHandlerClass *cls;

    /* An instance may set these for itself; at first they are the class's. */
    bool wsgi_multithread;
    bool wsgi_multiprocess;
    bool wsgi_run_once;
    bool origin_server;
    const char *http_version;    /* borrowed; outlives the handler */
    const char *server_software; /* borrowed, or NULL */
    /* self._flush, which SimpleHandler__flush replaces on the instance. */
    int (*_flush)(BaseHandler *self);

    /* The state of one run. NULL is None: the garbage collector leaves it, and
     * a start_response in the same cycle may still be called. */
    PyObject *environ; /* owned; a dict, or None */
    PyObject *status;  /* owned; a str, or None */
    PyObject *result;  /* owned; the application's iterable, or None */
    Headers *headers;  /* owned; never None itself */
    bool headers_sent;
    Py_ssize_t bytes_sent;
};

extern PyTypeObject BaseHandler_type;
extern const BaseHandlerClass BaseHandler_class;

/* What the tables of subclasses inherit. */
extern PyObject *BaseHandler_os_environ; /* owned; read_environ() */
extern const HeaderPair BaseHandler_error_headers[];

/* Reads os_environ; types_ready() calls it. 0 or -1. */
int base_handler_ready(void);

/* BaseHandler(): a handler of class `cls` with the class's attributes; the
 * subclass's own init follows. A new reference. */
BaseHandler *BaseHandler_new(const BaseHandlerClass *cls);

/* Sets the fields that an instance has of its class's attributes, but for
 * _flush. */
void copy_class_attributes(BaseHandler *self);

/* Runs the application, and sends its answer, or the error page, by _write().
 * A client that has gone is no error. -1 only if reporting an error has failed
 * as well. */
int BaseHandler_run(BaseHandler *self, PyObject *application);
int BaseHandler_setup_environ(BaseHandler *self);
int BaseHandler_finish_response(BaseHandler *self);
PyObject *BaseHandler_get_scheme(BaseHandler *self); /* a new str */
int BaseHandler_set_content_length(BaseHandler *self);
int BaseHandler_cleanup_headers(BaseHandler *self);
/* start_response(status, headers, exc_info=None), as in PEP 3333. exc_info is
 * NULL or None if the application gave none. Returns the write() callable, a
 * new reference. */
PyObject *BaseHandler_start_response(BaseHandler *self, PyObject *status,
                                     PyObject *headers, PyObject *exc_info);
/* Releases that have this method check the status under -O, too. */
int BaseHandler__validate_status(BaseHandler *self, PyObject *status);
/* `value` (a new reference) if its type is exactly str, or else
 * AssertionError. */
PyObject *BaseHandler__convert_string_type(BaseHandler *self, PyObject *value,
                                           const char *title);
int BaseHandler_send_preamble(BaseHandler *self);
int BaseHandler_write(BaseHandler *self, PyObject *data);
int BaseHandler_sendfile(BaseHandler *self); /* 1 if it sent the file */
int BaseHandler_finish_content(BaseHandler *self);
int BaseHandler_close(BaseHandler *self);
int BaseHandler_send_headers(BaseHandler *self);
int BaseHandler_result_is_file(BaseHandler *self);
int BaseHandler_client_is_modern(BaseHandler *self);
int BaseHandler_log_exception(BaseHandler *self, PyObject *exc_info);
int BaseHandler_handle_error(BaseHandler *self);
PyObject *BaseHandler_error_output(BaseHandler *self, PyObject *environ_,
                                   PyObject *start_response);
int BaseHandler__write(BaseHandler *self, PyObject *data);
int BaseHandler__flush(BaseHandler *self);
PyObject *BaseHandler_get_stdin(BaseHandler *self);
PyObject *BaseHandler_get_stderr(BaseHandler *self);
int BaseHandler_add_cgi_vars(BaseHandler *self);

int BaseHandler_traverse(PyObject *op, visitproc visit, void *arg);
int BaseHandler_clear(PyObject *op);

#endif
