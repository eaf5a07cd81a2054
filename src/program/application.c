/* From "module:callable" to the application: the parts of the name; the
 * module, imported by its name or loaded from a file; the object that the
 * callable names; and whether it can be an application. */
#include "program/application.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program/callables.h"
#include "program/failures.h"
#include "program/interpreter.h"
#include "python/objects.h"

/* ----- The name ----- */

static bool
ends_in_py(const char *path, size_t length)
{
    return length > 3 && strncmp(path + length - 3, ".py", 3) == 0;
}

/* The colon between MODULE and CALLABLE, or NULL. A path may hold colons
 * itself. */
static const char *
find_colon(const char *name)
{
    const char *colon = NULL;

    for (const char *at = strstr(name, ".py:"); at != NULL;
         at = strstr(at + 1, ".py:"))
    {
        colon = at + 3;
    }
    if (colon != NULL || ends_in_py(name, strlen(name))) {
        return colon;
    }
    return strchr(name, ':');
}

/* The length of MODULE. */
static size_t
module_length(const char *name)
{
    const char *colon = find_colon(name);

    return colon == NULL ? strlen(name) : (size_t)(colon - name);
}

void
application_argument(const char *name, char *argument, size_t size)
{
    size_t length = module_length(name);

    if (!ends_in_py(name, length)) {
        length = strlen(name);
    }
    snprintf(argument, size, "%.*s", (int)length, name);
}

/* ----- A module ----- */

static bool
is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* importlib.import_module(name) */
static PyObject *
import_module(PyObject *name, const char *path)
{
    PyObject *module;

    if (strchr(path, '/') != NULL) {
        return PyErr_Format(
            PyExc_SystemExit,
            is_directory(path)
                ? "%s is a directory: name a .py file in it, or give the "
                  "directory to --chdir and name a module"
                : "%s is a path, and a path must end in .py",
            path);
    }
    module = PyImport_Import(name);
    if (module == NULL) {
        explain_exception(name, path);
    }
    return module;
}

/* ----- A file ----- */

/* As for `python path`: the directory of the file comes first in sys.path,
 * without symbolic links. */
static int
import_from_directory_of(const char *path)
{
    char resolved[PATH_MAX];
    char *slash;

    if (realpath(path, resolved) == NULL) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
        return -1;
    }
    slash = strrchr(resolved, '/');
    if (slash == resolved) {
        slash++; /* "/app.py" is in "/" */
    }
    *slash = '\0';
    return import_first_from(resolved);
}

/* What importlib's documentation recommends for importing a source file
 * directly. */
static const char load_source[] =
    "import importlib.util\n"
    "import sys\n"
    "\n"
    "def load_source(path, name):\n"
    "    spec = importlib.util.spec_from_file_location(name, path)\n"
    "    module = importlib.util.module_from_spec(spec)\n"
    "    sys.modules[name] = module\n"
    "    try:\n"
    "        spec.loader.exec_module(module)\n"
    "    except:\n"
    "        sys.modules.pop(name, None)\n"
    "        raise\n"
    "    return module\n";

/* The module of a file. It must not replace a module of Python's. */
static PyObject *
load_as(PyObject *label, const char *path, PyObject *name)
{
    PyObject *function, *module = NULL;

    if (PyMapping_HasKey(PySys_GetObject("modules"), name)) {
        return PyErr_Format(PyExc_SystemExit,
                            "%U has the same name as the module '%U', which "
                            "Python itself uses: rename the file",
                            label, name);
    }
    if (import_from_directory_of(path) < 0) {
        return NULL;
    }
    function = evaluate(load_source, "load_source");
    if (function != NULL) {
        module = PyObject_CallFunctionObjArgs(function, label, name, NULL);
        Py_DECREF(function);
    }
    if (module == NULL) {
        explain_exception(label, NULL);
    }
    return module;
}

/* The module of a file: it has the name of the file, without ".py". */
static PyObject *
load_file(PyObject *label, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    PyObject *name, *module;

    if (access(path, F_OK) < 0) {
        return PyErr_Format(
            PyExc_SystemExit,
            "the file %U cannot be loaded: %s (paths are relative to the "
            "current directory, or to that of --chdir)",
            label, strerror(errno));
    }
    if (is_directory(path)) {
        return PyErr_Format(PyExc_SystemExit,
                            "%U is a directory: name a .py file in it", label);
    }
    name =
        PyUnicode_DecodeFSDefaultAndSize(base, (Py_ssize_t)strlen(base) - 3);
    if (name == NULL) {
        return NULL;
    }
    module = load_as(label, path, name);
    Py_DECREF(name);
    return module;
}

