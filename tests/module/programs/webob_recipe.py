"""How WebOb's documentation starts a server."""

from wsgiref.simple_server import make_server

import watched
from webob import Response
from webob.dec import wsgify


@wsgify
def hello(request):
    return Response(f'{request.path_info_pop()}: {request.POST["word"]}')


make_server('127.0.0.1', 0, watched.Middleware(hello)).serve_forever()
