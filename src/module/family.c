/* In this file: what an instance has beside its struct; its own table, made
 * new when something has changed; attributes; how an instance begins and ends;
 * and how the types are made. */
#include "module/family.h"

#include <stdarg.h>
#include <string.h>

#include "module/method.h"
#include "python/objects.h"

/* What family_prepare() knows, to be found from a type. */
static const Family *families[8];

/* An instance's own table. */
typedef struct Own {
    unsigned version;  /* of its type, when the table was made; 0: make it */
    PyObject *held;    /* owned; a dict: what the table points into, by id */
    max_align_t table; /* of family->table_size bytes */
} Own;

/* Behind the struct of an instance, the largest of its family. */
typedef struct Extra {
    PyObject *dict;     /* owned; __dict__, NULL until something is in it */
    PyObject *weakrefs; /* CPython's list of the weak references to it */
    Own *own;           /* NULL in an instance that C has made */
} Extra;

/* ----- Finding ----- */

/* Our class that is a type itself; NULL if there is none. */
static const Class *
class_of_type(const Family *family, PyTypeObject *type)
{
    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        if (cls->type == type) {
            return cls;
        }
    }
    return NULL;
}

/* The class whose struct C takes an instance for: the one with the largest
 * table of those that the type is made of. */
static const Class *
main_class(const Family *family, PyTypeObject *type)
{
    const Class *found = family->classes;

    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        if (PyType_IsSubtype(type, cls->type) &&
            cls->table_size >= found->table_size) {
            found = cls;
        }
    }
    return found;
}

static const Family *
family_of(PyTypeObject *type)
{
    for (size_t i = 0; families[i] != NULL; i++) {
        if (PyType_IsSubtype(type, families[i]->classes[0].type)) {
            return families[i];
        }
    }
    Py_UNREACHABLE();
}

static size_t
extra_offset(const Family *family)
{
    size_t align = _Alignof(Extra);

    return (family->instance_size + align - 1) / align * align;
}

static Extra *
extra_of(PyObject *self)
{
    const Family *family = family_of(Py_TYPE(self));

    return (Extra *)((char *)self + extra_offset(family));
}

/* ----- The instance's own table ----- */

/* What Python finds for a slot decides: a method of ours, whose function is
 * taken, or an override. */
static int
set_slot(PyObject *self, const Slot *slot, char *table)
{
    PyObject *dict = extra_of(self)->dict;
    Function function = NULL;
    PyObject *found;
    int on_instance = dict == NULL ? 0 : contains(dict, slot->name);

    if (on_instance < 0) {
        return -1;
    }
    if (!on_instance) {
        found = PyObject_GetAttrString((PyObject *)Py_TYPE(self), slot->name);
        if (found == NULL) {
            return -1;
        }
        function = Method_function(found, slot);
        Py_DECREF(found);
    }
    if (function == NULL) {
        function = slot->python;
    }
    memcpy(table + slot->offset, &function, sizeof(function));
    return 0;
}

/* The slots that a class adds. */
static int
set_slots(PyObject *self, const Class *cls, char *table)
{
    for (const Slot *slot = cls->slots; slot != NULL && slot->name != NULL;
         slot++) {
        if (set_slot(self, slot, table) < 0) {
            return -1;
        }
    }
    return 0;
}

/* place = value, of which the instance holds what it needs. */
static int
set_place(Own *own, const Kind *kind, void *place, PyObject *value)
{
    PyObject *held = kind->set(place, value);
    PyObject *id = NULL;
    int result = -1;

    if (held == Py_None) {
        result = 0;
    }
    else if (held != NULL) {
        id = PyLong_FromVoidPtr(held);
        result = id == NULL ? -1 : PyDict_SetItem(own->held, id, held);
    }
    Py_XDECREF(id);
    Py_XDECREF(held);
    return result;
}

/* A constant is what Python finds as the attribute of the instance. */
static int
set_constant(PyObject *self, Own *own, const Constant *constant)
{
    PyObject *value = PyObject_GetAttrString(self, constant->name);
    char *table = (char *)&own->table;
    int result;

    if (value == NULL) {
        return -1;
    }
    result = set_place(own, constant->kind, table + constant->offset, value);
    if (result == 0 && constant->field != 0) {
        result = set_place(own, constant->kind, (char *)self + constant->field,
                           value);
    }
    Py_DECREF(value);
    return result;
}

