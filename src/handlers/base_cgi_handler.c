#include "handlers/base_cgi_handler.h"

PyTypeObject BaseCGIHandler_type = {
    .tp_name = "cwsgiref.handlers.BaseCGIHandler",
    .tp_base = &SimpleHandler_type,
};

BaseHandlerClass BaseCGIHandler_class;

/* class BaseCGIHandler(SimpleHandler): */
void
base_cgi_handler_ready(void)
{
    BaseCGIHandler_class = SimpleHandler_class;
    BaseCGIHandler_class.type = &BaseCGIHandler_type;
    BaseCGIHandler_class.origin_server = false;
}
