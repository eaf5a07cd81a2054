/* The checks of wsgiref.validate, in the order of Lib/wsgiref/validate.py:
 * assert_ and check_string_type, with which all others are made; check_environ
 * and what it looks at; then the streams, the status, the headers, exc_info
 * and the iterable. */
#include "validate/checks.h"

#include <stdarg.h>
#include <stdbool.h>

#include "python/errors.h"
#include "python/names.h"
#include "python/objects.h"
#include "python/unpack.h"

PyObject *WSGIWarning;

/* owned; what has been warned of already: the __warningregistry__ that
 * Python's module has */
static PyObject *registry;

/* ----- What all checks are made of ----- */

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

    if (FAILED(cond < 0)) {
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
    if (!FAILED(message == NULL)) {
        PyErr_SetObject(PyExc_AssertionError, message);
        (void)FAILED(true);
        Py_DECREF(message);
    }
    return -1;
}

/* warnings.warn(message, WSGIWarning), of this file and that line. */
static int
warn(int line, const char *format, ...)
{
    PyObject *file = NULL, *module = NULL, *message;
    va_list arguments;
    int result = -1;

    va_start(arguments, format);
    message = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (message != NULL) {
        file = PyUnicode_FromString(__FILE__);
        module = PyUnicode_FromString("cwsgiref.validate");
    }
    if (file != NULL && module != NULL) {
        result = PyErr_WarnExplicitObject(WSGIWarning, message, file, line,
                                          module, registry);
    }
    Py_XDECREF(message);
    Py_XDECREF(module);
    Py_XDECREF(file);
    return result;
}

/* text % arg, where a tuple is not one argument but several. */
static PyObject *
percent(const char *text, PyObject *arg)
{
    PyObject *format = PyUnicode_FromString(text);
    PyObject *result = format == NULL ? NULL : PyUnicode_Format(format, arg);

    Py_XDECREF(format);
    return result;
}

/* ----- The environ ----- */

/* That a variable without a dot in its name is a string. */
static int
check_variable(PyObject *env, PyObject *key)
{
    PyObject *value = NULL;
    int extension = contains(key, ".");
    int result;

    if (extension != 0) { /* or an error */
        return extension < 0 ? -1 : 0;
    }
    value = PyObject_GetItem(env, key);
    if (value == NULL) {
        return -1;
    }
    result = assert_(PyUnicode_CheckExact(value),
                     "Environmental variable %S is not a string: %R (value: "
                     "%R)",
                     key, Py_TYPE(value), value);
    Py_DECREF(value);
    return result;
}

