/* Lib/wsgiref/headers.py, in its order: _formatparam; the class, whose list
 * of pairs is the application's own; the methods of a mapping; the headers as
 * bytes; and two ways to add one. Then the same methods as CPython calls them,
 * and the type. Where Python code may run, the pair at hand is held. */
#include "headers/headers.h"

#include <structmember.h>

#include <stdbool.h>

#include "python/arguments.h"
#include "python/errors.h"
#include "python/latin1.h"
#include "python/names.h"
#include "python/release.h"
#include "python/objects.h"
#include "python/unpack.h"

/* Lib/wsgiref/headers.py: tspecials */
static bool
has_tspecials(PyObject *value)
{
    static const char tspecials[] = " ()<>@,;:\\\"/[]?=";

    for (Py_ssize_t i = 0; tspecials[i] != '\0'; i++) {
        Py_ssize_t found = PyUnicode_FindChar(value, (Py_UCS4)tspecials[i], 0,
                                              PyUnicode_GET_LENGTH(value), 1);

        if (found >= 0) {
            return true;
        }
    }
    return false;
}

/* value.replace(old, new): a new reference. */
static PyObject *
replace(PyObject *value, const char *old, const char *new)
{
    return PyObject_CallMethod(value, "replace", "ss", old, new);
}

/* Lib/wsgiref/headers.py: _formatparam */
PyObject *
formatparam(PyObject *param, PyObject *value, int quote)
{
    Py_ssize_t length =
        value == NULL || value == Py_None ? 0 : PyObject_Size(value);
    PyObject *escaped, *quoted, *result;

    if (FAILED(length < 0)) {
        return NULL;
    }
    if (length == 0) {
        return Py_NewRef(param);
    }
    if (!quote && !PyUnicode_Check(value)) {
        RAISE(PyExc_TypeError,
              "expected string or bytes-like object, got '%.200s'",
              Py_TYPE(value)->tp_name);
        return NULL;
    }
    if (!quote && !has_tspecials(value)) {
        return PyUnicode_FromFormat("%S=%S", param, value);
    }
    escaped = replace(value, "\\", "\\\\");
    if (FAILED(escaped == NULL)) {
        return NULL;
    }
    quoted = replace(escaped, "\"", "\\\"");
    Py_DECREF(escaped);
    if (FAILED(quoted == NULL)) {
        return NULL;
    }
    result = PyUnicode_FromFormat("%S=\"%S\"", param, quoted);
    Py_DECREF(quoted);
    return result;
}

/* ----- Making one ----- */

