/* Lib/wsgiref/validate.py: PartialIteratorWrapper, then IteratorWrapper: its
 * methods, __del__ with the complaint about one that was not closed, and the
 * type. If an assertion fails in a method, the traceback keeps the object, as
 * in Python. */
#include "validate/iterator_wrapper.h"

#include "python/arguments.h"
#include "python/errors.h"
#include "python/objects.h"
#include "validate/checks.h"

/* ----- PartialIteratorWrapper ----- */

/* Lib/wsgiref/validate.py: PartialIteratorWrapper.__init__ */
int
PartialIteratorWrapper_init(PyObject *self, PyObject *wsgi_iterator)
{
    return TRACED(PyObject_SetAttrString(self, "iterator", wsgi_iterator));
}

/* Lib/wsgiref/validate.py: PartialIteratorWrapper.__iter__ */
PyObject *
PartialIteratorWrapper_iter(PyObject *self)
{
    PyObject *iterator = PyObject_GetAttrString(self, "iterator");
    PyObject *wrapper;

    if (FAILED(iterator == NULL)) {
        return NULL;
    }
    wrapper = IteratorWrapper_new(iterator, Py_None);
    Py_DECREF(iterator);
    return FAILED(wrapper == NULL) ? NULL : wrapper;
}

/* The methods as Python code calls them. */

static int
call_partial_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return init_with_one(PartialIteratorWrapper_init,
                         "PartialIteratorWrapper.__init__(wsgi_iterator)",
                         self, args, kwargs);
}

PyTypeObject PartialIteratorWrapper_type = {
    .tp_name = "cwsgiref.validate.PartialIteratorWrapper",
    .tp_init = call_partial_init,
    .tp_iter = PartialIteratorWrapper_iter,
};

/* ----- IteratorWrapper ----- */

PyObject *
IteratorWrapper_new(PyObject *wsgi_iterator, PyObject *check_start_response)
{
    return PyObject_CallFunctionObjArgs((PyObject *)&IteratorWrapper_type,
                                        wsgi_iterator, check_start_response,
                                        NULL);
}

/* A frame of Python's refers to self. So an object that nobody else has lives
 * as long as the traceback, and __del__ complains after the traceback was
 * shown. For the same effect the globals of our newest frame refer to it. */
static void
keep_with_traceback(PyObject *self)
{
    PyObject *type, *value, *traceback;
    PyObject *globals;

    PyErr_Fetch(&type, &value, &traceback);
    if (traceback != NULL) {
        globals =
            PyFrame_GetGlobals(((PyTracebackObject *)traceback)->tb_frame);
        PyDict_SetItemString(globals, "self", self);
        Py_DECREF(globals);
    }
    PyErr_Restore(type, value, traceback); /* whatever has failed here */
}

/* Lib/wsgiref/validate.py: IteratorWrapper.__init__ */
int
IteratorWrapper_init(PyObject *self, PyObject *wsgi_iterator,
                     PyObject *check_start_response)
{
    if (FAILED(PyObject_SetAttrString(self, "original_iterator",
                                      wsgi_iterator) < 0) ||
        FAILED(set_attribute(self, "iterator",
                             PyObject_GetIter(wsgi_iterator)) < 0) ||
        FAILED(PyObject_SetAttrString(self, "closed", Py_False) < 0) ||
        FAILED(PyObject_SetAttrString(self, "check_start_response",
                                      check_start_response) < 0))
    {
        keep_with_traceback(self);
        return -1;
    }
    return 0;
}

/* Lib/wsgiref/validate.py: IteratorWrapper.__iter__ */
PyObject *
IteratorWrapper_iter(PyObject *self)
{
    return Py_NewRef(self);
}

/* Whether self.name is true: 1, 0 or -1. */
static int
attribute_is_true(PyObject *self, const char *name)
{
    return truth(PyObject_GetAttrString(self, name));
}

/* next(self.iterator): NULL, without an exception or with StopIteration, at
 * the end. */
static PyObject *
next_of_iterator(PyObject *self)
{
    PyObject *iterator = PyObject_GetAttrString(self, "iterator");
    PyObject *v = NULL;

    if (iterator == NULL) {
        return NULL;
    }
    if (PyIter_Check(iterator)) {
        v = Py_TYPE(iterator)->tp_iternext(iterator);
    }
    else {
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not an iterator",
                     Py_TYPE(iterator)->tp_name);
    }
    Py_DECREF(iterator);
    return v;
}

