/* Lib/wsgiref/headers.py: Headers. The headers of a response. */
#ifndef CWSGIREF_HEADERS_HEADERS_H
#define CWSGIREF_HEADERS_HEADERS_H

#include <Python.h>

typedef struct Headers Headers;
typedef struct HeadersClass HeadersClass;

/* What BaseHandler needs of a class like Headers. */
struct HeadersClass {
    PyTypeObject *type;

    int (*init)(Headers *self, PyObject *headers);
    int (*setitem)(Headers *self, PyObject *name, PyObject *val);
    int (*delitem)(Headers *self, PyObject *name);
    int (*contains)(Headers *self, PyObject *name);
    PyObject *(*get)(Headers *self, PyObject *name, PyObject *default_);
    PyObject *(*bytes)(Headers *self);
    PyObject *(*str)(Headers *self);
    PyObject *(*setdefault)(Headers *self, PyObject *name, PyObject *value);
    PyObject *(*_convert_string_type)(Headers *self, PyObject *value,
                                      int name);
};

struct Headers {
    PyObject_HEAD
    const HeadersClass *cls;
    PyObject *_headers; /* owned; the very list that the application gave */
};

extern PyTypeObject Headers_type;
extern const HeadersClass Headers_class;

/* Headers(headers): `headers` is a list of (name, value), kept and changed in
 * place, or NULL for a new one. NULL with TypeError, AssertionError or
 * ValueError if it is not such a list. */
Headers *Headers_new(const HeadersClass *cls, PyObject *headers);

/* `key="value"` for a header parameter: a new str. `value` may be NULL (or
 * None): the bare key. quote: 0 quotes only what must be.
 * Lib/wsgiref/headers.py: _formatparam */
PyObject *formatparam(PyObject *param, PyObject *value, int quote);

int Headers_init(Headers *self, PyObject *headers);
/* `value` itself (a new reference) if it is a str without control characters;
 * name: true for a header's name, which may not hold a TAB either. */
PyObject *Headers__convert_string_type(Headers *self, PyObject *value,
                                       int name);
Py_ssize_t Headers_len(Headers *self);
int Headers_setitem(Headers *self, PyObject *name, PyObject *val);
int Headers_delitem(Headers *self, PyObject *name);
PyObject *Headers_getitem(Headers *self, PyObject *name);
int Headers_contains(Headers *self, PyObject *name); /* 1, 0, -1 */
PyObject *Headers_get_all(Headers *self, PyObject *name);
/* The first value of that name, or `default_` (NULL: None); a new
 * reference. */
PyObject *Headers_get(Headers *self, PyObject *name, PyObject *default_);
PyObject *Headers_keys(Headers *self);
PyObject *Headers_values(Headers *self);
PyObject *Headers_items(Headers *self);
PyObject *Headers_repr(Headers *self);
PyObject *Headers_str(Headers *self);
PyObject *Headers_bytes(Headers *self);
PyObject *Headers_setdefault(Headers *self, PyObject *name, PyObject *value);
/* _params: a dict of keyword parameters, or NULL. */
int Headers_add_header(Headers *self, PyObject *_name, PyObject *_value,
                       PyObject *_params);

#endif
