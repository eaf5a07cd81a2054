/* The messages for an exception of the application: the traceback without
 * Python's import system, a text for each kind of exception, and the choice
 * between them. */
#include "program/failures.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program/interpreter.h"
#include "python/errors.h"
#include "python/objects.h"

/* Whether it is a line of Python's import system, or of load_source. */
static bool
is_of_import_system(PyTracebackObject *line)
{
    PyCodeObject *code = PyFrame_GetCode(line->tb_frame);
    int result =
        truth(PyObject_CallMethod(code->co_filename, "startswith", "((ss))",
                                  "<frozen importlib", "<string>"));

    Py_DECREF(code);
    PyErr_Clear();
    return result > 0;
}

/* Drops the lines of Python's import system from the top of the traceback of
 * an exception: what remains begins in the application. 0 or -1. */
static int
drop_import_system(PyObject *exception)
{
    PyObject *top = PyObject_GetAttrString(exception, "__traceback__");
    int result = -1;

    while (top != NULL && top != Py_None &&
           is_of_import_system((PyTracebackObject *)top))
    {
        PyTracebackObject *next = ((PyTracebackObject *)top)->tb_next;

        Py_SETREF(top, hold((PyObject *)next));
    }
    if (top != NULL) {
        result = PyException_SetTraceback(exception, top);
        Py_DECREF(top);
    }
    return result;
}

/* The name in a ModuleNotFoundError: a new str. NULL, without an exception, if
 * it has none or is another exception. */
static PyObject *
missing_module(PyObject *raised)
{
    PyObject *name = NULL;

    if (PyErr_GivenExceptionMatches(raised, PyExc_ModuleNotFoundError)) {
        name = PyObject_GetAttrString(raised, "name");
    }
    if (name != NULL && !PyUnicode_Check(name)) {
        Py_CLEAR(name);
    }
    PyErr_Clear();
    return name;
}

/* Whether the module `name` itself is missing, or a package around it. An
 * import that fails inside a module leaves a traceback. */
static bool
is_itself_missing(PyObject *name, PyObject *raised)
{
    PyObject *missing = missing_module(raised);
    PyObject *traceback = PyObject_GetAttrString(raised, "__traceback__");
    bool result =
        missing != NULL && traceback == Py_None &&
        PyUnicode_Tailmatch(name, missing, 0, PY_SSIZE_T_MAX, -1) > 0;

    Py_XDECREF(traceback);
    Py_XDECREF(missing);
    return result;
}

/* What the name of a missing module may mean: a new str, often empty. */
static PyObject *
hint_for_missing(PyObject *name, const char *path)
{
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */
    PyObject *parts, *hint;
    struct stat status;

    if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        return PyUnicode_FromFormat(
            "; the file %U can be loaded if its name ends in .py", name);
    }
    parts = PyObject_CallMethod(name, "rpartition", "s", ".");
    if (parts == NULL) {
        return NULL;
    }
    /* "hello.app": hello has been imported on the way there */
    hint = PyUnicode_FromFormat(
        PyMapping_HasKey(modules, PyTuple_GET_ITEM(parts, 0))
            ? "; did you mean %U:%U?"
            : "",
        PyTuple_GET_ITEM(parts, 0), PyTuple_GET_ITEM(parts, 2));
    Py_DECREF(parts);
    return hint;
}

/* What to say of a module that is not there: a new str. */
static PyObject *
describe_missing_module(PyObject *name, const char *path)
{
    PyObject *places = join(", ", PySys_GetObject("path"));
    PyObject *hint = places == NULL ? NULL : hint_for_missing(name, path);
    PyObject *text = NULL;

    if (hint != NULL) {
        text = PyUnicode_FromFormat(
            is_safe_path()
                ? "there is no module '%U' in %U%U (PYTHONPATH says "
                  "where to look; PYTHONSAFEPATH leaves out the "
                  "current directory)"
                : "there is no module '%U' in %U%U (--chdir and "
                  "PYTHONPATH say where to look)",
            name, places, hint);
    }
    Py_XDECREF(hint);
    Py_XDECREF(places);
    return text;
}

/* Whether it is the ImportError of `from . import x` in a file that was loaded
 * by its path. */
static bool
is_relative_import(PyObject *raised)
{
    PyObject *text = NULL;
    int result = 0;

    if (PyErr_GivenExceptionMatches(raised, PyExc_ImportError)) {
        text = PyObject_Str(raised);
    }
    if (text != NULL) {
        result = compare(text, Py_EQ,
                         "attempted relative import with no known parent "
                         "package");
        Py_DECREF(text);
    }
    PyErr_Clear();
    return result > 0;
}

/* Cuts the last name off an absolute path and returns it; NULL if there is
 * none. */
static char *
cut_name(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return NULL;
    }
    *slash = '\0';
    return slash + 1;
}

/* What to say of a file that imports relatively: a new str. */
static PyObject *
describe_relative_import(PyObject *label)
{
    char path[PATH_MAX];
    char *module, *package;
    const char *name = PyUnicode_AsUTF8(label);

    if (name == NULL || realpath(name, path) == NULL) {
        PyErr_Clear();
        return Py_NewRef(label);
    }
    path[strlen(path) - strlen(".py")] = '\0';
    module = cut_name(path);
    package = cut_name(path);
    if (package == NULL) {
        return PyUnicode_FromFormat(
            "%U uses a relative import, but is in no package", label);
    }
    return PyUnicode_FromFormat(
        "%U uses a relative import, which works only within a package: name "
        "it as a module, as in --chdir %s %s.%s",
        label, path[0] == '\0' ? "/" : path, package, module);
}

/* What to say of sys.exit() in the application: a new str. */
static PyObject *
describe_exit(PyObject *label, PyObject *raised)
{
    PyObject *code = PyObject_GetAttrString(raised, "code");
    PyObject *text = NULL;

    if (code != NULL) {
        text = PyUnicode_FromFormat(
            PyUnicode_Check(code) ? "%U ended the program: %U"
                                  : "%U ended the program with sys.exit(%S)",
            label, code);
        Py_DECREF(code);
    }
    return text;
}

/* What to say of another exception: a new str. */
static PyObject *
describe_exception(PyObject *label, PyObject *raised)
{
    PyObject *missing = missing_module(raised);
    PyObject *text;

    if (missing != NULL) {
        text = PyUnicode_FromFormat(
            "%U needs the module '%U', which is missing: install it for %S, "
            "or activate the virtual environment that has it",
            label, missing, PySys_GetObject("executable"));
        Py_DECREF(missing);
        return text;
    }
    if (is_relative_import(raised)) {
        return describe_relative_import(label);
    }
    return PyUnicode_FromFormat("%U failed with the %s above", label,
                                Py_TYPE(raised)->tp_name);
}

static PyObject *
describe(PyObject *label, const char *path, PyObject *raised)
{
    if (path != NULL && is_itself_missing(label, raised)) {
        PyErr_SetHandledException(NULL); /* from None */
        return describe_missing_module(label, path);
    }
    if (PyErr_GivenExceptionMatches(raised, PyExc_SystemExit)) {
        PyErr_SetHandledException(NULL); /* from None */
        return describe_exit(label, raised);
    }
    return describe_exception(label, raised);
}

void
explain_exception(PyObject *label, const char *path)
{
    Handled handled;
    PyObject *text = NULL;

    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        return;
    }
    handled = except_enter();
    if (drop_import_system(handled.raised) == 0) {
        text = describe(label, path, handled.raised);
    }
    if (text != NULL) {
        PyErr_SetObject(PyExc_SystemExit, text);
        Py_DECREF(text);
    }
    except_leave(handled);
}
