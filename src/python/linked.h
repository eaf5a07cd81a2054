/* Checks that the Python that is linked in is the one that this was compiled
 * for. The linker does not check: it accepts any libpython. */
#ifndef CWSGIREF_LINKED_H
#define CWSGIREF_LINKED_H

#include <Python.h>

#include <stdbool.h>

/* True if libpython is of the release (3.11, say) whose headers were included;
 * another release has other structures. If false, `why`, of `size` bytes, says
 * so. Python need not have started. */
bool linked_fits(char *why, size_t size);

/* Checks the same after Python has started, and also that it has found its own
 * library of modules, not that of another build. 0, or -1 with ImportError. */
int linked_ready(void);

#endif
