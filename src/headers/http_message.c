/* The headers of a request: how they are read (Lib/http/client.py), parsed
 * (Lib/email/feedparser.py and what it calls, in one pass), and asked for
 * (Lib/email/message.py: Message). */
#include "headers/http_message.h"

#include <string.h>

#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/release.h"
#include "python/unpack.h"

PyObject *HTTPException; /* owned */
PyObject *LineTooLong;   /* owned */

/* class HTTPException(Exception), class LineTooLong(HTTPException), by the
 * names that a traceback shows in Python. */
int
http_message_ready(void)
{
    if (HTTPException == NULL) {
        HTTPException =
            PyErr_NewException("http.client.HTTPException", NULL, NULL);
    }
    if (HTTPException != NULL && LineTooLong == NULL) {
        LineTooLong =
            PyErr_NewException("http.client.LineTooLong", HTTPException, NULL);
    }
    return LineTooLong == NULL ? -1 : 0;
}

/* ----- Reading: http.client ----- */

/* Whether a line ends the headers: b'\r\n', b'\n', or b'' at the end. */
static bool
is_blank(PyObject *line)
{
    const char *bytes = PyBytes_AS_STRING(line);

    switch (PyBytes_GET_SIZE(line)) {
    case 0:
        return true;
    case 1:
        return bytes[0] == '\n';
    case 2:
        return bytes[0] == '\r' && bytes[1] == '\n';
    default:
        return false;
    }
}

/* Lib/http/client.py: _read_headers. A new list of bytes. */
static PyObject *
read_headers(BufferedIOBase *fp)
{
    PyObject *headers = PyList_New(0);
    PyObject *line = NULL;
    bool blank = false;

    while (headers != NULL && !blank) {
        Py_XSETREF(line, fp->cls->readline(fp, _MAXLINE + 1));
        if (FAILED(line == NULL)) {
            goto fail;
        }
        if (PyBytes_GET_SIZE(line) > _MAXLINE) {
            RAISE(LineTooLong, "got more than %d bytes when reading %s",
                  _MAXLINE, "header line");
            goto fail;
        }
        blank = is_blank(line);
        if (PyList_GET_SIZE(headers) == _MAXHEADERS) {
            int too_many = blank ? release_asked(blank_line_counts) : 1;

            if (FAILED(too_many < 0)) {
                goto fail;
            }
            if (too_many) {
                RAISE(HTTPException, "got more than %d headers", _MAXHEADERS);
                goto fail;
            }
        }
        if (PyList_Append(headers, line) < 0) {
            goto fail;
        }
    }
    Py_XDECREF(line);
    return headers;

fail:
    Py_XDECREF(line);
    Py_DECREF(headers);
    return NULL;
}

/* b''.join(lines).decode('iso-8859-1') */
static PyObject *
decode_lines(PyObject *lines)
{
    Py_ssize_t size = 0;
    PyObject *bytes, *text;
    char *to;

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        size += PyBytes_GET_SIZE(PyList_GET_ITEM(lines, i));
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    to = PyBytes_AS_STRING(bytes);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        PyObject *line = PyList_GET_ITEM(lines, i);

        memcpy(to, PyBytes_AS_STRING(line), (size_t)PyBytes_GET_SIZE(line));
        to += PyBytes_GET_SIZE(line);
    }
    text = PyUnicode_DecodeLatin1(PyBytes_AS_STRING(bytes), size, NULL);
    Py_DECREF(bytes);
    return text;
}

/* email.parser.Parser(_class).parsestr() of header lines. */
static HTTPMessage *
parsestr(PyObject *header_lines, const HTTPMessageClass *_class)
{
    PyObject *hstring = decode_lines(header_lines);
    HTTPMessage *message = NULL;

    if (hstring != NULL) {
        message = HTTPMessage_parsestr(_class, hstring);
        Py_DECREF(hstring);
    }
    return message;
}

/* Lib/http/client.py: _parse_header_lines, which later releases have */
static HTTPMessage *
parse_header_lines(PyObject *header_lines, const HTTPMessageClass *_class)
{
    HTTPMessage *message = parsestr(header_lines, _class);

    (void)FAILED(message == NULL);
    return message;
}

/* Lib/http/client.py: parse_headers */
HTTPMessage *
parse_headers(BufferedIOBase *fp, const HTTPMessageClass *_class)
{
    PyObject *headers = read_headers(fp);
    HTTPMessage *message;

    if (FAILED(headers == NULL)) {
        return NULL;
    }
    message = release()->parse_header_lines
                  ? parse_header_lines(headers, _class)
                  : parsestr(headers, _class);
    (void)FAILED(message == NULL);
    Py_DECREF(headers);
    return message;
}