static int
set_constants(PyObject *self, Own *own, const Class *cls)
{
    for (const Constant *constant = cls->constants;
         constant != NULL && constant->name != NULL; constant++)
    {
        if (set_constant(self, own, constant) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Fills the own table. Nothing that it calls may begin the same again, so the
 * version is set first. */
static int
fill_own_table(const Family *family, PyObject *self, Own *own)
{
    PyTypeObject *type = Py_TYPE(self);
    char *table = (char *)&own->table;
    const Class *main = main_class(family, type);

    own->version = type->tp_version_tag;
    memcpy(table, main->table, main->table_size);
    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        if (PyType_IsSubtype(type, cls->type) &&
            (set_slots(self, cls, table) < 0 ||
             set_constants(self, own, cls) < 0))
        {
            own->version = 0;
            return -1;
        }
    }
    own->version = type->tp_version_tag;
    return 0;
}

int
family_refresh(PyObject *self)
{
    Own *own = extra_of(self)->own;

    if (own == NULL ||
        (own->version != 0 && own->version == Py_TYPE(self)->tp_version_tag))
    {
        return 0;
    }
    return fill_own_table(family_of(Py_TYPE(self)), self, own);
}

PyObject *
call_override(void *self, const char *name, int count, ...)
{
    PyObject *arguments[MOST_PARAMETERS + 1] = { self };
    PyObject *method, *result = NULL;
    va_list list;

    va_start(list, count);
    for (int i = 1; i <= count; i++) {
        arguments[i] = va_arg(list, PyObject *);
    }
    va_end(list);
    method = PyUnicode_InternFromString(name);
    if (method != NULL && family_refresh(self) == 0) {
        result = PyObject_VectorcallMethod(method, arguments,
                                           (size_t)count + 1, NULL);
    }
    Py_XDECREF(method);
    return result;
}

PyObject *
call_override_with(void *self, const char *name, PyObject *args)
{
    PyObject *method = NULL, *result = NULL;

    if (args != NULL && family_refresh(self) == 0) {
        method = PyObject_GetAttrString(self, name);
    }
    if (method != NULL) {
        result = PyObject_CallObject(method, args);
        Py_DECREF(method);
    }
    Py_XDECREF(args);
    return result;
}

/* ----- Attributes ----- */

/* Whether the name is that of a slot or of a constant. */
static bool
is_in_table(const Family *family, const char *name)
{
    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        for (const Slot *slot = cls->slots; slot != NULL && slot->name != NULL;
             slot++) {
            if (strcmp(slot->name, name) == 0) {
                return true;
            }
        }
        for (const Constant *constant = cls->constants;
             constant != NULL && constant->name != NULL; constant++)
        {
            if (strcmp(constant->name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* self.name = value; what the table says of it changes at once. */
static int
set_attribute_and_table(PyObject *self, PyObject *name, PyObject *value)
{
    const Family *family = family_of(Py_TYPE(self));
    Own *own = extra_of(self)->own;

    if (PyObject_GenericSetAttr(self, name, value) < 0) {
        return -1;
    }
    if (own == NULL || !PyUnicode_Check(name) ||
        !is_in_table(family, PyUnicode_AsUTF8(name)))
    {
        return 0;
    }
    own->version = 0;
    return family_refresh(self);
}

static PyObject *
get_field(PyObject *self, void *closure)
{
    const Field *field = closure;
    PyObject *value = field->kind->get((char *)self + field->offset);

    if (value == NULL && !PyErr_Occurred()) {
        lacks_attribute(self, field->name);
    }
    return value;
}

static int
set_field(PyObject *self, PyObject *value, void *closure)
{
    const Field *field = closure;

    return discard(field->kind->set((char *)self + field->offset, value));
}

/* The attributes that a class adds, and __dict__, which the first one has. The
 * list lives as long as the type. */
static PyGetSetDef *
make_getset(const Field *fields)
{
    size_t count = 0;
    PyGetSetDef *getset;

    while (fields != NULL && fields[count].name != NULL) {
        count++;
    }
    getset = PyMem_RawCalloc(count + 2, sizeof(*getset));
    if (getset != NULL) {
        getset[count] = (PyGetSetDef){
            .name = "__dict__",
            .get = PyObject_GenericGetDict,
            .set = PyObject_GenericSetDict,
        };
    }
    for (size_t i = 0; getset != NULL && i < count; i++) {
        getset[i] = (PyGetSetDef){
            .name = fields[i].name,
            .get = get_field,
            .set = set_field,
            .closure = (void *)&fields[i],
        };
    }
    return getset;
}

/* ----- The beginning and the end of an instance ----- */

int
family_adopt(PyObject *self)
{
    const Family *family = family_of(Py_TYPE(self));
    Own *own = PyMem_Calloc(1, sizeof(*own) + family->table_size);

    if (own == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    extra_of(self)->own = own;
    *(void **)((char *)self + family->cls) = &own->table;
    own->held = PyDict_New();
    if (own->held == NULL) {
        return -1;
    }
    return fill_own_table(family, self, own);
}

/* tp_new: an instance with a table of its own. */
static PyObject *
new_instance(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    const Family *family = family_of(type);
    PyObject *self;

    if (type->tp_init == PyBaseObject_Type.tp_init &&
        (PyTuple_GET_SIZE(args) > 0 ||
         (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0)))
    {
        return PyErr_Format(PyExc_TypeError, "%.200s() takes no arguments",
                            strrchr(type->tp_name, '.') == NULL
                                ? type->tp_name
                                : strrchr(type->tp_name, '.') + 1);
    }
    self = type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    if (family_adopt(self) < 0 ||
        (family->new != NULL && family->new (self) < 0)) {
        Py_CLEAR(self);
    }
    return self;
}

/* tp_init: self.__init__(*args, **kwargs), where Python looks for it. */
static int
init_instance(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *init = PyObject_GetAttrString(self, "__init__");
    PyObject *none = NULL;

    if (init != NULL) {
        none = PyObject_Call(init, args, kwargs);
        Py_DECREF(init);
    }
    return discard(none);
}

/* What the classes themselves have as tp_traverse and tp_clear, by which they
 * are called from ours. */
typedef struct Ends {
    PyTypeObject *type;
    traverseproc traverse;
    inquiry clear;
} Ends;

static Ends ends[64];

static const Ends *
ends_of(PyTypeObject *type)
{
    for (size_t i = 0; ends[i].type != NULL; i++) {
        if (ends[i].type == type) {
            return &ends[i];
        }
    }
    Py_UNREACHABLE();
}

static const Ends *
ends_of_instance(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    return ends_of(main_class(family_of(type), type)->type);
}

static int
traverse(PyObject *self, visitproc visit, void *arg)
{
    Extra *extra = extra_of(self);

    Py_VISIT(extra->dict);
    if (extra->own != NULL) {
        Py_VISIT(extra->own->held);
    }
    return ends_of_instance(self)->traverse(self, visit, arg);
}

/* The table stays: whoever is in the same cycle may still call a method. */
static int
clear(PyObject *self)
{
    Py_CLEAR(extra_of(self)->dict);
    return ends_of_instance(self)->clear(self);
}

static void
dealloc(PyObject *self)
{
    Own *own = extra_of(self)->own;

    if (Py_TYPE(self)->tp_finalize != NULL &&
        PyObject_CallFinalizerFromDealloc(self) < 0)
    {
        return; /* somebody has it again */
    }
    PyObject_GC_UnTrack(self);
    PyObject_ClearWeakRefs(self);
    clear(self);
    Py_TYPE(self)->tp_free(self);
    if (own != NULL) {
        Py_XDECREF(own->held);
        PyMem_Free(own);
    }
}

/* ----- The types ----- */

static void
remember_ends(PyTypeObject *type)
{
    PyTypeObject *base = type;
    size_t i = 0;

    while (ends[i].type != NULL) {
        i++;
    }
    while (base->tp_traverse == NULL || base->tp_traverse == traverse) {
        if (base->tp_traverse == traverse) {
            ends[i] = *ends_of(base);
            break;
        }
        base = base->tp_base;
    }
    if (base->tp_traverse != traverse) {
        ends[i].traverse = base->tp_traverse;
        ends[i].clear = base->tp_clear;
    }
    ends[i].type = type;
}

void
family_prepare(const Family *family)
{
    size_t offset = extra_offset(family), i = 0;

    while (families[i] != NULL) {
        i++;
    }
    families[i] = family;
    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        PyTypeObject *type = cls->type;

        remember_ends(type);
        type->tp_basicsize = (Py_ssize_t)(offset + sizeof(Extra));
        type->tp_dictoffset = (Py_ssize_t)(offset + offsetof(Extra, dict));
        type->tp_weaklistoffset =
            (Py_ssize_t)(offset + offsetof(Extra, weakrefs));
        type->tp_flags =
            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;
        type->tp_traverse = traverse;
        type->tp_clear = clear;
        type->tp_dealloc = dealloc;
        type->tp_new = new_instance;
        type->tp_setattro = set_attribute_and_table;
        type->tp_doc = cls->doc;
        type->tp_getset = make_getset(cls->fields);
    }
}

/* type.name = value, before anybody uses the type. Takes the value. */
static int
put(PyTypeObject *type, const char *name, PyObject *value)
{
    int result =
        value == NULL ? -1 : PyDict_SetItemString(type->tp_dict, name, value);

    Py_XDECREF(value);
    return result;
}

static int
put_method(const Family *family, const Class *cls, const Slot *slot)
{
    if (strcmp(slot->name, "__init__") == 0) {
        cls->type->tp_init = init_instance;
    }
    return put(cls->type, slot->name, Method_new(family, cls, slot));
}

static const Class *
base_of(const Family *family, const Class *cls)
{
    return cls == family->classes ? NULL
                                  : class_of_type(family, cls->type->tp_base);
}

/* The slots that `from` adds, where `cls` fills them in another way than its
 * base. */
static int
put_slots(const Family *family, const Class *cls, const Class *from)
{
    const Class *base = base_of(family, cls);

    for (const Slot *slot = from->slots; slot != NULL && slot->name != NULL;
         slot++)
    {
        if (cls != from && memcmp((const char *)cls->table + slot->offset,
                                  (const char *)base->table + slot->offset,
                                  sizeof(Function)) == 0)
        {
            continue;
        }
        if (put_method(family, cls, slot) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A constant in the table of the class: a new reference. */
static PyObject *
get_constant(const Class *cls, const Constant *constant)
{
    return constant->kind->get((const char *)cls->table + constant->offset);
}

/* The constants that `from` adds, the same. */
static int
put_constants(const Family *family, const Class *cls, const Class *from)
{
    for (const Constant *constant = from->constants;
         constant != NULL && constant->name != NULL; constant++)
    {
        PyObject *value = get_constant(cls, constant);
        PyObject *inherited =
            cls == from ? NULL : get_constant(base_of(family, cls), constant);
        int is_same = value == NULL ? -1 : 0;

        if (inherited != NULL) {
            is_same = PyObject_RichCompareBool(value, inherited, Py_EQ);
            Py_DECREF(inherited);
        }
        if (is_same < 0) {
            return -1;
        }
        if (is_same) {
            Py_DECREF(value);
        }
        else if (put(cls->type, constant->name, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
put_methods(const Family *family, const Class *cls)
{
    for (const Slot *slot = cls->methods; slot != NULL && slot->name != NULL;
         slot++)
    {
        if (put_method(family, cls, slot) < 0) {
            return -1;
        }
    }
    return 0;
}

int
family_ready(const Family *family)
{
    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        const Class *base = base_of(family, cls);

        if (base != NULL) {
            cls->type->tp_init = base->type->tp_init;
        }
        for (const Class *from = family->classes; from->type != NULL; from++) {
            if (PyType_IsSubtype(cls->type, from->type) &&
                (put_slots(family, cls, from) < 0 ||
                 put_constants(family, cls, from) < 0))
            {
                return -1;
            }
        }
        if (put_methods(family, cls) < 0) {
            return -1;
        }
        PyType_Modified(cls->type);
    }
    return 0;
}
