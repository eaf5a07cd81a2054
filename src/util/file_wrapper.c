#include "util/file_wrapper.h"

#include "python/arguments.h"
#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"

/* self.close = filelike.close */
static int
set_close(PyObject *self, PyObject *filelike)
{
    PyObject *close = PyObject_GetAttr(filelike, names.close);
    int result = -1;

    if (close != NULL) {
        result = PyObject_SetAttr(self, names.close, close);
        Py_DECREF(close);
    }
    return result;
}

/* Lib/wsgiref/util.py: FileWrapper.__init__ */
int
FileWrapper_init(PyObject *self, PyObject *filelike, PyObject *blksize)
{
    PyObject *size =
        blksize == NULL ? PyLong_FromLong(8192) : Py_NewRef(blksize);
    int has_close = -1;

    if (size != NULL &&
        !FAILED(PyObject_SetAttr(self, names.filelike, filelike) < 0) &&
        !FAILED(PyObject_SetAttr(self, names.blksize, size) < 0))
    {
        has_close = has_attribute(filelike, "close");
        (void)FAILED(has_close < 0);
    }
    Py_XDECREF(size);
    if (has_close > 0) {
        return TRACED(set_close(self, filelike));
    }
    return has_close;
}

/* Lib/wsgiref/util.py: FileWrapper.__iter__ */
PyObject *
FileWrapper_iter(PyObject *self)
{
    return Py_NewRef(self);
}

/* self.filelike.read, a new reference. */
static PyObject *
get_read(PyObject *self)
{
    PyObject *filelike = PyObject_GetAttr(self, names.filelike);
    PyObject *read = NULL;

    if (filelike != NULL) {
        read = PyObject_GetAttr(filelike, names.read);
        Py_DECREF(filelike);
    }
    return read;
}

/* Lib/wsgiref/util.py: FileWrapper.__next__ */
PyObject *
FileWrapper_next(PyObject *self)
{
    PyObject *read = get_read(self);
    PyObject *blksize = NULL;
    PyObject *data = NULL;
    int more;

    if (FAILED(read == NULL)) {
        goto done;
    }
    blksize = PyObject_GetAttr(self, names.blksize);
    if (FAILED(blksize == NULL)) {
        goto done;
    }
    data = PyObject_CallOneArg(read, blksize);
    if (FAILED(data == NULL)) {
        goto done;
    }
    more = PyObject_IsTrue(data);
    if (FAILED(more < 0)) {
        Py_CLEAR(data);
    }
    else if (!more) {
        Py_CLEAR(data);
        RAISE_NONE(PyExc_StopIteration);
    }

done:
    Py_XDECREF(blksize);
    Py_XDECREF(read);
    return data;
}

/* FileWrapper(filelike, blksize=8192), called by the application. */
static int
call_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *values[2];

    if (bind_arguments(values, "FileWrapper.__init__(filelike, blksize=)",
                       args, kwargs) < 0)
    {
        return -1;
    }
    return FileWrapper_init(self, values[0], values[1]);
}

PyTypeObject FileWrapper_type = {
    .tp_name = "cwsgiref.util.FileWrapper",
    .tp_doc = "Wrapper to convert file-like objects to iterables",
    .tp_init = call_init,
    .tp_iter = FileWrapper_iter,
    .tp_iternext = FileWrapper_next,
};
