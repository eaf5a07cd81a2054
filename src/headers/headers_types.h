/* The types of this folder, made ready for Python. */
#ifndef CWSGIREF_HEADERS_HEADERS_TYPES_H
#define CWSGIREF_HEADERS_HEADERS_TYPES_H

/* Readies the types of src/headers, and of the folders below it, once, after
 * the interpreter has started. 0, or -1 with an exception. */
int headers_types_ready(void);

#endif
