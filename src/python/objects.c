/* What takes one line in Python: imports; results and their truth; holding a
 * field; how instances end; comparing, and looking for a value; attributes;
 * items; sys.stderr. */
#include "python/objects.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "python/names.h"

PyObject *
import_from(const char *module, const char *name)
{
    return attribute_of(PyImport_ImportModule(module), name);
}

PyObject *
call_function(const char *module, const char *name, const char *format, ...)
{
    PyObject *function = import_from(module, name);
    PyObject *args = NULL, *result = NULL;
    va_list values;

    if (function != NULL) {
        va_start(values, format);
        args = Py_VaBuildValue(format, values);
        va_end(values);
    }
    if (args != NULL) {
        result = PyObject_CallObject(function, args);
        Py_DECREF(args);
    }
    Py_XDECREF(function);
    return result;
}

PyObject *
call_with_keywords(const char *module, const char *name, PyObject *args,
                   PyObject *kwargs)
{
    PyObject *function = NULL, *result = NULL;

    if (args != NULL && kwargs != NULL) {
        function = import_from(module, name);
    }
    if (function != NULL) {
        result = PyObject_Call(function, args, kwargs);
        Py_DECREF(function);
    }
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return result;
}

PyObject *
evaluate(const char *statements, const char *expression)
{
    PyObject *globals =
        Py_BuildValue("{sO}", "__builtins__", PyEval_GetBuiltins());
    PyObject *done = NULL, *value = NULL;

    if (globals != NULL) {
        done = PyRun_String(statements, Py_file_input, globals, globals);
    }
    if (done != NULL) {
        value = PyRun_String(expression, Py_eval_input, globals, globals);
    }
    Py_XDECREF(done);
    Py_XDECREF(globals);
    return value;
}

