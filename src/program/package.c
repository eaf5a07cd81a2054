/* In this file: where the package is; the finder that tells Python so; and the
 * module, built in. */
#include <Python.h>

#include "program/package.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "module/module.h"
#include "python/objects.h"

/* Where it may be, from the program's own folder, or as an absolute path: in
 * the folder of a build, and where `cmake --install` puts it. */
static const char *const places[] = { "python", CWSGIREF_SITE_PACKAGES };

/* The folder of the program; out, of PATH_MAX bytes. Whether that is known. */
static bool
find_own_folder(char *folder)
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    char *slash;

    if (length < 0) {
        return false;
    }
    folder[length] = '\0';
    slash = strrchr(folder, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    return true;
}

/* The folder that has the package; out, of `size` bytes. Whether there is
 * one. */
static bool
find_folder(char *folder, size_t size)
{
    char own[PATH_MAX], file[3 * PATH_MAX];

    if (!find_own_folder(own)) {
        return false;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(places); i++) {
        if (places[i][0] == '/') {
            snprintf(folder, size, "%s", places[i]);
        }
        else {
            snprintf(folder, size, "%s/%s", own, places[i]);
        }
        snprintf(file, sizeof(file), "%s/cwsgiref/__init__.py", folder);
        if (access(file, R_OK) == 0) {
            return true;
        }
    }
    return false;
}

/* PathFinder.find_spec("cwsgiref", [folder]): a new reference, or NULL. */
static PyObject *
spec_in(const char *folder)
{
    PyObject *finder = import_from("importlib.machinery", "PathFinder");
    PyObject *path, *spec = NULL;

    if (finder == NULL) {
        return NULL;
    }
    path = PyUnicode_DecodeFSDefault(folder);
    if (path != NULL) {
        spec =
            PyObject_CallMethod(finder, "find_spec", "s[N]", "cwsgiref", path);
    }
    Py_DECREF(finder);
    return spec;
}

/* find_spec(name, path=None, target=None): of the one name cwsgiref it says
 * where it is. */
static PyObject *
find_spec(PyObject *Py_UNUSED(self), PyObject *args)
{
    PyObject *name, *path, *target;
    char folder[2 * PATH_MAX];

    if (!PyArg_UnpackTuple(args, "find_spec", 1, 3, &name, &path, &target)) {
        return NULL;
    }
    if (!PyUnicode_Check(name) ||
        PyUnicode_CompareWithASCIIString(name, "cwsgiref") != 0 ||
        !find_folder(folder, sizeof(folder)))
    {
        Py_RETURN_NONE;
    }
    return spec_in(folder);
}

static PyMethodDef finder_methods[] = {
    { "find_spec", find_spec, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyTypeObject Finder_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.Finder",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = finder_methods,
};

int
package_build_in(void)
{
    module_prepare();
    return PyImport_AppendInittab("_cwsgiref", PyInit__cwsgiref);
}

/* sys.meta_path.insert(0, finder): a folder of that name in sys.path is not
 * the package. */
int
package_show(void)
{
    PyObject *path = PySys_GetObject("meta_path"); /* borrowed */
    PyObject *finder;
    int result;

    if (path == NULL || !PyList_Check(path)) {
        PyErr_SetString(PyExc_RuntimeError, "sys.meta_path is not a list");
        return -1;
    }
    if (PyType_Ready(&Finder_type) < 0) {
        return -1;
    }
    finder = PyObject_New(PyObject, &Finder_type);
    if (finder == NULL) {
        return -1;
    }
    result = PyList_Insert(path, 0, finder);
    Py_DECREF(finder);
    return result;
}
