/* Lib/wsgiref/validate.py: the checks, of which its middleware and its wrappers
 * are made. */
#ifndef CWSGIREF_VALIDATE_CHECKS_H
#define CWSGIREF_VALIDATE_CHECKS_H

#include <Python.h>

/* Lib/wsgiref/validate.py: WSGIWarning. The category of what is not wrong, but
 * unwise: a subclass of Warning. Owned; valid after types_ready(). */
extern PyObject *WSGIWarning;

/* AssertionError for what is not as it should be: 0, or -1. The message is
 * one for PyUnicode_FromFormat(); NULL is none. As Python evaluates it, it is
 * made whether needed or not, and fails where a repr() in it fails.
 *
 * cond: 1, 0, or -1 with the exception that finding out has raised.
 *
 * Lib/wsgiref/validate.py: assert_ */
int assert_(int cond, const char *format, ...);

/* The checks: 0 (check_string_type returns the value in Python), or -1 with
 * AssertionError, or with whatever the repr() or the attributes of what they
 * look at raise. */
int check_string_type(PyObject *value, const char *title);
int check_environ(PyObject *env);
int check_input(PyObject *wsgi_input);
int check_errors(PyObject *wsgi_errors);
int check_status(PyObject *status);
int check_headers(PyObject *headers);
int check_content_type(PyObject *status, PyObject *headers);
int check_exc_info(PyObject *exc_info);
int check_iterator(PyObject *iterator);

/* Makes WSGIWarning. 0 or -1; called by types_ready(). */
int checks_ready(void);

#endif
