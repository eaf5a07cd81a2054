#include "no_memory.h"

#include "support.h"

static const PyMemAllocatorDomain domains[] = { PYMEM_DOMAIN_RAW,
                                                PYMEM_DOMAIN_MEM,
                                                PYMEM_DOMAIN_OBJ };

static PyMemAllocatorEx real[Py_ARRAY_LENGTH(domains)];
static long left = -1; /* allocations before the one that fails; -1: none */
static bool failed;

static bool
fails(void)
{
    if (left < 0) {
        return false;
    }
    failed = left == 0;
    left--;
    return failed;
}

static void *
fail_malloc(void *context, size_t size)
{
    PyMemAllocatorEx *allocator = context;

    return fails() ? NULL : allocator->malloc(allocator->ctx, size);
}

static void *
fail_calloc(void *context, size_t count, size_t size)
{
    PyMemAllocatorEx *allocator = context;

    return fails() ? NULL : allocator->calloc(allocator->ctx, count, size);
}

static void *
fail_realloc(void *context, void *block, size_t size)
{
    PyMemAllocatorEx *allocator = context;

    return fails() ? NULL : allocator->realloc(allocator->ctx, block, size);
}

static void
pass_free(void *context, void *block)
{
    PyMemAllocatorEx *allocator = context;

    allocator->free(allocator->ctx, block);
}

void
fail_allocation(long number)
{
    failed = false;
    left = number;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(domains); i++) {
        PyMemAllocatorEx hooked = { &real[i], fail_malloc, fail_calloc,
                                    fail_realloc, pass_free };

        if (real[i].malloc == NULL) {
            PyMem_GetAllocator(domains[i], &real[i]);
            PyMem_SetAllocator(domains[i], &hooked);
        }
    }
}

bool
has_failed(void)
{
    return failed;
}

/* Whether the allocation with that number was there to fail. */
static bool
one_fails(const Operation *operation, long number)
{
    bool was_there;
    int result;

    if (operation->prepare != NULL) {
        operation->prepare();
    }
    fail_allocation(number);
    result = operation->run();
    was_there = failed;
    fail_allocation(-1);
    if ((result < 0) != (PyErr_Occurred() != NULL)) {
        fail_msg("%s returns %d %s an exception at allocation %ld",
                 operation->name, result,
                 PyErr_Occurred() == NULL ? "without" : "with", number);
    }
    PyErr_Clear();
    if (operation->tidy != NULL) {
        operation->tidy();
    }
    return was_there;
}

int
each_allocation_fails(const Operation *operation)
{
    long number = 0;

    one_fails(operation, -1); /* it imports what it needs */
    while (one_fails(operation, number)) {
        number++;
    }
    return (int)number;
}
