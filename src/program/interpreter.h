/* The interpreter: start, stop, and how the program ends. */
#ifndef CWSGIREF_PROGRAM_INTERPRETER_H
#define CWSGIREF_PROGRAM_INTERPRETER_H

#include <Python.h>

#include <stdbool.h>

/* Starts Python as the command `python` does, with PYTHONPATH, PYTHONHOME and
 * the like, and with the active virtual environment ($VIRTUAL_ENV). sys.argv
 * is `argv`; sys.path begins with the current directory. 0, or -1 after a
 * message on stderr. */
int interpreter_start(int argc, char *const argv[]);

/* Puts a directory first in sys.path, unless PYTHONSAFEPATH is set. 0 or
 * -1. */
int import_first_from(const char *directory);

/* sys.flags.safe_path: PYTHONSAFEPATH is set. */
bool is_safe_path(void);

/* Prints and clears the exception in flight: the exit code, which is 0 without
 * an exception and for KeyboardInterrupt. Of SystemExit(message), which is how
 * the program fails, it prints the __context__, if there is one, with its
 * traceback, and then the message in one line. */
int interpreter_exit_code(void);

/* Waits until no daemon thread runs, but no longer than this. So a thread that
 * has sent its answer can write its log line. */
void wait_for_daemons(int milliseconds);

/* Ends Python, as the last thing that the program does. Returns the exit code,
 * which is 1 if sys.stdout could not be flushed. If threads still run (the
 * daemons of --threads), it ends the process with that code and does not
 * return. */
int interpreter_stop(int exit_code);

#endif
