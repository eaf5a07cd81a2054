/* The checks of wsgiref.validate, in the order of Lib/wsgiref/validate.py:
 * assert_ and check_string_type, which all others use; check_environ and its
 * parts; then the streams, the status, the headers, exc_info and the
 * iterable. */
#include "validate/checks.h"

#include <stdarg.h>
#include <stdbool.h>

#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/unpack.h"

PyObject *WSGIWarning;

/* owned; the warnings that have been shown: the __warningregistry__ of
 * Python's module */
static PyObject *registry;

/* ----- What all checks use ----- */

/* header_re.search(name) */
static bool
header_re_search(PyObject *name)
{
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(name); i++) {
        Py_UCS4 c = PyUnicode_READ_CHAR(name, i);
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '-' || c == '_';

        if (!letter && (i == 0 || !other)) {
            return false;
        }
    }
    return PyUnicode_GET_LENGTH(name) > 0;
}

/* bad_header_value_re.search(value): where the bad character is, or -1. */
static Py_ssize_t
bad_header_value_re_search(PyObject *value)
{
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(value); i++) {
        if (PyUnicode_READ_CHAR(value, i) <= 037) {
            return i;
        }
    }
    return -1;
}

/* Lib/wsgiref/validate.py: assert_ */
int
assert_(int cond, const char *format, ...)
{
    PyObject *message = NULL;
    va_list arguments;

    if (cond < 0) {
        return -1;
    }
    if (format != NULL) {
        va_start(arguments, format);
        message = PyUnicode_FromFormatV(format, arguments);
        va_end(arguments);
        if (message == NULL) { /* in the caller's line, as in Python */
            return -1;
        }
    }
    if (!cond) {
        PyErr_SetObject(PyExc_AssertionError, message);
        (void)FAILED(true);
    }
    Py_XDECREF(message);
    return cond ? 0 : -1;
}

int
assert_truth(PyObject *cond)
{
    int result = cond == NULL ? -1 : PyObject_IsTrue(cond);

    (void)FAILED_IN(assert_, cond != NULL && result < 0);
    Py_XDECREF(cond);
    return result;
}

/* Lib/wsgiref/validate.py: check_string_type */
int
check_string_type(PyObject *value, const char *title)
{
    PyObject *message;

    if (PyUnicode_CheckExact(value)) {
        return 0;
    }
    message =
        PyUnicode_FromFormat("%s must be of type str (got %R)", title, value);
    if (message != NULL) {
        PyErr_SetObject(PyExc_AssertionError, message);
        Py_DECREF(message);
    }
    return TRACED(-1);
}

/* warnings.warn(message, WSGIWarning), of this file and that line: takes the
 * message. */
static int
warn(int line, PyObject *message)
{
    int result = -1;

    if (message != NULL) {
        result = PyErr_WarnExplicitFormat(WSGIWarning, __FILE__, line,
                                          "cwsgiref.validate", registry, "%U",
                                          message);
        Py_DECREF(message);
    }
    return result;
}

/* assert_(cond, text % arg) */
static int
assert_percent(int cond, const char *text, PyObject *arg)
{
    PyObject *message = cond < 0 ? NULL : percent(text, arg);
    int result = -1;

    if (message != NULL) {
        result = assert_(cond, "%U", message);
        Py_DECREF(message);
    }
    return result;
}

/* ----- The environ ----- */

/* A variable without a dot in its name must be a string. */
static int
check_variable(void *env, PyObject *key)
{
    int extension = contains(key, ".");
    PyObject *value = extension == 0 ? PyObject_GetItem(env, key) : NULL;
    int result;

    if (value == NULL) {
        return extension > 0 ? 0 : -1;
    }
    result = assert_(PyUnicode_CheckExact(value),
                     "Environmental variable %S is not a string: %R (value: "
                     "%R)",
                     key, Py_TYPE(value), value);
    Py_DECREF(value);
    return result;
}

static int
check_version(PyObject *version)
{
    return assert_(PyTuple_CheckExact(version),
                   "wsgi.version should be a tuple (%R)", version);
}

static int
check_url_scheme(PyObject *scheme)
{
    return assert_percent(
        is_in(scheme, Py_BuildValue("(ss)", "http", "https")),
        "wsgi.url_scheme unknown: %r", scheme);
}

/* check(environ[key]) */
static int
check_item(PyObject *env, const char *key, int (*check)(PyObject *))
{
    PyObject *item = PyMapping_GetItemString(env, key);
    int result = item == NULL ? -1 : check(item);

    Py_XDECREF(item);
    return result;
}

static int
warn_of_method(PyObject *method)
{
    int known = is_in(method, Py_BuildValue("(ssssssss)", "GET", "HEAD",
                                            "POST", "OPTIONS", "PATCH", "PUT",
                                            "DELETE", "TRACE"));

    if (known != 0) {
        return known < 0 ? -1 : 0;
    }
    return warn(__LINE__, percent("Unknown REQUEST_METHOD: %r", method));
}

