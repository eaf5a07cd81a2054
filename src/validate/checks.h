/* Lib/wsgiref/validate.py: the checks that its middleware and its wrappers
 * make. */
#ifndef CWSGIREF_VALIDATE_CHECKS_H
#define CWSGIREF_VALIDATE_CHECKS_H

#include <Python.h>

/* Lib/wsgiref/validate.py: WSGIWarning. The category of warnings, for what is
 * unwise but not wrong: a subclass of Warning. Owned; valid after
 * types_ready(). */
extern PyObject *WSGIWarning;

/* Raises AssertionError if `cond` is 0: 0, or -1. The message is one for
 * PyUnicode_FromFormat(), or NULL. As in Python, it is always made, and a
 * repr() in it can fail.
 *
 * cond: 1, 0, or -1 with the exception that the question for it has raised.
 *
 * Lib/wsgiref/validate.py: assert_ */
int assert_(int cond, const char *format, ...);

/* bool(cond), for assert_: takes it. 1, 0, or -1, also for NULL. As it is
 * assert_ that asks in Python, an error has assert_'s frame. */
int assert_truth(PyObject *cond);

/* The checks: 0 (in Python, check_string_type returns the value), or -1 with
 * AssertionError, or with what a repr() or an attribute has raised. */
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
