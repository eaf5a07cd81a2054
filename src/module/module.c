/* In this file: what is in the module, and how it is made: as an extension
 * module, which brings the classes along, or in a program that has them. */
#include "module/module.h"

#include <string.h>

#include "handlers/cgi_handler.h"
#include "headers/headers.h"
#include "module/class_attributes.h"
#include "module/docs.h"
#include "module/family.h"
#include "module/functions.h"
#include "module/handlers.h"
#include "module/headers.h"
#include "module/kinds.h"
#include "module/method.h"
#include "module/request_handlers.h"
#include "module/servers.h"
#include "module/sockets.h"
#include "python/objects.h"
#include "server/base_http_request_handler.h"
#include "server/server_handler.h"
#include "server/version.h"
#include "types.h"
#include "util/file_wrapper.h"
#include "validate/checks.h"
#include "validate/error_wrapper.h"
#include "validate/input_wrapper.h"
#include "validate/iterator_wrapper.h"
#include "validate/write_wrapper.h"

static const Family *const families[] = {
    &headers_family,
    &handlers_family,
    &servers_family,
    &request_handlers_family,
};

static PyTypeObject *const others[] = {
    &FileWrapper_type,  &InputWrapper_type,           &ErrorWrapper_type,
    &WriteWrapper_type, &PartialIteratorWrapper_type, &IteratorWrapper_type,
};

/* module.NAME = type; module.TYPES has it, too; and Python code may set its
 * attributes, as it may set those of its own classes. */
static int
add_type(PyObject *module, PyObject *all, PyTypeObject *type)
{
    if (PyModule_AddType(module, type) < 0) {
        return -1;
    }
    type->tp_flags &= ~Py_TPFLAGS_IMMUTABLETYPE;
    return PyList_Append(all, (PyObject *)type);
}

static int
add_types(PyObject *module, PyObject *all)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(families); i++) {
        if (family_ready(families[i]) < 0) {
            return -1;
        }
        for (const Class *cls = families[i]->classes; cls->type != NULL; cls++)
        {
            if (add_type(module, all, cls->type) < 0) {
                return -1;
            }
        }
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(others); i++) {
        if (add_type(module, all, others[i]) < 0) {
            return -1;
        }
    }
    return PyModule_AddObjectRef(module, "TYPES", all);
}

static int
add_functions(PyObject *module)
{
    for (const Slot *slot = functions; slot->name != NULL; slot++) {
        PyObject *function = Method_new(NULL, NULL, slot);
        int result = PyModule_AddObjectRef(module, slot->name, function);

        Py_XDECREF(function);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

/* server_version, sys_version, software_version, of wsgiref.simple_server */
static int
add_versions(PyObject *module)
{
    const char *sys_version = strchr(software_version, ' ') + 1;

    if (PyModule_AddStringConstant(module, "server_version", server_version) <
            0 ||
        PyModule_AddStringConstant(module, "sys_version", sys_version) < 0)
    {
        return -1;
    }
    return PyModule_AddStringConstant(module, "software_version",
                                      software_version);
}

static bool is_prepared;

void
module_prepare(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(families); i++) {
        family_prepare(families[i]);
    }
    is_prepared = true;
}

/* Makes the types ready, unless the program has done that. 0 or -1. */
static int
ready_types(void)
{
    if (is_prepared) {
        return 0;
    }
    module_prepare();
    return types_ready();
}

static int
add_all(PyObject *module)
{
    PyObject *all;
    int result;

    if (ready_types() < 0 || kinds_ready() < 0 || sockets_ready() < 0 ||
        PyType_Ready(&Method_type) < 0)
    {
        return -1;
    }
    headers_copy_table();
    handlers_copy_tables();
    servers_copy_tables();
    request_handlers_copy_tables();
    all = PyList_New(0);
    result = all == NULL ? -1 : add_types(module, all);
    Py_XDECREF(all);
    if (result < 0 || add_functions(module) < 0 || add_versions(module) < 0 ||
        class_attributes_ready() < 0 || docs_ready() < 0)
    {
        return -1;
    }
    return PyModule_AddObjectRef(module, "WSGIWarning", WSGIWarning);
}

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_cwsgiref",
    .m_doc = "The classes of cwsgiref, written in C.",
    .m_size = -1,
};

PyMODINIT_FUNC
PyInit__cwsgiref(void)
{
    static bool is_begun;
    PyObject *module;

    if (is_begun) { /* the types are what it has left behind */
        PyErr_SetString(PyExc_ImportError,
                        "_cwsgiref has failed to load before");
        return NULL;
    }
    is_begun = true;
    module = PyModule_Create(&definition);
    if (module != NULL && add_all(module) < 0) {
        Py_CLEAR(module);
    }
    return module;
}