/* ----- Parsing: email.parser ----- */

/* The characters of a header block. What is not in ISO-8859-1 is a 0xFF in
 * `data`: it is no part of a name, and ends no line. */
typedef struct Text {
    PyObject *str;             /* borrowed */
    PyObject *copy;            /* owned; keeps the data of a str beyond it */
    const unsigned char *data; /* borrowed */
    Py_ssize_t length;
} Text;

/* The text of a str. 0 or -1. */
static int
read_text(Text *text, PyObject *str)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(str);
    Py_UCS1 *to;

    *text = (Text){ .str = str, .length = length };
    if (PyUnicode_KIND(str) == PyUnicode_1BYTE_KIND) {
        text->data = PyUnicode_1BYTE_DATA(str);
        return 0;
    }
    text->copy = PyUnicode_New(length, 0xFF);
    if (text->copy == NULL) {
        return -1;
    }
    to = PyUnicode_1BYTE_DATA(text->copy);
    for (Py_ssize_t i = 0; i < length; i++) {
        to[i] = (Py_UCS1)Py_MIN(PyUnicode_READ_CHAR(str, i), 0xFF);
    }
    text->data = to;
    return 0;
}

/* The character at `i`, or 0 at the end. */
static unsigned char
char_at(const Text *text, Py_ssize_t i)
{
    return i < text->length ? text->data[i] : 0;
}

/* One past the line that `start` is in. A line ends with CR, LF or CRLF.
 * Lib/email/feedparser.py: BufferedSubFile */
static Py_ssize_t
find_line_end(const Text *text, Py_ssize_t start)
{
    for (Py_ssize_t i = start; i < text->length; i++) {
        unsigned char c = text->data[i];

        if (c > '\r') {
            continue; /* nearly every one */
        }
        if (c == '\r' && char_at(text, i + 1) == '\n') {
            return i + 2;
        }
        if (c == '\r' || c == '\n') {
            return i + 1;
        }
    }
    return text->length;
}

/* Whether the line at `start` begins with "From ", as in a mailbox. */
static bool
is_unixfrom(const Text *text, Py_ssize_t start)
{
    static const char from[] = "From ";

    for (Py_ssize_t i = 0; from[i] != '\0'; i++) {
        if (char_at(text, start + i) != from[i]) {
            return false;
        }
    }
    return true;
}

/* The colon after the name of the header at `start`, or -1: no header. A name
 * may be empty, and has no spaces, controls or characters beyond ASCII.
 * Lib/email/feedparser.py: headerRE */
static Py_ssize_t
find_colon(const Text *text, Py_ssize_t start)
{
    Py_ssize_t i = start;

    while (char_at(text, i) > ' ' && char_at(text, i) < 0x7F &&
           char_at(text, i) != ':')
    {
        i++;
    }
    return char_at(text, i) == ':' ? i : -1;
}

static bool
is_line_end(unsigned char c)
{
    return c == '\r' || c == '\n';
}

