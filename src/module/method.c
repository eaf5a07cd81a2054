/* In this file: the method's names and its signature, made once; a call of the
 * C function; what Python sees of a method; and the type. */
#include "module/method.h"

#include <string.h>

#include "python/arguments.h"
#include "python/objects.h"

typedef struct Method {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    const Family *family; /* NULL: a function */
    const Class *cls;     /* the class that it is a method of, or NULL */
    const Slot *slot;
    int count;       /* of its parameters, without self and *args */
    int required;    /* of these, how many have no default */
    bool has_args;   /* it has *args */
    char bound[200]; /* what bind_arguments() wants */
} Method;

/* ----- Names ----- */

/* "BaseHandler" */
static const char *
class_name(const Class *cls)
{
    return strrchr(cls->type->tp_name, '.') + 1;
}

/* "BaseHandler.run" */
static PyObject *
qualified_name(const Method *self)
{
    if (self->cls == NULL) {
        return PyUnicode_FromString(self->slot->name);
    }
    return PyUnicode_FromFormat("%s.%s", class_name(self->cls),
                                self->slot->name);
}

/* Writes "status, headers, exc_info=None" without what the defaults are, and
 * counts the parameters that have a value of their own: all but *args and
 * **kwargs. */
static int
copy_parameters(char *to, const char *from)
{
    int count = *from == '\0' ? 0 : 1;
    bool is_default = false;

    for (; *from != '\0'; from++) {
        if (*from == ',') {
            is_default = false;
            count++;
        }
        if (from[0] == '*' && from[1] != '*') {
            count--;
        }
        if (!is_default) {
            *to++ = *from;
        }
        if (*from == '=') {
            is_default = true;
        }
    }
    *to++ = ')';
    *to = '\0';
    return count;
}

static int
count_defaults(const char *parameters)
{
    int count = 0;

    for (; *parameters != '\0'; parameters++) {
        if (*parameters == '=') {
            count++;
        }
    }
    return count;
}

static PyObject *Method_vectorcall(PyObject *op, PyObject *const *args,
                                   size_t nargsf, PyObject *kwnames);

PyObject *
Method_new(const Family *family, const Class *cls, const Slot *slot)
{
    Method *self = (Method *)Method_type.tp_alloc(&Method_type, 0);
    size_t length;

    if (self == NULL) {
        return NULL;
    }
    self->vectorcall = Method_vectorcall;
    self->family = family;
    self->cls = cls;
    self->slot = slot;
    if (cls != NULL) {
        strcpy(self->bound, class_name(cls));
        strcat(self->bound, ".");
    }
    strcat(self->bound, slot->name);
    strcat(self->bound, "(");
    length = strlen(self->bound);
    self->count = copy_parameters(self->bound + length, slot->parameters);
    self->required = self->count - count_defaults(slot->parameters);
    self->has_args = strstr(slot->parameters, "*args") != NULL;
    return (PyObject *)self;
}

/* ----- A call ----- */

/* The slot's function in the table of the class; or the method itself. */
static Function
function_of(const Method *self)
{
    Function function = self->slot->function;

    if (self->slot->offset != 0) {
        memcpy(&function, (const char *)self->cls->table + self->slot->offset,
               sizeof(function));
    }
    return function;
}

Function
Method_function(PyObject *found, const Slot *slot)
{
    if (!Py_IS_TYPE(found, &Method_type) || ((Method *)found)->slot != slot) {
        return NULL;
    }
    return function_of((Method *)found);
}

/* Each of our functions takes a pointer to an object first, whatever its
 * struct, and then `count` objects. */
static int
call_for_int(Function function, int count, PyObject *self, PyObject *v[])
{
    switch (count) {
    case 0:
        return ((int (*)(PyObject *))function)(self);
    case 1:
        return ((int (*)(PyObject *, PyObject *))function)(self, v[0]);
    default:
        return ((int (*)(PyObject *, PyObject *, PyObject *))function)(
            self, v[0], v[1]);
    }
}

static PyObject *
call_for_object(Function function, int count, PyObject *self, PyObject *v[])
{
    switch (count) {
    case 0:
        return ((PyObject * (*)(PyObject *)) function)(self);
    case 1:
        return ((PyObject * (*)(PyObject *, PyObject *)) function)(self, v[0]);
    case 2:
        return ((PyObject * (*)(PyObject *, PyObject *, PyObject *))
                    function)(self, v[0], v[1]);
    default:
        return ((PyObject * (*)(PyObject *, PyObject *, PyObject *,
                                PyObject *)) function)(self, v[0], v[1], v[2]);
    }
}

