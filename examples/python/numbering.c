/* A subclass of a class of cwsgiref, written in C, for Python:
 *
 *     class NumberingHandler(WSGIRequestHandler):
 *         def log_date_time_string(self):
 *             now = WSGIRequestHandler.log_date_time_string(self)
 *             return f'#{next(numbers)} {now}'
 *
 * It is what any extension module would do with any class: it needs nothing of
 * cwsgiref but the class, which it imports. c_subclass.py uses it. */
#include <Python.h>

static PyObject *WSGIRequestHandler;
static int requests;

static PyObject *
NumberingHandler_log_date_time_string(PyObject *self, PyObject *args)
{
    PyObject *now = PyObject_CallMethod(WSGIRequestHandler,
                                        "log_date_time_string", "O", self);
    PyObject *numbered = NULL;

    (void)args;
    if (now != NULL) {
        numbered = PyUnicode_FromFormat("#%d %S", ++requests, now);
        Py_DECREF(now);
    }
    return numbered;
}

static PyMethodDef methods[] = {
    { "log_date_time_string", NumberingHandler_log_date_time_string,
      METH_NOARGS, "The date and time, behind a number." },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_methods, methods },
    { Py_tp_doc, "A request handler that numbers the lines of its log." },
    { 0, NULL },
};

static PyType_Spec specification = {
    .name = "numbering.NumberingHandler",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "numbering",
    .m_size = -1,
};

/* from cwsgiref.simple_server import WSGIRequestHandler */
static int
import_base(void)
{
    PyObject *module = PyImport_ImportModule("cwsgiref.simple_server");

    if (module != NULL) {
        WSGIRequestHandler =
            PyObject_GetAttrString(module, "WSGIRequestHandler");
        Py_DECREF(module);
    }
    return WSGIRequestHandler == NULL ? -1 : 0;
}

PyMODINIT_FUNC PyInit_numbering(void);

PyMODINIT_FUNC
PyInit_numbering(void)
{
    PyObject *module = PyModule_Create(&definition);
    PyObject *type = NULL;

    if (module != NULL && import_base() == 0) {
        type = PyType_FromSpecWithBases(&specification, WSGIRequestHandler);
    }
    if (type == NULL ||
        PyModule_AddObjectRef(module, "NumberingHandler", type) < 0)
    {
        Py_CLEAR(module);
    }
    Py_XDECREF(type);
    return module;
}
