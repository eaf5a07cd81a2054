#include "util/html.h"

/* Lib/html/__init__.py: escape */
PyObject *
html_escape(const char *text)
{
    static const char *const entities[][2] = { { "&", "&amp;" },
                                               { "<", "&lt;" },
                                               { ">", "&gt;" } };
    PyObject *s = PyUnicode_FromString(text);

    for (size_t i = 0; i < Py_ARRAY_LENGTH(entities) && s != NULL; i++) {
        Py_SETREF(s, PyObject_CallMethod(s, "replace", "ss", entities[i][0],
                                         entities[i][1]));
    }
    return s;
}
