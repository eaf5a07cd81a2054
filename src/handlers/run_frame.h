/* The frame of BaseHandler.run, as Python sees it.
 *
 * C functions have no Python frames. But an application that looks at the
 * frame of its caller (sys._getframe(1), inspect.stack()[1], the stacklevel of
 * warnings and of logging) must find `run` there. So it is called through a
 * Python function of that name, which has the file and line of our call. */
#ifndef CWSGIREF_HANDLERS_RUN_FRAME_H
#define CWSGIREF_HANDLERS_RUN_FRAME_H

#include <Python.h>

/* That function, run(application, environ, start_response); borrowed, NULL
 * with an exception. `file` and `line`: where it is called, always the same.
 */
PyObject *run_frame(const char *file, int line);

#endif