/* start_response must have been called before the first block. */
static int
check_started(PyObject *self)
{
    PyObject *started = PyObject_GetAttrString(self, "check_start_response");

    if (started == NULL || started == Py_None) {
        return discard(started);
    }
    if (assert_(assert_truth(started),
                "The application returns and we started iterating over its "
                "body, but start_response has not yet been called") < 0)
    {
        return -1;
    }
    return PyObject_SetAttrString(self, "check_start_response", Py_None);
}

/* A block must be bytes. */
static int
check_block(PyObject *self, PyObject *v)
{
    if (!PyBytes_CheckExact(v)) {
        return assert_(0, "Iterator yielded non-bytestring (%R)", v);
    }
    return check_started(self);
}

/* Lib/wsgiref/validate.py: IteratorWrapper.__next__ */
PyObject *
IteratorWrapper_next(PyObject *self)
{
    int closed = attribute_is_true(self, "closed");
    PyObject *v = NULL;

    if (!FAILED(closed < 0) &&
        !FAILED(assert_(!closed, "Iterator read after closed") < 0))
    {
        v = next_of_iterator(self);
        (void)FAILED(v == NULL && PyErr_Occurred() != NULL);
    }
    if (v != NULL && FAILED(check_block(self, v) < 0)) {
        Py_CLEAR(v);
    }
    if (v == NULL && PyErr_Occurred() != NULL) {
        keep_with_traceback(self);
    }
    return v;
}

/* if hasattr(self.original_iterator, 'close'): self.original_iterator.close()
 */
static int
close_original(PyObject *self)
{
    PyObject *original = PyObject_GetAttrString(self, "original_iterator");
    int result = original == NULL ? -1 : close_if_any(original);

    Py_XDECREF(original);
    return result;
}

/* Lib/wsgiref/validate.py: IteratorWrapper.close */
int
IteratorWrapper_close(PyObject *self)
{
    if (FAILED(PyObject_SetAttrString(self, "closed", Py_True) < 0) ||
        FAILED(close_original(self) < 0))
    {
        return -1;
    }
    return 0;
}

static int
complain_on_stderr(void)
{
    PyObject *line =
        PyUnicode_FromString("Iterator garbage collected without being "
                             "closed");
    int result = line == NULL ? -1 : write_to_stderr(line);

    Py_XDECREF(line);
    return result;
}

/* Lib/wsgiref/validate.py: IteratorWrapper.__del__ */
int
IteratorWrapper_del(PyObject *self)
{
    int is_closed = attribute_is_true(self, "closed");

    if (FAILED(is_closed < 0) ||
        FAILED(!is_closed && complain_on_stderr() < 0)) {
        return -1;
    }
    return TRACED(assert_(assert_truth(PyObject_GetAttrString(self, "closed")),
                          "Iterator garbage collected without being closed"));
}

static int
call_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *values[2];

    if (bind_arguments(
            values,
            "IteratorWrapper.__init__(wsgi_iterator, check_start_response)",
            args, kwargs) < 0)
    {
        return -1;
    }
    return IteratorWrapper_init(self, values[0], values[1]);
}

static PyObject *
call_close(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_none(IteratorWrapper_close, "IteratorWrapper.close()",
                          self, args, kwargs);
}

static PyObject *
call_del(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_with_none(IteratorWrapper_del, "IteratorWrapper.__del__()",
                          self, args, kwargs);
}

/* Calls __del__ before the object is freed, and prints what it raises. */
static void
IteratorWrapper_finalize(PyObject *self)
{
    PyObject *type, *value, *traceback;
    PyObject *method;

    PyErr_Fetch(&type, &value, &traceback); /* __del__ is no `except` block */
    method = PyObject_GetAttrString((PyObject *)Py_TYPE(self), "__del__");
    if (method == NULL || IteratorWrapper_del(self) < 0) {
        ignore_exception("calling deallocator",
                         method == NULL ? self : method);
    }
    Py_XDECREF(method);
    PyErr_Restore(type, value, traceback);
}

/* __del__ is also a method: called by name, it raises. */
static PyMethodDef methods[] = {
    BINDING_METHOD("close", call_close),
    { "__del__", (PyCFunction)(void (*)(void))call_del,
      METH_VARARGS | METH_KEYWORDS | METH_COEXIST, NULL },
    { NULL, NULL, 0, NULL },
};

PyTypeObject IteratorWrapper_type = {
    .tp_name = "cwsgiref.validate.IteratorWrapper",
    .tp_methods = methods,
    .tp_init = call_init,
    .tp_iter = IteratorWrapper_iter,
    .tp_iternext = IteratorWrapper_next,
    .tp_finalize = IteratorWrapper_finalize,
};
