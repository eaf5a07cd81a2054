/* Lib/email/utils.py: what the chain needs of it. */
#ifndef CWSGIREF_UTIL_EMAIL_UTILS_H
#define CWSGIREF_UTIL_EMAIL_UTILS_H

#include <Python.h>

#include <time.h>

/* formatdate(timeval, usegmt=True), "Fri, 09 Nov 2001 01:08:47 GMT": a new
 * str, or NULL with OSError. Lib/email/utils.py: formatdate */
PyObject *formatdate(time_t timeval);

/* Writes a number from 0 to 99 in two digits. */
void write_two_digits(char *to, int number);

/* "Fri, 09 Nov 2001 01:08:47 GMT", RFC 7231's IMF-fixdate, of a time in seconds
 * since the epoch. A year of fewer than four digits is filled up with `pad`,
 * '0' or ' '. A new str, or NULL with OSError. */
PyObject *imf_fixdate(time_t timeval, char pad);

#endif
