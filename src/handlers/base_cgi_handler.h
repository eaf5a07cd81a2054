/* Lib/wsgiref/handlers.py: BaseCGIHandler. Its answer goes to a web server,
 * not to the client: it begins with Status, and has no Date and no Server. */
#ifndef CWSGIREF_HANDLERS_BASE_CGI_HANDLER_H
#define CWSGIREF_HANDLERS_BASE_CGI_HANDLER_H

#include "handlers/simple_handler.h"

/* It adds no method, no field and no __init__: its instances are
 * SimpleHandlers, initialized by SimpleHandler_init. */
extern PyTypeObject BaseCGIHandler_type;
extern BaseHandlerClass BaseCGIHandler_class;

/* Makes the class table, which is complete after types_ready(). */
void base_cgi_handler_ready(void);

#endif
