/* A method of one of our classes, as Python code calls it. It behaves like a
 * function: it has a signature, and as the attribute of an instance it is
 * bound. */
#ifndef CWSGIREF_MODULE_METHOD_H
#define CWSGIREF_MODULE_METHOD_H

#include "module/class.h"

extern PyTypeObject Method_type;

/* The method `slot` of `cls`, which calls that class's own function, whatever
 * the class of the instance is: so super().method() leads to it. `family` is
 * NULL for a function of a module: then it has no `self`. All three outlive
 * it. A new reference, or NULL. */
PyObject *Method_new(const Family *family, const Class *cls, const Slot *slot);

/* The class's own function, if `found` is a method for that slot; else
 * NULL. */
Function Method_function(PyObject *found, const Slot *slot);

#endif