int
discard(PyObject *result)
{
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

int
truth(PyObject *value)
{
    int result = value == NULL ? -1 : PyObject_IsTrue(value);

    Py_XDECREF(value);
    return result;
}

PyObject *
as_none(int result)
{
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *
as_bool(int answer)
{
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

PyObject *
attribute_of(PyObject *object, const char *name)
{
    PyObject *value =
        object == NULL ? NULL : PyObject_GetAttrString(object, name);

    Py_XDECREF(object);
    return value;
}

int
set_attribute(PyObject *object, const char *name, PyObject *value)
{
    int result =
        value == NULL ? -1 : PyObject_SetAttrString(object, name, value);

    Py_XDECREF(value);
    return result;
}

int
append_new(PyObject *list, PyObject *item)
{
    int result = item == NULL ? -1 : PyList_Append(list, item);

    Py_XDECREF(item);
    return result;
}

PyObject *
pair_of(PyObject *a, PyObject *b)
{
    PyObject *pair = a == NULL || b == NULL ? NULL : PyTuple_Pack(2, a, b);

    Py_XDECREF(a);
    Py_XDECREF(b);
    return pair;
}

int
for_each(PyObject *iterable, int (*body)(void *context, PyObject *item),
         void *context)
{
    PyObject *iterator = PyObject_GetIter(iterable);
    PyObject *item;
    int result = 0;

    if (iterator == NULL) {
        return -1;
    }
    while (result == 0 && (item = PyIter_Next(iterator)) != NULL) {
        result = body(context, item);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *
map_list(PyObject *list, PyObject *(*f)(PyObject *context, PyObject *item),
         PyObject *context)
{
    PyObject *results = PyList_New(0);

    for (Py_ssize_t i = 0; results != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(list, i));
        PyObject *result = f(context, item);

        if ((result != NULL || PyErr_Occurred()) &&
            append_new(results, result) < 0) {
            Py_CLEAR(results);
        }
        Py_DECREF(item);
    }
    return results;
}

PyObject *
hold(PyObject *field)
{
    return Py_NewRef(field == NULL ? Py_None : field);
}

void
instance_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    if (type->tp_finalize != NULL && PyObject_CallFinalizerFromDealloc(op) < 0)
    {
        return; /* somebody has it again */
    }
    PyObject_GC_UnTrack(op);
    if (type->tp_weaklistoffset > 0) {
        PyObject_ClearWeakRefs(op);
    }
    type->tp_clear(op); /* that of the class itself, which calls its base's */
    type->tp_free(op);
}

int
compare(PyObject *value, int op, const char *text)
{
    PyObject *other = PyUnicode_FromString(text);
    PyObject *result = NULL;

    if (other != NULL) {
        result = PyObject_RichCompare(value, other, op);
        Py_DECREF(other);
    }
    return truth(result);
}

int
contains(PyObject *container, const char *name)
{
    PyObject *key = PyUnicode_FromString(name);
    int result = key == NULL ? -1 : PySequence_Contains(container, key);

    Py_XDECREF(key);
    return result;
}

int
is_in(PyObject *value, PyObject *tuple)
{
    int result = tuple == NULL ? -1 : PySequence_Contains(tuple, value);

    Py_XDECREF(tuple);
    return result;
}

/* The same of ASCII characters, which needs no look-up of a method and no
 * table of Unicode: 100 instructions and not 500. */
static PyObject *
lower_ascii(PyObject *text)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    const Py_UCS1 *from = PyUnicode_1BYTE_DATA(text);
    PyObject *lowered = PyUnicode_New(length, 127);
    Py_UCS1 *to;

    if (lowered == NULL) {
        return NULL;
    }
    to = PyUnicode_1BYTE_DATA(lowered);
    for (Py_ssize_t i = 0; i < length; i++) {
        to[i] = Py_TOLOWER(from[i]);
    }
    return lowered;
}

PyObject *
lower(PyObject *text)
{
    return PyUnicode_CheckExact(text) && PyUnicode_IS_ASCII(text)
               ? lower_ascii(text)
               : PyObject_CallMethodNoArgs(text, names.lower);
}

PyObject *
strip(PyObject *text)
{
    Py_ssize_t begin = 0;
    Py_ssize_t end = PyUnicode_GET_LENGTH(text);

    while (begin < end && Py_UNICODE_ISSPACE(PyUnicode_READ_CHAR(text, begin)))
    {
        begin++;
    }
    while (end > begin &&
           Py_UNICODE_ISSPACE(PyUnicode_READ_CHAR(text, end - 1))) {
        end--;
    }
    return PyUnicode_Substring(text, begin, end);
}

PyObject *
join(const char *separator, PyObject *strings)
{
    PyObject *between = PyUnicode_FromString(separator);
    PyObject *text = NULL;

    if (between != NULL) {
        text = PyUnicode_Join(between, strings);
        Py_DECREF(between);
    }
    return text;
}

PyObject *
percent(const char *format, PyObject *args)
{
    PyObject *text = PyUnicode_FromString(format);
    PyObject *result = text == NULL ? NULL : PyUnicode_Format(text, args);

    Py_XDECREF(text);
    return result;
}

int
has_attribute(PyObject *object, const char *name)
{
    PyObject *value = PyObject_GetAttrString(object, name);

    if (value != NULL) {
        Py_DECREF(value);
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

bool
has_length(PyObject *object)
{
    const PySequenceMethods *sequence = Py_TYPE(object)->tp_as_sequence;
    const PyMappingMethods *mapping = Py_TYPE(object)->tp_as_mapping;

    return (sequence != NULL && sequence->sq_length != NULL) ||
           (mapping != NULL && mapping->mp_length != NULL);
}

bool
is_list_or_tuple(PyObject *object)
{
    return PyList_CheckExact(object) || PyTuple_CheckExact(object);
}

int
close_if_any(PyObject *object)
{
    PyObject *found;

    /* They have none. To look costs 4,100 instructions, for an exception that
     * is made and thrown away. */
    if (is_list_or_tuple(object)) {
        return 0;
    }
    found = PyObject_GetAttr(object, names.close);
    if (found != NULL) {
        Py_DECREF(found);
        return discard(PyObject_CallMethodNoArgs(object, names.close));
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

int
lacks_attribute(const void *self, const char *name)
{
    /* "cwsgiref.socketserver.UDPServer": the class alone is named */
    const char *type = Py_TYPE((PyObject *)self)->tp_name;
    const char *dot = strrchr(type, '.');

    PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%s'",
                 dot == NULL ? type : dot + 1, name);
    return -1;
}

int
set_item(PyObject *env, PyObject *key, PyObject *value)
{
    int result;

    if (value == NULL) {
        return -1;
    }
    result = PyDict_SetItem(env, key, value);
    Py_DECREF(value);
    return result;
}

/* dict.__sizeof__(), or -1. */
static Py_ssize_t
size_of(PyObject *dict)
{
    PyObject *size = PyObject_CallMethod(dict, "__sizeof__", NULL);
    Py_ssize_t result = size == NULL ? -1 : PyLong_AsSsize_t(size);

    Py_XDECREF(size);
    return result;
}

/* A dict gets a new table, of three times what is in it, when the old one is
 * used up, and one that is deleted has used its place. So a key comes and goes
 * until that happens. A copy has a table of the same size. */
int
make_room(PyObject *dict)
{
    Py_ssize_t before = size_of(dict);
    Py_ssize_t now = before;

    for (Py_ssize_t i = 0; now == before && i <= before; i++) {
        if (PyDict_SetItem(dict, names.empty, Py_None) < 0 ||
            PyDict_DelItem(dict, names.empty) < 0)
        {
            return -1;
        }
        now = size_of(dict);
    }
    return now < 0 ? -1 : 0;
}

/* The attributes of the module sys: a borrowed dict, or NULL. PySys_GetObject
 * looks there, but makes a str of the name first: 700 instructions. */
static PyObject *
sys_attributes(void)
{
    static PyObject *sys; /* owned; the module */

    if (sys == NULL) {
        sys = PyImport_ImportModule("sys");
    }
    return sys == NULL ? NULL : PyModule_GetDict(sys);
}

PyObject *
sys_stderr(void)
{
    PyObject *attributes = sys_attributes();
    PyObject *err = attributes == NULL
                        ? NULL
                        : PyDict_GetItemWithError(attributes, names.stderr_);

    if (err == NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_AttributeError,
                        "module 'sys' has no attribute 'stderr'");
    }
    return err;
}

int
write_to_stderr(PyObject *line)
{
    PyObject *err = sys_stderr();
    PyObject *none;

    if (err == NULL) {
        return -1;
    }
    Py_INCREF(err); /* write() might replace it */
    none = PyObject_CallMethodOneArg(err, names.write, line);
    Py_DECREF(err);
    return discard(none);
}
