/* From "module:callable" to the application: what to say of an import that
 * fails, the import itself, what is looked for in the module, what to say when
 * it is not there, and whether what is there can be an application. */
#include "program/application.h"

#include <frameobject.h>

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program/interpreter.h"
#include "python/errors.h"

static bool
ends_in_py(const char *path)
{
    size_t length = strlen(path);

    return length > 3 && strcmp(path + length - 3, ".py") == 0;
}

/* Where the colon stands between MODULE and CALLABLE, or NULL. A path may
 * hold colons itself. */
static const char *
find_colon(const char *name)
{
    const char *colon = NULL;

    for (const char *at = strstr(name, ".py:"); at != NULL;
         at = strstr(at + 1, ".py:"))
    {
        colon = at + 3;
    }
    if (colon != NULL || ends_in_py(name)) {
        return colon;
    }
    return strchr(name, ':');
}

void
application_argument(const char *name, char *argument, size_t size)
{
    const char *colon = find_colon(name);
    size_t length = colon == NULL ? strlen(name) : (size_t)(colon - name);
    bool is_file = length > 3 && strncmp(name + length - 3, ".py", 3) == 0;

    snprintf(argument, size, "%.*s", (int)(is_file ? length : strlen(name)),
             name);
}

/* Drops the frames of Python's import system from the top of the traceback of
 * an exception: what remains begins in the application. */
static int
drop_import_frames(PyObject *exception)
{
    PyObject *traceback = PyException_GetTraceback(exception);

    while (traceback != NULL) {
        PyTracebackObject *here = (PyTracebackObject *)traceback;
        PyCodeObject *code = PyFrame_GetCode(here->tb_frame);
        const char *file = PyUnicode_AsUTF8(code->co_filename);
        bool imports =
            file != NULL && strncmp(file, "<frozen importlib", 17) == 0;

        Py_DECREF(code);
        if (file == NULL) {
            PyErr_Clear();
        }
        if (!imports) {
            break;
        }
        traceback = Py_XNewRef((PyObject *)here->tb_next);
        Py_DECREF(here);
    }
    if (PyException_SetTraceback(exception,
                                 traceback == NULL ? Py_None : traceback) < 0)
    {
        Py_XDECREF(traceback);
        return -1;
    }
    Py_XDECREF(traceback);
    return 0;
}

/* Raises SystemExit for sys.exit() in the application: what it says. */
static void
explain_exit(PyObject *label, PyObject *raised)
{
    PyObject *code = PyObject_GetAttrString(raised, "code");

    if (code == NULL) {
        return;
    }
    PyErr_Format(PyExc_SystemExit,
                 PyUnicode_Check(code) ? "%U has ended the program: %U"
                                       : "%U has ended the program, by "
                                         "sys.exit(%S)",
                 label, code);
    Py_DECREF(code);
}

/* Whether it is the ImportError of `from . import x` in a file that was loaded
 * by its path. */
static bool
is_relative_import(PyObject *raised)
{
    PyObject *text = NULL;
    bool result = false;

    if (PyObject_TypeCheck(raised, (PyTypeObject *)PyExc_ImportError)) {
        text = PyObject_Str(raised);
    }
    if (text != NULL) {
        result = PyUnicode_CompareWithASCIIString(
                     text, "attempted relative import with no known parent "
                           "package") == 0;
        Py_DECREF(text);
    }
    PyErr_Clear();
    return result;
}

/* Raises SystemExit for such a file: by which name it can do that. */
static void
explain_relative_import(PyObject *label)
{
    char path[PATH_MAX];
    char *module, *package, *directory;
    const char *name = PyUnicode_AsUTF8(label);

    if (name == NULL || realpath(name, path) == NULL) {
        PyErr_SetObject(PyExc_SystemExit, label);
        return;
    }
    path[strlen(path) - 3] = '\0'; /* .py */
    module = strrchr(path, '/');
    *module++ = '\0';
    package = strrchr(path, '/');
    if (package == NULL) {
        PyErr_Format(PyExc_SystemExit,
                     "%U imports relatively, and is in no "
                     "package",
                     label);
        return;
    }
    *package++ = '\0';
    directory = path[0] == '\0' ? "/" : path;
    PyErr_Format(PyExc_SystemExit,
                 "%U imports relatively, as a module of a package does: name "
                 "it as one, as in --chdir %s %s.%s",
                 label, directory, package, module);
}

