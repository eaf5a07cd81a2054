/* The frame of BaseHandler.run, as Python sees it.
 *
 * C functions have no Python frames. An application that looks at the one
 * below its own (sys._getframe(1), inspect.stack()[1], the stacklevel of
 * warnings and of logging) must find `run` there, so it is called through a
 * function of that name, in the file and line that call it. */
#ifndef CWSGIREF_HANDLERS_RUN_FRAME_H
#define CWSGIREF_HANDLERS_RUN_FRAME_H

#include <Python.h>

/* application(env, start_response) in that frame: a new reference, or NULL,
 * with the frame in the traceback. `file` and `line`: where it is called,
 * always the same. */
PyObject *call_in_run_frame(PyObject *application, PyObject *env,
                            PyObject *start_response, const char *file,
                            int line);

#endif
