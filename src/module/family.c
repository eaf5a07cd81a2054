/* In this file: what an instance has beside its struct; its own table, made
 * new when something has changed; attributes; how an instance begins and ends;
 * and how the types are made. */
#include "module/family.h"

#include <stdarg.h>
#include <string.h>

#include "module/docs.h"
#include "module/method.h"
#include "python/errors.h"
#include "python/objects.h"

/* A name in the tables of a family: a slot's or a constant's. */
typedef struct Name {
    const Class *cls; /* that adds it */
    const Slot *slot; /* or NULL */
    const Constant *constant;
} Name;

enum { MOST_NAMES = 100 };

/* What family_prepare() and family_ready() know, to be found from a type. */
typedef struct Known {
    const Family *family;
    Name names[MOST_NAMES];
    PyObject *places; /* owned; a dict: where in `names` a name is */
} Known;

static Known known[8];

/* The table of a type: made once, and another one when the type has changed.
 * The instances share it. */
typedef struct Table {
    PyObject_VAR_HEAD const Known *known;
    const Class *main;  /* main_class() of the type */
    PyTypeObject *type; /* borrowed: it has the table in its dict */
    unsigned version;   /* of the type when the table was made */
    bool is_computed;   /* an instance computes constants: it has its own */
    PyObject *held;     /* owned; a dict: what `values` point into, by id */
    max_align_t values; /* of family->table_size bytes */
} Table;

/* The table of one instance, that has set some of it. */
typedef struct Own {
    bool is_filling;    /* Python code computes a constant */
    PyObject *held;     /* owned, as Table's */
    max_align_t values; /* of family->table_size bytes */
} Own;

/* Behind the struct of an instance, the largest of its family. */
typedef struct Extra {
    PyObject *dict;     /* owned; __dict__, NULL until something is in it */
    PyObject *weakrefs; /* CPython's list of the weak references to it */
    Table *table; /* owned; its type's; NULL in an instance that C has made */
    Own *own;     /* or NULL */
    PyObject *earlier; /* owned; a list of tables that it had before, which C
                        * may still point into; or NULL */
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

static const Known *
known_of(PyTypeObject *type)
{
    for (size_t i = 0; known[i].family != NULL; i++) {
        if (PyType_IsSubtype(type, known[i].family->classes[0].type)) {
            return &known[i];
        }
    }
    Py_FatalError("cwsgiref: an instance of no family");
}

static size_t
extra_offset(const Family *family)
{
    size_t align = _Alignof(Extra);

    return (family->instance_size + align - 1) / align * align;
}

/* It is where the type says that __dict__ is. */
static Extra *
extra_of(PyObject *self)
{
    _Static_assert(offsetof(Extra, dict) == 0, "the dict is first");
    return (Extra *)((char *)self + Py_TYPE(self)->tp_dictoffset);
}

/* The slot or constant of that name in the tables of the type, or NULL; with an
 * exception when the name, a class of its own, can't be looked for. */
static const Name *
find_name(const Known *all, PyTypeObject *type, PyObject *name)
{
    PyObject *place = PyUnicode_Check(name)
                          ? PyDict_GetItemWithError(all->places, name)
                          : NULL;
    const Name *found =
        place == NULL ? NULL : &all->names[PyLong_AsSize_t(place)];

    return found != NULL && PyType_IsSubtype(type, found->cls->type) ? found
                                                                     : NULL;
}

/* ----- Tables ----- */

static int
Table_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Table *)op)->held);
    return 0;
}

static int
Table_clear(PyObject *op)
{
    Py_CLEAR(((Table *)op)->held);
    return 0;
}

PyTypeObject Table_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.Table",
    .tp_basicsize = sizeof(Table),
    .tp_itemsize = 1,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = Table_traverse,
    .tp_clear = Table_clear,
    .tp_dealloc = instance_dealloc,
};

/* What Python finds for a slot decides: a method of ours, whose function is
 * taken, or an override. */
static int
set_slot(PyTypeObject *type, const Slot *slot, char *values)
{
    PyObject *found = PyObject_GetAttrString((PyObject *)type, slot->name);
    Function function;

    if (found == NULL) {
        return -1;
    }
    function = Method_function(found, slot);
    Py_DECREF(found);
    if (function == NULL) {
        function = slot->function;
    }
    memcpy(values + slot->offset, &function, sizeof(function));
    return 0;
}