/* Raises SystemExit for an exception of the application, the one in flight,
 * which becomes its __context__. `label`: what failed. */
static void
explain_exception(PyObject *label)
{
    Handled handled;
    PyObject *missing;

    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        return;
    }
    handled = except_enter();
    if (drop_import_frames(handled.raised) < 0) {
        except_leave(handled);
        return;
    }
    if (PyObject_TypeCheck(handled.raised, (PyTypeObject *)PyExc_SystemExit)) {
        PyErr_SetHandledException(NULL); /* from None */
        explain_exit(label, handled.raised);
        except_leave(handled);
        return;
    }
    missing = PyObject_TypeCheck(handled.raised,
                                 (PyTypeObject *)PyExc_ModuleNotFoundError)
                  ? PyObject_GetAttrString(handled.raised, "name")
                  : NULL;
    PyErr_Clear();
    if (missing != NULL && PyUnicode_Check(missing)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U needs the module '%U', which is missing: install it "
                     "for %S, or activate the virtual environment that has "
                     "it",
                     label, missing, PySys_GetObject("executable"));
    }
    else if (is_relative_import(handled.raised)) {
        explain_relative_import(label);
    }
    else {
        PyErr_Format(PyExc_SystemExit, "%U has failed with the %s above",
                     label, Py_TYPE(handled.raised)->tp_name);
    }
    Py_XDECREF(missing);
    except_leave(handled);
}

/* Whether the exception in flight says that the module `name` itself, or a
 * package that it lies in, is not there: 1 or 0. An import that fails inside
 * has left its frames in the traceback. */
static int
is_itself_missing(PyObject *name)
{
    PyObject *type, *value, *traceback;
    PyObject *missing = NULL;
    int result = 0;

    if (!PyErr_ExceptionMatches(PyExc_ModuleNotFoundError)) {
        return 0;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback == NULL) {
        missing = PyObject_GetAttrString(value, "name");
    }
    if (missing != NULL && PyUnicode_Check(missing)) {
        result = PyUnicode_Tailmatch(name, missing, 0, PY_SSIZE_T_MAX, -1) > 0;
    }
    Py_XDECREF(missing);
    PyErr_Restore(type, value, traceback);
    return result;
}

/* ": did you mean ...", for a dotted name whose last part belongs behind a
 * colon, or that is a file; a new str, often empty. */
static PyObject *
hint_for_missing(PyObject *name, const char *path)
{
    Py_ssize_t length = PyUnicode_GetLength(name);
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, length, -1);
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */
    PyObject *module, *attribute, *hint;
    struct stat status;

    if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        return PyUnicode_FromFormat(
            "; the file %U can be loaded if its name ends in .py", name);
    }
    if (dot < 1 || modules == NULL) {
        return PyUnicode_FromString("");
    }
    /* "hello.app": hello has been imported on the way there */
    module = PyUnicode_Substring(name, 0, dot);
    attribute = PyUnicode_Substring(name, dot + 1, length);
    if (module == NULL || attribute == NULL) {
        hint = NULL;
    }
    else {
        int imported = PyMapping_HasKey(modules, module);

        hint = imported ? PyUnicode_FromFormat("; did you mean %U:%U?", module,
                                               attribute)
                        : PyUnicode_FromString("");
    }
    Py_XDECREF(module);
    Py_XDECREF(attribute);
    return hint;
}

/* Raises SystemExit for a module that is not there: where it was looked
 * for. */
static void
explain_missing_module(PyObject *name, const char *path)
{
    PyObject *hint = hint_for_missing(name, path);
    PyObject *separator = hint == NULL ? NULL : PyUnicode_FromString(", ");
    PyObject *places = NULL;

    if (separator != NULL) {
        places = PyUnicode_Join(separator, PySys_GetObject("path"));
    }
    if (places != NULL) {
        PyErr_Format(PyExc_SystemExit,
                     is_safe_path()
                         ? "there is no module '%U' in %U%U (PYTHONPATH says "
                           "where to look; PYTHONSAFEPATH leaves out the "
                           "current directory)"
                         : "there is no module '%U' in %U%U (--chdir and "
                           "PYTHONPATH say where to look)",
                     name, places, hint);
    }
    Py_XDECREF(places);
    Py_XDECREF(separator);
    Py_XDECREF(hint);
}

