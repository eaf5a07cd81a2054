/* Lib/wsgiref/validate.py: InputWrapper: the methods, in Python's order, the
 * same as Python code calls them, and the type; then InputLines, the iterator
 * that __iter__ returns. */
#include "validate/input_wrapper.h"

#include "python/arguments.h"
#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "validate/checks.h"

/* ----- InputWrapper ----- */

PyObject *
InputWrapper_new(PyObject *wsgi_input)
{
    return PyObject_CallOneArg((PyObject *)&InputWrapper_type, wsgi_input);
}

/* Lib/wsgiref/validate.py: InputWrapper.__init__ */
int
InputWrapper_init(PyObject *self, PyObject *wsgi_input)
{
    return TRACED(PyObject_SetAttrString(self, "input", wsgi_input));
}

/* self.input.name(*args): a new reference. */
static PyObject *
call_input(PyObject *self, const char *name, PyObject *args)
{
    PyObject *method =
        attribute_of(PyObject_GetAttrString(self, "input"), name);
    PyObject *result =
        method == NULL ? NULL : PyObject_CallObject(method, args);

    Py_XDECREF(method);
    return result;
}

/* v = self.input.name(*args); assert_(type(v) is bytes) */
static PyObject *
bytes_of_input(PyObject *self, const char *name, PyObject *args)
{
    PyObject *v = call_input(self, name, args);

    if (v != NULL && assert_(PyBytes_CheckExact(v), NULL) < 0) {
        Py_CLEAR(v);
    }
    return v;
}

/* Lib/wsgiref/validate.py: InputWrapper.read */
PyObject *
InputWrapper_read(PyObject *self, PyObject *args)
{
    PyObject *v;

    if (FAILED(assert_(PyTuple_GET_SIZE(args) == 1, NULL) < 0)) {
        return NULL;
    }
    v = bytes_of_input(self, "read", args);
    return FAILED(v == NULL) ? NULL : v;
}

/* Lib/wsgiref/validate.py: InputWrapper.readline */
PyObject *
InputWrapper_readline(PyObject *self, PyObject *args)
{
    PyObject *v;

    if (FAILED(assert_(PyTuple_GET_SIZE(args) <= 1, NULL) < 0)) {
        return NULL;
    }
    v = bytes_of_input(self, "readline", args);
    return FAILED(v == NULL) ? NULL : v;
}

/* assert_(type(lines) is list), and the same of each line and bytes. */
static int
check_lines(PyObject *lines)
{
    int result = assert_(PyList_CheckExact(lines), NULL);

    for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(lines); i++) {
        result = assert_(PyBytes_CheckExact(PyList_GET_ITEM(lines, i)), NULL);
    }
    return result;
}

/* Lib/wsgiref/validate.py: InputWrapper.readlines */
PyObject *
InputWrapper_readlines(PyObject *self, PyObject *args)
{
    PyObject *lines;

    if (FAILED(assert_(PyTuple_GET_SIZE(args) <= 1, NULL) < 0)) {
        return NULL;
    }
    lines = call_input(self, "readlines", args);
    if (FAILED(lines == NULL)) {
        return NULL;
    }
    if (FAILED(check_lines(lines) < 0)) {
        Py_CLEAR(lines);
    }
    return lines;
}

/* Lib/wsgiref/validate.py: InputWrapper.__iter__ */
PyObject *
InputWrapper_iter(PyObject *self)
{
    InputLines *lines =
        (InputLines *)InputLines_type.tp_alloc(&InputLines_type, 0);

    if (lines == NULL) {
        return NULL;
    }
    lines->wrapper = Py_NewRef(self);
    return (PyObject *)lines;
}

/* Lib/wsgiref/validate.py: InputWrapper.close */
int
InputWrapper_close(PyObject *self)
{
    (void)self;
    return TRACED(assert_(0, "input.close() must not be called"));
}

/* The methods as Python code calls them. */

static int
call_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return init_with_one(InputWrapper_init,
                         "InputWrapper.__init__(wsgi_input)", self, args,
                         kwargs);
}

static PyObject *
call_read(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_all(InputWrapper_read, "InputWrapper.read(*args)", self,
                         args, kwargs);
}

static PyObject *
call_readline(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_all(InputWrapper_readline, "InputWrapper.readline(*args)",
                         self, args, kwargs);
}

static PyObject *
call_readlines(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_all(InputWrapper_readlines,
                         "InputWrapper.readlines(*args)", self, args, kwargs);
}

static PyObject *
call_close(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_none(InputWrapper_close, "InputWrapper.close()", self,
                          args, kwargs);
}

static PyMethodDef methods[] = {
    BINDING_METHOD("read", call_read),
    BINDING_METHOD("readline", call_readline),
    BINDING_METHOD("readlines", call_readlines),
    BINDING_METHOD("close", call_close),
    { NULL, NULL, 0, NULL },
};

PyTypeObject InputWrapper_type = {
    .tp_name = "cwsgiref.validate.InputWrapper",
    .tp_methods = methods,
    .tp_init = call_init,
    .tp_iter = InputWrapper_iter,
};

/* ----- InputLines ----- */

/* Does what Python does with a StopIteration that leaves a generator. */
static void
raise_runtime_error(void)
{
    Handled handled = except_enter();
    Handled raised;

    PyErr_SetString(PyExc_RuntimeError, "generator raised StopIteration");
    raised = except_enter();
    PyException_SetCause(raised.raised, Py_NewRef(handled.raised));
    RERAISE();
    except_leave(raised);
    except_leave(handled);
}

/* One turn of the loop in InputWrapper.__iter__, whose frame this is. */
static PyObject *
InputLines_next(PyObject *op)
{
    InputLines *self = (InputLines *)op;
    PyObject *line;
    int more = -1;

    if (self->running) {
        PyErr_SetString(PyExc_ValueError, "generator already executing");
        return NULL;
    }
    if (self->wrapper == NULL) {
        return NULL;
    }
    self->running = true;
    line = PyObject_CallMethodNoArgs(self->wrapper, names.readline);
    if (line != NULL) {
        more = PyObject_IsTrue(line);
    }
    self->running = false;
    if (more > 0) {
        return line;
    }
    if (FAILED_IN(InputWrapper_iter, more < 0) &&
        PyErr_ExceptionMatches(PyExc_StopIteration))
    {
        raise_runtime_error();
    }
    Py_XDECREF(line);
    Py_CLEAR(self->wrapper);
    return NULL;
}

static int
InputLines_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((InputLines *)op)->wrapper);
    return 0;
}

static int
InputLines_clear(PyObject *op)
{
    Py_CLEAR(((InputLines *)op)->wrapper);
    return 0;
}

PyTypeObject InputLines_type = {
    .tp_name = "cwsgiref.validate.InputLines",
    .tp_basicsize = sizeof(InputLines),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = InputLines_next,
    .tp_traverse = InputLines_traverse,
    .tp_clear = InputLines_clear,
};