/* for key in environ.keys() */
static int
check_variables(PyObject *env)
{
    PyObject *iterator = PyObject_GetIter(env);
    PyObject *key;
    int result = 0;

    while (iterator != NULL && result == 0 &&
           (key = PyIter_Next(iterator)) != NULL)
    {
        result = check_variable(env, key);
        Py_DECREF(key);
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : 0;
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
    int known = is_in(scheme, Py_BuildValue("(ss)", "http", "https"));
    PyObject *message;
    int result = -1;

    if (known < 0) {
        return -1;
    }
    message = percent("wsgi.url_scheme unknown: %r", scheme);
    if (message != NULL) {
        result = assert_(known, "%U", message);
        Py_DECREF(message);
    }
    return result;
}

/* check(environ[key]) */
static int
check_item(PyObject *env, const char *key, int (*check)(PyObject *))
{
    PyObject *item = PyMapping_GetItemString(env, key);
    int result;

    if (item == NULL) {
        return -1;
    }
    result = check(item);
    Py_DECREF(item);
    return result;
}

/* Whether the method is one that the original knows. */
static int
is_known_method(PyObject *method)
{
    return is_in(method,
                 Py_BuildValue("(ssssssss)", "GET", "HEAD", "POST", "OPTIONS",
                               "PATCH", "PUT", "DELETE", "TRACE"));
}

static int
warn_of_method(PyObject *method)
{
    int known = is_known_method(method);
    PyObject *message;
    int result = -1;

    if (known != 0) {
        return known < 0 ? -1 : 0;
    }
    message = percent("Unknown REQUEST_METHOD: %r", method);
    if (message != NULL) {
        result = warn(__LINE__, "%U", message);
        Py_DECREF(message);
    }
    return result;
}

/* Whether environ.get(key) is true: 1, 0 or -1. */
static int
get_is_true(PyObject *env, const char *key)
{
    return truth(PyObject_CallMethod(env, "get", "s", key));
}

/* That SCRIPT_NAME or PATH_INFO is empty, or begins with a slash. The message
 * asks for environ[key] whether it is needed or not: KeyError for none. */
static int
check_slash(PyObject *env, const char *key)
{
    int filled = get_is_true(env, key);
    PyObject *value = filled < 0 ? NULL : PyMapping_GetItemString(env, key);
    PyObject *starts = NULL, *message = NULL;
    int result = -1;

    if (value == NULL) {
        return -1;
    }
    starts = filled ? PyObject_CallMethod(value, "startswith", "s", "/")
                    : Py_NewRef(Py_True);
    if (starts != NULL) {
        message = percent("%r", value);
    }
    if (message != NULL) {
        result = assert_(PyObject_IsTrue(starts),
                         "%s doesn't start with /: %U", key, message);
        Py_DECREF(message);
    }
    Py_XDECREF(starts);
    Py_DECREF(value);
    return result;
}

static int
check_content_length(PyObject *value)
{
    PyObject *length = PyNumber_Long(value);
    PyObject *zero = PyLong_FromLong(0);
    int result = -1;

    if (length != NULL && zero != NULL) {
        result = assert_(PyObject_RichCompareBool(length, zero, Py_GE),
                         "Invalid CONTENT_LENGTH: %R", value);
    }
    Py_XDECREF(zero);
    Py_XDECREF(length);
    return result;
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

/* The variables that must be there, and those that must not. */
static int
check_names(PyObject *env)
{
    static const char *const required[] = {
        "REQUEST_METHOD",   "SERVER_NAME",       "SERVER_PORT",
        "wsgi.version",     "wsgi.input",        "wsgi.errors",
        "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once",
    };
    static const char *const refused[] = { "HTTP_CONTENT_TYPE",
                                           "HTTP_CONTENT_LENGTH" };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(required); i++) {
        int found = contains(env, required[i]);

        if (FAILED_IN(check_environ, found < 0) ||
            FAILED_IN(check_environ,
                      assert_(found, "Environment missing required key: '%s'",
                              required[i]) < 0))
        {
            return -1;
        }
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(refused); i++) {
        int found = contains(env, refused[i]);

        if (FAILED_IN(check_environ, found < 0) ||
            FAILED_IN(
                check_environ,
                assert_(!found,
                        "Environment should not have the key: %s (use %s "
                        "instead)",
                        refused[i], refused[i] + 5) < 0))
        {
            return -1;
        }
    }
    return 0;
}

/* SCRIPT_NAME and PATH_INFO: one of them has something, and the first is not
 * '/'. */
static int
check_path(PyObject *env)
{
    int found = get_is_true(env, "SCRIPT_NAME");

    if (FAILED_IN(check_environ, found < 0)) {
        return -1;
    }
    if (!found) {
        found = contains(env, "PATH_INFO");
        if (FAILED_IN(check_environ, found < 0) ||
            FAILED_IN(check_environ,
                      assert_(found,
                              "One of SCRIPT_NAME or PATH_INFO are "
                              "required (PATH_INFO should at least be '/' "
                              "if SCRIPT_NAME is empty)") < 0))
        {
            return -1;
        }
    }
    found = is_not_a_slash(env);
    if (FAILED_IN(check_environ, found < 0) ||
        FAILED_IN(check_environ,
                  assert_(found,
                          "SCRIPT_NAME cannot be '/'; it should instead "
                          "be '', and PATH_INFO should be '/'") < 0))
    {
        return -1;
    }
    return 0;
}

/* Lib/wsgiref/validate.py: check_environ */
int
check_environ(PyObject *env)
{
    int found;

    if (FAILED(assert_(PyDict_CheckExact(env),
                       "Environment is not of the right type: %R "
                       "(environment: %R)",
                       Py_TYPE(env), env) < 0))
    {
        return -1;
    }
    if (check_names(env) < 0) {
        return -1;
    }
    found = contains(env, "QUERY_STRING");
    if (FAILED(found < 0) ||
        (!found &&
         FAILED(warn(__LINE__,
                     "QUERY_STRING is not in the WSGI environment; the cgi "
                     "module will use sys.argv when this variable is missing, "
                     "so application errors are more likely") < 0)))
    {
        return -1;
    }
    if (FAILED(check_variables(env) < 0) ||
        FAILED(check_item(env, "wsgi.version", check_version) < 0) ||
        FAILED(check_item(env, "wsgi.url_scheme", check_url_scheme) < 0) ||
        FAILED(check_item(env, "wsgi.input", check_input) < 0) ||
        FAILED(check_item(env, "wsgi.errors", check_errors) < 0) ||
        FAILED(check_item(env, "REQUEST_METHOD", warn_of_method) < 0) ||
        FAILED(check_slash(env, "SCRIPT_NAME") < 0) ||
        FAILED(check_slash(env, "PATH_INFO") < 0))
    {
        return -1;
    }
    found = get_is_true(env, "CONTENT_LENGTH");
    if (FAILED(found < 0) ||
        (found &&
         FAILED(check_item(env, "CONTENT_LENGTH", check_content_length) < 0)))
    {
        return -1;
    }
    return check_path(env);
}

/* ----- The streams ----- */

/* Lib/wsgiref/validate.py: check_input */
int
check_input(PyObject *wsgi_input)
{
    static const char *const attrs[] = { "read", "readline", "readlines",
                                         "__iter__" };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(attrs); i++) {
        int found = has_attribute(wsgi_input, attrs[i]);

        if (FAILED(found < 0) ||
            FAILED(assert_(found,
                           "wsgi.input (%R) doesn't have the attribute "
                           "%s",
                           wsgi_input, attrs[i]) < 0))
        {
            return -1;
        }
    }
    return 0;
}

