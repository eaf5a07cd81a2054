/* The headers of a request, and what is asked of them. */
#include "fuzz.h"

#include "headers/http_message.h"

static void
ask(HTTPMessage *message)
{
    drop(HTTPMessage_items(message));
    drop(HTTPMessage_keys(message));
    drop(HTTPMessage_values(message));
    drop(HTTPMessage_get_content_type(message));
    drop(HTTPMessage_get(message, "Content-Length", NULL));
    drop(HTTPMessage_get_all(message, "X-A", NULL));
    for (Py_ssize_t i = 0; i < HTTPMessage_len(message); i++) {
        drop(HTTPMessage_stripped_value(message, i));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { (const char *)data, size };
    size_t at_once = 1 + (size_t)input_byte(&input) * 64;
    BufferedIOBase *rfile = reader_of(input, at_once);
    HTTPMessage *message = parse_headers(rfile, &HTTPMessage_class);

    settle(message == NULL);
    if (message != NULL) {
        ask(message);
        Py_DECREF(message);
    }
    Py_DECREF(rfile);
    return 0;
}
