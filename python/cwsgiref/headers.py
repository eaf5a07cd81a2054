"""The headers of a response: wsgiref.headers in C."""

from _cwsgiref import Headers, _formatparam

__all__ = ['Headers']
