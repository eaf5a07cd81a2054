/* Lib/http/server.py: BaseHTTPRequestHandler. */
#ifndef CWSGIREF_SERVER_BASE_HTTP_REQUEST_HANDLER_H
#define CWSGIREF_SERVER_BASE_HTTP_REQUEST_HANDLER_H

#include <time.h>

#include "server/stream_request_handler.h"
#include "headers/http_message.h"

typedef struct BaseHTTPRequestHandler BaseHTTPRequestHandler;

/* A do_* method: what getattr(self, 'do_GET') finds. */
typedef struct DoMethod {
    const char *name; /* "do_GET" */
    int (*method)(BaseHTTPRequestHandler *self);
} DoMethod;

typedef struct BaseHTTPRequestHandlerClass {
    StreamRequestHandlerClass base;

    const char *server_version;       /* "BaseHTTP/0.6" */
    const char *error_message_format; /* of %(code)d, %(message)s, ... */
    const char *error_content_type;
    const char *default_request_version; /* "HTTP/0.9" */
    const char *protocol_version;        /* "HTTP/1.0" */
    const HTTPMessageClass *MessageClass;
    const DoMethod *do_methods; /* ended by a name of NULL */

    int (*parse_request)(BaseHTTPRequestHandler *self);
    int (*handle_expect_100)(BaseHTTPRequestHandler *self);
    int (*handle_one_request)(BaseHTTPRequestHandler *self);
    int (*send_error)(BaseHTTPRequestHandler *self, int code,
                      PyObject *message, PyObject *explain);
    int (*send_response)(BaseHTTPRequestHandler *self, int code,
                         PyObject *message);
    int (*send_response_only)(BaseHTTPRequestHandler *self, int code,
                              PyObject *message);
    int (*send_header)(BaseHTTPRequestHandler *self, const char *keyword,
                       PyObject *value);
    int (*end_headers)(BaseHTTPRequestHandler *self);
    int (*flush_headers)(BaseHTTPRequestHandler *self);
    int (*log_request)(BaseHTTPRequestHandler *self, PyObject *code,
                       PyObject *size);
    int (*log_error)(BaseHTTPRequestHandler *self, const char *format,
                     PyObject *args);
    int (*log_message)(BaseHTTPRequestHandler *self, const char *format,
                       PyObject *args);
    PyObject *(*version_string)(BaseHTTPRequestHandler *self);
    PyObject *(*date_time_string)(BaseHTTPRequestHandler *self,
                                  time_t timestamp);
    PyObject *(*log_date_time_string)(BaseHTTPRequestHandler *self);
    PyObject *(*address_string)(BaseHTTPRequestHandler *self);
} BaseHTTPRequestHandlerClass;

struct BaseHTTPRequestHandler {
    StreamRequestHandler base; /* must stay first */
    PyObject *raw_requestline; /* owned; bytes, with its line end */
    PyObject *requestline;     /* owned; a str without it */
    PyObject *command;         /* owned; a str: "GET"; or None */
    PyObject *path;            /* owned; a str */
    PyObject *request_version; /* owned; a str: "HTTP/1.1" */
    HTTPMessage *headers;      /* owned; NULL before they are read */
    PyObject *_headers_buffer; /* owned; a list of bytes, or NULL */
    bool close_connection;
};

extern PyTypeObject BaseHTTPRequestHandler_type;
extern const BaseHTTPRequestHandlerClass BaseHTTPRequestHandler_class;

/* Predicates: 1, 0 (an answer has been sent), or -1 with an exception. */
int BaseHTTPRequestHandler_parse_request(BaseHTTPRequestHandler *self);
int BaseHTTPRequestHandler_handle_expect_100(BaseHTTPRequestHandler *self);

int BaseHTTPRequestHandler_handle_one_request(BaseHTTPRequestHandler *self);
int BaseHTTPRequestHandler_handle(BaseRequestHandler *self);
/* Sends and logs an error answer with its HTML page. message and explain are
 * str, or NULL for the words of the table of responses. */
int BaseHTTPRequestHandler_send_error(BaseHTTPRequestHandler *self, int code,
                                      PyObject *message, PyObject *explain);
int BaseHTTPRequestHandler_send_response(BaseHTTPRequestHandler *self,
                                         int code, PyObject *message);
int BaseHTTPRequestHandler_send_response_only(BaseHTTPRequestHandler *self,
                                              int code, PyObject *message);
int BaseHTTPRequestHandler_send_header(BaseHTTPRequestHandler *self,
                                       const char *keyword, PyObject *value);
int BaseHTTPRequestHandler_end_headers(BaseHTTPRequestHandler *self);
int BaseHTTPRequestHandler_flush_headers(BaseHTTPRequestHandler *self);
/* code and size are str or int; NULL is '-'. */
int BaseHTTPRequestHandler_log_request(BaseHTTPRequestHandler *self,
                                       PyObject *code, PyObject *size);
/* format is one of Python's; args is a tuple. */
int BaseHTTPRequestHandler_log_error(BaseHTTPRequestHandler *self,
                                     const char *format, PyObject *args);
int BaseHTTPRequestHandler_log_message(BaseHTTPRequestHandler *self,
                                       const char *format, PyObject *args);
/* New str objects. */
PyObject *BaseHTTPRequestHandler_version_string(BaseHTTPRequestHandler *self);
PyObject *BaseHTTPRequestHandler_date_time_string(BaseHTTPRequestHandler *self,
                                                  time_t timestamp);
PyObject *BaseHTTPRequestHandler_log_date_time_string(
    BaseHTTPRequestHandler *self);
PyObject *BaseHTTPRequestHandler_address_string(BaseHTTPRequestHandler *self);

int BaseHTTPRequestHandler_traverse(PyObject *op, visitproc visit, void *arg);
int BaseHTTPRequestHandler_clear(PyObject *op);
void BaseHTTPRequestHandler_dealloc(PyObject *op);

#endif
