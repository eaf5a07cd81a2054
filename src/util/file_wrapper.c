#include "util/file_wrapper.h"

#include <structmember.h>

#include "python/arguments.h"
#include "python/errors.h"
#include "python/objects.h"

/* self.name = value: into the field, unless a subclass has its own idea of
 * that name. */
static int
set_attribute(FileWrapper *self, const char *name, PyObject **field,
              PyObject *value)
{
    if (Py_IS_TYPE(self, &FileWrapper_type)) {
        Py_XSETREF(*field, Py_NewRef(value));
        return 0;
    }
    return PyObject_SetAttrString((PyObject *)self, name, value);
}

/* self.name: a new reference. */
static PyObject *
get_attribute(FileWrapper *self, const char *name, PyObject *field)
{
    if (Py_IS_TYPE(self, &FileWrapper_type) && field != NULL) {
        return Py_NewRef(field);
    }
    return PyObject_GetAttrString((PyObject *)self, name);
}

/* Lib/wsgiref/util.py: FileWrapper.__init__ */
int
FileWrapper_init(FileWrapper *self, PyObject *filelike, PyObject *blksize)
{
    PyObject *size =
        blksize == NULL ? PyLong_FromLong(8192) : Py_NewRef(blksize);
    PyObject *close = NULL;
    int has_close;
    int result = -1;

    if (size == NULL ||
        FAILED(set_attribute(self, "filelike", &self->filelike, filelike) <
               0) ||
        FAILED(set_attribute(self, "blksize", &self->blksize, size) < 0))
    {
        goto done;
    }
    has_close = has_attribute(filelike, "close");
    if (FAILED(has_close < 0)) {
        goto done;
    }
    if (has_close) {
        close = PyObject_GetAttrString(filelike, "close");
        if (FAILED(close == NULL) ||
            FAILED(set_attribute(self, "close", &self->close, close) < 0))
        {
            goto done;
        }
    }
    result = 0;

done:
    Py_XDECREF(close);
    Py_XDECREF(size);
    return result;
}

/* Lib/wsgiref/util.py: FileWrapper.__iter__ */
PyObject *
FileWrapper_iter(FileWrapper *self)
{
    return Py_NewRef((PyObject *)self);
}

/* Lib/wsgiref/util.py: FileWrapper.__next__ */
PyObject *
FileWrapper_next(FileWrapper *self)
{
    PyObject *filelike = get_attribute(self, "filelike", self->filelike);
    PyObject *read = NULL;
    PyObject *blksize = NULL;
    PyObject *data = NULL;
    int more;

    if (FAILED(filelike == NULL)) {
        goto done;
    }
    read = PyObject_GetAttrString(filelike, "read");
    if (FAILED(read == NULL)) {
        goto done;
    }
    blksize = get_attribute(self, "blksize", self->blksize);
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
    Py_XDECREF(filelike);
    return data;
}

/* FileWrapper(filelike, blksize=8192), called by the application. */
static int
call_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *values[2];

    if (bind_arguments(values, "FileWrapper.__init__(filelike, blksize=)",
                       args, kwargs) < 0)
    {
        return -1;
    }
    return FileWrapper_init((FileWrapper *)op, values[0], values[1]);
}

static PyObject *
call_iter(PyObject *op)
{
    return FileWrapper_iter((FileWrapper *)op);
}

static PyObject *
call_next(PyObject *op)
{
    return FileWrapper_next((FileWrapper *)op);
}

static int
FileWrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    FileWrapper *self = (FileWrapper *)op;

    Py_VISIT(self->filelike);
    Py_VISIT(self->blksize);
    Py_VISIT(self->close);
    Py_VISIT(self->dict);
    return 0;
}

static int
FileWrapper_clear(PyObject *op)
{
    FileWrapper *self = (FileWrapper *)op;

    Py_CLEAR(self->filelike);
    Py_CLEAR(self->blksize);
    Py_CLEAR(self->close);
    Py_CLEAR(self->dict);
    return 0;
}

static void
FileWrapper_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    PyObject_ClearWeakRefs(op);
    FileWrapper_clear(op);
    Py_TYPE(op)->tp_free(op);
}

/* The attributes are in the class, where Python's are in the __dict__ of the
 * instance: vars() does not list them. An attribute of a subclass by that name
 * hides ours, which is why set_attribute and get_attribute ask. */
static PyMemberDef members[] = {
    { "filelike", T_OBJECT_EX, offsetof(FileWrapper, filelike), 0, NULL },
    { "blksize", T_OBJECT_EX, offsetof(FileWrapper, blksize), 0, NULL },
    { "close", T_OBJECT_EX, offsetof(FileWrapper, close), 0, NULL },
    { NULL, 0, 0, 0, NULL },
};

static PyGetSetDef attributes[] = {
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject FileWrapper_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.util.FileWrapper",
    .tp_doc = "Wrapper to convert file-like objects to iterables",
    .tp_basicsize = sizeof(FileWrapper),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_dictoffset = offsetof(FileWrapper, dict),
    .tp_weaklistoffset = offsetof(FileWrapper, weakrefs),
    .tp_members = members,
    .tp_getset = attributes,
    .tp_new = PyType_GenericNew,
    .tp_init = call_init,
    .tp_iter = call_iter,
    .tp_iternext = call_next,
    .tp_traverse = FileWrapper_traverse,
    .tp_clear = FileWrapper_clear,
    .tp_dealloc = FileWrapper_dealloc,
};