/* place = value, of which `held` gets what must live on. */
static int
set_place(PyObject *held, const Kind *kind, void *place, PyObject *value)
{
    PyObject *needed = kind->set(place, value);
    PyObject *id = NULL;
    int result = -1;

    if (needed == Py_None) {
        result = 0;
    }
    else if (needed != NULL) {
        id = PyLong_FromVoidPtr(needed);
        result = id == NULL ? -1 : PyDict_SetItem(held, id, needed);
    }
    Py_XDECREF(id);
    Py_XDECREF(needed);
    return result;
}

/* Whether the value says what the place does. Of a dict another one may be
 * changed later. */
static int
says_the_same(const Kind *kind, const void *place, PyObject *value)
{
    PyObject *there = kind->get(place);
    int is_same;

    if (there == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    is_same = PyDict_Check(value)
                  ? there == value
                  : PyObject_RichCompareBool(there, value, Py_EQ);
    Py_DECREF(there);
    return is_same;
}

/* Whether an instance has to be asked for what is found in its type. */
static bool
is_computed(PyTypeObject *type, PyObject *found)
{
    return Py_TYPE(found)->tp_descr_get != NULL ||
           type->tp_getattro != PyObject_GenericGetAttr;
}

static int
set_constant(Table *table, const Constant *constant)
{
    PyTypeObject *type = table->type;
    PyObject *found = PyObject_GetAttrString((PyObject *)type, constant->name);
    char *place = (char *)&table->values + constant->offset;
    int result = 0;

    if (found == NULL) {
        return -1;
    }
    if (is_computed(type, found)) {
        table->is_computed = true;
    }
    else {
        int is_same = says_the_same(constant->kind, place, found);

        result = is_same == 0
                     ? set_place(table->held, constant->kind, place, found)
                     : Py_MIN(is_same, 0);
    }
    Py_DECREF(found);
    return result;
}

/* Whether Python code brings a method that none of its classes in C has, but
 * their table: a BaseServer's fileno(). */
static bool
brings_slot(const Table *table, const Slot *slot)
{
    return slot != NULL && slot->offset < table->main->table_size &&
           PyObject_HasAttrString((PyObject *)table->type, slot->name);
}

static int
fill_table(Table *table)
{
    memcpy(&table->values, table->main->table, table->main->table_size);
    for (const Name *name = table->known->names; name->cls != NULL; name++) {
        if (!PyType_IsSubtype(table->type, name->cls->type) &&
            !brings_slot(table, name->slot))
        {
            continue;
        }
        if (name->slot != NULL
                ? set_slot(table->type, name->slot, (char *)&table->values) < 0
                : set_constant(table, name->constant) < 0)
        {
            return -1;
        }
    }
    table->version = table->type->tp_version_tag;
    return 0;
}

/* Where the dict of a type has its table. */
static const char table_name[] = "_cwsgiref_table";

/* The table that the type had last: a new reference, or NULL. */
static Table *
last_table(PyTypeObject *type)
{
    PyObject *table = PyDict_GetItemString(type->tp_dict, table_name);

    if (table == NULL || !Py_IS_TYPE(table, &Table_type) ||
        ((Table *)table)->type != type)
    {
        return NULL;
    }
    return (Table *)Py_NewRef(table);
}

static bool
is_of_today(const Table *table)
{
    return table->version == table->type->tp_version_tag &&
           table->version != 0;
}

static Table *
make_table(PyTypeObject *type)
{
    const Known *all = known_of(type);
    Table *table = (Table *)Table_type.tp_alloc(
        &Table_type, (Py_ssize_t)all->family->table_size);

    if (table == NULL) {
        return NULL;
    }
    table->known = all;
    table->main = main_class(all->family, type);
    table->type = type;
    table->held = PyDict_New();
    if (table->held == NULL || fill_table(table) < 0) {
        Py_CLEAR(table);
    }
    return table;
}

/* The table of the type as it is now: a new reference, or NULL. Most changes
 * of a type are none of its table (`Server.hits += 1`, for each request): the
 * one before stays, and the instances keep no other one. */
static Table *
table_of(PyTypeObject *type)
{
    Table *last = last_table(type), *table;

    if (last != NULL && is_of_today(last)) {
        return last;
    }
    table = make_table(type);
    if (table != NULL && last != NULL &&
        table->is_computed == last->is_computed &&
        memcmp(&table->values, &last->values, table->main->table_size) == 0)
    {
        last->version = table->version;
        Py_DECREF(table);
        return last;
    }
    Py_XDECREF(last);
    if (table != NULL &&
        PyDict_SetItemString(type->tp_dict, table_name, (PyObject *)table) < 0)
    {
        Py_CLEAR(table);
    }
    return table;
}

/* ----- The table of an instance ----- */

/* self->cls = values */
static void
use_values(PyObject *self, const Family *family, const void *values)
{
    *(const void **)((char *)self + family->cls) = values;
    if (family->refreshed != NULL) {
        family->refreshed(self);
    }
}

/* A constant that Python code computes. While it can't, that of the class
 * stays. */
static int
compute(PyObject *self, Own *own, const Constant *constant)
{
    PyObject *value = PyObject_GetAttrString(self, constant->name);
    int result;

    if (value == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    result = set_place(own->held, constant->kind,
                       (char *)&own->values + constant->offset, value);
    Py_DECREF(value);
    return result;
}

static int
compute_all(PyObject *self, Own *own, const Known *all)
{
    for (const Name *name = all->names; name->cls != NULL; name++) {
        if (name->constant != NULL &&
            PyType_IsSubtype(Py_TYPE(self), name->cls->type) &&
            compute(self, own, name->constant) < 0)
        {
            return -1;
        }
    }
    return 0;
}

/* What the instance has set itself. Python looks for a __method__ only in its
 * type. */
static int
set_own_name(Own *own, const Name *name, PyObject *value)
{
    char *values = (char *)&own->values;

    if (name->constant != NULL) {
        return set_place(own->held, name->constant->kind,
                         values + name->constant->offset, value);
    }
    if (strncmp(name->slot->name, "__", 2) != 0) {
        memcpy(values + name->slot->offset, &name->slot->function,
               sizeof(name->slot->function));
    }
    return 0;
}

static int
fill_own(PyObject *self, const Table *table, Own *own)
{
    PyObject *dict = extra_of(self)->dict, *key, *value;
    Py_ssize_t position = 0;

    memcpy(&own->values, &table->values, table->known->family->table_size);
    while (dict != NULL && PyDict_Next(dict, &position, &key, &value)) {
        const Name *name = find_name(table->known, Py_TYPE(self), key);

        if (name == NULL ? PyErr_Occurred() != NULL
                         : set_own_name(own, name, value) < 0)
        {
            return -1;
        }
    }
    return table->is_computed ? compute_all(self, own, table->known) : 0;
}

/* Makes it, if it has none. */
static Own *
own_of(Extra *extra)
{
    Own *own = extra->own;

    if (own != NULL) {
        return own;
    }
    own = PyMem_Calloc(1,
                       sizeof(*own) + extra->table->known->family->table_size);
    if (own == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    own->held = PyDict_New();
    if (own->held == NULL) {
        PyMem_Free(own);
        return NULL;
    }
    extra->own = own;
    return own;
}

/* The instance's table anew, from that of its type and what it has itself. */
static int
renew_own(PyObject *self)
{
    Extra *extra = extra_of(self);
    Own *own = own_of(extra);
    int result;

    if (own == NULL || own->is_filling) {
        return own == NULL ? -1 : 0;
    }
    own->is_filling = true;
    result = fill_own(self, extra->table, own);
    own->is_filling = false;
    use_values(self, extra->table->known->family, &own->values);
    return result;
}

/* Takes the table that the type has now. C may point into the one before. */
static int
renew_table(PyObject *self, Extra *extra)
{
    Table *table = table_of(Py_TYPE(self));

    if (table == NULL) {
        return -1;
    }
    if (table == extra->table) {
        Py_DECREF(table);
        return 0;
    }
    if (extra->table != NULL && extra->earlier == NULL) {
        extra->earlier = PyList_New(0);
    }
    if (extra->table != NULL &&
        (extra->earlier == NULL ||
         PyList_Append(extra->earlier, (PyObject *)extra->table) < 0))
    {
        Py_DECREF(table);
        return -1;
    }
    Py_XSETREF(extra->table, table);
    if (extra->own == NULL) {
        use_values(self, table->known->family, &table->values);
    }
    return 0;
}

int
family_refresh(PyObject *self)
{
    Extra *extra = extra_of(self);
    const Table *table = extra->table;

    if (table == NULL) {
        return 0;
    }
    if (table->type == Py_TYPE(self) && is_of_today(table)) {
        return table->is_computed ? renew_own(self) : 0;
    }
    if (renew_table(self, extra) < 0) {
        return -1;
    }
    return extra->own != NULL || extra->table->is_computed ? renew_own(self)
                                                           : 0;
}

int
family_adopt(PyObject *self)
{
    Extra *extra = extra_of(self);

    if (renew_table(self, extra) < 0) {
        return -1;
    }
    return extra->table->is_computed ? renew_own(self) : 0;
}

/* ----- Calls of overrides ----- */

/* The name as a str, which is kept: borrowed, or NULL. Each is a constant of
 * C, so its address says which. There are never as many as there is room. */
static PyObject *
interned(const char *name)
{
    static struct {
        const char *name;
        PyObject *interned;
    } kept[1024];
    size_t place = (size_t)name % 1024;

    while (kept[place].name != NULL && kept[place].name != name) {
        place = (place + 1) % 1024;
    }
    if (kept[place].name == NULL) {
        kept[place].interned = PyUnicode_InternFromString(name);
        kept[place].name = kept[place].interned == NULL ? NULL : name;
    }
    return kept[place].interned;
}

PyObject *
call_override(void *self, const char *name, int count, ...)
{
    PyObject *arguments[MOST_PARAMETERS + 1] = { self };
    PyObject *method = interned(name);
    va_list list;

    va_start(list, count);
    for (int i = 1; i <= count; i++) {
        arguments[i] = va_arg(list, PyObject *);
    }
    va_end(list);
    if (method == NULL || family_refresh(self) < 0) {
        return NULL;
    }
    return PyObject_VectorcallMethod(method, arguments, (size_t)count + 1,
                                     NULL);
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

/* self.name = old, while an exception is pending. */
static void
set_back(PyObject *self, PyObject *name, PyObject *old)
{
    Handled handled = finally_enter();

    if (PyObject_GenericSetAttr(self, name, old) == 0) {
        (void)renew_own(self);
    }
    finally_leave(handled);
}

/* Whether the name is one of the instance's table; -1 with an exception. */
static int
sets_table(PyObject *self, PyObject *name)
{
    const Table *table =
        Py_TYPE(self)->tp_dictoffset == 0 ? NULL : extra_of(self)->table;

    if (table == NULL) {
        return 0;
    }
    if (find_name(table->known, Py_TYPE(self), name) != NULL) {
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* self.name = value; what the table says of it changes at once. A value that
 * C can't have there is refused. */
static int
set_attribute_and_table(PyObject *self, PyObject *name, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *old;
    Extra *extra;
    int result = sets_table(self, name);

    if (result < 0) {
        return -1;
    }
    if (result == 0) {
        result = PyObject_GenericSetAttr(self, name, value);
        return result == 0 && Py_TYPE(self) != type ? family_refresh(self)
                                                    : result;
    }
    extra = extra_of(self);
    old = extra->dict == NULL ? NULL : PyDict_GetItem(extra->dict, name);
    Py_XINCREF(old);
    result = PyObject_GenericSetAttr(self, name, value);
    if (result == 0) {
        result = renew_own(self);
        if (result < 0) {
            set_back(self, name, old);
        }
    }
    Py_XDECREF(old);
    return result;
}

/* self.__dict__ = value */
static int
set_dict(PyObject *self, PyObject *value, void *closure)
{
    if (PyObject_GenericSetDict(self, value, closure) < 0) {
        return -1;
    }
    return extra_of(self)->table == NULL ? 0 : renew_own(self);
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

static PyGetSetDef dict_attribute = { "__dict__", PyObject_GenericGetDict,
                                      set_dict, NULL, NULL };

/* The attribute of a field. It lives as long as the type. NULL with an
 * exception. */
static PyGetSetDef *
make_getset(const Field *field)
{
    PyGetSetDef *getset = PyMem_RawMalloc(sizeof(*getset));

    if (getset == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    *getset = (PyGetSetDef){
        .name = field->name,
        .get = get_field,
        .set = set_field,
        .closure = (void *)field,
    };
    return getset;
}

/* ----- The beginning and the end of an instance ----- */

PyObject *
family_instance(PyTypeObject *type)
{
    PyObject *self = type->tp_alloc(type, 0);
    const Family *family;

    if (self == NULL) {
        return NULL;
    }
    if (family_adopt(self) < 0) {
        Py_CLEAR(self);
        return NULL;
    }
    family = extra_of(self)->table->known->family;
    if (family->new != NULL && family->new (self) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* tp_new: an instance with the table of its type. */
static PyObject *
new_instance(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (known_of(type)->places == NULL) {
        return PyErr_Format(PyExc_TypeError,
                            "cannot create '%.100s' instances", type->tp_name);
    }
    if (type->tp_init == PyBaseObject_Type.tp_init &&
        (PyTuple_GET_SIZE(args) > 0 ||
         (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0)))
    {
        return PyErr_Format(PyExc_TypeError, "%.200s() takes no arguments",
                            strrchr(type->tp_name, '.') == NULL
                                ? type->tp_name
                                : strrchr(type->tp_name, '.') + 1);
    }
    if (type->tp_flags & Py_TPFLAGS_IS_ABSTRACT) {
        PyObject *none = PyTuple_New(0), *self = NULL;

        if (none != NULL) { /* it says which methods are missing */
            self = PyBaseObject_Type.tp_new(type, none, NULL);
            Py_DECREF(none);
        }
        return self;
    }
    return family_instance(type);
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

int
family_changed(PyTypeObject *type)
{
    Table *table = table_of(type);
    int result;

    if (table == NULL) {
        return -1;
    }
    result = table->is_computed ||
             (type->tp_init != init_instance &&
              type->tp_init != PyBaseObject_Type.tp_init) ||
             memcmp(&table->values, table->main->table,
                    table->main->table_size) != 0;
    Py_DECREF(table);
    return result;
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
    Py_FatalError("cwsgiref: a type of no family");
}

static const Ends *
ends_of_instance(PyObject *self)
{
    const Table *table = extra_of(self)->table;
    PyTypeObject *type = Py_TYPE(self);
    const Class *main =
        table == NULL ? main_class(known_of(type)->family, type) : table->main;

    return ends_of(main->type);
}

static int
traverse(PyObject *self, visitproc visit, void *arg)
{
    Extra *extra = extra_of(self);

    Py_VISIT(extra->dict);
    Py_VISIT(extra->table);
    Py_VISIT(extra->earlier);
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
    Extra *extra = extra_of(self);
    Own *own = extra->own;
    Table *table = extra->table;
    PyObject *earlier = extra->earlier;

    if (Py_TYPE(self)->tp_finalize != NULL &&
        PyObject_CallFinalizerFromDealloc(self) < 0)
    {
        return; /* somebody has it again */
    }
    PyObject_GC_UnTrack(self);
    PyObject_ClearWeakRefs(self);
    clear(self);
    Py_TYPE(self)->tp_free(self);
    Py_XDECREF(table);
    Py_XDECREF(earlier);
    if (own != NULL) {
        Py_XDECREF(own->held);
        PyMem_Free(own);
    }
}

/* ----- The types ----- */

/* What CPython takes for the size of the struct. Each class that adds fields
 * has another size than its base: so CPython refuses a class of two whose
 * fields would be in one place, and a __class__ that has other fields. All
 * structs have the room of the largest. */
static Py_ssize_t
size_of_type(const Family *family, PyTypeObject *type)
{
    Py_ssize_t size = (Py_ssize_t)(extra_offset(family) + sizeof(Extra));

    if (type == family->classes[0].type) {
        return size;
    }
    size = type->tp_base->tp_basicsize;
    if (type->tp_clear != NULL) { /* it has something to clear */
        size += (Py_ssize_t)sizeof(PyObject *);
    }
    return size;
}

void
family_prepare(const Family *family)
{
    size_t i = 0;

    while (known[i].family != NULL) {
        i++;
    }
    known[i].family = family;
    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        PyTypeObject *type = cls->type;

        type->tp_basicsize = size_of_type(family, type);
        type->tp_flags = Py_TPFLAGS_DEFAULT; /* no subclasses yet */
        type->tp_new = new_instance;
        type->tp_setattro = set_attribute_and_table;
    }
}

static void
remember_ends(PyTypeObject *type)
{
    size_t i = 0;

    while (ends[i].type != NULL) {
        i++;
    }
    ends[i] = (Ends){ type, type->tp_traverse, type->tp_clear };
}

/* From now on the instances of the type, and of what C has made of it, have
 * what is behind their struct: it is NULL in those that are there. 0 or -1. */
static int
open_extra(PyTypeObject *type, size_t offset)
{
    PyObject *subclasses =
        PyObject_CallMethod((PyObject *)type, "__subclasses__", NULL);
    int result = subclasses == NULL ? -1 : 0;

    remember_ends(type);
    type->tp_dictoffset = (Py_ssize_t)(offset + offsetof(Extra, dict));
    type->tp_weaklistoffset = (Py_ssize_t)(offset + offsetof(Extra, weakrefs));
    type->tp_traverse = traverse;
    type->tp_clear = clear;
    type->tp_dealloc = dealloc;
    for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(subclasses); i++)
    {
        result =
            open_extra((PyTypeObject *)PyList_GET_ITEM(subclasses, i), offset);
    }
    Py_XDECREF(subclasses);
    return result;
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

/* Unless the base has the same. */
static int
put_constant(const Family *family, const Class *cls, const Class *from,
             const Constant *constant)
{
    PyObject *value = get_constant(cls, constant);
    PyObject *inherited;
    int is_same = value == NULL ? -1 : 0;

    if (value != NULL && cls != from) {
        inherited = get_constant(base_of(family, cls), constant);
        is_same = inherited == NULL
                      ? -1
                      : PyObject_RichCompareBool(value, inherited, Py_EQ);
        Py_XDECREF(inherited);
    }
    if (is_same == 0) {
        return put(cls->type, constant->name, value);
    }
    Py_XDECREF(value);
    return Py_MIN(is_same, 0);
}

/* The constants that `from` adds, the same. */
static int
put_constants(const Family *family, const Class *cls, const Class *from)
{
    for (const Constant *constant = from->constants;
         constant != NULL && constant->name != NULL; constant++)
    {
        if (put_constant(family, cls, from, constant) < 0) {
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

static int
put_getset(PyTypeObject *type, PyGetSetDef *getset)
{
    if (getset == NULL) {
        return -1;
    }
    return put(type, getset->name, PyDescr_NewGetSet(type, getset));
}

/* The attributes that a class adds. */
static int
put_fields(const Class *cls)
{
    for (const Field *field = cls->fields;
         field != NULL && field->name != NULL; field++)
    {
        if (put_getset(cls->type, make_getset(field)) < 0) {
            return -1;
        }
    }
    return put_getset(cls->type, &dict_attribute);
}

/* Writes down the name that a class adds, and where. */
static int
know_name(Known *all, size_t *count, const char *name, Name found)
{
    PyObject *place = PyLong_FromSize_t(*count);
    int result =
        place == NULL ? -1 : PyDict_SetItemString(all->places, name, place);

    Py_XDECREF(place);
    all->names[*count] = found;
    *count += 1;
    return result;
}

static int
know_names(const Family *family)
{
    Known *all = known;
    size_t count = 0;

    while (all->family != family) {
        all++;
    }
    all->places = PyDict_New();
    if (all->places == NULL) {
        return -1;
    }
    for (const Class *cls = family->classes; cls->type != NULL; cls++) {
        const Slot *slot = cls->slots;
        const Constant *constant = cls->constants;

        for (; slot != NULL && slot->name != NULL; slot++) {
            if (know_name(all, &count, slot->name, (Name){ cls, slot, NULL }) <
                0) {
                return -1;
            }
        }
        for (; constant != NULL && constant->name != NULL; constant++) {
            if (know_name(all, &count, constant->name,
                          (Name){ cls, NULL, constant }) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* Those of the __init__ that the class has. */
static const char *
init_parameters(const Family *family, const Class *cls)
{
    for (; cls != NULL; cls = base_of(family, cls)) {
        const Slot *lists[] = { cls->slots, cls->methods };

        for (size_t i = 0; i < Py_ARRAY_LENGTH(lists); i++) {
            for (const Slot *slot = lists[i];
                 slot != NULL && slot->name != NULL; slot++) {
                if (strcmp(slot->name, "__init__") == 0) {
                    return slot->parameters;
                }
            }
        }
    }
    return "";
}

int
family_ready(const Family *family)
{
    if (know_names(family) < 0 || PyType_Ready(&Table_type) < 0 ||
        open_extra(family->classes[0].type, extra_offset(family)) < 0)
    {
        return -1;
    }
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
        if (set_doc(cls->type, init_parameters(family, cls), cls->doc) < 0 ||
            put_methods(family, cls) < 0 || put_fields(cls) < 0)
        {
            return -1;
        }
        cls->type->tp_flags |= Py_TPFLAGS_BASETYPE;
        PyType_Modified(cls->type);
    }
    return 0;
}
