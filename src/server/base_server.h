/* Lib/socketserver.py: BaseServer. */
#ifndef CWSGIREF_SERVER_BASE_SERVER_H
#define CWSGIREF_SERVER_BASE_SERVER_H

#include <Python.h>
#include <stdbool.h>

#include "io/socket.h"
#include "python/event.h"
#include "python/release.h"

typedef struct BaseServer BaseServer;
typedef struct BaseServerClass BaseServerClass;
typedef struct BaseRequestHandlerClass BaseRequestHandlerClass;
typedef struct Threads Threads;

/* What the class does: one table, shared by every instance. It, and the table
 * that `mixed_over` points to, must outlive the servers of the class. A
 * `request` is what get_request gives: a Socket, for a TCPServer. */
struct BaseServerClass {
    PyTypeObject *type;
    const BaseServerClass *mixed_over; /* a mix-in's super(), or NULL */

    double timeout; /* seconds that handle_request waits; -1 is None */
    /* TCPServer's */
    int address_family;
    int socket_type;
    int request_queue_size;
    bool allow_reuse_address;
    bool allow_reuse_port;
    int max_packet_size; /* UDPServer's, in bytes */
    /* ThreadingMixIn's and ForkingMixIn's */
    bool daemon_threads;
    bool block_on_close;
    int max_children;

    /* BaseServer's ignores bind_and_activate. */
    int (*init)(BaseServer *self, PyObject *server_address,
                const BaseRequestHandlerClass *RequestHandlerClass,
                bool bind_and_activate);
    int (*server_bind)(BaseServer *self);
    int (*server_activate)(BaseServer *self);
    int (*fileno)(BaseServer *self);
    int (*service_actions)(BaseServer *self);
    int (*_handle_request_noblock)(BaseServer *self);
    int (*get_request)(BaseServer *self, PyObject **request,
                       PyObject **client_address);
    int (*handle_timeout)(BaseServer *self);
    int (*verify_request)(BaseServer *self, PyObject *request,
                          PyObject *client_address);
    int (*process_request)(BaseServer *self, PyObject *request,
                           PyObject *client_address);
    int (*server_close)(BaseServer *self);
    int (*finish_request)(BaseServer *self, PyObject *request,
                          PyObject *client_address);
    int (*shutdown_request)(BaseServer *self, PyObject *request);
    int (*close_request)(BaseServer *self, PyObject *request);
    int (*handle_error)(BaseServer *self, PyObject *request,
                        PyObject *client_address);
};

/* The instance. */
struct BaseServer {
    PyObject_HEAD
    const BaseServerClass *cls; /* what type(self) does */
    PyObject *server_address;   /* owned; (host, port) */
    const BaseRequestHandlerClass *RequestHandlerClass;
    Event is_shut_down; /* set when serve_forever has ended */
    bool shutdown_request;
    Socket *socket;            /* owned; TCPServer's, NULL in a BaseServer */
    Threads *_threads;         /* owned; ThreadingMixIn's, NULL at first */
    PyObject *active_children; /* owned; ForkingMixIn's: a set of process
                                * ids, NULL is None */
};

extern PyTypeObject BaseServer_type;
extern const BaseServerClass BaseServer_class;

/* cls(server_address, RequestHandlerClass): a new reference, or NULL (address
 * in use, permission denied, host not found). */
BaseServer *BaseServer_new(const BaseServerClass *cls,
                           PyObject *server_address,
                           const BaseRequestHandlerClass *RequestHandlerClass);

int BaseServer_init(BaseServer *self, PyObject *server_address,
                    const BaseRequestHandlerClass *RequestHandlerClass,
                    bool bind_and_activate);
int BaseServer_server_activate(BaseServer *self);
/* Handles requests until shutdown(), or until a signal handler raises.
 * poll_interval: how often it looks at the shutdown flag, in seconds. */
int BaseServer_serve_forever(BaseServer *self, double poll_interval);
/* Ends serve_forever from another thread and waits for it. */
int BaseServer_shutdown(BaseServer *self);
int BaseServer_service_actions(BaseServer *self);
/* Handles one request; waits for it for `timeout` seconds at most. */
int BaseServer_handle_request(BaseServer *self);
int BaseServer__handle_request_noblock(BaseServer *self);
int BaseServer_handle_timeout(BaseServer *self);
int BaseServer_verify_request(BaseServer *self, PyObject *request,
                              PyObject *client_address); /* 1, 0, -1 */
int BaseServer_process_request(BaseServer *self, PyObject *request,
                               PyObject *client_address);
int BaseServer_server_close(BaseServer *self);
int BaseServer_finish_request(BaseServer *self, PyObject *request,
                              PyObject *client_address);
int BaseServer_shutdown_request(BaseServer *self, PyObject *request);
int BaseServer_close_request(BaseServer *self, PyObject *request);
/* Prints the handled exception (except_enter) on sys.stderr. */
int BaseServer_handle_error(BaseServer *self, PyObject *request,
                            PyObject *client_address);

int BaseServer_traverse(PyObject *op, visitproc visit, void *arg);
int BaseServer_clear(PyObject *op);

#endif
