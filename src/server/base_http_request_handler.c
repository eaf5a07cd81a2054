/* Lib/http/server.py: BaseHTTPRequestHandler, in Python's order: parse_request
 * with its parts before it; handle_one_request, which reads a request and calls
 * its do_* method; send_error and send_response with what they put into the
 * headers buffer; the log, which has colours in later releases; dates and
 * names; and at the end the type and the table. */
#include "server/base_http_request_handler.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "python/errors.h"
#include "python/latin1.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/release.h"
#include "python/waits.h"
#include "server/responses.h"
#include "util/email_utils.h"
#include "util/html.h"

_Static_assert(offsetof(BaseHTTPRequestHandler, base) == 0,
               "the base must be first");

char DEFAULT_ERROR_MESSAGE[800];

static char http_server_version[20]; /* "BaseHTTP/0.6" */

/* str.maketrans({...}): what log_message does to control characters. */
static PyObject *control_char_table; /* owned; a dict */

static const char monthname[][4] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

static const BaseHTTPRequestHandlerClass *
class_of(BaseHTTPRequestHandler *self)
{
    return (const BaseHTTPRequestHandlerClass *)self->base.base.cls;
}

/* _control_char_table = str.maketrans({...}): what log_message does to control
 * characters. A new dict. */
static PyObject *
make_control_char_table(void)
{
    return evaluate("table = {c: fr'\\x{c:02x}' for c in (*range(0x20), "
                    "*range(0x7f, 0xa0))}\n"
                    "table[ord('\\\\')] = r'\\\\'\n",
                    "table");
}

int
base_http_request_handler_ready(void)
{
    PyOS_snprintf(http_server_version, sizeof(http_server_version), "%s",
                  release()->http_server_version);
    PyOS_snprintf(DEFAULT_ERROR_MESSAGE, sizeof(DEFAULT_ERROR_MESSAGE),
                  "%s%s%s",
                  "<!DOCTYPE HTML>\n"
                  "<html lang=\"en\">\n"
                  "    <head>\n"
                  "        <meta charset=\"utf-8\">\n",
                  release()->error_page_style,
                  "        <title>Error response</title>\n"
                  "    </head>\n"
                  "    <body>\n"
                  "        <h1>Error response</h1>\n"
                  "        <p>Error code: %(code)d</p>\n"
                  "        <p>Message: %(message)s.</p>\n"
                  "        <p>Error code explanation: "
                  "%(code)s - %(explain)s.</p>\n"
                  "    </body>\n"
                  "</html>\n");
    Py_XSETREF(control_char_table, make_control_char_table());
    return control_char_table == NULL ? -1 : 0;
}

/* ----- Parsing a request ----- */

/* version_number */
typedef struct VersionNumber {
    long major, minor;
} VersionNumber;

/* str.isdigit() */
static bool
is_digits(PyObject *text)
{
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); i++) {
        if (!Py_UNICODE_ISDIGIT(PyUnicode_READ_CHAR(text, i))) {
            return false;
        }
    }
    return PyUnicode_GET_LENGTH(text) > 0;
}

/* What is wrong with a version number, the list [major, minor], that is not
 * digits, ten at most in each part; or NULL. */
static const char *
fault_of_version(PyObject *version_number)
{
    PyObject *major = PyList_GET_ITEM(version_number, 0);
    PyObject *minor = PyList_GET_ITEM(version_number, 1);

    if (!is_digits(major) || !is_digits(minor)) {
        return "non digit in http version";
    }
    if (PyUnicode_GET_LENGTH(major) > 10 || PyUnicode_GET_LENGTH(minor) > 10) {
        return "unreasonable length http version";
    }
    return NULL;
}

/* 0, or -1 with the ValueError for such a fault in the releases that look. */
static int
check_version(PyObject *version_number)
{
    const char *fault = fault_of_version(version_number);
    int refused = fault == NULL ? 0 : release_asked(http_version_digits_only);

    if (refused > 0) {
        PyErr_SetString(PyExc_ValueError, fault);
    }
    return refused == 0 ? 0 : -1;
}

/* int(text) of a part of a version number; one that C has not becomes the
 * nearest that it has. 0 or -1. */
static int
parse_part(PyObject *text, long *part)
{
    PyObject *number = PyLong_FromUnicodeObject(text, 10);
    int overflow;

    if (number == NULL) {
        return -1;
    }
    *part = PyLong_AsLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (overflow != 0) {
        *part = overflow > 0 ? LONG_MAX : LONG_MIN;
    }
    return 0;
}

/* The version number of "HTTP/major.minor"; 0, or -1 with ValueError if
 * `version` is none. *base_version_number becomes "major.minor", a new
 * reference, or NULL. */
static int
parse_any_version(PyObject *version, VersionNumber *number,
                  PyObject **base_version_number)
{
    static const char http[] = "HTTP/";
    const Py_ssize_t length = sizeof(http) - 1;
    PyObject *prefix = PyUnicode_Substring(version, 0, length);
    PyObject *base = NULL, *dot = NULL, *parts = NULL;
    int result = -1;

    if (prefix == NULL) {
        return -1;
    }
    if (PyUnicode_CompareWithASCIIString(prefix, http) != 0) {
        PyErr_SetNone(PyExc_ValueError);
        goto done;
    }
    base = PyUnicode_Substring(version, length, PY_SSIZE_T_MAX);
    dot = PyUnicode_FromString(".");
    if (base == NULL || dot == NULL) {
        goto done;
    }
    parts = PyUnicode_Split(base, dot, -1);
    if (parts == NULL) {
        goto done;
    }
    if (PyList_GET_SIZE(parts) != 2) {
        PyErr_SetNone(PyExc_ValueError);
        goto done;
    }
    if (check_version(parts) < 0 ||
        parse_part(PyList_GET_ITEM(parts, 0), &number->major) < 0 ||
        parse_part(PyList_GET_ITEM(parts, 1), &number->minor) < 0)
    {
        goto done;
    }
    *base_version_number = Py_NewRef(base);
    result = 0;

done:
    Py_DECREF(prefix);
    Py_XDECREF(base);
    Py_XDECREF(dot);
    Py_XDECREF(parts);
    return result;
}

