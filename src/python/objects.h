/* What takes Python one word or one line, for any object. */
#ifndef CWSGIREF_OBJECTS_H
#define CWSGIREF_OBJECTS_H

#include <Python.h>

#include <stdbool.h>

/* `from module import name`: a new reference, or NULL. */
PyObject *import_from(const char *module, const char *name);

/* module.name(...), of arguments for Py_BuildValue(): "()" or "(si)", without
 * an N. A new reference, or NULL. */
PyObject *call_function(const char *module, const char *name,
                        const char *format, ...);

/* The same with keywords: takes both, a tuple and a dict, which may be NULL:
 * then so is the result. */
PyObject *call_with_keywords(const char *module, const char *name,
                             PyObject *args, PyObject *kwargs);

/* Runs the statements, then evaluates the expression: a new reference, or
 * NULL. */
PyObject *evaluate(const char *statements, const char *expression);

/* Throws away the result of a call: takes it. 0, or -1 for NULL. */
int discard(PyObject *result);

/* bool(value): takes it. 1, 0, or -1, also for NULL. */
int truth(PyObject *value);

/* What Python gets for the 0 or -1 of a function that returns nothing, and for
 * the 1, 0 or -1 of a predicate: a new reference, or NULL for -1. */
PyObject *as_none(int result);
PyObject *as_bool(int answer);

/* object.name: takes the object. A new reference, or NULL, also for NULL. */
PyObject *attribute_of(PyObject *object, const char *name);

/* object.name = value: takes the value. 0, or -1, also for NULL. */
int set_attribute(PyObject *object, const char *name, PyObject *value);

/* list.append(item): takes the item. 0, or -1, also for NULL. */
int append_new(PyObject *list, PyObject *item);

/* (a, b): takes both. A new tuple, or NULL, also if one is NULL. By a format
 * it costs 600 instructions, and so 100. */
PyObject *pair_of(PyObject *a, PyObject *b);

/* `for item in iterable: body(item)`: 0, or -1 when the iterable or `body` has
 * failed. `context` is the first argument of each call. */
int for_each(PyObject *iterable, int (*body)(void *context, PyObject *item),
             void *context);

/* [f(context, item) for item in list], of a list that may change meanwhile: a
 * new list. What f gives is a new reference; NULL without an exception is left
 * out. */
PyObject *map_list(PyObject *list,
                   PyObject *(*f)(PyObject *context, PyObject *item),
                   PyObject *context);

/* The value of a field, to hold it during a call that may replace the field: a
 * new reference. NULL is None. */
PyObject *hold(PyObject *field);

/* The tp_dealloc of our classes: calls the finalizer and tp_clear, and frees
 * the object. Subclasses inherit it. */
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

/* format % args: a tuple is not one argument but several. A new str. */
PyObject *percent(const char *format, PyObject *args);

/* hasattr(object, name): 1, 0, or -1 with what the attribute raised. */
int has_attribute(PyObject *object, const char *name);

/* len(object): -1 with an exception. Bytes say it at once, 30 instructions
 * less; each block of an answer is asked twice. */
static inline Py_ssize_t
length_of(PyObject *object)
{
    return PyBytes_CheckExact(object) ? PyBytes_GET_SIZE(object)
                                      : PyObject_Size(object);
}

/* Whether len() asks the object's type. If not, it is a TypeError. */
bool has_length(PyObject *object);

/* Whether the type is exactly list or tuple: both are known to have no
 * attributes but their methods. */
bool is_list_or_tuple(PyObject *object);

/* `if hasattr(object, 'close'): object.close()`: 0 or -1. */
int close_if_any(PyObject *object);

/* Raises AttributeError, in Python's words, for an attribute that an object of
 * ours does not have, or not yet. Always -1. */
int lacks_attribute(const void *self, const char *name);

/* `env[key] = value`: takes the value. 0, or -1, also for NULL. */
int set_item(PyObject *env, PyObject *key, PyObject *value);

/* Makes room in a dict of str, without the key "", so that its copies can grow
 * as much again before they need another table. 0 or -1. */
int make_room(PyObject *dict);

/* sys.stderr: borrowed, or NULL with AttributeError. */
PyObject *sys_stderr(void);

/* sys.stderr.write(line): 0 or -1. */
int write_to_stderr(PyObject *line);

#endif
