"""A WSGI handler: CGIHandler with an error page of its own.

    script/python examples/python/handler.py

It runs an application that fails, as a CGI program: the answer goes to
standard output.
"""

import sys

from cwsgiref.handlers import CGIHandler


class Handler(CGIHandler):
    error_status = '503 Out of Order'
    error_headers = [('Content-Type', 'text/html; charset=utf-8')]
    error_body = b'<h1>Out of order</h1>\n'

    def log_exception(self, exc_info):
        print(f'{exc_info[0].__name__}: {exc_info[1]}', file=sys.stderr)

    def error_output(self, environ, start_response):
        blocks = super().error_output(environ, start_response)
        where = environ.get('PATH_INFO') or '/'
        return [*blocks, f'<p>Not at {where} alone.\n'.encode()]


def application(environ, start_response):
    raise LookupError('the coffee is gone')


if __name__ == '__main__':
    Handler().run(application)
