"""Callables of all kinds."""

from os.path import join  # imported: not among the callables of the module
from typing import Optional  # nor is this


def app(environ, start_response):
    return 'app'


def other(environ, start_response):
    return 'other'


def create_app():
    return other


def build(name):
    return other


def _hidden(environ, start_response):
    pass


def lazy():
    return None


def fails():
    raise ValueError('no way')


class Class:
    wsgi = staticmethod(other)


class Broken:
    @property
    def app(self):
        raise ValueError('broken property')


class Callable:
    def __call__(self, environ, start_response):
        return 'instance'


class Asgi:
    async def __call__(self, scope, receive, send):
        pass

    async def method(self, scope, receive, send):
        pass


instance = Callable()
asgi = Asgi()
method = asgi.method


async def coroutine(scope, receive, send):
    pass


number = 3
broken = Broken()
