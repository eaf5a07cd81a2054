/* The classes of request handlers for Python: those of socketserver,
 * http.server and wsgiref.simple_server. */
#ifndef CWSGIREF_MODULE_REQUEST_HANDLERS_H
#define CWSGIREF_MODULE_REQUEST_HANDLERS_H

#include "module/class.h"

extern const Family request_handlers_family;

/* Makes the tables, of those that types_ready() has completed. */
void request_handlers_copy_tables(void);

#endif
