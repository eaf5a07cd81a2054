/* Lib/wsgiref/util.py: the functions of the module. */
#ifndef CWSGIREF_UTIL_UTIL_H
#define CWSGIREF_UTIL_UTIL_H

#include <Python.h>

/* "https" or "http" (a new str), by environ's HTTPS. NULL on error.
 * Lib/wsgiref/util.py: guess_scheme */
PyObject *guess_scheme(PyObject *environ);

/* Whether `header_name` (a str) is a hop-by-hop header of HTTP/1.1, which an
 * application must not set: 1, 0, or -1 on error.
 * Lib/wsgiref/util.py: is_hop_by_hop */
int is_hop_by_hop(PyObject *header_name);

#endif