/* ----- The object ----- */

/* Whether stat() finds the file. The name may be NULL. */
static bool
find_file(PyObject *name, struct stat *status)
{
    PyObject *path = NULL;
    bool found = name != NULL && PyUnicode_FSConverter(name, &path) != 0 &&
                 stat(PyBytes_AS_STRING(path), status) == 0;

    Py_XDECREF(path);
    PyErr_Clear();
    return found;
}

/* Whether the current directory has a file of this name that the module, one
 * of Python's own, keeps from being imported. */
static bool
hides_a_file(PyObject *module, PyObject *label)
{
    PyObject *name = PyUnicode_FromFormat("%U.py", label);
    PyObject *file = NULL;
    struct stat here, imported;
    bool result = false;

    if (find_file(name, &here)) {
        file = PyObject_GetAttrString(module, "__file__");
        PyErr_Clear(); /* built-in modules have none */
        result = !find_file(file, &imported) ||
                 here.st_ino != imported.st_ino ||
                 here.st_dev != imported.st_dev;
    }
    Py_XDECREF(file);
    Py_XDECREF(name);
    return result;
}

/* Raises SystemExit with `what`, which says what the module lacks, and what
 * callables it has. Takes `what`. */
static void
explain_missing_callable(PyObject *module, PyObject *label, PyObject *what)
{
    PyObject *callables = what == NULL ? NULL : describe_callables(module);

    if (callables != NULL && hides_a_file(module, label)) {
        PyErr_Format(
            PyExc_SystemExit,
            "%U; Python's own module '%U' hides the file %U.py: rename it",
            what, label, label);
    }
    else if (callables != NULL) {
        PyErr_Format(PyExc_SystemExit, "%U; %U", what, callables);
    }
    Py_XDECREF(callables);
    Py_XDECREF(what);
}

/* Whether getattr() has found `value`: 1; 0, without an exception, if there is
 * no such attribute; or -1 with SystemExit. */
static int
is_found(PyObject *value, PyObject *label)
{
    if (value != NULL) {
        return 1;
    }
    if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        return 0;
    }
    explain_exception(label, NULL);
    return -1;
}

/* Raises SystemExit: an object on the way to `full` lacks this name. */
static void
explain_missing_name(PyObject *module, PyObject *label, PyObject *full,
                     PyObject *object, PyObject *name)
{
    if (object == module) {
        explain_missing_callable(
            module, label,
            PyUnicode_FromFormat("%U has no attribute '%U'", label, name));
        return;
    }
    PyErr_Format(PyExc_SystemExit,
                 "%U does not exist: the object before '%U' is of type %s and "
                 "has no such attribute",
                 full, name, Py_TYPE(object)->tp_name);
}

/* Follows dotted names from the module to an object: a new reference. Takes
 * `dotted`. */
static PyObject *
follow_names(PyObject *module, PyObject *label, PyObject *full,
             PyObject *dotted)
{
    PyObject *names =
        dotted == NULL ? NULL : PyObject_CallMethod(dotted, "split", "s", ".");
    PyObject *object = names == NULL ? NULL : Py_NewRef(module);

    for (Py_ssize_t i = 0; object != NULL && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        PyObject *next = PyObject_GetAttr(object, name);

        if (is_found(next, full) == 0) {
            explain_missing_name(module, label, full, object, name);
        }
        Py_SETREF(object, next);
    }
    Py_XDECREF(names);
    Py_XDECREF(dotted);
    return object;
}

/* factory(): a new reference. Takes the factory. */
static PyObject *
call_factory(PyObject *factory, PyObject *label)
{
    PyObject *application = NULL;

    if (!PyCallable_Check(factory) || is_coroutine_function(factory)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U: a factory must be a plain function, but this is %s",
                     label,
                     PyCallable_Check(factory) ? "a coroutine function"
                                               : Py_TYPE(factory)->tp_name);
    }
    else {
        application = PyObject_CallNoArgs(factory);
        if (application == NULL) {
            explain_exception(label, NULL);
        }
    }
    Py_DECREF(factory);
    return application;
}