/* What Python does for `cls(headers)`. */
Headers *
Headers_new(const HeadersClass *cls, PyObject *headers)
{
    Headers *self = (Headers *)cls->type->tp_alloc(cls->type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->cls = cls;
    if (cls->init(self, headers) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

/* self._convert_string_type(k, name=True), and of v: the results are thrown
 * away, as in Python. */
static int
check_pair(Headers *self, PyObject *k, PyObject *v)
{
    if (discard(self->cls->_convert_string_type(self, k, 1)) < 0) {
        return -1;
    }
    return discard(self->cls->_convert_string_type(self, v, 0));
}

/* Lib/wsgiref/headers.py: Headers.__init__ */
int
Headers_init(Headers *self, PyObject *headers)
{
    if (headers != NULL && headers != Py_None) {
        Py_XSETREF(self->_headers, Py_NewRef(headers));
    }
    else {
        Py_XSETREF(self->_headers, PyList_New(0));
    }
    if (self->_headers == NULL) {
        return -1;
    }
    if (!PyList_CheckExact(self->_headers)) {
        Py_CLEAR(self->_headers);
        RAISE(PyExc_TypeError, "Headers must be a list of name/value tuples");
        return -1;
    }
    if (!python_debug()) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self->_headers); i++) {
        PyObject *pair = Py_NewRef(PyList_GET_ITEM(self->_headers, i));
        PyObject *k, *v;
        int result = unpack_pair(pair, &k, &v);

        Py_DECREF(pair);
        if (FAILED(result < 0)) {
            return -1;
        }
        result = check_pair(self, k, v);
        Py_DECREF(k);
        Py_DECREF(v);
        if (FAILED(result < 0)) {
            return -1;
        }
    }
    return 0;
}

/* Lib/wsgiref/headers.py: _name_disallowed_re, _value_disallowed_re */
static bool
is_disallowed(PyObject *value, int name)
{
    int kind = (int)PyUnicode_KIND(value);
    const void *data = PyUnicode_DATA(value);
    Py_ssize_t length = PyUnicode_GET_LENGTH(value);

    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);

        if ((c < ' ' && (name || c != '\t')) || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* Lib/wsgiref/headers.py: Headers._convert_string_type */
PyObject *
Headers__convert_string_type(Headers *self, PyObject *value, int name)
{
    Piece characters;
    PyObject *repr;

    (void)self;
    /* Nearly every one is ASCII: then it is seen at once that nothing is the
     * matter. */
    if (piece_of_str(value, &characters) && is_printable(characters)) {
        return Py_NewRef(value);
    }
    if (PyUnicode_CheckExact(value)) {
        int refused = is_disallowed(value, name)
                          ? release_asked(header_control_characters_refused)
                          : 0;

        if (FAILED(refused < 0)) {
            return NULL;
        }
        if (refused) {
            RAISE(PyExc_ValueError,
                  "Control characters not allowed in headers");
            return NULL;
        }
        return Py_NewRef(value);
    }
    repr = PyObject_Repr(value);
    if (FAILED(repr == NULL)) {
        return NULL;
    }
    RAISE(PyExc_AssertionError,
          "Header names/values must be of type str (got %U)", repr);
    Py_DECREF(repr);
    return NULL;
}

/* ----- A mapping, without case ----- */

/* Whether __init__ has been called; if not, AttributeError is set. */
static bool
has_list(Headers *self)
{
    if (self->_headers == NULL) {
        lacks_attribute(self, "_headers");
        return false;
    }
    return true;
}

/* Lib/wsgiref/headers.py: Headers.__len__ */
Py_ssize_t
Headers_len(Headers *self)
{
    return FAILED(!has_list(self)) ? -1 : PyList_GET_SIZE(self->_headers);
}

/* self._headers.append((name, value)) */
static int
append_pair(Headers *self, PyObject *name, PyObject *value)
{
    PyObject *pair = has_list(self) ? PyTuple_Pack(2, name, value) : NULL;
    int result = pair == NULL ? -1 : PyList_Append(self->_headers, pair);

    Py_XDECREF(pair);
    return result;
}

/* self._headers.append((self._convert_string_type(name, name=True),
 *                       self._convert_string_type(value, name=False))) */
static int
append_converted(Headers *self, PyObject *name, PyObject *value)
{
    PyObject *k = self->cls->_convert_string_type(self, name, 1);
    PyObject *v = NULL;
    int result = -1;

    if (k != NULL) {
        v = self->cls->_convert_string_type(self, value, 0);
    }
    if (v != NULL) {
        result = append_pair(self, k, v);
    }
    Py_XDECREF(v);
    Py_XDECREF(k);
    return result;
}

/* Lib/wsgiref/headers.py: Headers.__setitem__ */
int
Headers_setitem(Headers *self, PyObject *name, PyObject *val)
{
    if (FAILED(self->cls->delitem(self, name) < 0)) { /* del self[name] */
        return -1;
    }
    return TRACED(append_converted(self, name, val));
}

static bool
is_ascii(PyObject *object)
{
    return PyUnicode_CheckExact(object) && PyUnicode_IS_ASCII(object);
}

/* k.lower() == name, of a `name` in lower case: 1, 0 or -1. Most names are
 * ASCII and need no new object. */
static int
lower_equals(PyObject *k, PyObject *name)
{
    PyObject *lowered;
    int result;

    if (is_ascii(k) && is_ascii(name)) {
        const Py_UCS1 *a = PyUnicode_1BYTE_DATA(k);
        const Py_UCS1 *b = PyUnicode_1BYTE_DATA(name);
        Py_ssize_t length = PyUnicode_GET_LENGTH(k);
        bool same = length == PyUnicode_GET_LENGTH(name);

        for (Py_ssize_t i = 0; i < length && same; i++) {
            same = Py_TOLOWER(a[i]) == b[i];
        }
        return same;
    }
    lowered = lower(k);
    if (lowered == NULL) {
        return -1;
    }
    result = truth(PyObject_RichCompare(lowered, name, Py_EQ));
    Py_DECREF(lowered);
    return result;
}

/* name.lower(): a new reference. Those that BaseHandler asks for are made
 * already. */
static PyObject *
lower_name(PyObject *name)
{
    return name == names.Content_Length ? Py_NewRef(names.content_length)
           : name == names.Date         ? Py_NewRef(names.date)
           : name == names.Server       ? Py_NewRef(names.server)
                                        : lower(name);
}

/* self._convert_string_type(name.lower(), name=True): a new reference. */
static PyObject *
convert_lower(Headers *self, PyObject *name)
{
    PyObject *lowered = lower_name(name);
    PyObject *result = NULL;

    if (lowered != NULL) {
        result = self->cls->_convert_string_type(self, lowered, 1);
        Py_DECREF(lowered);
    }
    return result;
}

/* kv[index]: a new reference. */
static PyObject *
get_part(PyObject *kv, Py_ssize_t index)
{
    PyObject *key, *part;

    if (PyTuple_CheckExact(kv) && index < PyTuple_GET_SIZE(kv)) {
        return Py_NewRef(PyTuple_GET_ITEM(kv, index));
    }
    key = PyLong_FromSsize_t(index);
    if (key == NULL) {
        return NULL;
    }
    part = PyObject_GetItem(kv, key);
    Py_DECREF(key);
    return part;
}

/* kv[0].lower() == name: 1, 0 or -1. */
static int
is_named(PyObject *kv, PyObject *name)
{
    PyObject *k = get_part(kv, 0);
    int result = -1;

    if (k != NULL) {
        result = lower_equals(k, name);
        Py_DECREF(k);
    }
    return result;
}

/* [kv for kv in self._headers if kv[0].lower() != name] */
static PyObject *
list_others(Headers *self, PyObject *name)
{
    PyObject *others = PyList_New(0);

    for (Py_ssize_t i = 0;
         others != NULL && i < PyList_GET_SIZE(self->_headers); i++)
    {
        PyObject *kv = Py_NewRef(PyList_GET_ITEM(self->_headers, i));
        int named = is_named(kv, name);

        if (named < 0 || (!named && PyList_Append(others, kv) < 0)) {
            Py_CLEAR(others);
        }
        Py_DECREF(kv);
    }
    return others;
}

/* Whether each header is exactly a tuple, with a name of ASCII characters that
 * is not `name`, which is in lower case: to see that runs no Python code. */
static bool
nothing_is_named(Headers *self, PyObject *name)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self->_headers); i++) {
        PyObject *kv = PyList_GET_ITEM(self->_headers, i);

        if (!PyTuple_CheckExact(kv) || PyTuple_GET_SIZE(kv) == 0 ||
            !is_ascii(PyTuple_GET_ITEM(kv, 0)) || !is_ascii(name) ||
            lower_equals(PyTuple_GET_ITEM(kv, 0), name) != 0)
        {
            return false;
        }
    }
    return true;
}

