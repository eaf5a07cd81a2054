/* Clients send the same names again and again. To make the two str of a name,
 * to hash and to free them costs 900 instructions a header, and to find them
 * here 120. A str never changes, so nobody sees which way it came.
 *
 * A name has one place in a table: another name of the same place takes it
 * over. So the table stays as small as it is, whatever clients send. */
#include "server/variables.h"

#include <stdbool.h>
#include <string.h>

#define PLACES 1024     /* a browser sends some twenty names */
#define LONGEST_NAME 48 /* "Sec-WebSocket-Extensions" has 24 characters */

typedef struct Kept {
    Py_ssize_t size;
    char name[LONGEST_NAME];
    Variable variable; /* owned */
} Kept;

static Kept *table[PLACES]; /* each owned; NULL where nothing is kept yet */

/* name.replace('-', '_').upper(), and with `prefix` before it: a new str. */
static PyObject *
make_str(const char *prefix, Piece name)
{
    size_t size = strlen(prefix);
    PyObject *variable = PyUnicode_New((Py_ssize_t)size + name.size, 127);
    char *to;

    if (variable == NULL) {
        return NULL;
    }
    to = (char *)PyUnicode_1BYTE_DATA(variable);
    memcpy(to, prefix, size);
    to += size;
    for (Py_ssize_t i = 0; i < name.size; i++) {
        to[i] = name.data[i] == '-' ? '_' : (char)Py_TOUPPER(name.data[i]);
    }
    return variable;
}

/* Both str of a name. 0 or -1. */
static int
make_variable(Variable *variable, Piece name)
{
    variable->k = make_str("", name);
    variable->http_k = make_str("HTTP_", name);
    if (variable->k != NULL && variable->http_k != NULL) {
        return 0;
    }
    Py_CLEAR(variable->k);
    Py_CLEAR(variable->http_k);
    return -1;
}

/* The place of a name in the table. */
static Kept **
place_of(Piece name)
{
    unsigned int hash = 0;

    for (Py_ssize_t i = 0; i < name.size; i++) {
        hash = 31 * hash + (unsigned char)name.data[i];
    }
    return &table[hash % PLACES];
}

static bool
is_kept(const Kept *kept, Piece name)
{
    return kept != NULL && kept->size == name.size &&
           memcmp(kept->name, name.data, (size_t)name.size) == 0;
}

/* Keeps the variable of a name instead of what is kept at `place`. 0 or -1. */
static int
keep(Kept **place, Piece name, const Variable *variable)
{
    if (*place == NULL) {
        *place = PyMem_Calloc(1, sizeof(Kept));
    }
    if (*place == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    (*place)->size = name.size;
    memcpy((*place)->name, name.data, (size_t)name.size);
    Py_XSETREF((*place)->variable.k, Py_NewRef(variable->k));
    Py_XSETREF((*place)->variable.http_k, Py_NewRef(variable->http_k));
    return 0;
}

int
find_variable(Variable *variable, Piece name)
{
    Kept **place = place_of(name);

    if (is_kept(*place, name)) {
        variable->k = Py_NewRef((*place)->variable.k);
        variable->http_k = Py_NewRef((*place)->variable.http_k);
        return 0;
    }
    if (make_variable(variable, name) < 0) {
        return -1;
    }
    if (name.size <= LONGEST_NAME && keep(place, name, variable) < 0) {
        Py_CLEAR(variable->k);
        Py_CLEAR(variable->http_k);
        return -1;
    }
    return 0;
}
