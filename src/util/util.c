/* The functions of Lib/wsgiref/util.py, in its order; the class, FileWrapper,
 * has a file of its own. An environ is any mapping here, and its values are
 * any objects. So these call Python's operators, not those of dict and str. */
#include "util/util.h"

#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "util/urllib_parse.h"

#include <stdbool.h>
#include <string.h>

/* environ.get("HTTPS"): a new reference. A dict needs no method of that name to
 * be looked for: 250 instructions less. */
static PyObject *
get_https(PyObject *env)
{
    PyObject *https;

    if (!PyDict_CheckExact(env)) {
        return PyObject_CallMethodOneArg(env, names.get, names.HTTPS);
    }
    https = PyDict_GetItemWithError(env, names.HTTPS);
    if (https == NULL && PyErr_Occurred()) {
        return NULL;
    }
    return Py_NewRef(https == NULL ? Py_None : https);
}

/* Lib/wsgiref/util.py: guess_scheme */
PyObject *
guess_scheme(PyObject *env)
{
    PyObject *https = get_https(env);
    int found = 0;

    if (FAILED(https == NULL)) {
        return NULL;
    }
    if (https != Py_None) {
        found = is_in(https, Py_BuildValue("(sss)", "yes", "on", "1"));
    }
    Py_DECREF(https);
    if (FAILED(found < 0)) {
        return NULL;
    }
    return Py_NewRef(found ? names.https : names.http);
}

/* ----- URIs ----- */

/* environ.get(name, default_), or environ.get(name) where that is NULL: a new
 * reference. */
static PyObject *
get(PyObject *env, const char *name, const char *default_)
{
    return PyObject_CallMethod(env, "get", default_ == NULL ? "s" : "ss", name,
                               default_);
}

/* environ[name] == text, or with Py_NE !=: 1, 0, or -1 on error. */
static int
compare_item(PyObject *env, const char *name, int op, const char *text)
{
    PyObject *value = PyMapping_GetItemString(env, name);
    int result = value == NULL ? -1 : compare(value, op, text);

    Py_XDECREF(value);
    return result;
}

/* a + b, a new reference; takes both, which may be NULL. */
static PyObject *
add(PyObject *a, PyObject *b)
{
    PyObject *sum = NULL;

    if (a != NULL && b != NULL) {
        sum = PyNumber_Add(a, b);
    }
    Py_XDECREF(a);
    Py_XDECREF(b);
    return sum;
}

/* *url += more; takes `more`, and is -1 for NULL. */
static int
append(PyObject **url, PyObject *more)
{
    PyObject *sum;

    if (more == NULL) {
        return -1;
    }
    sum = PyNumber_InPlaceAdd(*url, more);
    Py_DECREF(more);
    if (sum == NULL) {
        return -1;
    }
    Py_SETREF(*url, sum);
    return 0;
}

/* prefix + environ[name], a new reference. */
static PyObject *
prefixed_item(const char *prefix, PyObject *env, const char *name)
{
    PyObject *value = PyMapping_GetItemString(env, name);

    return value == NULL ? NULL : add(PyUnicode_FromString(prefix), value);
}

/* url += environ['SERVER_NAME'], and the port unless it is the scheme's. */
static int
append_server(PyObject **url, PyObject *env)
{
    int https, other_port;

    if (append(url, PyMapping_GetItemString(env, "SERVER_NAME")) < 0) {
        return -1;
    }
    https = compare_item(env, "wsgi.url_scheme", Py_EQ, "https");
    if (https < 0) {
        return -1;
    }
    other_port = compare_item(env, "SERVER_PORT", Py_NE, https ? "443" : "80");
    if (other_port < 0) {
        return -1;
    }
    return other_port ? append(url, prefixed_item(":", env, "SERVER_PORT"))
                      : 0;
}

/* quote(environ.get('SCRIPT_NAME') or '/', encoding='latin1') */
static PyObject *
quoted_script_name(PyObject *env)
{
    PyObject *script_name = get(env, "SCRIPT_NAME", NULL);
    int some = script_name == NULL ? -1 : PyObject_IsTrue(script_name);
    PyObject *quoted = NULL;

    if (some == 0) {
        Py_SETREF(script_name, PyUnicode_FromString("/"));
    }
    if (some >= 0 && script_name != NULL) {
        quoted = quote(script_name, "/");
    }
    Py_XDECREF(script_name);
    return quoted;
}

