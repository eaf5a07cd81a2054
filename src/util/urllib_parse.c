#include "util/urllib_parse.h"

#include <stdbool.h>
#include <string.h>

#include "python/errors.h"
#include "python/latin1.h"

/* The value of a hexadecimal digit, or -1. */
static int
hex_value(Py_UCS4 digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found =
        digit < 0x80 ? strchr(digits, Py_TOLOWER(digit)) : NULL;

    return found == NULL || digit == 0 ? -1 : (int)(found - digits);
}

/* Lib/urllib/parse.py: unquote */
PyObject *
unquote(PyObject *string)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(string);
    Py_ssize_t end = 0;
    Py_UCS4 *text;
    PyObject *result;

    if (find_character(string, '%') < 0) {
        return Py_NewRef(string);
    }
    text = PyUnicode_AsUCS4Copy(string);
    if (text == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < length; i++, end++) {
        int high =
            text[i] == '%' && i + 2 < length ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;

        if (low >= 0) {
            text[end] = (Py_UCS4)(16 * high + low);
            i += 2;
        }
        else {
            text[end] = text[i];
        }
    }
    result = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, text, end);
    PyMem_Free(text);
    return result;
}

/* Lib/urllib/parse.py: _ALWAYS_SAFE */
static bool
is_always_safe(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' ||
           c == '~';
}

/* Lib/urllib/parse.py: quote_from_bytes */
static PyObject *
quote_from_bytes(PyObject *bs, const char *safe)
{
    PyObject *result = NULL;
    Py_buffer view;
    char *quoted, *end;

    if (!PyBytes_Check(bs) && !PyByteArray_Check(bs)) {
        RAISE(PyExc_TypeError, "quote_from_bytes() expected bytes");
        return NULL;
    }
    if (FAILED(PyObject_GetBuffer(bs, &view, PyBUF_SIMPLE) < 0)) {
        return NULL;
    }
    quoted = end = PyMem_Malloc(3 * (size_t)view.len + 1);
    if (quoted == NULL) {
        PyErr_NoMemory();
        (void)FAILED(true);
        goto done;
    }
    for (Py_ssize_t i = 0; i < view.len; i++) {
        unsigned char c = ((const unsigned char *)view.buf)[i];

        if (is_always_safe(c) || (c != '\0' && strchr(safe, c) != NULL)) {
            *end++ = (char)c;
        }
        else {
            PyOS_snprintf(end, 4, "%%%02X", c);
            end += 3;
        }
    }
    result = PyUnicode_FromStringAndSize(quoted, end - quoted);
    PyMem_Free(quoted);

done:
    PyBuffer_Release(&view);
    return result;
}

/* Lib/urllib/parse.py: quote */
PyObject *
quote(PyObject *string, const char *safe)
{
    PyObject *bs, *quoted;
    int some;

    if (!PyUnicode_Check(string)) {
        RAISE(PyExc_TypeError, "quote() doesn't support 'encoding' for bytes");
        return NULL;
    }
    some = PyObject_IsTrue(string);
    if (FAILED(some < 0)) {
        return NULL;
    }
    if (!some) {
        return Py_NewRef(string);
    }
    bs = PyObject_CallMethod(string, "encode", "ss", "latin1", "strict");
    if (FAILED(bs == NULL)) {
        return NULL;
    }
    quoted = quote_from_bytes(bs, safe);
    Py_DECREF(bs);
    return FAILED(quoted == NULL) ? NULL : quoted;
}
