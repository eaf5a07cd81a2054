/* The class of wsgiref.headers for Python. Its methods that are no slots are
 * those that an application's Headers has, too. */
#include "module/headers.h"

#include "headers/headers.h"
#include "module/family.h"
#include "module/kinds.h"
#include "python/objects.h"
#include "python/release.h"

/* ----- Overrides ----- */

static int
python_setitem(Headers *self, PyObject *name, PyObject *val)
{
    return family_refresh((PyObject *)self) < 0
               ? -1
               : PyObject_SetItem((PyObject *)self, name, val);
}

static int
python_delitem(Headers *self, PyObject *name)
{
    return family_refresh((PyObject *)self) < 0
               ? -1
               : PyObject_DelItem((PyObject *)self, name);
}

static int
python_contains(Headers *self, PyObject *name)
{
    return family_refresh((PyObject *)self) < 0
               ? -1
               : PySequence_Contains((PyObject *)self, name);
}

static PyObject *
python_get(Headers *self, PyObject *name, PyObject *default_)
{
    return call_override(self, "get", default_ == NULL ? 1 : 2, name,
                         default_);
}

static PyObject *
python_bytes(Headers *self)
{
    return family_refresh((PyObject *)self) < 0
               ? NULL
               : PyObject_Bytes((PyObject *)self);
}

static PyObject *
python_str(Headers *self)
{
    return family_refresh((PyObject *)self) < 0
               ? NULL
               : PyObject_Str((PyObject *)self);
}

static PyObject *
python_setdefault(Headers *self, PyObject *name, PyObject *value)
{
    return call_override(self, "setdefault", 2, name, value);
}

static PyObject *
python__convert_string_type(Headers *self, PyObject *value, int name)
{
    int has_name = release_asked(header_control_characters_refused);
    PyObject *method, *keyword = NULL, *result = NULL;

    if (has_name < 0 || family_refresh((PyObject *)self) < 0) {
        return NULL;
    }
    method = PyObject_GetAttrString((PyObject *)self, "_convert_string_type");
    if (has_name) {
        keyword = Py_BuildValue("{sO}", "name", name ? Py_True : Py_False);
    }
    if (method != NULL && (!has_name || keyword != NULL)) {
        result = PyObject_VectorcallDict(method, &value, 1, keyword);
    }
    Py_XDECREF(method);
    Py_XDECREF(keyword);
    return result;
}

static PyObject *
call__convert_string_type(PyObject *self, Function function,
                          PyObject *values[])
{
    int name = values[1] == NULL ? 0 : PyObject_IsTrue(values[1]);

    (void)function;
    return name < 0 ? NULL
                    : Headers__convert_string_type((Headers *)self, values[0],
                                                   name);
}

