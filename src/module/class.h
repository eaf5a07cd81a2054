/* A class of ours as data, from which Python's side of it is made: its slots,
 * its constants and its fields. */
#ifndef CWSGIREF_MODULE_CLASS_H
#define CWSGIREF_MODULE_CLASS_H

#include <Python.h>
#include <stdbool.h>
#include <stddef.h>

typedef void (*Function)(void);

enum { MOST_PARAMETERS = 8 };

/* What a slot's function gives, if it takes objects and nothing else. */
typedef enum Gives {
    NOTHING, /* int: 0, or -1 with an exception */
    TRUTH,   /* int: 1, 0, or -1 with an exception */
    OBJECT,  /* PyObject *: a new reference, or NULL */
    OTHER,   /* what Slot.call makes of it */
} Gives;

/* A method: a slot of a class's table, or one without a slot, or a function of
 * a module, which has no self. */
typedef struct Slot {
    const char *name;
    /* As in `def`, after self: "status, headers, exc_info=None". The tuple of
     * an *args, which is the last, is one of the values. */
    const char *parameters;
    size_t offset; /* in the table; 0: it is no slot */
    Gives gives;
    /* Calls `function` with other arguments than objects. `values` are the
     * bound ones (at most MOST_PARAMETERS), borrowed, NULL where the default
     * holds. A new reference, or NULL. */
    PyObject *(*call)(PyObject *self, Function function, PyObject *values[]);
    /* Of a slot, what calls the override in Python; else the method itself,
     * unless `call` knows it. */
    Function function;
    const char *doc;
} Slot;

/* How a value in C is one in Python. */
typedef struct Kind {
    /* A new reference; NULL without an exception if there is none. */
    PyObject *(*get)(const void *place);
    /* Sets the place; `value` is NULL for `del`. Returns what must live as
     * long as the place points into it (a new reference; None if nothing), or
     * NULL. */
    PyObject *(*set)(void *place, PyObject *value);
} Kind;

/* A constant of a class's table: a class attribute. */
typedef struct Constant {
    const char *name;
    size_t offset; /* in the table */
    const Kind *kind;
} Constant;

/* A field of the instance. */
typedef struct Field {
    const char *name;
    size_t offset;
    const Kind *kind;
} Field;

/* One of our classes. The lists hold what is new in it, and end with a name of
 * NULL; a list that is NULL is empty. */
typedef struct Class {
    PyTypeObject *type;
    const void *table;
    size_t table_size;
    const Slot *slots;
    const Constant *constants;
    const Field *fields;
    const Slot *methods; /* those that are no slots */
    const char *doc;
} Class;

typedef struct Family {
    const Class *classes; /* bases first; ended by a type of NULL */
    size_t instance_size; /* of the largest struct */
    size_t table_size;    /* of the largest table */
    size_t cls;           /* the offset of the pointer to the table */
    /* Sets what a new instance has at first besides NULL: 0 or -1. NULL:
     * there is nothing. */
    int (*new)(PyObject *self);
    /* The instance has another table now: sets the fields that say the same.
     * NULL: there are none. */
    void (*refreshed)(PyObject *self);
    /* family_refresh(), which a method calls first. */
    int (*refresh)(PyObject *self);
} Family;

#endif