static bool
is_blank_character(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* Where the value begins that has `first` and `end` around it: behind its
 * white space, in later releases also if that goes on in a line of its own.
 * -1 on error. */
static Py_ssize_t
find_value(const Text *text, Py_ssize_t first, Py_ssize_t end)
{
    int removed;

    while (first < end && is_blank_character(char_at(text, first))) {
        first++;
    }
    if (first == end || !is_line_end(char_at(text, first))) {
        return first;
    }
    removed = release_asked(leading_fold_removed);
    if (removed < 0) {
        return -1;
    }
    while (removed && first < end &&
           (is_blank_character(char_at(text, first)) ||
            is_line_end(char_at(text, first))))
    {
        first++;
    }
    return first;
}

/* Appends the header with its name at `start` and its value, continuation
 * lines and all, between `colon` and `end`.
 * Lib/email/_policybase.py: Compat32.header_source_parse */
static int
append_header(PyObject *headers, const Text *text, Py_ssize_t start,
              Py_ssize_t colon, Py_ssize_t end)
{
    PyObject *name, *value;
    PyObject *header = NULL;
    Py_ssize_t first;
    int result = -1;

    while (end > colon + 1 && is_line_end(char_at(text, end - 1))) {
        end--;
    }
    first = find_value(text, colon + 1, end);
    if (first < 0) {
        return -1;
    }
    name = PyUnicode_Substring(text->str, start, colon);
    value = PyUnicode_Substring(text->str, first, end);
    if (name != NULL && value != NULL) {
        header = PyTuple_Pack(2, name, value);
    }
    if (header != NULL) {
        result = PyList_Append(headers, header);
    }
    Py_XDECREF(header);
    Py_XDECREF(value);
    Py_XDECREF(name);
    return result;
}

/* Lib/email/feedparser.py: FeedParser._parsegen, up to where it calls
 * _parse_headers, and that. What is there one list of lines and a second pass
 * is one pass here. Kept are the headers alone: not the `unixfrom` line, the
 * defects and the payload. So a block that ends early, at a line without a
 * colon, can't fail in what Python then takes for a body (a "message/rfc822"
 * within another a thousand times is a RecursionError there). */
static int
parse_lines(PyObject *headers, const Text *text)
{
    Py_ssize_t name = 0;   /* where the header that is being read begins */
    Py_ssize_t colon = -1; /* its colon, or -1: none is */
    Py_ssize_t start, end;

    for (start = 0; start < text->length; start = end) {
        unsigned char c = char_at(text, start);

        end = find_line_end(text, start);
        if (c == ' ' || c == '\t') {
            continue; /* of the header before it; of none: dropped */
        }
        if (colon >= 0 && append_header(headers, text, name, colon, start) < 0)
        {
            return -1;
        }
        colon = -1;
        if (is_unixfrom(text, start)) {
            continue;
        }
        name = start;
        colon = find_colon(text, start);
        if (colon < 0) {
            return 0; /* the blank line, or the first one of a body */
        }
        if (colon == start) {
            colon = -1; /* a header without a name */
        }
    }
    if (colon >= 0) {
        return append_header(headers, text, name, colon, start);
    }
    return 0;
}

/* email.message.Message() with that Content-Type: what its get_boundary()
 * gives, a new reference. */
static PyObject *
get_boundary(PyObject *content_type)
{
    PyObject *type = import_from("email.message", "Message");
    PyObject *message = NULL, *boundary = NULL;

    if (type != NULL) {
        message = PyObject_CallNoArgs(type);
        Py_DECREF(type);
    }
    if (message != NULL &&
        discard(PyObject_CallMethod(message, "__setitem__", "sO",
                                    "Content-Type", content_type)) == 0)
    {
        boundary = PyObject_CallMethod(message, "get_boundary", NULL);
    }
    Py_XDECREF(message);
    return boundary;
}

/* Python's parser looks for the boundary of a multipart message, and there
 * are some that email can't decode ("boundary*=a; boundary*0=b" is a
 * TypeError), which ends the request. email itself says which: 0, or -1. */
static int
check_boundary(HTTPMessage *self)
{
    PyObject *value = HTTPMessage_get(self, "content-type", NULL);
    PyObject *type = NULL;
    const char *text = NULL;
    int result = -1;

    if (value == Py_None) {
        result = 0;
        goto done;
    }
    type = HTTPMessage_get_content_type(self);
    if (type != NULL) {
        text = PyUnicode_AsUTF8(type);
    }
    if (text != NULL) {
        result = strncmp(text, "multipart/", 10) == 0
                     ? discard(get_boundary(value))
                     : 0;
    }

done:
    Py_DECREF(value);
    Py_XDECREF(type);
    return result;
}

/* Lib/email/parser.py: Parser.parsestr */
HTTPMessage *
HTTPMessage_parsestr(const HTTPMessageClass *_class, PyObject *text)
{
    HTTPMessage *self = (HTTPMessage *)_class->type->tp_alloc(_class->type, 0);
    Text characters = { 0 };
    int result = -1;

    if (self == NULL) {
        return NULL;
    }
    self->cls = _class;
    self->_headers = PyList_New(0);
    if (self->_headers != NULL && read_text(&characters, text) == 0 &&
        parse_lines(self->_headers, &characters) == 0)
    {
        result = check_boundary(self);
    }
    Py_XDECREF(characters.copy);
    if (result < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* ----- Asking: email.message ----- */

/* Lib/email/message.py: Message.__len__ */
Py_ssize_t
HTTPMessage_len(HTTPMessage *self)
{
    return PyList_GET_SIZE(self->_headers);
}

/* Lib/email/message.py: Message.keys */
PyObject *
HTTPMessage_keys(HTTPMessage *self)
{
    return map_list(self->_headers, k_of_pair, NULL);
}

/* Lib/email/message.py: Message.values */
PyObject *
HTTPMessage_values(HTTPMessage *self)
{
    return map_list(self->_headers, v_of_pair, NULL);
}

/* Lib/email/message.py: Message.items */
PyObject *
HTTPMessage_items(HTTPMessage *self)
{
    return PyList_GetSlice(self->_headers, 0, PY_SSIZE_T_MAX);
}

/* The value of the header at `i` if it has that name, which is `length`
 * characters long, else NULL; borrowed. A name is of ASCII characters and has
 * no NUL: the parser sees to it. */
static PyObject *
value_if_named(HTTPMessage *self, Py_ssize_t i, const char *name,
               Py_ssize_t length)
{
    PyObject *header = PyList_GET_ITEM(self->_headers, i);
    PyObject *k = PyTuple_GET_ITEM(header, 0);

    if (PyUnicode_GET_LENGTH(k) != length ||
        PyOS_stricmp((const char *)PyUnicode_1BYTE_DATA(k), name) != 0)
    {
        return NULL;
    }
    return PyTuple_GET_ITEM(header, 1);
}

/* Lib/email/message.py: Message.get */
PyObject *
HTTPMessage_get(HTTPMessage *self, const char *name, PyObject *failobj)
{
    Py_ssize_t length = (Py_ssize_t)strlen(name);

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self->_headers); i++) {
        PyObject *value = value_if_named(self, i, name, length);

        if (value != NULL) {
            return Py_NewRef(value);
        }
    }
    return Py_NewRef(failobj == NULL ? Py_None : failobj);
}

/* Lib/email/message.py: Message.get_all */
PyObject *
HTTPMessage_get_all(HTTPMessage *self, const char *name, PyObject *failobj)
{
    Py_ssize_t length = (Py_ssize_t)strlen(name);
    PyObject *values = PyList_New(0);

    for (Py_ssize_t i = 0;
         i < PyList_GET_SIZE(self->_headers) && values != NULL; i++)
    {
        PyObject *value = value_if_named(self, i, name, length);

        if (value != NULL && PyList_Append(values, value) < 0) {
            Py_CLEAR(values);
        }
    }
    if (values != NULL && PyList_GET_SIZE(values) == 0) {
        Py_SETREF(values, Py_NewRef(failobj == NULL ? Py_None : failobj));
    }
    return values;
}

/* param.partition(';')[0].strip(): a new str.
 * Lib/email/message.py: _splitparam */
static PyObject *
split_first_param(PyObject *param)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(param);
    Py_ssize_t end = PyUnicode_FindChar(param, ';', 0, length, 1);
    PyObject *first = PyUnicode_Substring(param, 0, end < 0 ? length : end);
    PyObject *stripped;

    if (first == NULL) {
        return NULL;
    }
    stripped = strip(first);
    Py_DECREF(first);
    return stripped;
}

