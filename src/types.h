/* Every class of the program, made ready for Python. */
#ifndef CWSGIREF_TYPES_H
#define CWSGIREF_TYPES_H

/* Readies all types, and what they share, once, after the interpreter has
 * started and before anything else of ours is called. 0, or -1 with an
 * exception. */
int types_ready(void);

#endif
