/* The types of this folder, made ready for Python. */
#ifndef CWSGIREF_HANDLERS_HANDLERS_TYPES_H
#define CWSGIREF_HANDLERS_HANDLERS_TYPES_H

/* Readies the types of src/handlers, and of the folders below it, once, after the
 * interpreter has started. 0, or -1 with an exception. */
int handlers_types_ready(void);

#endif
