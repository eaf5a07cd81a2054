/* The application that the command line names. */
#ifndef CWSGIREF_EMBED_APPLICATION_H
#define CWSGIREF_EMBED_APPLICATION_H

#include <Python.h>

/* The application that `name` names, a new reference:
 *
 *     package.module:callable      a dotted module and an attribute of it
 *     path/to/module.py:callable   a file, loaded as the module of its stem
 *     module                       its `application`, or else its `app`
 *     module:create_app()          what a factory gives
 *     module:object.attribute
 *
 * NULL with SystemExit(message) when there is none; the exception that the
 * application itself has raised, if any, is its __context__. Or NULL with
 * KeyboardInterrupt. */
PyObject *find_application(const char *name);

/* What sys.argv begins with, of `size` bytes at most in `argument`: the file
 * that `name` names, or else the name itself. */
void application_argument(const char *name, char *argument, size_t size);

#endif
