#include "python/instance.h"

PyGetSetDef Instance_getset[] = {
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

int
Instance_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((Instance *)self)->dict);
    return 0;
}

int
Instance_clear(PyObject *self)
{
    Py_CLEAR(((Instance *)self)->dict);
    return 0;
}