/* importlib.import_module(name) */
static PyObject *
import_module(PyObject *name, const char *path)
{
    struct stat status;
    PyObject *module;

    if (strchr(path, '/') != NULL) {
        PyErr_Format(PyExc_SystemExit,
                     stat(path, &status) == 0 && S_ISDIR(status.st_mode)
                         ? "%s is a directory: name a file in it that ends "
                           "in .py, or give the directory to --chdir and "
                           "name a module"
                         : "%s is a path, and a path must end in .py",
                     path);
        return NULL;
    }
    module = PyImport_Import(name);
    if (module == NULL) {
        if (is_itself_missing(name)) {
            PyErr_Clear();
            explain_missing_module(name, path);
        }
        else {
            explain_exception(name);
        }
    }
    return module;
}

/* As for `python path`: the directory of the file, its links resolved, comes
 * first in sys.path. */
static int
import_from_directory_of(const char *path)
{
    char resolved[PATH_MAX];
    char *slash;
    PyObject *directory;
    int result;

    if (realpath(path, resolved) == NULL) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
        return -1;
    }
    slash = strrchr(resolved, '/');
    if (slash == resolved) {
        slash++; /* "/app.py" is in "/" */
    }
    *slash = '\0';
    directory = PyUnicode_DecodeFSDefault(resolved);
    if (directory == NULL) {
        return -1;
    }
    result = import_first_from(directory);
    Py_DECREF(directory);
    return result;
}

/* What `importlib.util` recommends for importing a source file directly. */
static PyObject *
execute_file(PyObject *path, PyObject *name)
{
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */
    PyObject *util = PyImport_ImportModule("importlib.util");
    PyObject *spec = NULL, *loader = NULL, *module = NULL, *done = NULL;

    if (util != NULL) {
        spec = PyObject_CallMethod(util, "spec_from_file_location", "OO", name,
                                   path);
    }
    if (spec != NULL) {
        loader = PyObject_GetAttrString(spec, "loader");
    }
    if (loader != NULL) {
        module = PyObject_CallMethod(util, "module_from_spec", "O", spec);
    }
    if (module != NULL && PyObject_SetItem(modules, name, module) == 0) {
        done = PyObject_CallMethod(loader, "exec_module", "O", module);
        if (done == NULL) {
            Handled handled = finally_enter();

            if (PyObject_DelItem(modules, name) < 0) {
                PyErr_Clear(); /* the application has taken it out */
            }
            finally_leave(handled);
        }
    }
    if (done == NULL) {
        Py_CLEAR(module);
    }
    Py_XDECREF(done);
    Py_XDECREF(loader);
    Py_XDECREF(spec);
    Py_XDECREF(util);
    return module;
}

/* Whether there is no module `name` yet that the file would take the place
 * of: 1, or 0 with SystemExit. */
static int
is_name_free(PyObject *path, PyObject *name)
{
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */

    if (PyDict_Contains(modules, name) == 0) {
        return 1;
    }
    PyErr_Format(PyExc_SystemExit,
                 "%U has the name of the module '%U', which Python itself "
                 "uses: rename the file",
                 path, name);
    return 0;
}

/* The module of a file: its stem is the name. */
static PyObject *
load_file(PyObject *label, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    struct stat status;
    PyObject *name;
    PyObject *module = NULL;

    if (stat(path, &status) < 0) {
        PyErr_Format(PyExc_SystemExit,
                     "the file %U cannot be loaded: %s (its path starts from "
                     "the current directory, or from that of --chdir)",
                     label, strerror(errno));
        return NULL;
    }
    if (S_ISDIR(status.st_mode)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U is a directory: name a file in it that ends in .py",
                     label);
        return NULL;
    }
    name =
        PyUnicode_DecodeFSDefaultAndSize(base, (Py_ssize_t)strlen(base) - 3);
    if (name == NULL) {
        return NULL;
    }
    if (is_name_free(label, name) && import_from_directory_of(path) == 0) {
        module = execute_file(label, name);
        if (module == NULL) {
            explain_exception(label);
        }
    }
    Py_DECREF(name);
    return module;
}

/* The code of a Python function or method, borrowed; NULL for other
 * callables. */
static PyCodeObject *
code_of(PyObject *callable)
{
    if (PyMethod_Check(callable)) {
        callable = PyMethod_GET_FUNCTION(callable);
    }
    if (!PyFunction_Check(callable)) {
        return NULL;
    }
    return (PyCodeObject *)PyFunction_GET_CODE(callable);
}

