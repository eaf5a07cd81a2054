"""What runs a WSGI application: wsgiref.handlers in C."""

from _cwsgiref import (
    BaseCGIHandler, BaseHandler, CGIHandler, IISCGIHandler, SimpleHandler,
    format_date_time, read_environ)
from cwsgiref.headers import Headers
from cwsgiref.util import FileWrapper, guess_scheme, is_hop_by_hop

__all__ = [
    'BaseHandler', 'SimpleHandler', 'BaseCGIHandler', 'CGIHandler',
    'IISCGIHandler', 'read_environ',
]