/* Lib/wsgiref/util.py: application_uri */
PyObject *
application_uri(PyObject *env)
{
    PyObject *url = PyMapping_GetItemString(env, "wsgi.url_scheme");
    int has_host;

    if (FAILED(url == NULL)) {
        return NULL;
    }
    url = add(url, PyUnicode_FromString("://"));
    if (FAILED(url == NULL)) {
        return NULL;
    }
    has_host = truth(get(env, "HTTP_HOST", NULL));
    if (FAILED(has_host < 0)) {
        goto error;
    }
    if (has_host) {
        if (FAILED(append(&url, PyMapping_GetItemString(env, "HTTP_HOST")) <
                   0)) {
            goto error;
        }
    }
    else if (FAILED(append_server(&url, env) < 0)) {
        goto error;
    }
    if (FAILED(append(&url, quoted_script_name(env)) < 0)) {
        goto error;
    }
    return url;

error:
    Py_DECREF(url);
    return NULL;
}

/* quote(environ.get('PATH_INFO',''), safe='/;=,', encoding='latin1') */
static PyObject *
quoted_path_info(PyObject *env)
{
    PyObject *path_info = get(env, "PATH_INFO", "");
    PyObject *quoted = NULL;

    if (path_info != NULL) {
        quoted = quote(path_info, "/;=,");
        Py_DECREF(path_info);
    }
    return quoted;
}

/* Lib/wsgiref/util.py: request_uri */
PyObject *
request_uri(PyObject *env, bool include_query)
{
    PyObject *url = application_uri(env);
    PyObject *path_info = NULL;
    int some;

    if (FAILED(url == NULL)) {
        return NULL;
    }
    path_info = quoted_path_info(env);
    if (FAILED(path_info == NULL)) {
        goto error;
    }
    some = truth(get(env, "SCRIPT_NAME", NULL));
    if (FAILED(some < 0)) {
        goto error;
    }
    if (!some) { /* the URI of the application ends with its slash */
        Py_SETREF(path_info,
                  PySequence_GetSlice(path_info, 1, PY_SSIZE_T_MAX));
    }
    if (FAILED(append(&url, Py_XNewRef(path_info)) < 0)) {
        goto error;
    }
    if (include_query) {
        some = truth(get(env, "QUERY_STRING", NULL));
        if (FAILED(some < 0)) {
            goto error;
        }
        if (some &&
            FAILED(append(&url, prefixed_item("?", env, "QUERY_STRING")) < 0))
        {
            goto error;
        }
    }
    Py_DECREF(path_info);
    return url;

error:
    Py_XDECREF(path_info);
    Py_DECREF(url);
    return NULL;
}

/* ----- shift_path_info ----- */

/* p and p != '.': 1, 0, or -1 on error. */
static int
is_name(PyObject *p)
{
    int some = PyObject_IsTrue(p);

    return some <= 0 ? some : compare(p, Py_NE, ".");
}

/* kept.append(p), if it is a name. */
static int
keep_name(void *kept, PyObject *p)
{
    int keep = is_name(p);

    return keep > 0 ? PyList_Append(kept, p) : keep;
}

/* path_parts[1:-1] = [p for p in path_parts[1:-1] if p and p != '.'] */
static int
keep_names(PyObject *path_parts)
{
    PyObject *inner = PySequence_GetSlice(path_parts, 1, -1);
    PyObject *kept = inner == NULL ? NULL : PyList_New(0);
    int result = -1;

    if (kept != NULL && for_each(inner, keep_name, kept) == 0) {
        result = PySequence_SetSlice(path_parts, 1, -1, kept);
    }
    Py_XDECREF(kept);
    Py_XDECREF(inner);
    return result;
}

/* posixpath.normpath(path); takes the path, which may be NULL. The linked
 * Python's own, for the releases differ (a NUL ends the path in 3.11.2). */