static bool
is_coroutine_function(PyObject *callable)
{
    PyCodeObject *code = code_of(callable);

    return code != NULL && (code->co_flags & CO_COROUTINE) != 0;
}

/* Whether it is a function that needs no arguments, as a factory: it has no
 * parameters, or all have defaults and the first is no environ. */
static bool
takes_nothing(PyObject *callable)
{
    PyCodeObject *code = code_of(callable);
    PyObject *defaults, *only_by_name, *names, *first;
    bool result;

    if (code == NULL || !PyFunction_Check(callable) ||
        (code->co_flags & CO_VARARGS) != 0)
    {
        return false;
    }
    defaults = PyFunction_GetDefaults(callable);       /* borrowed */
    only_by_name = PyFunction_GetKwDefaults(callable); /* borrowed */
    if (code->co_argcount !=
            (defaults == NULL ? 0 : PyTuple_GET_SIZE(defaults)) ||
        code->co_kwonlyargcount !=
            (only_by_name == NULL ? 0 : PyDict_GET_SIZE(only_by_name)))
    {
        return false;
    }
    if (code->co_argcount == 0) {
        return true;
    }
    names = PyCode_GetVarnames(code);
    first = names == NULL ? NULL : PyTuple_GetItem(names, 0); /* borrowed */
    result = first != NULL &&
             PyUnicode_CompareWithASCIIString(first, "env") != 0 &&
             PyUnicode_CompareWithASCIIString(first, "environ") != 0;
    Py_XDECREF(names);
    PyErr_Clear();
    return result;
}

/* Whether it is a function, a class or the like that the module has from
 * elsewhere: such are no candidates. */
static bool
is_imported(PyObject *value, PyObject *module_name)
{
    PyObject *origin;
    bool imported;

    if (!PyFunction_Check(value) && !PyType_Check(value) &&
        !PyCFunction_Check(value))
    {
        value = (PyObject *)Py_TYPE(value); /* typing.Optional is one, too */
        origin = PyObject_GetAttrString(value, "__module__");
        imported = origin != NULL && PyUnicode_Check(origin) &&
                   PyUnicode_CompareWithASCIIString(origin, "typing") == 0;
    }
    else {
        origin = PyObject_GetAttrString(value, "__module__");
        imported = origin == NULL || !PyUnicode_Check(origin) ||
                   PyUnicode_Compare(origin, module_name) != 0;
    }
    Py_XDECREF(origin);
    PyErr_Clear();
    return imported;
}

/* Adds to the list what could be meant: first what takes (environ,
 * start_response) for all one can see, then (`likely` false) the rest. */
static int
add_callables(PyObject *list, PyObject *dict, PyObject *module_name,
              bool likely)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;

    while (PyDict_Next(dict, &at, &name, &value)) {
        PyCodeObject *code = code_of(value);
        PyObject *text;

        if (!PyUnicode_Check(name) || !PyCallable_Check(value) ||
            PyUnicode_READ_CHAR(name, 0) == '_' ||
            is_imported(value, module_name) ||
            likely !=
                (code == NULL ? !PyType_Check(value) : code->co_argcount == 2))
        {
            continue;
        }
        text = takes_nothing(value) ? PyUnicode_FromFormat("%U()", name)
                                    : Py_NewRef(name);
        if (text == NULL || PyList_Append(list, text) < 0) {
            Py_XDECREF(text);
            return -1;
        }
        Py_DECREF(text);
    }
    return 0;
}