/* self._headers[:] = [kv for kv in self._headers if kv[0].lower() != name]:
 * the list stays the application's. Where none has that name it stays as it
 * is; mostly that can be seen without another list, for 200 instructions
 * less. 0 or -1. */
static int
remove_named(Headers *self, PyObject *name)
{
    PyObject *others;
    int result = 0;

    if (!has_list(self)) {
        return -1;
    }
    if (nothing_is_named(self, name)) {
        return 0;
    }
    others = list_others(self, name);
    if (others == NULL) {
        return -1;
    }
    if (PyList_GET_SIZE(others) < PyList_GET_SIZE(self->_headers)) {
        result = PyList_SetSlice(self->_headers, 0, PY_SSIZE_T_MAX, others);
    }
    Py_DECREF(others);
    return result;
}

/* Lib/wsgiref/headers.py: Headers.__delitem__ */
int
Headers_delitem(Headers *self, PyObject *name)
{
    int result;

    name = convert_lower(self, name);
    if (FAILED(name == NULL)) {
        return -1;
    }
    result = remove_named(self, name);
    Py_DECREF(name);
    return TRACED(result);
}

/* Lib/wsgiref/headers.py: Headers.__getitem__ */
PyObject *
Headers_getitem(Headers *self, PyObject *name)
{
    PyObject *value = self->cls->get(self, name, NULL);

    return FAILED(value == NULL) ? NULL : value;
}

