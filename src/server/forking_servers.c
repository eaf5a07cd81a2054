#include "server/forking_servers.h"

#include <sys/socket.h>

#include "server/forking_mix_in.h"

PyTypeObject ForkingUDPServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ForkingUDPServer",
    .tp_base = &UDPServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ForkingUDPServer_class = {
    .type = &ForkingUDPServer_type,
    .mixed_over = &UDPServer_class,
    .timeout = 300,
    .address_family = AF_INET,
    .socket_type = SOCK_DGRAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .max_packet_size = 8192,
    .block_on_close = true,
    .max_children = 40,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = UDPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = ForkingMixIn_service_actions,
    .get_request = UDPServer_get_request,
    .handle_timeout = ForkingMixIn_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ForkingMixIn_process_request,
    .server_close = ForkingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = UDPServer_shutdown_request,
    .close_request = UDPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ForkingTCPServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ForkingTCPServer",
    .tp_base = &TCPServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ForkingTCPServer_class = {
    .type = &ForkingTCPServer_type,
    .mixed_over = &TCPServer_class,
    .timeout = 300,
    .address_family = AF_INET,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .block_on_close = true,
    .max_children = 40,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = TCPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = ForkingMixIn_service_actions,
    .get_request = TCPServer_get_request,
    .handle_timeout = ForkingMixIn_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ForkingMixIn_process_request,
    .server_close = ForkingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = TCPServer_shutdown_request,
    .close_request = TCPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ForkingUnixStreamServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ForkingUnixStreamServer",
    .tp_base = &UnixStreamServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ForkingUnixStreamServer_class = {
    .type = &ForkingUnixStreamServer_type,
    .mixed_over = &UnixStreamServer_class,
    .timeout = 300,
    .address_family = AF_UNIX,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .block_on_close = true,
    .max_children = 40,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = TCPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = ForkingMixIn_service_actions,
    .get_request = TCPServer_get_request,
    .handle_timeout = ForkingMixIn_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ForkingMixIn_process_request,
    .server_close = ForkingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = TCPServer_shutdown_request,
    .close_request = TCPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ForkingUnixDatagramServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ForkingUnixDatagramServer",
    .tp_base = &UnixDatagramServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ForkingUnixDatagramServer_class = {
    .type = &ForkingUnixDatagramServer_type,
    .mixed_over = &UnixDatagramServer_class,
    .timeout = 300,
    .address_family = AF_UNIX,
    .socket_type = SOCK_DGRAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .max_packet_size = 8192,
    .block_on_close = true,
    .max_children = 40,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = UDPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = ForkingMixIn_service_actions,
    .get_request = UDPServer_get_request,
    .handle_timeout = ForkingMixIn_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ForkingMixIn_process_request,
    .server_close = ForkingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = UDPServer_shutdown_request,
    .close_request = UDPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ForkingWSGIServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.simple_server.ForkingWSGIServer",
    .tp_base = &WSGIServer_type,
    .tp_basicsize = sizeof(WSGIServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const WSGIServerClass ForkingWSGIServer_class = {
    .base = {
        .type = &ForkingWSGIServer_type,
        .mixed_over = &WSGIServer_class.base,
        .timeout = 300,
        .address_family = AF_INET,
        .socket_type = SOCK_STREAM,
        .request_queue_size = REQUEST_QUEUE_SIZE,
        .allow_reuse_address = true,
        .allow_reuse_port = false,
        .block_on_close = true,
        .max_children = 40,

        .init = TCPServer_init,
        .server_bind = WSGIServer_server_bind,
        .server_activate = TCPServer_server_activate,
        .fileno = TCPServer_fileno,
        .service_actions = ForkingMixIn_service_actions,
        .get_request = TCPServer_get_request,
        .handle_timeout = ForkingMixIn_handle_timeout,
        .verify_request = BaseServer_verify_request,
        .process_request = ForkingMixIn_process_request,
        .server_close = ForkingMixIn_server_close,
        .finish_request = BaseServer_finish_request,
        .shutdown_request = TCPServer_shutdown_request,
        .close_request = TCPServer_close_request,
        .handle_error = BaseServer_handle_error,
    },
    .setup_environ = WSGIServer_setup_environ,
    .get_app = WSGIServer_get_app,
    .set_app = WSGIServer_set_app,
};
