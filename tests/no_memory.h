/* A C test in which allocations of Python's fail, one at a time. */
#ifndef CWSGIREF_TESTS_NO_MEMORY_H
#define CWSGIREF_TESTS_NO_MEMORY_H

#include <stdbool.h>

/* What is done, and what comes before and after it, where nothing fails; both
 * may be NULL. `run` returns 0, or -1 with an exception, which is cleared. */
typedef struct Operation {
    const char *name;
    void (*prepare)(void);
    int (*run)(void);
    void (*tidy)(void);
} Operation;

/* Runs it while the first allocation fails, then the second, and so on, until
 * all have had their turn. Before that, once without a failure: CPython's import
 * does not stand one. Fails the test when `run` returns -1 without an
 * exception, or 0 with one. Returns how many allocations there are. */
int each_allocation_fails(const Operation *operation);

/* From now on the allocation with that number fails, counted from 0; -1: none
 * does. */
void fail_allocation(long number);

/* Whether it has failed. */
bool has_failed(void);

#endif
