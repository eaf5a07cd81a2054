/* The class of wsgiref.headers for Python. */
#ifndef CWSGIREF_MODULE_HEADERS_H
#define CWSGIREF_MODULE_HEADERS_H

#include "module/class.h"

extern const Family headers_family;

extern const Kind headers_kind;       /* Headers *, owned; NULL is None */
extern const Kind headers_class_kind; /* const HeadersClass * */

#endif
