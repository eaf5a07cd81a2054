/* Lib/http/__init__.py: HTTPStatus, as
 * Lib/http/server.py: BaseHTTPRequestHandler.responses shows it. */
#ifndef CWSGIREF_SERVER_RESPONSES_H
#define CWSGIREF_SERVER_RESPONSES_H

typedef struct Response {
    int code;
    const char *phrase;      /* "Not Found" */
    const char *description; /* "Nothing matches the given URI" */
} Response;

/* By the names of HTTPStatus, the codes that the chain itself uses. */
enum {
    HTTPStatus_CONTINUE = 100,
    HTTPStatus_NO_CONTENT = 204,
    HTTPStatus_RESET_CONTENT = 205,
    HTTPStatus_NOT_MODIFIED = 304,
    HTTPStatus_BAD_REQUEST = 400,
    HTTPStatus_REQUEST_URI_TOO_LONG = 414,
    HTTPStatus_REQUEST_HEADER_FIELDS_TOO_LARGE = 431,
    HTTPStatus_NOT_IMPLEMENTED = 501,
    HTTPStatus_HTTP_VERSION_NOT_SUPPORTED = 505,
};

/* The row for `code`, with the phrase of the linked release, or NULL. */
const Response *response_for(int code);

#endif