static PyObject *
normpath(PyObject *path)
{
    PyObject *result = NULL;

    if (path != NULL) {
        result = call_function("posixpath", "normpath", "(O)", path);
        Py_DECREF(path);
    }
    return result;
}

static int
ends_with_slash(PyObject *script_name)
{
    return truth(PyObject_CallMethod(script_name, "endswith", "s", "/"));
}

/* SCRIPT_NAME with the name at its end, normalized: a new reference. */
static PyObject *
extended_script_name(PyObject *env, PyObject *name)
{
    PyObject *script_name = get(env, "SCRIPT_NAME", "");
    int slash, some;

    if (script_name != NULL) {
        script_name = add(script_name, PyUnicode_FromString("/"));
    }
    if (script_name != NULL) {
        script_name = normpath(add(script_name, Py_NewRef(name)));
    }
    if (script_name == NULL) {
        return NULL;
    }
    slash = ends_with_slash(script_name);
    if (slash > 0) {
        Py_SETREF(script_name, PySequence_GetSlice(script_name, 0, -1));
    }
    if (slash < 0 || script_name == NULL) {
        goto error;
    }
    some = PyObject_IsTrue(name);
    if (some == 0) {
        slash = ends_with_slash(script_name);
    }
    if (some < 0 || slash < 0) {
        goto error;
    }
    if (!some && !slash && append(&script_name, PyUnicode_FromString("/")) < 0)
    {
        goto error;
    }
    return script_name;

error:
    Py_XDECREF(script_name);
    return NULL;
}

/* environ[name] = value; takes the value, and is -1 for NULL. */
static int
set_item_string(PyObject *env, const char *name, PyObject *value)
{
    int result =
        value == NULL ? -1 : PyMapping_SetItemString(env, name, value);

    Py_XDECREF(value);
    return result;
}

/* Lib/wsgiref/util.py: shift_path_info */
PyObject *
shift_path_info(PyObject *env)
{
    PyObject *path_info = get(env, "PATH_INFO", "");
    PyObject *path_parts = NULL, *name = NULL, *script_name = NULL;
    PyObject *result = NULL;
    int some = path_info == NULL ? -1 : PyObject_IsTrue(path_info);

    if (FAILED(some < 0)) {
        goto done;
    }
    if (!some) {
        result = Py_NewRef(Py_None);
        goto done;
    }
    path_parts = PyObject_CallMethod(path_info, "split", "s", "/");
    if (FAILED(path_parts == NULL) || FAILED(keep_names(path_parts) < 0)) {
        goto done;
    }
    name = PySequence_GetItem(path_parts, 1);
    if (FAILED(name == NULL) || FAILED(PySequence_DelItem(path_parts, 1) < 0))
    {
        goto done;
    }
    script_name = extended_script_name(env, name);
    if (FAILED(script_name == NULL) ||
        FAILED(set_item_string(env, "SCRIPT_NAME", Py_NewRef(script_name)) <
               0) ||
        FAILED(set_item_string(env, "PATH_INFO", join("/", path_parts)) < 0))
    {
        goto done;
    }
    /* '/.': the last name is not normalized, so here it is. */
    some = compare(name, Py_EQ, ".");
    if (FAILED(some < 0)) {
        goto done;
    }
    result = Py_NewRef(some ? Py_None : name);

done:
    Py_XDECREF(script_name);
    Py_XDECREF(name);
    Py_XDECREF(path_parts);
    Py_XDECREF(path_info);
    return result;
}

/* ----- setup_testing_defaults ----- */

/* environ.setdefault(name, value); takes the value, and is -1 for NULL. */
static int
setdefault(PyObject *env, const char *name, PyObject *value)
{
    PyObject *set = value == NULL ? NULL
                                  : PyObject_CallMethod(env, "setdefault",
                                                        "sO", name, value);

    Py_XDECREF(value);
    return discard(set);
}

static int
setdefault_text(PyObject *env, const char *name, const char *text)
{
    return setdefault(env, name, PyUnicode_FromString(text));
}

