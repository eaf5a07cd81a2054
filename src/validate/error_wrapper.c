#include "validate/error_wrapper.h"

#include "python/arguments.h"
#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "validate/checks.h"

PyObject *
ErrorWrapper_new(PyObject *wsgi_errors)
{
    return PyObject_CallOneArg((PyObject *)&ErrorWrapper_type, wsgi_errors);
}

/* Lib/wsgiref/validate.py: ErrorWrapper.__init__ */
int
ErrorWrapper_init(PyObject *self, PyObject *wsgi_errors)
{
    return TRACED(PyObject_SetAttrString(self, "errors", wsgi_errors));
}

/* self.errors.name(arg), or self.errors.name() where that is NULL. */
static int
call_errors(PyObject *self, PyObject *name, PyObject *arg)
{
    PyObject *errors = PyObject_GetAttrString(self, "errors");
    PyObject *none = NULL;

    if (errors != NULL) {
        none = PyObject_CallMethodObjArgs(errors, name, arg, NULL);
        Py_DECREF(errors);
    }
    return discard(none);
}

/* Lib/wsgiref/validate.py: ErrorWrapper.write */
int
ErrorWrapper_write(PyObject *self, PyObject *s)
{
    if (FAILED(assert_(PyUnicode_CheckExact(s), NULL) < 0)) {
        return -1;
    }
    return TRACED(call_errors(self, names.write, s));
}

/* Lib/wsgiref/validate.py: ErrorWrapper.flush */
int
ErrorWrapper_flush(PyObject *self)
{
    return TRACED(call_errors(self, names.flush, NULL));
}

/* self.write(line) */
static int
write_line(void *self, PyObject *line)
{
    return discard(PyObject_CallMethodOneArg(self, names.write, line));
}

/* Lib/wsgiref/validate.py: ErrorWrapper.writelines */
int
ErrorWrapper_writelines(PyObject *self, PyObject *seq)
{
    return TRACED(for_each(seq, write_line, self));
}

/* Lib/wsgiref/validate.py: ErrorWrapper.close */
int
ErrorWrapper_close(PyObject *self)
{
    (void)self;
    return TRACED(assert_(0, "errors.close() must not be called"));
}

/* The methods as Python code calls them. */

static int
call_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return init_with_one(ErrorWrapper_init,
                         "ErrorWrapper.__init__(wsgi_errors)", self, args,
                         kwargs);
}

static PyObject *
call_write(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_one(ErrorWrapper_write, "ErrorWrapper.write(s)", self,
                         args, kwargs);
}

static PyObject *
call_flush(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_none(ErrorWrapper_flush, "ErrorWrapper.flush()", self,
                          args, kwargs);
}

static PyObject *
call_writelines(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_one(ErrorWrapper_writelines,
                         "ErrorWrapper.writelines(seq)", self, args, kwargs);
}

static PyObject *
call_close(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_none(ErrorWrapper_close, "ErrorWrapper.close()", self,
                          args, kwargs);
}

static PyMethodDef methods[] = {
    BINDING_METHOD("write", call_write),
    BINDING_METHOD("flush", call_flush),
    BINDING_METHOD("writelines", call_writelines),
    BINDING_METHOD("close", call_close),
    { NULL, NULL, 0, NULL },
};

PyTypeObject ErrorWrapper_type = {
    .tp_name = "cwsgiref.validate.ErrorWrapper",
    .tp_methods = methods,
    .tp_init = call_init,
};
