/* Each call parses its signature: that is a handful of strchr(), and then the
 * names are at hand for the keywords, and for the error message if the call
 * does not fit. */
#include "python/arguments.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_PARAMETERS = 8, LONGEST_SIGNATURE = 120 };

/* A signature, taken apart. */
typedef struct Signature {
    char text[LONGEST_SIGNATURE]; /* with a NUL behind each name */
    const char *function;
    const char *names[MOST_PARAMETERS];
    Py_ssize_t count;    /* of the names */
    Py_ssize_t required; /* how many of them have no default */
    bool more_args, more_kwargs;
} Signature;

/* One parameter, which ends before `end`. */
static void
add_parameter(Signature *signature, char *name, char *end)
{
    if (name[0] == '*') {
        signature->more_kwargs |= name[1] == '*';
        signature->more_args |= name[1] != '*';
        return;
    }
    assert(signature->count < MOST_PARAMETERS);
    signature->names[signature->count] = name;
    signature->count++;
    if (end[-1] == '=') {
        end[-1] = '\0';
    }
    else {
        *end = '\0';
        signature->required = signature->count;
    }
}

/* "Class.method(a, b=)" */
static void
parse(Signature *signature, const char *text)
{
    size_t length = strlen(text);
    char *name, *comma;
    char *last = signature->text + length - 1; /* the closing parenthesis */

    assert(length < sizeof(signature->text));
    memcpy(signature->text, text, length + 1);
    signature->function = signature->text;
    signature->count = signature->required = 0;
    signature->more_args = signature->more_kwargs = false;

    name = strchr(signature->text, '(');
    *name = '\0';
    name++;
    while ((comma = strchr(name, ',')) != NULL) {
        add_parameter(signature, name, comma);
        name = comma + 2;
    }
    if (name < last) {
        add_parameter(signature, name, last);
    }
}

/* The parameters without a value, as Python lists them: "'status' and
 * 'headers'", "'a', 'b', and 'c'". A new str. */
static PyObject *
list_missing(const Signature *signature, PyObject *values[],
             Py_ssize_t missing)
{
    PyObject *text = PyUnicode_FromString("");
    Py_ssize_t listed = 0;

    for (Py_ssize_t i = 0; i < signature->required && text != NULL; i++) {
        const char *join = "";

        if (values[i] != NULL) {
            continue;
        }
        if (listed > 0) {
            join = listed < missing - 1 ? ", "
                   : missing > 2        ? ", and "
                                        : " and ";
        }
        Py_XSETREF(text, PyUnicode_FromFormat("%U%s'%s'", text, join,
                                              signature->names[i]));
        listed++;
    }
    return text;
}

/* Where the parameter `name` stands, or -1. */
static Py_ssize_t
find_name(const Signature *signature, PyObject *name)
{
    for (Py_ssize_t i = 0; i < signature->count; i++) {
        if (PyUnicode_CompareWithASCIIString(name, signature->names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* The arguments that are given by name. */
static int
bind_keywords(PyObject *values[], const Signature *signature, PyObject *kwargs)
{
    Py_ssize_t position = 0;
    PyObject *key, *value;

    /* f(**{5: 1}): CPython asks only functions that are written in Python */
    if (!PyArg_ValidateKeywordArguments(kwargs)) {
        return -1;
    }
    while (PyDict_Next(kwargs, &position, &key, &value)) {
        Py_ssize_t i = find_name(signature, key);

        if (i < 0 && signature->more_kwargs) {
            continue;
        }
        if (i < 0) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got an unexpected keyword argument '%U'",
                         signature->function, key);
            return -1;
        }
        if (values[i] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got multiple values for argument '%s'",
                         signature->function, signature->names[i]);
            return -1;
        }
        values[i] = value;
    }
    return 0;
}

/* Always -1. The messages count the self of a method in. */
static int
refuse_too_many(const Signature *signature, Py_ssize_t given)
{
    bool is_method = strchr(signature->function, '.') != NULL;
    Py_ssize_t count = signature->count + is_method;

    given += is_method;
    if (signature->required < signature->count) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes from %zd to %zd positional arguments but %zd "
                     "were given",
                     signature->function, signature->required + is_method,
                     count, given);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes %zd positional argument%s but %zd %s given",
                     signature->function, count, count == 1 ? "" : "s", given,
                     given == 1 ? "was" : "were");
    }
    return -1;
}

/* Always -1. */
static int
refuse_missing(const Signature *signature, PyObject *values[],
               Py_ssize_t missing)
{
    PyObject *list = list_missing(signature, values, missing);

    if (list != NULL) {
        PyErr_Format(PyExc_TypeError,
                     "%s() missing %zd required positional argument%s: %U",
                     signature->function, missing, missing == 1 ? "" : "s",
                     list);
        Py_DECREF(list);
    }
    return -1;
}

int
bind_arguments(PyObject *values[], const char *signature, PyObject *args,
               PyObject *kwargs)
{
    Py_ssize_t given = PyTuple_GET_SIZE(args);
    Py_ssize_t missing = 0;
    Signature parsed;

    parse(&parsed, signature);
    for (Py_ssize_t i = 0; i < parsed.count; i++) {
        values[i] = i < given ? PyTuple_GET_ITEM(args, i) : NULL;
    }
    if (kwargs != NULL && bind_keywords(values, &parsed, kwargs) < 0) {
        return -1;
    }
    if (given > parsed.count && !parsed.more_args) {
        return refuse_too_many(&parsed, given);
    }
    for (Py_ssize_t i = 0; i < parsed.required; i++) {
        missing += values[i] == NULL;
    }
    if (missing > 0) {
        return refuse_missing(&parsed, values, missing);
    }
    return 0;
}

/* The keywords of a vectorcall: a new dict. */
static PyObject *
dict_of_keywords(PyObject *const *values, PyObject *kwnames)
{
    PyObject *kwargs = PyDict_New();
    Py_ssize_t count = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);

    for (Py_ssize_t i = 0; i < count && kwargs != NULL; i++) {
        if (PyDict_SetItem(kwargs, PyTuple_GET_ITEM(kwnames, i), values[i]) <
            0) {
            Py_CLEAR(kwargs);
        }
    }
    return kwargs;
}

int
bind_vector(PyObject *values[], const char *signature, PyObject *const *args,
            Py_ssize_t count, PyObject *kwnames)
{
    PyObject *tuple = PyTuple_New(count);
    PyObject *kwargs = dict_of_keywords(args + count, kwnames);
    int result = -1;

    for (Py_ssize_t i = 0; i < count && tuple != NULL; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    }
    if (tuple != NULL && kwargs != NULL) {
        result = bind_arguments(values, signature, tuple, kwargs);
    }
    Py_XDECREF(tuple); /* the caller of all this holds the values */
    Py_XDECREF(kwargs);
    return result;
}

PyObject *
call_with_none(int (*method)(PyObject *), const char *signature,
               PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (bind_arguments(NULL, signature, args, kwargs) < 0 || method(self) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

int
init_with_one(int (*init)(PyObject *, PyObject *), const char *signature,
              PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *value;

    if (bind_arguments(&value, signature, args, kwargs) < 0) {
        return -1;
    }
    return init(self, value);
}

PyObject *
call_with_one(int (*method)(PyObject *, PyObject *), const char *signature,
              PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (init_with_one(method, signature, self, args, kwargs) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
call_with_all(PyObject *(*method)(PyObject *, PyObject *),
              const char *signature, PyObject *self, PyObject *args,
              PyObject *kwargs)
{
    if (bind_arguments(NULL, signature, args, kwargs) < 0) {
        return NULL;
    }
    return method(self, args);
}
