/* In this file: objects, numbers, text and streams, each how Python gets it
 * and how it sets it; and what stands for one that is not set. */
#include "module/kinds.h"

#include <limits.h>
#include <string.h>

#include "io/python_file.h"

PyObject *missing;

/* PyErr_Format(PyExc_TypeError, ...), and NULL: for a constant of a class that
 * has another type in Python. */
static PyObject *
refuse(PyObject *value, const char *wanted)
{
    if (value == NULL) {
        PyErr_Format(PyExc_AttributeError, "%s is needed", wanted);
    }
    else {
        PyErr_Format(PyExc_TypeError, "%s is needed, not %.200s", wanted,
                     Py_TYPE(value)->tp_name);
    }
    return NULL;
}

/* ----- Objects ----- */

PyObject *
get_object(const void *place)
{
    return Py_XNewRef(*(PyObject *const *)place);
}

PyObject *
get_object_or_none(const void *place)
{
    PyObject *value = *(PyObject *const *)place;

    return Py_NewRef(value == NULL ? Py_None : value);
}

PyObject *
set_object(void *place, PyObject *value)
{
    PyObject **field = place;

    Py_XINCREF(value);
    Py_XSETREF(*field, value);
    return Py_NewRef(Py_None);
}

static PyObject *
set_borrowed(void *place, PyObject *value)
{
    *(PyObject **)place = value == Py_None ? NULL : value;
    return Py_NewRef(value == NULL ? Py_None : value);
}

const Kind object_kind = { get_object, set_object };
const Kind object_or_none_kind = { get_object_or_none, set_object };
const Kind borrowed_kind = { get_object_or_none, set_borrowed };

/* ----- Numbers ----- */

static PyObject *
get_bool(const void *place)
{
    return PyBool_FromLong(*(const bool *)place);
}

static PyObject *
set_bool(void *place, PyObject *value)
{
    int is_true = value == NULL ? 0 : PyObject_IsTrue(value);

    if (is_true < 0) {
        return NULL;
    }
    *(bool *)place = is_true;
    return Py_NewRef(Py_None);
}

static PyObject *
get_int(const void *place)
{
    return PyLong_FromLong(*(const int *)place);
}

static PyObject *
set_int(void *place, PyObject *value)
{
    long number;

    if (value == NULL || !PyLong_Check(value)) {
        return refuse(value, "an int");
    }
    number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (number < INT_MIN || number > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "an int of C is needed");
        return NULL;
    }
    *(int *)place = (int)number;
    return Py_NewRef(Py_None);
}

static PyObject *
get_size(const void *place)
{
    return PyLong_FromSsize_t(*(const Py_ssize_t *)place);
}

static PyObject *
set_size(void *place, PyObject *value)
{
    Py_ssize_t number;

    if (value == NULL) {
        return refuse(value, "an int");
    }
    number = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    *(Py_ssize_t *)place = number;
    return Py_NewRef(Py_None);
}

static PyObject *
get_seconds(const void *place)
{
    double number = *(const double *)place;

    return number < 0 ? Py_NewRef(Py_None) : PyFloat_FromDouble(number);
}

static PyObject *
set_seconds(void *place, PyObject *value)
{
    double number = -1;

    if (value != NULL && value != Py_None) {
        number = PyFloat_AsDouble(value);
        if (number == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    *(double *)place = number;
    return Py_NewRef(Py_None);
}

const Kind bool_kind = { get_bool, set_bool };
const Kind int_kind = { get_int, set_int };
const Kind size_kind = { get_size, set_size };
const Kind seconds_kind = { get_seconds, set_seconds };

/* ----- Text ----- */

static PyObject *
get_text(const void *place)
{
    const char *characters = *(const char *const *)place;

    return characters == NULL ? Py_NewRef(Py_None)
                              : PyUnicode_FromString(characters);
}

const char *
c_text(PyObject *text)
{
    Py_ssize_t length;
    const char *characters = PyUnicode_AsUTF8AndSize(text, &length);

    if (characters != NULL && strlen(characters) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return characters;
}

static PyObject *
set_text(void *place, PyObject *value)
{
    const char *characters;

    if (value == NULL || !PyUnicode_Check(value)) {
        return refuse(value, "a str");
    }
    characters = c_text(value);
    if (characters == NULL) {
        return NULL;
    }
    *(const char **)place = characters;
    return Py_NewRef(value);
}

static PyObject *
set_text_or_none(void *place, PyObject *value)
{
    if (value == Py_None) {
        *(const char **)place = NULL;
        return Py_NewRef(Py_None);
    }
    return set_text(place, value);
}

static PyObject *
get_bytes(const void *place)
{
    return PyBytes_FromString(*(const char *const *)place);
}

static PyObject *
set_bytes(void *place, PyObject *value)
{
    char *characters;

    if (value == NULL || !PyBytes_Check(value)) {
        return refuse(value, "bytes");
    }
    if (PyBytes_AsStringAndSize(value, &characters, NULL) < 0) {
        return NULL;
    }
    *(const char **)place = characters;
    return Py_NewRef(value);
}

const Kind text_kind = { get_text, set_text };
const Kind text_or_none_kind = { get_text, set_text_or_none };
const Kind bytes_kind = { get_bytes, set_bytes };

/* ----- Streams ----- */

BufferedIOBase *
stream_of(PyObject *file)
{
    if (PyObject_TypeCheck(file, &BufferedIOBase_type)) {
        return (BufferedIOBase *)Py_NewRef(file);
    }
    return PythonFile_new(&PythonFile_class, file);
}

PyObject *
file_of(BufferedIOBase *stream)
{
    if (Py_IS_TYPE(stream, &PythonFile_type)) {
        return Py_NewRef(((PythonFile *)stream)->file);
    }
    return Py_NewRef((PyObject *)stream);
}

static PyObject *
get_stream(const void *place)
{
    BufferedIOBase *stream = *(BufferedIOBase *const *)place;

    PyObject *file = stream == NULL ? NULL : file_of(stream);

    if (file == missing) {
        Py_CLEAR(file);
    }
    return file;
}

static PyObject *
set_stream(void *place, PyObject *value)
{
    BufferedIOBase **field = place;
    BufferedIOBase *stream = stream_of(value == NULL ? missing : value);

    if (stream == NULL) {
        return NULL;
    }
    Py_XSETREF(*field, stream);
    return Py_NewRef(Py_None);
}

const Kind stream_kind = { get_stream, set_stream };

/* ----- missing ----- */

static PyObject *
Missing_getattro(PyObject *Py_UNUSED(self), PyObject *name)
{
    return PyErr_Format(PyExc_AttributeError,
                        "%R: the attribute with that method is not set", name);
}

static PyTypeObject Missing_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.Missing",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_getattro = Missing_getattro,
    .tp_dealloc = (destructor)PyObject_Free,
};

int
kinds_ready(void)
{
    if (PyType_Ready(&Missing_type) < 0) {
        return -1;
    }
    missing = Missing_type.tp_alloc(&Missing_type, 0);
    return missing == NULL ? -1 : 0;
}
