/* try, except, finally and raise, for every layer.
 *
 * The Python exception is the only error channel. A function that fails
 * returns -1 or NULL with an exception pending, and never one without the
 * other. */
#ifndef CWSGIREF_ERRORS_H
#define CWSGIREF_ERRORS_H

#include <Python.h>
#include <stdbool.h>

/* What an `except` or a `finally` block puts aside while it runs. except_enter
 * or finally_enter makes it, and the leave of the same name ends it. */
typedef struct Handled {
    PyObject *outer;  /* owned; what sys.exc_info() showed before, or NULL */
    PyObject *raised; /* owned; the exception being handled, or NULL */
} Handled;

/* True if `condition` holds; then this line (function, file and line) is added
 * to the traceback of the pending exception. A function that is Python code in
 * the original wraps each call that can fail, once:
 * `if (FAILED(f(self) < 0)) { return -1; }`. What is C in CPython, and a
 * static helper, adds no line: Python has no frame there. If such a function
 * raised the error, the traceback ends at its caller.
 * __FILE__ is an absolute path, so Python finds the text of the line for the
 * traceback wherever the program runs. */
#define FAILED(condition) \
    ((condition) && (traceback_here(__func__, __FILE__, __LINE__), true))

/* `return f(self)`: 0, or -1, and then this line is added. */
#define TRACED(result) (FAILED((result) < 0) ? -1 : 0)

/* FAILED in a helper that is a part of `function`: the frame is that one's. */
#define FAILED_IN(function, condition) \
    ((condition) &&                    \
     ((void)(function), traceback_here(#function, __FILE__, __LINE__), true))

/* `raise type(message)` at this place; the message is a PyErr_Format() one. */
#define RAISE(type, ...)                      \
    ((void)PyErr_Format((type), __VA_ARGS__), \
     traceback_here(__func__, __FILE__, __LINE__))

/* `raise type` at this place, without a message. */
#define RAISE_NONE(type) \
    (PyErr_SetNone(type), traceback_here(__func__, __FILE__, __LINE__))

/* The bare `raise`: raises the handled exception again. Like Python's, it adds
 * no line to the traceback. RuntimeError if none is handled. */
#define RERAISE() reraise(__func__, __FILE__, __LINE__)

/* Adds a frame to the traceback of the pending exception. `function` is the C
 * name; the frame shows Python's (for BaseHandler_run: run). A breakpoint here
 * stops at every failure. */
void traceback_here(const char *function, const char *file, int line);

/* What RERAISE() calls. */
void reraise(const char *function, const char *file, int line);

/* `except:` begins. An exception must be pending; it becomes the handled one:
 * sys.exc_info() shows it, and an exception that is raised now gets it as
 * __context__. */
Handled except_enter(void);

/* The `except` block ends, with or without a new exception pending. */
void except_leave(Handled handled);

/* `finally:` begins. A pending exception is put aside, and is the handled one
 * until finally_leave. If none is pending, nothing happens. */
Handled finally_enter(void);

/* The `finally` block ends: the exception that was put aside is pending again,
 * unless the block has raised another. */
void finally_leave(Handled handled);

/* Gives the pending exception, which a finalizer has raised, to
 * sys.unraisablehook: "Exception ignored in: OBJECT", or, in later releases,
 * "Exception ignored while DOING OBJECT". */
void ignore_exception(const char *doing, PyObject *object);

/* sys.exc_info(): a new tuple (type, value, traceback) of the handled
 * exception, or (None, None, None); NULL on error. */
PyObject *sys_exc_info(void);

#endif