/* Lib/wsgiref/validate.py: check_errors */
int
check_errors(PyObject *wsgi_errors)
{
    static const char *const attrs[] = { "flush", "write", "writelines" };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(attrs); i++) {
        int found = has_attribute(wsgi_errors, attrs[i]);

        if (FAILED(found < 0) ||
            FAILED(assert_(found,
                           "wsgi.errors (%R) doesn't have the "
                           "attribute %s",
                           wsgi_errors, attrs[i]) < 0))
        {
            return -1;
        }
    }
    return 0;
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

/* Lib/wsgiref/validate.py: check_status */
int
check_status(PyObject *status)
{
    PyObject *status_code = NULL, *status_int = NULL;
    int result = -1;

    if (FAILED(check_string_type(status, "Status") < 0)) {
        return -1;
    }
    status_code = first_word(status);
    if (FAILED(status_code == NULL) ||
        FAILED(assert_(PyUnicode_GET_LENGTH(status_code) == 3,
                       "Status codes must be three characters: %R",
                       status_code) < 0))
    {
        goto done;
    }
    status_int = PyNumber_Long(status_code);
    if (FAILED(status_int == NULL) ||
        FAILED(assert_(PyLong_AsLong(status_int) >= 100,
                       "Status code is invalid: %R", status_int) < 0))
    {
        goto done;
    }
    if ((PyUnicode_GET_LENGTH(status) < 4 ||
         PyUnicode_READ_CHAR(status, 3) != ' ') &&
        FAILED(warn(__LINE__,
                    "The status string (%R) should be a three-digit integer "
                    "followed by a single space and a status explanation",
                    status) < 0))
    {
        goto done;
    }
    result = 0;

done:
    Py_XDECREF(status_int);
    Py_XDECREF(status_code);
    return result;
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

/* One item of the headers. */
static int
check_header(PyObject *item)
{
    PyObject *name, *value;
    Py_ssize_t bad;
    int is_status;

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
    if (bad >= 0) {
        PyObject *character = PyUnicode_Substring(value, bad, bad + 1);

        if (character != NULL) {
            assert_(0, "Bad header value: %R (bad char: %R)", value,
                    character);
            Py_DECREF(character);
        }
        return -1;
    }
    return 0;
}

/* Lib/wsgiref/validate.py: check_headers */
int
check_headers(PyObject *headers)
{
    PyObject *iterator, *item;
    int result = 0;

    if (FAILED(assert_(PyList_CheckExact(headers),
                       "Headers (%R) must be of type list: %R", headers,
                       Py_TYPE(headers)) < 0))
    {
        return -1;
    }
    iterator = PyObject_GetIter(headers);
    if (FAILED(iterator == NULL)) {
        return -1;
    }
    while (result == 0 && (item = PyIter_Next(iterator)) != NULL) {
        if (FAILED(check_header(item) < 0)) {
            result = -1;
        }
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return result;
}

/* for name, value in headers: the name of one of them, a new reference. */
static PyObject *
name_of(PyObject *item)
{
    PyObject *name, *value;

    if (unpack_pair(item, &name, &value) < 0) {
        return NULL;
    }
    Py_DECREF(value);
    return name;
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
        PyObject *name = name_of(item);

        Py_DECREF(item);
        found = name == NULL || check_string_type(name, "Header name") < 0
                    ? -1
                    : lower_is(name, "content-type");
        Py_XDECREF(name);
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : found;
}

/* The last line of check_content_type, of a tuple what `%` makes of it. */
static int
fail_without_content_type(PyObject *headers)
{
    PyObject *message =
        percent("No Content-Type header found in headers (%s)", headers);

    if (message != NULL) {
        assert_(0, "%U", message);
        Py_DECREF(message);
    }
    return -1;
}

/* Lib/wsgiref/validate.py: check_content_type */
int
check_content_type(PyObject *status, PyObject *headers)
{
    PyObject *status_code = NULL, *code = NULL;
    int without_body, found;
    int result = -1;

    if (FAILED(check_string_type(status, "Status") < 0)) {
        return -1;
    }
    status_code = first_word(status);
    if (FAILED(status_code == NULL)) {
        goto done;
    }
    code = PyNumber_Long(status_code);
    if (FAILED(code == NULL)) {
        goto done;
    }
    without_body = is_in(code, Py_BuildValue("(ii)", 204, 304));
    if (FAILED(without_body < 0)) {
        goto done;
    }
    found = has_content_type(headers);
    if (FAILED(found < 0)) {
        goto done;
    }
    if (found && without_body) {
        (void)FAILED(assert_(0,
                             "Content-Type header found in a %S response, "
                             "which must not return content.",
                             code) < 0);
        goto done;
    }
    if (!found && !without_body &&
        FAILED(fail_without_content_type(headers) < 0)) {
        goto done;
    }
    result = 0;

done:
    Py_XDECREF(code);
    Py_XDECREF(status_code);
    return result;
}

/* ----- exc_info and the iterable ----- */

/* Lib/wsgiref/validate.py: check_exc_info */
int
check_exc_info(PyObject *exc_info)
{
    if (FAILED(assert_(exc_info == Py_None || PyTuple_CheckExact(exc_info),
                       "exc_info (%R) is not a tuple: %R", exc_info,
                       Py_TYPE(exc_info)) < 0))
    {
        return -1;
    }
    return 0;
}

/* Lib/wsgiref/validate.py: check_iterator */
int
check_iterator(PyObject *iterator)
{
    PyObject *types = PyTuple_Pack(2, &PyUnicode_Type, &PyBytes_Type);
    int is_string = types == NULL ? -1 : PyObject_IsInstance(iterator, types);

    Py_XDECREF(types);
    if (FAILED(is_string < 0) ||
        FAILED(assert_(!is_string,
                       "You should not return a string as your application "
                       "iterator, instead return a single-item list "
                       "containing a bytestring.") < 0))
    {
        return -1;
    }
    return 0;
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
