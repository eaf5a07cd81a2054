#include "validate/error_wrapper.h"

#include <stddef.h>

#include "python/arguments.h"
#include "python/errors.h"
#include "python/names.h"
#include "validate/validate.h"
#include "python/objects.h"

PyObject *
ErrorWrapper_new(PyObject *wsgi_errors)
{
    ErrorWrapper *self =
        (ErrorWrapper *)ErrorWrapper_type.tp_alloc(&ErrorWrapper_type, 0);

    if (self == NULL) {
        return NULL;
    }
    if (ErrorWrapper_init(self, wsgi_errors) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* Lib/wsgiref/validate.py: ErrorWrapper.__init__ */
int
ErrorWrapper_init(ErrorWrapper *self, PyObject *wsgi_errors)
{
    return TRACED(
        PyObject_SetAttrString((PyObject *)self, "errors", wsgi_errors));
}

/* Lib/wsgiref/validate.py: ErrorWrapper.write */
int
ErrorWrapper_write(ErrorWrapper *self, PyObject *s)
{
    PyObject *errors;
    int result;

    if (FAILED(assert_(PyUnicode_CheckExact(s), NULL) < 0)) {
        return -1;
    }
    errors = PyObject_GetAttrString((PyObject *)self, "errors");
    if (FAILED(errors == NULL)) {
        return -1;
    }
    result = discard(PyObject_CallMethodOneArg(errors, names.write, s));
    Py_DECREF(errors);
    return TRACED(result);
}

/* Lib/wsgiref/validate.py: ErrorWrapper.flush */
int
ErrorWrapper_flush(ErrorWrapper *self)
{
    PyObject *errors = PyObject_GetAttrString((PyObject *)self, "errors");
    int result;

    if (FAILED(errors == NULL)) {
        return -1;
    }
    result = discard(PyObject_CallMethodNoArgs(errors, names.flush));
    Py_DECREF(errors);
    return TRACED(result);
}

/* self.write(line), a step straight into ours unless there is another. */
static int
call_self_write(ErrorWrapper *self, PyObject *line)
{
    int own = !Py_IS_TYPE(self, &ErrorWrapper_type) ? 1
              : self->dict == NULL                  ? 0
                                   : PyDict_Contains(self->dict, names.write);

    if (own < 0) {
        return -1;
    }
    if (own) {
        return discard(
            PyObject_CallMethodOneArg((PyObject *)self, names.write, line));
    }
    return ErrorWrapper_write(self, line);
}

/* Lib/wsgiref/validate.py: ErrorWrapper.writelines */
int
ErrorWrapper_writelines(ErrorWrapper *self, PyObject *seq)
{
    PyObject *iterator = PyObject_GetIter(seq);
    PyObject *line;
    int result = 0;

    if (FAILED(iterator == NULL)) {
        return -1;
    }
    while (result == 0 && (line = PyIter_Next(iterator)) != NULL) {
        result = call_self_write(self, line);
        Py_DECREF(line);
    }
    Py_DECREF(iterator);
    return FAILED(PyErr_Occurred() != NULL) ? -1 : 0;
}

/* Lib/wsgiref/validate.py: ErrorWrapper.close */
int
ErrorWrapper_close(ErrorWrapper *self)
{
    (void)self;
    return TRACED(assert_(0, "errors.close() must not be called"));
}

/* What Python code calls. */

static int
call_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *wsgi_errors;

    if (bind_arguments(&wsgi_errors, "ErrorWrapper.__init__(wsgi_errors)",
                       args, kwargs) < 0)
    {
        return -1;
    }
    return ErrorWrapper_init((ErrorWrapper *)op, wsgi_errors);
}

static PyObject *
call_write(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *s;

    if (bind_arguments(&s, "ErrorWrapper.write(s)", args, kwargs) < 0 ||
        ErrorWrapper_write((ErrorWrapper *)op, s) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_flush(PyObject *op, PyObject *args, PyObject *kwargs)
{

    if (bind_arguments(NULL, "ErrorWrapper.flush()", args, kwargs) < 0 ||
        ErrorWrapper_flush((ErrorWrapper *)op) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_writelines(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *seq;

    if (bind_arguments(&seq, "ErrorWrapper.writelines(seq)", args, kwargs) <
            0 ||
        ErrorWrapper_writelines((ErrorWrapper *)op, seq) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
call_close(PyObject *op, PyObject *args, PyObject *kwargs)
{

    if (bind_arguments(NULL, "ErrorWrapper.close()", args, kwargs) < 0 ||
        ErrorWrapper_close((ErrorWrapper *)op) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
ErrorWrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    ErrorWrapper *self = (ErrorWrapper *)op;

    Py_VISIT(self->dict);
    return 0;
}

static int
ErrorWrapper_clear(PyObject *op)
{
    ErrorWrapper *self = (ErrorWrapper *)op;

    Py_CLEAR(self->dict);
    return 0;
}

static void
ErrorWrapper_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    PyObject_ClearWeakRefs(op);
    ErrorWrapper_clear(op);
    Py_TYPE(op)->tp_free(op);
}

static PyMethodDef methods[] = {
    { "write", (PyCFunction)(void (*)(void))call_write,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { "flush", (PyCFunction)(void (*)(void))call_flush,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { "writelines", (PyCFunction)(void (*)(void))call_writelines,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { "close", (PyCFunction)(void (*)(void))call_close,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef attributes[] = {
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject ErrorWrapper_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.validate.ErrorWrapper",
    .tp_basicsize = sizeof(ErrorWrapper),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_dictoffset = offsetof(ErrorWrapper, dict),
    .tp_weaklistoffset = offsetof(ErrorWrapper, weakrefs),
    .tp_methods = methods,
    .tp_getset = attributes,
    .tp_new = PyType_GenericNew,
    .tp_init = call_init,
    .tp_traverse = ErrorWrapper_traverse,
    .tp_clear = ErrorWrapper_clear,
    .tp_dealloc = ErrorWrapper_dealloc,
};
