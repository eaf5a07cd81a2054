/* Lib/urllib/parse.py: what the chain needs of it. */
#ifndef CWSGIREF_UTIL_URLLIB_PARSE_H
#define CWSGIREF_UTIL_URLLIB_PARSE_H

#include <Python.h>

/* unquote(string, 'iso-8859-1'), of a str: a new one.
 * Lib/urllib/parse.py: unquote */
PyObject *unquote(PyObject *string);

/* quote(string, safe, encoding='latin1'): a new str. NULL with an exception if
 * `string` is no str, or not Latin-1. Lib/urllib/parse.py: quote */
PyObject *quote(PyObject *string, const char *safe);

#endif
