#include "python/linked.h"

#include <stdio.h>

#ifdef Py_GIL_DISABLED
#error "a free-threaded build of Python: cwsgiref needs the GIL"
#endif

bool
linked_fits(char *why, size_t size)
{
    if (Py_Version >> 16 == PY_VERSION_HEX >> 16) {
        return true;
    }
    snprintf(why, size,
             "cwsgiref was compiled with the headers of Python %d.%d, and the "
             "library that is linked in is of Python %lu.%lu: build and link "
             "with one and the same",
             PY_MAJOR_VERSION, PY_MINOR_VERSION, Py_Version >> 24,
             Py_Version >> 16 & 0xFF);
    return false;
}

/* unicodedata stands for what one build has in libpython and another in a file
 * beside its library: where it is missing, no host has a name ("unknown
 * encoding: idna"). */
int
linked_ready(void)
{
    char why[200];
    PyObject *module;

    if (!linked_fits(why, sizeof(why))) {
        PyErr_SetString(PyExc_ImportError, why);
        return -1;
    }
    module = PyImport_ImportModule("unicodedata");
    if (module == NULL && PyErr_ExceptionMatches(PyExc_ModuleNotFoundError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ImportError,
                     "the library of Python that is linked in and the modules "
                     "that it imports, below %S, are of different builds: it "
                     "looks for them beside the python3 that is first in "
                     "PATH, unless PYTHONHOME says where they are",
                     PySys_GetObject("prefix"));
    }
    Py_XDECREF(module);
    return module == NULL ? -1 : 0;
}
