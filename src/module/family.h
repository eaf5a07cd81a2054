/* A family of classes for Python: a class of the chain and all that are made
 * of it. Each of our classes is a type, and a table of functions that its
 * instances point to. For Python
 *
 * - each slot of the table is a method of the type,
 * - each constant of the table is a class attribute, which may be set,
 * - each field of the struct is an attribute of the instance.
 *
 * For each type that Python makes of one of ours there is a table, too. It is
 * that of our class, in which each slot that Python code overrides leads to a
 * function that calls the override, and each constant is what Python finds as
 * the attribute. So `self->cls->method(self)` does what `self.method()` does,
 * and the chain need not know. The instances share it; one that sets something
 * of it has a copy of its own. An instance that C makes has the constant table
 * of its class.
 *
 * docs/import.md shows how. */
#ifndef CWSGIREF_MODULE_FAMILY_H
#define CWSGIREF_MODULE_FAMILY_H

#include "module/class.h"

/* Before PyType_Ready(): the instances of these types get room for what they
 * have in Python, and nothing else changes. */
void family_prepare(const Family *family);

/* After it: makes the types what the lists say. Until then Python can neither
 * call nor subclass them. 0 or -1; call it once. */
int family_ready(const Family *family);

/* type.__new__(type): a new reference, or NULL. */
PyObject *family_instance(PyTypeObject *type);

/* Gives an instance that C has made the table of its type, as if Python had
 * made it. 0 or -1. */
int family_adopt(PyObject *self);

/* Gives the instance another table, if its type has changed. 0 or -1. */
int family_refresh(PyObject *self);

/* Whether Python code has set something of the table of a type of ours: 1, 0,
 * or -1. */
int family_changed(PyTypeObject *type);

/* For the functions of slots: self.name(...) with so many arguments,
 * each borrowed. A new reference, or NULL. */
PyObject *call_override(void *self, const char *name, int count, ...);

/* The same with a tuple of arguments, which it takes; it may be NULL. */
PyObject *call_override_with(void *self, const char *name, PyObject *args);

#endif
