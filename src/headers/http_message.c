/* The headers of a request: how they are read (Lib/http/client.py), parsed
 * (Lib/email/feedparser.py and what it calls, in one pass), and asked for
 * (Lib/email/message.py: Message).
 *
 * Python's parser makes a str of each name and each value. Most are never
 * asked for: WSGI wants other names, and values without their white space. So
 * a message here keeps the text, and where each header stands in it. A header
 * costs 1,100 instructions less. */
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
    if (LineTooLong != NULL) {
        return 0;
    }
    HTTPException =
        PyErr_NewException("http.client.HTTPException", NULL, NULL);
    if (HTTPException != NULL) {
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

/* b''.join(lines), new bytes. */
static PyObject *
join_lines(PyObject *lines)
{
    Py_ssize_t size = 0;
    PyObject *block;
    char *to;

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        size += PyBytes_GET_SIZE(PyList_GET_ITEM(lines, i));
    }
    block = PyBytes_FromStringAndSize(NULL, size);
    if (block == NULL) {
        return NULL;
    }
    to = PyBytes_AS_STRING(block);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        PyObject *line = PyList_GET_ITEM(lines, i);

        memcpy(to, PyBytes_AS_STRING(line), (size_t)PyBytes_GET_SIZE(line));
        to += PyBytes_GET_SIZE(line);
    }
    return block;
}

/* The chapter after this one. */
static HTTPMessage *parse_block(const HTTPMessageClass *_class,
                                PyObject *block, PyObject *text);

/* hstring = b''.join(header_lines).decode('iso-8859-1')
 * email.parser.Parser(_class=_class).parsestr(hstring) */
