"""What the programs of test_programs have besides: where a server listens, a
line on stdout; and in each answer, the classes of ours whose instances are
there at that time.
"""

import gc
import socketserver

try:
    from _cwsgiref import TYPES
except ImportError:  # Python's own
    TYPES = []

serve_forever = socketserver.BaseServer.serve_forever


def announcing(self, *args, **kwargs):
    print(f'Serving at port {self.socket.getsockname()[1]}', flush=True)
    serve_forever(self, *args, **kwargs)


socketserver.BaseServer.serve_forever = announcing


def classes():
    """Of servers and handlers, the names: 'WSGIServer ServerHandler'."""
    ours = tuple(TYPES)
    found = {base.__name__ for instance in gc.get_objects()
             if isinstance(instance, ours)
             for base in type(instance).__mro__ if base in ours}
    return ' '.join(sorted(found))


class Middleware:
    """For WSGI."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        def start(status, headers, *exc_info):
            headers = [*headers, ('X-Classes', classes())]
            return start_response(status, headers, *exc_info)

        return self.application(environ, start)


def django(get_response):
    """For Django."""
    def middleware(request):
        response = get_response(request)
        response['X-Classes'] = classes()
        return response

    return middleware
