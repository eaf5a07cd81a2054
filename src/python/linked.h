/* Whether the Python that is linked in is the one that this was compiled for.
 * The linker does not look: it takes any libpython. */
#ifndef CWSGIREF_LINKED_H
#define CWSGIREF_LINKED_H

#include <Python.h>

#include <stdbool.h>

/* Whether libpython is of the release (3.11, say) whose headers were included:
 * the structures of another one are not the same. If it is not, `why`, of
 * `size` bytes, says so. Python need not have started. */
bool linked_fits(char *why, size_t size);

/* After it has started: the same, and that it has found its own library in
 * Python, and not that of another build. 0, or -1 with an ImportError. */
int linked_ready(void);

#endif