static HTTPMessage *
parsestr(PyObject *header_lines, const HTTPMessageClass *_class)
{
    PyObject *block = join_lines(header_lines);

    return block == NULL ? NULL : parse_block(_class, block, NULL);
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

/* The text that is parsed, with a NUL behind it. */
typedef struct Text {
    const unsigned char *data; /* borrowed; a byte for each character */
    Py_ssize_t length;
    Py_ssize_t newline; /* the first one that is not before the line that was
                         * asked for last; `length` if there is none */
} Text;

/* One past the line that `start` is in. A line ends with CR, LF or CRLF. Where
 * the next LF is, is kept: a block of many CR is looked through once.
 * Lib/email/feedparser.py: BufferedSubFile */
static Py_ssize_t
find_line_end(Text *text, Py_ssize_t start)
{
    const unsigned char *line = text->data + start;
    const unsigned char *found;

    if (text->newline < start) {
        found = memchr(line, '\n', (size_t)(text->length - start));
        text->newline = found == NULL ? text->length : found - text->data;
    }
    found = memchr(line, '\r', (size_t)(text->newline - start));
    if (found != NULL && found + 1 != text->data + text->newline) {
        return found + 1 - text->data;
    }
    return Py_MIN(text->newline + 1, text->length);
}

/* Whether the line at `start` begins with "From ", as in a mailbox. */
static bool
is_unixfrom(const Text *text, Py_ssize_t start)
{
    return text->data[start] == 'F' && /* few do */
           strncmp((const char *)text->data + start, "From ", 5) == 0;
}

/* The colon after the name of the header at `start`, or -1: no header. A name
 * may be empty, and has no spaces, controls or characters beyond ASCII.
 * Lib/email/feedparser.py: headerRE */
static Py_ssize_t
find_colon(const Text *text, Py_ssize_t start)
{
    const unsigned char *c = text->data + start;

    while (*c > ' ' && *c < 0x7F && *c != ':') { /* the NUL is none of them */
        c++;
    }
    return *c == ':' ? c - text->data : -1;
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

    while (first < end && is_blank_character(text->data[first])) {
        first++;
    }
    if (first == end || !is_line_end(text->data[first])) {
        return first;
    }
    removed = release_asked(leading_fold_removed);
    if (removed < 0) {
        return -1;
    }
    while (removed && first < end &&
           (is_blank_character(text->data[first]) ||
            is_line_end(text->data[first])))
    {
        first++;
    }
    return first;
}

/* self._headers.append(...). 0 or -1. */
static int
append_place(HTTPMessage *self, HeaderPlace place)
{
    const Py_ssize_t enough_for_most = 16;

    if (self->count == self->capacity) {
        Py_ssize_t capacity = Py_MAX(2 * self->capacity, enough_for_most);
        HeaderPlace *places = PyMem_Realloc(
            self->_headers, (size_t)capacity * sizeof(HeaderPlace));

        if (places == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->_headers = places;
        self->capacity = capacity;
    }
    self->_headers[self->count] = place;
    self->count++;
    return 0;
}

/* Appends the header with its name at `start` and its value, continuation
 * lines and all, between `colon` and `end`.
 * Lib/email/_policybase.py: Compat32.header_source_parse */
static int
append_header(HTTPMessage *self, const Text *text, Py_ssize_t start,
              Py_ssize_t colon, Py_ssize_t end)
{
    Py_ssize_t first;

    while (end > colon + 1 && is_line_end(text->data[end - 1])) {
        end--;
    }
    first = find_value(text, colon + 1, end);
    if (first < 0) {
        return -1;
    }
    return append_place(self, (HeaderPlace){ start, colon, first, end });
}

/* Lib/email/feedparser.py: FeedParser._parsegen, up to where it calls
 * _parse_headers, and that. What is there one list of lines and a second pass
 * is one pass here. Kept are the headers alone: not the `unixfrom` line, the
 * defects and the payload. So a block that ends early, at a line without a
 * colon, can't fail in what Python then takes for a body (a "message/rfc822"
 * within another a thousand times is a RecursionError there). */
static int
parse_lines(HTTPMessage *self, Text *text)
{
    Py_ssize_t name = 0;   /* where the header that is being read begins */
    Py_ssize_t colon = -1; /* its colon, or -1: none is */
    Py_ssize_t start, end;

    for (start = 0; start < text->length; start = end) {
        unsigned char c = text->data[start];

        end = find_line_end(text, start);
        if (c == ' ' || c == '\t') {
            continue; /* of the header before it; of none: dropped */
        }
        if (colon >= 0 && append_header(self, text, name, colon, start) < 0) {
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
        return append_header(self, text, name, colon, start);
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

    if (value == NULL) {
        return -1;
    }
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

/* The message in a block; takes the block, and the text, which is NULL where
 * the block says all. */
static HTTPMessage *
parse_block(const HTTPMessageClass *_class, PyObject *block, PyObject *text)
{
    HTTPMessage *self = (HTTPMessage *)_class->type->tp_alloc(_class->type, 0);
    Text characters = { (const unsigned char *)PyBytes_AS_STRING(block),
                        PyBytes_GET_SIZE(block), -1 };

    if (self == NULL) {
        Py_DECREF(block);
        Py_XDECREF(text);
        return NULL;
    }
    self->cls = _class;
    self->block = block;
    self->text = text;
    if (parse_lines(self, &characters) < 0 || check_boundary(self) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* The characters of a str, a byte each, new bytes. What is not in ISO-8859-1
 * is a 0xFF: it is no part of a name, and ends no line. */
static PyObject *
narrow(PyObject *text)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    PyObject *block = PyBytes_FromStringAndSize(NULL, length);

    for (Py_ssize_t i = 0; block != NULL && i < length; i++) {
        PyBytes_AS_STRING(block)[i] =
            (char)Py_MIN(PyUnicode_READ_CHAR(text, i), 0xFF);
    }
    return block;
}

/* Lib/email/parser.py: Parser.parsestr */
HTTPMessage *
HTTPMessage_parsestr(const HTTPMessageClass *_class, PyObject *text)
{
    PyObject *block = narrow(text);

    return block == NULL ? NULL : parse_block(_class, block, Py_NewRef(text));
}

/* ----- Asking: email.message ----- */

/* The text from `start` to `end`: a new str. */
static PyObject *
substring(HTTPMessage *self, Py_ssize_t start, Py_ssize_t end)
{
    return self->text != NULL
               ? PyUnicode_Substring(self->text, start, end)
               : str_of_piece((Piece){ PyBytes_AS_STRING(self->block) + start,
                                       end - start });
}

/* The name, or the value, of the header at `i`: a new str. */
static PyObject *
name_at(HTTPMessage *self, Py_ssize_t i)
{
    return substring(self, self->_headers[i].name, self->_headers[i].colon);
}

static PyObject *
value_at(HTTPMessage *self, Py_ssize_t i)
{
    return substring(self, self->_headers[i].value, self->_headers[i].end);
}

/* (name, value) of the header at `i`: a new tuple. */
static PyObject *
item_at(HTTPMessage *self, Py_ssize_t i)
{
    PyObject *name = name_at(self, i);
    PyObject *value = value_at(self, i);
    PyObject *item =
        name == NULL || value == NULL ? NULL : PyTuple_Pack(2, name, value);

    Py_XDECREF(name);
    Py_XDECREF(value);
    return item;
}

/* What `part` makes of each header: a new list. */
static PyObject *
list_of(HTTPMessage *self, PyObject *(*part)(HTTPMessage *, Py_ssize_t))
{
    PyObject *list = PyList_New(self->count);

    for (Py_ssize_t i = 0; list != NULL && i < self->count; i++) {
        PyObject *object = part(self, i);

        if (object == NULL) {
            Py_CLEAR(list);
        }
        else {
            PyList_SET_ITEM(list, i, object);
        }
    }
    return list;
}

Piece
HTTPMessage_name(HTTPMessage *self, Py_ssize_t i)
{
    HeaderPlace place = self->_headers[i];

    return (Piece){ PyBytes_AS_STRING(self->block) + place.name,
                    place.colon - place.name };
}

/* The character at `i` of the text. */
static Py_UCS4
character_at(HTTPMessage *self, Py_ssize_t i)
{
    return self->text != NULL
               ? PyUnicode_READ_CHAR(self->text, i)
               : (unsigned char)PyBytes_AS_STRING(self->block)[i];
}

PyObject *
HTTPMessage_stripped_value(HTTPMessage *self, Py_ssize_t i)
{
    Py_ssize_t start = self->_headers[i].value;
    Py_ssize_t end = self->_headers[i].end;

    while (start < end && Py_UNICODE_ISSPACE(character_at(self, start))) {
        start++;
    }
    while (end > start && Py_UNICODE_ISSPACE(character_at(self, end - 1))) {
        end--;
    }
    return substring(self, start, end);
}

/* Lib/email/message.py: Message.__len__ */
Py_ssize_t
HTTPMessage_len(HTTPMessage *self)
{
    return self->count;
}

/* Lib/email/message.py: Message.keys */
PyObject *
HTTPMessage_keys(HTTPMessage *self)
{
    return list_of(self, name_at);
}

/* Lib/email/message.py: Message.values */
PyObject *
HTTPMessage_values(HTTPMessage *self)
{
    return list_of(self, value_at);
}

/* Lib/email/message.py: Message.items */
PyObject *
HTTPMessage_items(HTTPMessage *self)
{
    return list_of(self, item_at);
}

/* Whether a header, in its block, has that name, without case. Few names are
 * as long as another, and of these few begin alike. */
static bool
is_named(const HeaderPlace *place, const char *block, const char *name,
         Py_ssize_t length)
{
    const char *start = block + place->name;

    return place->colon - place->name == length &&
           Py_TOLOWER(*start) == Py_TOLOWER(*name) &&
           PyOS_strnicmp(start, name, length) == 0;
}

/* The first header from `i` on that has that name, without case; or their
 * number, if none has. */
static Py_ssize_t
find_header(HTTPMessage *self, Py_ssize_t i, const char *name)
{
    const char *block = PyBytes_AS_STRING(self->block);
    Py_ssize_t length = (Py_ssize_t)strlen(name);

    while (i < self->count &&
           !is_named(&self->_headers[i], block, name, length)) {
        i++;
    }
    return i;
}

/* Lib/email/message.py: Message.get */
PyObject *
HTTPMessage_get(HTTPMessage *self, const char *name, PyObject *failobj)
{
    Py_ssize_t i = find_header(self, 0, name);

    if (i < self->count) {
        return value_at(self, i);
    }
    return Py_NewRef(failobj == NULL ? Py_None : failobj);
}

/* Lib/email/message.py: Message.get_all */
PyObject *
HTTPMessage_get_all(HTTPMessage *self, const char *name, PyObject *failobj)
{
    PyObject *values = PyList_New(0);
    Py_ssize_t i = find_header(self, 0, name);

    while (values != NULL && i < self->count) {
        PyObject *value = value_at(self, i);

        if (value == NULL || PyList_Append(values, value) < 0) {
            Py_CLEAR(values);
        }
        Py_XDECREF(value);
        i = find_header(self, i + 1, name);
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

    if (value == NULL) {
        return NULL;
    }
    if (value == Py_None) {
        Py_DECREF(value);
        return Py_NewRef(names.text_plain);
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
        return slashes < 0 ? NULL : Py_NewRef(names.text_plain);
    }
    return ctype;
}

/* ----- The class ----- */

static void
HTTPMessage_dealloc(PyObject *op)
{
    HTTPMessage *self = (HTTPMessage *)op;

    Py_XDECREF(self->block);
    Py_XDECREF(self->text);
    PyMem_Free(self->_headers);
    Py_TYPE(op)->tp_free(op);
}

PyTypeObject HTTPMessage_type = {
    .tp_name = "cwsgiref.http.client.HTTPMessage",
    .tp_basicsize = sizeof(HTTPMessage),
    .tp_dealloc = HTTPMessage_dealloc,
};

const HTTPMessageClass HTTPMessage_class = {
    .type = &HTTPMessage_type,
};
