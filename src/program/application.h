/* The application that the command line names. */
#ifndef CWSGIREF_PROGRAM_APPLICATION_H
#define CWSGIREF_PROGRAM_APPLICATION_H

#include <Python.h>

/* The application that `name` names, a new reference:
 *
 *     package.module:callable      a dotted module and an attribute of it
 *     path/to/module.py:callable   a file, loaded as the module of its stem
 *     module                       its `application`, or else its `app`
 *     module:create_app()          what a factory returns
 *     module:object.attribute
 *
 * NULL with SystemExit(message) if there is none: its __context__ is the
 * exception that the application has raised, if any. Or NULL with
 * KeyboardInterrupt. */
PyObject *find_application(const char *name);

/* The first item of sys.argv: the file in `name`, or else the whole name.
 * `argument`: out, of `size` bytes. */
void application_argument(const char *name, char *argument, size_t size);

#endif
