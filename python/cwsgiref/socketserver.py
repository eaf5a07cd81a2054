"""Servers and their request handlers: socketserver in C."""

import _cwsgiref

from cwsgiref import _rest

_rest.run('socketserver', {
    name: getattr(_cwsgiref, name)
    for name in ('BaseServer', 'TCPServer', 'UDPServer', 'UnixStreamServer',
                 'UnixDatagramServer', 'BaseRequestHandler',
                 'StreamRequestHandler', 'DatagramRequestHandler')
}, {}, globals())
