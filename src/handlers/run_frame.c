#include "handlers/run_frame.h"

static PyObject *run; /* owned; the function, once it is needed */

/* The table says of no instruction in which columns it stands: they would be
 * those of the Python below, and not of the C.
 * Objects/locations.md: entries of kind 13, for 8 instructions at most */
static const char source[] =
    "def run(application, environ, start_response):\n"
    "    return application(environ, start_response)\n"
    "\n"
    "count = len(run.__code__.co_code) // 2\n"
    "table = bytearray()\n"
    "for first in range(0, count, 8):\n"
    "    table += bytes([0x80 | 13 << 3 | min(8, count - first) - 1, 0])\n"
    "run.__code__ = run.__code__.replace(\n"
    "    co_filename=file, co_firstlineno=line, co_linetable=bytes(table))\n";

/* A new reference to the function, or NULL. */
static PyObject *
make_run(const char *file, int line)
{
    PyObject *globals =
        Py_BuildValue("{sOsssNsi}", "__builtins__", PyEval_GetBuiltins(),
                      "__name__", "wsgiref.handlers", "file",
                      PyUnicode_DecodeFSDefault(file), "line", line);
    PyObject *done = NULL, *function = NULL;

    if (globals != NULL) {
        done = PyRun_String(source, Py_file_input, globals, globals);
    }
    if (done != NULL) {
        function = Py_XNewRef(PyDict_GetItemString(globals, "run"));
    }
    Py_XDECREF(done);
    Py_XDECREF(globals);
    return function;
}

PyObject *
run_frame(const char *file, int line)
{
    if (run == NULL) {
        run = make_run(file, line);
    }
    return run;
}