/* "HTTP/1.0" and "HTTP/1.1", which nearly every client sends, are known at
 * sight: 50 instructions and not 2,700. Whether it was one. */
static bool
parse_usual_version(PyObject *version, VersionNumber *number)
{
    Piece text;

    if (!piece_of_str(version, &text) || text.size != 8 ||
        memcmp(text.data, "HTTP/1.", 7) != 0 ||
        (text.data[7] != '0' && text.data[7] != '1'))
    {
        return false;
    }
    *number = (VersionNumber){ 1, text.data[7] - '0' };
    return true;
}

/* version_number >= (major, minor) */
static bool
is_at_least(VersionNumber number, long major, long minor)
{
    return number.major > major ||
           (number.major == major && number.minor >= minor);
}

/* self.send_error(code, format % argument), where the format is one of
 * PyUnicode_FromFormat. */
static int
send_error_about(BaseHTTPRequestHandler *self, int code, const char *format,
                 PyObject *argument)
{
    PyObject *message = PyUnicode_FromFormat(format, argument);
    const char *text = message == NULL ? NULL : PyUnicode_AsUTF8(message);
    int result = -1;

    if (text != NULL) {
        result = class_of(self)->send_error(self, code, text, NULL);
    }
    Py_XDECREF(message);
    return result;
}

/* send_error_about(), of a malformed request line. Its page has a status line
 * and headers where request_version is not "HTTP/0.9" any more: later
 * releases make it `version`, if that is known, or "". */
static int
refuse_line(BaseHTTPRequestHandler *self, PyObject *version, int code,
            const char *format, PyObject *argument)
{
    int has_status_line = release_asked(malformed_request_has_status_line);

    if (has_status_line < 0) {
        return -1;
    }
    if (has_status_line) {
        Py_XSETREF(self->request_version, Py_NewRef(version));
    }
    return send_error_about(self, code, format, argument);
}

/* The part of parse_request about the last word of a request line of three
 * words or more: 1, 0 (an error answer has been sent), or -1. */
static int
parse_request_version(BaseHTTPRequestHandler *self, PyObject *version)
{
    PyObject *base_version_number = NULL; /* of the usual ones: not needed */
    VersionNumber version_number;
    int result;

    if (!parse_usual_version(version, &version_number) &&
        parse_any_version(version, &version_number, &base_version_number) < 0)
    {
        Handled handled;

        if (!FAILED_IN(BaseHTTPRequestHandler_parse_request,
                       PyErr_ExceptionMatches(PyExc_ValueError)))
        {
            return -1;
        }
        /* except (ValueError, IndexError): */
        handled = except_enter();
        result = refuse_line(self, names.empty, HTTPStatus_BAD_REQUEST,
                             "Bad request version (%R)", version);
        except_leave(handled);
        return result;
    }
    if (is_at_least(version_number, 1, 1) &&
        strcmp(class_of(self)->protocol_version, "HTTP/1.1") >= 0)
    {
        self->close_connection = false;
    }
    if (is_at_least(version_number, 2, 0)) {
        result =
            refuse_line(self, version, HTTPStatus_HTTP_VERSION_NOT_SUPPORTED,
                        "Invalid HTTP version (%U)", base_version_number);
        Py_XDECREF(base_version_number);
        return result;
    }
    Py_XDECREF(base_version_number);
    Py_XSETREF(self->request_version, Py_NewRef(version));
    return 1;
}

/* The part of parse_request that reads the headers: 1, 0 (431 has been
 * sent), or -1. */
static int
receive_headers(BaseHTTPRequestHandler *self)
{
    const char *message = "Line too long";
    HTTPMessage *headers =
        parse_headers(self->base.rfile, class_of(self)->MessageClass);
    const char *explain;
    PyObject *err;
    Handled handled;
    int result = -1;

    if (headers != NULL) {
        Py_XSETREF(self->headers, headers);
        return 1;
    }
    if (!FAILED_IN(BaseHTTPRequestHandler_parse_request,
                   PyErr_ExceptionMatches(HTTPException)))
    {
        return -1;
    }
    if (!PyErr_ExceptionMatches(LineTooLong)) {
        message = "Too many headers";
    }
    handled = except_enter();
    err = PyObject_Str(handled.raised);
    explain = err == NULL ? NULL : PyUnicode_AsUTF8(err);
    if (explain != NULL) {
        result = class_of(self)->send_error(
            self, HTTPStatus_REQUEST_HEADER_FIELDS_TOO_LARGE, message,
            explain);
    }
    Py_XDECREF(err);
    except_leave(handled);
    return result;
}

/* self.headers.get(name, "").lower(), a new reference. */
static PyObject *
lowered_header(BaseHTTPRequestHandler *self, const char *name)
{
    PyObject *header = HTTPMessage_get(self->headers, name, names.empty);
    PyObject *lowered = header == NULL ? NULL : lower(header);

    Py_XDECREF(header);
    return lowered;
}

/* The part of parse_request that looks for Connection and Expect: 1, 0 (an
 * error answer has been sent), or -1. */
static int
obey_headers(BaseHTTPRequestHandler *self)
{
    bool is_1_1 = strcmp(class_of(self)->protocol_version, "HTTP/1.1") >= 0;
    PyObject *conntype = lowered_header(self, "Connection");
    PyObject *expect;
    bool wants_100;

    if (conntype == NULL) {
        return -1;
    }
    if (PyUnicode_CompareWithASCIIString(conntype, "close") == 0) {
        self->close_connection = true;
    }
    else if (PyUnicode_CompareWithASCIIString(conntype, "keep-alive") == 0 &&
             is_1_1)
    {
        self->close_connection = false;
    }
    Py_DECREF(conntype);
    expect = lowered_header(self, "Expect");
    if (expect == NULL) {
        return -1;
    }
    wants_100 = PyUnicode_CompareWithASCIIString(expect, "100-continue") == 0;
    Py_DECREF(expect);
    if (wants_100 && is_1_1 &&
        PyUnicode_CompareWithASCIIString(self->request_version, "HTTP/1.1") >=
            0)
    {
        return class_of(self)->handle_expect_100(self);
    }
    return 1;
}

