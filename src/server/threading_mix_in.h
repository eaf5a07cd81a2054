/* Lib/socketserver.py: _Threads, _NoThreads, ThreadingMixIn: a new thread for
 * each request, for any server class. The classes that Python makes with it
 * are in mixed_servers.h. */
#ifndef CWSGIREF_SERVER_THREADING_MIX_IN_H
#define CWSGIREF_SERVER_THREADING_MIX_IN_H

#include <stdbool.h>

#include "server/base_server.h"

/* What `self._threads` can do. */
typedef struct ThreadsClass {
    PyTypeObject *type;

    int (*append)(Threads *self, PyObject *thread);
    int (*join)(Threads *self);
} ThreadsClass;

/* The list of threads to be joined: a list to Python, too. */
struct Threads {
    PyListObject base; /* must stay first */
    const ThreadsClass *cls;
};

/* Keeps Python's own way to start a thread, before an application can replace
 * it; types_ready() calls it. 0 or -1. */
int threading_mix_in_ready(void);

/* True if the application has replaced it, as gevent's monkey.patch_all()
 * does. Its threads are then greenlets, which a server written in C never lets
 * run; the server's own are still real threads. */
bool are_threads_patched(void);

extern PyTypeObject Threads_type;
extern const ThreadsClass Threads_class;

extern PyTypeObject NoThreads_type;
extern const ThreadsClass NoThreads_class;

Threads *Threads_new(const ThreadsClass *cls);

/* Adds a thread, unless it is a daemon, and drops those that have ended. */
int Threads_append(Threads *self, PyObject *thread);
PyObject *Threads_pop_all(Threads *self); /* a new list */
int Threads_join(Threads *self);
int Threads_reap(Threads *self);

int NoThreads_append(Threads *self, PyObject *thread);
int NoThreads_join(Threads *self);

/* class cls(ThreadingMixIn, over): puts the slots and the class attributes of
 * the mix-in into `cls`, a copy of the table `over`. `over` must outlive
 * `cls`, and must not be mixed itself: a table has only one super(), so that
 * the methods of two mix-ins would call each other without end. */
void ThreadingMixIn_lay_over(BaseServerClass *cls,
                             const BaseServerClass *over);

/* What the thread of a request does: handles the request, and an exception. */
int ThreadingMixIn_process_request_thread(BaseServer *self, PyObject *request,
                                          PyObject *client_address);
int ThreadingMixIn_process_request(BaseServer *self, PyObject *request,
                                   PyObject *client_address);
/* With block_on_close it waits for the threads, unless they are daemons. */
int ThreadingMixIn_server_close(BaseServer *self);

#endif
