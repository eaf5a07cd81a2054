"""Attributes of an instance that have a type in C: which values they refuse.

python3 -m tests.module.refused
"""

import sys

from cwsgiref import handlers, headers, simple_server

HUGE = 2 ** 70


class Handler(handlers.SimpleHandler):
    pass


class Request(simple_server.WSGIRequestHandler):
    pass


class Server(simple_server.WSGIServer):
    pass


class NoBool:
    def __bool__(self):
        raise KeyError('bool')


def instances():
    request = Request.__new__(Request)
    server = Server.__new__(Server)
    handler = Handler(None, None, None, {})
    return handler, request, server


# What an instance of each takes, or the exception that it raises.
VALUES = {
    Handler: [
        ('wsgi_version', 5, TypeError), ('wsgi_version', ('a', 'b'), TypeError),
        ('wsgi_version', (1, 2, 3), TypeError), ('os_environ', 5, TypeError),
        ('traceback_limit', None, None), ('traceback_limit', 'x', TypeError),
        ('error_headers', 5, TypeError), ('error_headers', [5], TypeError),
        ('error_headers', [('a',)], TypeError),
        ('error_headers', [('a', 5)], TypeError),
        ('error_headers', [('a', '\0')], ValueError),
        ('error_body', 'x', TypeError), ('error_body', None, TypeError),
        ('error_status', 5, TypeError), ('error_status', 'a\0b', ValueError),
        ('headers', 5, TypeError), ('headers', None, None),
        ('headers', headers.Headers(), None),
        ('headers_class', 5, TypeError), ('headers_class', None, TypeError),
        ('headers_class', headers.Headers, None),
        ('bytes_sent', 5, None), ('bytes_sent', 'x', TypeError),
        ('bytes_sent', HUGE, OverflowError),
        ('origin_server', NoBool(), KeyError), ('http_version', 5, TypeError),
        ('http_version', '\ud800', UnicodeEncodeError),
        ('server_software', 5, TypeError),
    ],
    Request: [
        ('server_version', 5, TypeError), ('requestline', 5, TypeError),
        ('raw_requestline', 5, TypeError), ('path', 5, TypeError),
        ('headers', 5, None), ('close_connection', NoBool(), KeyError),
        ('rbufsize', 'x', TypeError), ('rbufsize', HUGE, OverflowError),
        ('timeout', 'x', TypeError), ('error_message_format', 5, TypeError),
        ('rfile', 5, None), ('connection', 5, None), ('request', 5, None),
        ('responses', 5, None), ('protocol_version', b'x', TypeError),
    ],
    Server: [
        ('request_queue_size', 'x', TypeError),
        ('request_queue_size', 2 ** 40, OverflowError),
        ('allow_reuse_address', NoBool(), KeyError),
        ('timeout', 'x', TypeError), ('socket', 5, None),
        ('address_family', None, TypeError),
    ],
}


def said(function, *arguments):
    """Gives what it raises."""
    try:
        function(*arguments)
    except Exception as error:
        return type(error)
    return None


def main():
    wrong = 0
    for one in instances():
        cls = type(one)
        for name, value, expected in VALUES[cls]:
            found = said(setattr, one, name, value)
            if found is not expected:
                wrong += 1
                print(f'{cls.__name__}.{name} = {value!r}: {found}')
            getattr(one, name, None)
            said(delattr, one, name)
            # a class takes anything, and its next instance says that
            setattr(cls, name, value)
            said(instances)
            said(getattr, one, name)
            delattr(cls, name)
    print(f'{wrong} wrong')
    return wrong


if __name__ == '__main__':
    sys.exit(main())
