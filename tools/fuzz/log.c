/* A line of the log, which escapes what a terminal would obey. */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { (const char *)data, size };
    PyObject *message = input_text(input_until(&input, '\n'));
    PyObject *args = message == NULL ? NULL : Py_BuildValue("(N)", message);
    BaseHTTPRequestHandler *self = new_handler(input, 8192);

    settle(args == NULL);
    settle(BaseHTTPRequestHandler_log_message(self, "%s", args) < 0);
    Py_XSETREF(self->requestline, input_text(input));
    settle(BaseHTTPRequestHandler_log_request(self, NULL, NULL) < 0);
    Py_DECREF(self);
    Py_DECREF(args);
    return 0;
}
