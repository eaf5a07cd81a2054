/* What to say when the application fails before it is served: each failure
 * becomes SystemExit(message). */
#ifndef CWSGIREF_PROGRAM_FAILURES_H
#define CWSGIREF_PROGRAM_FAILURES_H

#include <Python.h>

/* Makes the exception in flight, which the application has raised, the
 * __context__ of a SystemExit that says what to do. KeyboardInterrupt stays as
 * it is.
 *
 * label: what has failed, as the command line names it.
 * path:  the same, if it is a module that was imported by its name; or
 *        NULL. */
void explain_exception(PyObject *label, const char *path);

#endif