/* "its callables are wsgi, create_app()": a new str. */
static PyObject *
list_callables(PyObject *module)
{
    PyObject *list = PyList_New(0);
    PyObject *separator = PyUnicode_FromString(", ");
    PyObject *dict = NULL, *module_name = NULL, *names = NULL;
    PyObject *result = NULL;

    if (list != NULL && separator != NULL) {
        dict = PyObject_GetAttrString(module, "__dict__");
    }
    if (dict != NULL) {
        module_name = PyObject_GetAttrString(module, "__name__");
    }
    if (module_name == NULL || !PyDict_Check(dict) ||
        !PyUnicode_Check(module_name) ||
        add_callables(list, dict, module_name, true) < 0 ||
        add_callables(list, dict, module_name, false) < 0 ||
        PyList_SetSlice(list, 10, PY_SSIZE_T_MAX, NULL) < 0)
    {
        goto done;
    }
    if (PyList_GET_SIZE(list) == 0) {
        result = PyUnicode_FromString(
            PyObject_HasAttrString(module, "__path__")
                ? "it is a package without callables: name a module in it"
                : "it has no callables");
        goto done;
    }
    names = PyUnicode_Join(separator, list);
    if (names != NULL) {
        result = PyUnicode_FromFormat("its callables are %U", names);
    }

done:
    if (result == NULL) { /* a strange module: then without the list */
        PyErr_Clear();
        result = PyUnicode_FromString("name its callable");
    }
    Py_XDECREF(names);
    Py_XDECREF(module_name);
    Py_XDECREF(dict);
    Py_XDECREF(separator);
    Py_XDECREF(list);
    return result;
}

/* Whether it is a module of Python itself, whose name a file in the current
 * directory bears, too. */
static bool
hides_a_file(PyObject *module, PyObject *label)
{
    PyObject *own = PyObject_GetAttrString(module, "__file__");
    PyObject *file = NULL;
    struct stat status, found;
    bool result = false;

    PyErr_Clear(); /* it is built in */
    if (PyUnicode_FSConverter(label, &file)) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s.py", PyBytes_AS_STRING(file));
        result = stat(path, &status) == 0;
        Py_DECREF(file);
    }
    if (result && own != NULL && PyUnicode_FSConverter(own, &file)) {
        result = stat(PyBytes_AS_STRING(file), &found) < 0 ||
                 found.st_ino != status.st_ino ||
                 found.st_dev != status.st_dev;
        Py_DECREF(file);
    }
    Py_XDECREF(own);
    PyErr_Clear();
    return result;
}

/* Raises SystemExit for what the module lacks that is called `label`, and says
 * what it has. Takes `what`. */
static void
explain_missing_callable(PyObject *module, PyObject *label, PyObject *what)
{
    PyObject *callables = what == NULL ? NULL : list_callables(module);

    if (callables != NULL && hides_a_file(module, label)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U; the name belongs to Python's own module '%U': "
                     "rename the file %U.py",
                     what, label, label);
    }
    else if (callables != NULL) {
        PyErr_Format(PyExc_SystemExit, "%U; %U", what, callables);
    }
    Py_XDECREF(callables);
    Py_XDECREF(what);
}

/* getattr(object, name): 1 and a new reference in *value, or 0 when it is
 * missing, or -1 with SystemExit. */
static int
look_up(PyObject *object, PyObject *name, PyObject *label, PyObject **value)
{
    *value = PyObject_GetAttr(object, name);
    if (*value != NULL) {
        return 1;
    }
    if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        return 0;
    }
    explain_exception(label);
    return -1;
}

/* The object that the dotted name leads to from the module. */
static PyObject *
follow_names(PyObject *module, PyObject *label, PyObject *dotted)
{
    PyObject *dot = PyUnicode_FromString(".");
    PyObject *names = dot == NULL ? NULL : PyUnicode_Split(dotted, dot, -1);
    PyObject *full = PyUnicode_FromFormat("%U:%U", label, dotted);
    PyObject *object =
        names == NULL || full == NULL ? NULL : Py_NewRef(module);

    for (Py_ssize_t i = 0; object != NULL && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        PyObject *next;

        if (look_up(object, name, full, &next) == 0) {
            if (i == 0) {
                explain_missing_callable(
                    module, label,
                    PyUnicode_FromFormat("%U has no attribute '%U'", label,
                                         name));
            }
            else {
                PyErr_Format(PyExc_SystemExit,
                             "%U is not there: what is before '%U' is of "
                             "type %s and has no such attribute",
                             full, name, Py_TYPE(object)->tp_name);
            }
        }
        Py_SETREF(object, next);
    }
    Py_XDECREF(full);
    Py_XDECREF(names);
    Py_XDECREF(dot);
    return object;
}

