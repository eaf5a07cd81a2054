"""Subclasses of every class that can be overridden, used the same way over two
sets of classes. Prints what each has done as JSON: {case: record}.

python3 -m tests.module.subclasses cwsgiref|python [WORD]

With a word: only the cases that have it in their names.
"""

import json
import os
import socket
import sys

from tests.module.serving import (
    WAYS, Case, run_base, run_cgi, run_simple, serve_as_handler,
    serve_as_server_handler, serve_base, serve_http, serve_http_1_1, serve_tcp,
    serve_wsgi, use_headers)
from tests.module import by_hand

import http.server
import socketserver
import wsgiref.handlers
import wsgiref.headers
import wsgiref.simple_server


# ----- Each method, each attribute, in each way -----

def by(serve):
    """With a class of request handlers."""
    def serve_by(case, handler_class):
        serve(case, None, handler_class)
    return serve_by


def classes():
    """(the class, what is done with a subclass of it)"""
    simple_server = wsgiref.simple_server
    return [
        (socketserver.BaseServer, serve_base),
        (socketserver.TCPServer, serve_tcp),
        (http.server.HTTPServer, serve_http),
        (simple_server.WSGIServer, serve_wsgi),
        (socketserver.BaseRequestHandler, by(serve_tcp)),
        (socketserver.StreamRequestHandler, by(serve_tcp)),
        (http.server.BaseHTTPRequestHandler, by(serve_http)),
        (http.server.BaseHTTPRequestHandler, serve_http_1_1),
        (simple_server.WSGIRequestHandler, by(serve_wsgi)),
        (wsgiref.handlers.BaseHandler, run_base),
        (wsgiref.handlers.SimpleHandler, run_simple),
        (wsgiref.handlers.BaseCGIHandler, run_simple),
        (wsgiref.handlers.CGIHandler, run_cgi),
        (wsgiref.handlers.IISCGIHandler, run_cgi),
        (simple_server.ServerHandler, serve_as_handler),
        (simple_server.ServerHandler, serve_as_server_handler),
        (wsgiref.headers.Headers, use_headers),
    ]


# Of Python's side: what the other side has besides is no method of Python's.
METHODS = {
    'BaseServer': '''
        __init__ server_activate serve_forever shutdown service_actions
        handle_request _handle_request_noblock handle_timeout verify_request
        process_request server_close finish_request shutdown_request
        close_request handle_error __enter__ __exit__''',
    'TCPServer': '__init__ server_bind server_activate server_close fileno '
                 'get_request shutdown_request close_request',
    'HTTPServer': 'server_bind',
    'WSGIServer': 'server_bind setup_environ get_app set_app',
    'BaseRequestHandler': '__init__ setup handle finish',
    'StreamRequestHandler': 'setup finish',
    'BaseHTTPRequestHandler': '''
        parse_request handle_expect_100 handle_one_request handle send_error
        send_response send_response_only send_header end_headers flush_headers
        log_request log_error log_message version_string date_time_string
        log_date_time_string address_string''',
    'WSGIRequestHandler': 'get_environ get_stderr handle',
    'BaseHandler': '''
        run setup_environ finish_response get_scheme set_content_length
        cleanup_headers start_response send_preamble write sendfile
        finish_content close send_headers result_is_file client_is_modern
        log_exception handle_error error_output _write _flush get_stdin
        get_stderr add_cgi_vars''',
    'SimpleHandler': '__init__ get_stdin get_stderr add_cgi_vars _write '
                     '_flush',
    'BaseCGIHandler': '',
    'CGIHandler': '__init__',
    'IISCGIHandler': '__init__',
    'ServerHandler': 'close',
    'Headers': '''
        __init__ __setitem__ __delitem__ __getitem__ __contains__ __len__
        get_all get keys values items __repr__ __str__ __bytes__ setdefault
        add_header _convert_string_type''',
}

