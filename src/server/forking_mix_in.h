/* Lib/socketserver.py: ForkingMixIn: a new process for each request, for any
 * server class. The classes that Python makes with it are in
 * mixed_servers.h. */
#ifndef CWSGIREF_SERVER_FORKING_MIX_IN_H
#define CWSGIREF_SERVER_FORKING_MIX_IN_H

#include "server/base_server.h"

/* class cls(ForkingMixIn, over): puts the slots and the class attributes of
 * the mix-in into `cls`, a copy of the table `over`. `over` must outlive
 * `cls`, and must not be mixed itself: a table has only one super(), so that
 * the methods of two mix-ins would call each other without end. */
void ForkingMixIn_lay_over(BaseServerClass *cls, const BaseServerClass *over);

/* Collects the children that have exited. If there are max_children or more,
 * it waits until there are fewer; if `blocking`, until there are none. */
int ForkingMixIn_collect_children(BaseServer *self, bool blocking);
int ForkingMixIn_handle_timeout(BaseServer *self);
int ForkingMixIn_service_actions(BaseServer *self);
int ForkingMixIn_process_request(BaseServer *self, PyObject *request,
                                 PyObject *client_address);
/* With block_on_close it waits for the children. */
int ForkingMixIn_server_close(BaseServer *self);

/* Ends the children that are left, for a program that must end now: SIGTERM to
 * all, and after a second SIGKILL to those that are still there. Call it
 * before server_close, which waits for max_children or more even without
 * block_on_close. */
int end_children(BaseServer *self);

#endif