/* Lib/wsgiref/headers.py: Headers.__contains__ */
int
Headers_contains(Headers *self, PyObject *name)
{
    PyObject *value = self->cls->get(self, name, NULL);
    int result;

    if (FAILED(value == NULL)) {
        return -1;
    }
    result = value != Py_None;
    Py_DECREF(value);
    return result;
}

/* kv[1] if kv[0].lower()==name, else NULL without an exception: a new
 * reference. */
static PyObject *
value_if_named(PyObject *name, PyObject *kv)
{
    return is_named(kv, name) > 0 ? get_part(kv, 1) : NULL;
}

/* Lib/wsgiref/headers.py: Headers.get_all */
PyObject *
Headers_get_all(Headers *self, PyObject *name)
{
    PyObject *values;

    name = convert_lower(self, name);
    if (FAILED(name == NULL)) {
        return NULL;
    }
    values =
        has_list(self) ? map_list(self->_headers, value_if_named, name) : NULL;
    Py_DECREF(name);
    return FAILED(values == NULL) ? NULL : values;
}

/* Lib/wsgiref/headers.py: Headers.get */
PyObject *
Headers_get(Headers *self, PyObject *name, PyObject *default_)
{
    PyObject *result = NULL;
    int named = 0;

    name = convert_lower(self, name);
    if (FAILED(name == NULL)) {
        return NULL;
    }
    if (FAILED(!has_list(self))) {
        Py_DECREF(name);
        return NULL;
    }
    for (Py_ssize_t i = 0; named == 0 && i < PyList_GET_SIZE(self->_headers);
         i++) {
        PyObject *pair = Py_NewRef(PyList_GET_ITEM(self->_headers, i));
        PyObject *k, *v;

        named = unpack_pair(pair, &k, &v);
        Py_DECREF(pair);
        if (FAILED(named < 0)) {
            break;
        }
        named = lower_equals(k, name);
        if (!FAILED(named < 0) && named) {
            result = Py_NewRef(v);
        }
        Py_DECREF(k);
        Py_DECREF(v);
    }
    Py_DECREF(name);
    if (named == 0) {
        return Py_NewRef(default_ == NULL ? Py_None : default_);
    }
    return result;
}

/* Lib/wsgiref/headers.py: Headers.keys */
PyObject *
Headers_keys(Headers *self)
{
    PyObject *keys =
        has_list(self) ? map_list(self->_headers, k_of_pair, NULL) : NULL;

    return FAILED(keys == NULL) ? NULL : keys;
}

/* Lib/wsgiref/headers.py: Headers.values */
PyObject *
Headers_values(Headers *self)
{
    PyObject *values =
        has_list(self) ? map_list(self->_headers, v_of_pair, NULL) : NULL;

    return FAILED(values == NULL) ? NULL : values;
}

/* Lib/wsgiref/headers.py: Headers.items */
PyObject *
Headers_items(Headers *self)
{
    if (FAILED(!has_list(self))) {
        return NULL;
    }
    return PyList_GetSlice(self->_headers, 0, PY_SSIZE_T_MAX);
}

/* ----- As text and as bytes ----- */

/* Lib/wsgiref/headers.py: Headers.__repr__ */
PyObject *
Headers_repr(Headers *self)
{
    PyObject *name = PyType_GetName(Py_TYPE(self));
    PyObject *text = NULL;

    if (name == NULL) {
        return NULL;
    }
    if (has_list(self)) {
        text = PyUnicode_FromFormat("%U(%R)", name, self->_headers);
    }
    Py_DECREF(name);
    return FAILED(text == NULL) ? NULL : text;
}