/* Lib/email/message.py: Message.get_content_type
 *
 * get_default_type() is "text/plain": only a part of a "multipart/digest" has
 * another. */
PyObject *
HTTPMessage_get_content_type(HTTPMessage *self)
{
    PyObject *value = HTTPMessage_get(self, "content-type", NULL);
    PyObject *param, *ctype, *slash;
    Py_ssize_t slashes;

    if (value == Py_None) {
        Py_DECREF(value);
        return PyUnicode_FromString("text/plain");
    }
    param = split_first_param(value);
    Py_DECREF(value);
    if (param == NULL) {
        return NULL;
    }
    ctype = lower(param);
    Py_DECREF(param);
    if (ctype == NULL) {
        return NULL;
    }
    slash = PyUnicode_FromString("/");
    slashes =
        slash == NULL ? -1 : PyUnicode_Count(ctype, slash, 0, PY_SSIZE_T_MAX);
    Py_XDECREF(slash);
    if (slashes != 1) {
        Py_DECREF(ctype);
        return slashes < 0 ? NULL : PyUnicode_FromString("text/plain");
    }
    return ctype;
}

/* ----- The class ----- */

static int
HTTPMessage_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((HTTPMessage *)op)->_headers);
    return 0;
}

static int
HTTPMessage_clear(PyObject *op)
{
    Py_CLEAR(((HTTPMessage *)op)->_headers);
    return 0;
}

PyTypeObject HTTPMessage_type = {
    .tp_name = "cwsgiref.http.client.HTTPMessage",
    .tp_basicsize = sizeof(HTTPMessage),
    .tp_traverse = HTTPMessage_traverse,
    .tp_clear = HTTPMessage_clear,
};

const HTTPMessageClass HTTPMessage_class = {
    .type = &HTTPMessage_type,
};
