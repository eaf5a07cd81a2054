#include "server/threading_servers.h"

#include <sys/socket.h>

#include "server/threading_mix_in.h"

PyTypeObject ThreadingUDPServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ThreadingUDPServer",
    .tp_base = &UDPServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ThreadingUDPServer_class = {
    .type = &ThreadingUDPServer_type,
    .mixed_over = &UDPServer_class,
    .timeout = -1,
    .address_family = AF_INET,
    .socket_type = SOCK_DGRAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .max_packet_size = 8192,
    .daemon_threads = false,
    .block_on_close = true,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = UDPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
    .get_request = UDPServer_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ThreadingMixIn_process_request,
    .server_close = ThreadingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = UDPServer_shutdown_request,
    .close_request = UDPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ThreadingTCPServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ThreadingTCPServer",
    .tp_base = &TCPServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ThreadingTCPServer_class = {
    .type = &ThreadingTCPServer_type,
    .mixed_over = &TCPServer_class,
    .timeout = -1,
    .address_family = AF_INET,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .daemon_threads = false,
    .block_on_close = true,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = TCPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
    .get_request = TCPServer_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ThreadingMixIn_process_request,
    .server_close = ThreadingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = TCPServer_shutdown_request,
    .close_request = TCPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ThreadingUnixStreamServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ThreadingUnixStreamServer",
    .tp_base = &UnixStreamServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ThreadingUnixStreamServer_class = {
    .type = &ThreadingUnixStreamServer_type,
    .mixed_over = &UnixStreamServer_class,
    .timeout = -1,
    .address_family = AF_UNIX,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .daemon_threads = false,
    .block_on_close = true,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = TCPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
    .get_request = TCPServer_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ThreadingMixIn_process_request,
    .server_close = ThreadingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = TCPServer_shutdown_request,
    .close_request = TCPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ThreadingUnixDatagramServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.socketserver.ThreadingUnixDatagramServer",
    .tp_base = &UnixDatagramServer_type,
    .tp_basicsize = sizeof(TCPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ThreadingUnixDatagramServer_class = {
    .type = &ThreadingUnixDatagramServer_type,
    .mixed_over = &UnixDatagramServer_class,
    .timeout = -1,
    .address_family = AF_UNIX,
    .socket_type = SOCK_DGRAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = false,
    .allow_reuse_port = false,
    .max_packet_size = 8192,
    .daemon_threads = false,
    .block_on_close = true,

    .init = TCPServer_init,
    .server_bind = TCPServer_server_bind,
    .server_activate = UDPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
    .get_request = UDPServer_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ThreadingMixIn_process_request,
    .server_close = ThreadingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = UDPServer_shutdown_request,
    .close_request = UDPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ThreadingHTTPServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.http.server.ThreadingHTTPServer",
    .tp_base = &HTTPServer_type,
    .tp_basicsize = sizeof(HTTPServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const BaseServerClass ThreadingHTTPServer_class = {
    .type = &ThreadingHTTPServer_type,
    .mixed_over = &HTTPServer_class,
    .timeout = -1,
    .address_family = AF_INET,
    .socket_type = SOCK_STREAM,
    .request_queue_size = REQUEST_QUEUE_SIZE,
    .allow_reuse_address = true,
    .allow_reuse_port = false,
    .daemon_threads = true,
    .block_on_close = true,

    .init = TCPServer_init,
    .server_bind = HTTPServer_server_bind,
    .server_activate = TCPServer_server_activate,
    .fileno = TCPServer_fileno,
    .service_actions = BaseServer_service_actions,
    .get_request = TCPServer_get_request,
    .handle_timeout = BaseServer_handle_timeout,
    .verify_request = BaseServer_verify_request,
    .process_request = ThreadingMixIn_process_request,
    .server_close = ThreadingMixIn_server_close,
    .finish_request = BaseServer_finish_request,
    .shutdown_request = TCPServer_shutdown_request,
    .close_request = TCPServer_close_request,
    .handle_error = BaseServer_handle_error,
};

PyTypeObject ThreadingWSGIServer_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "cwsgiref.simple_server.ThreadingWSGIServer",
    .tp_base = &WSGIServer_type,
    .tp_basicsize = sizeof(WSGIServer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
};

const WSGIServerClass ThreadingWSGIServer_class = {
    .base = {
        .type = &ThreadingWSGIServer_type,
        .mixed_over = &WSGIServer_class.base,
        .timeout = -1,
        .address_family = AF_INET,
        .socket_type = SOCK_STREAM,
        .request_queue_size = REQUEST_QUEUE_SIZE,
        .allow_reuse_address = true,
        .allow_reuse_port = false,
        .daemon_threads = false,
        .block_on_close = true,

        .init = TCPServer_init,
        .server_bind = WSGIServer_server_bind,
        .server_activate = TCPServer_server_activate,
        .fileno = TCPServer_fileno,
        .service_actions = BaseServer_service_actions,
        .get_request = TCPServer_get_request,
        .handle_timeout = BaseServer_handle_timeout,
        .verify_request = BaseServer_verify_request,
        .process_request = ThreadingMixIn_process_request,
        .server_close = ThreadingMixIn_server_close,
        .finish_request = BaseServer_finish_request,
        .shutdown_request = TCPServer_shutdown_request,
        .close_request = TCPServer_close_request,
        .handle_error = BaseServer_handle_error,
    },
    .setup_environ = WSGIServer_setup_environ,
    .get_app = WSGIServer_get_app,
    .set_app = WSGIServer_set_app,
};
