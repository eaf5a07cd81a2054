#include "headers/headers_types.h"

#include "headers/headers.h"
#include "headers/http_message.h"
#include "io/io_types.h"

/* class HTTPException(Exception), class LineTooLong(HTTPException), by the
 * names that a traceback shows in Python. */
static int
exceptions_ready(void)
{
    if (HTTPException == NULL) {
        HTTPException =
            PyErr_NewException("http.client.HTTPException", NULL, NULL);
    }
    if (HTTPException != NULL && LineTooLong == NULL) {
        LineTooLong =
            PyErr_NewException("http.client.LineTooLong", HTTPException, NULL);
    }
    return LineTooLong == NULL ? -1 : 0;
}

int
headers_types_ready(void)
{
    if (io_types_ready() < 0 || PyType_Ready(&Headers_type) < 0 ||
        PyType_Ready(&HTTPMessage_type) < 0)
    {
        return -1;
    }
    return exceptions_ready();
}