static const Slot slots[] = {
    { "__setitem__", "name, val", offsetof(HeadersClass, setitem), NOTHING,
      NULL, (Function)python_setitem,
      "Set the only header of that name, in place of all others." },
    { "__delitem__", "name", offsetof(HeadersClass, delitem), NOTHING, NULL,
      (Function)python_delitem,
      "Delete all headers of that name, if there are any." },
    { "__contains__", "name", offsetof(HeadersClass, contains), TRUTH, NULL,
      (Function)python_contains, "Whether there is a header of that name." },
    { "get", "name, default=None", offsetof(HeadersClass, get), OBJECT, NULL,
      (Function)python_get, "The first value of that name, or the default." },
    { "__bytes__", "", offsetof(HeadersClass, bytes), OBJECT, NULL,
      (Function)python_bytes, "The headers as they are sent." },
    { "__str__", "", offsetof(HeadersClass, str), OBJECT, NULL,
      (Function)python_str, "The headers as they are sent, as a str." },
    { "setdefault", "name, value", offsetof(HeadersClass, setdefault), OBJECT,
      NULL, (Function)python_setdefault,
      "The first value of that name; if there is none, set this one." },
    { "_convert_string_type", "value, name=False",
      offsetof(HeadersClass, _convert_string_type), OTHER,
      call__convert_string_type, (Function)python__convert_string_type,
      "The value, if it is a str without control characters." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

/* ----- __init__ ----- */

static PyObject *
call_Headers_init(PyObject *self, Function function, PyObject *values[])
{
    PyObject *headers = values[0] == Py_None ? NULL : values[0];

    (void)function;
    return as_none(Headers_init((Headers *)self, headers));
}

static const Slot methods[] = {
    { "__init__", "headers=None", 0, OTHER, call_Headers_init, NULL,
      "Begin with that list of pairs, which is not copied." },
    { NULL, NULL, 0, NOTHING, NULL, NULL, NULL },
};

static const Class classes[] = {
    { &Headers_type, &Headers_class, sizeof(Headers_class), slots, NULL, NULL,
      methods, "The headers of a response, over a list of pairs." },
    { NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL },
};

const Family headers_family = {
    .classes = classes,
    .instance_size = sizeof(Headers),
    .table_size = sizeof(HeadersClass),
    .cls = offsetof(Headers, cls),
    .refresh = family_refresh,
};

/* ----- BaseHandler.headers, BaseHandler.headers_class ----- */

static PyObject *
set_headers(void *place, PyObject *value)
{
    if (value == Py_None) {
        value = NULL;
    }
    if (value != NULL && !PyObject_TypeCheck(value, &Headers_type)) {
        PyErr_SetString(PyExc_TypeError, "headers must be of class Headers");
        return NULL;
    }
    return set_object(place, value);
}

const Kind headers_kind = { get_object_or_none, set_headers };

/* Headers_new() has made the instance of a class in Python: it becomes one as
 * Python makes it. */
static int
init_from_python(Headers *self, PyObject *headers)
{
    if (family_adopt((PyObject *)self) < 0) {
        return -1;
    }
    return discard(call_override(self, "__init__", 1,
                                 headers == NULL ? Py_None : headers));
}

/* The same for Headers itself, of which Python code may have set something. */
static int
init_as_it_is(Headers *self, PyObject *headers)
{
    int is_changed = family_changed(&Headers_type);

    if (is_changed < 0) {
        return -1;
    }
    return is_changed ? init_from_python(self, headers)
                      : Headers_init(self, headers);
}

static PyObject *
get_class(const void *place)
{
    const HeadersClass *cls = *(const HeadersClass *const *)place;

    return Py_NewRef((PyObject *)cls->type);
}

static void
free_class(PyObject *capsule)
{
    HeadersClass *cls = PyCapsule_GetPointer(capsule, NULL);

    Py_XDECREF(cls->type);
    PyMem_Free(cls);
}

HeadersClass Headers_as_it_is;

void
headers_copy_table(void)
{
    Headers_as_it_is = Headers_class;
    Headers_as_it_is.init = init_as_it_is;
}

static PyObject *
set_class(void *place, PyObject *value)
{
    HeadersClass *cls;
    PyObject *capsule;

    if (value == (PyObject *)&Headers_type) {
        *(const HeadersClass **)place = &Headers_as_it_is;
        return Py_NewRef(Py_None);
    }
    if (value == NULL || !PyType_Check(value) ||
        !PyType_IsSubtype((PyTypeObject *)value, &Headers_type))
    {
        PyErr_SetString(PyExc_TypeError,
                        "headers_class must be a subclass of Headers");
        return NULL;
    }
    cls = PyMem_Malloc(sizeof(*cls));
    if (cls == NULL) {
        return PyErr_NoMemory();
    }
    *cls = Headers_class;
    cls->type = (PyTypeObject *)Py_NewRef(value);
    cls->init = init_from_python;
    capsule = PyCapsule_New(cls, NULL, free_class);
    if (capsule == NULL) {
        Py_DECREF(value);
        PyMem_Free(cls);
        return NULL;
    }
    *(const HeadersClass **)place = cls;
    return capsule;
}

const Kind headers_class_kind = { get_class, set_class };
