/* The strings that every request needs, made once and interned: names of
 * methods, of headers, and of variables of the environ. */
#ifndef CWSGIREF_NAMES_H
#define CWSGIREF_NAMES_H

#include <Python.h>

typedef struct Names {
    /* methods and attributes */
    PyObject *blksize, *close, *filelike, *flush, *get, *lower, *read,
        *readline, *setdefault, *stderr_, *upper, *write;
    /* headers */
    PyObject *Content_Length, *Date, *Server;
    PyObject *content_length, *date, *server;
    /* environ */
    PyObject *CONTENT_LENGTH, *CONTENT_TYPE, *HTTPS, *PATH_INFO, *QUERY_STRING,
        *REMOTE_ADDR, *REMOTE_HOST, *REQUEST_METHOD, *SERVER_PROTOCOL,
        *SERVER_SOFTWARE;
    PyObject *wsgi_errors, *wsgi_file_wrapper, *wsgi_input, *wsgi_multiprocess,
        *wsgi_multithread, *wsgi_run_once, *wsgi_url_scheme, *wsgi_version;
    /* values */
    PyObject *empty, *space, *zero, *crlf, *GET, *HTTP_0_9, *HTTP_1_1, *http,
        *https, *text_plain;
} Names;

extern Names names; /* each owned; borrow them */

/* Makes them. types_ready() calls it, once, after the interpreter has started.
 * 0 or -1. */
int names_ready(void);

#endif