/* self.path = path, where a path may not begin with two slashes. gh-87389: to
 * HTTP clients //path is a host, which would make an open redirect. */
static int
set_path(BaseHTTPRequestHandler *self, PyObject *path)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(path);
    Py_ssize_t slashes = 0;
    PyObject *reduced;

    while (slashes < length && PyUnicode_READ_CHAR(path, slashes) == '/') {
        slashes++;
    }
    /* '/' + path.lstrip('/') */
    reduced = PyUnicode_Substring(path, slashes > 1 ? slashes - 1 : 0, length);
    if (reduced == NULL) {
        return -1;
    }
    Py_XSETREF(self->path, reduced);
    return 0;
}

/* The part of parse_request about the words of the request line: 1, 0 (an error
 * answer has been sent, or there are none), or -1. */
static int
parse_words(BaseHTTPRequestHandler *self, PyObject *words)
{
    Py_ssize_t count = PyList_GET_SIZE(words);
    PyObject *command;

    if (count == 0) {
        return 0;
    }
    if (count >= 3) { /* the last one is the version */
        PyObject *version = PyList_GET_ITEM(words, count - 1);
        int accepted = parse_request_version(self, version);

        if (accepted <= 0) {
            return accepted;
        }
    }
    if (count < 2 || count > 3) {
        return refuse_line(self, names.empty, HTTPStatus_BAD_REQUEST,
                           "Bad request syntax (%R)", self->requestline);
    }
    command = PyList_GET_ITEM(words, 0);
    if (count == 2) {
        self->close_connection = true;
        if (PyUnicode_CompareWithASCIIString(command, "GET") != 0) {
            return refuse_line(self, names.empty, HTTPStatus_BAD_REQUEST,
                               "Bad HTTP/0.9 request type (%R)", command);
        }
    }
    Py_XSETREF(self->command, Py_NewRef(command));
    return set_path(self, PyList_GET_ITEM(words, 1)) < 0 ? -1 : 1;
}

/* str(self.raw_requestline, 'iso-8859-1').rstrip('\r\n'), a new reference. */
static PyObject *
decode_request_line(BaseHTTPRequestHandler *self)
{
    const char *line = PyBytes_AS_STRING(self->raw_requestline);
    Py_ssize_t length = PyBytes_GET_SIZE(self->raw_requestline);

    while (length > 0 &&
           (line[length - 1] == '\r' || line[length - 1] == '\n')) {
        length--;
    }
    return str_of_piece((Piece){ line, length });
}

/* A word of a request line: a new reference. Those that nearly every client
 * sends are made already. */
static PyObject *
str_of_word(Piece word)
{
    if (word.size == 3 && memcmp(word.data, "GET", 3) == 0) {
        return Py_NewRef(names.GET);
    }
    if (word.size == 8 && memcmp(word.data, "HTTP/1.1", 8) == 0) {
        return Py_NewRef(names.HTTP_1_1);
    }
    return str_of_piece(word);
}

/* requestline.split() of ASCII characters: a new list. */
static PyObject *
split_ascii(Piece line)
{
    PyObject *words = PyList_New(0);
    const char *at = line.data, *end = line.data + line.size;

    while (words != NULL && at < end) {
        const char *start = at;
        PyObject *word;

        while (at < end && (*at > ' ' || !Py_UNICODE_ISSPACE((Py_UCS4)*at))) {
            at++;
        }
        if (at == start) { /* white space */
            at++;
            continue;
        }
        word = str_of_word((Piece){ start, at - start });
        if (word == NULL || PyList_Append(words, word) < 0) {
            Py_CLEAR(words);
        }
        Py_XDECREF(word);
    }
    return words;
}

/* requestline.split(): a new list. Nearly every line is ASCII: so it costs 450
 * instructions, and 900 where any white space of Unicode counts. */
static PyObject *
split_line(PyObject *requestline)
{
    Piece characters;

    return PyUnicode_IS_ASCII(requestline) &&
                   piece_of_str(requestline, &characters)
               ? split_ascii(characters)
               : PyUnicode_Split(requestline, NULL, -1);
}

/* Whether a request line of these words comes without headers, as HTTP/0.9 has
 * it in later releases: 1, 0, or -1 on error. */
static int
is_without_headers(PyObject *words)
{
    return PyList_GET_SIZE(words) == 2
               ? release_asked(http_0_9_without_headers)
               : 0;
}

/* self.default_request_version, a new reference. */
static PyObject *
default_request_version(BaseHTTPRequestHandler *self)
{
    const char *version = class_of(self)->default_request_version;

    return strcmp(version, "HTTP/0.9") == 0 ? Py_NewRef(names.HTTP_0_9)
                                            : PyUnicode_FromString(version);
}

/* Lib/http/server.py: BaseHTTPRequestHandler.parse_request */
int
BaseHTTPRequestHandler_parse_request(BaseHTTPRequestHandler *self)
{
    PyObject *requestline = NULL, *words = NULL;
    int result = -1;

    Py_XSETREF(self->command, Py_NewRef(Py_None));
    Py_XSETREF(self->request_version, default_request_version(self));
    self->close_connection = true;
    self->is_http_0_9 = false;
    if (FAILED(self->request_version == NULL)) {
        return -1;
    }
    requestline = decode_request_line(self);
    if (FAILED(requestline == NULL)) {
        return -1;
    }
    Py_XSETREF(self->requestline, requestline);
    words = split_line(requestline);
    if (FAILED(words == NULL)) {
        return -1;
    }
    result = parse_words(self, words);
    if (FAILED(result < 0) || result == 0) {
        goto done;
    }
    result = is_without_headers(words);
    if (FAILED(result < 0)) {
        goto done;
    }
    if (result) {
        Py_CLEAR(self->headers);
        self->is_http_0_9 = true;
        goto done;
    }
    result = receive_headers(self);
    if (FAILED(result < 0) || result == 0) {
        goto done;
    }
    result = obey_headers(self);
    if (FAILED(result < 0)) {
        goto done;
    }

done:
    Py_DECREF(words);
    return result;
}

