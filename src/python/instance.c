#include "python/instance.h"

#include "python/objects.h"

static PyGetSetDef getset[] = {
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static int
Instance_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((Instance *)self)->dict);
    return 0;
}

static int
Instance_clear(PyObject *self)
{
    Py_CLEAR(((Instance *)self)->dict);
    return 0;
}

void
instance_type(PyTypeObject *type)
{
    type->tp_basicsize = sizeof(Instance);
    type->tp_dictoffset = offsetof(Instance, dict);
    type->tp_weaklistoffset = offsetof(Instance, weakrefs);
    type->tp_getset = getset;
    type->tp_new = PyType_GenericNew;
    type->tp_traverse = Instance_traverse;
    type->tp_clear = Instance_clear;
}
