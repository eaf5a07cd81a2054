/* In this file: the attributes and what they are at first; how a change is seen;
 * and the methods that look. */
#include "module/class_attributes.h"

#include "module/kinds.h"
#include "python/objects.h"

static const char *const attributes[] = {
    "MessageClass", "responses", "sys_version", "weekdayname", "monthname",
};

/* What the type has at first: a dict. */
static PyObject *originals;

int
class_attributes_ready(void)
{
    PyTypeObject *type = &BaseHTTPRequestHandler_type;
    PyObject *original = import_from("http.server", "BaseHTTPRequestHandler");
    int result;

    originals = original == NULL ? NULL : PyDict_New();
    result = originals == NULL ? -1 : 0;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(attributes) && result == 0; i++) {
        PyObject *value = PyObject_GetAttrString(original, attributes[i]);

        result =
            value == NULL ||
                    PyDict_SetItemString(originals, attributes[i], value) < 0
                ? -1
                : PyDict_SetItemString(type->tp_dict, attributes[i], value);
        Py_XDECREF(value);
    }
    Py_XDECREF(original);
    PyType_Modified(type);
    return result;
}

/* self.name, if it is another one than at first: 1 and a new reference, 0, or
 * -1. */
static int
changed(BaseHTTPRequestHandler *self, const char *name, PyObject **value)
{
    *value = PyObject_GetAttrString((PyObject *)self, name);
    if (*value == NULL) {
        return -1;
    }
    if (*value != PyDict_GetItemString(originals, name)) {
        return 1;
    }
    Py_CLEAR(*value);
    return 0;
}

static PyObject *
version_string(BaseHTTPRequestHandler *self)
{
    const BaseHTTPRequestHandlerClass *cls =
        (const BaseHTTPRequestHandlerClass *)self->base.base.cls;
    PyObject *sys_version, *version;
    int is_changed = changed(self, "sys_version", &sys_version);

    if (is_changed < 0) {
        return NULL;
    }
    if (!is_changed) {
        return BaseHTTPRequestHandler_version_string(self);
    }
    version = PyUnicode_FromFormat("%s ", cls->server_version);
    if (version != NULL) {
        Py_SETREF(version, PyUnicode_Concat(version, sys_version));
    }
    Py_DECREF(sys_version);
    return version;
}

/* The name of this month, if Python code has set the names. As changed(). */
static int
changed_month(BaseHTTPRequestHandler *self, PyObject **month)
{
    PyObject *names;
    int is_changed = changed(self, "monthname", &names);

    *month = NULL;
    if (is_changed <= 0) {
        return is_changed;
    }
    *month = attribute_of(call_function("time", "localtime", "()"), "tm_mon");
    if (*month != NULL) {
        Py_SETREF(*month, PyObject_GetItem(names, *month));
    }
    Py_DECREF(names);
    return *month == NULL ? -1 : 1;
}

static PyObject *
log_date_time_string(BaseHTTPRequestHandler *self)
{
    PyObject *month, *date, *changed_date = NULL;
    const char *text; /* 01/Jan/1970 00:00:00 */
    int is_changed = changed_month(self, &month);

    if (is_changed < 0) {
        return NULL;
    }
    date = BaseHTTPRequestHandler_log_date_time_string(self);
    if (!is_changed || date == NULL) {
        Py_XDECREF(month);
        return date;
    }
    text = PyUnicode_AsUTF8(date);
    if (text != NULL) {
        changed_date =
            PyUnicode_FromFormat("%.3s%3S%s", text, month, text + 6);
    }
    Py_DECREF(month);
    Py_DECREF(date);
    return changed_date;
}

/* self.responses[code], if Python code has set them: 1 and a new reference, 0
 * if it has not, or -1. `unknown` is for a code that they do not have. */
static int
changed_response(BaseHTTPRequestHandler *self, int code, const char *unknown,
                 PyObject **response)
{
    PyObject *responses, *key = PyLong_FromLong(code);
    int is_changed = key == NULL ? -1 : changed(self, "responses", &responses);

    *response = NULL;
    if (is_changed > 0) {
        *response = PyObject_GetItem(responses, key);
        Py_DECREF(responses);
        if (*response == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_Clear();
            *response = Py_BuildValue("(ss)", unknown, unknown);
        }
        is_changed = *response == NULL ? -1 : 1;
    }
    Py_XDECREF(key);
    return is_changed;
}

/* response[index], a str, as C has it; it belongs to *held. NULL with an
 * exception. */
static const char *
text_in(PyObject *response, Py_ssize_t index, PyObject **held)
{
    PyObject *item = PySequence_GetItem(response, index);

    *held = item == NULL ? NULL : PyObject_Str(item);
    Py_XDECREF(item);
    return *held == NULL ? NULL : c_text(*held);
}

static int
send_response_only(BaseHTTPRequestHandler *self, int code, const char *message)
{
    PyObject *response = NULL, *held = NULL;
    int result =
        message == NULL ? changed_response(self, code, "", &response) : 0;

    if (result > 0) {
        message = text_in(response, 0, &held);
        result = message == NULL ? -1 : 0;
    }
    if (result == 0) {
        result =
            BaseHTTPRequestHandler_send_response_only(self, code, message);
    }
    Py_XDECREF(response);
    Py_XDECREF(held);
    return result;
}

static int
send_error(BaseHTTPRequestHandler *self, int code, const char *message,
           const char *explain)
{
    PyObject *response = NULL, *texts[2] = { NULL, NULL };
    int result = message != NULL && explain != NULL
                     ? 0
                     : changed_response(self, code, "???", &response);

    if (result > 0) {
        result = 0;
        if (message == NULL) {
            message = text_in(response, 0, &texts[0]);
            result = message == NULL ? -1 : 0;
        }
        if (result == 0 && explain == NULL) {
            explain = text_in(response, 1, &texts[1]);
            result = explain == NULL ? -1 : 0;
        }
    }
    if (result == 0) {
        result =
            BaseHTTPRequestHandler_send_error(self, code, message, explain);
    }
    Py_XDECREF(response);
    Py_XDECREF(texts[0]);
    Py_XDECREF(texts[1]);
    return result;
}

void
class_attributes_look(BaseHTTPRequestHandlerClass *table)
{
    table->version_string = version_string;
    table->log_date_time_string = log_date_time_string;
    table->send_response_only = send_response_only;
    table->send_error = send_error;
}
