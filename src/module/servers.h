/* The classes of servers for Python: those of socketserver, http.server and
 * wsgiref.simple_server. */
#ifndef CWSGIREF_MODULE_SERVERS_H
#define CWSGIREF_MODULE_SERVERS_H

#include "module/class.h"

extern const Family servers_family;

/* Makes the tables, of those that types_ready() has completed. */
void servers_copy_tables(void);

#endif
