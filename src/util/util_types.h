/* The types of this folder, made ready for Python. */
#ifndef CWSGIREF_UTIL_UTIL_TYPES_H
#define CWSGIREF_UTIL_UTIL_TYPES_H

/* Readies the types of src/util, and of the folders below it, once, after the
 * interpreter has started. 0, or -1 with an exception. */
int util_types_ready(void);

#endif
