#include "python/latin1.h"

#include <string.h>

bool
piece_of_text(const char *text, Piece *piece)
{
    const char *end = text;

    while (*end > '\0')
    { /* a char is signed or not: beyond ASCII is neither */
        end++;
    }
    *piece = (Piece){ text, end - text };
    return *end == '\0';
}

bool
piece_of_str(PyObject *text, Piece *piece)
{
    if (!PyUnicode_CheckExact(text) ||
        PyUnicode_KIND(text) != PyUnicode_1BYTE_KIND)
    {
        return false;
    }
    *piece = (Piece){ (const char *)PyUnicode_1BYTE_DATA(text),
                      PyUnicode_GET_LENGTH(text) };
    return true;
}

char *
write_pieces(char *to, const Piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(to, pieces[i].data, (size_t)pieces[i].size);
        to += pieces[i].size;
    }
    return to;
}

PyObject *
join_bytes(const Piece *pieces, size_t count)
{
    Py_ssize_t size = 0;
    PyObject *bytes;

    for (size_t i = 0; i < count; i++) {
        size += pieces[i].size;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes != NULL) {
        write_pieces(PyBytes_AS_STRING(bytes), pieces, count);
    }
    return bytes;
}

PyObject *
join_str(const Piece *pieces, size_t count)
{
    PyObject *bytes = join_bytes(pieces, count);
    PyObject *text = NULL;

    if (bytes != NULL) {
        text = PyUnicode_DecodeLatin1(PyBytes_AS_STRING(bytes),
                                      PyBytes_GET_SIZE(bytes), NULL);
        Py_DECREF(bytes);
    }
    return text;
}
