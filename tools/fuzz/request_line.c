/* A whole request, as it comes from a client: its line, its headers, and the
 * environ that is made of them. */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { (const char *)data, size };
    size_t at_once = 1 + (size_t)input_byte(&input) * 64;
    BaseHTTPRequestHandler *self = new_handler(input, at_once);
    BufferedIOBase *rfile = self->base.rfile;
    int parsed;

    Py_XSETREF(self->raw_requestline, rfile->cls->readline(rfile, 65537));
    settle(self->raw_requestline == NULL);
    parsed = BaseHTTPRequestHandler_parse_request(self);
    settle(parsed < 0);
    if (parsed > 0) {
        drop(WSGIRequestHandler_get_environ(self));
    }
    Py_DECREF(self);
    return 0;
}
