/* What is refused, from the request line to the headers: find_fault names the
 * first of it. RFC 9112 is what says so, where no other reason is given. */
#include "program/strict.h"

#include <stdbool.h>
#include <string.h>

#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "server/responses.h"

/* ----- Characters ----- */

/* Those that end a line or a word for one server, and not for another: control
 * characters, and what only str.split() takes for white space. */
static bool
is_odd_in_line(unsigned char c)
{
    return c < ' ' || c == 0x7F || c == 0x85 || c == 0xA0;
}

static bool
has_odd_request_line(PyObject *raw_requestline)
{
    const char *line = PyBytes_AS_STRING(raw_requestline);
    Py_ssize_t size = PyBytes_GET_SIZE(raw_requestline);

    if (size > 0 && line[size - 1] == '\n') {
        size--;
    }
    if (size > 0 && line[size - 1] == '\r') {
        size--;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        if (is_odd_in_line((unsigned char)line[i])) {
            return true;
        }
    }
    return false;
}

/* A control character other than TAB and the ends of lines; so also a CR
 * without its LF, at which the reference ends a line. */
static bool
has_odd_characters(const char *block, Py_ssize_t size)
{
    for (Py_ssize_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)block[i];
        bool is_line_end =
            c == '\n' || (c == '\r' && i + 1 < size && block[i + 1] == '\n');

        if ((c < ' ' && c != '\t' && !is_line_end) || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* ----- Lines ----- */

/* How many lines the block has, without the blank one at its end; -1 if one
 * of them begins with white space: it is folded. */
static Py_ssize_t
count_lines(const char *block, Py_ssize_t size)
{
    const char *end = block + size;
    Py_ssize_t count = 0;

    while (block < end && *block != '\r' && *block != '\n') {
        const char *line_end = memchr(block, '\n', (size_t)(end - block));

        if (*block == ' ' || *block == '\t') {
            return -1;
        }
        count++;
        block = line_end == NULL ? end : line_end + 1;
    }
    return count;
}

/* ----- Headers ----- */

/* How many headers of that name there are, or -1. */
static Py_ssize_t
count_headers(HTTPMessage *headers, const char *name)
{
    PyObject *values = HTTPMessage_get_all(headers, name, Py_None);
    Py_ssize_t count;

    if (values == NULL) {
        return -1;
    }
    count = values == Py_None ? 0 : PyList_GET_SIZE(values);
    Py_DECREF(values);
    return count;
}

/* Whether the Content-Length is a number, of digits alone: 1, 0 or -1. */
static int
has_good_length(HTTPMessage *headers)
{
    PyObject *length = HTTPMessage_get(headers, "content-length", Py_None);
    const char *digits;
    int result = -1;

    if (length == NULL) {
        return -1;
    }
    if (length == Py_None) {
        result = 1;
    }
    else if ((digits = PyUnicode_AsUTF8(length)) != NULL) {
        result =
            *digits != '\0' && strspn(digits, "0123456789") == strlen(digits);
    }
    Py_DECREF(length);
    return result;
}

/* What a name is in the environ: its bytes are equal but for '-' and '_'. */
static bool
are_one_variable(Piece one, Piece other)
{
    if (one.size != other.size) {
        return false;
    }
    for (Py_ssize_t i = 0; i < one.size; i++) {
        char a = one.data[i] == '_' ? '-' : Py_TOLOWER(one.data[i]);
        char b = other.data[i] == '_' ? '-' : Py_TOLOWER(other.data[i]);

        if (a != b) {
            return false;
        }
    }
    return true;
}

/* Whether two names that differ are one variable of the environ: X_A is read
 * as X-A, which a proxy may have set. */
static bool
has_names_in_disguise(HTTPMessage *headers)
{
    for (Py_ssize_t i = 0; i < headers->count; i++) {
        Piece one = HTTPMessage_name(headers, i);

        if (memchr(one.data, '_', (size_t)one.size) == NULL) {
            continue;
        }
        for (Py_ssize_t j = 0; j < headers->count; j++) {
            Piece other = HTTPMessage_name(headers, j);

            if (are_one_variable(one, other) &&
                memchr(other.data, '-', (size_t)other.size) != NULL)
            {
                return true;
            }
        }
    }
    return false;
}

/* The first fault of the lengths and of Host: NULL, also with an exception. */
static const char *
find_fault_in_headers(BaseHTTPRequestHandler *self)
{
    HTTPMessage *headers = self->headers;
    Py_ssize_t lengths = count_headers(headers, "content-length");
    Py_ssize_t codings = count_headers(headers, "transfer-encoding");
    Py_ssize_t hosts = count_headers(headers, "host");
    int good_length = has_good_length(headers);
    int needs_host = compare(self->request_version, Py_EQ, "HTTP/1.1");

    if (lengths < 0 || codings < 0 || hosts < 0 || good_length < 0 ||
        needs_host < 0)
    {
        return NULL;
    }
    if (lengths > 1) {
        return "There is more than one Content-Length";
    }
    if (!good_length) {
        return "Content-Length is not a number";
    }
    if (codings > 0 && lengths > 0) {
        return "There are Transfer-Encoding and Content-Length";
    }
    if (hosts > 1) {
        return "There is more than one Host";
    }
    if (hosts == 0 && needs_host) {
        return "Host is missing";
    }
    if (has_names_in_disguise(headers)) {
        return "Two names of headers differ in '-' and '_' alone";
    }
    return NULL;
}

/* The first fault of the request, or NULL, also with an exception. */
static const char *
find_fault(BaseHTTPRequestHandler *self)
{
    HTTPMessage *headers = self->headers;
    const char *block = PyBytes_AS_STRING(headers->block);
    Py_ssize_t size = PyBytes_GET_SIZE(headers->block);
    Py_ssize_t lines;

    if (has_odd_request_line(self->raw_requestline)) {
        return "There is a control character in the request line";
    }
    if (has_odd_characters(block, size)) {
        return "There is a control character in the headers";
    }
    lines = count_lines(block, size);
    if (lines < 0) {
        return "A header goes on in the next line";
    }
    if (lines != headers->count) {
        return "A header has no colon, or its name is none";
    }
    return find_fault_in_headers(self);
}

int
parse_request_strictly(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls =
        (const BaseHTTPRequestHandlerClass *)self->base.base.cls;
    int parsed = BaseHTTPRequestHandler_parse_request(self);
    const char *fault;

    if (parsed <= 0 || self->headers == NULL) { /* HTTP/0.9 has none */
        return parsed;
    }
    fault = find_fault(self);
    if (fault == NULL) {
        return PyErr_Occurred() ? -1 : 1;
    }
    return cls->send_error(self, HTTPStatus_BAD_REQUEST, "Ambiguous request",
                           fault);
}