/* Lib/http/server.py: BaseHTTPRequestHandler.handle_expect_100 */
int
BaseHTTPRequestHandler_handle_expect_100(BaseHTTPRequestHandler *self)
{
    BufferedIOBase *wfile = self->base.wfile;

    /* The client waits for it: it may not stay in a buffer of ours. */
    if (FAILED(class_of(self)->send_response_only(self, HTTPStatus_CONTINUE,
                                                  NULL) < 0) ||
        FAILED(class_of(self)->end_headers(self) < 0) ||
        FAILED(wfile->cls->flush(wfile) < 0))
    {
        return -1;
    }
    return 1;
}

/* ----- Handling requests ----- */

/* getattr(self, mname): the do_* method of that name, or NULL. */
static const DoMethod *
find_method(BaseHTTPRequestHandler *self, PyObject *mname)
{
    const DoMethod *found = class_of(self)->do_methods;

    while (found->name != NULL &&
           PyUnicode_CompareWithASCIIString(mname, found->name) != 0)
    {
        found++;
    }
    if (found->name == NULL && class_of(self)->other_do_method != NULL) {
        return class_of(self)->other_do_method(self, mname);
    }
    return found->name == NULL ? NULL : found;
}

/* The `try` block of handle_one_request. */
static int
read_and_answer(BaseHTTPRequestHandler *self)
{
    BufferedIOBase *rfile = self->base.rfile, *wfile = self->base.wfile;
    PyObject *raw_requestline = rfile->cls->readline(rfile, 65537);
    PyObject *mname;
    const DoMethod *found;
    int parsed;

    if (raw_requestline == NULL) {
        return -1;
    }
    Py_XSETREF(self->raw_requestline, raw_requestline);
    if (PyBytes_GET_SIZE(raw_requestline) > 65536) {
        return refuse_long_line(self);
    }
    if (PyBytes_GET_SIZE(raw_requestline) == 0) {
        self->close_connection = true;
        return 0;
    }
    parsed = class_of(self)->parse_request(self);
    if (parsed <= 0) { /* refused, and told so */
        return parsed;
    }
    mname = PyUnicode_FromFormat("do_%U", self->command);
    if (mname == NULL) {
        return -1;
    }
    found = find_method(self, mname);
    Py_DECREF(mname);
    if (found == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (found == NULL) {
        return send_error_about(self, HTTPStatus_NOT_IMPLEMENTED,
                                "Unsupported method (%R)", self->command);
    }
    if (found->method(self) < 0) {
        return -1;
    }
    /* for a do_* method that has not flushed it */
    return wfile->cls->flush(wfile);
}

/* Lib/http/server.py: BaseHTTPRequestHandler.handle_one_request */
int
BaseHTTPRequestHandler_handle_one_request(BaseHTTPRequestHandler *self)
{
    Handled handled;
    PyObject *args;
    int result = -1;

    if (!FAILED(read_and_answer(self) < 0)) {
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_TimeoutError)) {
        return -1;
    }
    /* except TimeoutError as e: discard this connection */
    handled = except_enter();
    args = PyTuple_Pack(1, handled.raised);
    if (args != NULL && !FAILED(class_of(self)->log_error(
                                    self, "Request timed out: %r", args) < 0))
    {
        self->close_connection = true;
        result = 0;
    }
    Py_XDECREF(args);
    except_leave(handled);
    return result;
}

/* Lib/http/server.py: BaseHTTPRequestHandler.handle */
int
BaseHTTPRequestHandler_handle(BaseRequestHandler *self)
{
    BaseHTTPRequestHandler *http = (BaseHTTPRequestHandler *)self;

    http->close_connection = true;
    do {
        if (FAILED(class_of(http)->handle_one_request(http) < 0)) {
            return -1;
        }
    } while (!http->close_connection);
    return 0;
}

int
refuse_long_line(BaseHTTPRequestHandler *self)
{
    Py_XSETREF(self->requestline, Py_NewRef(names.empty));
    Py_XSETREF(self->request_version, Py_NewRef(names.empty));
    Py_XSETREF(self->command, Py_NewRef(names.empty));
    return class_of(self)->send_error(self, HTTPStatus_REQUEST_URI_TOO_LONG,
                                      NULL, NULL);
}

/* ----- Answering ----- */

/* {'code': code, 'message': html.escape(message, quote=False),
 *  'explain': html.escape(explain, quote=False)}: a new dict. */
static PyObject *
error_values(int code, const char *message, const char *explain)
{
    PyObject *escaped = html_escape(message);
    PyObject *explained = NULL, *values = NULL;

    if (escaped != NULL) {
        explained = html_escape(explain);
    }
    if (explained != NULL) {
        values = Py_BuildValue("{sisOsO}", "code", code, "message", escaped,
                               "explain", explained);
    }
    Py_XDECREF(escaped);
    Py_XDECREF(explained);
    return values;
}

/* The HTML page of send_error: new bytes. */
static PyObject *
error_page(BaseHTTPRequestHandler *self, int code, const char *message,
           const char *explain)
{
    PyObject *values = error_values(code, message, explain);
    PyObject *content = NULL, *body = NULL;

    if (values != NULL) {
        content = percent(class_of(self)->error_message_format, values);
        Py_DECREF(values);
    }
    if (content != NULL) {
        body = PyUnicode_AsEncodedString(content, "UTF-8", "replace");
        Py_DECREF(content);
    }
    return body;
}

