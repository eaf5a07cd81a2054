/* Lib/wsgiref/handlers.py: the functions of the module. */
#ifndef CWSGIREF_HANDLERS_HANDLERS_H
#define CWSGIREF_HANDLERS_HANDLERS_H

#include <Python.h>
#include <time.h>

/* The Date header's value for a time in seconds since the epoch, always in
 * English: a new str. Lib/wsgiref/handlers.py: format_date_time */
PyObject *format_date_time(time_t timestamp);

/* A new dict of the process's environment, CGI variables in it as PEP 3333
 * wants them: bytes, decoded as latin-1.
 * Lib/wsgiref/handlers.py: read_environ */
PyObject *read_environ(void);

#endif
