/* Lib/email/utils.py: what the chain needs of it. */
#ifndef CWSGIREF_UTIL_EMAIL_UTILS_H
#define CWSGIREF_UTIL_EMAIL_UTILS_H

#include <Python.h>

#include <time.h>

/* formatdate(timeval, usegmt=True), "Fri, 09 Nov 2001 01:08:47 GMT": a new
 * str, or NULL with OSError. Lib/email/utils.py: formatdate */
PyObject *formatdate(time_t timeval);

#endif
