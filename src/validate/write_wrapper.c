#include "validate/write_wrapper.h"

#include "python/arguments.h"
#include "python/errors.h"
#include "python/objects.h"
#include "validate/checks.h"

PyObject *
WriteWrapper_new(PyObject *wsgi_writer)
{
    return PyObject_CallOneArg((PyObject *)&WriteWrapper_type, wsgi_writer);
}

/* Lib/wsgiref/validate.py: WriteWrapper.__init__ */
int
WriteWrapper_init(PyObject *self, PyObject *wsgi_writer)
{
    return TRACED(PyObject_SetAttrString(self, "writer", wsgi_writer));
}

/* Lib/wsgiref/validate.py: WriteWrapper.__call__ */
int
WriteWrapper_call(PyObject *self, PyObject *s)
{
    PyObject *writer;
    int result;

    if (FAILED(assert_(PyBytes_CheckExact(s), NULL) < 0)) {
        return -1;
    }
    writer = PyObject_GetAttrString(self, "writer");
    if (FAILED(writer == NULL)) {
        return -1;
    }
    result = discard(PyObject_CallOneArg(writer, s));
    Py_DECREF(writer);
    return TRACED(result);
}

/* The methods as Python code calls them. */

static int
call_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return init_with_one(WriteWrapper_init,
                         "WriteWrapper.__init__(wsgi_writer)", self, args,
                         kwargs);
}

static PyObject *
call_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_one(WriteWrapper_call, "WriteWrapper.__call__(s)", self,
                         args, kwargs);
}

PyTypeObject WriteWrapper_type = {
    .tp_name = "cwsgiref.validate.WriteWrapper",
    .tp_init = call_init,
    .tp_call = call_call,
};
