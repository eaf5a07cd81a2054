#include "handlers/handlers.h"

#include <stdbool.h>
#include <string.h>

#include "python/errors.h"
#include "python/objects.h"
#include "python/unpack.h"
#include "util/email_utils.h"

/* Lib/wsgiref/handlers.py: format_date_time
 *
 * The same time has the same date, whatever happens: the last one is kept, for
 * the requests of the same second, which save 650 instructions each. */
PyObject *
format_date_time(time_t timestamp)
{
    static PyObject *date; /* owned; that of `kept`, or NULL */
    static time_t kept;

    if (date == NULL || kept != timestamp) {
        PyObject *made = imf_fixdate(timestamp, ' ');

        if (FAILED(made == NULL)) {
            return NULL;
        }
        Py_XSETREF(date, made);
        kept = timestamp;
    }
    return Py_NewRef(date);
}

/* Lib/wsgiref/handlers.py: _is_request */
static bool
is_request(const char *k)
{
    static const char *const names[] = {
        "SCRIPT_NAME", "PATH_INFO",    "QUERY_STRING",   "REQUEST_METHOD",
        "AUTH_TYPE",   "CONTENT_TYPE", "CONTENT_LENGTH", "HTTPS",
        "REMOTE_USER", "REMOTE_IDENT",
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (strcmp(k, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool
starts_with(const char *k, const char *prefix)
{
    return strncmp(k, prefix, strlen(prefix)) == 0;
}

/* Lib/wsgiref/handlers.py: _needs_transcode */
static bool
needs_transcode(const char *k)
{
    return is_request(k) || starts_with(k, "HTTP_") ||
           starts_with(k, "SSL_") ||
           (starts_with(k, "REDIRECT_") && needs_transcode(k + 9));
}

/* v.encode(enc, 'surrogateescape').decode('iso-8859-1'), a new reference. */
static PyObject *
transcode(PyObject *v, const char *enc)
{
    PyObject *bytes = PyUnicode_AsEncodedString(v, enc, "surrogateescape");
    PyObject *result = NULL;

    if (bytes != NULL) {
        result = PyUnicode_DecodeLatin1(PyBytes_AS_STRING(bytes),
                                        PyBytes_GET_SIZE(bytes), NULL);
        Py_DECREF(bytes);
    }
    return result;
}

/* env[k] = v, with v transcoded where it has to be, for a pair of the two;
 * unless the application has put something else there. */
static int
add_variable(PyObject *env, PyObject *pair, const char *enc)
{
    PyObject *k, *v, *key;
    int result = -1;

    if (unpack_pair(pair, &k, &v) < 0) {
        return -1;
    }
    key = PyUnicode_AsEncodedString(k, "utf-8", "surrogatepass");
    if (key != NULL) {
        if (needs_transcode(PyBytes_AS_STRING(key))) {
            Py_SETREF(v, transcode(v, enc));
        }
        result = v == NULL ? -1 : PyDict_SetItem(env, k, v);
        Py_DECREF(key);
    }
    Py_DECREF(k);
    Py_XDECREF(v);
    return result;
}

/* os.environ.items(), a new list. */
static PyObject *
os_environ_items(void)
{
    PyObject *environ_ = import_from("os", "environ");
    PyObject *items = environ_ == NULL ? NULL : PyMapping_Items(environ_);

    Py_XDECREF(environ_);
    return items;
}

/* Lib/wsgiref/handlers.py: read_environ
 *
 * From os.environ, which is a snapshot of the process's environment, changed
 * by what Python has assigned to it. The branch for Windows is left out. */
PyObject *
read_environ(void)
{
    PyObject *encoding = call_function("sys", "getfilesystemencoding", "()");
    const char *enc = encoding == NULL ? NULL : PyUnicode_AsUTF8(encoding);
    PyObject *env = NULL, *items = NULL;

    if (FAILED(enc == NULL)) {
        goto done;
    }
    env = PyDict_New();
    if (FAILED(env == NULL)) {
        goto done;
    }
    items = os_environ_items();
    if (FAILED(items == NULL)) {
        Py_CLEAR(env);
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        if (FAILED(add_variable(env, PyList_GET_ITEM(items, i), enc) < 0)) {
            Py_CLEAR(env);
            goto done;
        }
    }

done:
    Py_XDECREF(items);
    Py_XDECREF(encoding);
    return env;
}
