/* Lib/wsgiref/handlers.py: CGIHandler and IISCGIHandler. The one request of a
 * CGI program: sys.stdin, sys.stdout, sys.stderr and os.environ. */
#ifndef CWSGIREF_HANDLERS_CGI_HANDLER_H
#define CWSGIREF_HANDLERS_CGI_HANDLER_H

#include "handlers/base_cgi_handler.h"

/* They add no method and no field: their instances are SimpleHandlers. */
extern PyTypeObject CGIHandler_type;
extern BaseHandlerClass CGIHandler_class;

extern PyTypeObject IISCGIHandler_type;
extern BaseHandlerClass IISCGIHandler_class;

/* Makes the class tables, which are complete after types_ready(), and the
 * os_environ of each, which is empty. 0 or -1. Call it after
 * base_cgi_handler_ready(). */
int cgi_handler_ready(void);

/* CGIHandler(). `self` is from BaseHandler_new. */
int CGIHandler_init(BaseHandler *self);

/* IISCGIHandler(). `self` is from BaseHandler_new. */
int IISCGIHandler_init(BaseHandler *self);

#endif
