"""How Pyramid's documentation starts a server."""

from wsgiref.simple_server import make_server

import watched
from pyramid.config import Configurator
from pyramid.response import Response


def hello(request):
    return Response(f'{request.matchdict["name"]}: {request.POST["word"]}')


with Configurator() as config:
    config.add_route('hello', '/{name}')
    config.add_view(hello, route_name='hello')
    app = config.make_wsgi_app()
server = make_server('127.0.0.1', 0, watched.Middleware(app))
server.serve_forever()
