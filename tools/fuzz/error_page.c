/* The page of an error: its words come from the client's request. */
#include "fuzz.h"

#include <string.h>

/* The piece as text of C: UTF-8, which the interface asks for, without NUL. A
 * new reference to a bytes object, or NULL for a piece that is empty. */
static PyObject *
words_of(Input piece)
{
    PyObject *text = piece.size == 0 ? NULL : input_latin1(piece);
    PyObject *words = text == NULL ? NULL : PyUnicode_AsUTF8String(text);

    settle(PyErr_Occurred() != NULL);
    Py_XDECREF(text);
    return words;
}

static const char *
text_of(PyObject *words)
{
    return words == NULL ? NULL : PyBytes_AS_STRING(words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { (const char *)data, size };
    int code = input_byte(&input) * 4;
    PyObject *message = words_of(input_until(&input, '\n'));
    PyObject *explain = words_of(input_until(&input, '\n'));
    BaseHTTPRequestHandler *self = new_handler(input, 8192);

    Py_XSETREF(self->requestline, input_latin1(input));
    Py_XSETREF(self->request_version, PyUnicode_FromString("HTTP/1.1"));
    Py_XSETREF(self->command, PyUnicode_FromString("GET"));
    settle(BaseHTTPRequestHandler_send_error(self, code, text_of(message),
                                             text_of(explain)) < 0);
    Py_DECREF(self);
    Py_XDECREF(message);
    Py_XDECREF(explain);
    return 0;
}