/* ----- The application ----- */

/* Whether it is called with (scope, receive, send). */
static bool
is_asgi(PyObject *application)
{
    PyObject *type = (PyObject *)Py_TYPE(application);
    PyObject *call;
    bool result;

    if (is_coroutine_function(application)) {
        return true;
    }
    call = PyObject_GetAttrString(type, "__call__");
    result = call != NULL && is_coroutine_function(call);
    Py_XDECREF(call);
    PyErr_Clear();
    return result;
}

/* The same object, if it can be an application, or NULL with SystemExit. Takes
 * it. */
static PyObject *
checked(PyObject *application, PyObject *label)
{
    if (application == NULL) {
        return NULL;
    }
    if (!PyCallable_Check(application)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U is of type %s and not callable: an application is "
                     "called with (environ, start_response)",
                     label, Py_TYPE(application)->tp_name);
    }
    else if (is_asgi(application)) {
        PyErr_Format(
            PyExc_SystemExit,
            "%U is an ASGI application, but this is a WSGI server: wrap it, "
            "as in `application = a2wsgi.ASGIMiddleware(app)` (pip install "
            "a2wsgi), or use an ASGI server",
            label);
    }
    else if (takes_nothing(application)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U is a function that needs no arguments: if it returns "
                     "the application, write %U()",
                     label, label);
    }
    else {
        return application;
    }
    Py_DECREF(application);
    return NULL;
}

/* `application`, or else `app`, of the module. */
static PyObject *
find_default(PyObject *module, PyObject *label)
{
    static const char *const names[] = { "application", "app" };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *full = PyUnicode_FromFormat("%U:%s", label, names[i]);
        PyObject *found = NULL;
        int is_there = -1;

        if (full != NULL) {
            found = PyObject_GetAttrString(module, names[i]);
            is_there = is_found(found, full);
            found = checked(found, full);
            Py_DECREF(full);
        }
        if (is_there != 0) {
            return found;
        }
    }
    explain_missing_callable(
        module, label,
        PyUnicode_FromFormat("%U has neither 'application' nor 'app' (put "
                             "another name after a colon, as in %U:name)",
                             label, label));
    return NULL;
}

/* The application that CALLABLE names: "app", "object.app" or "create_app()".
 * `full`: the same with its module. */
static PyObject *
find_callable(PyObject *module, PyObject *label, PyObject *full,
              const char *callable)
{
    size_t length = strcspn(callable, "(");
    bool is_factory = strcmp(callable + length, "()") == 0;
    PyObject *object;

    if (length == 0 || (callable[length] == '(' && !is_factory)) {
        return PyErr_Format(
            PyExc_SystemExit,
            "%U: write a name after the colon, as in %U:app, or a factory "
            "without arguments, as in %U:create_app()",
            full, label, label);
    }
    object = follow_names(
        module, label, full,
        PyUnicode_DecodeFSDefaultAndSize(callable, (Py_ssize_t)length));
    if (object != NULL && is_factory) {
        object = call_factory(object, full);
    }
    return checked(object, full);
}

PyObject *
find_application(const char *name)
{
    size_t length = module_length(name);
    const char *callable = name[length] == ':' ? name + length + 1 : NULL;
    char path[PATH_MAX];
    PyObject *label, *full, *module = NULL;
    PyObject *application = NULL;

    if (length == 0 || length >= sizeof(path)) {
        return PyErr_Format(
            PyExc_SystemExit,
            "'%s' names no module: write the application as MODULE:CALLABLE",
            name);
    }
    memcpy(path, name, length);
    path[length] = '\0';
    label = PyUnicode_DecodeFSDefault(path);
    full = PyUnicode_DecodeFSDefault(name);
    if (label != NULL && full != NULL) {
        module = ends_in_py(path, length) ? load_file(label, path)
                                          : import_module(label, path);
    }
    if (module != NULL) {
        application = callable == NULL
                          ? find_default(module, label)
                          : find_callable(module, label, full, callable);
        Py_DECREF(module);
    }
    Py_XDECREF(full);
    Py_XDECREF(label);
    return application;
}
