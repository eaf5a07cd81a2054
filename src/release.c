#include "release.h"

static const char color_scheme[] =
    "        <style type=\"text/css\">\n"
    "            :root {\n"
    "                color-scheme: light dark;\n"
    "            }\n"
    "        </style>\n";

static Release linked;
static char version[32];
static bool debug;

const Release *
release(void)
{
    return &linked;
}

const char *
python_version(void)
{
    return version;
}

bool
python_debug(void)
{
    return debug;
}

/* Whether a call has ended in ValueError, of its new result or NULL: 1 or 0,
 * or -1 with any other exception. */
static int
refused(PyObject *result)
{
    if (result != NULL) {
        Py_DECREF(result);
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        return 1;
    }
    return -1;
}

/* A new instance of a class of this Python's library. */
static PyObject *
new_instance(const char *module_name, const char *class_name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *instance = NULL;

    if (module != NULL) {
        instance = PyObject_CallMethod(module, class_name, NULL);
        Py_DECREF(module);
    }
    return instance;
}

/* Whether this Python's Headers refuses control characters: 1, 0 or -1. The
 * version does not tell: Debian's 3.11.2 has the security fix, python.org's
 * has not. */
static int
headers_refuse_control_characters(void)
{
    PyObject *headers = new_instance("wsgiref.headers", "Headers");
    int result = -1;

    if (headers != NULL) {
        /* checked also under -O, where Headers([("X", "\n")]) is not */
        result = refused(
            PyObject_CallMethod(headers, "setdefault", "ss", "X", "\n"));
        Py_DECREF(headers);
    }
    return result;
}

/* Whether this Python's start_response refuses them in a status: the same,
 * and as little a matter of the version. */
static int
status_refuses_control_characters(void)
{
    PyObject *handler = new_instance("wsgiref.handlers", "BaseHandler");
    int result = -1;

    if (handler != NULL) {
        result = refused(
            PyObject_CallMethod(handler, "start_response", "s[]", "200 \n"));
        Py_DECREF(handler);
    }
    return result;
}

int
release_ready(void)
{
    PyObject *builtins = PyEval_GetBuiltins(); /* borrowed */
    int in_headers, in_status;

    /* "3.11.2 (main, ...": sys.version, as the library says it at run time */
    sscanf(Py_GetVersion(), "%31s", version);
    debug = PyDict_GetItemString(builtins, "__debug__") == Py_True;
    in_headers = headers_refuse_control_characters();
    if (in_headers < 0) {
        return -1;
    }
    in_status = status_refuses_control_characters();
    if (in_status < 0) {
        return -1;
    }
    linked = (Release){
        .http_version_digits_only = Py_Version >= 0x030B0400,
        .rfc_9110_reasons = Py_Version >= 0x030D0000,
        .remote_host = Py_Version < 0x030D0000,
        .header_control_characters_refused = in_headers,
        .status_control_characters_refused = in_status,
        .validate_status = Py_Version >= 0x030C0000,
        .http_0_9_without_headers = Py_Version >= 0x030E0000,
        .error_page_style = Py_Version >= 0x030E0000 ? color_scheme : "",
    };
    return 0;
}

void
release_harden(void)
{
    linked.http_version_digits_only = true;
    linked.header_control_characters_refused = true;
    linked.status_control_characters_refused = true;
}
