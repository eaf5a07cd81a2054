/* try, except, finally and raise: the ground that every layer stands on.
 *
 * The Python exception is the only error channel. A function that fails
 * returns -1 or NULL with an exception pending, and never one without the
 * other. */
#ifndef CWSGIREF_ERRORS_H
#define CWSGIREF_ERRORS_H

#include <Python.h>
#include <stdbool.h>

/* What an `except` or a `finally` block has put aside while it runs. Made by
 * except_enter or finally_enter, ended by the leave of the same name. */
typedef struct Handled {
    PyObject *outer;  /* owned; what sys.exc_info() showed before, or NULL */
    PyObject *raised; /* owned; the exception being handled, or NULL */
} Handled;

/* True if `condition` holds; then this line (function, file and line) is added
 * to the traceback of the exception in flight. A function that is Python code
 * in the original wraps each call that can fail, once:
 * `if (FAILED(f(self) < 0)) { return -1; }`. What is C in CPython, and a
 * static helper, adds no line: Python has no frame there.
 * The compiler is given, and shows, each file by its absolute path: so Python
 * finds the text of the line for the traceback, wherever the program runs. */
#define FAILED(condition) \
    ((condition) && traceback_here(__func__, __FILE__, __LINE__))

/* `return f(self)`: 0, or -1, and then this line is added. */
#define TRACED(result) (FAILED((result) < 0) ? -1 : 0)

/* The same as FAILED in a helper that is a part of `function`: a frame of that one. */
#define FAILED_IN(function, condition) \
    ((condition) &&                    \
     ((void)(function), traceback_here(#function, __FILE__, __LINE__)))

/* `raise type(message)` at this place; the message is a PyErr_Format() one. */
#define RAISE(type, ...)                      \
    ((void)PyErr_Format((type), __VA_ARGS__), \
     (void)traceback_here(__func__, __FILE__, __LINE__))

/* `raise type` at this place, without a message. */
#define RAISE_NONE(type) \
    (PyErr_SetNone(type), (void)traceback_here(__func__, __FILE__, __LINE__))

/* The bare `raise`: the handled exception flies again. Like Python's it adds
 * no line to the traceback. With nothing handled, RuntimeError. */
#define RERAISE() reraise(__func__, __FILE__, __LINE__)

/* Adds a frame to the traceback of the exception in flight. `function` is
 * the C name, shown as Python's (BaseHandler_run: run). Always true, so that
 * FAILED is an expression. A breakpoint here stops at every failure. */
bool traceback_here(const char *function, const char *file, int line);

/* What RERAISE() calls. */
void reraise(const char *function, const char *file, int line);

/* `except:` begins. An exception must be in flight; it becomes the handled
 * one: sys.exc_info() shows it, and what is raised now gets it as
 * __context__. */
Handled except_enter(void);

/* The `except` block ends, with or without a new exception in flight. */
void except_leave(Handled handled);

/* `finally:` begins. An exception in flight steps aside and is the handled
 * one meanwhile; without one nothing happens. */
Handled finally_enter(void);

/* The `finally` block ends: what had stepped aside flies on, unless the block
 * has raised something else. */
void finally_leave(Handled handled);

/* What a finalizer has raised, the exception in flight, goes to
 * sys.unraisablehook: "Exception ignored in: OBJECT", or, in later releases,
 * "Exception ignored while DOING OBJECT". */
void ignore_exception(const char *doing, PyObject *object);

/* sys.exc_info(): a new tuple (type, value, traceback) of the handled
 * exception, or (None, None, None); NULL on error. */
PyObject *sys_exc_info(void);

#endif