/* Lib/http/server.py: BaseHTTPRequestHandler.send_error */
int
BaseHTTPRequestHandler_send_error(BaseHTTPRequestHandler *self, int code,
                                  const char *message, const char *explain)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);
    const Response *row = response_for(code);
    PyObject *args = NULL, *body = NULL;
    int result = -1;

    if (message == NULL) {
        message = row == NULL ? "???" : row->phrase;
    }
    if (explain == NULL) {
        explain = row == NULL ? "???" : row->description;
    }
    args = Py_BuildValue("(is)", code, message);
    if (FAILED(args == NULL) ||
        FAILED(cls->log_error(self, "code %d, message %s", args) < 0) ||
        FAILED(cls->send_response(self, code, message) < 0) ||
        FAILED(cls->send_header(self, "Connection", "close") < 0))
    {
        goto done;
    }
    /* RFC 7230, 3.3, and RFC 7231, 6.3.6: these have no body. */
    if (code >= 200 && code != HTTPStatus_NO_CONTENT &&
        code != HTTPStatus_RESET_CONTENT && code != HTTPStatus_NOT_MODIFIED)
    {
        char length[32];

        body = error_page(self, code, message, explain);
        if (FAILED(body == NULL)) {
            goto done;
        }
        PyOS_snprintf(length, sizeof(length), "%zd", PyBytes_GET_SIZE(body));
        if (FAILED(cls->send_header(self, "Content-Type",
                                    cls->error_content_type) < 0) ||
            FAILED(cls->send_header(self, "Content-Length", length) < 0))
        {
            goto done;
        }
    }
    if (FAILED(cls->end_headers(self) < 0) ||
        FAILED(self->command == NULL && lacks_attribute(self, "command") < 0))
    {
        goto done;
    }
    if (body != NULL && PyBytes_GET_SIZE(body) > 0 &&
        (self->command == Py_None ||
         PyUnicode_CompareWithASCIIString(self->command, "HEAD") != 0))
    {
        BufferedIOBase *wfile = self->base.wfile;

        if (FAILED(wfile->cls->write(wfile, body) < 0)) {
            goto done;
        }
    }
    result = 0;

done:
    Py_XDECREF(args);
    Py_XDECREF(body);
    return result;
}

/* self.send_header(keyword, value), of a str: takes the value, which may be
 * NULL. */
static int
send_str_header(BaseHTTPRequestHandler *self, const char *keyword,
                PyObject *value)
{
    const char *text = value == NULL ? NULL : PyUnicode_AsUTF8(value);
    int result =
        text == NULL ? -1 : class_of(self)->send_header(self, keyword, text);

    Py_XDECREF(value);
    return result;
}

/* Lib/http/server.py: BaseHTTPRequestHandler.send_response */
int
BaseHTTPRequestHandler_send_response(BaseHTTPRequestHandler *self, int code,
                                     const char *message)
{
    const BaseHTTPRequestHandlerClass *cls = class_of(self);
    PyObject *number = PyLong_FromLong(code);
    int logged;

    if (FAILED(number == NULL)) {
        return -1;
    }
    logged = cls->log_request(self, number, NULL);
    Py_DECREF(number);
    if (FAILED(logged < 0) ||
        FAILED(cls->send_response_only(self, code, message) < 0) ||
        FAILED(send_str_header(self, "Server", cls->version_string(self)) < 0))
    {
        return -1;
    }
    return TRACED(
        send_str_header(self, "Date", cls->date_time_string(self, -1)));
}

/* self.request_version != 'HTTP/0.9': whether the client gets a status line
 * and headers. 1, 0, or -1 on error. */
static int
client_has_headers(BaseHTTPRequestHandler *self)
{
    if (self->request_version == NULL) {
        return lacks_attribute(self, "request_version");
    }
    if (!PyUnicode_Check(self->request_version)) {
        return compare(self->request_version, Py_NE, "HTTP/0.9");
    }
    return PyUnicode_CompareWithASCIIString(self->request_version,
                                            "HTTP/0.9") != 0;
}

/* self._headers_buffer.append(line.encode('latin-1', 'strict')); takes the
 * line, which may be NULL. */
static int
append_header_line(BaseHTTPRequestHandler *self, PyObject *line)
{
    PyObject *encoded = NULL;
    int result = -1;

    if (line == NULL) {
        return -1;
    }
    if (self->_headers_buffer == NULL) {
        self->_headers_buffer = PyList_New(0);
    }
    if (self->_headers_buffer != NULL) {
        encoded = PyUnicode_AsLatin1String(line);
    }
    if (encoded != NULL) {
        result = PyList_Append(self->_headers_buffer, encoded);
    }
    Py_DECREF(line);
    Py_XDECREF(encoded);
    return result;
}

/* Lib/http/server.py: BaseHTTPRequestHandler.send_response_only */
int
BaseHTTPRequestHandler_send_response_only(BaseHTTPRequestHandler *self,
                                          int code, const char *message)
{
    int has_headers = client_has_headers(self);

    if (FAILED(has_headers < 0)) {
        return -1;
    }
    if (!has_headers) {
        return 0;
    }
    if (message == NULL) {
        const Response *row = response_for(code);

        message = row == NULL ? "" : row->phrase;
    }
    return TRACED(append_header_line(
        self,
        PyUnicode_FromFormat("%s %d %s\r\n", class_of(self)->protocol_version,
                             code, message)));
}

/* Lib/http/server.py: BaseHTTPRequestHandler.send_header */
int
BaseHTTPRequestHandler_send_header(BaseHTTPRequestHandler *self,
                                   const char *keyword, const char *value)
{
    int has_headers = client_has_headers(self);

    if (FAILED(has_headers < 0)) {
        return -1;
    }
    if (has_headers &&
        FAILED(append_header_line(
                   self, PyUnicode_FromFormat("%s: %s\r\n", keyword, value)) <
               0))
    {
        return -1;
    }
    if (PyOS_stricmp(keyword, "connection") == 0) {
        if (PyOS_stricmp(value, "close") == 0) {
            self->close_connection = true;
        }
        else if (PyOS_stricmp(value, "keep-alive") == 0) {
            self->close_connection = false;
        }
    }
    return 0;
}

/* Lib/http/server.py: BaseHTTPRequestHandler.end_headers */
int
BaseHTTPRequestHandler_end_headers(BaseHTTPRequestHandler *self)
{
    int has_headers = client_has_headers(self);

    if (FAILED(has_headers < 0)) {
        return -1;
    }
    if (!has_headers) {
        return 0;
    }
    if (FAILED(self->_headers_buffer == NULL &&
               lacks_attribute(self, "_headers_buffer") < 0))
    {
        return -1;
    }
    if (FAILED(append_header_line(self, PyUnicode_FromString("\r\n")) < 0)) {
        return -1;
    }
    return TRACED(class_of(self)->flush_headers(self));
}