/* Whether it can be called as an application: 0, or -1 with SystemExit. */
static int
check_application(PyObject *application, PyObject *label)
{
    PyObject *call;
    bool asgi = is_coroutine_function(application);

    if (!PyCallable_Check(application)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U is of type %s and not callable: an application is a "
                     "callable of (environ, start_response)",
                     label, Py_TYPE(application)->tp_name);
        return -1;
    }
    if (!asgi) {
        call = PyObject_GetAttrString((PyObject *)Py_TYPE(application),
                                      "__call__");
        asgi = call != NULL && is_coroutine_function(call);
        Py_XDECREF(call);
        PyErr_Clear();
    }
    if (asgi) {
        PyErr_Format(PyExc_SystemExit,
                     "%U is an ASGI application, and this is a WSGI server: "
                     "wrap it, as in `application = "
                     "a2wsgi.ASGIMiddleware(app)` (pip install a2wsgi), or "
                     "use an ASGI server",
                     label);
        return -1;
    }
    if (takes_nothing(application)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U is a function that needs no arguments: if it makes "
                     "the application, say %U()",
                     label, label);
        return -1;
    }
    return 0;
}

/* `application`, or else `app`, of the module. */
static PyObject *
find_default(PyObject *module, PyObject *label)
{
    static const char *const names[] = { "application", "app" };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        PyObject *full = PyUnicode_FromFormat("%U:%s", label, names[i]);
        PyObject *application = NULL;
        int found = -1;

        if (name != NULL && full != NULL) {
            found = look_up(module, name, full, &application);
        }
        if (found > 0 && check_application(application, full) < 0) {
            Py_CLEAR(application);
        }
        Py_XDECREF(full);
        Py_XDECREF(name);
        if (found != 0) {
            return application;
        }
    }
    explain_missing_callable(
        module, label,
        PyUnicode_FromFormat("%U has neither 'application' nor 'app' (another "
                             "name follows a colon, as in %U:name)",
                             label, label));
    return NULL;
}

/* What `factory()` gives. */
static PyObject *
call_factory(PyObject *factory, PyObject *label)
{
    PyObject *application;

    if (!PyCallable_Check(factory) || is_coroutine_function(factory)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U: a factory is a plain function, and this is %s",
                     label,
                     PyCallable_Check(factory) ? "a coroutine function"
                                               : Py_TYPE(factory)->tp_name);
        return NULL;
    }
    application = PyObject_CallNoArgs(factory);
    if (application == NULL) {
        explain_exception(label);
    }
    return application;
}

/* What CALLABLE names: "app", "object.app" or "create_app()". */
static PyObject *
find_callable(PyObject *module, PyObject *label, const char *callable)
{
    size_t length = strcspn(callable, "(");
    bool is_factory = callable[length] != '\0';
    PyObject *full = PyUnicode_FromFormat("%U:%s", label, callable);
    PyObject *dotted = NULL;
    PyObject *object = NULL;

    if (full == NULL) {
        return NULL;
    }
    if (length == 0 || (is_factory && strcmp(callable + length, "()") != 0)) {
        PyErr_Format(PyExc_SystemExit,
                     "%U: what follows the colon is a name, as in %U:app, or "
                     "a factory that is called without arguments, as in "
                     "%U:create_app()",
                     full, label, label);
        goto done;
    }
    dotted = PyUnicode_DecodeFSDefaultAndSize(callable, (Py_ssize_t)length);
    if (dotted != NULL) {
        object = follow_names(module, label, dotted);
    }
    if (object != NULL && is_factory) {
        Py_SETREF(object, call_factory(object, full));
    }
    if (object != NULL && check_application(object, full) < 0) {
        Py_CLEAR(object);
    }

done:
    Py_XDECREF(dotted);
    Py_DECREF(full);
    return object;
}

PyObject *
find_application(const char *name)
{
    const char *colon = find_colon(name);
    size_t length = colon == NULL ? strlen(name) : (size_t)(colon - name);
    char path[PATH_MAX];
    PyObject *label, *module;
    PyObject *application = NULL;

    if (length == 0 || length >= sizeof(path)) {
        PyErr_Format(PyExc_SystemExit,
                     "'%s' names no module: an application is given as "
                     "MODULE:CALLABLE",
                     name);
        return NULL;
    }
    memcpy(path, name, length);
    path[length] = '\0';
    label = PyUnicode_DecodeFSDefault(path);
    if (label == NULL) {
        return NULL;
    }
    module =
        ends_in_py(path) ? load_file(label, path) : import_module(label, path);
    if (module != NULL) {
        application = colon == NULL ? find_default(module, label)
                                    : find_callable(module, label, colon + 1);
        Py_DECREF(module);
    }
    Py_DECREF(label);
    return application;
}
