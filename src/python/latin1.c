/* In this file: a piece of what C has; what all bytes of a piece are,
 * seen eight at a time; a str of a piece, or of a number; and pieces that are
 * written one behind the other, as bytes and as a str. */
#include "python/latin1.h"

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

/* Eight bytes as one number. */
static uint64_t
eight_bytes(const char *data)
{
    uint64_t eight;

    memcpy(&eight, data, 8);
    return eight;
}

/* Whether all bytes are ASCII. They are looked at eight at a time, the last
 * ones twice. */
static bool
is_ascii(Piece piece)
{
    const uint64_t beyond = UINT64_C(0x8080808080808080);
    uint64_t all = 0;

    if (piece.size < 8) {
        for (Py_ssize_t i = 0; i < piece.size; i++) {
            all |= (unsigned char)piece.data[i];
        }
        return (all & beyond) == 0;
    }
    for (Py_ssize_t i = 0; i < piece.size - 8; i += 8) {
        all |= eight_bytes(piece.data + i);
    }
    all |= eight_bytes(piece.data + piece.size - 8);
    return (all & beyond) == 0;
}

static bool
are_printable(uint64_t eight)
{
    const uint64_t highest = UINT64_C(0x8080808080808080);
    /* Of a byte below 0x80, no sum is carried into the next one. */
    uint64_t from_space_on = eight + UINT64_C(0x6060606060606060);
    uint64_t del = eight + UINT64_C(0x0101010101010101);

    return (eight & highest) == 0 && (from_space_on & highest) == highest &&
           (del & highest) == 0;
}

/* They are looked at eight at a time, the last ones twice: with 1 instruction
 * for each, and not 6. */
bool
is_printable(Piece piece)
{
    if (piece.size < 8) {
        for (Py_ssize_t i = 0; i < piece.size; i++) {
            if (piece.data[i] < ' ' || piece.data[i] > '~') {
                return false;
            }
        }
        return true;
    }
    for (Py_ssize_t i = 0; i < piece.size - 8; i += 8) {
        if (!are_printable(eight_bytes(piece.data + i))) {
            return false;
        }
    }
    return are_printable(eight_bytes(piece.data + piece.size - 8));
}

/* Of a short str, PyUnicode_FindChar costs 90 instructions, and this 40. */
Py_ssize_t
find_character(PyObject *text, char c)
{
    Piece characters;
    const char *found;

    if (!piece_of_str(text, &characters)) {
        return PyUnicode_FindChar(text, (Py_UCS4)c, 0, PY_SSIZE_T_MAX, 1);
    }
    found = memchr(characters.data, c, (size_t)characters.size);
    return found == NULL ? -1 : found - characters.data;
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

/* A format costs 900 instructions, and this 150. */
PyObject *
decimal(Py_ssize_t number)
{
    char text[24];
    char *end = text + sizeof(text);
    char *start = end;

    do {
        *--start = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return str_of_piece((Piece){ start, end - start });
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

/* The same of ASCII alone, written once into its place. */
static PyObject *
join_ascii(const Piece *pieces, size_t count, Py_ssize_t size)
{
    PyObject *text = PyUnicode_New(size, 127);

    if (text != NULL) {
        write_pieces((char *)PyUnicode_1BYTE_DATA(text), pieces, count);
    }
    return text;
}

PyObject *
join_str(const Piece *pieces, size_t count)
{
    Py_ssize_t size = 0;
    bool ascii = true;
    PyObject *bytes, *text = NULL;

    for (size_t i = 0; i < count; i++) {
        size += pieces[i].size;
        ascii = ascii && is_ascii(pieces[i]);
    }
    if (ascii && size > 1) {
        return join_ascii(pieces, count, size);
    }
    bytes = join_bytes(pieces, count);
    if (bytes != NULL) {
        text = PyUnicode_DecodeLatin1(PyBytes_AS_STRING(bytes), size, NULL);
        Py_DECREF(bytes);
    }
    return text;
}
