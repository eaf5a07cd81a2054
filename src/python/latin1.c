#include "python/latin1.h"

#include <stdint.h>
#include <stdint.h>
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

/* Whether all bytes are ASCII. They are looked at eight at a time. */
static bool
is_ascii(Piece piece)
{
    const uint64_t beyond = UINT64_C(0x8080808080808080);
    uint64_t all = 0;
    Py_ssize_t i = 0;

    for (; i + 8 <= piece.size; i += 8) {
        uint64_t eight;

        memcpy(&eight, piece.data + i, 8);
        all |= eight;
    }
    for (; i < piece.size; i++) {
        all |= (unsigned char)piece.data[i];
    }
    return (all & beyond) == 0;
}

/* PyUnicode_DecodeLatin1 does it all, but looks at one byte after the other:
 * of ASCII, 120 instructions and not 220. */
PyObject *
str_of_piece(Piece piece)
{
    PyObject *text;

    if (piece.size < 2 || !is_ascii(piece)) { /* CPython keeps short ones */
        return PyUnicode_DecodeLatin1(piece.data, piece.size, NULL);
    }
    text = PyUnicode_New(piece.size, 127);
    if (text != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(text), piece.data, (size_t)piece.size);
    }
    return text;
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
        text = str_of_piece(
            (Piece){ PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes) });
        Py_DECREF(bytes);
    }
    return text;
}
