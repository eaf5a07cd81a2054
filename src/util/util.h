/* Lib/wsgiref/util.py: the functions of the module. */
#ifndef CWSGIREF_UTIL_UTIL_H
#define CWSGIREF_UTIL_UTIL_H

#include <Python.h>
#include <stdbool.h>

/* "https" or "http" (a new str), by environ's HTTPS. NULL on error.
 * Lib/wsgiref/util.py: guess_scheme */
PyObject *guess_scheme(PyObject *environ);

/* The URI of the application (a new str), without path and query. The
 * environ of this and the next three is any mapping.
 * Lib/wsgiref/util.py: application_uri */
PyObject *application_uri(PyObject *environ);

/* The URI of the request (a new str), with its query if `include_query`.
 * Lib/wsgiref/util.py: request_uri */
PyObject *request_uri(PyObject *environ, bool include_query);

/* Moves the next name of PATH_INFO to SCRIPT_NAME, in the environ itself: the
 * name, or None when there is none left. A new reference, NULL on error.
 * Lib/wsgiref/util.py: shift_path_info */
PyObject *shift_path_info(PyObject *environ);

/* Adds to the environ what is missing there and a test may want to find. 0 or
 * -1. Lib/wsgiref/util.py: setup_testing_defaults */
int setup_testing_defaults(PyObject *environ);

/* 1 if `header_name` (a str) is a hop-by-hop header of HTTP/1.1, which an
 * application must not set; 0 if not; -1 on error.
 * Lib/wsgiref/util.py: is_hop_by_hop */
int is_hop_by_hop(PyObject *header_name);

#endif
