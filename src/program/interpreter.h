/* The interpreter: start, stop, and how the program ends. */
#ifndef CWSGIREF_EMBED_INTERPRETER_H
#define CWSGIREF_EMBED_INTERPRETER_H

#include <Python.h>

#include <stdbool.h>

/* Starts Python as `python` would be started: PYTHONPATH, PYTHONHOME and the
 * like count, and so does an active virtual environment ($VIRTUAL_ENV).
 * sys.argv is `argv`; the current directory is the first place that modules
 * are looked for in. 0, or -1, having said why on stderr. */
int interpreter_start(int argc, char *const argv[]);

/* Puts a directory first in sys.path, unless PYTHONSAFEPATH is set. 0 or
 * -1. */
int import_first_from(const char *directory);

/* sys.flags.safe_path: PYTHONSAFEPATH is set. */
bool is_safe_path(void);

/* The exit code for the exception in flight, which is gone afterwards: 0
 * without one and for KeyboardInterrupt. SystemExit(message) is our way to
 * fail: the exception that it was raised in the handling of, if any, is shown
 * with its traceback, and then the message, in one line. */
int interpreter_exit_code(void);

/* Waits until no daemon thread runs, for so long at most: one that has sent
 * its answer also writes its log line, then. */
void wait_for_daemons(int milliseconds);

/* Ends Python, as the last thing that the program does: the exit code, which
 * is 1 instead of 0 when sys.stdout could not be flushed. Where threads are
 * left that do not end (the daemons of --threads), it ends the process with
 * that code and does not return. */
int interpreter_stop(int exit_code);

#endif