ATTRIBUTES = {
    'BaseServer': {'timeout': [5, 0.5]},
    'TCPServer': {
        'request_queue_size': [1], 'allow_reuse_address': [True, 1],
        'address_family': [socket.AF_INET], 'timeout': [3],
        'socket_type': [socket.SOCK_STREAM], 'allow_reuse_port': [True]},
    'HTTPServer': {'allow_reuse_address': [0], 'request_queue_size': [3]},
    'WSGIServer': {'application': [None], 'base_environ': [{'X_A': 'b'}]},
    'StreamRequestHandler': {
        'rbufsize': [0, 1, 10], 'wbufsize': [-1, 1, 4096], 'timeout': [4],
        'disable_nagle_algorithm': [True]},
    'BaseHTTPRequestHandler': {
        'server_version': ['Mine/1', 'Ümlaut/2'], 'sys_version': ['', 'Me/3'],
        'error_message_format': ['%(code)d-%(message)s-%(explain)s', ''],
        'error_content_type': ['text/x-error'],
        'default_request_version': ['HTTP/1.0', 'HTTP/1.1'],
        'protocol_version': ['HTTP/1.1', 'HTTP/0.9'],
        'responses': [{200: ('Fine', 'it is'), 418: ('Pot', 'of tea')}],
        'weekdayname': [['Day'] * 7], 'monthname': [['Month'] * 13],
        'close_connection': [True], 'wbufsize': [-1], 'rbufsize': [0]},
    'WSGIRequestHandler': {
        'server_version': ['Mine/1'], 'protocol_version': ['HTTP/1.1'],
        'wbufsize': [-1], 'timeout': [5]},
    'BaseHandler': {
        'wsgi_version': [(1, 1)], 'wsgi_multithread': [False],
        'wsgi_multiprocess': [False, 1], 'wsgi_run_once': [True],
        'origin_server': [False], 'http_version': ['1.1'],
        'server_software': ['Soft/1', None, ''], 'os_environ': [{'X_O': 'p'}],
        'wsgi_file_wrapper': [None], 'traceback_limit': [0, 1],
        'error_status': ['503 Oh'], 'error_headers': [[('X-E', 'f')], []],
        'error_body': [b'sorry', b'']},
    'SimpleHandler': {
        'http_version': ['0.9', '1.1'], 'origin_server': [False, True],
        'server_software': ['Soft/1'], 'error_body': [b'sorry']},
    'ServerHandler': {
        'http_version': ['1.1'], 'server_software': ['Soft/1', ''],
        'wsgi_run_once': [True], 'origin_server': [False]},
    'CGIHandler': {'origin_server': [True], 'wsgi_run_once': [False]},
}


# All of them, or those that differ most.
SOME_WAYS = {way: WAYS[way] for way in (
    WAYS if os.environ.get('CWSGIREF_LONG_TESTS') else ('class', 'after'))}


def method_cases(cls, use):
    for name in METHODS[cls.__name__].split():
        for way, make in SOME_WAYS.items():
            if name == '__init__' and way in ('before', 'after', 'deleted'):
                continue
            def function(case, name=name, make=make):
                override = case.recorder.around(name, getattr(cls, name))
                use(case, make(case, cls, name, override))
            yield f'{cls.__name__}.{name}, {way}, {use.__name__}', function


def attribute_cases(cls, use):
    for name, values in ATTRIBUTES.get(cls.__name__, {}).items():
        for value in values:
            for way, make in SOME_WAYS.items():
                def function(case, name=name, make=make, value=value):
                    use(case, make(case, cls, name, value))
                yield (f'{cls.__name__}.{name} = {value!r}, {way}, '
                       f'{use.__name__}', function)


def all_at_once(cls, use):
    """The order of the calls of all overrides."""
    def function(case):
        names = [name for base in cls.__mro__
                 for name in METHODS.get(base.__name__, '').split()]
        overrides = {name: case.recorder.around(name, getattr(cls, name))
                     for name in names}
        use(case, type('All', (cls,), overrides))
    yield f'{cls.__name__}, all methods, {use.__name__}', function


def cases():
    yield from by_hand.CASES.items()
    for cls, use in classes():
        yield from method_cases(cls, use)
        yield from attribute_cases(cls, use)
        yield from all_at_once(cls, use)


def main():
    word = ' '.join(sys.argv[2:])
    records = {}
    for name, function in cases():
        if word in name:
            records[name] = Case(name).run(function)
    json.dump(records, sys.stdout)


if __name__ == '__main__':
    main()
