/* Text that is written once: what Python puts together as a str, and then
 * encodes as ISO-8859-1, piece by piece into its place. A line of a response
 * costs 200 instructions so, and 1,900 by a format, a str and an encoder. The
 * plain way stays beside it, for what these refuse: it says what is wrong. */
#ifndef CWSGIREF_LATIN1_H
#define CWSGIREF_LATIN1_H

#include <Python.h>

#include <stdbool.h>

/* Characters that ISO-8859-1 has, a byte each; somebody else keeps them. */
typedef struct Piece {
    const char *data;
    Py_ssize_t size;
} Piece;

/* Makes *piece the characters of a C string: whether all are ASCII. */
bool piece_of_text(const char *text, Piece *piece);

/* Makes *piece the characters of a str, without a copy: whether `text` is
 * exactly a str, and ISO-8859-1 has all its characters. Here, because a request
 * asks it 25 times. */
static inline bool
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

/* Whether all are of printable ASCII: no control character, no DEL. */
bool is_printable(Piece piece);

/* Where an ASCII character stands first in a str, or -1. */
Py_ssize_t find_character(PyObject *text, char c);

/* Makes the characters a str: a new reference, or NULL. */
PyObject *str_of_piece(Piece piece);

/* str(number) of one that is not negative: a new str, or NULL. */
PyObject *decimal(Py_ssize_t number);

/* b''.join(pieces): new bytes, or NULL. */
PyObject *join_bytes(const Piece *pieces, size_t count);

/* ''.join(pieces): a new str, or NULL. */
PyObject *join_str(const Piece *pieces, size_t count);

/* Writes the pieces one behind the other; returns the end. */
char *write_pieces(char *to, const Piece *pieces, size_t count);

#endif
