/* The classes of wsgiref.handlers, and ServerHandler, for Python. */
#ifndef CWSGIREF_MODULE_HANDLERS_H
#define CWSGIREF_MODULE_HANDLERS_H

#include "module/class.h"

extern const Family handlers_family;

/* Makes the tables, of those that types_ready() has completed. */
void handlers_copy_tables(void);

#endif