/* "\r\n".join(["%s: %s" % kv for kv in self._headers] + ["", ""]) */
static PyObject *
join_lines(Headers *self)
{
    PyObject *format = PyUnicode_FromString("%s: %s");
    PyObject *lines = NULL, *text = NULL;

    if (format != NULL) {
        lines = map_list(self->_headers, PyNumber_Remainder, format);
        Py_DECREF(format);
    }
    if (lines != NULL && PyList_Append(lines, names.empty) == 0 &&
        PyList_Append(lines, names.empty) == 0)
    {
        text = PyUnicode_Join(names.crlf, lines);
    }
    Py_XDECREF(lines);
    return text;
}

/* The characters of a pair: whether it is exactly a tuple of two str, which
 * ISO-8859-1 can encode. *ascii becomes false if one of them is beyond ASCII. */
static bool
pieces_of_pair(PyObject *kv, Piece *k, Piece *v, bool *ascii)
{
    if (!PyTuple_CheckExact(kv) || PyTuple_GET_SIZE(kv) != 2 ||
        !piece_of_str(PyTuple_GET_ITEM(kv, 0), k) ||
        !piece_of_str(PyTuple_GET_ITEM(kv, 1), v))
    {
        return false;
    }
    *ascii = *ascii && PyUnicode_IS_ASCII(PyTuple_GET_ITEM(kv, 0)) &&
             PyUnicode_IS_ASCII(PyTuple_GET_ITEM(kv, 1));
    return true;
}

/* How long the text of all headers is, if each is a pair of that kind; or -1.
 * "k: v\r\n" for each, and a blank line. */
static Py_ssize_t
measure_lines(Headers *self, bool *ascii)
{
    Py_ssize_t size = 2;

    *ascii = true;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self->_headers); i++) {
        Piece k, v;

        if (!pieces_of_pair(PyList_GET_ITEM(self->_headers, i), &k, &v, ascii))
        {
            return -1;
        }
        size += k.size + v.size + 4;
    }
    return size;
}

/* The same as join_lines, of headers that measure_lines has measured: written
 * once into their place, for 150 instructions a header and not 1,100. */
static PyObject *
write_lines(Headers *self, Py_ssize_t size, bool ascii)
{
    PyObject *text = PyUnicode_New(size, ascii ? 0x7F : 0xFF);
    Piece colon = { ": ", 2 }, end = { "\r\n", 2 };
    char *to;

    if (text == NULL) {
        return NULL;
    }
    to = (char *)PyUnicode_1BYTE_DATA(text);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self->_headers); i++) {
        Piece k, v;

        pieces_of_pair(PyList_GET_ITEM(self->_headers, i), &k, &v, &ascii);
        to = write_pieces(to, (Piece[]){ k, colon, v, end }, 4);
    }
    write_pieces(to, &end, 1);
    return text;
}

/* Lib/wsgiref/headers.py: Headers.__str__ */
PyObject *
Headers_str(Headers *self)
{
    bool ascii;
    PyObject *text;
    Py_ssize_t size;

    if (FAILED(!has_list(self))) {
        return NULL;
    }
    size = measure_lines(self, &ascii);
    text = size < 0 ? join_lines(self) : write_lines(self, size, ascii);
    return FAILED(text == NULL) ? NULL : text;
}

/* Lib/wsgiref/headers.py: Headers.__bytes__ */
PyObject *
Headers_bytes(Headers *self)
{
    PyObject *text = self->cls->str(self); /* str(self) */
    PyObject *bytes;

    if (FAILED(text == NULL)) {
        return NULL;
    }
    bytes = PyUnicode_AsLatin1String(text);
    Py_DECREF(text);
    return FAILED(bytes == NULL) ? NULL : bytes;
}

/* ----- Adding ----- */

/* Lib/wsgiref/headers.py: Headers.setdefault */
PyObject *
Headers_setdefault(Headers *self, PyObject *name, PyObject *value)
{
    PyObject *result = self->cls->get(self, name, NULL);

    if (FAILED(result == NULL) || result != Py_None) {
        return result;
    }
    Py_DECREF(result);
    if (FAILED(append_converted(self, name, value) < 0)) {
        return NULL;
    }
    return Py_NewRef(value);
}

