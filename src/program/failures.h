/* What to say when the application fails before it is served: each failure
 * becomes SystemExit(message). */
#ifndef CWSGIREF_PROGRAM_FAILURES_H
#define CWSGIREF_PROGRAM_FAILURES_H

#include <Python.h>

/* Raises SystemExit, with a message that says what to do, over the exception
 * in flight, which the application has raised. KeyboardInterrupt stays.
 *
 * label: what has failed, by its name on the command line.
 * path:  the same, for a module that was imported by its name; or NULL. */
void explain_exception(PyObject *label, const char *path);

#endif
