/* The types of this folder, made ready for Python. */
#ifndef CWSGIREF_IO_IO_TYPES_H
#define CWSGIREF_IO_IO_TYPES_H

/* Readies the types of src/io, once, after the
 * interpreter has started. 0, or -1 with an exception. */
int io_types_ready(void);

#endif
