/* Lib/http/client.py: HTTPMessage and parse_headers, with what they have from
 * Lib/email. The headers of a request. */
#ifndef CWSGIREF_HEADERS_HTTP_MESSAGE_H
#define CWSGIREF_HEADERS_HTTP_MESSAGE_H

#include <Python.h>

#include "io/buffered_io_base.h"
#include "python/latin1.h"

typedef struct HTTPMessage HTTPMessage;
typedef struct HTTPMessageClass HTTPMessageClass;

struct HTTPMessageClass {
    PyTypeObject *type;
};

/* Where a header stands in the text: its name from `name` to `colon`, its
 * value from `value` to `end`. */
typedef struct HeaderPlace {
    Py_ssize_t name, colon, value, end;
} HeaderPlace;

struct HTTPMessage {
    PyObject_HEAD
    const HTTPMessageClass *cls;
    PyObject *block;       /* owned; bytes, one for each character */
    PyObject *text;        /* owned; the same as a str, or NULL: the block is
                            * ISO-8859-1 */
    HeaderPlace *_headers; /* owned; in the order of the request, duplicates
                            * and all */
    Py_ssize_t count, capacity; /* of _headers */
};

extern PyTypeObject HTTPMessage_type;
extern const HTTPMessageClass HTTPMessage_class;

/* http.client's exceptions, by its names: HTTPException, and LineTooLong
 * derived from it. Valid after types_ready(). */
extern PyObject *HTTPException;
extern PyObject *LineTooLong;

/* Makes them; types_ready() calls it. 0 or -1. */
int http_message_ready(void);

#define _MAXLINE 65536  /* bytes in a request line or header line */
#define _MAXHEADERS 100 /* lines, with the blank one */

/* Reads header lines from `fp`, the blank one included. Returns the message, a
 * new reference; NULL with LineTooLong("got more than 65536 bytes
 * when reading header line"), HTTPException("got more than 100 headers"), or
 * what reading raised.
 * Lib/http/client.py: parse_headers */
HTTPMessage *parse_headers(BufferedIOBase *fp, const HTTPMessageClass *_class);

/* The message in `text` (a str: a header block). A new reference.
 * Lib/email/parser.py: Parser.parsestr, as far as headers go */
HTTPMessage *HTTPMessage_parsestr(const HTTPMessageClass *_class,
                                  PyObject *text);

/* Names are compared without case; a failobj of NULL is None. New references.
 */
PyObject *HTTPMessage_get(HTTPMessage *self, const char *name,
                          PyObject *failobj);
PyObject *HTTPMessage_get_all(HTTPMessage *self, const char *name,
                              PyObject *failobj);
PyObject *HTTPMessage_items(HTTPMessage *self); /* a list of tuples */
PyObject *HTTPMessage_keys(HTTPMessage *self);
PyObject *HTTPMessage_values(HTTPMessage *self);
Py_ssize_t HTTPMessage_len(HTTPMessage *self);

/* The name of the header at `i`: ASCII characters, which the message keeps. */
Piece HTTPMessage_name(HTTPMessage *self, Py_ssize_t i);

/* value.strip() of the header at `i`: a new str. */
PyObject *HTTPMessage_stripped_value(HTTPMessage *self, Py_ssize_t i);

/* "maintype/subtype" in lower case without parameters; "text/plain" when
 * absent or malformed. Lib/email/message.py: Message.get_content_type */
PyObject *HTTPMessage_get_content_type(HTTPMessage *self);

#endif
