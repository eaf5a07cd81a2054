#include "handlers/handlers_types.h"

#include "handlers/base_cgi_handler.h"
#include "handlers/base_handler.h"
#include "handlers/cgi_handler.h"
#include "handlers/simple_handler.h"
#include "headers/headers_types.h"
#include "util/util_types.h"

int
handlers_types_ready(void)
{
    if (headers_types_ready() < 0 || util_types_ready() < 0 ||
        base_handler_ready() < 0 || PyType_Ready(&SimpleHandler_type) < 0 ||
        PyType_Ready(&BaseCGIHandler_type) < 0 || cgi_handler_ready() < 0)
    {
        return -1;
    }
    return 0;
}