/* Lib/http/server.py: BaseHTTPRequestHandler.flush_headers */
int
BaseHTTPRequestHandler_flush_headers(BaseHTTPRequestHandler *self)
{
    BufferedIOBase *wfile = self->base.wfile;
    PyObject *empty, *joined = NULL;
    Py_ssize_t written = -1;

    if (self->_headers_buffer == NULL) {
        return 0;
    }
    empty = PyBytes_FromString("");
    if (empty != NULL) {
        joined =
            PyObject_CallMethod(empty, "join", "O", self->_headers_buffer);
        Py_DECREF(empty);
    }
    if (joined != NULL) {
        written = wfile->cls->write(wfile, joined);
        Py_DECREF(joined);
    }
    if (FAILED(written < 0)) {
        return -1;
    }
    Py_SETREF(self->_headers_buffer, PyList_New(0));
    return FAILED(self->_headers_buffer == NULL) ? -1 : 0;
}

/* ----- The log ----- */

/* message.translate(self._control_char_table), a new reference */
static PyObject *
escape_control_characters(PyObject *message)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(message);
    Piece characters;

    if (piece_of_str(message, &characters) && is_printable(characters) &&
        find_character(message, '\\') < 0)
    {
        return Py_NewRef(message); /* most are ASCII, and have none */
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ_CHAR(message, i);

        if (c < 0x20 || c == '\\' || (c >= 0x7f && c < 0xa0)) {
            return PyUnicode_Translate(message, control_char_table, NULL);
        }
    }
    return Py_NewRef(message);
}

/* The colour of a status code, by the name that it has in the theme. */
static const char *
colour_of_code(long code)
{
    return code >= 500   ? "status_server_error"
           : code >= 400 ? "status_client_error"
           : code >= 300 ? "status_redirect"
           : code >= 200 ? "status_ok"
                         : "status_informational";
}

/* The same, of the theme `t`: a new str, "" for what is no number. */
static PyObject *
colour_of(PyObject *code, PyObject *t)
{
    PyObject *code_int = PyNumber_Long(code);
    int overflow;
    long number;

    if (code_int != NULL) {
        number = PyLong_AsLongAndOverflow(code_int, &overflow);
        Py_DECREF(code_int);
        return PyObject_GetAttrString(
            t, colour_of_code(overflow > 0 ? LONG_MAX : number));
    }
    if (!PyErr_ExceptionMatches(PyExc_TypeError) &&
        !PyErr_ExceptionMatches(PyExc_ValueError))
    {
        return NULL;
    }
    PyErr_Clear(); /* except (TypeError, ValueError): */
    return PyUnicode_FromString("");
}

/* f'{t.name}{text}{t.reset}', a new str: takes the text, which may be NULL. */
static PyObject *
in_colour(PyObject *t, const char *name, PyObject *text)
{
    PyObject *colour = text == NULL ? NULL : PyObject_GetAttrString(t, name);
    PyObject *reset =
        colour == NULL ? NULL : PyObject_GetAttrString(t, "reset");
    PyObject *coloured =
        reset == NULL ? NULL
                      : PyUnicode_FromFormat("%S%S%S", colour, text, reset);

    Py_XDECREF(reset);
    Py_XDECREF(colour);
    Py_XDECREF(text);
    return coloured;
}

/* The request line, escaped and with its path in colour: a new str. */
static PyObject *
colour_request_line(PyObject *requestline, PyObject *t)
{
    PyObject *line = escape_control_characters(requestline);
    PyObject *parts = line == NULL ? NULL : PyUnicode_Split(line, NULL, 2);
    PyObject *path = NULL;

    if (parts != NULL && PyList_GET_SIZE(parts) != 3) {
        Py_DECREF(parts);
        return line;
    }
    Py_CLEAR(line);
    if (parts != NULL) {
        path = in_colour(t, "path", Py_NewRef(PyList_GET_ITEM(parts, 1)));
    }
    if (path != NULL) {
        line = PyUnicode_FromFormat("%U %U %U", PyList_GET_ITEM(parts, 0),
                                    path, PyList_GET_ITEM(parts, 2));
    }
    Py_XDECREF(path);
    Py_XDECREF(parts);
    return line;
}

/* Lib/http/server.py: BaseHTTPRequestHandler._colorize_request */
PyObject *
BaseHTTPRequestHandler__colorize_request(BaseHTTPRequestHandler *self,
                                         PyObject *code, PyObject *size,
                                         PyObject *t)
{
    PyObject *code_color = colour_of(code, t);
    PyObject *line = NULL, *size_text = NULL, *message = NULL;

    if (FAILED(code_color == NULL)) {
        return NULL;
    }
    if (self->requestline != NULL || lacks_attribute(self, "requestline") == 0)
    {
        line = colour_request_line(self->requestline, t);
    }
    if (FAILED(line == NULL)) {
        goto done;
    }
    size_text = in_colour(t, "size", Py_NewRef(size));
    if (FAILED(size_text == NULL)) {
        goto done;
    }
    message = PyUnicode_FromFormat("\"%U\" %S%S %U", line, code_color, code,
                                   size_text);
    (void)FAILED(message == NULL);

done:
    Py_DECREF(code_color);
    Py_XDECREF(line);
    Py_XDECREF(size_text);
    return message;
}

/* What log_request gives log_message. */
static const char access_format[] = "\"%s\" %s %s";

/* str(number): a new str. */
static PyObject *
str_of_number(PyObject *number)
{
    Py_ssize_t value = -1;
    int overflow;

    if (PyLong_CheckExact(number)) {
        value = (Py_ssize_t)PyLong_AsLongAndOverflow(number, &overflow);
    }
    return value >= 0 ? decimal(value) : PyObject_Str(number);
}

