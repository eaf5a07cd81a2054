/* The variables of the environ that a request's headers become: their names
 * are made once, and kept with their hashes. */
#ifndef CWSGIREF_SERVER_VARIABLES_H
#define CWSGIREF_SERVER_VARIABLES_H

#include <Python.h>

#include "python/latin1.h"

/* What WSGIRequestHandler.get_environ makes of the name of a header. */
typedef struct Variable {
    PyObject *k;      /* k.replace('-', '_').upper(), a str */
    PyObject *http_k; /* 'HTTP_' + k, a str */
} Variable;

/* Makes *variable that of a name of ASCII characters: two new references. 0,
 * or -1 and neither. */
int find_variable(Variable *variable, Piece name);

#endif