/* bool(environ.get(key)): 1, 0 or -1. */
static int
get_is_true(PyObject *env, const char *key)
{
    return truth(PyObject_CallMethod(env, "get", "s", key));
}

/* SCRIPT_NAME or PATH_INFO must be empty or begin with a slash. The message
 * needs environ[key], even if nothing is wrong: KeyError without it. */
static int
check_slash(PyObject *env, const char *key, const char *message)
{
    int cond = get_is_true(env, key);
    PyObject *value = cond < 0 ? NULL : PyMapping_GetItemString(env, key);
    int result;

    if (value == NULL) {
        return -1;
    }
    cond =
        cond ? assert_truth(PyObject_CallMethod(value, "startswith", "s", "/"))
             : 1;
    result = assert_percent(cond, message, value);
    Py_DECREF(value);
    return result;
}

static int
check_content_length(PyObject *value)
{
    PyObject *length = PyNumber_Long(value);
    int result;

    if (length == NULL) {
        return -1;
    }
    result = assert_(truth(PyObject_CallMethod(length, "__ge__", "i", 0)),
                     "Invalid CONTENT_LENGTH: %R", value);
    Py_DECREF(length);
    return result;
}

/* if environ.get(key): check(environ[key]) */
static int
check_item_if_any(PyObject *env, const char *key, int (*check)(PyObject *))
{
    int found = get_is_true(env, key);

    return found > 0 ? check_item(env, key, check) : found;
}

/* environ.get('SCRIPT_NAME') != '/' */
static int
is_not_a_slash(PyObject *env)
{
    PyObject *name = PyObject_CallMethod(env, "get", "s", "SCRIPT_NAME");
    int result = name == NULL ? -1 : compare(name, Py_NE, "/");

    Py_XDECREF(name);
    return result;
}

/* The variables that must be there. */
static int
check_required(PyObject *env)
{
    static const char *const keys[] = {
        "REQUEST_METHOD",   "SERVER_NAME",       "SERVER_PORT",
        "wsgi.version",     "wsgi.input",        "wsgi.errors",
        "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once",
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(keys); i++) {
        if (assert_(contains(env, keys[i]),
                    "Environment missing required key: '%s'", keys[i]) < 0)
        {
            return -1;
        }
    }
    return 0;
}

/* The variables that must not be there. */
static int
check_refused(PyObject *env)
{
    static const char *const keys[] = { "HTTP_CONTENT_TYPE",
                                        "HTTP_CONTENT_LENGTH" };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(keys); i++) {
        int found = contains(env, keys[i]);

        if (found < 0 ||
            assert_(!found,
                    "Environment should not have the key: %s (use %s instead)",
                    keys[i], keys[i] + 5) < 0)
        {
            return -1;
        }
    }
    return 0;
}

static int
warn_without_query(PyObject *env)
{
    int found = contains(env, "QUERY_STRING");

    if (found != 0) {
        return found < 0 ? -1 : 0;
    }
    return warn(__LINE__,
                PyUnicode_FromString(
                    "QUERY_STRING is not in the WSGI environment; the cgi "
                    "module will use sys.argv when this variable is missing, "
                    "so application errors are more likely"));
}

/* One of SCRIPT_NAME and PATH_INFO must have something, and the first must not
 * be '/'. */
static int
check_path(PyObject *env)
{
    int named = get_is_true(env, "SCRIPT_NAME");

    if (named < 0 ||
        (!named &&
         assert_(contains(env, "PATH_INFO"),
                 "One of SCRIPT_NAME or PATH_INFO are required (PATH_INFO "
                 "should at least be '/' if SCRIPT_NAME is empty)") < 0))
    {
        return -1;
    }
    return assert_(is_not_a_slash(env),
                   "SCRIPT_NAME cannot be '/'; it should instead be '', and "
                   "PATH_INFO should be '/'");
}

/* Lib/wsgiref/validate.py: check_environ */
int
check_environ(PyObject *env)
{
    if (FAILED(assert_(PyDict_CheckExact(env),
                       "Environment is not of the right type: %R "
                       "(environment: %R)",
                       Py_TYPE(env), env) < 0) ||
        FAILED(check_required(env) < 0) || FAILED(check_refused(env) < 0) ||
        FAILED(warn_without_query(env) < 0) ||
        FAILED(for_each(env, check_variable, env) < 0) ||
        FAILED(check_item(env, "wsgi.version", check_version) < 0) ||
        FAILED(check_item(env, "wsgi.url_scheme", check_url_scheme) < 0) ||
        FAILED(check_item(env, "wsgi.input", check_input) < 0) ||
        FAILED(check_item(env, "wsgi.errors", check_errors) < 0) ||
        FAILED(check_item(env, "REQUEST_METHOD", warn_of_method) < 0) ||
        FAILED(check_slash(env, "SCRIPT_NAME",
                           "SCRIPT_NAME doesn't start with /: %r") < 0) ||
        FAILED(check_slash(env, "PATH_INFO",
                           "PATH_INFO doesn't start with /: %r") < 0) ||
        FAILED(check_item_if_any(env, "CONTENT_LENGTH", check_content_length) <
               0))
    {
        return -1;
    }
    return TRACED(check_path(env));
}

