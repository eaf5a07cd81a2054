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

/* Whether this Python's Headers refuses control characters. The version does
 * not tell: Debian's 3.11.2 has the security fix, python.org's has not. */
static int
headers_refuse_control_characters(void)
{
    PyObject *module = PyImport_ImportModule("wsgiref.headers");
    PyObject *headers = NULL;
    PyObject *value = NULL;
    int refused = -1;

    if (module == NULL) {
        return -1;
    }
    headers = PyObject_CallMethod(module, "Headers", NULL);
    if (headers != NULL) {
        /* checked also under -O, where Headers([("X", "\n")]) is not */
        value = PyObject_CallMethod(headers, "setdefault", "ss", "X", "\n");
        if (value != NULL) {
            refused = 0;
        }
        else if (PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            refused = 1;
        }
    }
    Py_XDECREF(value);
    Py_XDECREF(headers);
    Py_DECREF(module);
    return refused;
}

int
release_ready(void)
{
    PyObject *builtins = PyEval_GetBuiltins(); /* borrowed */
    int refused;

    /* "3.11.2 (main, ...": sys.version, as the library says it at run time */
    sscanf(Py_GetVersion(), "%31s", version);
    debug = PyDict_GetItemString(builtins, "__debug__") == Py_True;
    refused = headers_refuse_control_characters();
    if (refused < 0) {
        return -1;
    }
    linked = (Release){
        .http_version_digits_only = Py_Version >= 0x030B0400,
        .rfc_9110_reasons = Py_Version >= 0x030D0000,
        .remote_host = Py_Version < 0x030D0000,
        .header_control_characters_refused = refused,
        .status_control_characters_refused = Py_Version >= 0x030E0000,
        .validate_status = Py_Version >= 0x030C0000,
        .http_0_9_without_headers = Py_Version >= 0x030E0000,
        .error_page_style = Py_Version >= 0x030E0000 ? color_scheme : "",
    };
    return 0;
}