/* Lib/http/server.py: BaseHTTPRequestHandler.log_request */
int
BaseHTTPRequestHandler_log_request(BaseHTTPRequestHandler *self,
                                   PyObject *code, PyObject *size)
{
    PyObject *dash = PyUnicode_FromString("-");
    PyObject *code_str = NULL, *size_str = NULL, *args = NULL;
    int result = -1;

    if (FAILED(dash == NULL)) {
        return -1;
    }
    code = code == NULL ? dash : code;
    size = size == NULL ? dash : size;
    if (release()->log_colour) {
        Py_XSETREF(self->_log_request_info, PyTuple_Pack(2, code, size));
        if (FAILED(self->_log_request_info == NULL)) {
            goto done;
        }
    }
    if (FAILED(self->requestline == NULL &&
               lacks_attribute(self, "requestline") < 0))
    {
        goto done;
    }
    code_str = str_of_number(code);
    if (FAILED(code_str == NULL)) {
        goto done;
    }
    size_str = str_of_number(size);
    if (FAILED(size_str == NULL)) {
        goto done;
    }
    args = PyTuple_Pack(3, self->requestline, code_str, size_str);
    if (FAILED(args == NULL)) {
        goto done;
    }
    result = TRACED(class_of(self)->log_message(self, access_format, args));

done:
    Py_DECREF(dash);
    Py_XDECREF(code_str);
    Py_XDECREF(size_str);
    Py_XDECREF(args);
    return result;
}

/* Lib/http/server.py: BaseHTTPRequestHandler.log_error */
int
BaseHTTPRequestHandler_log_error(BaseHTTPRequestHandler *self,
                                 const char *format, PyObject *args)
{
    self->_log_is_error = true;
    return TRACED(class_of(self)->log_message(self, format, args));
}

/* Whether it is the access log's message: that format, and three str, whose
 * characters are filled in. */
static bool
pieces_of_access(const char *format, PyObject *args, Piece pieces[3])
{
    return strcmp(format, access_format) == 0 && PyTuple_CheckExact(args) &&
           PyTuple_GET_SIZE(args) == 3 &&
           piece_of_str(PyTuple_GET_ITEM(args, 0), &pieces[0]) &&
           piece_of_str(PyTuple_GET_ITEM(args, 1), &pieces[1]) &&
           piece_of_str(PyTuple_GET_ITEM(args, 2), &pieces[2]);
}

/* (format % args).translate(self._control_char_table): a new str. The access
 * log's is put together without a format: 350 instructions, and not 2,000. */
static PyObject *
format_message(const char *format, PyObject *args)
{
    Piece quote = { "\"", 1 }, end = { "\" ", 2 }, space = { " ", 1 };
    Piece part[3];
    PyObject *message;

    if (pieces_of_access(format, args, part)) {
        message = join_str(
            (Piece[]){ quote, part[0], end, part[1], space, part[2] }, 6);
    }
    else {
        message = percent(format, args);
    }
    if (message != NULL) {
        Py_SETREF(message, escape_control_characters(message));
    }
    return message;
}

/* _colorize.get_theme(tty_file=sys.stderr).http_server: colours by their
 * names, each "" where sys.stderr is no terminal. */
static PyObject *
get_theme(void)
{
    PyObject *file, *kwargs, *http_server;

    let_signals_wait(true);
    file = sys_stderr(); /* borrowed */
    kwargs = file == NULL ? NULL : Py_BuildValue("{sO}", "tty_file", file);
    http_server = attribute_of(
        call_with_keywords("_colorize", "get_theme", PyTuple_New(0), kwargs),
        "http_server");
    let_signals_wait(false);
    return http_server;
}

/* An access log's message, or one about an error, in the colours of `t`: a
 * new str. Another one is as it was. */
static PyObject *
colour_message(BaseHTTPRequestHandler *self, PyObject *message, PyObject *t)
{
    PyObject *info = self->_log_request_info;
    PyObject *coloured;

    if (info != NULL) {
        self->_log_request_info = NULL;
        coloured = BaseHTTPRequestHandler__colorize_request(
            self, PyTuple_GET_ITEM(info, 0), PyTuple_GET_ITEM(info, 1), t);
        Py_DECREF(info);
        return coloured;
    }
    if (!self->_log_is_error) {
        return Py_NewRef(message);
    }
    self->_log_is_error = false;
    return in_colour(t, "error", Py_NewRef(message));
}

/* The whole line of a log that has colours: a new str. */
static PyObject *
colour_line(PyObject *t, PyObject *address, PyObject *date, PyObject *message)
{
    PyObject *start = in_colour(
        t, "timestamp", PyUnicode_FromFormat("%S - - [%S]", address, date));
    PyObject *line =
        start == NULL ? NULL : PyUnicode_FromFormat("%U %U\n", start, message);

    Py_XDECREF(start);
    return line;
}

/* "%s - - [%s] %s\n" % (address, date, message): a new str. */
static PyObject *
plain_line(PyObject *address, PyObject *date, PyObject *message)
{
    Piece dashes = { " - - [", 6 }, bracket = { "] ", 2 }, end = { "\n", 1 };
    Piece host, time, text;

    if (piece_of_str(address, &host) && piece_of_str(date, &time) &&
        piece_of_str(message, &text))
    {
        return join_str((Piece[]){ host, dashes, time, bracket, text, end },
                        6);
    }
    return PyUnicode_FromFormat("%S - - [%S] %U\n", address, date, message);
}

/* Lib/http/server.py: BaseHTTPRequestHandler.log_message */
int
BaseHTTPRequestHandler_log_message(BaseHTTPRequestHandler *self,
                                   const char *format, PyObject *args)
{
    PyObject *t = NULL, *address = NULL, *date = NULL, *line = NULL;
    PyObject *message = format_message(format, args);
    int result = -1;

    if (FAILED(message == NULL)) {
        return -1;
    }
    if (release()->log_colour) {
        t = get_theme();
        if (FAILED(t == NULL)) {
            goto done;
        }
        Py_SETREF(message, colour_message(self, message, t));
        if (FAILED(message == NULL)) {
            goto done;
        }
    }
    address = class_of(self)->address_string(self);
    if (FAILED(address == NULL)) {
        goto done;
    }
    date = class_of(self)->log_date_time_string(self);
    if (FAILED(date == NULL)) {
        goto done;
    }
    line = t == NULL ? plain_line(address, date, message)
                     : colour_line(t, address, date, message);
    if (FAILED(line == NULL || write_to_stderr(line) < 0)) {
        goto done;
    }
    result = 0;

done:
    Py_XDECREF(t);
    Py_XDECREF(address);
    Py_XDECREF(date);
    Py_XDECREF(line);
    Py_XDECREF(message);
    return result;
}

