/* The types of this folder, made ready for Python. */
#ifndef CWSGIREF_SERVER_SERVER_TYPES_H
#define CWSGIREF_SERVER_SERVER_TYPES_H

/* Readies the types of src/server, and of the folders below it, once, after the
 * interpreter has started. 0, or -1 with an exception. */
int server_types_ready(void);

#endif
