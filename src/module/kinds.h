/* How the constants of a class's table, and the fields of an instance, are
 * values in Python. */
#ifndef CWSGIREF_MODULE_KINDS_H
#define CWSGIREF_MODULE_KINDS_H

#include "io/buffered_io_base.h"
#include "module/class.h"

extern const Kind object_kind;         /* PyObject *, owned, or NULL */
extern const Kind object_or_none_kind; /* the same; NULL is None */
extern const Kind bool_kind;           /* bool */
extern const Kind int_kind;            /* int */
extern const Kind size_kind;           /* Py_ssize_t */
extern const Kind text_kind;           /* const char *, of a str */
extern const Kind text_or_none_kind;   /* the same; NULL is None */
extern const Kind bytes_kind;          /* const char *, of bytes */
extern const Kind seconds_kind;        /* double; -1 is None */
extern const Kind borrowed_kind;       /* PyObject *, borrowed; NULL is None */
extern const Kind stream_kind;         /* BufferedIOBase *, owned, or NULL */

/* What the first two are made of, for kinds that refuse some objects. */
PyObject *get_object(const void *place);
PyObject *get_object_or_none(const void *place);
PyObject *set_object(void *place, PyObject *value);

/* A str in UTF-8, which it owns. NULL with an exception, as well if there is a
 * NUL in it: C would take that for the end. */
const char *c_text(PyObject *text);

/* The stream that C needs of any file-like object: itself if it is one of
 * ours, or else a PythonFile. A new reference, or NULL. */
BufferedIOBase *stream_of(PyObject *file);

/* What Python sees of it: a new reference. */
PyObject *file_of(BufferedIOBase *stream);

/* An object that has no attribute at all: what a field holds in C that Python
 * code has not set yet. Borrowed. */
extern PyObject *missing;

/* Makes `missing`. 0 or -1; call it once. */
int kinds_ready(void);

#endif
