"""HTTP servers and their request handlers: http.server in C."""

import _cwsgiref

from cwsgiref import _rest, socketserver

_rest.run('http.server', {
    name: getattr(_cwsgiref, name)
    for name in ('HTTPServer', 'BaseHTTPRequestHandler')
}, {'socketserver': socketserver}, globals())
