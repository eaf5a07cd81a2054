#include "io/io_types.h"

#include "io/buffered_io_base.h"
#include "io/buffered_reader.h"
#include "io/buffered_writer.h"
#include "io/python_file.h"
#include "io/raw_io_base.h"
#include "io/socket.h"
#include "io/socket_io.h"
#include "io/socket_writer.h"
#include "names.h"
#include "release.h"

/* io.BufferedIOBase.register(type): isinstance() and issubclass() hold. */
static int
register_type(PyObject *io, const char *base, PyTypeObject *type)
{
    PyObject *abstract = PyObject_GetAttrString(io, base);
    PyObject *result = NULL;

    if (abstract != NULL) {
        result = PyObject_CallMethod(abstract, "register", "O", type);
    }
    Py_XDECREF(result);
    Py_XDECREF(abstract);
    return result == NULL ? -1 : 0;
}

/* type.__module__ is then seen in its instances, too. */
static int
show_module(PyTypeObject *type)
{
    PyObject *module = PyObject_GetAttrString((PyObject *)type, "__module__");
    int result = -1;

    if (module != NULL) {
        result = PyDict_SetItemString(type->tp_dict, "__module__", module);
        PyType_Modified(type);
        Py_DECREF(module);
    }
    return result;
}

int
io_types_ready(void)
{
    PyTypeObject *const types[] = {
        &Socket_type,         &RawIOBase_type,      &SocketIO_type,
        &BufferedIOBase_type, &BufferedReader_type, &BufferedWriter_type,
        &SocketWriter_type,   &PythonFile_type,
    };
    PyObject *io;
    int result;

    if (release_ready() < 0 || names_ready() < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyType_Ready(types[i]) < 0) {
            return -1;
        }
    }
    if (release()->types_have_module &&
        (show_module(&BufferedReader_type) < 0 ||
         show_module(&BufferedWriter_type) < 0))
    {
        return -1;
    }
    io = PyImport_ImportModule("io");
    if (io == NULL) {
        return -1;
    }
    result = register_type(io, "RawIOBase", &RawIOBase_type);
    if (result == 0) {
        result = register_type(io, "BufferedIOBase", &BufferedIOBase_type);
    }
    Py_DECREF(io);
    return result;
}