/* One more part of a header: `k`, its underscores as dashes, and `v`. */
static PyObject *
format_part(Headers *self, PyObject *k, PyObject *v)
{
    PyObject *key = self->cls->_convert_string_type(self, k, 1);
    PyObject *value = NULL, *part = NULL;

    if (key != NULL && v != Py_None) {
        value = self->cls->_convert_string_type(self, v, 0);
    }
    if (key != NULL && (v == Py_None || value != NULL)) {
        part = replace(key, "_", "-");
    }
    if (part != NULL && value != NULL) {
        Py_SETREF(part, formatparam(part, value, 1));
    }
    Py_XDECREF(value);
    Py_XDECREF(key);
    return part;
}

/* Lib/wsgiref/headers.py: Headers.add_header */
int
Headers_add_header(Headers *self, PyObject *_name, PyObject *_value,
                   PyObject *_params)
{
    PyObject *parts = PyList_New(0);
    PyObject *k, *v, *name, *joined;
    Py_ssize_t position = 0;
    int result = -1;

    if (parts == NULL) {
        return -1;
    }
    if (_value != Py_None) {
        v = self->cls->_convert_string_type(self, _value, 0);
        if (FAILED(append_new(parts, v) < 0)) {
            goto done;
        }
    }
    while (_params != NULL && PyDict_Next(_params, &position, &k, &v)) {
        if (FAILED(append_new(parts, format_part(self, k, v)) < 0)) {
            goto done;
        }
    }
    name = self->cls->_convert_string_type(self, _name, 1);
    if (FAILED(name == NULL)) {
        goto done;
    }
    joined = join("; ", parts);
    if (joined != NULL) {
        result = append_pair(self, name, joined);
        Py_DECREF(joined);
    }
    Py_DECREF(name);

done:
    Py_DECREF(parts);
    return result;
}

/* ----- The same methods as Python calls them ----- */

static Py_ssize_t
call_len(PyObject *op)
{
    return Headers_len((Headers *)op);
}

static int
call_setitem(PyObject *op, PyObject *name, PyObject *val)
{
    Headers *self = (Headers *)op;

    return val == NULL ? self->cls->delitem(self, name)
                       : self->cls->setitem(self, name, val);
}

static PyObject *
call_getitem(PyObject *op, PyObject *name)
{
    return Headers_getitem((Headers *)op, name);
}

/* Python iterates over a class that has a __getitem__ and no __iter__ by
 * number, which __getitem__ then refuses. */
static PyObject *
call_getitem_by_number(PyObject *op, Py_ssize_t index)
{
    PyObject *number = PyLong_FromSsize_t(index);
    PyObject *value;

    if (number == NULL) {
        return NULL;
    }
    value = Headers_getitem((Headers *)op, number);
    Py_DECREF(number);
    return value;
}

static int
call_contains(PyObject *op, PyObject *name)
{
    return ((Headers *)op)->cls->contains((Headers *)op, name);
}

static PyObject *
call_get_all(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *name;

    if (bind_arguments(&name, "Headers.get_all(name)", args, kwargs) < 0) {
        return NULL;
    }
    return Headers_get_all((Headers *)op, name);
}

static PyObject *
call_get(PyObject *op, PyObject *args, PyObject *kwargs)
{
    Headers *self = (Headers *)op;
    PyObject *values[2];

    if (bind_arguments(values, "Headers.get(name, default=)", args, kwargs) <
        0) {
        return NULL;
    }
    return self->cls->get(self, values[0], values[1]);
}

static PyObject *
call_keys(PyObject *op, PyObject *Py_UNUSED(args))
{
    return Headers_keys((Headers *)op);
}

static PyObject *
call_values(PyObject *op, PyObject *Py_UNUSED(args))
{
    return Headers_values((Headers *)op);
}

static PyObject *
call_items(PyObject *op, PyObject *Py_UNUSED(args))
{
    return Headers_items((Headers *)op);
}

