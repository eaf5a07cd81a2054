/* The class attributes of BaseHTTPRequestHandler that C never reads: sys_version,
 * responses, weekdayname, monthname, MessageClass. The methods that read them
 * in Python look here whether Python code has set other ones. */
#ifndef CWSGIREF_MODULE_CLASS_ATTRIBUTES_H
#define CWSGIREF_MODULE_CLASS_ATTRIBUTES_H

#include "server/base_http_request_handler.h"

/* Gives them to the type, from Python's own class. 0 or -1; call it once. */
int class_attributes_ready(void);

/* Puts the methods that look into a table of BaseHTTPRequestHandler's. */
void class_attributes_look(BaseHTTPRequestHandlerClass *table);

#endif
