/* What Python says in a word of any object. */
#ifndef CWSGIREF_OBJECTS_H
#define CWSGIREF_OBJECTS_H

#include <Python.h>

#include <stdbool.h>

/* `from module import name`: a new reference, or NULL. */
PyObject *import_from(const char *module, const char *name);

/* What a Python expression says, after the statements: a new reference, or
 * NULL. */
PyObject *evaluate(const char *statements, const char *expression);

/* A call whose result nobody wants: takes it. 0, or -1 for NULL. */
int discard(PyObject *result);

/* bool(value): takes it. 1, 0, or -1, also for NULL. */
int truth(PyObject *value);

/* What a field holds, for a call that may replace it: a new reference. NULL is
 * None. */
PyObject *hold(PyObject *field);

/* The tp_dealloc of our classes: calls the finalizer, drops what the class's
 * tp_clear knows of, and frees the object. A subclass inherits it. */
void instance_dealloc(PyObject *op);

/* `value == text`, or with Py_NE `!=`: 1, 0, or -1. */
int compare(PyObject *value, int op, const char *text);

/* `name in container`: 1, 0, or -1. */
int contains(PyObject *container, const char *name);

/* `value in tuple`: takes the tuple. 1, 0, or -1, also for NULL. */
int is_in(PyObject *value, PyObject *tuple);

/* text.lower(): a new reference. */
PyObject *lower(PyObject *text);

/* text.strip(), of a str: a new one. */
PyObject *strip(PyObject *text);

/* separator.join(strings): a new str. */
PyObject *join(const char *separator, PyObject *strings);

/* hasattr(object, name): 1, 0, or -1 with what the attribute raised. */
int has_attribute(PyObject *object, const char *name);

/* Whether the type is exactly list or tuple: both are known to have no
 * attributes but their methods. */
bool is_list_or_tuple(PyObject *object);

/* `if hasattr(object, 'close'): object.close()`: 0 or -1. */
int close_if_any(PyObject *object);

/* What Python says of an attribute that an object of ours has not got, or not
 * yet: AttributeError, and always -1. */
int lacks_attribute(const void *self, const char *name);

/* `env[key] = value`: takes the value. 0, or -1, also for NULL. */
int set_item(PyObject *env, PyObject *key, PyObject *value);

/* sys.stderr: borrowed, or NULL with AttributeError. */
PyObject *sys_stderr(void);

/* sys.stderr.write(line): 0 or -1. */
int write_to_stderr(PyObject *line);

#endif
