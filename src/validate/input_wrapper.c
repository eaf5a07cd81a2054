#include "validate/input_wrapper.h"

#include <stddef.h>

#include "python/arguments.h"
#include "python/errors.h"
#include "python/names.h"
#include "validate/validate.h"

PyObject *
InputWrapper_new(PyObject *wsgi_input)
{
    InputWrapper *self =
        (InputWrapper *)InputWrapper_type.tp_alloc(&InputWrapper_type, 0);

    if (self == NULL) {
        return NULL;
    }
    if (InputWrapper_init(self, wsgi_input) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* Lib/wsgiref/validate.py: InputWrapper.__init__ */
int
InputWrapper_init(InputWrapper *self, PyObject *wsgi_input)
{
    if (FAILED(PyObject_SetAttrString((PyObject *)self, "input", wsgi_input) <
               0)) {
        return -1;
    }
    return 0;
}

/* self.input.name(*args): a new reference. */
static PyObject *
call_input(InputWrapper *self, const char *name, PyObject *args)
{
    PyObject *input = PyObject_GetAttrString((PyObject *)self, "input");
    PyObject *method = NULL;
    PyObject *result = NULL;

    if (input != NULL) {
        method = PyObject_GetAttrString(input, name);
        Py_DECREF(input);
    }
    if (method != NULL) {
        result = PyObject_Call(method, args, NULL);
        Py_DECREF(method);
    }
    return result;
}

/* Lib/wsgiref/validate.py: InputWrapper.read */
PyObject *
InputWrapper_read(InputWrapper *self, PyObject *args)
{
    PyObject *v;

    if (FAILED(assert_(PyTuple_GET_SIZE(args) == 1, NULL) < 0)) {
        return NULL;
    }
    v = call_input(self, "read", args);
    if (FAILED(v == NULL)) {
        return NULL;
    }
    if (FAILED(assert_(PyBytes_CheckExact(v), NULL) < 0)) {
        Py_DECREF(v);
        return NULL;
    }
    return v;
}

/* Lib/wsgiref/validate.py: InputWrapper.readline */
PyObject *
InputWrapper_readline(InputWrapper *self, PyObject *args)
{
    PyObject *v;

    if (FAILED(assert_(PyTuple_GET_SIZE(args) <= 1, NULL) < 0)) {
        return NULL;
    }
    v = call_input(self, "readline", args);
    if (FAILED(v == NULL)) {
        return NULL;
    }
    if (FAILED(assert_(PyBytes_CheckExact(v), NULL) < 0)) {
        Py_DECREF(v);
        return NULL;
    }
    return v;
}

/* Lib/wsgiref/validate.py: InputWrapper.readlines */
PyObject *
InputWrapper_readlines(InputWrapper *self, PyObject *args)
{
    PyObject *lines;

    if (FAILED(assert_(PyTuple_GET_SIZE(args) <= 1, NULL) < 0)) {
        return NULL;
    }
    lines = call_input(self, "readlines", args);
    if (FAILED(lines == NULL)) {
        return NULL;
    }
    if (FAILED(assert_(PyList_CheckExact(lines), NULL) < 0)) {
        goto failed;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        if (FAILED(assert_(PyBytes_CheckExact(PyList_GET_ITEM(lines, i)),
                           NULL) < 0)) {
            goto failed;
        }
    }
    return lines;

failed:
    Py_DECREF(lines);
    return NULL;
}

/* Lib/wsgiref/validate.py: InputWrapper.__iter__ */
PyObject *
InputWrapper_iter(InputWrapper *self)
{
    InputLines *lines =
        (InputLines *)InputLines_type.tp_alloc(&InputLines_type, 0);

    if (lines == NULL) {
        return NULL;
    }
    lines->wrapper = (InputWrapper *)Py_NewRef((PyObject *)self);
    return (PyObject *)lines;
}

/* Lib/wsgiref/validate.py: InputWrapper.close */
int
InputWrapper_close(InputWrapper *self)
{
    (void)self;
    return TRACED(assert_(0, "input.close() must not be called"));
}

/* What Python code calls. */

static int
call_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *wsgi_input;

    if (bind_arguments(&wsgi_input, "InputWrapper.__init__(wsgi_input)", args,
                       kwargs) < 0)
    {
        return -1;
    }
    return InputWrapper_init((InputWrapper *)op, wsgi_input);
}

static PyObject *
call_read(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (bind_arguments(NULL, "InputWrapper.read(*args)", args, kwargs) < 0) {
        return NULL;
    }
    return InputWrapper_read((InputWrapper *)op, args);
}

static PyObject *
call_readline(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (bind_arguments(NULL, "InputWrapper.readline(*args)", args, kwargs) < 0)
    {
        return NULL;
    }
    return InputWrapper_readline((InputWrapper *)op, args);
}

static PyObject *
call_readlines(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (bind_arguments(NULL, "InputWrapper.readlines(*args)", args, kwargs) <
        0) {
        return NULL;
    }
    return InputWrapper_readlines((InputWrapper *)op, args);
}

static PyObject *
call_iter(PyObject *op)
{
    return InputWrapper_iter((InputWrapper *)op);
}

static PyObject *
call_close(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (bind_arguments(NULL, "InputWrapper.close()", args, kwargs) < 0 ||
        InputWrapper_close((InputWrapper *)op) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
InputWrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    InputWrapper *self = (InputWrapper *)op;

    Py_VISIT(self->dict);
    return 0;
}

static int
InputWrapper_clear(PyObject *op)
{
    InputWrapper *self = (InputWrapper *)op;

    Py_CLEAR(self->dict);
    return 0;
}

static void
InputWrapper_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    PyObject_ClearWeakRefs(op);
    InputWrapper_clear(op);
    Py_TYPE(op)->tp_free(op);
}

static PyMethodDef methods[] = {
    { "read", (PyCFunction)(void (*)(void))call_read,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { "readline", (PyCFunction)(void (*)(void))call_readline,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { "readlines", (PyCFunction)(void (*)(void))call_readlines,
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

PyTypeObject InputWrapper_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.validate.InputWrapper",
    .tp_basicsize = sizeof(InputWrapper),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_dictoffset = offsetof(InputWrapper, dict),
    .tp_weaklistoffset = offsetof(InputWrapper, weakrefs),
    .tp_methods = methods,
    .tp_getset = attributes,
    .tp_new = PyType_GenericNew,
    .tp_init = call_init,
    .tp_iter = call_iter,
    .tp_traverse = InputWrapper_traverse,
    .tp_clear = InputWrapper_clear,
    .tp_dealloc = InputWrapper_dealloc,
};

/* What a StopIteration becomes that would leave a generator. */
static void
raise_runtime_error(void)
{
    Handled handled = except_enter();
    PyObject *type, *value, *traceback;

    PyErr_SetString(PyExc_RuntimeError, "generator raised StopIteration");
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyException_SetCause(value, Py_NewRef(handled.raised));
    PyErr_Restore(type, value, traceback);
    except_leave(handled);
}

/* self.readline(), a step straight into ours unless there is another. */
static PyObject *
call_self_readline(InputWrapper *self)
{
    PyObject *args, *line;
    int own = !Py_IS_TYPE(self, &InputWrapper_type) ? 1
              : self->dict == NULL
                  ? 0
                  : PyDict_Contains(self->dict, names.readline);

    if (own < 0) {
        return NULL;
    }
    if (own) {
        return PyObject_CallMethodNoArgs((PyObject *)self, names.readline);
    }
    args = PyTuple_New(0);
    line = args == NULL ? NULL : InputWrapper_readline(self, args);
    Py_XDECREF(args);
    return line;
}

/* One turn of the loop in InputWrapper.__iter__, whose frame this is. */
static PyObject *
InputLines_next(PyObject *op)
{
    InputLines *self = (InputLines *)op;
    InputWrapper *wrapper = self->wrapper;
    PyObject *line;
    int more = -1;

    if (self->running) {
        PyErr_SetString(PyExc_ValueError, "generator already executing");
        return NULL;
    }
    if (wrapper == NULL) {
        return NULL;
    }
    self->running = true;
    line = call_self_readline(wrapper);
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

static void
InputLines_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    InputLines_clear(op);
    Py_TYPE(op)->tp_free(op);
}

PyTypeObject InputLines_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.validate.InputLines",
    .tp_basicsize = sizeof(InputLines),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = InputLines_next,
    .tp_traverse = InputLines_traverse,
    .tp_clear = InputLines_clear,
    .tp_dealloc = InputLines_dealloc,
};
