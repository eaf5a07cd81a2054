/* Lib/wsgiref/simple_server.py: server_version, sys_version, software_version.
 * Complete after types_ready(). */
#ifndef CWSGIREF_SERVER_VERSION_H
#define CWSGIREF_SERVER_VERSION_H

extern char server_version[20];   /* "WSGIServer/0.2" */
extern char software_version[80]; /* the Server header: the first, and
                                   * "CPython/3.11.2" */

/* Fills them in as in the linked release; types_ready() calls it. */
void version_ready(void);

#endif
