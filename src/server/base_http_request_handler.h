/* Lib/http/server.py: BaseHTTPRequestHandler. */
#ifndef CWSGIREF_SERVER_BASE_HTTP_REQUEST_HANDLER_H
#define CWSGIREF_SERVER_BASE_HTTP_REQUEST_HANDLER_H

#include <Python.h>
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

    const char *server_version;       /* "BaseHTTP/0.6"; see release.h */
    const char *error_message_format; /* of %(code)d, %(message)s, ... */
    const char *error_content_type;
    const char *default_request_version; /* "HTTP/0.9" */
    const char *protocol_version;        /* "HTTP/1.0" */
    const HTTPMessageClass *MessageClass;
    const DoMethod *do_methods; /* ended by a name of NULL */
    /* What __getattr__ is in Python: a method that is not in that list, by its
     * name, or NULL, also with an exception. NULL: there are no others. */
    const DoMethod *(*other_do_method)(BaseHTTPRequestHandler *self,
                                       PyObject *mname);

    int (*parse_request)(BaseHTTPRequestHandler *self);
    int (*handle_expect_100)(BaseHTTPRequestHandler *self);
    int (*handle_one_request)(BaseHTTPRequestHandler *self);
    int (*send_error)(BaseHTTPRequestHandler *self, int code,
                      const char *message, const char *explain);
    int (*send_response)(BaseHTTPRequestHandler *self, int code,
                         const char *message);
    int (*send_response_only)(BaseHTTPRequestHandler *self, int code,
                              const char *message);
    int (*send_header)(BaseHTTPRequestHandler *self, const char *keyword,
                       const char *value);
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
    bool is_http_0_9;          /* in later releases; headers is {} then */
    PyObject *_headers_buffer; /* owned; a list of bytes, or NULL */
    bool close_connection;
    /* What the log line is about, which decides its colours. */
    PyObject *_log_request_info; /* owned; (code, size), or NULL */
    bool _log_is_error;
};

/* The error page, with places for "code", "message" and "explain". Complete
 * after types_ready(). */
extern char DEFAULT_ERROR_MESSAGE[800];

extern PyTypeObject BaseHTTPRequestHandler_type;
extern const BaseHTTPRequestHandlerClass BaseHTTPRequestHandler_class;

/* Fills in the class attributes that depend on the linked release;
 * types_ready() calls it. 0 or -1. */
int base_http_request_handler_ready(void);

/* Answers a request line of more than 65536 bytes, for handle_one_request and
 * for WSGIRequestHandler.handle. */
int refuse_long_line(BaseHTTPRequestHandler *self);

/* Predicates: 1, 0 (an answer has been sent), or -1 with an exception. */
int BaseHTTPRequestHandler_parse_request(BaseHTTPRequestHandler *self);
int BaseHTTPRequestHandler_handle_expect_100(BaseHTTPRequestHandler *self);

int BaseHTTPRequestHandler_handle_one_request(BaseHTTPRequestHandler *self);
int BaseHTTPRequestHandler_handle(BaseRequestHandler *self);

/* Text for the client is UTF-8 here and ISO-8859-1 on the wire. For a message
 * or explanation of NULL the words are those of the table of responses. */

/* Sends and logs an error answer with its HTML page. */
int BaseHTTPRequestHandler_send_error(BaseHTTPRequestHandler *self, int code,
                                      const char *message,
                                      const char *explain);
/* Adds the status line and the headers Server and Date to the headers buffer,
 * and logs the request. */
int BaseHTTPRequestHandler_send_response(BaseHTTPRequestHandler *self,
                                         int code, const char *message);
int BaseHTTPRequestHandler_send_response_only(BaseHTTPRequestHandler *self,
                                              int code, const char *message);
int BaseHTTPRequestHandler_send_header(BaseHTTPRequestHandler *self,
                                       const char *keyword, const char *value);
int BaseHTTPRequestHandler_end_headers(BaseHTTPRequestHandler *self);
int BaseHTTPRequestHandler_flush_headers(BaseHTTPRequestHandler *self);
/* The message of a line in the access log, in the colours of the theme `t`,
 * for releases that have colours: a new str. */
PyObject *BaseHTTPRequestHandler__colorize_request(
    BaseHTTPRequestHandler *self, PyObject *code, PyObject *size, PyObject *t);
/* code and size are str or int; NULL is '-'. */
int BaseHTTPRequestHandler_log_request(BaseHTTPRequestHandler *self,
                                       PyObject *code, PyObject *size);
/* format is one of Python's; args is a tuple. */
int BaseHTTPRequestHandler_log_error(BaseHTTPRequestHandler *self,
                                     const char *format, PyObject *args);
int BaseHTTPRequestHandler_log_message(BaseHTTPRequestHandler *self,
                                       const char *format, PyObject *args);
/* New str objects. The timestamp is in seconds since the epoch; -1 is now. */
PyObject *BaseHTTPRequestHandler_version_string(BaseHTTPRequestHandler *self);
PyObject *BaseHTTPRequestHandler_date_time_string(BaseHTTPRequestHandler *self,
                                                  time_t timestamp);
PyObject *BaseHTTPRequestHandler_log_date_time_string(
    BaseHTTPRequestHandler *self);
PyObject *BaseHTTPRequestHandler_address_string(BaseHTTPRequestHandler *self);

int BaseHTTPRequestHandler_traverse(PyObject *op, visitproc visit, void *arg);
int BaseHTTPRequestHandler_clear(PyObject *op);

#endif
