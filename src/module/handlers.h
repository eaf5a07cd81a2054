/* The classes of wsgiref.handlers, and ServerHandler, for Python. */
#ifndef CWSGIREF_MODULE_HANDLERS_H
#define CWSGIREF_MODULE_HANDLERS_H

#include "module/class.h"

extern const Family handlers_family;

#endif