/* ----- Versions, dates and names ----- */

/* Lib/http/server.py: BaseHTTPRequestHandler.version_string */
PyObject *
BaseHTTPRequestHandler_version_string(BaseHTTPRequestHandler *self)
{
    return PyUnicode_FromFormat("%s Python/%s", class_of(self)->server_version,
                                python_version());
}

/* Lib/http/server.py: BaseHTTPRequestHandler.date_time_string */
PyObject *
BaseHTTPRequestHandler_date_time_string(BaseHTTPRequestHandler *self,
                                        time_t timestamp)
{
    (void)self;
    if (timestamp == -1) {
        timestamp = time(NULL);
    }
    return formatdate(timestamp);
}

/* Lib/http/server.py: BaseHTTPRequestHandler.log_date_time_string */
PyObject *
BaseHTTPRequestHandler_log_date_time_string(BaseHTTPRequestHandler *self)
{
    time_t now = time(NULL);
    struct tm tm;
    char text[] = "01/Jan/1970 00:00:00";

    (void)self;
    if (localtime_r(&now, &tm) == NULL) {
        PyErr_SetFromErrno(PyExc_OSError);
        return NULL;
    }
    /* '%02d/%3s/%04d %02d:%02d:%02d', written digit by digit: 150 instructions
     * and not 2,600. The clock stands between 1970 and 9999. */
    write_two_digits(text, tm.tm_mday);
    memcpy(text + 3, monthname[tm.tm_mon], 3);
    write_two_digits(text + 7, (tm.tm_year + 1900) / 100);
    write_two_digits(text + 9, tm.tm_year % 100);
    write_two_digits(text + 12, tm.tm_hour);
    write_two_digits(text + 15, tm.tm_min);
    write_two_digits(text + 18, tm.tm_sec);
    return str_of_piece((Piece){ text, sizeof(text) - 1 });
}

/* Lib/http/server.py: BaseHTTPRequestHandler.address_string */
PyObject *
BaseHTTPRequestHandler_address_string(BaseHTTPRequestHandler *self)
{
    PyObject *address = PySequence_GetItem(self->base.base.client_address, 0);

    return FAILED(address == NULL) ? NULL : address;
}

/* ----- The class ----- */

int
BaseHTTPRequestHandler_traverse(PyObject *op, visitproc visit, void *arg)
{
    BaseHTTPRequestHandler *self = (BaseHTTPRequestHandler *)op;

    Py_VISIT(self->raw_requestline);
    Py_VISIT(self->requestline);
    Py_VISIT(self->command);
    Py_VISIT(self->path);
    Py_VISIT(self->request_version);
    Py_VISIT(self->headers);
    Py_VISIT(self->_headers_buffer);
    Py_VISIT(self->_log_request_info);
    return StreamRequestHandler_traverse(op, visit, arg);
}

int
BaseHTTPRequestHandler_clear(PyObject *op)
{
    BaseHTTPRequestHandler *self = (BaseHTTPRequestHandler *)op;

    Py_CLEAR(self->raw_requestline);
    Py_CLEAR(self->requestline);
    Py_CLEAR(self->command);
    Py_CLEAR(self->path);
    Py_CLEAR(self->request_version);
    Py_CLEAR(self->headers);
    Py_CLEAR(self->_headers_buffer);
    Py_CLEAR(self->_log_request_info);
    return StreamRequestHandler_clear(op);
}

PyTypeObject BaseHTTPRequestHandler_type = {
    .tp_name = "cwsgiref.http.server.BaseHTTPRequestHandler",
    .tp_base = &StreamRequestHandler_type,
    .tp_basicsize = sizeof(BaseHTTPRequestHandler),
    .tp_traverse = BaseHTTPRequestHandler_traverse,
    .tp_clear = BaseHTTPRequestHandler_clear,
};

static const DoMethod no_do_methods[] = { { NULL, NULL } };

const BaseHTTPRequestHandlerClass BaseHTTPRequestHandler_class = {
    .base = {
        .base = {
            .type = &BaseHTTPRequestHandler_type,

            .init = BaseRequestHandler_init,
            .setup = StreamRequestHandler_setup,
            .handle = BaseHTTPRequestHandler_handle,
            .finish = StreamRequestHandler_finish,
        },
        .rbufsize = -1,
        .wbufsize = 0,
        .timeout = -1,
        .disable_nagle_algorithm = false,
    },
    .server_version = http_server_version,
    .error_message_format = DEFAULT_ERROR_MESSAGE,
    .error_content_type = "text/html;charset=utf-8",
    .default_request_version = "HTTP/0.9",
    .protocol_version = "HTTP/1.0",
    .MessageClass = &HTTPMessage_class,
    .do_methods = no_do_methods,

    .parse_request = BaseHTTPRequestHandler_parse_request,
    .handle_expect_100 = BaseHTTPRequestHandler_handle_expect_100,
    .handle_one_request = BaseHTTPRequestHandler_handle_one_request,
    .send_error = BaseHTTPRequestHandler_send_error,
    .send_response = BaseHTTPRequestHandler_send_response,
    .send_response_only = BaseHTTPRequestHandler_send_response_only,
    .send_header = BaseHTTPRequestHandler_send_header,
    .end_headers = BaseHTTPRequestHandler_end_headers,
    .flush_headers = BaseHTTPRequestHandler_flush_headers,
    .log_request = BaseHTTPRequestHandler_log_request,
    .log_error = BaseHTTPRequestHandler_log_error,
    .log_message = BaseHTTPRequestHandler_log_message,
    .version_string = BaseHTTPRequestHandler_version_string,
    .date_time_string = BaseHTTPRequestHandler_date_time_string,
    .log_date_time_string = BaseHTTPRequestHandler_log_date_time_string,
    .address_string = BaseHTTPRequestHandler_address_string,
};