/* Calls the C function: a new reference, or NULL. */
static PyObject *
call_slot(const Method *self, PyObject *object, PyObject *values[])
{
    Function function = function_of(self);
    int count = self->count;

    if (self->slot->gives == OTHER) {
        return self->slot->call(object, function, values);
    }
    if (self->family == NULL) { /* its first parameter stands for self */
        object = values[0];
        values++;
        count--;
    }
    switch (self->slot->gives) {
    case NOTHING:
        return as_none(call_for_int(function, count, object, values));
    case TRUTH:
        return as_bool(call_for_int(function, count, object, values));
    default:
        return call_for_object(function, count, object, values);
    }
}

/* What the first argument must be, and to know it as it is now. */
static int
check_self(const Method *self, PyObject *object)
{
    if (object == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "%s.%s() missing 1 required positional argument: 'self'",
                     class_name(self->cls), self->slot->name);
        return -1;
    }
    if (!PyObject_TypeCheck(object, self->cls->type)) {
        PyErr_Format(PyExc_TypeError,
                     "%s.%s() needs an instance of that class, not a %.200s",
                     class_name(self->cls), self->slot->name,
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    return self->family->refresh(object);
}

/* Binds the arguments after self. Where each is given by its position there is
 * nothing to do. 0, or -1 with a TypeError. */
static int
bind(const Method *self, PyObject *values[], PyObject *const *args,
     Py_ssize_t count, PyObject *kwnames)
{
    if (kwnames != NULL || self->has_args || count < self->required ||
        count > self->count)
    {
        return bind_vector(values, self->bound, args, count, kwnames);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] = args[i];
    }
    return 0;
}

/* *args: what is left of the arguments, a new tuple. */
static PyObject *
rest_of(const Method *self, PyObject *const *args, Py_ssize_t count)
{
    PyObject *rest = PyTuple_New(Py_MAX(count - self->count, 0));

    for (Py_ssize_t i = self->count; rest != NULL && i < count; i++) {
        PyTuple_SET_ITEM(rest, i - self->count, Py_NewRef(args[i]));
    }
    return rest;
}

/* method(self, *args, **kwargs) */
static PyObject *
Method_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                  PyObject *kwnames)
{
    Method *self = (Method *)op;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *values[MOST_PARAMETERS] = { NULL };
    PyObject *object = NULL, *more = NULL, *result = NULL;

    if (self->family != NULL) {
        object = count == 0 ? NULL : args[0];
        if (check_self(self, object) < 0) {
            return NULL;
        }
        args++;
        count--;
    }
    if (bind(self, values, args, count, kwnames) < 0) {
        return NULL;
    }
    if (self->has_args) {
        more = rest_of(self, args, count);
        values[self->count] = more;
    }
    if (!self->has_args || more != NULL) {
        result = call_slot(self, object, values);
    }
    Py_XDECREF(more);
    return result;
}

/* ----- What Python sees ----- */

static PyObject *
Method_get(PyObject *op, PyObject *object, PyObject *Py_UNUSED(type))
{
    if (object == NULL || ((Method *)op)->family == NULL) {
        return Py_NewRef(op);
    }
    return PyMethod_New(op, object);
}

static PyObject *
Method_repr(PyObject *op)
{
    PyObject *name = qualified_name((Method *)op);
    PyObject *repr = NULL;

    if (name != NULL) {
        repr = PyUnicode_FromFormat("<function %U at %p>", name, (void *)op);
        Py_DECREF(name);
    }
    return repr;
}

static PyObject *
get_name(PyObject *op, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(((Method *)op)->slot->name);
}

static PyObject *
get_qualname(PyObject *op, void *Py_UNUSED(closure))
{
    return qualified_name((Method *)op);
}

static PyObject *
get_doc(PyObject *op, void *Py_UNUSED(closure))
{
    const char *doc = ((Method *)op)->slot->doc;

    return doc == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(doc);
}

/* inspect.signature() asks for it. It is that of a function with the same
 * parameters. */
static PyObject *
get_signature(PyObject *op, void *Py_UNUSED(closure))
{
    Method *self = (Method *)op;
    const char *parameters = self->slot->parameters;
    bool has_self = self->family != NULL;
    PyObject *expression = PyUnicode_FromFormat(
        "inspect.signature(lambda %s%s%s: None)", has_self ? "self" : "",
        has_self && *parameters != '\0' ? ", " : "", parameters);
    PyObject *signature = NULL;

    if (expression != NULL) {
        signature = evaluate("import inspect", PyUnicode_AsUTF8(expression));
        Py_DECREF(expression);
    }
    return signature;
}

static PyGetSetDef getset[] = {
    { "__name__", get_name, NULL, NULL, NULL },
    { "__qualname__", get_qualname, NULL, NULL, NULL },
    { "__doc__", get_doc, NULL, NULL, NULL },
    { "__signature__", get_signature, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyTypeObject Method_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.Method",
    .tp_basicsize = sizeof(Method),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_METHOD_DESCRIPTOR |
                Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Method, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = Method_get,
    .tp_repr = Method_repr,
    .tp_getset = getset,
};