/* ----- The streams ----- */

/* assert_(hasattr(stream, attr), ...) for names that end with NULL. */
static int
check_attributes(PyObject *stream, const char *key, const char *const attrs[])
{
    for (size_t i = 0; attrs[i] != NULL; i++) {
        if (assert_(has_attribute(stream, attrs[i]),
                    "%s (%R) doesn't have the attribute %s", key, stream,
                    attrs[i]) < 0)
        {
            return -1;
        }
    }
    return 0;
}

/* Lib/wsgiref/validate.py: check_input */
int
check_input(PyObject *wsgi_input)
{
    static const char *const attrs[] = { "read", "readline", "readlines",
                                         "__iter__", NULL };

    return TRACED(check_attributes(wsgi_input, "wsgi.input", attrs));
}

/* Lib/wsgiref/validate.py: check_errors */
int
check_errors(PyObject *wsgi_errors)
{
    static const char *const attrs[] = { "flush", "write", "writelines",
                                         NULL };

    return TRACED(check_attributes(wsgi_errors, "wsgi.errors", attrs));
}

/* ----- The status and the headers ----- */

/* status.split(None, 1)[0]: a new reference. */
static PyObject *
first_word(PyObject *status)
{
    PyObject *words = PyUnicode_Split(status, NULL, 1);
    PyObject *word = words == NULL ? NULL : PySequence_GetItem(words, 0);

    Py_XDECREF(words);
    return word;
}

/* The first word of the status must be a number of three digits: takes it. */
static int
check_status_code(PyObject *status_code)
{
    PyObject *status_int = NULL;
    int result = -1;

    if (status_code != NULL &&
        assert_(PyUnicode_GET_LENGTH(status_code) == 3,
                "Status codes must be three characters: %R", status_code) == 0)
    {
        status_int = PyNumber_Long(status_code);
    }
    if (status_int != NULL) {
        result = assert_(PyLong_AsLong(status_int) >= 100,
                         "Status code is invalid: %R", status_int);
    }
    Py_XDECREF(status_int);
    Py_XDECREF(status_code);
    return result;
}

static int
warn_of_status(PyObject *status)
{
    if (PyUnicode_GET_LENGTH(status) >= 4 &&
        PyUnicode_READ_CHAR(status, 3) == ' ') {
        return 0;
    }
    return warn(__LINE__, PyUnicode_FromFormat(
                              "The status string (%R) should be a three-digit "
                              "integer followed by a single space and a "
                              "status explanation",
                              status));
}

/* Lib/wsgiref/validate.py: check_status */
int
check_status(PyObject *status)
{
    if (FAILED(check_string_type(status, "Status") < 0) ||
        FAILED(check_status_code(first_word(status)) < 0))
    {
        return -1;
    }
    return TRACED(warn_of_status(status));
}

/* name.lower() == text */
static int
lower_is(PyObject *name, const char *text)
{
    PyObject *lower = PyObject_CallMethodNoArgs(name, names.lower);
    int result = lower == NULL
                     ? -1
                     : PyUnicode_CompareWithASCIIString(lower, text) == 0;

    Py_XDECREF(lower);
    return result;
}

static bool
has_character(PyObject *text, Py_UCS4 c)
{
    return PyUnicode_FindChar(text, c, 0, PyUnicode_GET_LENGTH(text), 1) >= 0;
}

static bool
ends_with(PyObject *text, Py_UCS4 c)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);

    return length > 0 && PyUnicode_READ_CHAR(text, length - 1) == c;
}

