/* The class of wsgiref.headers for Python. */
#ifndef CWSGIREF_MODULE_HEADERS_H
#define CWSGIREF_MODULE_HEADERS_H

#include "headers/headers.h"
#include "module/class.h"

extern const Family headers_family;

/* Headers_class for C, whose instances have the table of the type as it is
 * now. headers_copy_table() makes it, of one that types_ready() has
 * completed. */
extern HeadersClass Headers_as_it_is;
void headers_copy_table(void);

extern const Kind headers_kind;       /* Headers *, owned; NULL is None */
extern const Kind headers_class_kind; /* const HeadersClass * */

#endif
