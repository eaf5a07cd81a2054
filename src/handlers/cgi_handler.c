/* Lib/wsgiref/handlers.py: CGIHandler and IISCGIHandler: their __init__, and
 * what both do in it. */
#include "handlers/cgi_handler.h"

#include "handlers/handlers.h"
#include "io/python_file.h"
#include "python/errors.h"
#include "python/objects.h"

/* Owned; what the process has in its environment comes by read_environ()
 * alone. */
static PyObject *CGIHandler_os_environ;
static PyObject *IISCGIHandler_os_environ;

/* sys.name.buffer, a new reference. */
static PyObject *
get_sys_buffer(const char *name)
{
    PyObject *file = import_from("sys", name);
    PyObject *buffer = NULL;

    if (file != NULL) {
        buffer = PyObject_GetAttrString(file, "buffer");
        Py_DECREF(file);
    }
    return buffer;
}

/* BaseCGIHandler.__init__(self, sys.stdin.buffer, sys.stdout.buffer,
 *                         sys.stderr, environ, multithread=False,
 *                         multiprocess=True)
 * With NULL for the environ it is read_environ(), after the streams. */
static int
init_with_sys_streams(BaseHandler *self, PyObject *environ_)
{
    PyObject *in = NULL, *out = NULL, *err = NULL, *env = NULL;
    BufferedIOBase *stream = NULL;
    int result = -1;

    in = get_sys_buffer("stdin");
    if (in == NULL) {
        goto done;
    }
    out = get_sys_buffer("stdout");
    if (out == NULL) {
        goto done;
    }
    err = import_from("sys", "stderr");
    if (err == NULL) {
        goto done;
    }
    env = environ_ == NULL ? read_environ() : Py_NewRef(environ_);
    if (env == NULL) {
        goto done;
    }
    if (out != Py_None) {
        stream = PythonFile_new(&PythonFile_class, out);
        if (stream == NULL) {
            goto done;
        }
    }
    result = SimpleHandler_init(self, in, stream, err, env, false, true);

done:
    Py_XDECREF(stream);
    Py_XDECREF(env);
    Py_XDECREF(err);
    Py_XDECREF(out);
    Py_XDECREF(in);
    return result;
}

/* Lib/wsgiref/handlers.py: CGIHandler.__init__ */
int
CGIHandler_init(BaseHandler *self)
{
    return TRACED(init_with_sys_streams(self, NULL));
}

/* environ.get(name, ''), a new reference. */
static PyObject *
get_variable(PyObject *environ_, const char *name)
{
    PyObject *value = PyMapping_GetItemString(environ_, name);

    if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
        return PyUnicode_FromString("");
    }
    return value;
}

/* (path+'/').startswith(script+'/'): 1, 0, or -1 on error. */
static int
is_below(PyObject *path, PyObject *script)
{
    PyObject *longer = PyUnicode_FromFormat("%U/", path);
    PyObject *prefix = PyUnicode_FromFormat("%U/", script);
    int result = -1;

    if (longer != NULL && prefix != NULL) {
        result =
            (int)PyUnicode_Tailmatch(longer, prefix, 0, PY_SSIZE_T_MAX, -1);
    }
    Py_XDECREF(prefix);
    Py_XDECREF(longer);
    return result;
}

/* Takes the SCRIPT_NAME, with which IIS lets every PATH_INFO begin, from the
 * front of it. */
static int
strip_script_name(PyObject *environ_)
{
    PyObject *path = get_variable(environ_, "PATH_INFO");
    PyObject *script = NULL, *rest = NULL;
    int below = -1;
    int result = -1;

    if (path == NULL) {
        return -1;
    }
    script = get_variable(environ_, "SCRIPT_NAME");
    if (script != NULL) {
        below = is_below(path, script);
    }
    if (below < 0) {
        goto done;
    }
    if (below) {
        /* environ['PATH_INFO'] = path[len(script):] */
        rest = PyUnicode_Substring(path, PyUnicode_GET_LENGTH(script),
                                   PY_SSIZE_T_MAX);
        if (rest == NULL ||
            PyDict_SetItemString(environ_, "PATH_INFO", rest) < 0) {
            goto done;
        }
    }
    result = 0;

done:
    Py_XDECREF(rest);
    Py_XDECREF(script);
    Py_DECREF(path);
    return result;
}

/* Lib/wsgiref/handlers.py: IISCGIHandler.__init__ */
int
IISCGIHandler_init(BaseHandler *self)
{
    PyObject *env = read_environ();
    int result = -1;

    if (FAILED(env == NULL)) {
        return -1;
    }
    if (!FAILED(strip_script_name(env) < 0) &&
        !FAILED(init_with_sys_streams(self, env) < 0))
    {
        result = 0;
    }
    Py_DECREF(env);
    return result;
}

PyTypeObject CGIHandler_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.handlers.CGIHandler",
    .tp_base = &BaseCGIHandler_type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

PyTypeObject IISCGIHandler_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.handlers.IISCGIHandler",
    .tp_base = &BaseCGIHandler_type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

BaseHandlerClass CGIHandler_class;
BaseHandlerClass IISCGIHandler_class;

int
cgi_handler_ready(void)
{
    /* class CGIHandler(BaseCGIHandler): */
    CGIHandler_class = BaseCGIHandler_class;
    CGIHandler_class.type = &CGIHandler_type;
    CGIHandler_class.wsgi_run_once = true;
    CGIHandler_class.os_environ = &CGIHandler_os_environ;
    Py_XSETREF(CGIHandler_os_environ, PyDict_New());

    /* class IISCGIHandler(BaseCGIHandler): */
    IISCGIHandler_class = BaseCGIHandler_class;
    IISCGIHandler_class.type = &IISCGIHandler_type;
    IISCGIHandler_class.wsgi_run_once = true;
    IISCGIHandler_class.os_environ = &IISCGIHandler_os_environ;
    Py_XSETREF(IISCGIHandler_os_environ, PyDict_New());

    if (CGIHandler_os_environ == NULL || IISCGIHandler_os_environ == NULL) {
        return -1;
    }
    return 0;
}