/* Checks one item of the headers. */
static int
check_header(void *context, PyObject *item)
{
    PyObject *name, *value, *character;
    Py_ssize_t bad;
    int is_status;

    (void)context;
    if (assert_(PyTuple_CheckExact(item),
                "Individual headers (%R) must be of type tuple: %R", item,
                Py_TYPE(item)) < 0 ||
        assert_(PyTuple_GET_SIZE(item) == 2, NULL) < 0)
    {
        return -1;
    }
    name = PyTuple_GET_ITEM(item, 0);
    value = PyTuple_GET_ITEM(item, 1);
    if (check_string_type(name, "Header name") < 0 ||
        check_string_type(value, "Header value") < 0)
    {
        return -1;
    }
    is_status = lower_is(name, "status");
    if (is_status < 0 ||
        assert_(!is_status,
                "The Status header cannot be used; it conflicts with CGI "
                "script, and HTTP status is not given through headers (value: "
                "%R).",
                value) < 0 ||
        assert_(!has_character(name, '\n') && !has_character(name, ':'),
                "Header names may not contain ':' or '\\n': %R", name) < 0 ||
        assert_(header_re_search(name), "Bad header name: %R", name) < 0 ||
        assert_(!ends_with(name, '-') && !ends_with(name, '_'),
                "Names may not end in '-' or '_': %R", name) < 0)
    {
        return -1;
    }
    bad = bad_header_value_re_search(value);
    if (bad < 0) {
        return 0;
    }
    character = PyUnicode_Substring(value, bad, bad + 1);
    if (character != NULL) {
        assert_(0, "Bad header value: %R (bad char: %R)", value, character);
        Py_DECREF(character);
    }
    return -1;
}

/* Lib/wsgiref/validate.py: check_headers */
int
check_headers(PyObject *headers)
{
    if (FAILED(assert_(PyList_CheckExact(headers),
                       "Headers (%R) must be of type list: %R", headers,
                       Py_TYPE(headers)) < 0))
    {
        return -1;
    }
    return TRACED(for_each(headers, check_header, NULL));
}

/* Whether one of the headers is the Content-Type: 1, 0, or -1. */
static int
has_content_type(PyObject *headers)
{
    PyObject *iterator = PyObject_GetIter(headers);
    PyObject *item;
    int found = 0;

    if (iterator == NULL) {
        return -1;
    }
    while (found == 0 && (item = PyIter_Next(iterator)) != NULL) {
        PyObject *name = k_of_pair(NULL, item);

        Py_DECREF(item);
        found = name == NULL || check_string_type(name, "Header name") < 0
                    ? -1
                    : lower_is(name, "content-type");
        Py_XDECREF(name);
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : found;
}

/* int(status.split(None, 1)[0]): a new reference. */
static PyObject *
code_of(PyObject *status)
{
    PyObject *word = first_word(status);
    PyObject *code = word == NULL ? NULL : PyNumber_Long(word);

    Py_XDECREF(word);
    return code;
}

/* A Content-Type must be there, but for the codes that have no body. */
static int
check_content_type_for(PyObject *code, PyObject *headers)
{
    int without_body = is_in(code, Py_BuildValue("(ii)", 204, 304));
    int found = without_body < 0 ? -1 : has_content_type(headers);

    if (found < 0 || found != without_body) {
        return found < 0 ? -1 : 0;
    }
    if (found) {
        return assert_(0,
                       "Content-Type header found in a %S response, which "
                       "must not return content.",
                       code);
    }
    return assert_percent(0, "No Content-Type header found in headers (%s)",
                          headers);
}

/* Lib/wsgiref/validate.py: check_content_type */
int
check_content_type(PyObject *status, PyObject *headers)
{
    PyObject *code;
    int result;

    if (FAILED(check_string_type(status, "Status") < 0)) {
        return -1;
    }
    code = code_of(status);
    if (FAILED(code == NULL)) {
        return -1;
    }
    result = check_content_type_for(code, headers);
    Py_DECREF(code);
    return TRACED(result);
}

/* ----- exc_info and the iterable ----- */

/* Lib/wsgiref/validate.py: check_exc_info */
int
check_exc_info(PyObject *exc_info)
{
    return TRACED(assert_(exc_info == Py_None || PyTuple_CheckExact(exc_info),
                          "exc_info (%R) is not a tuple: %R", exc_info,
                          Py_TYPE(exc_info)));
}

/* Lib/wsgiref/validate.py: check_iterator */
int
check_iterator(PyObject *iterator)
{
    PyObject *types = PyTuple_Pack(2, &PyUnicode_Type, &PyBytes_Type);
    int is_string = types == NULL ? -1 : PyObject_IsInstance(iterator, types);

    Py_XDECREF(types);
    if (FAILED(is_string < 0)) {
        return -1;
    }
    return TRACED(assert_(!is_string,
                          "You should not return a string as your application "
                          "iterator, instead return a single-item list "
                          "containing a bytestring."));
}

int
checks_ready(void)
{
    PyObject *warnings =
        PyImport_ImportModule("warnings"); /* which shows them */
    Py_XDECREF(warnings);
    if (WSGIWarning == NULL) {
        WSGIWarning = PyErr_NewException("cwsgiref.validate.WSGIWarning",
                                         PyExc_Warning, NULL);
    }
    if (registry == NULL) {
        registry = PyDict_New();
    }
    return warnings == NULL || WSGIWarning == NULL || registry == NULL ? -1
                                                                       : 0;
}