/* The path is the root's when neither of its parts is there. */
static int
set_default_path(PyObject *env)
{
    int found = contains(env, "SCRIPT_NAME");

    if (found == 0) {
        found = contains(env, "PATH_INFO");
    }
    if (found != 0) {
        return found < 0 ? -1 : 0;
    }
    if (setdefault_text(env, "SCRIPT_NAME", "") < 0) {
        return -1;
    }
    return setdefault_text(env, "PATH_INFO", "/");
}

/* The port that the scheme has by default, if it has one. */
static int
set_default_port(PyObject *env)
{
    static const struct {
        const char *scheme, *port;
    } ports[] = { { "http", "80" }, { "https", "443" } };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(ports); i++) {
        int found =
            compare_item(env, "wsgi.url_scheme", Py_EQ, ports[i].scheme);

        if (found != 0) {
            return found < 0
                       ? -1
                       : setdefault_text(env, "SERVER_PORT", ports[i].port);
        }
    }
    return 0;
}

/* Lib/wsgiref/util.py: setup_testing_defaults */
int
setup_testing_defaults(PyObject *env)
{
    if (FAILED(setdefault_text(env, "SERVER_NAME", "127.0.0.1") < 0) ||
        FAILED(setdefault_text(env, "SERVER_PROTOCOL", "HTTP/1.0") < 0) ||
        FAILED(setdefault(env, "HTTP_HOST",
                          PyMapping_GetItemString(env, "SERVER_NAME")) < 0) ||
        FAILED(setdefault_text(env, "REQUEST_METHOD", "GET") < 0) ||
        FAILED(set_default_path(env) < 0) ||
        FAILED(setdefault(env, "wsgi.version", Py_BuildValue("(ii)", 1, 0)) <
               0) ||
        FAILED(setdefault(env, "wsgi.run_once", PyLong_FromLong(0)) < 0) ||
        FAILED(setdefault(env, "wsgi.multithread", PyLong_FromLong(0)) < 0) ||
        FAILED(setdefault(env, "wsgi.multiprocess", PyLong_FromLong(0)) < 0) ||
        FAILED(setdefault(env, "wsgi.input",
                          call_function("io", "BytesIO", "()")) < 0) ||
        FAILED(setdefault(env, "wsgi.errors",
                          call_function("io", "StringIO", "()")) < 0) ||
        FAILED(setdefault(env, "wsgi.url_scheme", guess_scheme(env)) < 0) ||
        FAILED(set_default_port(env) < 0))
    {
        return -1;
    }
    return 0;
}

/* ----- is_hop_by_hop ----- */

/* Lib/wsgiref/util.py: _hoppish */
static const char *const hoppish[] = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "te",         "trailers",   "transfer-encoding",  "upgrade",
};

/* Whether a name of ASCII characters is one of them, in any case. */
static bool
is_hoppish(PyObject *header_name)
{
    const char *name = (const char *)PyUnicode_1BYTE_DATA(header_name);
    size_t length = (size_t)PyUnicode_GET_LENGTH(header_name);

    for (size_t i = 0; i < Py_ARRAY_LENGTH(hoppish); i++) {
        if (strlen(hoppish[i]) == length &&
            PyOS_strnicmp(name, hoppish[i], (Py_ssize_t)length) == 0)
        {
            return true;
        }
    }
    return false;
}

/* Lib/wsgiref/util.py: is_hop_by_hop */
int
is_hop_by_hop(PyObject *header_name)
{
    PyObject *name;
    PyObject *set;
    int found = -1;

    if (PyUnicode_CheckExact(header_name) && PyUnicode_IS_ASCII(header_name)) {
        return is_hoppish(header_name);
    }
    /* Other characters may have a lower case within ASCII (U+212A has), and
     * other objects a lower() and a hash of their own. */
    name = lower(header_name);
    if (FAILED(name == NULL)) {
        return -1;
    }
    set = PySet_New(NULL);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(hoppish) && set != NULL; i++) {
        PyObject *member = PyUnicode_FromString(hoppish[i]);

        if (member == NULL || PySet_Add(set, member) < 0) {
            Py_CLEAR(set);
        }
        Py_XDECREF(member);
    }
    if (set != NULL) {
        found = PySequence_Contains(set, name);
    }
    Py_XDECREF(set);
    Py_DECREF(name);
    return FAILED(found < 0) ? -1 : found;
}
