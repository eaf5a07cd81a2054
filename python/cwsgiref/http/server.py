"""HTTP servers and their request handlers: http.server in C."""

import _cwsgiref

from cwsgiref import _rest, socketserver


def _know_default_headers(cls):
    """What Python's SimpleHTTPRequestHandler finds in its base since 3.15: the
    response's headers but for those that --header has added."""
    if not hasattr(cls, '_send_extra_response_headers'):
        return

    def send_header(self, keyword, value, _is_extra=False):
        BaseHTTPRequestHandler.send_header(self, keyword, value)
        if not _is_extra and self.request_version != 'HTTP/0.9':
            known = self.__dict__.setdefault('_default_response_headers', [])
            known.append((keyword, value))

    def flush_headers(self):
        BaseHTTPRequestHandler.flush_headers(self)
        self.__dict__.pop('_default_response_headers', None)

    cls.send_header = send_header
    cls.flush_headers = flush_headers


_rest.run('http.server', {
    name: getattr(_cwsgiref, name)
    for name in ('HTTPServer', 'BaseHTTPRequestHandler')
}, {'socketserver': socketserver}, globals(),
   {'SimpleHTTPRequestHandler': _know_default_headers})
