/* The program in which a call of CPython fails, as without memory: each call
 * that our code makes, from each place, once. CPython itself has all the memory
 * that it wants. In this file: which call fails; the calls, by --wrap of the
 * linker (CMakeLists.txt finds them here); those with any number of arguments;
 * and the module `refusing`, by which Python code says when.
 *
 * A place is a call and its callers: the innermost functions of the stack. With
 * REFUSE=file in the environment the first call fails of those whose place is
 * not in that file yet, and stderr says which; with LATER=1, only when Python
 * code says so. */
#define _GNU_SOURCE /* dladdr() */
#include <Python.h>

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "python/release.h"

enum {
    PLACES = 1 << 15, /* room for so many */
    DEPTH = 6         /* functions that a place consists of; four are here */
};

/* Those that were reached, by their hash; also in the processes that share the
 * file. */
static uint64_t room[PLACES];
static uint64_t *places = room;

static bool is_on, is_told;
static long left;           /* new places before the one that fails */
static const char *refused; /* the call that has failed, or NULL */

/* Where that is in its library, which is elsewhere in each process. */
static uint64_t
offset_of(void *address)
{
    Dl_info info;

    return dladdr(address, &info) == 0
               ? 0
               : (uint64_t)((char *)address - (char *)info.dli_fbase);
}

__attribute__((noinline)) static uint64_t
place_of_call(void)
{
    void *callers[DEPTH];
    int count = backtrace(callers, DEPTH);
    uint64_t hash = 14695981039346656037U; /* FNV */

    for (int i = 0; i < count; i++) {
        hash = (hash ^ offset_of(callers[i])) * 1099511628211U;
    }
    return hash;
}

/* Remembers it. */
static bool
is_new(uint64_t place)
{
    size_t at = place % PLACES;

    while (places[at] != 0 && places[at] != place) {
        at = (at + 1) % PLACES;
    }
    if (places[at] == place) {
        return false;
    }
    places[at] = place;
    return true;
}

/* Whether this call is the one that fails. */
__attribute__((noinline)) static bool
is_chosen(const char *name)
{
    if (!is_on || refused != NULL || !is_new(place_of_call()) || left-- > 0) {
        return false;
    }
    refused = name;
    if (is_told) {
        fprintf(stderr, "refused: %s\n", name);
    }
    return true;
}

/* The same, and MemoryError is raised. */
__attribute__((noinline)) static bool
is_refused(const char *name)
{
    bool is_it = is_chosen(name);

    if (is_it) {
        PyErr_NoMemory();
    }
    return is_it;
}

/* ----- The calls ----- */

