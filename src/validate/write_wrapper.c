#include "validate/write_wrapper.h"

#include <stddef.h>

#include "python/arguments.h"
#include "python/errors.h"
#include "validate/validate.h"

PyObject *
WriteWrapper_new(PyObject *wsgi_writer)
{
    WriteWrapper *self =
        (WriteWrapper *)WriteWrapper_type.tp_alloc(&WriteWrapper_type, 0);

    if (self == NULL) {
        return NULL;
    }
    if (WriteWrapper_init(self, wsgi_writer) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* Lib/wsgiref/validate.py: WriteWrapper.__init__ */
int
WriteWrapper_init(WriteWrapper *self, PyObject *wsgi_writer)
{
    return TRACED(
        PyObject_SetAttrString((PyObject *)self, "writer", wsgi_writer));
}

/* Lib/wsgiref/validate.py: WriteWrapper.__call__ */
int
WriteWrapper_call(WriteWrapper *self, PyObject *s)
{
    PyObject *writer;
    PyObject *written;

    if (FAILED(assert_(PyBytes_CheckExact(s), NULL) < 0)) {
        return -1;
    }
    writer = PyObject_GetAttrString((PyObject *)self, "writer");
    if (FAILED(writer == NULL)) {
        return -1;
    }
    written = PyObject_CallOneArg(writer, s);
    Py_DECREF(writer);
    if (FAILED(written == NULL)) {
        return -1;
    }
    Py_DECREF(written);
    return 0;
}

/* What Python code calls. */

static int
call_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *wsgi_writer;

    if (bind_arguments(&wsgi_writer, "WriteWrapper.__init__(wsgi_writer)",
                       args, kwargs) < 0)
    {
        return -1;
    }
    return WriteWrapper_init((WriteWrapper *)op, wsgi_writer);
}

static PyObject *
call_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *s;

    if (bind_arguments(&s, "WriteWrapper.__call__(s)", args, kwargs) < 0 ||
        WriteWrapper_call((WriteWrapper *)op, s) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
WriteWrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    WriteWrapper *self = (WriteWrapper *)op;

    Py_VISIT(self->dict);
    return 0;
}

static int
WriteWrapper_clear(PyObject *op)
{
    WriteWrapper *self = (WriteWrapper *)op;

    Py_CLEAR(self->dict);
    return 0;
}

static void
WriteWrapper_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    PyObject_ClearWeakRefs(op);
    WriteWrapper_clear(op);
    Py_TYPE(op)->tp_free(op);
}

static PyGetSetDef attributes[] = {
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject WriteWrapper_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.validate.WriteWrapper",
    .tp_basicsize = sizeof(WriteWrapper),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_dictoffset = offsetof(WriteWrapper, dict),
    .tp_weaklistoffset = offsetof(WriteWrapper, weakrefs),
    .tp_getset = attributes,
    .tp_new = PyType_GenericNew,
    .tp_init = call_init,
    .tp_call = call_call,
    .tp_traverse = WriteWrapper_traverse,
    .tp_clear = WriteWrapper_clear,
    .tp_dealloc = WriteWrapper_dealloc,
};