static PyObject *
call_repr(PyObject *op)
{
    return Headers_repr((Headers *)op);
}

static PyObject *
call_str(PyObject *op)
{
    return ((Headers *)op)->cls->str((Headers *)op);
}

static PyObject *
call_bytes(PyObject *op, PyObject *Py_UNUSED(args))
{
    return ((Headers *)op)->cls->bytes((Headers *)op);
}

static PyObject *
call_setdefault(PyObject *op, PyObject *args, PyObject *kwargs)
{
    Headers *self = (Headers *)op;
    PyObject *values[2];

    if (bind_arguments(values, "Headers.setdefault(name, value)", args,
                       kwargs) < 0)
    {
        return NULL;
    }
    return self->cls->setdefault(self, values[0], values[1]);
}

/* **_params: the keywords that are not add_header's own parameters. A new
 * dict. */
static PyObject *
params_of(PyObject *kwargs)
{
    PyObject *params = PyDict_New();
    PyObject *k, *v;
    Py_ssize_t position = 0;

    while (params != NULL && kwargs != NULL &&
           PyDict_Next(kwargs, &position, &k, &v))
    {
        bool is_own = PyUnicode_CompareWithASCIIString(k, "_name") == 0 ||
                      PyUnicode_CompareWithASCIIString(k, "_value") == 0;

        if (!is_own && PyDict_SetItem(params, k, v) < 0) {
            Py_CLEAR(params);
        }
    }
    return params;
}

static PyObject *
call_add_header(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *values[2];
    PyObject *params;
    int result;

    if (bind_arguments(values, "Headers.add_header(_name, _value, **_params)",
                       args, kwargs) < 0)
    {
        return NULL;
    }
    params = params_of(kwargs);
    if (params == NULL) {
        return NULL;
    }
    result = Headers_add_header((Headers *)op, values[0], values[1], params);
    Py_DECREF(params);
    return as_none(result);
}

static PyMethodDef methods[] = {
    BINDING_METHOD("get_all", call_get_all),
    BINDING_METHOD("get", call_get),
    { "keys", call_keys, METH_NOARGS, NULL },
    { "values", call_values, METH_NOARGS, NULL },
    { "items", call_items, METH_NOARGS, NULL },
    { "__bytes__", call_bytes, METH_NOARGS, NULL },
    BINDING_METHOD("setdefault", call_setdefault),
    BINDING_METHOD("add_header", call_add_header),
    { NULL, NULL, 0, NULL },
};

static PyMemberDef members[] = {
    { "_headers", T_OBJECT_EX, offsetof(Headers, _headers), READONLY, NULL },
    { NULL, 0, 0, 0, NULL },
};

static PyMappingMethods as_mapping = {
    .mp_length = call_len,
    .mp_subscript = call_getitem,
    .mp_ass_subscript = call_setitem,
};

static PySequenceMethods as_sequence = {
    .sq_length = call_len,
    .sq_item = call_getitem_by_number,
    .sq_contains = call_contains,
};

/* ----- The class ----- */

static int
Headers_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Headers *)op)->_headers);
    return 0;
}

static int
Headers_clear(PyObject *op)
{
    Py_CLEAR(((Headers *)op)->_headers);
    return 0;
}

PyTypeObject Headers_type = {
    .tp_name = "cwsgiref.headers.Headers",
    .tp_doc = "Manage a collection of HTTP response headers",
    .tp_basicsize = sizeof(Headers),
    .tp_as_mapping = &as_mapping,
    .tp_as_sequence = &as_sequence,
    .tp_repr = call_repr,
    .tp_str = call_str,
    .tp_methods = methods,
    .tp_members = members,
    .tp_traverse = Headers_traverse,
    .tp_clear = Headers_clear,
};

const HeadersClass Headers_class = {
    .type = &Headers_type,

    .init = Headers_init,
    .setitem = Headers_setitem,
    .delitem = Headers_delitem,
    .contains = Headers_contains,
    .get = Headers_get,
    .bytes = Headers_bytes,
    .str = Headers_str,
    .setdefault = Headers_setdefault,
    ._convert_string_type = Headers__convert_string_type,
};
