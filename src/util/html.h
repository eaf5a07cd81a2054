/* Lib/html/__init__.py: what the chain needs of it. */
#ifndef CWSGIREF_UTIL_HTML_H
#define CWSGIREF_UTIL_HTML_H

#include <Python.h>

/* html.escape(text, quote=False): a new str.
 * Lib/html/__init__.py: escape */
PyObject *html_escape(const char *text);

#endif
