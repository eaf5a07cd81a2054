/* The types of this folder, made ready for Python. */
#ifndef CWSGIREF_VALIDATE_VALIDATE_TYPES_H
#define CWSGIREF_VALIDATE_VALIDATE_TYPES_H

/* Readies the types of src/validate once, after the interpreter has started.
 * 0, or -1 with an exception. */
int validate_types_ready(void);

#endif
