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
    return attribute_of(import_from("sys", name), "buffer");
}

/* BaseCGIHandler.__init__(self, sys.stdin.buffer, sys.stdout.buffer,
 *                         sys.stderr, environ, multithread=False,
 *                         multiprocess=True)
 * With NULL for the environ it is read_environ(), after the streams. */
static int
init_with_sys_streams(BaseHandler *self, PyObject *environ_)
{
    PyObject *in = get_sys_buffer("stdin");
    PyObject *out = in == NULL ? NULL : get_sys_buffer("stdout");
    PyObject *err = out == NULL ? NULL : import_from("sys", "stderr");
    PyObject *env = NULL;
    BufferedIOBase *stream = NULL;
    int result = -1;

    if (err != NULL) {
        env = environ_ == NULL ? read_environ() : Py_NewRef(environ_);
    }
    if (env != NULL && out != Py_None) {
        stream = PythonFile_new(&PythonFile_class, out);
    }
    if (stream != NULL || (env != NULL && out == Py_None)) {
        result = SimpleHandler_init(self, in, stream, err, env, false, true);
    }
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
    return PyObject_CallMethod(environ_, "get", "ss", name, "");
}

/* (path+'/').startswith(script+'/'): 1, 0, or -1 on error. Takes both. */
static int
is_below(PyObject *path, PyObject *script)
{
    int result = -1;

    if (path != NULL && script != NULL) {
        result = (int)PyUnicode_Tailmatch(path, script, 0, PY_SSIZE_T_MAX, -1);
    }
    Py_XDECREF(script);
    Py_XDECREF(path);
    return result;
}

/* Takes the SCRIPT_NAME, with which IIS lets every PATH_INFO begin, from the
 * front of it. */
static int
strip_script_name(PyObject *environ_)
{
    PyObject *path = get_variable(environ_, "PATH_INFO");
    PyObject *script =
        path == NULL ? NULL : get_variable(environ_, "SCRIPT_NAME");
    PyObject *rest = NULL;
    int result = -1;

    if (script != NULL) {
        result = is_below(PyUnicode_FromFormat("%U/", path),
                          PyUnicode_FromFormat("%U/", script));
    }
    if (result > 0) {
        /* environ['PATH_INFO'] = path[len(script):] */
        rest = PyUnicode_Substring(path, PyUnicode_GET_LENGTH(script),
                                   PY_SSIZE_T_MAX);
        result = rest == NULL
                     ? -1
                     : PyDict_SetItemString(environ_, "PATH_INFO", rest);
    }
    Py_XDECREF(rest);
    Py_XDECREF(script);
    Py_XDECREF(path);
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
    .tp_name = "cwsgiref.handlers.CGIHandler",
    .tp_base = &BaseCGIHandler_type,
};

PyTypeObject IISCGIHandler_type = {
    .tp_name = "cwsgiref.handlers.IISCGIHandler",
    .tp_base = &BaseCGIHandler_type,
};

BaseHandlerClass CGIHandler_class;
BaseHandlerClass IISCGIHandler_class;

int
cgi_handler_ready(void)
{
    Py_XSETREF(CGIHandler_os_environ, PyDict_New());
    Py_XSETREF(IISCGIHandler_os_environ, PyDict_New());

    /* class CGIHandler(BaseCGIHandler): */
    CGIHandler_class = BaseCGIHandler_class;
    CGIHandler_class.type = &CGIHandler_type;
    CGIHandler_class.wsgi_run_once = true;
    CGIHandler_class.os_environ = &CGIHandler_os_environ;

    /* class IISCGIHandler(BaseCGIHandler): */
    IISCGIHandler_class = BaseCGIHandler_class;
    IISCGIHandler_class.type = &IISCGIHandler_type;
    IISCGIHandler_class.wsgi_run_once = true;
    IISCGIHandler_class.os_environ = &IISCGIHandler_os_environ;

    return CGIHandler_os_environ == NULL || IISCGIHandler_os_environ == NULL
               ? -1
               : 0;
}
