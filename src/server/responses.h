/* Lib/http/__init__.py: HTTPStatus, as
 * Lib/http/server.py: BaseHTTPRequestHandler.responses shows it. */
#ifndef CWSGIREF_SERVER_RESPONSES_H
#define CWSGIREF_SERVER_RESPONSES_H

typedef struct Response {
    int code;
    const char *phrase;      /* "Not Found" */
    const char *description; /* "Nothing matches the given URI" */
} Response;

/* By the names of HTTPStatus in Python 3.11, which later releases have too. */
enum {
    HTTPStatus_CONTINUE = 100,
    HTTPStatus_SWITCHING_PROTOCOLS = 101,
    HTTPStatus_PROCESSING = 102,
    HTTPStatus_EARLY_HINTS = 103,
    HTTPStatus_OK = 200,
    HTTPStatus_CREATED = 201,
    HTTPStatus_ACCEPTED = 202,
    HTTPStatus_NON_AUTHORITATIVE_INFORMATION = 203,
    HTTPStatus_NO_CONTENT = 204,
    HTTPStatus_RESET_CONTENT = 205,
    HTTPStatus_PARTIAL_CONTENT = 206,
    HTTPStatus_MULTI_STATUS = 207,
    HTTPStatus_ALREADY_REPORTED = 208,
    HTTPStatus_IM_USED = 226,
    HTTPStatus_MULTIPLE_CHOICES = 300,
    HTTPStatus_MOVED_PERMANENTLY = 301,
    HTTPStatus_FOUND = 302,
    HTTPStatus_SEE_OTHER = 303,
    HTTPStatus_NOT_MODIFIED = 304,
    HTTPStatus_USE_PROXY = 305,
    HTTPStatus_TEMPORARY_REDIRECT = 307,
    HTTPStatus_PERMANENT_REDIRECT = 308,
    HTTPStatus_BAD_REQUEST = 400,
    HTTPStatus_UNAUTHORIZED = 401,
    HTTPStatus_PAYMENT_REQUIRED = 402,
    HTTPStatus_FORBIDDEN = 403,
    HTTPStatus_NOT_FOUND = 404,
    HTTPStatus_METHOD_NOT_ALLOWED = 405,
    HTTPStatus_NOT_ACCEPTABLE = 406,
    HTTPStatus_PROXY_AUTHENTICATION_REQUIRED = 407,
    HTTPStatus_REQUEST_TIMEOUT = 408,
    HTTPStatus_CONFLICT = 409,
    HTTPStatus_GONE = 410,
    HTTPStatus_LENGTH_REQUIRED = 411,
    HTTPStatus_PRECONDITION_FAILED = 412,
    HTTPStatus_REQUEST_ENTITY_TOO_LARGE = 413,
    HTTPStatus_REQUEST_URI_TOO_LONG = 414,
    HTTPStatus_UNSUPPORTED_MEDIA_TYPE = 415,
    HTTPStatus_REQUESTED_RANGE_NOT_SATISFIABLE = 416,
    HTTPStatus_EXPECTATION_FAILED = 417,
    HTTPStatus_IM_A_TEAPOT = 418,
    HTTPStatus_MISDIRECTED_REQUEST = 421,
    HTTPStatus_UNPROCESSABLE_ENTITY = 422,
    HTTPStatus_LOCKED = 423,
    HTTPStatus_FAILED_DEPENDENCY = 424,
    HTTPStatus_TOO_EARLY = 425,
    HTTPStatus_UPGRADE_REQUIRED = 426,
    HTTPStatus_PRECONDITION_REQUIRED = 428,
    HTTPStatus_TOO_MANY_REQUESTS = 429,
    HTTPStatus_REQUEST_HEADER_FIELDS_TOO_LARGE = 431,
    HTTPStatus_UNAVAILABLE_FOR_LEGAL_REASONS = 451,
    HTTPStatus_INTERNAL_SERVER_ERROR = 500,
    HTTPStatus_NOT_IMPLEMENTED = 501,
    HTTPStatus_BAD_GATEWAY = 502,
    HTTPStatus_SERVICE_UNAVAILABLE = 503,
    HTTPStatus_GATEWAY_TIMEOUT = 504,
    HTTPStatus_HTTP_VERSION_NOT_SUPPORTED = 505,
    HTTPStatus_VARIANT_ALSO_NEGOTIATES = 506,
    HTTPStatus_INSUFFICIENT_STORAGE = 507,
    HTTPStatus_LOOP_DETECTED = 508,
    HTTPStatus_NOT_EXTENDED = 510,
    HTTPStatus_NETWORK_AUTHENTICATION_REQUIRED = 511,
};

/* The row for `code`, with the phrase of the linked release, or NULL. */
const Response *response_for(int code);

#endif