#define REFUSE_BY(fails, type, failure, name, parameters, arguments) \
    type __real_##name parameters;                                   \
    type __wrap_##name parameters;                                   \
    type __wrap_##name parameters                                    \
    {                                                                \
        return fails(#name) ? failure : __real_##name arguments;     \
    }                                                                \
    type __real_##name parameters

#define REFUSE(type, failure, name, parameters, arguments) \
    REFUSE_BY(is_refused, type, failure, name, parameters, arguments)

REFUSE(PyObject *, NULL, PyLong_FromLong, (long value), (value));
REFUSE(PyObject *, NULL, PyLong_FromSsize_t, (Py_ssize_t value), (value));
REFUSE(PyObject *, NULL, PyLong_FromSize_t, (size_t value), (value));
REFUSE(PyObject *, NULL, PyLong_FromVoidPtr, (void *value), (value));
REFUSE(PyObject *, NULL, PyLong_FromUnicodeObject, (PyObject * text, int base),
       (text, base));
REFUSE(PyObject *, NULL, PyFloat_FromDouble, (double value), (value));
REFUSE(PyObject *, NULL, PyUnicode_FromString, (const char *text), (text));
REFUSE(PyObject *, NULL, PyUnicode_FromStringAndSize,
       (const char *text, Py_ssize_t size), (text, size));
REFUSE(PyObject *, NULL, PyUnicode_FromKindAndData,
       (int kind, const void *data, Py_ssize_t size), (kind, data, size));
REFUSE(PyObject *, NULL, PyUnicode_InternFromString, (const char *text),
       (text));
REFUSE(PyObject *, NULL, PyUnicode_New, (Py_ssize_t size, Py_UCS4 maxchar),
       (size, maxchar));
REFUSE(PyObject *, NULL, PyUnicode_Substring,
       (PyObject * text, Py_ssize_t start, Py_ssize_t end),
       (text, start, end));
REFUSE(PyObject *, NULL, PyUnicode_Split,
       (PyObject * text, PyObject *sep, Py_ssize_t most), (text, sep, most));
REFUSE(PyObject *, NULL, PyUnicode_Join, (PyObject * sep, PyObject *seq),
       (sep, seq));
REFUSE(PyObject *, NULL, PyUnicode_Concat, (PyObject * a, PyObject *b),
       (a, b));
REFUSE(PyObject *, NULL, PyUnicode_Format, (PyObject * format, PyObject *args),
       (format, args));
REFUSE(PyObject *, NULL, PyUnicode_Translate,
       (PyObject * text, PyObject *table, const char *errors),
       (text, table, errors));
REFUSE(PyObject *, NULL, PyUnicode_DecodeFSDefault, (const char *text),
       (text));
REFUSE(PyObject *, NULL, PyUnicode_DecodeFSDefaultAndSize,
       (const char *text, Py_ssize_t size), (text, size));
REFUSE(PyObject *, NULL, PyUnicode_DecodeLatin1,
       (const char *text, Py_ssize_t size, const char *errors),
       (text, size, errors));
REFUSE(PyObject *, NULL, PyUnicode_AsEncodedString,
       (PyObject * text, const char *encoding, const char *errors),
       (text, encoding, errors));
REFUSE(PyObject *, NULL, PyUnicode_AsLatin1String, (PyObject * text), (text));
REFUSE(PyObject *, NULL, PyUnicode_AsUTF8String, (PyObject * text), (text));
REFUSE(PyObject *, NULL, PyBytes_FromStringAndSize,
       (const char *data, Py_ssize_t size), (data, size));
REFUSE(PyObject *, NULL, PyBytes_FromString, (const char *text), (text));
REFUSE(PyObject *, NULL, PyObject_Bytes, (PyObject * object), (object));
REFUSE(PyObject *, NULL, PyObject_Str, (PyObject * object), (object));
REFUSE(PyObject *, NULL, PyObject_Repr, (PyObject * object), (object));
REFUSE(PyObject *, NULL, PyObject_GetAttr, (PyObject * object, PyObject *name),
       (object, name));
REFUSE(PyObject *, NULL, PyObject_GetAttrString,
       (PyObject * object, const char *name), (object, name));
REFUSE(PyObject *, NULL, PyObject_GetItem, (PyObject * object, PyObject *key),
       (object, key));
REFUSE(PyObject *, NULL, PyObject_GetIter, (PyObject * object), (object));
REFUSE(PyObject *, NULL, PyIter_Next, (PyObject * iterator), (iterator));
REFUSE(PyObject *, NULL, PyObject_Call,
       (PyObject * function, PyObject *args, PyObject *kwargs),
       (function, args, kwargs));
REFUSE(PyObject *, NULL, PyObject_CallNoArgs, (PyObject * function),
       (function));
REFUSE(PyObject *, NULL, PyObject_CallObject,
       (PyObject * function, PyObject *args), (function, args));
REFUSE(PyObject *, NULL, PyObject_Vectorcall,
       (PyObject * function, PyObject *const *args, size_t count,
        PyObject *names),
       (function, args, count, names));
REFUSE(PyObject *, NULL, PyObject_VectorcallDict,
       (PyObject * function, PyObject *const *args, size_t count,
        PyObject *kwargs),
       (function, args, count, kwargs));
REFUSE(PyObject *, NULL, PyObject_VectorcallMethod,
       (PyObject * name, PyObject *const *args, size_t count, PyObject *names),
       (name, args, count, names));
REFUSE(PyObject *, NULL, PyObject_RichCompare,
       (PyObject * a, PyObject *b, int op), (a, b, op));
REFUSE(PyObject *, NULL, PyList_New, (Py_ssize_t size), (size));
REFUSE(PyObject *, NULL, PyList_GetSlice,
       (PyObject * list, Py_ssize_t start, Py_ssize_t end),
       (list, start, end));
REFUSE(PyObject *, NULL, PyTuple_New, (Py_ssize_t size), (size));
REFUSE(PyObject *, NULL, PyDict_New, (void), ());
REFUSE(PyObject *, NULL, PyDict_Copy, (PyObject * dict), (dict));
REFUSE(PyObject *, NULL, PyDict_GetItemWithError,
       (PyObject * dict, PyObject *key), (dict, key));
REFUSE(PyObject *, NULL, PyDict_SetDefault,
       (PyObject * dict, PyObject *key, PyObject *value), (dict, key, value));
REFUSE(PyObject *, NULL, PySet_New, (PyObject * iterable), (iterable));
REFUSE(PyObject *, NULL, PyMemoryView_FromMemory,
       (char *data, Py_ssize_t size, int flags), (data, size, flags));
REFUSE(PyObject *, NULL, PyImport_ImportModule, (const char *name), (name));
REFUSE(PyObject *, NULL, PyImport_Import, (PyObject * name), (name));
REFUSE(PyObject *, NULL, PySequence_GetItem,
       (PyObject * seq, Py_ssize_t index), (seq, index));
REFUSE(PyObject *, NULL, PySequence_GetSlice,
       (PyObject * seq, Py_ssize_t start, Py_ssize_t end), (seq, start, end));
REFUSE(PyObject *, NULL, PySequence_List, (PyObject * seq), (seq));
REFUSE(PyObject *, NULL, PySequence_Tuple, (PyObject * seq), (seq));
REFUSE(PyObject *, NULL, PySequence_Concat, (PyObject * a, PyObject *b),
       (a, b));
REFUSE(PyObject *, NULL, PyMapping_Items, (PyObject * mapping), (mapping));
REFUSE(PyObject *, NULL, PyMapping_GetItemString,
       (PyObject * mapping, const char *key), (mapping, key));
REFUSE(PyObject *, NULL, PyNumber_Add, (PyObject * a, PyObject *b), (a, b));
REFUSE(PyObject *, NULL, PyNumber_InPlaceAdd, (PyObject * a, PyObject *b),
       (a, b));
REFUSE(PyObject *, NULL, PyNumber_Remainder, (PyObject * a, PyObject *b),
       (a, b));
REFUSE(PyObject *, NULL, PyNumber_Long, (PyObject * object), (object));
REFUSE(PyObject *, NULL, PyErr_NewException,
       (const char *name, PyObject *base, PyObject *dict), (name, base, dict));
REFUSE(PyObject *, NULL, PyModule_Create2,
       (struct PyModuleDef * definition, int version), (definition, version));
REFUSE(PyObject *, NULL, PyModule_GetNameObject, (PyObject * module),
       (module));
REFUSE(PyObject *, NULL, PyCMethod_New,
       (PyMethodDef * method, PyObject *self, PyObject *module,
        PyTypeObject *type),
       (method, self, module, type));
REFUSE(PyObject *, NULL, PyMethod_New, (PyObject * function, PyObject *self),
       (function, self));
REFUSE(PyObject *, NULL, PyDescr_NewGetSet,
       (PyTypeObject * type, PyGetSetDef *getset), (type, getset));
REFUSE(PyObject *, NULL, PyWeakref_NewRef,
       (PyObject * object, PyObject *callback), (object, callback));
REFUSE(PyObject *, NULL, PyRun_StringFlags,
       (const char *source, int start, PyObject *globals, PyObject *locals,
        PyCompilerFlags *flags),
       (source, start, globals, locals, flags));
REFUSE(PyObject *, NULL, _PyObject_New, (PyTypeObject * type), (type));
REFUSE(PyObject *, NULL, PyCapsule_New,
       (void *pointer, const char *name, PyCapsule_Destructor destructor),
       (pointer, name, destructor));
REFUSE(PyObject *, NULL, PyType_GenericNew,
       (PyTypeObject * type, PyObject *args, PyObject *kwargs),
       (type, args, kwargs));
REFUSE(PyObject *, NULL, PyType_GenericAlloc,
       (PyTypeObject * type, Py_ssize_t count), (type, count));

REFUSE(PyCodeObject *, NULL, PyCode_NewEmpty,
       (const char *file, const char *function, int line),
       (file, function, line));
REFUSE(PyFrameObject *, NULL, PyFrame_New,
       (PyThreadState * thread, PyCodeObject *code, PyObject *globals,
        PyObject *locals),
       (thread, code, globals, locals));
REFUSE(const char *, NULL, PyUnicode_AsUTF8, (PyObject * text), (text));
REFUSE(const char *, NULL, PyUnicode_AsUTF8AndSize,
       (PyObject * text, Py_ssize_t *size), (text, size));
REFUSE(Py_UCS4 *, NULL, PyUnicode_AsUCS4Copy, (PyObject * text), (text));
REFUSE(Py_ssize_t, -1, PyUnicode_Tailmatch,
       (PyObject * text, PyObject *part, Py_ssize_t start, Py_ssize_t end,
        int direction),
       (text, part, start, end, direction));
REFUSE(Py_ssize_t, -1, PyUnicode_Count,
       (PyObject * text, PyObject *part, Py_ssize_t start, Py_ssize_t end),
       (text, part, start, end));
REFUSE(int, -1, PyDict_SetItem,
       (PyObject * dict, PyObject *key, PyObject *value), (dict, key, value));
REFUSE(int, -1, PyDict_SetItemString,
       (PyObject * dict, const char *key, PyObject *value),
       (dict, key, value));
REFUSE(int, -1, PyDict_DelItem, (PyObject * dict, PyObject *key), (dict, key));
REFUSE(int, -1, PyDict_Contains, (PyObject * dict, PyObject *key),
       (dict, key));
REFUSE(int, -1, PyDict_Update, (PyObject * dict, PyObject *other),
       (dict, other));
REFUSE(int, -1, PyList_Append, (PyObject * list, PyObject *item),
       (list, item));
REFUSE(int, -1, PyList_Insert,
       (PyObject * list, Py_ssize_t index, PyObject *item),
       (list, index, item));
REFUSE(int, -1, PyList_SetSlice,
       (PyObject * list, Py_ssize_t start, Py_ssize_t end, PyObject *items),
       (list, start, end, items));
REFUSE(int, -1, PyList_Sort, (PyObject * list), (list));
REFUSE(int, -1, PyObject_SetAttr,
       (PyObject * object, PyObject *name, PyObject *value),
       (object, name, value));
REFUSE(int, -1, PyObject_SetAttrString,
       (PyObject * object, const char *name, PyObject *value),
       (object, name, value));
REFUSE(int, -1, PyObject_SetItem,
       (PyObject * object, PyObject *key, PyObject *value),
       (object, key, value));
REFUSE(int, -1, PyObject_DelItem, (PyObject * object, PyObject *key),
       (object, key));
REFUSE(int, -1, PyObject_GenericSetAttr,
       (PyObject * object, PyObject *name, PyObject *value),
       (object, name, value));
REFUSE(int, -1, PyObject_GenericSetDict,
       (PyObject * object, PyObject *value, void *context),
       (object, value, context));
REFUSE(int, -1, PyObject_IsTrue, (PyObject * object), (object));
REFUSE(int, -1, PyObject_IsInstance, (PyObject * object, PyObject *type),
       (object, type));
REFUSE(int, -1, PyObject_RichCompareBool, (PyObject * a, PyObject *b, int op),
       (a, b, op));
REFUSE(Py_ssize_t, -1, PyObject_Size, (PyObject * object), (object));
REFUSE(int, -1, PyObject_GetBuffer,
       (PyObject * object, Py_buffer *view, int flags), (object, view, flags));
REFUSE(int, -1, PySequence_Contains, (PyObject * seq, PyObject *item),
       (seq, item));
REFUSE(int, -1, PySequence_SetSlice,
       (PyObject * seq, Py_ssize_t start, Py_ssize_t end, PyObject *items),
       (seq, start, end, items));
REFUSE(int, -1, PySequence_DelItem, (PyObject * seq, Py_ssize_t index),
       (seq, index));
REFUSE(int, -1, PyMapping_SetItemString,
       (PyObject * mapping, const char *key, PyObject *value),
       (mapping, key, value));
REFUSE(int, -1, PySet_Add, (PyObject * set, PyObject *item), (set, item));
REFUSE(int, -1, PySet_Discard, (PyObject * set, PyObject *item), (set, item));
REFUSE(int, -1, PySet_Clear, (PyObject * set), (set));
REFUSE(int, -1, PyModule_AddType, (PyObject * module, PyTypeObject *type),
       (module, type));
REFUSE(int, -1, PyModule_AddStringConstant,
       (PyObject * module, const char *name, const char *value),
       (module, name, value));
REFUSE(int, -1, PyModule_AddObjectRef,
       (PyObject * module, const char *name, PyObject *value),
       (module, name, value));
REFUSE(int, -1, PyType_Ready, (PyTypeObject * type), (type));
REFUSE(int, -1, PyFile_WriteObject,
       (PyObject * object, PyObject *file, int flags), (object, file, flags));
REFUSE(int, -1, PyErr_CheckSignals, (void), ());
REFUSE(int, -1, PyErr_WarnEx,
       (PyObject * type, const char *text, Py_ssize_t level),
       (type, text, level));
REFUSE(int, -1, PyTraceBack_Here, (PyFrameObject * frame), (frame));

/* What these return says it alone. */
REFUSE_BY(is_chosen, void *, NULL, PyMem_Malloc, (size_t size), (size));
REFUSE_BY(is_chosen, void *, NULL, PyMem_RawMalloc, (size_t size), (size));
REFUSE_BY(is_chosen, void *, NULL, PyMem_Calloc, (size_t count, size_t size),
          (count, size));
REFUSE_BY(is_chosen, void *, NULL, PyMem_Realloc, (void *block, size_t size),
          (block, size));
REFUSE_BY(is_chosen, PyThread_type_lock, NULL, PyThread_allocate_lock, (void),
          ());
REFUSE_BY(is_chosen, PyStatus, PyStatus_NoMemory(), PyConfig_SetBytesString,
          (PyConfig * config, wchar_t **place, const char *text),
          (config, place, text));
REFUSE_BY(is_chosen, PyStatus, PyStatus_NoMemory(), PyConfig_SetBytesArgv,
          (PyConfig * config, Py_ssize_t count, char *const *arguments),
          (config, count, arguments));
REFUSE_BY(is_chosen, PyStatus, PyStatus_NoMemory(), Py_InitializeFromConfig,
          (const PyConfig *config), (config));

/* Ours, which asks Python once: so it fails from each place that asks. */
REFUSE(int, -1, release_asked, (Question question), (question));

/* A method in C, which fails when it has done what it does. */

PyObject *__real_PyObject_CallOneArg(PyObject *function, PyObject *arg);
PyObject *__wrap_PyObject_CallOneArg(PyObject *function, PyObject *arg);
PyObject *
__wrap_PyObject_CallOneArg(PyObject *function, PyObject *arg)
{
    PyObject *result = __real_PyObject_CallOneArg(function, arg);

    if (result != NULL && is_refused("PyObject_CallOneArg")) {
        Py_CLEAR(result);
    }
    return result;
}

/* These clear what they were given. */

int __real__PyBytes_Resize(PyObject **bytes, Py_ssize_t size);
int __wrap__PyBytes_Resize(PyObject **bytes, Py_ssize_t size);
int
__wrap__PyBytes_Resize(PyObject **bytes, Py_ssize_t size)
{
    if (is_refused("_PyBytes_Resize")) {
        Py_CLEAR(*bytes);
        return -1;
    }
    return __real__PyBytes_Resize(bytes, size);
}

void __real_PyBytes_ConcatAndDel(PyObject **bytes, PyObject *more);
void __wrap_PyBytes_ConcatAndDel(PyObject **bytes, PyObject *more);
void
__wrap_PyBytes_ConcatAndDel(PyObject **bytes, PyObject *more)
{
    if (*bytes != NULL && more != NULL && is_refused("PyBytes_ConcatAndDel")) {
        Py_CLEAR(*bytes);
    }
    __real_PyBytes_ConcatAndDel(bytes, more);
}

void __real_PyUnicode_AppendAndDel(PyObject **text, PyObject *more);
void __wrap_PyUnicode_AppendAndDel(PyObject **text, PyObject *more);
void
__wrap_PyUnicode_AppendAndDel(PyObject **text, PyObject *more)
{
    if (*text != NULL && more != NULL && is_refused("PyUnicode_AppendAndDel"))
    {
        Py_CLEAR(*text);
    }
    __real_PyUnicode_AppendAndDel(text, more);
}

/* ----- Those with any number of arguments ----- */

PyObject *__real_Py_VaBuildValue(const char *format, va_list values);
PyObject *__wrap_Py_VaBuildValue(const char *format, va_list values);
PyObject *__wrap_Py_BuildValue(const char *format, ...);
PyObject *__real_PyUnicode_FromFormatV(const char *format, va_list values);
PyObject *__wrap_PyUnicode_FromFormatV(const char *format, va_list values);
PyObject *__wrap_PyUnicode_FromFormat(const char *format, ...);
PyObject *__wrap_PyBytes_FromFormat(const char *format, ...);
PyObject *__wrap_PyTuple_Pack(Py_ssize_t size, ...);
PyObject *__wrap_PyObject_CallMethod(PyObject *object, const char *name,
                                     const char *format, ...);
PyObject *__wrap_PyObject_CallFunction(PyObject *function, const char *format,
                                       ...);
PyObject *__wrap_PyObject_CallFunctionObjArgs(PyObject *function, ...);
PyObject *__wrap_PyObject_CallMethodObjArgs(PyObject *object, PyObject *name,
                                            ...);

/* It takes what the format says. */
PyObject *
__wrap_Py_VaBuildValue(const char *format, va_list values)
{
    PyObject *made = __real_Py_VaBuildValue(format, values);

    if (made != NULL && is_refused("Py_VaBuildValue")) {
        Py_CLEAR(made);
    }
    return made;
}

PyObject *
__wrap_Py_BuildValue(const char *format, ...)
{
    va_list values;
    PyObject *made;

    va_start(values, format);
    made = __wrap_Py_VaBuildValue(format, values);
    va_end(values);
    return made;
}

PyObject *
__wrap_PyUnicode_FromFormatV(const char *format, va_list values)
{
    return is_refused("PyUnicode_FromFormatV")
               ? NULL
               : __real_PyUnicode_FromFormatV(format, values);
}

PyObject *
__wrap_PyUnicode_FromFormat(const char *format, ...)
{
    va_list values;
    PyObject *made;

    va_start(values, format);
    made = __wrap_PyUnicode_FromFormatV(format, values);
    va_end(values);
    return made;
}

PyObject *
__wrap_PyBytes_FromFormat(const char *format, ...)
{
    va_list values;
    PyObject *made;

    va_start(values, format);
    made = is_refused("PyBytes_FromFormat")
               ? NULL
               : PyBytes_FromFormatV(format, values);
    va_end(values);
    return made;
}

PyObject *
__wrap_PyTuple_Pack(Py_ssize_t size, ...)
{
    PyObject *made =
        is_refused("PyTuple_Pack") ? NULL : __real_PyTuple_New(size);
    va_list items;

    va_start(items, size);
    for (Py_ssize_t i = 0; made != NULL && i < size; i++) {
        PyTuple_SET_ITEM(made, i, Py_NewRef(va_arg(items, PyObject *)));
    }
    va_end(items);
    return made;
}

/* function(what the format says): takes the function, which may be NULL. */
static PyObject *
call_by_format(PyObject *function, const char *format, va_list values)
{
    PyObject *args = NULL, *result = NULL;

    if (function == NULL) {
        return NULL;
    }
    if (format == NULL || *format == '\0') {
        result = __real_PyObject_CallNoArgs(function);
    }
    else if ((args = __real_Py_VaBuildValue(format, values)) != NULL) {
        result = PyTuple_Check(args)
                     ? __real_PyObject_CallObject(function, args)
                     : __real_PyObject_CallOneArg(function, args);
    }
    Py_XDECREF(args);
    Py_DECREF(function);
    return result;
}

PyObject *
__wrap_PyObject_CallMethod(PyObject *object, const char *name,
                           const char *format, ...)
{
    PyObject *result = NULL;
    va_list values;

    if (!is_refused("PyObject_CallMethod")) {
        va_start(values, format);
        result = call_by_format(__real_PyObject_GetAttrString(object, name),
                                format, values);
        va_end(values);
    }
    return result;
}

PyObject *
__wrap_PyObject_CallFunction(PyObject *function, const char *format, ...)
{
    PyObject *result = NULL;
    va_list values;

    if (!is_refused("PyObject_CallFunction")) {
        va_start(values, format);
        result = call_by_format(Py_NewRef(function), format, values);
        va_end(values);
    }
    return result;
}

enum { MOST = 10 }; /* arguments */

/* function(*values), until one is NULL: takes the function, which may be
 * NULL. */
static PyObject *
call_with_objects(PyObject *function, va_list values)
{
    PyObject *args[MOST], *result;
    size_t count = 0;

    if (function == NULL) {
        return NULL;
    }
    while ((args[count] = va_arg(values, PyObject *)) != NULL) {
        count++;
    }
    result = __real_PyObject_Vectorcall(function, args, count, NULL);
    Py_DECREF(function);
    return result;
}

PyObject *
__wrap_PyObject_CallFunctionObjArgs(PyObject *function, ...)
{
    PyObject *result = NULL;
    va_list values;

    if (!is_refused("PyObject_CallFunctionObjArgs")) {
        va_start(values, function);
        result = call_with_objects(Py_NewRef(function), values);
        va_end(values);
    }
    return result;
}

PyObject *
__wrap_PyObject_CallMethodObjArgs(PyObject *object, PyObject *name, ...)
{
    PyObject *result = NULL;
    va_list values;

    if (!is_refused("PyObject_CallMethodObjArgs")) {
        va_start(values, name);
        result =
            call_with_objects(__real_PyObject_GetAttr(object, name), values);
        va_end(values);
    }
    return result;
}

/* ----- For Python ----- */

/* From now on a call fails: of the places that were not reached yet the one
 * with that number. */
static PyObject *
begin(PyObject *module, PyObject *number)
{
    (void)module;
    left = PyLong_AsLong(number);
    refused = NULL;
    is_on = true;
    Py_RETURN_NONE;
}

/* The name of what has failed, or "". From now on nothing does. */
static PyObject *
end(PyObject *module, PyObject *nothing)
{
    (void)module;
    (void)nothing;
    is_on = false;
    return __real_PyUnicode_FromString(refused == NULL ? "" : refused);
}

/* Whether the log is in colours, as in later releases. Returns whether it was. */
static PyObject *
colour_log(PyObject *module, PyObject *value)
{
    Release *linked = (Release *)release();
    bool was = linked->log_colour;

    (void)module;
    linked->log_colour = value == Py_True;
    return PyBool_FromLong(was);
}

static PyMethodDef functions[] = {
    { "colour_log", colour_log, METH_O, NULL },
    { "begin", begin, METH_O, NULL },
    { "end", end, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "refusing",
    .m_size = -1,
    .m_methods = functions,
};

static PyObject *
make_module(void)
{
    return __real_PyModule_Create2(&definition, PYTHON_API_VERSION);
}

int __real_PyImport_AppendInittab(const char *name, PyObject *(*make)(void));
int __wrap_PyImport_AppendInittab(const char *name, PyObject *(*make)(void));

/* The places of the file, which is made as large as it has to be. */
static void
share(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);

    if (fd < 0 || ftruncate(fd, sizeof(room)) < 0) {
        perror(path);
        abort();
    }
    places =
        mmap(NULL, sizeof(room), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (places == MAP_FAILED) {
        perror(path);
        abort();
    }
    is_on = is_told = getenv("LATER") == NULL;
}

/* It is called once, before Python begins. */
int
__wrap_PyImport_AppendInittab(const char *name, PyObject *(*make)(void))
{
    const char *path = getenv("REFUSE");

    if (path != NULL) {
        share(path);
    }
    if (is_chosen("PyImport_AppendInittab")) {
        return -1;
    }
    return __real_PyImport_AppendInittab("refusing", make_module) < 0
               ? -1
               : __real_PyImport_AppendInittab(name, make);
}
